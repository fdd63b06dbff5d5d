/* SPDX-License-Identifier: Apache-2.0 */
/* The back-end over OpenSSL EVP: contexts are kept, only the nonce changes from packet to packet.
 */
#include "media/srtp_cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

enum { HMAC_SIZE = 20 };

struct srtp_cipher {
	bool aead;
	EVP_CIPHER_CTX *seal, *open; /* AES-CM uses seal for both: it is its own inverse */
	EVP_MAC_CTX *mac;            /* AES-CM only */
};

static void
evp_cipher_free(struct srtp_cipher *cipher)
{
	if (cipher == NULL)
		return;
	EVP_CIPHER_CTX_free(cipher->seal);
	EVP_CIPHER_CTX_free(cipher->open);
	EVP_MAC_CTX_free(cipher->mac);
	free(cipher);
}

static const EVP_CIPHER *
cipher_of(enum suite suite)
{
	switch (suite) {
	case SUITE_AEAD_AES_256_GCM:
		return EVP_aes_256_gcm();
	case SUITE_AEAD_AES_128_GCM:
		return EVP_aes_128_gcm();
	default:
		return EVP_aes_128_ctr();
	}
}

static EVP_MAC_CTX *
mac_new(const uint8_t key[SRTP_AUTH_KEY_SIZE])
{
	char digest[] = "SHA1";
	OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (context != NULL && EVP_MAC_init(context, key, SRTP_AUTH_KEY_SIZE, parameters) != 1) {
		EVP_MAC_CTX_free(context);
		context = NULL;
	}
	return context;
}

static enum fault
evp_cipher_new(
    struct srtp_cipher **cipher, enum suite suite, const struct srtp_key_set *keys, struct why *why)
{
	struct srtp_cipher *making = calloc(1, sizeof(*making));
	bool done;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	making->aead = suite_sizes(suite)->aead;
	making->seal = EVP_CIPHER_CTX_new();
	done = making->seal != NULL &&
	       EVP_EncryptInit_ex(making->seal, cipher_of(suite), NULL, keys->key, NULL) == 1;
	if (done && making->aead) {
		making->open = EVP_CIPHER_CTX_new();
		done = making->open != NULL && EVP_DecryptInit_ex(making->open, cipher_of(suite),
						   NULL, keys->key, NULL) == 1;
	} else if (done) {
		making->mac = mac_new(keys->auth);
		done = making->mac != NULL;
	}
	if (!done) {
		evp_cipher_free(making);
		return explain(
		    why, FAULT_SYSTEM, "OpenSSL does not offer %s", suite_sizes(suite)->name);
	}
	*cipher = making;
	return FAULT_NONE;
}

static bool
gcm_seal(EVP_CIPHER_CTX *context, const struct srtp_job *job)
{
	int written;

	return EVP_EncryptInit_ex(context, NULL, NULL, NULL, job->nonce) == 1 &&
	       EVP_EncryptUpdate(context, NULL, &written, job->header, (int)job->header_size) ==
		   1 &&
	       (job->trailer_size == 0 || EVP_EncryptUpdate(context, NULL, &written, job->trailer,
					      (int)job->trailer_size) == 1) &&
	       EVP_EncryptUpdate(context, job->body, &written, job->body, (int)job->body_size) ==
		   1 &&
	       EVP_EncryptFinal_ex(context, job->body + job->body_size, &written) == 1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, (int)job->tag_size, job->tag) ==
		   1;
}

static bool
gcm_open(EVP_CIPHER_CTX *context, const struct srtp_job *job)
{
	int written;

	return EVP_DecryptInit_ex(context, NULL, NULL, NULL, job->nonce) == 1 &&
	       EVP_DecryptUpdate(context, NULL, &written, job->header, (int)job->header_size) ==
		   1 &&
	       (job->trailer_size == 0 || EVP_DecryptUpdate(context, NULL, &written, job->trailer,
					      (int)job->trailer_size) == 1) &&
	       EVP_DecryptUpdate(context, job->body, &written, job->body, (int)job->body_size) ==
		   1 &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)job->tag_size, job->tag) ==
		   1 &&
	       EVP_DecryptFinal_ex(context, job->body + job->body_size, &written) == 1;
}

/* The key stream of AES-CM over the body: encrypts and decrypts. */
static bool
cm_run(EVP_CIPHER_CTX *context, const struct srtp_job *job)
{
	int written;

	return EVP_EncryptInit_ex(context, NULL, NULL, NULL, job->nonce) == 1 &&
	       EVP_EncryptUpdate(context, job->body, &written, job->body, (int)job->body_size) == 1;
}

/* Of the encrypted packet. */
static bool
cm_tag(EVP_MAC_CTX *mac, const struct srtp_job *job, uint8_t tag[HMAC_SIZE])
{
	size_t written;

	return EVP_MAC_init(mac, NULL, 0, NULL) == 1 &&
	       EVP_MAC_update(mac, job->header, job->header_size) == 1 &&
	       EVP_MAC_update(mac, job->body, job->body_size) == 1 &&
	       EVP_MAC_update(mac, job->trailer, job->trailer_size) == 1 &&
	       EVP_MAC_final(mac, tag, &written, HMAC_SIZE) == 1 && written == HMAC_SIZE;
}

static bool
evp_seal(struct srtp_cipher *cipher, const struct srtp_job *job)
{
	uint8_t tag[HMAC_SIZE];

	if (cipher->aead)
		return gcm_seal(cipher->seal, job);
	if (!cm_run(cipher->seal, job) || !cm_tag(cipher->mac, job, tag))
		return false;
	memcpy(job->tag, tag, job->tag_size);
	return true;
}

static bool
evp_open(struct srtp_cipher *cipher, const struct srtp_job *job)
{
	uint8_t tag[HMAC_SIZE];

	if (cipher->aead) {
		if (gcm_open(cipher->open, job))
			return true;
		explicit_bzero(job->body, job->body_size);
		return false;
	}
	return cm_tag(cipher->mac, job, tag) &&
	       bytes_equal_secret(
		   bytes_of(tag, job->tag_size), bytes_of(job->tag, job->tag_size)) &&
	       cm_run(cipher->seal, job);
}

const struct srtp_backend *
srtp_backend_evp(void)
{
	static const struct srtp_backend backend = {
	    .name = "openssl",
	    .suites = SUITES_ALL,
	    .cipher_new = evp_cipher_new,
	    .cipher_free = evp_cipher_free,
	    .seal = evp_seal,
	    .open = evp_open,
	};

	return &backend;
}
