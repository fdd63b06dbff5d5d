/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp_keys.h - the session keys of one direction, derived from its master key
 * (RFC 3711 4.3, RFC 7714 11; key derivation rate 0).
 */
#ifndef MEDIA_SRTP_KEYS_H
#define MEDIA_SRTP_KEYS_H

#include "media/srtp_master.h"

enum { SRTP_AUTH_KEY_SIZE = 20 }; /* HMAC-SHA1; unused by the AEAD suites */

struct srtp_key_set {
	uint8_t key[SUITE_KEY_MOST];
	uint8_t auth[SRTP_AUTH_KEY_SIZE];
	uint8_t salt[SUITE_SALT_MOST];
};

struct srtp_keys {
	enum suite suite;
	struct srtp_key_set rtp, rtcp;
};

enum fault srtp_keys_derive(
    const struct srtp_master *master, struct srtp_keys *keys, struct why *why) MUST_CHECK;
void srtp_keys_wipe(struct srtp_keys *keys);
#endif
