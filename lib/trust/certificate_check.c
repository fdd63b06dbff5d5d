/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/certificate_check.c - is this certificate good, now, for this? If not, in words. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "trust/certificate.h"

/* What a sentence may tell of the certificate at fault. */
enum detail { NO_DETAIL, ISSUER, NOT_BEFORE, NOT_AFTER, KEY };

/* Each verdict of OpenSSL that can be reached from here, in our words: "certificate CN=x <words>
 * <detail>". */
static const struct {
	int verdict;
	const char *words;
	enum detail detail;
} verdicts[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "expired on", NOT_AFTER},
    {X509_V_ERR_CERT_NOT_YET_VALID, "is not valid before", NOT_BEFORE},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "was issued by an unknown CA:", ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "was issued by an unknown CA:", ISSUER},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "was issued by an unknown CA:", ISSUER},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "is self-signed, and not one we know", NO_DETAIL},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "is a root we do not know", NO_DETAIL},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "has a bad signature; named issuer:", ISSUER},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "has a bad signature; named issuer:", ISSUER},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY,
	"has an issuer whose key cannot be read:", ISSUER},
    {X509_V_ERR_CERT_REVOKED, "is revoked by its issuer", ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "has no revocation list from its issuer", ISSUER},
    {X509_V_ERR_CRL_HAS_EXPIRED, "has an outdated revocation list from", ISSUER},
    {X509_V_ERR_CRL_NOT_YET_VALID, "has a revocation list from the future by", ISSUER},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, "has a forged revocation list naming", ISSUER},
    {X509_V_ERR_INVALID_CA, "is not a CA, but has issued another", NO_DETAIL},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "may not issue certificates (key usage)", NO_DETAIL},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "may not have a CA below it", NO_DETAIL},
    {X509_V_ERR_INVALID_PURPOSE, "is not meant for this use", NO_DETAIL},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "has a weak key:", KEY},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "is a CA with a weak key:", KEY},
    {X509_V_ERR_CA_MD_TOO_WEAK, "is signed with a weak digest, issuer", ISSUER},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "has too long a chain of issuers", NO_DETAIL},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "has a critical extension unknown to us", NO_DETAIL},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, "has a start date that is none", NO_DETAIL},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, "has an end date that is none", NO_DETAIL},
    {X509_V_ERR_PERMITTED_VIOLATION, "has a name its issuer may not give:", ISSUER},
    {X509_V_ERR_EXCLUDED_VIOLATION, "has a name its issuer must not give:", ISSUER},
    {X509_V_ERR_OUT_OF_MEM, "could not be judged for want of memory", NO_DETAIL},
};

enum { NAME_SHOWN = 90 /* characters of a name in a sentence */ };

static const char *
detail_text(enum detail detail, X509 *certificate, char text[CERTIFICATE_NAME_SIZE])
{
	struct certificate_facts facts;
	char date[CLOCK_TEXT_SIZE];

	text[0] = '\0';
	if (detail == NO_DETAIL || certificate == NULL ||
	    certificate_describe(certificate, &facts, NULL) != FAULT_NONE)
		return text;
	switch (detail) {
	case ISSUER:
		snprintf(text, CERTIFICATE_NAME_SIZE, " %.*s", NAME_SHOWN, facts.issuer);
		break;
	case NOT_BEFORE:
		snprintf(text, CERTIFICATE_NAME_SIZE, " %s", clock_text(facts.not_before, date));
		break;
	case NOT_AFTER:
		snprintf(text, CERTIFICATE_NAME_SIZE, " %s", clock_text(facts.not_after, date));
		break;
	case KEY:
		snprintf(text, CERTIFICATE_NAME_SIZE, " %s", facts.key_text);
		break;
	default:
		break;
	}
	return text;
}

enum fault
certificate_verdict(int verdict, X509 *at_fault, struct why *why)
{
	char name[CERTIFICATE_NAME_SIZE] = "", detail[CERTIFICATE_NAME_SIZE];

	if (at_fault != NULL)
		certificate_name_text(X509_get_subject_name(at_fault), name);
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (verdicts[i].verdict == verdict)
			return explain(why, FAULT_UNTRUSTED, "certificate %.*s %s%s", NAME_SHOWN,
			    name, verdicts[i].words,
			    detail_text(verdicts[i].detail, at_fault, detail));
	return explain(why, FAULT_UNTRUSTED, "certificate %.*s is refused: %s", NAME_SHOWN, name,
	    X509_verify_cert_error_string(verdict));
}

