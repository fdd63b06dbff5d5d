/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/suite.h"

/* The _32 suite shortens the tag of RTP only; RTCP keeps ten bytes (RFC 4568 6.2.2). */
static const struct suite_sizes table[SUITE_COUNT] = {
    [SUITE_AEAD_AES_256_GCM] = {"AEAD_AES_256_GCM", 32, 12, 16, 16, true},
    [SUITE_AEAD_AES_128_GCM] = {"AEAD_AES_128_GCM", 16, 12, 16, 16, true},
    [SUITE_AES_CM_128_HMAC_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false},
    [SUITE_AES_CM_128_HMAC_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false},
};

const struct suite_sizes *
suite_sizes(enum suite suite)
{
	return &table[suite];
}

bool
suite_from_name(struct bytes name, enum suite *suite)
{
	for (size_t i = 0; i < SUITE_COUNT; i++)
		if (bytes_equal_text(name, table[i].name)) {
			*suite = (enum suite)i;
			return true;
		}
	return false;
}
