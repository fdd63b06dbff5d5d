/* SPDX-License-Identifier: Apache-2.0 */
#include "keykeeper/permission.h"

#include "keys/keys.h"

/* What a key is for, said in refusals; and of which family it must be (the formats want RSA for
 * signing files, lists and by CAPF). One purpose each. */
static const struct {
	const char *name, *purpose;
	unsigned families;
} keys[] = {
    {KEY_CALLMANAGER, "the manager's identity and file signer", KEY_FAMILY_RSA},
    {KEY_CALLMANAGER_EC, "the manager's EC identity", KEY_FAMILY_EC},
    {KEY_CAPF, "issues certificates to phones", KEY_FAMILY_RSA},
    {KEY_TVS, "the trust verification service", KEY_FAMILY_RSA},
    {KEY_TVS_EC, "the trust verification service, EC", KEY_FAMILY_EC},
    {KEY_ITL_RECOVERY, "signs trust lists", KEY_FAMILY_RSA},
    {KEY_MANUFACTURING, "issues factory identities", KEY_FAMILY_RSA | KEY_FAMILY_EC},
    {KEY_MIC, "a phone's factory identity", KEY_FAMILY_RSA | KEY_FAMILY_EC},
    {KEY_LSC, "a phone's identity at its site", KEY_FAMILY_RSA | KEY_FAMILY_EC},
    {KEY_LSC_NEXT, "a phone's identity while it is certified", KEY_FAMILY_RSA | KEY_FAMILY_EC},
};

enum {
	SEE = 1,           /* the public half, and that it exists */
	SIGN = 1 << 1,     /* RSA PKCS#1 v1.5 by a named digest */
	PSS = 1 << 2,      /* RSA-PSS */
	ECDSA = 1 << 3,    /* */
	BARE = 1 << 4,     /* RSA without the digest's name: CAPF's proofs */
	SHA1 = 1 << 5,     /* SHA-1, and ECDSA of a digest not named */
	DECRYPT = 1 << 6,  /* */
	MAKE = 1 << 7,     /* generate */
	WEAK = 1 << 8,     /* generate below 2048 bits */
	REMOVE = 1 << 9,   /* */
	REPLACE = 1 << 10, /* rename from lsc-next to lsc */

	TLS = SEE | SIGN | PSS, /* RSA in TLS 1.2 and 1.3 */
	TLS_EC = SEE | ECDSA,
	LOOK_AFTER = SEE | MAKE | REMOVE,
	IDENTITY = SEE | SIGN | PSS | ECDSA | BARE | SHA1 | DECRYPT,
};

static const struct {
	enum keeper_role role;
	const char *key;
	unsigned may;
} permissions[] = {
    {ROLE_EDGE, KEY_CALLMANAGER, TLS},
    {ROLE_EDGE, KEY_CALLMANAGER_EC, TLS_EC},

    /* Files and lists are signed by SHA-512, or SHA-1 for old phones. */
    {ROLE_FILES, KEY_CALLMANAGER, TLS | SHA1},
    {ROLE_FILES, KEY_CALLMANAGER_EC, TLS_EC},
    {ROLE_FILES, KEY_ITL_RECOVERY, SEE | SIGN | SHA1},

    {ROLE_ENROLMENT, KEY_CAPF, TLS},
    {ROLE_ENROLMENT, KEY_TVS, TLS},
    {ROLE_ENROLMENT, KEY_TVS_EC, TLS_EC},

    {ROLE_ADMIN, KEY_CALLMANAGER, SEE},
    {ROLE_ADMIN, KEY_CALLMANAGER_EC, SEE},
    {ROLE_ADMIN, KEY_CAPF, SEE},
    {ROLE_ADMIN, KEY_TVS, SEE},
    {ROLE_ADMIN, KEY_TVS_EC, SEE},
    {ROLE_ADMIN, KEY_ITL_RECOVERY, SEE},

    /* Offline, by the operator: makes the keys, their certificates, the first lists. */
    {ROLE_SITE, KEY_CALLMANAGER, LOOK_AFTER | SIGN | SHA1},
    {ROLE_SITE, KEY_CALLMANAGER_EC, LOOK_AFTER | ECDSA},
    {ROLE_SITE, KEY_CAPF, LOOK_AFTER | SIGN},
    {ROLE_SITE, KEY_TVS, LOOK_AFTER | SIGN},
    {ROLE_SITE, KEY_TVS_EC, LOOK_AFTER | ECDSA},
    {ROLE_SITE, KEY_ITL_RECOVERY, LOOK_AFTER | SIGN | SHA1},

    /* Weak factory keys exist in the field; tests must be able to make such phones. */
    {ROLE_FACTORY, KEY_MANUFACTURING, LOOK_AFTER | SIGN | ECDSA},
    {ROLE_FACTORY, KEY_MIC, LOOK_AFTER | WEAK},

    /* A phone never makes, removes or replaces its factory identity. */
    {ROLE_PHONE, KEY_MIC, IDENTITY},
    {ROLE_PHONE, KEY_LSC, IDENTITY | REMOVE},
    {ROLE_PHONE, KEY_LSC_NEXT, LOOK_AFTER | WEAK | SIGN | ECDSA | REPLACE},
};

