/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/certificate_make.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { SERIAL_SIZE = 16 /* bytes, random */, DAY = 24 * 60 * 60 };

/* In the words of OpenSSL's extensions. */
#define LEAF         "critical,CA:FALSE"
#define LAST_CA      "critical,CA:TRUE,pathlen:0"
#define SIGN         "critical,digitalSignature"
#define SIGN_AND_KEY "critical,digitalSignature,keyEncipherment"
#define ISSUE        "critical,digitalSignature,keyCertSign"
#define ISSUE_LISTS  "critical,digitalSignature,keyCertSign,cRLSign"
#define SERVER       "serverAuth"
#define BOTH_ENDS    "serverAuth,clientAuth"
/* As the field's CAPF issues LSCs; the number is ipsecEndSystem. */
#define PHONE "serverAuth,clientAuth,1.3.6.1.5.5.7.3.5"

/* NULL leaves the extension out. The extended usage of a CA bounds what it issues: CAPF's LSCs
 * are clients too. device: the CN is a phone's, its name stands as URI too, and it lies in the
 * organization of its issuer. In the order of the enum. */
static const struct {
	enum certificate_profile profile;
	const char *constraints, *usage, *extended;
	unsigned days;
	bool device;
} profiles[CERTIFICATE_PROFILES] = {
    {CERTIFICATE_CALLMANAGER, LEAF, SIGN_AND_KEY, BOTH_ENDS, 1825, false},
    {CERTIFICATE_TFTP, LEAF, SIGN_AND_KEY, SERVER, 1825, false},
    {CERTIFICATE_CAPF, LAST_CA, ISSUE, BOTH_ENDS, 3650, false},
    {CERTIFICATE_TVS, LEAF, SIGN_AND_KEY, SERVER, 1825, false},
    {CERTIFICATE_ITL_RECOVERY, LEAF, SIGN, NULL, 7300, false},
    {CERTIFICATE_MANUFACTURING, LAST_CA, ISSUE_LISTS, NULL, 10950, false},
    {CERTIFICATE_MIC, LEAF, SIGN_AND_KEY, BOTH_ENDS, 7300, false},
    {CERTIFICATE_LSC, LEAF, SIGN_AND_KEY, PHONE, 1825, true},
};

static enum fault
out_of_order(const char *part, struct why *why)
{
	ERR_clear_error();
	return explain(why, FAULT_SYSTEM, "the %s of a certificate cannot be set", part);
}

static bool
add_text(X509_NAME *name, int nid, const char *text)
{
	return X509_NAME_add_entry_by_NID(
		   name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

/* An LSC lies in its issuer's organization: all of the issuer's name but its CN. */
static bool
copy_place(X509_NAME *name, const X509_NAME *issuer)
{
	for (int at = 0; at < X509_NAME_entry_count(issuer); at++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(issuer, at);

		if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName &&
		    X509_NAME_add_entry(name, entry, -1, 0) != 1)
			return false;
	}
	return true;
}

static enum fault
set_names(X509 *making, const struct certificate_plan *plan, struct why *why)
{
	X509_NAME *name = X509_NAME_new();
	const X509_NAME *issuer;
	bool done;

	done = name != NULL && add_text(name, NID_commonName, plan->common_name);
	if (done && plan->organization != NULL)
		done = add_text(name, NID_organizationName, plan->organization);
	else if (done && profiles[plan->profile].device && plan->issuer != NULL)
		done = copy_place(name, X509_get_subject_name(plan->issuer));
	issuer = plan->issuer != NULL ? X509_get_subject_name(plan->issuer) : name;
	done = done && X509_set_subject_name(making, name) == 1 &&
	       X509_set_issuer_name(making, issuer) == 1;
	X509_NAME_free(name);
	return done ? FAULT_NONE : out_of_order("name", why);
}

static enum fault
set_serial(X509 *making, struct why *why)
{
	uint8_t random[SERIAL_SIZE];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(random, sizeof(random)) != 1)
		return out_of_order("serial number", why);
	/* Positive, and always of the full length. */
	random[0] = (random[0] & 0x7f) | 0x40;
	number = BN_bin2bn(random, sizeof(random), NULL);
	done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(making)) != NULL;
	BN_free(number);
	return done ? FAULT_NONE : out_of_order("serial number", why);
}

