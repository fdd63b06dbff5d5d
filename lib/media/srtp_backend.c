/* SPDX-License-Identifier: Apache-2.0 */
#include "media/srtp_backend.h"

#include <string.h>

#include "media/srtp_cipher.h"

const char *
srtp_backend_name(const struct srtp_backend *backend)
{
	return backend->name;
}

bool
srtp_backend_has(const struct srtp_backend *backend, enum suite suite)
{
	return (backend->suites & 1U << suite) != 0;
}

#ifdef RINGFENCE_IPSEC_MB
enum { TRIAL_MOST = 320, TAG_SIZE = 16, TRIAL_HEADER = 12 };

struct trial {
	uint8_t header[TRIAL_HEADER], nonce[TRIAL_HEADER], tag[TAG_SIZE], body[TRIAL_MOST];
};

static struct srtp_job
trial_job(struct trial *trial, size_t size)
{
	return (struct srtp_job){
	    .nonce = trial->nonce,
	    .header = trial->header,
	    .header_size = sizeof(trial->header),
	    .body = trial->body,
	    .body_size = size,
	    .tag = trial->tag,
	    .tag_size = sizeof(trial->tag),
	};
}

/* One size: the same packet sealed by both, opened again, and refused with one bit turned. */
static bool
agree(const struct srtp_backend *backend, struct srtp_cipher *ours, struct srtp_cipher *theirs,
    size_t size)
{
	struct trial trial, other;
	struct srtp_job job = trial_job(&trial, size), reference = trial_job(&other, size);

	for (size_t i = 0; i < sizeof(trial); i++)
		((uint8_t *)&trial)[i] = (uint8_t)(i * 31 + size);
	other = trial;
	if (!backend->seal(ours, &job) || !srtp_backend_evp()->seal(theirs, &reference) ||
	    memcmp(&trial, &other, sizeof(trial)) != 0)
		return false;
	if (!backend->open(ours, &job) || !srtp_backend_evp()->open(theirs, &reference) ||
	    memcmp(&trial, &other, sizeof(trial)) != 0)
		return false;
	trial.tag[size % TAG_SIZE] ^= 1;
	return !backend->open(ours, &job);
}

/* A library that passes its own self-test must still do what EVP does. */
static bool
compare(const struct srtp_backend *backend, enum suite suite)
{
	const struct srtp_backend *evp = srtp_backend_evp();
	const struct srtp_key_set keys = {.key = {1, 2, 3, 4, 5, 6, 7, 8, 9}};
	struct srtp_cipher *ours = NULL, *theirs = NULL;
	struct why why;
	bool same = backend->cipher_new(&ours, suite, &keys, &why) == FAULT_NONE &&
		    evp->cipher_new(&theirs, suite, &keys, &why) == FAULT_NONE;

	for (size_t size = 0; same && size <= TRIAL_MOST; size += size < 33 ? 1 : 41)
		same = agree(backend, ours, theirs, size);
	backend->cipher_free(ours);
	evp->cipher_free(theirs);
	return same;
}

const struct srtp_backend *
srtp_backend_ipsec_mb(struct why *why)
{
	static bool tried;
	static const struct srtp_backend *found;
	static struct why reason;

	if (!tried) {
		tried = true;
		found = srtp_ipsec_mb_open(&reason);
		if (found != NULL && (!compare(found, SUITE_AEAD_AES_256_GCM) ||
					 !compare(found, SUITE_AEAD_AES_128_GCM))) {
			found = NULL;
			(void)!explain(&reason, FAULT_UNTRUSTED,
			    "intel-ipsec-mb disagrees with OpenSSL about AES-GCM");
		}
	}
	if (found == NULL && why != NULL)
		*why = reason;
	return found;
}
#else
const struct srtp_backend *
srtp_backend_ipsec_mb(struct why *why)
{
	(void)!explain(why, FAULT_MISSING, "built without intel-ipsec-mb");
	return NULL;
}
#endif

const struct srtp_backend *
srtp_backend_best(void)
{
	const struct srtp_backend *fast = srtp_backend_ipsec_mb(NULL);

	return fast != NULL ? fast : srtp_backend_evp();
}
