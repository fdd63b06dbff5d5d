/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/certificate_facts.c - a certificate in words: names, dates, keys, fingerprints. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "trust/certificate.h"

/* The attributes in the order the lists of the field spell them. */
static const struct {
	int nid;
	const char *name;
} attributes[] = {
    {NID_commonName, "CN"},
    {NID_organizationalUnitName, "OU"},
    {NID_organizationName, "O"},
    {NID_localityName, "L"},
    {NID_stateOrProvinceName, "ST"},
    {NID_countryName, "C"},
};

/* Appends ";CN=value". What is not printable ASCII, and the separator, becomes '?'. */
static void
append_attribute(char text[CERTIFICATE_NAME_SIZE], const char *name, const ASN1_STRING *value)
{
	size_t used = strlen(text), left = CERTIFICATE_NAME_SIZE - used;
	unsigned char *utf8 = NULL;
	int size = ASN1_STRING_to_UTF8(&utf8, value);

	for (int i = 0; i < size; i++)
		if (utf8[i] < ' ' || utf8[i] > '~' || utf8[i] == ';')
			utf8[i] = '?';
	snprintf(text + used, left, "%s%s=%.*s", used > 0 ? ";" : "", name, size > 0 ? size : 0,
	    size > 0 ? (const char *)utf8 : "");
	OPENSSL_free(utf8);
}

static bool
listed(int nid)
{
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (attributes[i].nid == nid)
			return true;
	return false;
}

