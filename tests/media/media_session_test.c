/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/media_session_test.c - a call leg's core with a clock of our own. */
#include "media/media_session.h"

#include "media_test.h"
#include "tests.h"

enum { START = 100000, WALL = 1700000 };

struct pair {
	struct media_session a, b;
};

static struct media_plan
plan_of(bool first)
{
	struct media_plan plan = {
	    .codec = CODEC_PCMU,
	    .send = true,
	    .receive = true,
	    .secure = true,
	    .send_key = test_master(SUITE_AEAD_AES_256_GCM, first ? 1 : 2),
	    .receive_key = test_master(SUITE_AEAD_AES_256_GCM, first ? 2 : 1),
	};
	struct why why;

	assert_accepted(address_read(bytes_text("127.0.0.9"), 9, &plan.remote, &why), why);
	return plan;
}

static void
pair_init(struct pair *pair)
{
	struct media_plan a = plan_of(true), b = plan_of(false);
	struct why why;

	assert_accepted(media_session_init(&pair->a, "a@x", NULL, &why), why);
	assert_accepted(media_session_init(&pair->b, NULL, NULL, &why), why);
	assert_accepted(media_session_apply(&pair->a, &a, START, &why), why);
	assert_accepted(media_session_apply(&pair->b, &b, START, &why), why);
}

static void
pair_finish(struct pair *pair)
{
	media_session_finish(&pair->a);
	media_session_finish(&pair->b);
}

/* One packet from a to b, or lost on the way. */
static void
pass(struct pair *pair, uint64_t now, bool lost)
{
	uint8_t packet[RTP_PACKET_MOST];
	int16_t samples[CODEC_FRAME_MOST] = {100};
	enum media_refusal cause;
	size_t size;
	struct why why;

	assert_accepted(media_session_send(&pair->a, samples, packet, &size, &why), why);
	if (!lost)
		assert_accepted(
		    media_session_receive(&pair->b, packet, size, now, &cause, &why), why);
}

static void
the_lock_goes_out_when_nothing_authentic_comes_any_more(void **state)
{
	struct pair pair;
	struct media_security security;

	(void)state;
	pair_init(&pair);
	media_session_security(&pair.b, START, &security);
	assert_true(security.encrypts && !security.authenticates && !security.fresh);
	pass(&pair, START, false);
	media_session_security(&pair.b, START + MEDIA_FRESH_MS, &security);
	assert_true(security.encrypts && security.authenticates && security.fresh);
	assert_int_equal(security.suite, SUITE_AEAD_AES_256_GCM);
	media_session_security(&pair.b, START + MEDIA_FRESH_MS + 1, &security);
	assert_true(security.authenticates && !security.fresh);
	pair_finish(&pair);
}

static void
reports_cross_protected_and_tell_of_loss_and_round_trip(void **state)
{
	uint8_t packet[RTP_PACKET_MOST];
	struct media_statistics statistics;
	enum media_refusal cause;
	struct pair pair;
	size_t size;
	struct why why;

	(void)state;
	pair_init(&pair);
	for (unsigned n = 0; n < 50; n++)
		pass(&pair, START + n * 20, n >= 10 && n < 20);
	assert_accepted(
	    media_session_report(&pair.a, START + 1000, WALL, false, packet, &size, &why), why);
	assert_accepted(media_session_receive_report(
			    &pair.b, packet, size, START + 1040, WALL + 40, &cause, &why),
	    why);
	assert_accepted(
	    media_session_report(&pair.b, START + 1540, WALL + 540, false, packet, &size, &why),
	    why);
	assert_accepted(media_session_receive_report(
			    &pair.a, packet, size, START + 1580, WALL + 580, &cause, &why),
	    why);
	media_session_statistics(&pair.a, &statistics);
	assert_int_equal(statistics.peer_lost, 10);
	assert_in_range(statistics.round_trip_ms, 78, 81); /* 580 ms less the 500 it lay there */
	assert_int_equal(statistics.rtcp_received, 1);
	pair_finish(&pair);
}

