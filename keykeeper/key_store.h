/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keykeeper/key_store.h - the private keys of one directory: a file each, named like the key,
 * PKCS#8 DER, mode 0600, in a folder of mode 0700.
 *
 * Several workers share a directory; each asks the file system whether the key it remembers is
 * still the one in the file.
 */
#ifndef KEYKEEPER_KEY_STORE_H
#define KEYKEEPER_KEY_STORE_H

#include <openssl/evp.h>

#include "keys/keeper_message.h"
#include "storage/storage.h"

enum {
	KEY_FILE_MOST = 4096,  /* RSA-4096 takes 2376 bytes */
	KEY_PUBLIC_MOST = 640, /* SubjectPublicKeyInfo; RSA-4096 takes 550 bytes */
	KEY_STORE_MOST = 16,   /* keys one worker remembers */
};

struct key_store;

/* A key in memory. Stays valid until the next call on the store. */
struct stored_key {
	EVP_PKEY *private;
	enum key_family family;
	uint8_t public[KEY_PUBLIC_MOST]; /* SubjectPublicKeyInfo, DER */
	size_t public_size;
	uint8_t fingerprint[KEEPER_FINGERPRINT_SIZE];
};

/* Refuses a directory that others could look into. */
enum fault key_store_check(const char *directory, struct why *why) MUST_CHECK;
enum fault key_store_new(
    struct key_store **store, const char *directory, struct why *why) MUST_CHECK;
/* Wipes what it remembers. */
void key_store_free(struct key_store *store);

enum fault key_store_get(struct key_store *store, struct bytes name, const struct stored_key **key,
    struct why *why) MUST_CHECK;
/* Makes a key and writes it, replacing one of that name. */
enum fault key_store_make(struct key_store *store, struct bytes name, enum key_kind kind,
    const struct stored_key **key, struct why *why) MUST_CHECK;
enum fault key_store_remove(struct key_store *store, struct bytes name, struct why *why) MUST_CHECK;
/* Atomic: at no time is there no key of the new name, if there was one. */
enum fault key_store_rename(
    struct key_store *store, struct bytes from, struct bytes to, struct why *why) MUST_CHECK;
enum fault key_store_each(const struct key_store *store, void (*each)(void *arg, const char *name),
    void *arg, struct why *why) MUST_CHECK;
#endif
