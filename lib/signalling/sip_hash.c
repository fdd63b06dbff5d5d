/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_hash.h"

#include <openssl/rand.h>
#include <string.h>

void
sip_hash_key_make(struct sip_hash_key *key)
{
	/* Without randomness the tables still work, only their chains could be forced. */
	if (RAND_bytes((unsigned char *)key, sizeof(*key)) != 1)
		memset(key, 0x5a, sizeof(*key));
}

static uint64_t
rotate(uint64_t value, unsigned count)
{
	return value << count | value >> (64 - count);
}

static void
rounds(uint64_t v[4], unsigned count)
{
	while (count-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

uint64_t
sip_hash(const struct sip_hash_key *key, struct bytes bytes)
{
	uint64_t v[4] = {
	    key->first ^ 0x736f6d6570736575U,
	    key->second ^ 0x646f72616e646f6dU,
	    key->first ^ 0x6c7967656e657261U,
	    key->second ^ 0x7465646279746573U,
	};
	uint64_t last = (uint64_t)bytes.left << 56;
	size_t whole = bytes.left / 8;

	for (size_t i = 0; i < whole; i++) {
		uint64_t word;

		memcpy(&word, bytes.at + i * 8, sizeof(word));
		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	for (size_t i = whole * 8; i < bytes.left; i++)
		last |= (uint64_t)bytes.at[i] << 8 * (i % 8);
	v[3] ^= last;
	rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