static enum fault
check_name(X509 *certificate, const struct certificate_rules *rules, struct why *why)
{
	struct certificate_facts facts;
	struct device_name owner;
	enum fault fault;

	if (rules->device != NULL) {
		if ((fault = certificate_device(certificate, &owner, NULL, why)))
			return fault;
		if (strcmp(owner.text, rules->device) != 0)
			return explain(why, FAULT_UNTRUSTED,
			    "certificate CN %s does not match device %s", owner.text,
			    rules->device);
	}
	if (rules->host != NULL && X509_check_ip_asc(certificate, rules->host, 0) != 1 &&
	    X509_check_host(certificate, rules->host, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1) {
		ERR_clear_error();
		if ((fault = certificate_describe(certificate, &facts, why)))
			return fault;
		return explain(why, FAULT_UNTRUSTED,
		    "certificate %.*s is not valid for the name %.80s", NAME_SHOWN, facts.subject,
		    rules->host);
	}
	return FAULT_NONE;
}

/* What OpenSSL does not look at: a trusted certificate's own key, and odd kinds of keys. */
static enum fault
check_key(X509 *certificate, const struct certificate_rules *rules, struct why *why)
{
	struct certificate_facts facts;
	enum fault fault;

	if ((fault = certificate_describe(certificate, &facts, why)))
		return fault;
	if (facts.key == CERTIFICATE_KEY_OTHER)
		return explain(why, FAULT_UNTRUSTED,
		    "certificate %.*s has a key that is neither RSA nor EC", NAME_SHOWN,
		    facts.subject);
	if (!rules->weak_allowed && facts.key == CERTIFICATE_KEY_RSA &&
	    facts.key_bits < CERTIFICATE_RSA_LEAST)
		return certificate_verdict(X509_V_ERR_EE_KEY_TOO_SMALL, certificate, why);
	if (rules->purpose == CERTIFICATE_ISSUER && !facts.authority)
		return explain(why, FAULT_UNTRUSTED, "certificate %.*s is not a CA", NAME_SHOWN,
		    facts.subject);
	return FAULT_NONE;
}

static int
openssl_purpose(enum certificate_purpose purpose)
{
	switch (purpose) {
	case CERTIFICATE_TLS_SERVER:
		return X509_PURPOSE_SSL_SERVER;
	case CERTIFICATE_TLS_CLIENT:
		return X509_PURPOSE_SSL_CLIENT;
	default:
		return X509_PURPOSE_ANY;
	}
}

/* A listed certificate is an anchor although it is no root: partial chains. */
static bool
prepare(X509_STORE_CTX *context, X509_STORE *store, X509 *certificate,
    const struct certificate_rules *rules)
{
	enum { STRONG = 2 /* 112 bits: RSA 2048, SHA-2 */ };
	X509_VERIFY_PARAM *parameters;
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_USE_CHECK_TIME;

	if (rules->lists != NULL && sk_X509_CRL_num(rules->lists) > 0)
		flags |= X509_V_FLAG_CRL_CHECK;
	if (!X509_STORE_CTX_init(context, store, certificate, rules->between))
		return false;
	X509_STORE_CTX_set0_trusted_stack(context, rules->trusted);
	X509_STORE_CTX_set0_crls(context, rules->lists);
	parameters = X509_STORE_CTX_get0_param(context);
	X509_VERIFY_PARAM_set_time(parameters, rules->now);
	X509_VERIFY_PARAM_set_auth_level(parameters, rules->weak_allowed ? 0 : STRONG);
	return X509_VERIFY_PARAM_set_flags(parameters, flags) &&
	       X509_VERIFY_PARAM_set_purpose(parameters, openssl_purpose(rules->purpose));
}

static enum fault
check_path(X509 *certificate, const struct certificate_rules *rules, struct why *why)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_STORE *store = X509_STORE_new();
	enum fault fault = FAULT_NONE;

	if (context == NULL || store == NULL || !prepare(context, store, certificate, rules))
		fault = explain(why, FAULT_SYSTEM, "no memory to judge a certificate");
	else if (X509_verify_cert(context) != 1) {
		X509 *at_fault = X509_STORE_CTX_get_current_cert(context);

		fault = certificate_verdict(X509_STORE_CTX_get_error(context),
		    at_fault != NULL ? at_fault : certificate, why);
	}
	ERR_clear_error();
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return fault;
}

enum fault
certificate_check(X509 *certificate, const struct certificate_rules *rules, struct why *why)
{
	enum fault fault;

	if ((fault = check_key(certificate, rules, why)) ||
	    (fault = check_path(certificate, rules, why)))
		return fault;
	return check_name(certificate, rules, why);
}
