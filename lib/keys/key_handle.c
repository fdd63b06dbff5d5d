/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/key_handle.c - a key by name, with its public half. */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/asking.h"

static enum fault
read_public(struct key_handle *handle, struct bytes spki, struct why *why)
{
	const unsigned char *at = spki.at;

	handle->public = d2i_PUBKEY(NULL, &at, (long)spki.left);
	if (handle->public == NULL || at != spki.at + spki.left)
		return explain_openssl(why, FAULT_MALFORMED, "the keykeeper's public key");
	if (EVP_PKEY_is_a(handle->public, "RSA"))
		handle->family = KEY_FAMILY_RSA;
	else if (EVP_PKEY_is_a(handle->public, "EC"))
		handle->family = KEY_FAMILY_EC;
	else
		return explain(
		    why, FAULT_MALFORMED, "%s is neither an RSA nor an EC key", handle->name);
	if (EVP_Digest(spki.at, spki.left, handle->fingerprint, NULL, EVP_sha256(), NULL) != 1)
		return explain_openssl(why, FAULT_SYSTEM, "cannot hash a public key");
	return FAULT_NONE;
}

enum fault
key_handle_new(struct key_handle **handle, struct keys *keys, const char *name, struct bytes spki,
    struct why *why)
{
	struct key_handle *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a key");
	atomic_init(&making->holders, 1);
	making->keys = keys;
	keys_hold(keys);
	snprintf(making->name, sizeof(making->name), "%s", name);
	if ((fault = read_public(making, spki, why))) {
		key_handle_drop(making);
		return fault;
	}
	*handle = making;
	return FAULT_NONE;
}

struct key_handle *
key_handle_of_public(EVP_PKEY *public, enum key_family family)
{
	struct key_handle *handle = calloc(1, sizeof(*handle));

	if (handle == NULL) {
		EVP_PKEY_free(public);
		return NULL;
	}
	atomic_init(&handle->holders, 1);
	handle->public = public;
	handle->family = family;
	return handle;
}

struct key_handle *
key_handle_hold(struct key_handle *handle)
{
	atomic_fetch_add(&handle->holders, 1);
	return handle;
}

void
key_handle_drop(struct key_handle *handle)
{
	if (handle == NULL || atomic_fetch_sub(&handle->holders, 1) > 1)
		return;
	EVP_PKEY_free(handle->public);
	keys_drop(handle->keys);
	free(handle);
}

enum fault
key_handle_ask(struct key_handle *handle, struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	request->name = bytes_text(handle->name);
	request->key = bytes_of(handle->fingerprint, sizeof(handle->fingerprint));
	return keys_ask(handle->keys, request, result, why);
}
