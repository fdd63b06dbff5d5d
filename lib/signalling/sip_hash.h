/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_hash.h - keyed hashes of what peers choose (SipHash-2-4), so that nobody can
 * make all their transactions fall into one chain.
 */
#ifndef SIGNALLING_SIP_HASH_H
#define SIGNALLING_SIP_HASH_H

#include "base/bytes.h"

struct sip_hash_key {
	uint64_t first, second;
};

/* A new secret; from the operating system. */
void sip_hash_key_make(struct sip_hash_key *key);
uint64_t sip_hash(const struct sip_hash_key *key, struct bytes bytes);
#endif
