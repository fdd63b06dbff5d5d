/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/provider_signature.c - signatures of our provider: hashed here, signed in the
 * keykeeper, verified here with the public half.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "keys/provider.h"

struct signing {
	struct key_handle *key;
	enum key_digest digest;
	int padding; /* RSA_PKCS1_PADDING or RSA_PKCS1_PSS_PADDING */
	int salt;    /* bytes, or RSA_PSS_SALTLEN_... */
	EVP_MD_CTX *hash;
	uint8_t algorithm[64]; /* AlgorithmIdentifier, made on request */
};

static int
refuse(struct signing *signing, const char *what)
{
	struct why why;

	if (explain(&why, FAULT_FORBIDDEN, "%s", what) == FAULT_NONE)
		return 0;
	return provider_refuse(signing->key, &why);
}

static void *
signing_new(void *context, const char *properties)
{
	struct signing *signing = OPENSSL_zalloc(sizeof(*signing));

	(void)context;
	(void)properties;
	if (signing != NULL)
		signing->salt = RSA_PSS_SALTLEN_DIGEST;
	return signing;
}

static void
signing_free(void *data)
{
	struct signing *signing = data;

	if (signing == NULL)
		return;
	EVP_MD_CTX_free(signing->hash);
	key_handle_drop(signing->key);
	OPENSSL_free(signing);
}

static void *
signing_dup(void *data)
{
	const struct signing *from = data;
	struct signing *copy = OPENSSL_memdup(from, sizeof(*from));

	if (copy == NULL)
		return NULL;
	if (copy->key != NULL)
		key_handle_hold(copy->key);
	if (from->hash != NULL) {
		copy->hash = EVP_MD_CTX_new();
		if (copy->hash == NULL || EVP_MD_CTX_copy_ex(copy->hash, from->hash) != 1) {
			signing_free(copy);
			return NULL;
		}
	}
	return copy;
}

static bool
is_rsa(const struct signing *signing)
{
	return signing->key->family == KEY_FAMILY_RSA;
}

/* The digest named, if it is one the keykeeper signs; NULL leaves the bare digest. */
static int
set_digest(struct signing *signing, const char *name)
{
	if (name == NULL || name[0] == '\0')
		return 1;
	if (!key_digest_from_name(name, &signing->digest))
		return refuse(
		    signing, "the keykeeper signs SHA-1, SHA-256, SHA-384 and SHA-512 only");
	return 1;
}

static int
set_salt(struct signing *signing, const OSSL_PARAM *param)
{
	const char *text;

	if (param->data_type == OSSL_PARAM_INTEGER)
		return OSSL_PARAM_get_int(param, &signing->salt);
	if (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1)
		return 0;
	if (strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0)
		signing->salt = RSA_PSS_SALTLEN_DIGEST;
	else if (strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_MAX) == 0)
		signing->salt = RSA_PSS_SALTLEN_MAX;
	else if (strncmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO,
		     strlen(OSSL_PKEY_RSA_PSS_SALT_LEN_AUTO)) == 0) /* also "auto-digestmax" */
		signing->salt = RSA_PSS_SALTLEN_AUTO;
	else
		signing->salt = atoi(text);
	return 1;
}

static int
set_rsa_params(struct signing *signing, const OSSL_PARAM params[])
{
	const OSSL_PARAM *param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	enum key_digest mask;
	const char *text;

	if (param != NULL && (!provider_read_padding(param, &signing->padding) ||
				 (signing->padding != RSA_PKCS1_PADDING &&
				     signing->padding != RSA_PKCS1_PSS_PADDING)))
		return refuse(signing, "the keykeeper pads by PKCS#1 v1.5 or PSS only");
	param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	if (param != NULL && !set_salt(signing, param))
		return refuse(signing, "not a length of salt");
	param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_MGF1_DIGEST);
	if (param != NULL && (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1 ||
				 !key_digest_from_name(text, &mask) || mask != signing->digest))
		return refuse(signing, "PSS masks with the digest it signs, no other");
	return 1;
}

static int
set_params(void *data, const OSSL_PARAM params[])
{
	struct signing *signing = data;
	const OSSL_PARAM *param;
	const char *text;

	if (params == NULL)
		return 1;
	param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (param != NULL &&
	    (OSSL_PARAM_get_utf8_string_ptr(param, &text) != 1 || !set_digest(signing, text)))
		return 0;
	return is_rsa(signing) ? set_rsa_params(signing, params) : 1;
}

