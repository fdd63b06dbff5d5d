/* SPDX-License-Identifier: Apache-2.0 */
/* lib/administration/phone_actions.c - phone add, list, show, set, delete. */
#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "administration/administration.h"
#include "base/clock.h"
#include "keys/key_kind.h"

/* The words for CAPF wishes, both ways (guide, "CAPF operations"). */
static const char *const operations[WISH_OPERATION_COUNT] = {
    [WISH_NONE] = "none",
    [WISH_INSTALL] = "install",
    [WISH_DELETE] = "delete",
    [WISH_FETCH] = "fetch",
};
static const char *const proofs[WISH_PROOF_COUNT] = {
    [WISH_BY_NOTHING] = "nothing",
    [WISH_BY_STRING] = "string",
    [WISH_BY_NULL_STRING] = "null-string",
    [WISH_BY_LSC] = "lsc",
    [WISH_BY_MIC] = "mic",
};

enum { STRING_LEAST = 4, STRING_MOST = 10, SALT_SIZE = 16, WISH_DAYS = 10 };

static int
word_of(const char *const *words, int count, const char *word)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

/* The optional arguments of add and set; NULL where not given. */
struct phone_arguments {
	const char *device, *description, *model, *profile, *user;
	const char *capf, *capf_proof, *capf_key, *capf_string;
	const json_t *lines;
};

#define PHONE_FORMAT "{s:s s?s s?s s?s s?s s?s s?s s?s s?s s?o}"
#define PHONE_PLACES(a)                                                                            \
	"device", &(a)->device, "description", &(a)->description, "model", &(a)->model, "profile", \
	    &(a)->profile, "user", &(a)->user, "capf", &(a)->capf, "capf_proof", &(a)->capf_proof, \
	    "capf_key", &(a)->capf_key, "capf_string", &(a)->capf_string, "lines", &(a)->lines

static enum fault
set_text(char *text, size_t room, const char *value, const char *what, struct why *why)
{
	if (value == NULL)
		return FAULT_NONE;
	if (strlen(value) >= room)
		return explain(why, FAULT_LIMIT, "the %s has over %zu characters", what, room - 1);
	snprintf(text, room, "%s", value);
	return FAULT_NONE;
}

static enum fault
set_lines(struct phone *phone, const json_t *lines, struct why *why)
{
	const json_t *line;
	size_t i;

	if (lines == NULL)
		return FAULT_NONE;
	if (!json_is_array(lines) || json_array_size(lines) > DIRECTORY_LINES_MOST)
		return explain(why, FAULT_MALFORMED, "lines is a list of at most %d lines",
		    DIRECTORY_LINES_MOST);
	phone->line_count = 0;
	json_array_foreach(lines, i, line)
	{
		struct line *set = &phone->lines[i];
		const char *number, *display = "";
		enum fault fault;

		*set = (struct line){.position = (unsigned)i + 1};
		if ((fault = administration_unpack(
			 line, why, "{s:s s?s}", "number", &number, "display", &display)) ||
		    (fault = set_text(set->number, sizeof(set->number), number, "number", why)) ||
		    (fault = set_text(
			 set->display, sizeof(set->display), display, "display name", why)))
			return fault;
		phone->line_count++;
	}
	return FAULT_NONE;
}

