/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_proof.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

/* The two digests a proof carries, always both. */
static enum fault
digest_of(const char *name, struct bytes device, struct bytes certificate,
    uint8_t digest[EVP_MAX_MD_SIZE], size_t *size, struct why *why)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned written = 0;
	bool done;

	done = md != NULL && context != NULL && EVP_DigestInit_ex2(context, md, NULL) == 1 &&
	       EVP_DigestUpdate(context, device.at, device.left) == 1 &&
	       EVP_DigestUpdate(context, "", 1) == 1 &&
	       EVP_DigestUpdate(context, certificate.at, certificate.left) == 1 &&
	       EVP_DigestFinal_ex(context, digest, &written) == 1;
	EVP_MD_CTX_free(context);
	EVP_MD_free(md);
	if (!done)
		return explain(why, FAULT_SYSTEM, "cannot compute %s", name);
	*size = written;
	return FAULT_NONE;
}

/* RSA: the bare digest in type-1 padding; EC: over the digest. */
static EVP_PKEY_CTX *
context_of(EVP_PKEY *key, bool sign)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	if (context == NULL)
		return NULL;
	if ((sign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)) != 1 ||
	    (EVP_PKEY_is_a(key, "RSA") &&
		EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) != 1)) {
		EVP_PKEY_CTX_free(context);
		return NULL;
	}
	return context;
}

static enum fault
sign(EVP_PKEY *key, const uint8_t *digest, size_t size, uint8_t *signature, size_t *signature_size,
    struct why *why)
{
	EVP_PKEY_CTX *context = context_of(key, true);
	bool done;

	*signature_size = CAPF_SIGNATURE_MOST;
	done =
	    context != NULL && EVP_PKEY_sign(context, signature, signature_size, digest, size) == 1;
	EVP_PKEY_CTX_free(context);
	if (!done)
		return explain(why, FAULT_SYSTEM, "the key would not sign the proof");
	return FAULT_NONE;
}

enum fault
capf_proof_make(EVP_PKEY *key, struct bytes device, struct bytes certificate,
    struct capf_proof *proof, struct why *why)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct capf_proof made = {0};
	enum fault fault;
	size_t size;

	if ((fault = digest_of("SHA1", device, certificate, digest, &size, why)) ||
	    (fault = sign(key, digest, size, made.sha1, &made.sha1_size, why)) ||
	    (fault = digest_of("SHA512", device, certificate, digest, &size, why)) ||
	    (fault = sign(key, digest, size, made.sha512, &made.sha512_size, why)))
		return fault;
	*proof = made;
	return FAULT_NONE;
}

static enum fault
verify(EVP_PKEY *key, const char *digest_name, const struct capf_message *response,
    struct bytes signature, struct why *why)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_PKEY_CTX *context;
	enum fault fault;
	size_t size;
	bool right;

	if ((fault = digest_of(
		 digest_name, response->device, response->certificate, digest, &size, why)))
		return fault;
	context = context_of(key, false);
	right = context != NULL &&
		EVP_PKEY_verify(context, signature.at, signature.left, digest, size) == 1;
	EVP_PKEY_CTX_free(context);
	if (!right)
		return explain(why, FAULT_UNTRUSTED,
		    "the %s proof was not made with the key of the certificate", digest_name);
	return FAULT_NONE;
}

enum fault
capf_proof_check(const struct capf_message *response, struct why *why)
{
	const uint8_t *at = response->certificate.at;
	X509 *certificate;
	EVP_PKEY *key;
	enum fault fault;

	if (!capf_message_has(response, CAPF_CERTIFICATE) ||
	    !capf_message_has(response, CAPF_SIGNED_DATA) ||
	    !capf_message_has(response, CAPF_SHA2_SIGNED_DATA))
		return explain(why, FAULT_UNTRUSTED, "no proof by certificate was given");
	certificate = d2i_X509(NULL, &at, (long)response->certificate.left);
	key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
	if (key == NULL || at != response->certificate.at + response->certificate.left)
		fault = explain(why, FAULT_MALFORMED, "the certificate cannot be read");
	else if ((fault = verify(key, "SHA1", response, response->sha1_signature, why)) ==
		 FAULT_NONE)
		fault = verify(key, "SHA512", response, response->sha2_signature, why);
	X509_free(certificate);
	return fault;
}
