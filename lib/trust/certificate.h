/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/certificate.h - X.509 certificates: read, described in words, and judged.
 *
 * A certificate is OpenSSL's X509, so that every module can hand it on. Making them is
 * certificate_make.h. Nothing here reads a clock: the time is told.
 */
#ifndef TRUST_CERTIFICATE_H
#define TRUST_CERTIFICATE_H

#include <openssl/x509.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "policy/device_name.h"

enum {
	CERTIFICATE_MOST = 16 * 1024,        /* bytes of DER */
	CERTIFICATE_FILE_MOST = 1024 * 1024, /* bytes of a file of several in PEM */
	CERTIFICATE_SEVERAL_MOST = 256,      /* in one file */
	CERTIFICATE_NAME_SIZE = 512,         /* a whole name as text */
	CERTIFICATE_SERIAL_MOST = 32,        /* bytes; RFC 5280 says 20 */
	CERTIFICATE_SERIAL_SIZE = 2 * CERTIFICATE_SERIAL_MOST + 1,
	CERTIFICATE_HASH_SIZE = 2 * 64 + 1, /* hex of the longest digest */
	CERTIFICATE_RSA_LEAST = 2048,       /* bits; less is weak */
};

enum certificate_key { CERTIFICATE_KEY_OTHER, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_EC };

/* Everything people ask about a certificate, as text and numbers. Names as in trust lists. */
struct certificate_facts {
	char subject[CERTIFICATE_NAME_SIZE]; /* "CN=SEP001122334455;OU=..;O=.." */
	char issuer[CERTIFICATE_NAME_SIZE];
	char common_name[CERTIFICATE_NAME_SIZE]; /* the last CN, or "" */
	char serial[CERTIFICATE_SERIAL_SIZE];    /* lower-case hex without leading zero bytes */
	int64_t not_before, not_after;           /* Unix time; the last second it is valid */
	enum certificate_key key;
	unsigned key_bits;
	char key_text[32];                  /* "RSA 2048", "EC P-256" */
	char sha256[CERTIFICATE_HASH_SIZE]; /* of the DER, lower-case hex */
	bool self_issued;                   /* subject and issuer are the same name */
	bool authority;                     /* may issue (basicConstraints CA) */
};

/* One certificate in DER or PEM and nothing behind it but blanks. The caller X509_free()s. */
enum fault certificate_read(struct bytes input, X509 **certificate, struct why *why) MUST_CHECK;
/* One or several in PEM, or one in DER. The caller certificate_stack_free()s. */
enum fault certificate_read_all(
    struct bytes input, STACK_OF(X509) * *certificates, struct why *why) MUST_CHECK;
/* From files. */
enum fault certificate_load(const char *path, X509 **certificate, struct why *why) MUST_CHECK;
enum fault certificate_load_all(
    const char *path, STACK_OF(X509) * *certificates, struct why *why) MUST_CHECK;
/* PEM, replaced atomically. */
enum fault certificate_save(
    const char *path, X509 *certificate, mode_t mode, struct why *why) MUST_CHECK;
void certificate_stack_free(STACK_OF(X509) * certificates);
/* Appends a reference of its own; false when memory is out. */
bool certificate_stack_add(STACK_OF(X509) * certificates, X509 *certificate) MUST_CHECK;

/* Append to the buffer. */
enum fault certificate_write_der(
    X509 *certificate, struct buffer *buffer, struct why *why) MUST_CHECK;
enum fault certificate_write_pem(
    X509 *certificate, struct buffer *buffer, struct why *why) MUST_CHECK;

enum fault certificate_describe(
    X509 *certificate, struct certificate_facts *facts, struct why *why) MUST_CHECK;
/* The list's spelling: CN;OU;O;L;ST;C, then whatever else stands in the name. */
const char *certificate_name_text(const X509_NAME *name, char text[CERTIFICATE_NAME_SIZE]);
/* Big endian, minimal, no sign byte: as the lists write it. At most CERTIFICATE_SERIAL_MOST. */
enum fault certificate_serial(X509 *certificate, uint8_t serial[CERTIFICATE_SERIAL_MOST],
    size_t *size, struct why *why) MUST_CHECK;
/* digest: "MD5" (certHash of the formats), "SHA1", "SHA256" ...; lower-case hex of the DER's. */
enum fault certificate_hash(X509 *certificate, const char *digest, char text[CERTIFICATE_HASH_SIZE],
    struct why *why) MUST_CHECK;
bool certificate_equal(const X509 *a, const X509 *b);

/*
 * Whose it is: the CN is "SEP..." (an LSC) or "CP-<model>-SEP..." (a MIC); anything else is
 * FAULT_UNTRUSTED. *factory (may be NULL) says which of the two forms.
 */
enum fault certificate_device(
    X509 *certificate, struct device_name *name, bool *factory, struct why *why) MUST_CHECK;

enum certificate_purpose {
	CERTIFICATE_ANY,
	CERTIFICATE_TLS_SERVER,
	CERTIFICATE_TLS_CLIENT,
	CERTIFICATE_ISSUER, /* it must be a CA itself */
};

/* What a certificate must satisfy. Zeroed fields ask for nothing, but now must be set. */
struct certificate_rules {
	int64_t now; /* Unix time */
	enum certificate_purpose purpose;
	/* Any of these believed as they are (an issuer, or the certificate itself). */
	STACK_OF(X509) * trusted;
	STACK_OF(X509) * between; /* intermediates the peer sent; may be NULL */
	STACK_OF(X509_CRL) *
	    lists;          /* revocation lists; may be NULL; one that is there must be current */
	const char *device; /* SEP name it must belong to, or NULL */
	const char *host;   /* DNS name or address it must be valid for, or NULL */
	bool weak_allowed;  /* RSA below 2048 and SHA-1: only by the operator's consent */
};

/* Judges it. Each way to fail has a sentence of its own, with names and dates. */
enum fault certificate_check(
    X509 *certificate, const struct certificate_rules *rules, struct why *why) MUST_CHECK;
/* The sentence for a verdict of OpenSSL's (X509_V_ERR_...), for those who run their own. */
enum fault certificate_verdict(int verdict, X509 *at_fault, struct why *why) MUST_CHECK;
#endif
