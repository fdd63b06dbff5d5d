/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_proof.h - how a phone proves that it holds the key of the certificate it
 * shows: signatures over SHA-1 and SHA-512 of { device name, NUL, certificate }.
 *
 * RSA: PKCS#1 v1.5 padding around the bare digest, without DigestInfo; the whole padding is
 * checked. EC: ECDSA over the digest.
 */
#ifndef ENROLMENT_CAPF_PROOF_H
#define ENROLMENT_CAPF_PROOF_H

#include <openssl/evp.h>

#include "enrolment/capf_message.h"

struct capf_proof {
	uint8_t sha1[CAPF_SIGNATURE_MOST], sha512[CAPF_SIGNATURE_MOST];
	size_t sha1_size, sha512_size;
};

/* key may live in the keykeeper. */
enum fault capf_proof_make(EVP_PKEY *key, struct bytes device, struct bytes certificate,
    struct capf_proof *proof, struct why *why) MUST_CHECK;
/* Both signatures of the AUTH RESPONSE must be there and right. */
enum fault capf_proof_check(const struct capf_message *response, struct why *why) MUST_CHECK;
#endif
