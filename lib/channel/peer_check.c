/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/peer_check.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "trust/certificate.h"

static const struct peer_anchor *
find_anchor(const struct peer_check *check, const X509 *certificate)
{
	for (size_t i = 0; i < check->count; i++)
		if (X509_cmp(check->anchors[i].certificate, certificate) == 0)
			return &check->anchors[i];
	return NULL;
}

static bool
set_name(X509_VERIFY_PARAM *parameters, const char *name)
{
	if (name == NULL)
		return true;
	return X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1 ||
	       X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1;
}

static bool
prepare(X509_STORE_CTX *context, X509_STORE *store, const struct peer_chain *chain,
    const struct peer_check *check)
{
	X509_VERIFY_PARAM *parameters;

	for (size_t i = 0; i < check->count; i++)
		if (X509_STORE_add_cert(store, check->anchors[i].certificate) != 1)
			return false;
	if (X509_STORE_CTX_init(context, store, chain->certificate, chain->intermediates) != 1)
		return false;
	parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(parameters, (time_t)check->now);
	X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_auth_level(parameters, 2);
	return X509_VERIFY_PARAM_set_purpose(parameters,
		   chain->peer_is_server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT) ==
		   1 &&
	       set_name(parameters, check->name);
}

static void
read_anchor(X509_STORE_CTX *context, const struct peer_check *check, struct peer_verdict *verdict)
{
	STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(context);
	X509 *top = sk_X509_value(path, sk_X509_num(path) - 1);
	const struct peer_anchor *anchor = find_anchor(check, top);
	struct peer_card card;

	peer_card_read(top, &card);
	snprintf(verdict->trusted_by, sizeof(verdict->trusted_by), "%.95s",
	    anchor != NULL && anchor->words != NULL ? anchor->words : card.subject);
}

static enum fault
refuse(X509_STORE_CTX *context, const struct peer_chain *chain, const struct peer_check *check,
    struct peer_verdict *verdict, struct why *why)
{
	int error = X509_STORE_CTX_get_error(context);
	X509 *at_fault = X509_STORE_CTX_get_current_cert(context);
	enum fault fault;

	verdict->rule = peer_rule_of_verify_error(error);
	if (verdict->rule == PEER_RULE_NAME) {
		struct peer_card card;

		peer_card_read(chain->certificate, &card);
		return explain(why, FAULT_UNTRUSTED,
		    "the certificate of '%s' is not valid for '%s'", card.name, check->name);
	}
	fault = certificate_verdict(error, at_fault != NULL ? at_fault : chain->certificate, why);
	return fault != FAULT_NONE ? fault
				   : explain(why, FAULT_UNTRUSTED, "the certificate is refused");
}

enum fault
peer_check(const struct peer_chain *chain, const struct peer_check *check,
    struct peer_verdict *verdict, struct why *why)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	enum fault fault = FAULT_NONE;

	verdict->rule = PEER_RULE_OTHER;
	if (store == NULL || context == NULL || !prepare(context, store, chain, check)) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for checking a certificate");
	} else if (X509_verify_cert(context) == 1) {
		verdict->rule = PEER_RULE_NONE;
		read_anchor(context, check, verdict);
	} else {
		fault = refuse(context, chain, check, verdict, why);
	}
	ERR_clear_error();
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return fault;
}
