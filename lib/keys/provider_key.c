/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/provider_key.c - key management of our provider. Everything public is asked of the
 * public half, an ordinary key of the default provider; nothing private is here.
 */
#include <openssl/core_names.h>
#include <string.h>

#include "keys/provider.h"

/* OpenSSL makes an empty key and imports into it later; ours then gets its handle. */
struct slot {
	struct key_handle *handle;
};

struct key_handle *
provider_handle(const void *data)
{
	const struct slot *slot = data;

	return slot != NULL ? slot->handle : NULL;
}

static void *
slot_new(void *context)
{
	(void)context;
	return OPENSSL_zalloc(sizeof(struct slot));
}

static void
slot_free(void *data)
{
	struct slot *slot = data;

	if (slot == NULL)
		return;
	key_handle_drop(slot->handle);
	OPENSSL_free(slot);
}

static void *
slot_dup(const void *from, int selection)
{
	struct slot *copy = slot_new(NULL);

	(void)selection;
	if (copy != NULL && provider_handle(from) != NULL)
		copy->handle = key_handle_hold(provider_handle(from));
	return copy;
}

static int
has(const void *data, int selection)
{
	const struct key_handle *handle = provider_handle(data);

	if (handle == NULL)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || handle->keys != NULL;
}

static int
match(const void *one, const void *other, int selection)
{
	const struct key_handle *a = provider_handle(one), *b = provider_handle(other);

	(void)selection;
	return a != NULL && b != NULL && EVP_PKEY_eq(a->public, b->public) == 1;
}

static int
get_params(void *data, OSSL_PARAM params[])
{
	const struct key_handle *handle = provider_handle(data);

	return handle != NULL && EVP_PKEY_get_params(handle->public, params) == 1;
}

/*
 * The private part does not exist here. Refusing also keeps OpenSSL from giving a public copy
 * to the default provider when someone signs: it must come to our own signature instead.
 */
static int export(void *data, int selection, OSSL_CALLBACK *callback, void *arg)
{
	const struct key_handle *handle = provider_handle(data);

	if (handle == NULL || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return 0;
	return EVP_PKEY_export(handle->public, selection, callback, arg);
}

/*
 * A public key of another provider, given to us to be compared with ours: OpenSSL 3.0 knows no
 * other way, since it asks an export for everything, private part included.
 */
static int
import_public(
    struct slot *slot, const char *type, enum key_family family, const OSSL_PARAM params[])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, "provider!=" PROVIDER_NAME);
	OSSL_PARAM *copy = OSSL_PARAM_dup(params); /* the call below wants them writable */
	EVP_PKEY *public = NULL;

	if (context != NULL && copy != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &public, EVP_PKEY_PUBLIC_KEY, copy) == 1)
		slot->handle = key_handle_of_public(public, family);
	OSSL_PARAM_free(copy);
	EVP_PKEY_CTX_free(context);
	return slot->handle != NULL;
}

static int
import(void *data, const OSSL_PARAM params[], const char *type, enum key_family family)
{
	const OSSL_PARAM *found = OSSL_PARAM_locate_const(params, PROVIDER_PARAM_HANDLE);
	struct key_handle *handle;
	struct slot *slot = data;

	if (slot == NULL || slot->handle != NULL)
		return 0;
	if (found == NULL)
		return import_public(slot, type, family, params);
	if (found->data_type != OSSL_PARAM_OCTET_STRING || found->data_size != sizeof(handle))
		return 0;
	memcpy(&handle, found->data, sizeof(handle));
	slot->handle = key_handle_hold(handle);
	return 1;
}

static int
import_rsa(void *data, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	return import(data, params, "RSA", KEY_FAMILY_RSA);
}

static int
import_ec(void *data, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	return import(data, params, "EC", KEY_FAMILY_EC);
}

static const OSSL_PARAM rsa_params[] = {
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
    OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
    OSSL_PARAM_octet_string(PROVIDER_PARAM_HANDLE, NULL, 0),
    OSSL_PARAM_END,
};
static const OSSL_PARAM ec_params[] = {
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
    OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, NULL, 0),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
    OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
    OSSL_PARAM_octet_string(PROVIDER_PARAM_HANDLE, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *
rsa_gettable(void *context)
{
	(void)context;
	return rsa_params;
}

static const OSSL_PARAM *
ec_gettable(void *context)
{
	(void)context;
	return ec_params;
}

static const OSSL_PARAM *
rsa_types(int selection)
{
	(void)selection;
	return rsa_params;
}

static const OSSL_PARAM *
ec_types(int selection)
{
	(void)selection;
	return ec_params;
}

static const char *
ec_operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define COMMON                                                                                     \
	{OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))slot_new},                                         \
	    {OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))slot_free},                                   \
	    {OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))slot_dup},                                     \
	    {OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))has},                                          \
	    {OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void))match},                                      \
	    {OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))get_params},                            \
	{                                                                                          \
		OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void)) export                                  \
	}

const OSSL_DISPATCH provider_rsa_key[] = {
    COMMON,
    {OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))import_rsa},
    {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))rsa_types},
    {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))rsa_types},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))rsa_gettable},
    {0, NULL},
};

const OSSL_DISPATCH provider_ec_key[] = {
    COMMON,
    {OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void))import_ec},
    {OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void))ec_types},
    {OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void))ec_types},
    {OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))ec_gettable},
    {OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))ec_operation_name},
    {0, NULL},
};