static void
plain_packets_on_a_secure_leg_are_neither_heard_nor_counted_as_received(void **state)
{
	struct test_packet rtp = test_rtp(TEST_SSRC, 1, 160), rtcp = test_rtcp(TEST_SSRC);
	struct media_statistics statistics;
	enum media_refusal cause;
	struct pair pair;
	struct why why;

	(void)state;
	pair_init(&pair);
	assert_int_equal(
	    media_session_receive(&pair.b, rtp.at, rtp.size, START, &cause, &why), FAULT_UNTRUSTED);
	assert_int_equal(cause, MEDIA_REFUSED_AUTHENTICATION);
	assert_int_not_equal(
	    media_session_receive_report(&pair.b, rtcp.at, rtcp.size, START, WALL, &cause, &why),
	    FAULT_NONE);
	media_session_statistics(&pair.b, &statistics);
	assert_int_equal(statistics.received + statistics.rtcp_received, 0);
	pair_finish(&pair);
}

static void
under_the_old_key_packets_count_for_a_second_but_not_for_the_lock(void **state)
{
	uint8_t packets[2][RTP_PACKET_MOST];
	int16_t samples[CODEC_FRAME_MOST] = {100};
	struct media_plan plan = plan_of(false);
	struct media_security security;
	enum media_refusal cause;
	struct pair pair;
	size_t sizes[2];
	struct why why;

	(void)state;
	pair_init(&pair);
	pass(&pair, START, false);
	for (size_t i = 0; i < 2; i++)
		assert_accepted(
		    media_session_send(&pair.a, samples, packets[i], &sizes[i], &why), why);
	plan.receive_key = test_master(SUITE_AEAD_AES_256_GCM, 77);
	assert_accepted(media_session_apply(&pair.b, &plan, START + 100, &why), why);
	assert_accepted(
	    media_session_receive(&pair.b, packets[0], sizes[0], START + 200, &cause, &why), why);
	media_session_security(&pair.b, START + 200, &security);
	assert_false(security.authenticates);
	assert_refused(media_session_receive(&pair.b, packets[1], sizes[1],
			   START + 100 + MEDIA_KEY_GRACE_MS, &cause, &why),
	    FAULT_UNTRUSTED, why, "does not authenticate");
	pair_finish(&pair);
}

static void
a_new_key_brings_a_new_ssrc_and_an_unchanged_one_goes_on(void **state)
{
	struct media_plan plan = plan_of(true);
	struct pair pair;
	uint32_t ssrc;
	uint16_t sequence;
	struct why why;

	(void)state;
	pair_init(&pair);
	pass(&pair, START, false);
	ssrc = pair.a.ssrc;
	sequence = pair.a.sequence;
	plan.send = false;
	assert_accepted(media_session_apply(&pair.a, &plan, START, &why), why);
	assert_int_equal(pair.a.ssrc, ssrc);
	assert_int_equal(pair.a.sequence, sequence);
	plan.send_key.bytes[0] ^= 1;
	assert_accepted(media_session_apply(&pair.a, &plan, START, &why), why);
	assert_int_not_equal(pair.a.ssrc, ssrc);
	pair_finish(&pair);
}

static void
at_the_end_nothing_of_the_keys_is_left(void **state)
{
	static const struct media_session empty;
	struct pair pair;

	(void)state;
	pair_init(&pair);
	pair_finish(&pair);
	assert_memory_equal(&pair.a, &empty, sizeof(empty));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_lock_goes_out_when_nothing_authentic_comes_any_more),
	    cmocka_unit_test(reports_cross_protected_and_tell_of_loss_and_round_trip),
	    cmocka_unit_test(
		plain_packets_on_a_secure_leg_are_neither_heard_nor_counted_as_received),
	    cmocka_unit_test(under_the_old_key_packets_count_for_a_second_but_not_for_the_lock),
	    cmocka_unit_test(a_new_key_brings_a_new_ssrc_and_an_unchanged_one_goes_on),
	    cmocka_unit_test(at_the_end_nothing_of_the_keys_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
