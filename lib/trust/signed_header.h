/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/trust/signed_header.h - the header that trust lists (.tlv) and signed files (.sgn)
 * share: { u8 tag, u16 length, value }, who signed, how, and the signature.
 *
 * What is signed is the whole file without the SIGNATURE element.
 */
#ifndef TRUST_SIGNED_HEADER_H
#define TRUST_SIGNED_HEADER_H

#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/fault.h"

/* The numbers of the format. */
enum signed_digest { SIGNED_SHA1 = 1, SIGNED_SHA256 = 2, SIGNED_SHA512 = 3 };

enum {
	SIGNED_HEADER_MOST = 4096, /* bytes */
	SIGNED_NAME_MOST = 512,    /* a subject or issuer */
	SIGNED_FILENAME_MOST = 256,
};

/* Views into the file that was read; keep it alive. Texts are without their NUL. */
struct signed_header {
	uint16_t version;        /* 0x0102 a list, 0x0100 a signed file */
	uint16_t signer_version; /* 0x0101: EC and HTTPS; 0 when absent */
	struct bytes signer, issuer, serial;
	enum signed_digest digest;
	struct bytes signature;
	struct bytes filename;
	uint32_t timestamp;          /* Unix time */
	struct bytes before, behind; /* what is signed: the file around the signature element */
	struct bytes content;        /* what follows the header */
};

/* Format only; believe nothing before signed_header_verify(). */
enum fault signed_header_read(
    struct bytes file, struct signed_header *header, struct why *why) MUST_CHECK;
/* By this certificate's RSA key (PKCS#1 v1.5), the whole padding compared. */
enum fault signed_header_verify(
    const struct signed_header *header, X509 *signer, struct why *why) MUST_CHECK;
/* Is the certificate's serial the one the header names? */
bool signed_header_names(const struct signed_header *header, X509 *certificate);
/* "serial 5f03 CN=ITLRECOVERY", as the file claims it; peers' text is made printable. */
const char *signed_header_signer_text(const struct signed_header *header, char *text, size_t room);

struct signed_header_plan {
	uint16_t version, signer_version; /* signer_version 0: not written */
	X509 *signer;
	EVP_PKEY *key; /* RSA of 512, 1024, 2048 or 4096 bits, of that certificate */
	enum signed_digest digest;
	const char *filename;
	uint32_t timestamp;
};

/* Header, signature and content, in the order of the call managers of the field. */
enum fault signed_header_write(const struct signed_header_plan *plan, struct bytes content,
    struct buffer *file, struct why *why) MUST_CHECK;
#endif
