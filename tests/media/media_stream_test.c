/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/media_stream_test.c - call legs over loopback: sound, keys, hold, strangers. */
#include "media/media_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/rtcp.h"
#include "media/rtp.h"
#include "media_test.h"
#include "sound_test.h"
#include "storage/storage.h"
#include "tests.h"

enum {
	FIRST_PORT = 20000,
	LAST_PORT = 39999,
	SPEECH_MS = 1600,
	CALL_MS = 2400,
	ROOM = 48000 * 4,
	LEGS_MOST = 8,
};

static char folder[] = "/tmp/ringfence-stream-XXXXXX";

/* One phone of a call: its stream, its sound, what it was told. */
struct leg {
	struct media_stream *stream;
	struct audio_device *device;
	struct media_plan plan;
	char in[128], out[128];
	unsigned secure_changes, refused;
	bool secure;
};

static void
on_secure(void *arg, bool secure)
{
	struct leg *leg = arg;

	leg->secure = secure;
	leg->secure_changes++;
}

static void
on_refused(void *arg, enum media_refusal cause, const struct address *from, const char *sentence)
{
	struct leg *leg = arg;

	(void)cause;
	assert_true(from->size > 0);
	assert_true(strlen(sentence) > 0);
	leg->refused++;
}

static struct address
address(const char *host)
{
	struct address address;
	struct why why;

	assert_accepted(address_read(bytes_text(host), 0, &address, &why), why);
	return address;
}

static void
leg_open(struct leg *leg, struct loop *loop, const char *host, const char *device)
{
	struct media_options options = {
	    .local = address(host),
	    .first_port = FIRST_PORT,
	    .last_port = LAST_PORT,
	    .handlers = {on_secure, on_refused, leg},
	};
	struct why why;

	if (device != NULL) {
		assert_accepted(audio_device_open(&leg->device, device, &why), why);
		options.device = leg->device;
	}
	assert_accepted(media_stream_new(&leg->stream, loop, &options, &why), why);
}

static void
leg_close(struct leg *leg)
{
	media_stream_free(leg->stream);
	audio_device_free(leg->device);
	media_plan_wipe(&leg->plan);
}

static struct media_plan
plan_for(enum codec codec, int suite, bool first)
{
	struct media_plan plan = {
	    .codec = codec,
	    .send_payload_type = (uint8_t)codec_facts(codec)->payload_type,
	    .receive_payload_type = (uint8_t)codec_facts(codec)->payload_type,
	    .send = true,
	    .receive = true,
	    .secure = suite >= 0,
	};

	if (plan.secure) {
		plan.send_key = test_master((enum suite)suite, first ? 1 : 2);
		plan.receive_key = test_master((enum suite)suite, first ? 2 : 1);
	}
	return plan;
}

static void
on_end(void *arg)
{
	loop_stop(arg);
}

static void
run_for(struct loop *loop, uint64_t ms)
{
	struct loop_timer *timer = loop_timer_new(loop, on_end, loop);

	loop_timer_set(timer, ms);
	loop_run(loop);
	loop_timer_free(timer);
}

static void
connect_legs(struct leg legs[2], enum codec codec, int suite)
{
	struct why why;

	for (size_t i = 0; i < 2; i++) {
		legs[i].plan = plan_for(codec, suite, i == 0);
		legs[i].plan.remote = *media_stream_local(legs[1 - i].stream);
	}
	for (size_t i = 0; i < 2; i++)
		assert_accepted(media_stream_start(legs[i].stream, &legs[i].plan, &why), why);
}

static const struct {
	enum codec codec;
	int suite; /* -1: plain RTP */
	unsigned file_rate;
} calls[] = {
    {CODEC_OPUS, SUITE_AEAD_AES_256_GCM, 16000},
    {CODEC_PCMU, SUITE_AEAD_AES_128_GCM, 8000},
    {CODEC_PCMA, SUITE_AES_CM_128_HMAC_SHA1_80, 44100},
    {CODEC_PCMU, -1, 16000},
};

static void
open_call(struct loop *loop, size_t call, struct leg legs[2])
{
	for (size_t i = 0; i < 2; i++) {
		char device[300];

		snprintf(legs[i].in, sizeof(legs[i].in), "%s/in-%zu-%zu.wav", folder, call, i);
		snprintf(legs[i].out, sizeof(legs[i].out), "%s/out-%zu-%zu.wav", folder, call, i);
		sound_write_wav(legs[i].in, calls[call].file_rate, SPEECH_MS);
		snprintf(device, sizeof(device), "file:%s,%s", legs[i].in, legs[i].out);
		leg_open(&legs[i], loop, i == 0 ? "127.0.10.1" : "127.0.10.2", device);
	}
	connect_legs(legs, calls[call].codec, calls[call].suite);
}

