/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/media/srtp_oracle_test.c - libsrtp2 as the second opinion: what we protect it unprotects,
 * what it protects we unprotect, every suite, both back-ends, RTP and RTCP, and both sides lose,
 * mix, repeat and roll over alike.
 */
#include <srtp2/srtp.h>

#include "media_test.h"
#include "tests.h"

enum { ORACLE_ROOM = TEST_ROOM + SRTP_MAX_TRAILER_LEN };

typedef void policy_setter(srtp_crypto_policy_t *);

static const struct {
	policy_setter *rtp, *rtcp;
} policies[SUITE_COUNT] = {
    [SUITE_AEAD_AES_256_GCM] = {srtp_crypto_policy_set_aes_gcm_256_16_auth,
	srtp_crypto_policy_set_aes_gcm_256_16_auth},
    [SUITE_AEAD_AES_128_GCM] = {srtp_crypto_policy_set_aes_gcm_128_16_auth,
	srtp_crypto_policy_set_aes_gcm_128_16_auth},
    [SUITE_AES_CM_128_HMAC_SHA1_80] = {srtp_crypto_policy_set_rtp_default,
	srtp_crypto_policy_set_rtcp_default},
    [SUITE_AES_CM_128_HMAC_SHA1_32] = {srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
	srtp_crypto_policy_set_rtcp_default},
};

static srtp_t
oracle_new(struct srtp_master *master, bool sends)
{
	srtp_policy_t policy = {
	    .ssrc = {.type = sends ? ssrc_any_outbound : ssrc_any_inbound},
	    .key = master->bytes,
	    .window_size = SRTP_WINDOW,
	};
	srtp_t oracle = NULL;

	policies[master->suite].rtp(&policy.rtp);
	policies[master->suite].rtcp(&policy.rtcp);
	assert_int_equal(srtp_create(&oracle, &policy), srtp_err_status_ok);
	return oracle;
}

struct fixture {
	srtp_t oracle;
	struct srtp *ours;
};

static struct fixture
fixture_new(enum suite suite, const struct srtp_backend *backend, bool oracle_sends)
{
	struct srtp_master master = test_master(suite, 3);
	struct fixture fixture = {.oracle = oracle_new(&master, oracle_sends)};
	struct why why;

	assert_accepted(srtp_new(&fixture.ours, &master, backend, &why), why);
	return fixture;
}

static void
fixture_free(struct fixture *fixture)
{
	srtp_dealloc(fixture->oracle);
	srtp_free(fixture->ours);
}

typedef void each_handler(enum suite suite, const struct srtp_backend *backend);

static void
each(each_handler *handler)
{
	const struct srtp_backend *backends[2];
	size_t count = test_backends(backends);

	for (size_t b = 0; b < count; b++)
		for (size_t suite = 0; suite < SUITE_COUNT; suite++)
			handler((enum suite)suite, backends[b]);
}

/* With CSRCs and a header extension in every fourth packet. */
static struct test_packet
varied_rtp(unsigned number)
{
	struct test_packet packet =
	    test_rtp(TEST_SSRC + number % 3, (uint16_t)(number + 65400), number % 200);

	if (number % 4 == 0 && number % 200 >= 24) {
		packet.at[0] = 0x92; /* two CSRCs, one extension word */
		test_hex("bede0001", packet.at + 20, 4);
	}
	return packet;
}

static void
ours_to_theirs(enum suite suite, const struct srtp_backend *backend)
{
	struct fixture fixture = fixture_new(suite, backend, false);
	struct why why;

	for (unsigned i = 0; i < 600; i++) {
		struct test_packet plain = varied_rtp(i), packet = plain;
		int size;

		assert_accepted(
		    srtp_seal(fixture.ours, packet.at, &packet.size, TEST_ROOM, &why), why);
		size = (int)packet.size;
		assert_int_equal(
		    srtp_unprotect(fixture.oracle, packet.at, &size), srtp_err_status_ok);
		assert_int_equal(size, plain.size);
		assert_memory_equal(packet.at, plain.at, plain.size);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct test_packet plain = test_rtcp(TEST_SSRC), packet = plain;
		int size;

		assert_accepted(
		    srtcp_seal(fixture.ours, packet.at, &packet.size, TEST_ROOM, &why), why);
		size = (int)packet.size;
		assert_int_equal(
		    srtp_unprotect_rtcp(fixture.oracle, packet.at, &size), srtp_err_status_ok);
		assert_int_equal(size, plain.size);
		assert_memory_equal(packet.at, plain.at, plain.size);
	}
	fixture_free(&fixture);
}

