/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The back-end over intel-ipsec-mb: AES-GCM by the library's direct calls, one packet at a time.
 * Only what versions 1.3 and 2.0 both have is used. The library does not compare tags, and it
 * decrypts before anyone could: the comparison is ours, and a body that fails it is wiped.
 */
#include "media/srtp_cipher.h"

#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

enum {
	ALIGNMENT = 64,
	AAD_MOST = 64, /* associated data of SRTCP: its header and index, put side by side */
	TAG_SIZE = 16,
	KEY_256 = 32,
};

struct srtp_cipher {
	struct gcm_key_data key;
	struct gcm_context_data context;
	aes_gcm_enc_dec_t encrypt, decrypt;
};

/* One manager a process: the direct calls keep no state in it. */
static IMB_MGR *manager;

static void
mb_cipher_free(struct srtp_cipher *cipher)
{
	if (cipher == NULL)
		return;
	explicit_bzero(cipher, sizeof(*cipher));
	free(cipher);
}

static enum fault
mb_cipher_new(
    struct srtp_cipher **cipher, enum suite suite, const struct srtp_key_set *keys, struct why *why)
{
	size_t size = (sizeof(struct srtp_cipher) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct srtp_cipher *making = aligned_alloc(ALIGNMENT, size);

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	memset(making, 0, size);
	if (suite_sizes(suite)->key == KEY_256) {
		IMB_AES256_GCM_PRE(manager, keys->key, &making->key);
		making->encrypt = manager->gcm256_enc;
		making->decrypt = manager->gcm256_dec;
	} else {
		IMB_AES128_GCM_PRE(manager, keys->key, &making->key);
		making->encrypt = manager->gcm128_enc;
		making->decrypt = manager->gcm128_dec;
	}
	*cipher = making;
	return FAULT_NONE;
}

/* SRTCP: the library wants the associated data, header and index, in one piece. */
static bool
run_trailed(struct srtp_cipher *cipher, aes_gcm_enc_dec_t function, const struct srtp_job *job,
    uint8_t tag[TAG_SIZE])
{
	uint8_t aad[AAD_MOST];

	if (job->header_size + job->trailer_size > sizeof(aad))
		return false;
	memcpy(aad, job->header, job->header_size);
	memcpy(aad + job->header_size, job->trailer, job->trailer_size);
	function(&cipher->key, &cipher->context, job->body, job->body, job->body_size, job->nonce,
	    aad, job->header_size + job->trailer_size, tag, TAG_SIZE);
	return true;
}

static bool
run(struct srtp_cipher *cipher, aes_gcm_enc_dec_t function, const struct srtp_job *job,
    uint8_t tag[TAG_SIZE])
{
	if (job->trailer_size > 0)
		return run_trailed(cipher, function, job, tag);
	function(&cipher->key, &cipher->context, job->body, job->body, job->body_size, job->nonce,
	    job->header, job->header_size, tag, TAG_SIZE);
	return true;
}

static bool
mb_seal(struct srtp_cipher *cipher, const struct srtp_job *job)
{
	return job->tag_size == TAG_SIZE && run(cipher, cipher->encrypt, job, job->tag);
}

/* Whatever differs, it takes the same time; whole words, because it runs for every packet. */
static bool
same_tag(const uint8_t a[TAG_SIZE], const uint8_t b[TAG_SIZE])
{
	uint64_t x[2], y[2];

	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static bool
mb_open(struct srtp_cipher *cipher, const struct srtp_job *job)
{
	uint8_t tag[TAG_SIZE];

	if (job->tag_size == TAG_SIZE && run(cipher, cipher->decrypt, job, tag) &&
	    same_tag(tag, job->tag))
		return true;
	explicit_bzero(job->body, job->body_size);
	return false;
}

static const struct srtp_backend backend = {
    .name = "intel-ipsec-mb",
    .suites = SUITES_AEAD,
    .cipher_new = mb_cipher_new,
    .cipher_free = mb_cipher_free,
    .seal = mb_seal,
    .open = mb_open,
};

static enum fault
manager_new(struct why *why)
{
	const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
	IMB_ARCH architecture = IMB_ARCH_NONE;

	if ((manager = alloc_mb_mgr(0)) == NULL)
		return explain(why, FAULT_SYSTEM, "intel-ipsec-mb: out of memory");
	init_mb_mgr_auto(manager, &architecture);
	if (imb_get_errno(manager) != 0)
		return explain(why, FAULT_SYSTEM, "intel-ipsec-mb: %s",
		    imb_get_strerror(imb_get_errno(manager)));
	if ((manager->features & needed) != needed || architecture == IMB_ARCH_NONE)
		return explain(
		    why, FAULT_MISSING, "intel-ipsec-mb: the processor has no AES instructions");
	if (!(manager->features & IMB_FEATURE_SELF_TEST) ||
	    !(manager->features & IMB_FEATURE_SELF_TEST_PASS))
		return explain(why, FAULT_UNTRUSTED, "intel-ipsec-mb: its self-test did not pass");
	return FAULT_NONE;
}

const struct srtp_backend *
srtp_ipsec_mb_open(struct why *why)
{
	if (manager_new(why) == FAULT_NONE)
		return &backend;
	if (manager != NULL)
		free_mb_mgr(manager);
	manager = NULL;
	return NULL;
}