static void
check_facts(size_t call, const struct leg *leg)
{
	struct media_statistics statistics;
	bool secure = calls[call].suite >= 0;

	media_stream_statistics(leg->stream, &statistics);
	assert_true(statistics.sent >= CALL_MS / 20 - 10);
	assert_true(statistics.received >= CALL_MS / 20 - 15);
	assert_true(statistics.rtcp_sent >= 1 && statistics.rtcp_received >= 1);
	assert_int_equal(leg->refused, 0);
	assert_true((statistics.authenticated >= statistics.received) == secure);
	assert_int_equal(media_stream_secure(leg->stream), secure);
	assert_int_equal(leg->secure_changes, secure ? 1 : 0);
}

static void
check_sound(size_t call, const struct leg *leg)
{
	static int16_t said[ROOM], heard[ROOM];
	size_t count, wanted, shift = 0;
	unsigned rate;
	double found;

	count = sound_read_wav(leg->out, heard, ROOM, &rate);
	assert_int_equal(rate, codec_rate(calls[call].codec));
	wanted = (size_t)rate * SPEECH_MS / 1000 - rate / 50;
	for (size_t i = 0; i < wanted; i++)
		said[i] = sound_at(i, rate);
	found = sound_likeness(said, wanted, heard, count, rate / 2, &shift);
	if (found <= 0.95)
		fail_msg("call %zu: correlation %.3f at %zu", call, found, shift);
}

static void
what_one_phone_plays_the_other_records(void **state)
{
	static struct leg legs[COUNT(calls)][2];
	struct loop *loop = *state;

	memset(legs, 0, sizeof(legs));
	for (size_t call = 0; call < COUNT(calls); call++)
		open_call(loop, call, legs[call]);
	run_for(loop, CALL_MS);
	for (size_t call = 0; call < COUNT(calls); call++)
		for (size_t i = 0; i < 2; i++)
			check_facts(call, &legs[call][i]);
	for (size_t call = 0; call < COUNT(calls); call++)
		for (size_t i = 0; i < 2; i++) {
			check_sound(call, &legs[call][i]);
			unlink(legs[call][i].in);
			unlink(legs[call][i].out);
		}
	for (size_t call = 0; call < COUNT(calls); call++)
		for (size_t i = 0; i < 2; i++)
			leg_close(&legs[call][i]);
}

static void
keys_change_in_mid_call_without_a_refusal(void **state)
{
	struct leg legs[2] = {0};
	struct media_statistics before, after;
	struct loop *loop = *state;
	struct why why;

	leg_open(&legs[0], loop, "127.0.10.1", NULL);
	leg_open(&legs[1], loop, "127.0.10.2", NULL);
	connect_legs(legs, CODEC_PCMU, SUITE_AEAD_AES_256_GCM);
	run_for(loop, 200);
	media_stream_statistics(legs[0].stream, &before);
	assert_true(legs[0].secure && legs[1].secure);
	for (size_t i = 0; i < 2; i++) {
		legs[i].plan.send_key = test_master(SUITE_AEAD_AES_128_GCM, i == 0 ? 7 : 8);
		legs[i].plan.receive_key = test_master(SUITE_AEAD_AES_128_GCM, i == 0 ? 8 : 7);
		assert_accepted(media_stream_change(legs[i].stream, &legs[i].plan, &why), why);
		/* The new key has not proved itself yet. */
		assert_false(media_stream_secure(legs[i].stream));
	}
	run_for(loop, 200);
	for (size_t i = 0; i < 2; i++) {
		assert_true(legs[i].secure);
		assert_int_equal(legs[i].secure_changes, 3);
		assert_int_equal(legs[i].refused, 0);
	}
	media_stream_statistics(legs[0].stream, &after);
	assert_true(after.received >= before.received + 5);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
}

static void
a_leg_that_goes_back_to_plain_rtp_loses_its_lock_at_once(void **state)
{
	struct leg legs[2] = {0};
	struct loop *loop = *state;
	struct why why;

	leg_open(&legs[0], loop, "127.0.10.1", NULL);
	leg_open(&legs[1], loop, "127.0.10.2", NULL);
	connect_legs(legs, CODEC_PCMU, SUITE_AEAD_AES_256_GCM);
	run_for(loop, 120);
	assert_true(legs[0].secure);
	legs[0].plan.secure = false;
	assert_accepted(media_stream_change(legs[0].stream, &legs[0].plan, &why), why);
	assert_false(legs[0].secure);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
}