static int
init_key(struct signing *signing, void *slot, const OSSL_PARAM params[])
{
	struct key_handle *key = provider_handle(slot);

	if (key != NULL) {
		key_handle_drop(signing->key);
		signing->key = key_handle_hold(key);
	}
	if (signing->key == NULL)
		return 0;
	signing->digest = KEY_DIGEST_BARE;
	signing->padding = RSA_PKCS1_PADDING;
	signing->salt = RSA_PSS_SALTLEN_DIGEST;
	return set_params(signing, params);
}

static int
sign_init(void *data, void *slot, const OSSL_PARAM params[])
{
	struct signing *signing = data;

	if (!init_key(signing, slot, params))
		return 0;
	return signing->key->keys != NULL ? 1 : refuse(signing, "only its public half is here");
}

static int
verify_init(void *data, void *slot, const OSSL_PARAM params[])
{
	return init_key(data, slot, params);
}

/* PSS writes the salt's length by name; the keykeeper wants bytes. */
static bool
salt_bytes(const struct signing *signing, uint16_t *salt)
{
	int size = EVP_PKEY_get_size(signing->key->public);
	int hash = (int)key_digest_size(signing->digest);
	int bytes = signing->salt;

	if (bytes == RSA_PSS_SALTLEN_DIGEST)
		bytes = hash;
	else if (bytes == RSA_PSS_SALTLEN_MAX || bytes == RSA_PSS_SALTLEN_AUTO)
		bytes = size - hash - 2 - (EVP_PKEY_get_bits(signing->key->public) % 8 == 1);
	if (bytes < 0 || bytes > size)
		return false;
	*salt = (uint16_t)bytes;
	return true;
}

static bool
fill_request(struct signing *signing, struct keeper_request *request)
{
	request->operation = KEEPER_SIGN;
	request->digest = signing->digest;
	if (!is_rsa(signing))
		request->scheme = KEEPER_ECDSA;
	else if (signing->padding == RSA_PKCS1_PSS_PADDING)
		request->scheme = KEEPER_PSS;
	else
		request->scheme = signing->digest == KEY_DIGEST_BARE ? KEEPER_RAW : KEEPER_PKCS1;
	return request->scheme != KEEPER_PSS || salt_bytes(signing, &request->salt);
}

static int
sign(void *data, unsigned char *signature, size_t *size, size_t room, const unsigned char *digest,
    size_t digest_size)
{
	struct keeper_request request = {.data = bytes_of(digest, digest_size)};
	struct signing *signing = data;
	struct buffer result;
	struct why why;
	int done = 0;

	if (signature == NULL) {
		*size = (size_t)EVP_PKEY_get_size(signing->key->public);
		return 1;
	}
	if (!fill_request(signing, &request))
		return refuse(signing, "the salt does not fit the key");
	buffer_init(&result, room);
	if (key_handle_ask(signing->key, &request, &result, &why) != FAULT_NONE) {
		provider_refuse(signing->key, &why);
	} else {
		memcpy(signature, result.at, result.size);
		*size = result.size;
		done = 1;
	}
	buffer_finish(&result);
	return done;
}

static int
verify(void *data, const unsigned char *signature, size_t size, const unsigned char *digest,
    size_t digest_size)
{
	struct signing *signing = data;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(signing->key->public, NULL);
	const EVP_MD *md = signing->digest != KEY_DIGEST_BARE
			       ? EVP_get_digestbyname(key_digest_name(signing->digest))
			       : NULL;
	int right = context != NULL && EVP_PKEY_verify_init(context) == 1;

	if (right && is_rsa(signing))
		right = EVP_PKEY_CTX_set_rsa_padding(context, signing->padding) == 1;
	if (right && md != NULL)
		right = EVP_PKEY_CTX_set_signature_md(context, md) == 1;
	if (right && is_rsa(signing) && signing->padding == RSA_PKCS1_PSS_PADDING)
		right = EVP_PKEY_CTX_set_rsa_pss_saltlen(context, signing->salt) == 1;
	right = right && EVP_PKEY_verify(context, signature, size, digest, digest_size) == 1;
	EVP_PKEY_CTX_free(context);
	return right;
}

/* Hashing, for EVP_DigestSign and EVP_DigestVerify. */
static int
start_hash(struct signing *signing, const char *name)
{
	EVP_MD *md = NULL;
	int done;

	if (name == NULL || name[0] == '\0')
		name = "SHA256";
	if (!set_digest(signing, name))
		return 0;
	EVP_MD_CTX_free(signing->hash);
	signing->hash = EVP_MD_CTX_new();
	md = EVP_MD_fetch(NULL, key_digest_name(signing->digest), NULL);
	done =
	    signing->hash != NULL && md != NULL && EVP_DigestInit_ex2(signing->hash, md, NULL) == 1;
	EVP_MD_free(md);
	return done;
}

