/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp_cipher.h - what a back-end of SRTP does: encrypt and tag a packet in place, or
 * check its tag and decrypt it in place. Inside lib/media only.
 */
#ifndef MEDIA_SRTP_CIPHER_H
#define MEDIA_SRTP_CIPHER_H

#include "media/srtp_backend.h"
#include "media/srtp_keys.h"

enum { SRTP_NONCE_MOST = 16, SRTP_TRAILER_SIZE = 4 };

/*
 * One packet's parts. The tag covers header, body (encrypted) and trailer: of AES-CM the roll-over
 * counter or the SRTCP index, of AEAD nothing or the SRTCP index, which is associated data there.
 */
struct srtp_job {
	const uint8_t *nonce; /* 12 bytes for AEAD, 16 for AES-CM */
	const uint8_t *header;
	size_t header_size;
	uint8_t *body;
	size_t body_size;
	const uint8_t *trailer;
	size_t trailer_size; /* 0 or SRTP_TRAILER_SIZE */
	uint8_t *tag;
	size_t tag_size;
};

/* One keyed cipher, of one suite; what is in it belongs to the back-end. */
struct srtp_cipher;

struct srtp_backend {
	const char *name;
	unsigned suites; /* set of 1 << enum suite */
	enum fault (*cipher_new)(struct srtp_cipher **cipher, enum suite suite,
	    const struct srtp_key_set *keys, struct why *why);
	void (*cipher_free)(struct srtp_cipher *cipher); /* wipes; NULL is fine */
	/* Encrypts body and writes tag. False: the library failed. */
	bool (*seal)(struct srtp_cipher *cipher, const struct srtp_job *job);
	/*
	 * True: the tag is right and body is decrypted. False: it is not, or the library failed,
	 * and body holds nothing of the plaintext.
	 */
	bool (*open)(struct srtp_cipher *cipher, const struct srtp_job *job);
};

/* The intel-ipsec-mb back-end before srtp_backend.c has compared it with EVP; NULL, and why. */
const struct srtp_backend *srtp_ipsec_mb_open(struct why *why);
#endif
