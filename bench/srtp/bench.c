/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/srtp/bench.c - nanoseconds to protect and unprotect one 160-byte RTP payload: ours on
 * both back-ends, Debian's libsrtp2, and bare OpenSSL EVP (the cipher alone, no packet), all in
 * one run. Prints a table; numbers are the best of several rounds, taken in turns.
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/srtp.h"

enum { PAYLOAD = 160, HEADER = 12, ROOM = 512, PACKETS = 20000, ROUNDS = 15 };

/* One contender for one suite: makes a packet and takes it apart again. */
struct contender {
	const char *name;
	void *state;
	void (*pass)(void *state, uint8_t *packet, size_t size);
	double best; /* ns for one packet; 0: does not take part */
};

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench/srtp: %s\n", what);
	exit(1);
}

struct ours {
	struct srtp *sender, *receiver;
};

static void
ours_pass(void *state, uint8_t *packet, size_t size)
{
	struct ours *ours = state;

	must(srtp_seal(ours->sender, packet, &size, ROOM, NULL) == FAULT_NONE, "ours: seal");
	must(srtp_open(ours->receiver, packet, &size, NULL) == FAULT_NONE, "ours: open");
}

static struct ours *
ours_new(enum suite suite, const struct srtp_backend *backend)
{
	struct srtp_master master = {.suite = suite, .bytes = {1, 2, 3}};
	struct ours *ours = calloc(1, sizeof(*ours));

	must(ours != NULL && srtp_new(&ours->sender, &master, backend, NULL) == FAULT_NONE &&
		 srtp_new(&ours->receiver, &master, backend, NULL) == FAULT_NONE,
	    "ours: no context");
	return ours;
}

static void
ours_free(struct ours *ours)
{
	if (ours == NULL)
		return;
	srtp_free(ours->sender);
	srtp_free(ours->receiver);
	free(ours);
}

struct libsrtp2 {
	srtp_t sender, receiver;
};

static void
libsrtp2_pass(void *state, uint8_t *packet, size_t size)
{
	struct libsrtp2 *both = state;
	int length = (int)size;

	must(
	    srtp_protect(both->sender, packet, &length) == srtp_err_status_ok, "libsrtp2: protect");
	must(srtp_unprotect(both->receiver, packet, &length) == srtp_err_status_ok,
	    "libsrtp2: unprotect");
}

static void (*const policies[SUITE_COUNT])(srtp_crypto_policy_t *) = {
    [SUITE_AEAD_AES_256_GCM] = srtp_crypto_policy_set_aes_gcm_256_16_auth,
    [SUITE_AEAD_AES_128_GCM] = srtp_crypto_policy_set_aes_gcm_128_16_auth,
    [SUITE_AES_CM_128_HMAC_SHA1_80] = srtp_crypto_policy_set_rtp_default,
    [SUITE_AES_CM_128_HMAC_SHA1_32] = srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
};

static srtp_t
libsrtp2_session(enum suite suite, srtp_ssrc_type_t direction)
{
	static uint8_t key[SRTP_MASTER_MOST] = {1, 2, 3};
	srtp_policy_t policy = {.ssrc = {.type = direction}, .key = key, .window_size = 128};
	srtp_t session = NULL;

	policies[suite](&policy.rtp);
	policies[suite](&policy.rtcp);
	must(srtp_create(&session, &policy) == srtp_err_status_ok, "libsrtp2: no session");
	return session;
}

/* The cipher alone: no header, no window, no counter. */
struct bare {
	EVP_CIPHER_CTX *seal, *open;
	EVP_MAC_CTX *mac;
};

static void
bare_gcm(EVP_CIPHER_CTX *context, bool seal, uint8_t *packet, size_t size)
{
	static const uint8_t nonce[12] = {1};
	int written;

	must(EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) == 1 &&
		 EVP_CipherUpdate(context, NULL, &written, packet, HEADER) == 1 &&
		 EVP_CipherUpdate(
		     context, packet + HEADER, &written, packet + HEADER, (int)size - HEADER) == 1,
	    "EVP: update");
	if (!seal)
		must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, packet + size) == 1,
		    "EVP: tag");
	must(EVP_CipherFinal_ex(context, packet + size, &written) == 1, "EVP: final");
	if (seal)
		must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, packet + size) == 1,
		    "EVP: tag");
}

static void
bare_cm(struct bare *bare, uint8_t *packet, size_t size)
{
	static const uint8_t counter[16] = {1};
	uint8_t tag[20];
	size_t tag_size;
	int written;

	must(EVP_CipherInit_ex(bare->seal, NULL, NULL, NULL, counter, -1) == 1 &&
		 EVP_CipherUpdate(bare->seal, packet + HEADER, &written, packet + HEADER,
		     (int)size - HEADER) == 1 &&
		 EVP_MAC_init(bare->mac, NULL, 0, NULL) == 1 &&
		 EVP_MAC_update(bare->mac, packet, size) == 1 &&
		 EVP_MAC_final(bare->mac, tag, &tag_size, sizeof(tag)) == 1,
	    "EVP: AES-CM");
}

