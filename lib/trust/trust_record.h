/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/trust_record.h - one entry of a trust list: who, as what, which certificate. */
#ifndef TRUST_TRUST_RECORD_H
#define TRUST_TRUST_RECORD_H

#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "trust/trust_role.h"

/* Views into the bytes that were read; keep those alive. Texts are without their NUL. */
struct trust_record {
	enum trust_role role;
	struct bytes host;    /* empty when absent, as all below */
	struct bytes subject; /* as spelled in the list: for people, never to be compared */
	struct bytes issuer;
	struct bytes serial;     /* big endian; equal to the certificate's */
	struct bytes public_key; /* PKCS#1 RSAPublicKey or uncompressed point; the certificate's */
	struct bytes der;        /* the certificate */
	struct bytes address;    /* 4 bytes */
	size_t size;             /* of the whole record */
	X509 *certificate;       /* owned by the record; NULL when the record has none */
};

/* Takes one whole record from the front. If refused, *from and *record are untouched. */
enum fault trust_record_read(
    struct bytes *from, struct trust_record *record, struct why *why) MUST_CHECK;
void trust_record_finish(struct trust_record *record);

/* host and address (IPv4 literal) may be NULL; certificate may not. */
enum fault trust_record_write(enum trust_role role, X509 *certificate, const char *host,
    const char *address, struct buffer *buffer, struct why *why) MUST_CHECK;
#endif