static const struct {
	const char *name;
	unsigned needs;
} schemes[KEEPER_SCHEME_COUNT] = {
    [KEEPER_PKCS1] = {"sign by PKCS#1 v1.5 with", SIGN},
    [KEEPER_RAW] = {"sign a bare digest with", BARE},
    [KEEPER_PSS] = {"sign by PSS with", PSS},
    [KEEPER_ECDSA] = {"sign by ECDSA with", ECDSA},
    [KEEPER_OAEP] = {"sign by OAEP with", 0}, /* there is no such thing */
};

static unsigned
permitted(enum keeper_role role, struct bytes name)
{
	for (size_t i = 0; i < COUNT(permissions); i++)
		if (permissions[i].role == role && bytes_equal_text(name, permissions[i].key))
			return permissions[i].may;
	return 0;
}

static size_t
find_key(struct bytes name)
{
	size_t i = 0;

	while (i < COUNT(keys) && !bytes_equal_text(name, keys[i].name))
		i++;
	return i;
}

static enum fault
refuse(enum keeper_role role, const char *what, struct bytes name, struct why *why)
{
	size_t key = find_key(name);

	if (key == COUNT(keys))
		return explain(why, FAULT_FORBIDDEN, "%s may not %s %.*s: no such key is known",
		    keeper_role_name(role), what, (int)name.left, (const char *)name.at);
	return explain(why, FAULT_FORBIDDEN, "%s may not %s %s (%s)", keeper_role_name(role), what,
	    keys[key].name, keys[key].purpose);
}

static enum fault
check_sign(
    enum keeper_role role, const struct keeper_request *request, unsigned may, struct why *why)
{
	unsigned needs = schemes[request->scheme].needs;
	bool old = request->digest == KEY_DIGEST_SHA1 ||
		   (request->digest == KEY_DIGEST_BARE && request->scheme == KEEPER_ECDSA);

	if (needs == 0 || (may & needs) == 0)
		return refuse(role, schemes[request->scheme].name, request->name, why);
	if (old && (may & SHA1) == 0)
		return refuse(role, "sign SHA-1 with", request->name, why);
	return FAULT_NONE;
}

static enum fault
check_generate(
    enum keeper_role role, const struct keeper_request *request, unsigned may, struct why *why)
{
	size_t key = find_key(request->name);

	if ((may & MAKE) == 0 || key == COUNT(keys))
		return refuse(role, "make", request->name, why);
	if ((keys[key].families & key_kind_family(request->kind)) == 0)
		return explain(why, FAULT_FORBIDDEN, "%s (%s) cannot be a key of kind %s",
		    keys[key].name, keys[key].purpose, key_kind_name(request->kind));
	if (!key_kind_weak(request->kind))
		return FAULT_NONE;
	if ((may & WEAK) == 0)
		return refuse(role, "make a weak", request->name, why);
	if (!request->allow_weak)
		return explain(why, FAULT_FORBIDDEN,
		    "a key of kind %s is weak, and the request does not allow that",
		    key_kind_name(request->kind));
	return FAULT_NONE;
}

static enum fault
check_rename(
    enum keeper_role role, const struct keeper_request *request, unsigned may, struct why *why)
{
	if ((may & REPLACE) == 0 || !bytes_equal_text(request->new_name, KEY_LSC))
		return refuse(role, "rename", request->name, why);
	return FAULT_NONE;
}

enum fault
permission_check(enum keeper_role role, const struct keeper_request *request, struct why *why)
{
	unsigned may = permitted(role, request->name);

	switch (request->operation) {
	case KEEPER_LIST:
		return FAULT_NONE; /* each name is asked of permission_to_see() */
	case KEEPER_PUBLIC:
		return may & SEE ? FAULT_NONE : refuse(role, "look at", request->name, why);
	case KEEPER_SIGN:
		return check_sign(role, request, may, why);
	case KEEPER_DECRYPT:
		return may & DECRYPT ? FAULT_NONE
				     : refuse(role, "decrypt with", request->name, why);
	case KEEPER_GENERATE:
		return check_generate(role, request, may, why);
	case KEEPER_REMOVE:
		return may & REMOVE ? FAULT_NONE : refuse(role, "remove", request->name, why);
	case KEEPER_RENAME:
		return check_rename(role, request, may, why);
	case KEEPER_OPERATION_END:
		break;
	}
	return explain(why, FAULT_FORBIDDEN, "an operation without a rule");
}

bool
permission_to_see(enum keeper_role role, struct bytes name)
{
	return (permitted(role, name) & SEE) != 0;
}

bool
permission_to_write(enum keeper_role role)
{
	for (size_t i = 0; i < COUNT(permissions); i++)
		if (permissions[i].role == role &&
		    (permissions[i].may & (MAKE | REMOVE | REPLACE)) != 0)
			return true;
	return false;
}