static void
hex(char *text, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* Only a salted hash of the authentication string is kept (SHA-256 of salt and string). */
static enum fault
set_string(struct capf_wish *wish, const char *string, struct why *why)
{
	uint8_t salt[SALT_SIZE], digest[32], salted[SALT_SIZE + STRING_MOST];
	size_t size = strlen(string);

	if (size < STRING_LEAST || size > STRING_MOST || strspn(string, "0123456789") != size)
		return explain(why, FAULT_MALFORMED, "an authentication string has %d to %d digits",
		    STRING_LEAST, STRING_MOST);
	if (RAND_bytes(salt, sizeof(salt)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes");
	memcpy(salted, salt, SALT_SIZE);
	memcpy(salted + SALT_SIZE, string, size);
	if (EVP_Digest(salted, SALT_SIZE + size, digest, NULL, EVP_sha256(), NULL) != 1)
		return explain(why, FAULT_SYSTEM, "cannot hash the authentication string");
	OPENSSL_cleanse(salted, sizeof(salted));
	hex(wish->string_salt, salt, sizeof(salt));
	hex(wish->string_hash, digest, sizeof(digest));
	return FAULT_NONE;
}

static enum fault
set_capf(struct capf_wish *wish, const struct phone_arguments *given, struct why *why)
{
	const char *key = given->capf_key != NULL ? given->capf_key : "rsa-2048";
	enum key_kind kind;
	int operation, proof;

	if (given->capf == NULL) {
		if (given->capf_proof != NULL || given->capf_key != NULL ||
		    given->capf_string != NULL)
			return explain(why, FAULT_MALFORMED,
			    "a proof, a key or a string needs a CAPF operation beside it");
		return FAULT_NONE;
	}
	operation = word_of(operations, WISH_OPERATION_COUNT, given->capf);
	proof = word_of(
	    proofs, WISH_PROOF_COUNT, given->capf_proof != NULL ? given->capf_proof : "mic");
	if (operation < 0)
		return explain(why, FAULT_MALFORMED,
		    "a CAPF operation is none, install, delete or fetch, not '%.40s'", given->capf);
	if (proof <= WISH_BY_NOTHING)
		return explain(why, FAULT_MALFORMED,
		    "a phone proves itself by mic, lsc, string or null-string, not '%.40s'",
		    given->capf_proof);
	if ((proof == WISH_BY_STRING) != (given->capf_string != NULL))
		return explain(why, FAULT_MALFORMED,
		    "the proof by string needs the string, and only that proof has one");
	if (!key_kind_from_name(bytes_text(key), &kind))
		return explain(why, FAULT_MALFORMED,
		    "a key is rsa-2048, rsa-3072, rsa-4096, p-256, p-384 or p-521, not '%.40s'",
		    key);
	*wish = (struct capf_wish){.operation = (enum wish_operation)operation,
	    .proof = (enum wish_proof)proof,
	    .until = clock_wall() + WISH_DAYS * 86400};
	snprintf(wish->key, sizeof(wish->key), "%s", key_kind_name(kind));
	return given->capf_string != NULL ? set_string(wish, given->capf_string, why) : FAULT_NONE;
}

static enum fault
apply(struct phone *phone, const struct phone_arguments *given, struct why *why)
{
	enum fault fault;

	if ((fault = set_text(phone->description, sizeof(phone->description), given->description,
		 "description", why)) ||
	    (fault = set_text(phone->model, sizeof(phone->model), given->model, "model", why)) ||
	    (fault = set_text(
		 phone->profile, sizeof(phone->profile), given->profile, "profile name", why)) ||
	    (fault = set_text(phone->user, sizeof(phone->user), given->user, "user", why)) ||
	    (fault = set_lines(phone, given->lines, why)))
		return fault;
	return set_capf(&phone->capf, given, why);
}

/* Secure profiles need a trust list that says who may be believed (row S7). */
static enum fault
check_mixed_mode(struct administration *administration, const struct phone *phone, struct why *why)
{
	struct profile profile;
	enum fault fault =
	    directory_profile(administration->directory, phone->profile, &profile, why);

	if (fault != FAULT_NONE)
		return fault;
	if (profile.mode != LEVEL_NONSECURE && !administration->site->mixed)
		return explain(
		    why, FAULT_FORBIDDEN, "cluster is not in mixed mode; run CTL client");
	return FAULT_NONE;
}

static json_t *
lines_json(const struct phone *phone)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < phone->line_count; i++)
		json_array_append_new(
		    lines, json_pack("{s:s s:s}", "number", phone->lines[i].number, "display",
			       phone->lines[i].display));
	return lines;
}

static json_t *
phone_json(const struct phone *phone)
{
	return json_pack("{s:s s:s s:s s:s s:s s:o s:{s:s s:s s:s s:I s:I}}", "device",
	    phone->device, "description", phone->description, "model", phone->model, "profile",
	    phone->profile, "user", phone->user, "lines", lines_json(phone), "capf", "operation",
	    operations[phone->capf.operation], "proof", proofs[phone->capf.proof], "key",
	    phone->capf.key, "until", (json_int_t)phone->capf.until, "serial",
	    (json_int_t)phone->capf.serial);
}

static enum fault
store(struct administration *administration, const struct phone *phone, const char *event,
    json_t **result, struct why *why)
{
	char what[WHY_SIZE];
	struct phone stored;
	enum fault fault;

	if ((fault = check_mixed_mode(administration, phone, why)) ||
	    (fault = directory_set_phone(administration->directory, phone, why)) ||
	    (fault = directory_phone(administration->directory, phone->device, &stored, why)))
		return fault;
	snprintf(what, sizeof(what), "profile %s, CAPF operation %s%s", stored.profile,
	    operations[stored.capf.operation],
	    stored.capf.operation != WISH_NONE && stored.capf.proof == WISH_BY_NULL_STRING
		? ", proved by the null string: no security"
		: "");
	administration_audit(event, stored.device, what);
	administration->changed(administration->arg, stored.device);
	return administration_result(phone_json(&stored), result, why);
}

static enum fault
phone_add(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct phone_arguments given = {0};
	struct phone phone = {0}, existing;
	enum fault fault =
	    administration_unpack(arguments, why, PHONE_FORMAT, PHONE_PLACES(&given));

	if (fault != FAULT_NONE)
		return fault;
	if (directory_phone(administration->directory, given.device, &existing, why) == FAULT_NONE)
		return explain(
		    why, FAULT_FORBIDDEN, "there is a phone '%s' already", existing.device);
	snprintf(phone.model, sizeof(phone.model), "CP-8832");
	snprintf(
	    phone.profile, sizeof(phone.profile), "%s", profile_standard(PROFILE_NONSECURE)->name);
	phone.capf.proof = WISH_BY_MIC;
	if ((fault = set_text(
		 phone.device, sizeof(phone.device), given.device, "device name", why)) ||
	    (fault = apply(&phone, &given, why)))
		return fault;
	return store(administration, &phone, "phone added", result, why);
}

static enum fault
phone_set(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct phone_arguments given = {0};
	struct phone phone;
	enum fault fault;

	if ((fault = administration_unpack(arguments, why, PHONE_FORMAT, PHONE_PLACES(&given))) ||
	    (fault = directory_phone(administration->directory, given.device, &phone, why)) ||
	    (fault = apply(&phone, &given, why)))
		return fault;
	return store(administration, &phone, "phone changed", result, why);
}

static enum fault
phone_show(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct phone phone;
	const char *device;
	enum fault fault;

	if ((fault = administration_unpack(arguments, why, "{s:s}", "device", &device)) ||
	    (fault = directory_phone(administration->directory, device, &phone, why)))
		return fault;
	return administration_result(phone_json(&phone), result, why);
}

static enum fault
phone_delete(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	const char *device;
	enum fault fault;

	(void)result;
	if ((fault = administration_unpack(arguments, why, "{s:s}", "device", &device)) ||
	    (fault = directory_delete_phone(administration->directory, device, why)))
		return fault;
	administration_audit("phone deleted", device, "it can no longer register");
	administration->changed(administration->arg, device);
	return FAULT_NONE;
}

static enum fault
add_to_list(void *arg, const struct phone *phone, struct why *why)
{
	if (json_array_append_new(arg, phone_json(phone)) == -1)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	return FAULT_NONE;
}

static enum fault
phone_list(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	json_t *list;
	enum fault fault = administration_unpack(arguments, why, "{}");

	if (fault != FAULT_NONE)
		return fault;
	if ((list = json_array()) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	if ((fault = directory_phones(administration->directory, add_to_list, list, why))) {
		json_decref(list);
		return fault;
	}
	*result = list;
	return FAULT_NONE;
}

static const struct control_command entries[] = {
    {"phone add", phone_add},
    {"phone set", phone_set},
    {"phone show", phone_show},
    {"phone list", phone_list},
    {"phone delete", phone_delete, NULL},
};
const struct administration_table phone_actions = {entries, COUNT(entries)};
