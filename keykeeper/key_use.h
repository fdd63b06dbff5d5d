/* SPDX-License-Identifier: Apache-2.0 */
/* keykeeper/key_use.h - make a key, sign with one, decrypt with one. No files, no sockets. */
#ifndef KEYKEEPER_KEY_USE_H
#define KEYKEEPER_KEY_USE_H

#include <openssl/evp.h>

#include "keykeeper/key_store.h"

/* The caller ends *key with EVP_PKEY_free(). */
enum fault key_use_generate(enum key_kind kind, EVP_PKEY **key, struct why *why) MUST_CHECK;
/* Appends the signature of request->data, which must be as long as its digest is. */
enum fault key_use_sign(const struct stored_key *key, const struct keeper_request *request,
    struct buffer *signature, struct why *why) MUST_CHECK;
/* Appends the plaintext: end the buffer with buffer_wipe(). */
enum fault key_use_decrypt(const struct stored_key *key, const struct keeper_request *request,
    struct buffer *plain, struct why *why) MUST_CHECK;
#endif
