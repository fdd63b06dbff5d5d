/* SPDX-License-Identifier: Apache-2.0 */
#include "keykeeper/key_use.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "keys/openssl_fault.h"

enum { ANY_DIGEST_LEAST = 20, ANY_DIGEST_MOST = 64 };

enum fault
key_use_generate(enum key_kind kind, EVP_PKEY **key, struct why *why)
{
	EVP_PKEY *making;

	if (key_kind_family(kind) == KEY_FAMILY_RSA)
		making = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)key_kind_bits(kind));
	else
		making = EVP_PKEY_Q_keygen(NULL, NULL, "EC", key_kind_group(kind));
	if (making == NULL)
		return explain_openssl(why, FAULT_SYSTEM, "cannot make a key");
	*key = making;
	return FAULT_NONE;
}

/* Is the key of the kind the scheme needs, and the digest as long as its name says? */
static enum fault
check_fit(const struct stored_key *key, const struct keeper_request *request, struct why *why)
{
	enum key_family needs = request->scheme == KEEPER_ECDSA ? KEY_FAMILY_EC : KEY_FAMILY_RSA;
	size_t size = key_digest_size(request->digest);
	bool named = request->digest != KEY_DIGEST_BARE;

	if (key->family != needs)
		return explain(why, FAULT_MALFORMED, "the key %.*s does not sign by %s",
		    (int)request->name.left, (const char *)request->name.at,
		    keeper_scheme_name(request->scheme));
	if (named && request->data.left != size)
		return explain(why, FAULT_MALFORMED, "%zu bytes are no %s digest",
		    request->data.left, key_digest_name(request->digest));
	if (!named &&
	    (request->data.left < ANY_DIGEST_LEAST || request->data.left > ANY_DIGEST_MOST))
		return explain(why, FAULT_MALFORMED, "%zu bytes are no digest", request->data.left);
	if (named == (request->scheme == KEEPER_RAW) && request->scheme != KEEPER_ECDSA)
		return explain(why, FAULT_MALFORMED, "%s %s a digest's name",
		    keeper_scheme_name(request->scheme), named ? "takes no" : "needs");
	return FAULT_NONE;
}

static bool
set_up(EVP_PKEY_CTX *context, const struct keeper_request *request)
{
	const EVP_MD *md = request->digest != KEY_DIGEST_BARE
			       ? EVP_get_digestbyname(key_digest_name(request->digest))
			       : NULL;

	if (EVP_PKEY_sign_init(context) != 1)
		return false;
	switch (request->scheme) {
	case KEEPER_PKCS1:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(context, md) == 1;
	case KEEPER_RAW: /* without a digest's name OpenSSL pads type 1 around the bytes */
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
	case KEEPER_PSS:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(context, md) == 1 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(context, md) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, request->salt) == 1;
	case KEEPER_ECDSA:
		return md == NULL || EVP_PKEY_CTX_set_signature_md(context, md) == 1;
	default:
		return false;
	}
}

enum fault
key_use_sign(const struct stored_key *key, const struct keeper_request *request,
    struct buffer *signature, struct why *why)
{
	size_t size = (size_t)EVP_PKEY_get_size(key->private), start = signature->size;
	EVP_PKEY_CTX *context = NULL;
	enum fault fault;
	uint8_t *at;

	if ((fault = check_fit(key, request, why)))
		return fault;
	context = EVP_PKEY_CTX_new(key->private, NULL);
	if (context == NULL || !set_up(context, request) ||
	    (at = buffer_extend(signature, size)) == NULL ||
	    EVP_PKEY_sign(context, at, &size, request->data.at, request->data.left) != 1)
		fault = explain_openssl(why, FAULT_SYSTEM, "the key cannot sign that");
	else
		signature->size = start + size;
	EVP_PKEY_CTX_free(context);
	return fault;
}

enum fault
key_use_decrypt(const struct stored_key *key, const struct keeper_request *request,
    struct buffer *plain, struct why *why)
{
	size_t size = (size_t)EVP_PKEY_get_size(key->private), start = plain->size;
	bool oaep = request->scheme == KEEPER_OAEP;
	enum fault fault = FAULT_NONE;
	EVP_PKEY_CTX *context;
	uint8_t *at;

	if (key->family != KEY_FAMILY_RSA || (!oaep && request->scheme != KEEPER_PKCS1))
		return explain(why, FAULT_MALFORMED, "the key does not decrypt that way");
	context = EVP_PKEY_CTX_new(key->private, NULL);
	if (context == NULL || EVP_PKEY_decrypt_init(context) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(
		context, oaep ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING) != 1 ||
	    (oaep && (EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) != 1 ||
			 EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) != 1)) ||
	    (at = buffer_extend(plain, size)) == NULL ||
	    EVP_PKEY_decrypt(context, at, &size, request->data.at, request->data.left) != 1) {
		/* One sentence for every reason: which step failed would help an attacker. */
		ERR_clear_error();
		fault = explain(why, FAULT_MALFORMED, "this was not encrypted for this key");
	} else {
		plain->size = start + size;
	}
	EVP_PKEY_CTX_free(context);
	return fault;
}
