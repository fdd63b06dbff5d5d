/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/provider_cipher.c - RSA decryption in the keykeeper; encryption with the public half
 * here.
 */
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "keys/provider.h"

struct cipher {
	struct key_handle *key;
	int padding; /* RSA_PKCS1_PADDING, or RSA_PKCS1_OAEP_PADDING with SHA-256 */
	enum key_digest digest, mask;
};

static int
refuse(struct cipher *cipher, const char *what)
{
	struct why why;

	if (explain(&why, FAULT_FORBIDDEN, "%s", what) == FAULT_NONE)
		return 0;
	return provider_refuse(cipher->key, &why);
}

static void *
cipher_new(void *context)
{
	(void)context;
	return OPENSSL_zalloc(sizeof(struct cipher));
}

static void
cipher_free(void *data)
{
	struct cipher *cipher = data;

	if (cipher == NULL)
		return;
	key_handle_drop(cipher->key);
	OPENSSL_free(cipher);
}

static void *
cipher_dup(void *data)
{
	struct cipher *copy = OPENSSL_memdup(data, sizeof(*copy));

	if (copy != NULL && copy->key != NULL)
		key_handle_hold(copy->key);
	return copy;
}

static int
set_digest(struct cipher *cipher, const OSSL_PARAM *param, enum key_digest *digest)
{
	const char *text;

	if (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1 ||
	    !key_digest_from_name(text, digest) || *digest != KEY_DIGEST_SHA256)
		return refuse(cipher, "the keykeeper decrypts OAEP with SHA-256 only");
	return 1;
}

static int
set_params(void *data, const OSSL_PARAM params[])
{
	struct cipher *cipher = data;
	const OSSL_PARAM *param;

	if (params == NULL)
		return 1;
	param = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_PAD_MODE);
	if (param != NULL && (!provider_read_padding(param, &cipher->padding) ||
				 (cipher->padding != RSA_PKCS1_PADDING &&
				     cipher->padding != RSA_PKCS1_OAEP_PADDING)))
		return refuse(cipher, "the keykeeper decrypts PKCS#1 v1.5 and OAEP only");
	param = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST);
	if (param != NULL && !set_digest(cipher, param, &cipher->digest))
		return 0;
	param = OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST);
	if (param != NULL && !set_digest(cipher, param, &cipher->mask))
		return 0;
	if (OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL) != NULL ||
	    OSSL_PARAM_locate_const(params, OSSL_ASYM_CIPHER_PARAM_TLS_CLIENT_VERSION) != NULL)
		return refuse(cipher, "neither OAEP labels nor RSA key exchange are known");
	return 1;
}

static int
init(void *data, void *slot, const OSSL_PARAM params[])
{
	struct key_handle *key = provider_handle(slot);
	struct cipher *cipher = data;

	if (key != NULL) {
		key_handle_drop(cipher->key);
		cipher->key = key_handle_hold(key);
	}
	if (cipher->key == NULL)
		return 0;
	cipher->padding = RSA_PKCS1_PADDING;
	cipher->digest = cipher->mask = KEY_DIGEST_BARE;
	return set_params(cipher, params);
}

static int
decrypt_init(void *data, void *slot, const OSSL_PARAM params[])
{
	struct cipher *cipher = data;

	if (!init(data, slot, params))
		return 0;
	return cipher->key->keys != NULL ? 1 : refuse(cipher, "only its public half is here");
}

/* Said or not, OAEP's digest is SHA-256 here; OpenSSL's own default would be SHA-1. */
static int
decrypt(void *data, unsigned char *plain, size_t *size, size_t room, const unsigned char *input,
    size_t input_size)
{
	struct cipher *cipher = data;
	struct keeper_request request = {.operation = KEEPER_DECRYPT,
	    .scheme = cipher->padding == RSA_PKCS1_OAEP_PADDING ? KEEPER_OAEP : KEEPER_PKCS1,
	    .data = bytes_of(input, input_size)};
	struct buffer result;
	struct why why;
	int done = 0;

	if (plain == NULL) {
		*size = (size_t)EVP_PKEY_get_size(cipher->key->public);
		return 1;
	}
	if (request.scheme == KEEPER_OAEP && cipher->digest != KEY_DIGEST_SHA256)
		return refuse(cipher, "OAEP needs its digest named: SHA-256");
	buffer_init(&result, room);
	if (key_handle_ask(cipher->key, &request, &result, &why) != FAULT_NONE) {
		provider_refuse(cipher->key, &why);
	} else {
		if (result.size > 0)
			memcpy(plain, result.at, result.size);
		*size = result.size;
		done = 1;
	}
	buffer_wipe(&result);
	return done;
}

static int
encrypt(void *data, unsigned char *output, size_t *size, size_t room, const unsigned char *plain,
    size_t plain_size)
{
	struct cipher *cipher = data;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(cipher->key->public, NULL);
	int done = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
		   EVP_PKEY_CTX_set_rsa_padding(context, cipher->padding) == 1;

	if (done && cipher->padding == RSA_PKCS1_OAEP_PADDING)
		done = EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1;
	*size = room;
	done = done && EVP_PKEY_encrypt(context, output, size, plain, plain_size) == 1;
	EVP_PKEY_CTX_free(context);
	return done;
}

static const OSSL_PARAM known_params[] = {
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *
list_params(void *data, void *context)
{
	(void)data;
	(void)context;
	return known_params;
}

const OSSL_DISPATCH provider_cipher[] = {
    {OSSL_FUNC_ASYM_CIPHER_NEWCTX, (void (*)(void))cipher_new},
    {OSSL_FUNC_ASYM_CIPHER_FREECTX, (void (*)(void))cipher_free},
    {OSSL_FUNC_ASYM_CIPHER_DUPCTX, (void (*)(void))cipher_dup},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT_INIT, (void (*)(void))decrypt_init},
    {OSSL_FUNC_ASYM_CIPHER_DECRYPT, (void (*)(void))decrypt},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT_INIT, (void (*)(void))init},
    {OSSL_FUNC_ASYM_CIPHER_ENCRYPT, (void (*)(void))encrypt},
    {OSSL_FUNC_ASYM_CIPHER_SET_CTX_PARAMS, (void (*)(void))set_params},
    {OSSL_FUNC_ASYM_CIPHER_SETTABLE_CTX_PARAMS, (void (*)(void))list_params},
    {0, NULL},
};
