/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sdp_crypto.h - a=crypto lines (RFC 4568): SRTP keys in SDP. Secrets: wiped by who
 * holds them, masked before anything is logged, removed before SDP leaves on a leg that is not TLS.
 */
#ifndef SIGNALLING_SDP_CRYPTO_H
#define SIGNALLING_SDP_CRYPTO_H

#include "base/buffer.h"
#include "base/fault.h"
#include "policy/suite.h"

enum {
	SDP_CRYPTO_MOST = 16, /* lines of one stream that we read */
	SDP_KEY_MOST = SUITE_KEY_MOST + SUITE_SALT_MOST,
	SDP_CRYPTO_TEXT_SIZE = 256,
};

struct sdp_crypto {
	uint32_t tag; /* 1 to 999999999 */
	enum suite suite;
	uint8_t key[SDP_KEY_MOST]; /* master key, then salt; as long as the suite says */
	size_t key_size;
	uint64_t lifetime; /* packets; 0: not said */
	uint64_t mki;      /* meaningful when mki_size > 0 */
	unsigned mki_size; /* bytes in each packet; 0: none */
	/* session parameters */
	bool unencrypted_srtp, unencrypted_srtcp, unauthenticated_srtp;
	uint32_t wsh; /* window size hint; 0: not said */
};

/*
 * The value of one line: "1 AEAD_AES_256_GCM inline:...|2^31|1:4 WSH=64". Base64 with or without
 * '='. FAULT_MISSING: a suite, key method or mandatory session parameter we do not know: skip the
 * line. FAULT_MALFORMED: broken: refuse the offer.
 */
enum fault sdp_crypto_read(
    struct bytes value, struct sdp_crypto *crypto, struct why *why) MUST_CHECK;
/* "1 SUITE inline:BASE64", with padding. The buffer then holds a secret. */
void sdp_crypto_write(const struct sdp_crypto *crypto, struct buffer *out);
void sdp_crypto_wipe(struct sdp_crypto *crypto);

/*
 * The first line of an offer that is usable (suite in the set suites of 1 << suite, no UNENCRYPTED
 * or UNAUTHENTICATED, no MKI unless one key), or, of an answer, the one that is to be ours.
 */
bool sdp_crypto_usable(const struct sdp_crypto *crypto, unsigned suites);

/* Copies an SDP body without any key material, and RTP/SAVP(F) lines as RTP/AVP(F). */
enum fault sdp_strip_keys(struct bytes sdp, struct buffer *out, struct why *why) MUST_CHECK;
/* Does it hold key material: a=crypto, a=key-mgmt, k=? */
bool sdp_has_keys(struct bytes sdp);
/* Copies any text (SDP or a whole message) with all that may be a key masked, for logs and
 * captures. */
void sdp_mask_keys(struct bytes text, struct buffer *out);
#endif