static void
libsrtp2_reads_what_we_protect(void **state)
{
	(void)state;
	each(ours_to_theirs);
}

static void
theirs_to_ours(enum suite suite, const struct srtp_backend *backend)
{
	struct fixture fixture = fixture_new(suite, backend, true);
	struct why why;

	for (unsigned i = 0; i < 600; i++) {
		struct test_packet plain = varied_rtp(i), packet = plain;
		int size = (int)packet.size;

		assert_int_equal(
		    srtp_protect(fixture.oracle, packet.at, &size), srtp_err_status_ok);
		packet.size = (size_t)size;
		assert_accepted(srtp_open(fixture.ours, packet.at, &packet.size, &why), why);
		assert_int_equal(packet.size, plain.size);
		assert_memory_equal(packet.at, plain.at, plain.size);
	}
	for (unsigned i = 0; i < 20; i++) {
		struct test_packet plain = test_rtcp(TEST_SSRC), packet = plain;
		int size = (int)packet.size;

		assert_int_equal(
		    srtp_protect_rtcp(fixture.oracle, packet.at, &size), srtp_err_status_ok);
		packet.size = (size_t)size;
		assert_accepted(srtcp_open(fixture.ours, packet.at, &packet.size, &why), why);
		assert_int_equal(packet.size, plain.size);
		assert_memory_equal(packet.at, plain.at, plain.size);
	}
	fixture_free(&fixture);
}

static void
we_read_what_libsrtp2_protects(void **state)
{
	(void)state;
	each(theirs_to_ours);
}

/*
 * A network in front of two receivers, ours and theirs, that see the same packets: 1 s (50
 * packets) is lost around the roll-over, some are mixed up, some come twice, some come more than
 * a window late. Both must say the same of each.
 */
static void
same_verdicts(enum suite suite, const struct srtp_backend *backend)
{
	enum { SENT = 400, FIRST = 65536 - 200 };
	struct srtp_master master = test_master(suite, 3);
	struct fixture fixture = fixture_new(suite, backend, false);
	static struct test_packet sent[SENT];
	struct srtp *sender = NULL;
	unsigned refused = 0, accepted = 0;
	struct why why;

	assert_accepted(srtp_new(&sender, &master, backend, &why), why);
	for (unsigned i = 0; i < SENT; i++) {
		sent[i] = test_rtp(TEST_SSRC, (uint16_t)(FIRST + i), 160);
		assert_accepted(srtp_seal(sender, sent[i].at, &sent[i].size, TEST_ROOM, &why), why);
	}
	for (unsigned step = 0; step < SENT; step++) {
		unsigned arrivals[] = {step ^ 5, step / 7 * 7, step > 150 ? step - 150 : 0};

		for (size_t i = 0; i < COUNT(arrivals); i++) {
			unsigned which = arrivals[i];
			struct test_packet a = sent[which], b = a;
			int size = (int)b.size;
			enum fault fault;

			if (which >= 175 && which < 225)
				continue; /* lost */
			fault = srtp_open(fixture.ours, a.at, &a.size, &why);
			if ((fault == FAULT_NONE) !=
			    (srtp_unprotect(fixture.oracle, b.at, &size) == srtp_err_status_ok))
				fail_msg(
				    "packet %u: we say %s, libsrtp2 not", which, fault_name(fault));
			if (fault == FAULT_NONE)
				assert_memory_equal(a.at, b.at, a.size);
			*(fault == FAULT_NONE ? &accepted : &refused) += 1;
		}
	}
	assert_int_equal(accepted, SENT - 50);
	assert_true(refused > SENT);
	srtp_free(sender);
	fixture_free(&fixture);
}

static void
loss_around_the_roll_over_reordering_and_repeats_get_the_same_verdicts(void **state)
{
	(void)state;
	each(same_verdicts);
}

static int
start(void **state)
{
	(void)state;
	return srtp_init() == srtp_err_status_ok ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	return srtp_shutdown() == srtp_err_status_ok ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(libsrtp2_reads_what_we_protect),
	    cmocka_unit_test(we_read_what_libsrtp2_protects),
	    cmocka_unit_test(
		loss_around_the_roll_over_reordering_and_repeats_get_the_same_verdicts),
	};

	return cmocka_run_group_tests(tests, start, end);
}