static void
bare_pass(void *state, uint8_t *packet, size_t size)
{
	struct bare *bare = state;

	if (bare->mac != NULL) {
		bare_cm(bare, packet, size);
		bare_cm(bare, packet, size);
	} else {
		bare_gcm(bare->seal, true, packet, size);
		bare_gcm(bare->open, false, packet, size);
	}
}

static struct bare *
bare_new(enum suite suite)
{
	static const uint8_t key[32] = {1, 2, 3};
	char digest[] = "SHA1";
	OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	const EVP_CIPHER *cipher = suite == SUITE_AEAD_AES_256_GCM   ? EVP_aes_256_gcm()
				   : suite == SUITE_AEAD_AES_128_GCM ? EVP_aes_128_gcm()
								     : EVP_aes_128_ctr();
	struct bare *bare = calloc(1, sizeof(*bare));
	EVP_MAC *mac;

	must(bare != NULL, "out of memory");
	bare->seal = EVP_CIPHER_CTX_new();
	bare->open = EVP_CIPHER_CTX_new();
	must(EVP_CipherInit_ex(bare->seal, cipher, NULL, key, NULL, 1) == 1 &&
		 EVP_CipherInit_ex(bare->open, cipher, NULL, key, NULL, 0) == 1,
	    "EVP: key");
	if (!suite_sizes(suite)->aead) {
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		bare->mac = EVP_MAC_CTX_new(mac);
		must(EVP_MAC_init(bare->mac, key, 20, parameters) == 1, "EVP: HMAC");
		EVP_MAC_free(mac);
	}
	return bare;
}

static void
bare_free(struct bare *bare)
{
	EVP_CIPHER_CTX_free(bare->seal);
	EVP_CIPHER_CTX_free(bare->open);
	EVP_MAC_CTX_free(bare->mac);
	free(bare);
}

/* PACKETS in order, each written anew, as a sender would; sequence goes on from round to round. */
static double
round_ns(struct contender *contender, uint32_t *sequence)
{
	uint8_t packet[ROOM] = {0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
	uint64_t start = clock_monotonic_ns();

	for (unsigned i = 0; i < PACKETS; i++, ++*sequence) {
		packet[2] = (uint8_t)(*sequence >> 8);
		packet[3] = (uint8_t)*sequence;
		contender->pass(contender->state, packet, HEADER + PAYLOAD);
	}
	return (double)(clock_monotonic_ns() - start) / PACKETS;
}

static void
run(struct contender *contenders, size_t count)
{
	uint32_t sequences[4] = {0};

	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++) {
			double ns;

			if (contenders[i].state == NULL)
				continue;
			ns = round_ns(&contenders[i], &sequences[i]);
			if (contenders[i].best == 0 || ns < contenders[i].best)
				contenders[i].best = ns;
		}
}

static void
bench(enum suite suite)
{
	const struct srtp_backend *fast = srtp_backend_ipsec_mb(NULL);
	struct libsrtp2 theirs = {
	    libsrtp2_session(suite, ssrc_any_outbound), libsrtp2_session(suite, ssrc_any_inbound)};
	bool has = fast != NULL && srtp_backend_has(fast, suite);
	struct contender contenders[] = {
	    {"ours, intel-ipsec-mb", has ? ours_new(suite, fast) : NULL, ours_pass, 0},
	    {"ours, openssl", ours_new(suite, srtp_backend_evp()), ours_pass, 0},
	    {"bare EVP", bare_new(suite), bare_pass, 0},
	    {"libsrtp2", &theirs, libsrtp2_pass, 0},
	};

	run(contenders, COUNT(contenders));
	for (size_t i = 0; i < COUNT(contenders); i++)
		if (contenders[i].state != NULL)
			printf("%-26s %-22s %8.1f ns   libsrtp2 / this %6.2f   bare EVP / this "
			       "%6.2f\n",
			    suite_sizes(suite)->name, contenders[i].name, contenders[i].best,
			    contenders[3].best / contenders[i].best,
			    contenders[2].best / contenders[i].best);
	ours_free(contenders[0].state);
	ours_free(contenders[1].state);
	bare_free(contenders[2].state);
	srtp_dealloc(theirs.sender);
	srtp_dealloc(theirs.receiver);
}

int
main(void)
{
	struct why why = {""};

	must(srtp_init() == srtp_err_status_ok, "libsrtp2 does not start");
	if (srtp_backend_ipsec_mb(&why) == NULL)
		printf("intel-ipsec-mb is not used: %s\n", why.text);
	printf("protect + unprotect of %d bytes of payload, best of %d rounds of %d packets\n",
	    PAYLOAD, ROUNDS, PACKETS);
	for (size_t suite = 0; suite < SUITE_COUNT; suite++)
		bench((enum suite)suite);
	srtp_shutdown();
	return 0;
}