/* Days from now, but not past the issuer's end: a longer life would be a promise of nothing. */
static enum fault
set_dates(X509 *making, const struct certificate_plan *plan, struct why *why)
{
	unsigned days = plan->days > 0 ? plan->days : profiles[plan->profile].days;
	int64_t first = plan->now - CERTIFICATE_BACKDATE, last = plan->now + (int64_t)days * DAY;
	struct certificate_facts issuer;
	enum fault fault;

	if (plan->issuer != NULL) {
		if ((fault = certificate_describe(plan->issuer, &issuer, why)))
			return fault;
		if (plan->now > issuer.not_after)
			return explain(why, FAULT_FORBIDDEN,
			    "issuer %.100s has expired and may issue nothing", issuer.subject);
		if (last > issuer.not_after)
			last = issuer.not_after;
		if (first < issuer.not_before)
			first = issuer.not_before;
	}
	if (ASN1_TIME_set(X509_getm_notBefore(making), (time_t)first) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(making), (time_t)last) == NULL)
		return out_of_order("date", why);
	return FAULT_NONE;
}

static bool
add_extension(X509 *making, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	if (value == NULL)
		return true;
	X509V3_set_ctx(&context, issuer != NULL ? issuer : making, making, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	done = extension != NULL && X509_add_ext(making, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/* One GENERAL_NAME, made by hand: a text passed through OpenSSL's configuration syntax could
 * name more than one. */
static bool
add_name(GENERAL_NAMES *names, int type, const char *text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value;

	if (name == NULL)
		return false;
	if (type == GEN_IPADD)
		value = a2i_IPADDRESS(text);
	else if ((value = ASN1_IA5STRING_new()) != NULL &&
		 ASN1_STRING_set(value, text, (int)strlen(text)) != 1) {
		ASN1_STRING_free(value);
		value = NULL;
	}
	if (value == NULL) {
		GENERAL_NAME_free(name);
		return false;
	}
	GENERAL_NAME_set0_value(name, type, value);
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

static bool
is_address(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);

	ERR_clear_error();
	ASN1_OCTET_STRING_free(address);
	return address != NULL;
}

static enum fault
set_alternative_names(X509 *making, const struct certificate_plan *plan, struct why *why)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool done = names != NULL;

	if (done && profiles[plan->profile].device)
		done = add_name(names, GEN_URI, plan->common_name);
	for (size_t i = 0; done && plan->hosts != NULL && plan->hosts[i] != NULL; i++)
		done = i < CERTIFICATE_HOSTS_MOST &&
		       add_name(
			   names, is_address(plan->hosts[i]) ? GEN_IPADD : GEN_DNS, plan->hosts[i]);
	if (done && sk_GENERAL_NAME_num(names) > 0)
		done = X509_add1_ext_i2d(making, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return done ? FAULT_NONE : out_of_order("alternative name", why);
}

static enum fault
set_extensions(X509 *making, const struct certificate_plan *plan, struct why *why)
{
	const char *usage = profiles[plan->profile].usage;

	/* An EC key enciphers nothing. */
	if (EVP_PKEY_is_a(plan->subject_key, "EC") && strstr(usage, ",keyEncipherment") != NULL)
		usage = SIGN;
	if (!add_extension(
		making, plan->issuer, NID_basic_constraints, profiles[plan->profile].constraints) ||
	    !add_extension(making, plan->issuer, NID_key_usage, usage) ||
	    !add_extension(
		making, plan->issuer, NID_ext_key_usage, profiles[plan->profile].extended) ||
	    !add_extension(making, plan->issuer, NID_subject_key_identifier, "hash") ||
	    (plan->issuer != NULL &&
		!add_extension(making, plan->issuer, NID_authority_key_identifier, "keyid")))
		return out_of_order("extension", why);
	return set_alternative_names(making, plan, why);
}

/* SHA-2 as long as the key is strong: P-384 with SHA-384, P-521 with SHA-512, else SHA-256. */
static const EVP_MD *
signing_digest(EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "EC") || bits <= 256)
		return EVP_sha256();
	return bits <= 384 ? EVP_sha384() : EVP_sha512();
}

enum fault
certificate_make(const struct certificate_plan *plan, X509 **certificate, struct why *why)
{
	EVP_PKEY *signer = plan->issuer != NULL ? plan->issuer_key : plan->subject_key;
	X509 *making = X509_new();
	enum fault fault;

	if (making == NULL || X509_set_version(making, X509_VERSION_3) != 1) {
		fault = explain(why, FAULT_SYSTEM, "no memory for a certificate");
		goto done;
	}
	if ((fault = set_serial(making, why)) || (fault = set_names(making, plan, why)) ||
	    (fault = set_dates(making, plan, why)))
		goto done;
	if (X509_set_pubkey(making, plan->subject_key) != 1) {
		fault = out_of_order("public key", why);
		goto done;
	}
	if ((fault = set_extensions(making, plan, why)))
		goto done;
	if (X509_sign(making, signer, signing_digest(signer)) <= 0) {
		ERR_clear_error();
		fault = explain(
		    why, FAULT_SYSTEM, "certificate %.100s could not be signed", plan->common_name);
		goto done;
	}
	*certificate = making;
	making = NULL;
done:
	X509_free(making);
	return fault;
}
