/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/trust_store_find.c - whom do the stored lists name, and for what? */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "trust/trust_store.h"

/* Calls it for every certificate with one of the roles until one answers true; that one. */
static X509 *
search(const struct trust_store *store, uint32_t roles, bool (*matches)(X509 *, const void *),
    const void *arg)
{
	for (size_t kind = 0; kind < TRUST_LIST_KINDS; kind++) {
		const struct trust_list *list = trust_store_list(store, (enum trust_list_kind)kind);

		for (size_t i = 0; list != NULL && i < list->count; i++) {
			X509 *certificate = list->records[i].certificate;

			if (roles & TRUST_ROLE_SET(list->records[i].role) && certificate != NULL &&
			    matches(certificate, arg))
				return certificate;
		}
	}
	return NULL;
}

struct issued {
	const X509_NAME *issuer;
	const ASN1_INTEGER *serial;
};

static bool
is_issued(X509 *certificate, const void *arg)
{
	const struct issued *issued = arg;

	return X509_NAME_cmp(X509_get_issuer_name(certificate), issued->issuer) == 0 &&
	       ASN1_INTEGER_cmp(X509_get0_serialNumber(certificate), issued->serial) == 0;
}

static bool
is_same(X509 *certificate, const void *arg)
{
	return certificate_equal(certificate, arg);
}

static bool
is_any(X509 *certificate, const void *arg)
{
	(void)certificate;
	(void)arg;
	return true;
}

X509 *
trust_store_find(const struct trust_store *store, uint32_t roles, const X509_NAME *issuer,
    const ASN1_INTEGER *serial)
{
	struct issued issued = {issuer, serial};

	return search(store, roles, is_issued, &issued);
}

bool
trust_store_knows(const struct trust_store *store, uint32_t roles, const X509 *certificate)
{
	return search(store, roles, is_same, certificate) != NULL;
}

bool
trust_store_has(const struct trust_store *store, uint32_t roles)
{
	return search(store, roles, is_any, NULL) != NULL;
}

/* Never answers true, so that the search goes on; the same certificate in both lists once. */
static bool
collect_one(X509 *certificate, const void *arg)
{
	STACK_OF(X509) *into = *(STACK_OF(X509) *const *)arg;

	for (int i = 0; i < sk_X509_num(into); i++)
		if (certificate_equal(sk_X509_value(into, i), certificate))
			return false;
	return !certificate_stack_add(into, certificate);
}

enum fault
trust_store_collect(const struct trust_store *store, uint32_t roles, STACK_OF(X509) * *certificates,
    struct why *why)
{
	STACK_OF(X509) *collected = sk_X509_new_null();

	if (collected == NULL || search(store, roles, collect_one, &collected) != NULL) {
		certificate_stack_free(collected);
		return explain(why, FAULT_SYSTEM, "no memory for certificates");
	}
	*certificates = collected;
	return FAULT_NONE;
}

static enum fault
refuse_peer(const struct trust_store *store, X509 *peer, uint32_t roles, struct why *why)
{
	enum { SHOWN = 50 };
	struct certificate_facts seen, listed;
	X509 *expected = search(store, roles, is_any, NULL);
	enum fault fault;

	if ((fault = certificate_describe(peer, &seen, why)))
		return fault;
	if (trust_store_empty(store))
		return explain(why, FAULT_UNTRUSTED,
		    "certificate %.*s serial %.40s: there is no trust list to find it in", SHOWN,
		    seen.subject, seen.serial);
	if (expected == NULL || certificate_describe(expected, &listed, NULL) != FAULT_NONE)
		return explain(why, FAULT_UNTRUSTED,
		    "certificate %.*s serial %.40s: the trust list has no %s at all", SHOWN,
		    seen.subject, seen.serial, trust_role_set_text(roles));
	return explain(why, FAULT_UNTRUSTED,
	    "certificate %.*s serial %.40s is not listed as %s; listed is %.*s serial %.40s", SHOWN,
	    seen.subject, seen.serial, trust_role_set_text(roles), SHOWN, listed.subject,
	    listed.serial);
}

enum fault
trust_store_check_peer(
    const struct trust_store *store, X509 *peer, uint32_t roles, int64_t now, struct why *why)
{
	struct certificate_rules rules = {
	    .now = now, .purpose = CERTIFICATE_TLS_SERVER, .weak_allowed = true};
	enum fault fault;

	if (!trust_store_knows(store, roles, peer))
		return refuse_peer(store, peer, roles, why);
	/* Listed is believed; what is left to judge are its dates and its purpose. */
	if ((rules.trusted = sk_X509_new_null()) == NULL ||
	    !certificate_stack_add(rules.trusted, peer))
		fault = explain(why, FAULT_SYSTEM, "no memory to judge a certificate");
	else
		fault = certificate_check(peer, &rules, why);
	certificate_stack_free(rules.trusted);
	return fault;
}

enum fault
trust_store_check_file(const struct trust_store *store, struct bytes file, const char *name,
    struct signed_file *verified, struct why *why)
{
	STACK_OF(X509) *candidates = NULL;
	enum fault fault;

	if ((fault = trust_store_collect(store, TRUST_SIGNS_FILES, &candidates, why)) == FAULT_NONE)
		fault = signed_file_verify(file, name, candidates, verified, why);
	certificate_stack_free(candidates);
	return fault;
}
