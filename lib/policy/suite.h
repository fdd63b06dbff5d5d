/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/policy/suite.h - the SRTP crypto suites we speak (RFC 4568 6.2, RFC 7714 14.2), in the
 * order we offer them, with all their sizes in one table.
 */
#ifndef POLICY_SUITE_H
#define POLICY_SUITE_H

#include "base/bytes.h"

enum suite {
	SUITE_AEAD_AES_256_GCM,
	SUITE_AEAD_AES_128_GCM,
	SUITE_AES_CM_128_HMAC_SHA1_80,
	SUITE_AES_CM_128_HMAC_SHA1_32,
	SUITE_COUNT
};

enum { SUITE_KEY_MOST = 32, SUITE_SALT_MOST = 14, SUITE_TAG_MOST = 16 };

struct suite_sizes {
	const char *name; /* as in SDP */
	size_t key, salt; /* master key and salt, bytes; the inline value is their sum */
	size_t rtp_tag, rtcp_tag;
	bool aead;
};

const struct suite_sizes *suite_sizes(enum suite suite);
bool suite_from_name(struct bytes name, enum suite *suite) MUST_CHECK;

/* Which suites a profile allows: 'all' or 'strongest AEAD only' ... as a set of 1 << suite. */
enum {
	SUITES_ALL = (1 << SUITE_COUNT) - 1,
	SUITES_AEAD = 1 << SUITE_AEAD_AES_256_GCM | 1 << SUITE_AEAD_AES_128_GCM,
	SUITES_AES_256_ONLY = 1 << SUITE_AEAD_AES_256_GCM,
};
#endif
