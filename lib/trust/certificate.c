/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "storage/storage.h"

void
certificate_stack_free(STACK_OF(X509) * certificates)
{
	sk_X509_pop_free(certificates, X509_free);
}

bool
certificate_stack_add(STACK_OF(X509) * certificates, X509 *certificate)
{
	if (!X509_up_ref(certificate))
		return false;
	if (sk_X509_push(certificates, certificate) > 0)
		return true;
	X509_free(certificate);
	return false;
}

/* Exactly one, with nothing behind it. */
static enum fault
read_der(struct bytes der, X509 **certificate, struct why *why)
{
	const unsigned char *at = der.at;
	X509 *reading;

	if (der.left > CERTIFICATE_MOST)
		return explain(why, FAULT_LIMIT, "certificate of %zu bytes; at most %d", der.left,
		    CERTIFICATE_MOST);
	if ((reading = d2i_X509(NULL, &at, (long)der.left)) == NULL) {
		ERR_clear_error();
		return explain(why, FAULT_MALFORMED, "not a certificate in DER");
	}
	if (at != der.at + der.left) {
		X509_free(reading);
		return explain(why, FAULT_MALFORMED, "certificate with %zu bytes behind its end",
		    (size_t)(der.at + der.left - at));
	}
	/* Fills OpenSSL's caches, so that broken extensions are found now and not at first use. */
	if (X509_check_purpose(reading, -1, 0) != 1 ||
	    (X509_get_extension_flags(reading) & EXFLAG_INVALID)) {
		X509_free(reading);
		ERR_clear_error();
		return explain(why, FAULT_MALFORMED, "certificate with a broken extension");
	}
	*certificate = reading;
	return FAULT_NONE;
}

/* The next "BEGIN CERTIFICATE" block; *found is false at the end of the text. */
static enum fault
read_pem_block(BIO *text, X509 **certificate, bool *found, struct why *why)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	enum fault fault = FAULT_NONE;
	long size = 0;

	*found = PEM_read_bio(text, &name, &header, &data, &size) == 1;
	if (!*found) {
		unsigned long error = ERR_peek_last_error();

		ERR_clear_error();
		return ERR_GET_REASON(error) == PEM_R_NO_START_LINE
			   ? FAULT_NONE
			   : explain(why, FAULT_MALFORMED, "certificate in broken PEM");
	}
	if (strcmp(name, PEM_STRING_X509) != 0 && strcmp(name, PEM_STRING_X509_OLD) != 0)
		fault =
		    explain(why, FAULT_MALFORMED, "PEM of \"%.32s\", not of a certificate", name);
	else
		fault = read_der(bytes_of(data, (size_t)size), certificate, why);
	/* What is not a certificate may be a key someone put in the wrong file. */
	OPENSSL_clear_free(data, (size_t)size);
	OPENSSL_free(name);
	OPENSSL_free(header);
	return fault;
}

static enum fault
read_pem(struct bytes input, STACK_OF(X509) * certificates, struct why *why)
{
	BIO *text = BIO_new_mem_buf(input.at, (int)input.left);
	enum fault fault = FAULT_NONE;
	bool found = text != NULL;

	while (found && fault == FAULT_NONE) {
		X509 *certificate = NULL;

		fault = read_pem_block(text, &certificate, &found, why);
		if (fault == FAULT_NONE && found) {
			if (sk_X509_num(certificates) >= CERTIFICATE_SEVERAL_MOST)
				fault = explain(why, FAULT_LIMIT,
				    "more than %d certificates in one file",
				    CERTIFICATE_SEVERAL_MOST);
			else if (!certificate_stack_add(certificates, certificate))
				fault = explain(why, FAULT_SYSTEM, "no memory for a certificate");
		}
		X509_free(certificate);
	}
	BIO_free(text);
	return fault;
}

