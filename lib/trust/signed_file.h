/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/signed_file.h - .sgn: a header that says who signed, then the file byte for byte.
 *
 * The payload cannot be reached before its signature is verified.
 */
#ifndef TRUST_SIGNED_FILE_H
#define TRUST_SIGNED_FILE_H

#include "trust/signed_header.h"

enum { SIGNED_FILE_MOST = 16 * 1024 * 1024 /* bytes */ };

/* A verified file; views into what was given. */
struct signed_file {
	struct bytes payload;
	X509 *signer; /* the one of the candidates that signed; theirs */
	uint32_t timestamp;
	enum signed_digest digest;
};

/*
 * name is the one inside, with ".sgn" ("SEP001122334455.cnf.xml.sgn"). Refuses: broken format,
 * a name that differs, a serial that no candidate has, a signature that does not verify.
 */
enum fault signed_file_verify(struct bytes file, const char *name, STACK_OF(X509) * candidates,
    struct signed_file *verified, struct why *why) MUST_CHECK;

/* digest 0: SHA-512. key is the RSA key of the certificate. Appends to file. */
enum fault signed_file_write(struct bytes payload, const char *name, X509 *signer, EVP_PKEY *key,
    enum signed_digest digest, int64_t now, struct buffer *file, struct why *why) MUST_CHECK;
#endif