static void
on_hold_nothing_is_sent_and_resume_goes_on(void **state)
{
	struct leg legs[2] = {0};
	struct media_statistics held, still, resumed;
	struct loop *loop = *state;

	leg_open(&legs[0], loop, "127.0.10.1", NULL);
	leg_open(&legs[1], loop, "127.0.10.2", NULL);
	connect_legs(legs, CODEC_PCMA, SUITE_AEAD_AES_256_GCM);
	run_for(loop, 120);
	media_stream_direct(legs[0].stream, false, false);
	media_stream_statistics(legs[0].stream, &held);
	run_for(loop, 120);
	media_stream_statistics(legs[0].stream, &still);
	assert_int_equal(still.sent, held.sent);
	assert_true(still.received > held.received); /* the peer has not heard of it yet */
	media_stream_direct(legs[0].stream, true, true);
	run_for(loop, 120);
	media_stream_statistics(legs[0].stream, &resumed);
	assert_true(resumed.sent > still.sent);
	assert_int_equal(legs[0].refused + legs[1].refused, 0);
	leg_close(&legs[0]);
	leg_close(&legs[1]);
}

/* The test itself is the peer: two sockets and its own keys. */
struct peer {
	int rtp, rtcp;
	struct address address;
	struct srtp *send, *receive;
};

static int
bound(struct address *address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (bind(fd, (const struct sockaddr *)&address->storage, address->size) != 0) {
		close(fd);
		return -1;
	}
	getsockname(fd, (struct sockaddr *)&address->storage, &address->size);
	return fd;
}

static void
peer_open(struct peer *peer, const struct media_plan *plan)
{
	struct address rtcp;
	struct why why;

	do {
		peer->address = address("127.0.10.3");
		peer->rtp = bound(&peer->address);
		rtcp = peer->address;
		address_set_port(&rtcp, (uint16_t)(address_port(&rtcp) + 1));
		peer->rtcp = bound(&rtcp);
		if (peer->rtcp < 0)
			close(peer->rtp);
	} while (peer->rtcp < 0);
	assert_accepted(srtp_new(&peer->send, &plan->receive_key, NULL, &why), why);
	assert_accepted(srtp_new(&peer->receive, &plan->send_key, NULL, &why), why);
}

static void
peer_close(struct peer *peer)
{
	close(peer->rtp);
	close(peer->rtcp);
	srtp_free(peer->send);
	srtp_free(peer->receive);
}

static void
send_to(int fd, const struct leg *leg, const struct test_packet *packet)
{
	const struct address *to = media_stream_local(leg->stream);

	assert_int_equal(sendto(fd, packet->at, packet->size, 0,
			     (const struct sockaddr *)&to->storage, to->size),
	    (ssize_t)packet->size);
}

static uint64_t
refused(const struct leg *leg, enum media_refusal cause)
{
	struct media_statistics statistics;

	media_stream_statistics(leg->stream, &statistics);
	return statistics.refused[cause];
}

static void
strangers_forgeries_and_replays_are_refused_by_cause(void **state)
{
	struct leg leg = {.plan = plan_for(CODEC_PCMU, SUITE_AEAD_AES_256_GCM, true)};
	struct test_packet good = test_rtp(TEST_SSRC, 5, 160), forged, other;
	struct loop *loop = *state;
	struct address elsewhere = address("127.0.10.4");
	int stranger = bound(&elsewhere);
	struct peer peer;
	struct why why;

	peer_open(&peer, &leg.plan);
	leg_open(&leg, loop, "127.0.10.1", NULL);
	send_to(peer.rtp, &leg, &good);
	run_for(loop, 30);
	assert_int_equal(refused(&leg, MEDIA_REFUSED_UNEXPECTED), 1); /* not answered yet */
	leg.plan.remote = peer.address;
	assert_accepted(media_stream_start(leg.stream, &leg.plan, &why), why);

	assert_accepted(srtp_seal(peer.send, good.at, &good.size, sizeof(good.at), &why), why);
	forged = good;
	forged.at[30] ^= 1;
	other = test_rtp(TEST_SSRC, 6, 160);
	other.at[1] = 13; /* comfort noise: not negotiated */
	assert_accepted(srtp_seal(peer.send, other.at, &other.size, sizeof(other.at), &why), why);
	send_to(stranger, &leg, &good);
	send_to(peer.rtp, &leg, &forged);
	run_for(loop, 30);
	assert_false(leg.secure);
	assert_int_equal(refused(&leg, MEDIA_REFUSED_SOURCE), 1);
	assert_int_equal(refused(&leg, MEDIA_REFUSED_AUTHENTICATION), 1);
	send_to(peer.rtp, &leg, &good);
	send_to(peer.rtp, &leg, &good);
	send_to(peer.rtp, &leg, &other);
	run_for(loop, 30);
	assert_true(leg.secure);
	assert_int_equal(refused(&leg, MEDIA_REFUSED_REPLAY), 1);
	assert_int_equal(refused(&leg, MEDIA_REFUSED_PAYLOAD_TYPE), 1);
	assert_int_equal(leg.refused, 5);
	close(stranger);
	peer_close(&peer);
	leg_close(&leg);
}

