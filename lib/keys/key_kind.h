/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/key_kind.h - which keys the keykeeper makes, and the digests it signs. */
#ifndef KEYS_KEY_KIND_H
#define KEYS_KEY_KIND_H

#include "base/bytes.h"
#include "base/fault.h"

/* The numbers are on the wire between our own processes (keys/keeper_message.h). */
enum key_kind {
	KEY_RSA_512, /* below 2048 bits: only for old phones, and only if asked for by name */
	KEY_RSA_1024,
	KEY_RSA_2048,
	KEY_RSA_3072,
	KEY_RSA_4096,
	KEY_P256,
	KEY_P384,
	KEY_P521,
	KEY_KIND_COUNT
};

enum key_family { KEY_FAMILY_RSA = 1, KEY_FAMILY_EC = 2 };

/* "rsa-2048", "p-256" */
const char *key_kind_name(enum key_kind kind);
bool key_kind_from_name(struct bytes name, enum key_kind *kind);
/* The modulus of RSA, the field of a curve. */
unsigned key_kind_bits(enum key_kind kind);
enum key_family key_kind_family(enum key_kind kind);
/* The name OpenSSL gives the curve: "P-256"; NULL for RSA. */
const char *key_kind_group(enum key_kind kind);
/* Too short to withstand today's attackers. */
bool key_kind_weak(enum key_kind kind);
/* The kind of an RSA key of that many bits; FAULT_MISSING for a size outside the list. */
enum fault key_kind_of_rsa(unsigned bits, enum key_kind *kind, struct why *why) MUST_CHECK;

enum key_digest {
	KEY_DIGEST_BARE, /* no digest named: RSA signs the bytes as they are, for CAPF's proofs */
	KEY_DIGEST_SHA1, /* old signed files and CAPF's proofs */
	KEY_DIGEST_SHA256,
	KEY_DIGEST_SHA384,
	KEY_DIGEST_SHA512,
	KEY_DIGEST_COUNT
};

/* "SHA256", as OpenSSL calls it; "none" for the bare digest. */
const char *key_digest_name(enum key_digest digest);
/* OpenSSL's aliases ("SHA2-256", "sha256") are known too. */
bool key_digest_from_name(const char *name, enum key_digest *digest);
/* In bytes; 0 for the bare digest. */
size_t key_digest_size(enum key_digest digest);
#endif