/* The parameters may name PSS's mask digest, so the digest comes first. */
static int
digest_sign_init(void *data, const char *name, void *slot, const OSSL_PARAM params[])
{
	return sign_init(data, slot, NULL) && start_hash(data, name) && set_params(data, params);
}

static int
digest_verify_init(void *data, const char *name, void *slot, const OSSL_PARAM params[])
{
	return verify_init(data, slot, NULL) && start_hash(data, name) && set_params(data, params);
}

static int
digest_update(void *data, const unsigned char *bytes, size_t size)
{
	struct signing *signing = data;

	return signing->hash != NULL && EVP_DigestUpdate(signing->hash, bytes, size) == 1;
}

static int
digest_sign_final(void *data, unsigned char *signature, size_t *size, size_t room)
{
	struct signing *signing = data;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_size;

	if (signature == NULL)
		return sign(data, NULL, size, 0, NULL, 0);
	if (signing->hash == NULL || EVP_DigestFinal_ex(signing->hash, digest, &digest_size) != 1)
		return 0;
	return sign(data, signature, size, room, digest, digest_size);
}

static int
digest_verify_final(void *data, const unsigned char *signature, size_t size)
{
	struct signing *signing = data;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_size;

	if (signing->hash == NULL || EVP_DigestFinal_ex(signing->hash, digest, &digest_size) != 1)
		return 0;
	return verify(data, signature, size, digest, digest_size);
}

/* What X509_sign() writes beside the signature: "sha256WithRSAEncryption", "ecdsa-with-SHA384". */
static int
put_algorithm(struct signing *signing, OSSL_PARAM *param)
{
	int digest = OBJ_txt2nid(key_digest_name(signing->digest)), pair, size = 0;
	unsigned char *at = signing->algorithm;
	X509_ALGOR *algorithm;

	if (is_rsa(signing) && signing->padding != RSA_PKCS1_PADDING)
		return refuse(signing, "certificates and requests are signed by PKCS#1 v1.5");
	if (OBJ_find_sigid_by_algs(
		&pair, digest, is_rsa(signing) ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) != 1)
		return 0;
	if ((algorithm = X509_ALGOR_new()) == NULL)
		return 0;
	/* RFC 4055: NULL parameters with RSA; RFC 5758: none with ECDSA. */
	if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(pair),
		is_rsa(signing) ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1 &&
	    i2d_X509_ALGOR(algorithm, NULL) <= (int)sizeof(signing->algorithm))
		size = i2d_X509_ALGOR(algorithm, &at);
	X509_ALGOR_free(algorithm);
	return size > 0 && OSSL_PARAM_set_octet_string(param, signing->algorithm, (size_t)size);
}

static int
get_params(void *data, OSSL_PARAM params[])
{
	struct signing *signing = data;
	OSSL_PARAM *param;

	if (signing->key == NULL)
		return 0;
	param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	if (param != NULL && !put_algorithm(signing, param))
		return 0;
	param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);
	if (param != NULL && !OSSL_PARAM_set_utf8_string(param, key_digest_name(signing->digest)))
		return 0;
	param = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (param != NULL && param->data_type == OSSL_PARAM_INTEGER &&
	    !OSSL_PARAM_set_int(param, signing->padding))
		return 0;
	return 1;
}

static const OSSL_PARAM known_params[] = {
    OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL, 0),
    OSSL_PARAM_END,
};

static const OSSL_PARAM *
list_params(void *data, void *context)
{
	(void)data;
	(void)context;
	return known_params;
}

const OSSL_DISPATCH provider_signature[] = {
    {OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void))signing_new},
    {OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void))signing_free},
    {OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void))signing_dup},
    {OSSL_FUNC_SIGNATURE_SIGN_INIT, (void (*)(void))sign_init},
    {OSSL_FUNC_SIGNATURE_SIGN, (void (*)(void))sign},
    {OSSL_FUNC_SIGNATURE_VERIFY_INIT, (void (*)(void))verify_init},
    {OSSL_FUNC_SIGNATURE_VERIFY, (void (*)(void))verify},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void))digest_sign_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (void (*)(void))digest_update},
    {OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (void (*)(void))digest_sign_final},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, (void (*)(void))digest_verify_init},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, (void (*)(void))digest_update},
    {OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, (void (*)(void))digest_verify_final},
    {OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void))set_params},
    {OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (void (*)(void))list_params},
    {OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (void (*)(void))get_params},
    {OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (void (*)(void))list_params},
    {0, NULL},
};
