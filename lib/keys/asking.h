/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/asking.h - one question to the keykeeper, and the key an EVP_PKEY stands for.
 * Private to lib/keys.
 */
#ifndef KEYS_ASKING_H
#define KEYS_ASKING_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "base/mailbox.h"
#include "keys/keeper_message.h"
#include "keys/keys.h"
#include "keys/openssl_fault.h"

/*
 * Asks and waits; the id is filled in here. On success the result is appended to *result
 * (buffer_wipe() it where it is a plaintext). A refusal is also kept for keys_complaint().
 */
enum fault keys_ask(struct keys *keys, struct keeper_request *request, struct buffer *result,
    struct why *why) MUST_CHECK;
/* The socket stays as long as anyone holds the keys. */
void keys_hold(struct keys *keys);
void keys_drop(struct keys *keys);
/* For refusals found on this side of the socket. */
void keys_complain(struct keys *keys, const struct why *why);

/* What our provider has for a key. public is of the default provider. */
struct key_handle {
	atomic_uint holders;
	struct keys *keys; /* NULL: only a public key, cannot sign */
	char name[KEYS_NAME_MOST + 1];
	EVP_PKEY *public;
	uint8_t fingerprint[KEEPER_FINGERPRINT_SIZE];
	enum key_family family;
};

enum fault key_handle_new(struct key_handle **handle, struct keys *keys, const char *name,
    struct bytes spki, struct why *why) MUST_CHECK;
/* A public key someone else compares ours with: no keys behind it. Owns public. NULL: no memory. */
struct key_handle *key_handle_of_public(EVP_PKEY *public, enum key_family family) MUST_CHECK;
struct key_handle *key_handle_hold(struct key_handle *handle);
void key_handle_drop(struct key_handle *handle);
/* Sign or decrypt with the key; request needs scheme, digest, salt and data. */
enum fault key_handle_ask(struct key_handle *handle, struct keeper_request *request,
    struct buffer *result, struct why *why) MUST_CHECK;

/* An EVP_PKEY of our provider over the handle; takes a hold of its own. */
enum fault provider_key(struct key_handle *handle, EVP_PKEY **key, struct why *why) MUST_CHECK;
#endif