enum fault
certificate_read_all(struct bytes input, STACK_OF(X509) * *certificates, struct why *why)
{
	STACK_OF(X509) *reading = sk_X509_new_null();
	X509 *certificate = NULL;
	enum fault fault;

	if (reading == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for certificates");
	if (input.left > CERTIFICATE_FILE_MOST)
		fault = explain(why, FAULT_LIMIT, "certificates of %zu bytes; at most %d",
		    input.left, CERTIFICATE_FILE_MOST);
	else if (input.left > 0 && input.at[0] == 0x30) { /* SEQUENCE: DER */
		fault = read_der(input, &certificate, why);
		if (fault == FAULT_NONE && !certificate_stack_add(reading, certificate))
			fault = explain(why, FAULT_SYSTEM, "no memory for a certificate");
	} else
		fault = read_pem(input, reading, why);
	if (fault == FAULT_NONE && sk_X509_num(reading) == 0)
		fault = explain(why, FAULT_MALFORMED, "no certificate in it");
	if (fault == FAULT_NONE) {
		*certificates = reading;
		reading = NULL;
	}
	X509_free(certificate);
	certificate_stack_free(reading);
	return fault;
}

enum fault
certificate_read(struct bytes input, X509 **certificate, struct why *why)
{
	STACK_OF(X509) *several = NULL;
	enum fault fault = certificate_read_all(input, &several, why);

	if (fault == FAULT_NONE && sk_X509_num(several) != 1)
		fault = explain(why, FAULT_MALFORMED, "%d certificates where one is wanted",
		    sk_X509_num(several));
	if (fault == FAULT_NONE)
		*certificate = sk_X509_shift(several);
	certificate_stack_free(several);
	return fault;
}

enum fault
certificate_load_all(const char *path, STACK_OF(X509) * *certificates, struct why *why)
{
	struct content file = {0};
	enum fault fault = storage_read(path, CERTIFICATE_FILE_MOST, &file, why);

	if (fault == FAULT_NONE &&
	    (fault = certificate_read_all(content_bytes(&file), certificates, why)))
		fault = explain_within(why, fault, "%s: ", path);
	content_free(&file);
	return fault;
}

enum fault
certificate_load(const char *path, X509 **certificate, struct why *why)
{
	struct content file = {0};
	enum fault fault = storage_read(path, CERTIFICATE_FILE_MOST, &file, why);

	if (fault == FAULT_NONE &&
	    (fault = certificate_read(content_bytes(&file), certificate, why)))
		fault = explain_within(why, fault, "%s: ", path);
	content_free(&file);
	return fault;
}

enum fault
certificate_write_der(X509 *certificate, struct buffer *buffer, struct why *why)
{
	unsigned char *der = NULL;
	int size = i2d_X509(certificate, &der);

	if (size <= 0)
		return explain(why, FAULT_SYSTEM, "certificate cannot be written");
	buffer_bytes(buffer, bytes_of(der, (size_t)size));
	OPENSSL_free(der);
	return buffer_ok(buffer) ? FAULT_NONE
				 : explain(why, FAULT_LIMIT, "no room for a certificate");
}

enum fault
certificate_write_pem(X509 *certificate, struct buffer *buffer, struct why *why)
{
	BIO *text = BIO_new(BIO_s_mem());
	enum fault fault = FAULT_NONE;
	char *at;
	long size;

	if (text == NULL || !PEM_write_bio_X509(text, certificate))
		fault = explain(why, FAULT_SYSTEM, "certificate cannot be written");
	else {
		size = BIO_get_mem_data(text, &at);
		buffer_bytes(buffer, bytes_of(at, (size_t)size));
		if (!buffer_ok(buffer))
			fault = explain(why, FAULT_LIMIT, "no room for a certificate");
	}
	BIO_free(text);
	return fault;
}

enum fault
certificate_save(const char *path, X509 *certificate, mode_t mode, struct why *why)
{
	struct buffer pem;
	enum fault fault;

	buffer_init(&pem, CERTIFICATE_FILE_MOST);
	if (!(fault = certificate_write_pem(certificate, &pem, why)))
		fault = storage_replace(path, buffer_bytes_of(&pem), mode, why);
	buffer_finish(&pem);
	return fault;
}

bool
certificate_equal(const X509 *a, const X509 *b)
{
	return X509_cmp(a, b) == 0;
}
