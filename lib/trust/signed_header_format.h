/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/signed_header_format.h - the numbers of the format, for its reader and its writer. */
#ifndef TRUST_SIGNED_HEADER_FORMAT_H
#define TRUST_SIGNED_HEADER_FORMAT_H

#include "trust/signed_header.h"

enum signed_tag {
	VERSION = 1,
	HEADER_LENGTH,
	SIGNER_ID, /* container of SIGNER_NAME, SERIAL, CA_NAME */
	SIGNER_NAME,
	SERIAL,
	CA_NAME,
	SIGNATURE_INFO, /* container of DIGEST, ALGORITHM_INFO */
	DIGEST,
	ALGORITHM_INFO, /* container of ALGORITHM, MODULUS */
	ALGORITHM,
	MODULUS,
	SIGNATURE,
	PADDING, /* a single byte: no length, no value */
	FILENAME,
	TIMESTAMP,
	SIGNER_VERSION = 28,
	TAGS
};

enum {
	RSA_PKCS1 = 0, /* the one ALGORITHM */
	PADDING_MOST = 3,
	HEADER_ALIGNED = 4,
	TL_SIZE = 3, /* tag and length */
	SIGNATURE_SIZES = 4,
	SIGNATURE_SIZE_MOST = 512,
};

/* Bytes, by the number in MODULUS. RSA of 3072 bits has no number. */
extern const size_t signed_signature_sizes[SIGNATURE_SIZES];
/* OpenSSL's name; NULL for a number that is no digest. */
const char *signed_digest_name(unsigned digest);
#endif
