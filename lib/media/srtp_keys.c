/* SPDX-License-Identifier: Apache-2.0 */
#include "media/srtp_keys.h"

#include <string.h>

#include <openssl/evp.h>

enum {
	BLOCK = 16,
	LABEL_AT = 7, /* the label stands above the 48-bit index, which is 0 */
	DERIVED_MOST = 32,
};

/*
 * One key: the AES-CM key stream whose counter block is the master salt, left-aligned, with the
 * label mixed in. AEAD salts of 12 bytes end in zeros (RFC 7714 11).
 */
static bool
derive(EVP_CIPHER_CTX *context, const struct srtp_master *master, uint8_t label, uint8_t *key,
    size_t size)
{
	static const uint8_t zeros[DERIVED_MOST];
	struct bytes salt = srtp_master_salt(master);
	uint8_t counter[BLOCK] = {0};
	int written;
	bool done;

	memcpy(counter, salt.at, salt.left);
	counter[LABEL_AT] ^= label;
	done = EVP_EncryptInit_ex(context, NULL, NULL, NULL, counter) == 1 &&
	       EVP_EncryptUpdate(context, key, &written, zeros, (int)size) == 1 &&
	       (size_t)written == size;
	explicit_bzero(counter, sizeof(counter));
	return done;
}

static bool
derive_set(EVP_CIPHER_CTX *context, const struct srtp_master *master, uint8_t first_label,
    struct srtp_key_set *set)
{
	const struct suite_sizes *sizes = suite_sizes(master->suite);
	struct {
		uint8_t *at;
		size_t size;
	} wanted[] = {
	    {set->key, sizes->key},         /* label + 0 */
	    {set->auth, sizeof(set->auth)}, /* label + 1 */
	    {set->salt, sizes->salt},       /* label + 2 */
	};

	for (uint8_t i = 0; i < COUNT(wanted); i++)
		if (!derive(context, master, first_label + i, wanted[i].at, wanted[i].size))
			return false;
	return true;
}

enum fault
srtp_keys_derive(const struct srtp_master *master, struct srtp_keys *keys, struct why *why)
{
	enum { LABEL_RTP = 0, LABEL_RTCP = 3 };
	struct bytes key = srtp_master_key(master);
	const EVP_CIPHER *cipher = key.left == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
	struct srtp_keys derived = {.suite = master->suite};
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	enum fault fault = FAULT_NONE;

	if (context == NULL || EVP_EncryptInit_ex(context, cipher, NULL, key.at, NULL) != 1 ||
	    !derive_set(context, master, LABEL_RTP, &derived.rtp) ||
	    !derive_set(context, master, LABEL_RTCP, &derived.rtcp))
		fault = explain(why, FAULT_SYSTEM, "SRTP session keys cannot be derived");
	else
		*keys = derived;
	EVP_CIPHER_CTX_free(context);
	srtp_keys_wipe(&derived);
	return fault;
}

void
srtp_keys_wipe(struct srtp_keys *keys)
{
	explicit_bzero(keys, sizeof(*keys));
}
