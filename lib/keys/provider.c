/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/provider.c - the built-in OpenSSL provider, and EVP_PKEYs of it.
 *
 * It lives in the default library context beside the default provider, because libssl and the
 * rest of a program use that one. It never makes a key and never takes part in a search: its
 * key import wants the address of a key_handle, so only provider_key() below can make its keys.
 */
#include "keys/provider.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#define PROPERTY  "provider=" PROVIDER_NAME
#define RSA_NAMES "RSA:rsaEncryption:1.2.840.113549.1.1.1"
#define EC_NAMES  "EC:id-ecPublicKey:1.2.840.10045.2.1"

static const OSSL_ALGORITHM key_algorithms[] = {
    {RSA_NAMES, PROPERTY, provider_rsa_key, "RSA keys in the keykeeper"},
    {EC_NAMES, PROPERTY, provider_ec_key, "EC keys in the keykeeper"},
    {NULL, NULL, NULL, NULL},
};
static const OSSL_ALGORITHM signature_algorithms[] = {
    {RSA_NAMES, PROPERTY, provider_signature, "RSA signatures by the keykeeper"},
    {"ECDSA", PROPERTY, provider_signature, "ECDSA by the keykeeper"},
    {NULL, NULL, NULL, NULL},
};
static const OSSL_ALGORITHM cipher_algorithms[] = {
    {RSA_NAMES, PROPERTY, provider_cipher, "RSA decryption by the keykeeper"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *
query(void *context, int operation, int *no_cache)
{
	(void)context;
	*no_cache = 0;
	switch (operation) {
	case OSSL_OP_KEYMGMT:
		return key_algorithms;
	case OSSL_OP_SIGNATURE:
		return signature_algorithms;
	case OSSL_OP_ASYM_CIPHER:
		return cipher_algorithms;
	default:
		return NULL;
	}
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {0, NULL},
};

static int
start(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *offered, const OSSL_DISPATCH **ours,
    void **context)
{
	static int anything;

	(void)core;
	(void)offered;
	*ours = functions;
	*context = &anything;
	return 1;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static OSSL_PROVIDER *ours; /* never unloaded: keys of it may live until the end */

/*
 * Loading a provider by name turns OpenSSL's fallback to "default" off; asking for "default"
 * first, and the 1, keep it (unless the configuration activated others, such as FIPS).
 */
static void
load_once(void)
{
	(void)OSSL_PROVIDER_available(NULL, "default");
	if (OSSL_PROVIDER_add_builtin(NULL, PROVIDER_NAME, start) == 1)
		ours = OSSL_PROVIDER_try_load(NULL, PROVIDER_NAME, 1);
}

enum fault
provider_key(struct key_handle *handle, EVP_PKEY **key, struct why *why)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_octet_string(PROVIDER_PARAM_HANDLE, &handle, sizeof(handle)),
	    OSSL_PARAM_END};
	const char *type = handle->family == KEY_FAMILY_RSA ? "RSA" : "EC";
	enum fault fault = FAULT_NONE;
	EVP_PKEY_CTX *context;
	EVP_PKEY *making = NULL;

	if (pthread_once(&once, load_once) != 0 || ours == NULL)
		return explain_openssl(why, FAULT_SYSTEM, "cannot load our OpenSSL provider");
	context = EVP_PKEY_CTX_new_from_name(NULL, type, PROPERTY);
	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &making, EVP_PKEY_KEYPAIR, params) != 1)
		fault = explain_openssl(why, FAULT_SYSTEM, "cannot make an EVP_PKEY");
	else
		*key = making;
	EVP_PKEY_CTX_free(context);
	return fault;
}

bool
provider_read_padding(const OSSL_PARAM *param, int *padding)
{
	static const struct {
		const char *name;
		int number;
	} paddings[] = {
	    {OSSL_PKEY_RSA_PAD_MODE_NONE, RSA_NO_PADDING},
	    {OSSL_PKEY_RSA_PAD_MODE_PKCSV15, RSA_PKCS1_PADDING},
	    {OSSL_PKEY_RSA_PAD_MODE_OAEP, RSA_PKCS1_OAEP_PADDING},
	    {OSSL_PKEY_RSA_PAD_MODE_PSS, RSA_PKCS1_PSS_PADDING},
	};
	const char *text;

	if (param->data_type == OSSL_PARAM_INTEGER)
		return OSSL_PARAM_get_int(param, padding) == 1;
	if (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1)
		return false;
	for (size_t i = 0; i < COUNT(paddings); i++)
		if (strcasecmp(text, paddings[i].name) == 0) {
			*padding = paddings[i].number;
			return true;
		}
	return false;
}

int
provider_refuse(struct key_handle *key, const struct why *why)
{
	keys_complain(key->keys, why);
	ERR_raise_data(ERR_LIB_PROV, ERR_R_OPERATION_FAIL, "key %s: %s", key->name, why->text);
	return 0;
}