const char *
certificate_name_text(const X509_NAME *name, char text[CERTIFICATE_NAME_SIZE])
{
	text[0] = '\0';
	for (size_t i = 0; i < COUNT(attributes); i++)
		for (int at = -1;
		     (at = X509_NAME_get_index_by_NID(name, attributes[i].nid, at)) >= 0;)
			append_attribute(text, attributes[i].name,
			    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	for (int at = 0; at < X509_NAME_entry_count(name); at++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
		const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
		int nid = OBJ_obj2nid(object);
		char number[80];

		if (listed(nid))
			continue;
		OBJ_obj2txt(number, sizeof(number), object, 1);
		append_attribute(text, nid != NID_undef ? OBJ_nid2sn(nid) : number,
		    X509_NAME_ENTRY_get_data(entry));
	}
	return text;
}

static void
common_name(const X509_NAME *name, char text[CERTIFICATE_NAME_SIZE])
{
	int at = -1, last = -1;

	while ((at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0)
		last = at;
	text[0] = '\0';
	if (last < 0)
		return;
	append_attribute(text, "CN", X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
	memmove(text, text + strlen("CN="), strlen(text + strlen("CN=")) + 1);
}

static void
write_hex(const uint8_t *at, size_t size, char *text)
{
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", at[i]);
	text[2 * size] = '\0';
}

enum fault
certificate_serial(
    X509 *certificate, uint8_t serial[CERTIFICATE_SERIAL_MOST], size_t *size, struct why *why)
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(certificate);
	const uint8_t *at = ASN1_STRING_get0_data(number);
	int count = ASN1_STRING_length(number);

	/* OpenSSL holds the magnitude; the sign stands in the type. */
	while (count > 1 && *at == 0) {
		at++;
		count--;
	}
	if (count < 1 || count > CERTIFICATE_SERIAL_MOST)
		return explain(why, FAULT_MALFORMED, "serial number of %d bytes", count);
	if (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER)
		return explain(why, FAULT_MALFORMED, "negative serial number");
	memcpy(serial, at, (size_t)count);
	*size = (size_t)count;
	return FAULT_NONE;
}

enum fault
certificate_hash(
    X509 *certificate, const char *digest, char text[CERTIFICATE_HASH_SIZE], struct why *why)
{
	EVP_MD *method = EVP_MD_fetch(NULL, digest, NULL);
	uint8_t hash[EVP_MAX_MD_SIZE];
	enum fault fault = FAULT_NONE;
	unsigned size;

	if (method == NULL || !X509_digest(certificate, method, hash, &size)) {
		ERR_clear_error();
		fault = explain(why, FAULT_SYSTEM, "this OpenSSL computes no %s", digest);
	} else
		write_hex(hash, size, text);
	EVP_MD_free(method);
	return fault;
}

static enum fault
read_time(const ASN1_TIME *from, int64_t *time, struct why *why)
{
	struct tm parts;

	if (!ASN1_TIME_to_tm(from, &parts)) {
		ERR_clear_error();
		return explain(why, FAULT_MALFORMED, "certificate with a date that is none");
	}
	*time = timegm(&parts);
	return FAULT_NONE;
}

static void
describe_key(X509 *certificate, struct certificate_facts *facts)
{
	static const struct {
		const char *group, *name;
	} curves[] = {
	    {"prime256v1", "P-256"},
	    {"secp384r1", "P-384"},
	    {"secp521r1", "P-521"},
	};
	EVP_PKEY *key = X509_get0_pubkey(certificate);
	char group[64] = "";

	snprintf(facts->key_text, sizeof(facts->key_text), "unknown kind");
	if (key == NULL) {
		ERR_clear_error();
		return;
	}
	facts->key_bits = (unsigned)EVP_PKEY_get_bits(key);
	if (EVP_PKEY_is_a(key, "RSA")) {
		facts->key = CERTIFICATE_KEY_RSA;
		snprintf(facts->key_text, sizeof(facts->key_text), "RSA %u", facts->key_bits);
	} else if (EVP_PKEY_is_a(key, "EC") &&
		   EVP_PKEY_get_group_name(key, group, sizeof(group), NULL)) {
		facts->key = CERTIFICATE_KEY_EC;
		snprintf(facts->key_text, sizeof(facts->key_text), "EC %.24s", group);
		for (size_t i = 0; i < COUNT(curves); i++)
			if (strcmp(group, curves[i].group) == 0)
				snprintf(facts->key_text, sizeof(facts->key_text), "EC %s",
				    curves[i].name);
	}
}

enum fault
certificate_describe(X509 *certificate, struct certificate_facts *facts, struct why *why)
{
	struct certificate_facts found = {0};
	uint8_t serial[CERTIFICATE_SERIAL_MOST];
	enum fault fault;
	size_t size;

	if ((fault = certificate_serial(certificate, serial, &size, why)) ||
	    (fault = read_time(X509_get0_notBefore(certificate), &found.not_before, why)) ||
	    (fault = read_time(X509_get0_notAfter(certificate), &found.not_after, why)) ||
	    (fault = certificate_hash(certificate, "SHA256", found.sha256, why)))
		return fault;
	write_hex(serial, size, found.serial);
	certificate_name_text(X509_get_subject_name(certificate), found.subject);
	certificate_name_text(X509_get_issuer_name(certificate), found.issuer);
	common_name(X509_get_subject_name(certificate), found.common_name);
	describe_key(certificate, &found);
	found.self_issued = X509_NAME_cmp(X509_get_subject_name(certificate),
				X509_get_issuer_name(certificate)) == 0;
	found.authority = X509_check_ca(certificate) == 1;
	*facts = found;
	return FAULT_NONE;
}

enum fault
certificate_device(X509 *certificate, struct device_name *name, bool *factory, struct why *why)
{
	static const char maker[] = "CP-";
	char text[CERTIFICATE_NAME_SIZE];
	struct bytes view, model;
	bool made = false;

	common_name(X509_get_subject_name(certificate), text);
	view = bytes_text(text);
	if (bytes_start_with(view, bytes_text(maker))) {
		view = bytes_part(view, strlen(maker), view.left);
		made = bytes_take_until(&view, '-', &model) && model.left > 0;
	}
	if (device_name_read(view, name, NULL) != FAULT_NONE ||
	    (!made && view.at != (uint8_t *)text))
		return explain(why, FAULT_UNTRUSTED,
		    "certificate CN \"%.100s\" is not the name of a phone", text);
	if (factory != NULL)
		*factory = made;
	return FAULT_NONE;
}
