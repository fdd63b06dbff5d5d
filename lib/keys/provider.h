/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/provider.h - the tables our OpenSSL provider is made of. Private to lib/keys. */
#ifndef KEYS_PROVIDER_H
#define KEYS_PROVIDER_H

#include <openssl/core_dispatch.h>
#include <openssl/params.h>

#include "keys/asking.h"

#define PROVIDER_NAME "ringfence"
/* The one parameter our key import takes: the address of a struct key_handle. */
#define PROVIDER_PARAM_HANDLE "ringfence-handle"

extern const OSSL_DISPATCH provider_rsa_key[], provider_ec_key[];
extern const OSSL_DISPATCH provider_signature[]; /* RSA and ECDSA: the key knows which */
extern const OSSL_DISPATCH provider_cipher[];    /* RSA */

/* What OpenSSL hands to signatures and ciphers as the key is a slot; this is what is in it. */
struct key_handle *provider_handle(const void *slot);
/* "none", "pkcs1", "pss", "oaep": as text or as OpenSSL's number. False for anything else. */
bool provider_read_padding(const OSSL_PARAM *param, int *padding);
/* Puts a refusal on OpenSSL's error stack and with the keys; returns 0, OpenSSL's failure. */
int provider_refuse(struct key_handle *key, const struct why *why);
#endif