/* The newest datagram that has come, or size 0. */
static struct test_packet
newest(int fd)
{
	struct test_packet packet = {0}, next;
	ssize_t size;

	while ((size = recv(fd, next.at, sizeof(next.at), 0)) > 0) {
		next.size = (size_t)size;
		packet = next;
	}
	return packet;
}

static void
what_leaves_is_srtp_and_srtcp_and_ends_with_goodbye(void **state)
{
	struct leg leg = {.plan = plan_for(CODEC_PCMU, SUITE_AEAD_AES_256_GCM, true)};
	struct test_packet packet;
	struct rtcp_packet report = {0};
	struct rtp_packet rtp;
	struct bytes compound;
	struct peer peer;
	struct why why;

	peer_open(&peer, &leg.plan);
	leg_open(&leg, *state, "127.0.10.1", NULL);
	leg.plan.remote = peer.address;
	assert_accepted(media_stream_start(leg.stream, &leg.plan, &why), why);
	run_for(*state, 100);
	packet = newest(peer.rtp);
	assert_int_equal(packet.size, 12 + 160 + 16);
	assert_accepted(srtp_open(peer.receive, packet.at, &packet.size, &why), why);
	assert_accepted(rtp_read(bytes_of(packet.at, packet.size), &rtp, &why), why);
	for (size_t i = 0; i < rtp.payload.left; i++)
		assert_int_equal(rtp.payload.at[i], 0xff); /* silence */
	leg_close(&leg);
	packet = newest(peer.rtcp);
	assert_true(packet.size > 0);
	assert_accepted(srtcp_open(peer.receive, packet.at, &packet.size, &why), why);
	compound = bytes_of(packet.at, packet.size);
	assert_accepted(rtcp_check(compound, &why), why);
	while (compound.left > 0)
		assert_accepted(rtcp_take(&compound, &report, &why), why);
	assert_int_equal(report.type, RTCP_BYE);
	assert_int_equal(report.sources[0].ssrc, rtp.ssrc);
	peer_close(&peer);
}

static void
ports_are_even_in_range_and_run_out(void **state)
{
	struct media_options options = {
	    .local = address("127.0.10.5"), .first_port = 31001, .last_port = 31005};
	struct media_stream *streams[3] = {0};
	struct loop *loop = *state;
	struct why why;

	assert_accepted(media_stream_new(&streams[0], loop, &options, &why), why);
	assert_accepted(media_stream_new(&streams[1], loop, &options, &why), why);
	assert_refused(media_stream_new(&streams[2], loop, &options, &why), FAULT_BUSY, why,
	    "31001 to 31005 on 127.0.10.5 are in use");
	for (size_t i = 0; i < 2; i++) {
		uint16_t port = address_port(media_stream_local(streams[i]));

		assert_true(port == 31002 || port == 31004);
		media_stream_free(streams[i]);
	}
	options.last_port = 31002;
	assert_refused(media_stream_new(&streams[2], loop, &options, &why), FAULT_MALFORMED, why,
	    "no pair of media ports");
}

static void
a_plan_that_makes_no_sense_starts_nothing(void **state)
{
	struct leg leg = {0};
	struct media_plan plan = plan_for(CODEC_PCMU, SUITE_AEAD_AES_256_GCM, true);
	struct why why;

	leg_open(&leg, *state, "127.0.10.1", NULL);
	assert_refused(media_stream_start(leg.stream, &plan, &why), FAULT_MALFORMED, why,
	    "without the peer's address");
	plan.remote = address("127.0.10.2");
	address_set_port(&plan.remote, 9);
	plan.send_payload_type = 128;
	assert_refused(
	    media_stream_start(leg.stream, &plan, &why), FAULT_MALFORMED, why, "without a codec");
	assert_false(media_stream_started(leg.stream));
	leg_close(&leg);
}

static int
start(void **state)
{
	struct loop *loop = NULL;
	struct why why;

	if (mkdtemp(folder) == NULL || loop_new(&loop, &why) != FAULT_NONE)
		return -1;
	*state = loop;
	return 0;
}

static int
end(void **state)
{
	loop_free(*state);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_one_phone_plays_the_other_records),
	    cmocka_unit_test(keys_change_in_mid_call_without_a_refusal),
	    cmocka_unit_test(a_leg_that_goes_back_to_plain_rtp_loses_its_lock_at_once),
	    cmocka_unit_test(on_hold_nothing_is_sent_and_resume_goes_on),
	    cmocka_unit_test(strangers_forgeries_and_replays_are_refused_by_cause),
	    cmocka_unit_test(what_leaves_is_srtp_and_srtcp_and_ends_with_goodbye),
	    cmocka_unit_test(ports_are_even_in_range_and_run_out),
	    cmocka_unit_test(a_plan_that_makes_no_sense_starts_nothing),
	};

	return cmocka_run_group_tests(tests, start, end);
}
