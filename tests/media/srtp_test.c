/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/srtp_test.c - what SRTP refuses, and that a refusal moves nothing. */
#include "media/rtp.h"
#include "media_test.h"
#include "tests.h"

struct pair {
	struct srtp *sender, *receiver;
};

static struct pair
pair_new(enum suite suite, const struct srtp_backend *backend)
{
	struct srtp_master master = test_master(suite, 1);
	struct pair pair = {0};
	struct why why;

	assert_accepted(srtp_new(&pair.sender, &master, backend, &why), why);
	assert_accepted(srtp_new(&pair.receiver, &master, backend, &why), why);
	return pair;
}

static void
pair_free(struct pair *pair)
{
	srtp_free(pair->sender);
	srtp_free(pair->receiver);
}

static struct test_packet
protect(struct srtp *sender, uint16_t sequence)
{
	struct test_packet packet = test_rtp(TEST_SSRC, sequence, 160);
	struct why why;

	assert_accepted(srtp_seal(sender, packet.at, &packet.size, sizeof(packet.at), &why), why);
	return packet;
}

/* Works on a copy: a packet can be received again. */
static enum fault
receive(struct srtp *receiver, struct test_packet packet)
{
	struct why why;

	return srtp_open(receiver, packet.at, &packet.size, &why);
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

static void
round_trip(enum suite suite, const struct srtp_backend *backend)
{
	static const size_t payloads[] = {0, 1, 15, 16, 17, 33, 160, 320, 480};
	struct pair pair = pair_new(suite, backend);
	struct why why;

	for (size_t i = 0; i < COUNT(payloads); i++) {
		struct test_packet plain = test_rtp(TEST_SSRC, (uint16_t)i, payloads[i]);
		struct test_packet packet = plain;

		assert_accepted(
		    srtp_seal(pair.sender, packet.at, &packet.size, sizeof(packet.at), &why), why);
		assert_int_equal(packet.size, plain.size + suite_sizes(suite)->rtp_tag);
		assert_memory_equal(packet.at, plain.at, RTP_HEADER_LEAST);
		if (payloads[i] >= 15)
			assert_memory_not_equal(packet.at + 12, plain.at + 12, payloads[i]);
		assert_accepted(srtp_open(pair.receiver, packet.at, &packet.size, &why), why);
		assert_int_equal(packet.size, plain.size);
		assert_memory_equal(packet.at, plain.at, plain.size);
	}
	assert_int_equal(srtp_counts_rtp(pair.receiver)->done, COUNT(payloads));
	pair_free(&pair);
}

static void
what_is_protected_comes_back(void **state)
{
	(void)state;
	each(round_trip);
}

/* Any bit of a protected packet turned: refused. */
static void
flip(enum suite suite, const struct srtp_backend *backend)
{
	struct pair pair = pair_new(suite, backend);
	struct test_packet packet = protect(pair.sender, 7);
	uint64_t index;

	for (size_t bit = 0; bit < packet.size * 8; bit++) {
		struct test_packet forged = packet;

		forged.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(receive(pair.receiver, forged), FAULT_NONE);
	}
	assert_false(srtp_stream_index(pair.receiver, TEST_SSRC, &index));
	assert_int_equal(srtp_counts_rtp(pair.receiver)->done, 0);
	assert_int_equal(receive(pair.receiver, packet), FAULT_NONE);
	pair_free(&pair);
}

static void
every_single_bit_of_a_packet_is_authenticated(void **state)
{
	(void)state;
	each(flip);
}

static void
flip_rtcp(enum suite suite, const struct srtp_backend *backend)
{
	struct pair pair = pair_new(suite, backend);
	struct test_packet plain = test_rtcp(TEST_SSRC), packet = plain, again;
	struct why why;

	assert_accepted(
	    srtcp_seal(pair.sender, packet.at, &packet.size, sizeof(packet.at), &why), why);
	assert_int_equal(packet.size, plain.size + suite_sizes(suite)->rtcp_tag + 4);
	for (size_t bit = 0; bit < packet.size * 8; bit++) {
		again = packet;
		again.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(
		    srtcp_open(pair.receiver, again.at, &again.size, &why), FAULT_NONE);
	}
	again = packet;
	assert_accepted(srtcp_open(pair.receiver, again.at, &again.size, &why), why);
	assert_int_equal(again.size, plain.size);
	assert_memory_equal(again.at, plain.at, plain.size);
	again = packet;
	assert_refused(srtcp_open(pair.receiver, again.at, &again.size, &why), FAULT_UNEXPECTED,
	    why, "seen before");
	pair_free(&pair);
}

static void
srtcp_is_authenticated_bit_by_bit_and_not_replayed(void **state)
{
	(void)state;
	each(flip_rtcp);
}

/* What an attacker without the key can put in: unverified plaintext must not stay in the buffer. */
static void
leave_nothing(enum suite suite, const struct srtp_backend *backend)
{
	struct pair pair = pair_new(suite, backend);
	struct test_packet plain = test_rtp(TEST_SSRC, 7, 160), packet = protect(pair.sender, 7);
	struct why why;

	packet.at[packet.size - 1] ^= 1;
	assert_refused(srtp_open(pair.receiver, packet.at, &packet.size, &why), FAULT_UNTRUSTED,
	    why, "does not authenticate");
	assert_memory_not_equal(packet.at + 12, plain.at + 12, 160);
	pair_free(&pair);
}

static void
a_refused_packet_leaves_no_plaintext(void **state)
{
	(void)state;
	each(leave_nothing);
}

/*
 * Sent in this order; "accepted" as the receiver should see it. Numbers go past 65,535 to say
 * that the counter has rolled over.
 */
static const struct {
	const char *says;
	struct {
		unsigned sequence;
		enum fault fault;
	} steps[12];
	size_t count;
} orders[] = {
    {"in order", {{1, 0}, {2, 0}, {3, 0}}, 3},
    {"a duplicate", {{1, 0}, {2, 0}, {2, FAULT_UNEXPECTED}, {1, FAULT_UNEXPECTED}}, 4},
    {"reordered inside the window",
	{{100, 0}, {228, 0}, {101, 0}, {102, 0}, {101, FAULT_UNEXPECTED}}, 5},
    {"64 old is still inside the window", {{100, 0}, {164, 0}, {163, 0}}, 3},
    {"one too old for the window", {{100, 0}, {229, 0}, {101, FAULT_UNEXPECTED}, {102, 0}}, 4},
    {"far older than the window", {{100, 0}, {1000, 0}, {101, FAULT_UNEXPECTED}}, 3},
    {"roll-over in order", {{65534, 0}, {65535, 0}, {65536, 0}, {65537, 0}}, 4},
    {"roll-over with 50 lost around it", {{65510, 0}, {65561, 0}, {65562, 0}}, 3},
    {"late packets across the roll-over",
	{{65530, 0}, {65540, 0}, {65535, 0}, {65536, 0}, {65535, FAULT_UNEXPECTED}}, 5},
    {"two roll-overs", {{65000, 0}, {90000, 0}, {120000, 0}, {131071, 0}, {131072, 0}, {131073, 0}},
	6},
};

/* The sender sends ascending; then the network mixes as the row says. */
static void
send_ascending(struct srtp *sender, size_t row, struct test_packet *sent)
{
	for (unsigned done = 0, last = 0; done < orders[row].count; last++)
		for (unsigned step = 0, made = 0; step < orders[row].count; step++) {
			struct why why;

			if (orders[row].steps[step].sequence != last)
				continue;
			if (made++ == 0) {
				sent[step] = test_rtp(TEST_SSRC, (uint16_t)last, 20);
				assert_accepted(srtp_seal(sender, sent[step].at, &sent[step].size,
						    TEST_ROOM, &why),
				    why);
				sent[COUNT(orders[row].steps)] = sent[step];
			}
			sent[step] = sent[COUNT(orders[row].steps)];
			done++;
		}
}

static void
play(enum suite suite, const struct srtp_backend *backend)
{
	for (size_t i = 0; i < COUNT(orders); i++) {
		struct pair pair = pair_new(suite, backend);
		struct test_packet sent[COUNT(orders[0].steps) + 1];

		send_ascending(pair.sender, i, sent);
		for (unsigned step = 0; step < orders[i].count; step++) {
			enum fault fault = receive(pair.receiver, sent[step]);

			if (fault != orders[i].steps[step].fault)
				fail_msg("%s, %s, step %u: %s", orders[i].says,
				    suite_sizes(suite)->name, step, fault_name(fault));
		}
		pair_free(&pair);
	}
}

static void
the_window_and_the_roll_over_counter_follow_the_table(void **state)
{
	(void)state;
	each(play);
}

/* The attack that ends a stream elsewhere: one forged packet far ahead. */
static void
forge(enum suite suite, const struct srtp_backend *backend)
{
	static const uint16_t forged[] = {101, 300, 33000, 40000, 65535};
	struct pair pair = pair_new(suite, backend);
	uint64_t before, after;

	for (uint16_t sequence = 90; sequence < 100; sequence++)
		assert_int_equal(
		    receive(pair.receiver, protect(pair.sender, sequence)), FAULT_NONE);
	assert_true(srtp_stream_index(pair.receiver, TEST_SSRC, &before));
	for (size_t i = 0; i < COUNT(forged); i++)
		assert_int_equal(
		    receive(pair.receiver, test_rtp(TEST_SSRC, forged[i], 180)), FAULT_UNTRUSTED);
	assert_true(srtp_stream_index(pair.receiver, TEST_SSRC, &after));
	assert_int_equal(before, after);
	assert_int_equal(
	    srtp_counts_rtp(pair.receiver)->refused[SRTP_REFUSED_AUTHENTICATION], COUNT(forged));
	for (uint16_t sequence = 100; sequence < 110; sequence++)
		assert_int_equal(
		    receive(pair.receiver, protect(pair.sender, sequence)), FAULT_NONE);
	pair_free(&pair);
}

static void
forged_packets_move_neither_counter_nor_window(void **state)
{
	(void)state;
	each(forge);
}

static void
forged_ssrcs_take_no_place(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_256_GCM, NULL);

	(void)state;
	for (uint32_t ssrc = 1; ssrc < 100; ssrc++)
		assert_int_equal(receive(pair.receiver, test_rtp(ssrc, 1, 180)), FAULT_UNTRUSTED);
	assert_int_equal(receive(pair.receiver, protect(pair.sender, 1)), FAULT_NONE);
	pair_free(&pair);
}

static void
one_key_serves_sixteen_ssrcs_and_not_one_more(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_128_GCM, NULL);
	struct why why;

	(void)state;
	for (uint32_t ssrc = 0; ssrc <= SRTP_STREAMS_MOST; ssrc++) {
		struct test_packet packet = test_rtp(ssrc, 1, 160);
		enum fault fault =
		    srtp_seal(pair.sender, packet.at, &packet.size, sizeof(packet.at), &why);

		assert_int_equal(fault, ssrc < SRTP_STREAMS_MOST ? FAULT_NONE : FAULT_LIMIT);
	}
	pair_free(&pair);
}

static void
a_sequence_number_is_never_protected_twice(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_256_GCM, NULL);
	struct test_packet packet = test_rtp(TEST_SSRC, 5, 160);
	struct why why;

	(void)state;
	protect(pair.sender, 5);
	assert_refused(srtp_seal(pair.sender, packet.at, &packet.size, sizeof(packet.at), &why),
	    FAULT_UNEXPECTED, why, "already protected");
	pair_free(&pair);
}

static void
another_key_another_suite_or_the_other_direction_is_refused(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_256_GCM, NULL);
	struct test_packet packet = protect(pair.sender, 5);

	(void)state;
	for (size_t suite = 0; suite < SUITE_COUNT; suite++) {
		struct srtp_master master = test_master((enum suite)suite, 2);
		struct srtp *other = NULL;
		struct why why;

		assert_accepted(srtp_new(&other, &master, NULL, &why), why);
		assert_int_equal(receive(other, packet), FAULT_UNTRUSTED);
		srtp_free(other);
	}
	pair_free(&pair);
}

static const struct {
	const char *says, *hex;
} broken[] = {
    {"nothing at all", ""},
    {"one byte", "80"},
    {"a tag without a header", "80000001 00000000 00000000 00000000"},
    {"version 1", "40000001 00000000 0badcafe 00112233445566778899aabbccddeeff"},
    {"more CSRCs than bytes", "8f000001 00000000 0badcafe 00112233445566778899aabbccddeeff"},
    {"an extension longer than it is",
	"90000001 00000000 0badcafe bede00ff 00112233445566778899aabbccddeeff"},
};

static void
what_is_no_rtp_packet_is_malformed(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_256_GCM, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct test_packet packet = {0};

		packet.size = test_hex(broken[i].hex, packet.at, sizeof(packet.at));
		if (receive(pair.receiver, packet) != FAULT_MALFORMED)
			fail_msg("%s is accepted", broken[i].says);
	}
	assert_int_equal(
	    srtp_counts_rtp(pair.receiver)->refused[SRTP_REFUSED_MALFORMED], COUNT(broken));
	pair_free(&pair);
}

static void
without_room_for_the_tag_nothing_is_protected(void **state)
{
	struct pair pair = pair_new(SUITE_AEAD_AES_256_GCM, NULL);
	struct test_packet packet = test_rtp(TEST_SSRC, 5, 160);
	struct why why;

	(void)state;
	assert_refused(srtp_seal(pair.sender, packet.at, &packet.size, packet.size + 15, &why),
	    FAULT_LIMIT, why, "no room");
	assert_refused(srtcp_seal(pair.sender, packet.at, &packet.size, packet.size + 19, &why),
	    FAULT_LIMIT, why, "no room");
	pair_free(&pair);
}

static void
a_master_key_has_exactly_its_size_and_is_wiped(void **state)
{
	static const uint8_t zeros[sizeof(struct srtp_master)];
	struct srtp_master master = {0}, other = {0};
	uint8_t bytes[SRTP_MASTER_MOST] = {1};
	struct why why;

	(void)state;
	assert_refused(srtp_master_read(SUITE_AEAD_AES_256_GCM, bytes_of(bytes, 43), &master, &why),
	    FAULT_MALFORMED, why, "AEAD_AES_256_GCM has 44");
	assert_accepted(
	    srtp_master_read(SUITE_AEAD_AES_256_GCM, bytes_of(bytes, 44), &master, &why), why);
	assert_accepted(srtp_master_make(SUITE_AEAD_AES_256_GCM, &other, &why), why);
	assert_false(srtp_master_equal(&master, &other));
	assert_int_equal(srtp_master_key(&master).left, 32);
	assert_int_equal(srtp_master_salt(&master).left, 12);
	srtp_master_wipe(&other);
	assert_memory_equal(&other, zeros, sizeof(other));
}

static void
the_back_end_is_chosen_and_has_a_name(void **state)
{
	const struct srtp_backend *best = srtp_backend_best();
	struct why why = {"?"};

	(void)state;
	assert_string_equal(srtp_backend_name(srtp_backend_evp()), "openssl");
	if (srtp_backend_ipsec_mb(&why) != NULL) {
		assert_string_equal(srtp_backend_name(best), "intel-ipsec-mb");
		assert_false(srtp_backend_has(best, SUITE_AES_CM_128_HMAC_SHA1_80));
	} else {
		assert_string_equal(srtp_backend_name(best), "openssl");
		print_message("intel-ipsec-mb is not used: %s\n", why.text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_protected_comes_back),
	    cmocka_unit_test(every_single_bit_of_a_packet_is_authenticated),
	    cmocka_unit_test(srtcp_is_authenticated_bit_by_bit_and_not_replayed),
	    cmocka_unit_test(a_refused_packet_leaves_no_plaintext),
	    cmocka_unit_test(the_window_and_the_roll_over_counter_follow_the_table),
	    cmocka_unit_test(forged_packets_move_neither_counter_nor_window),
	    cmocka_unit_test(forged_ssrcs_take_no_place),
	    cmocka_unit_test(one_key_serves_sixteen_ssrcs_and_not_one_more),
	    cmocka_unit_test(a_sequence_number_is_never_protected_twice),
	    cmocka_unit_test(another_key_another_suite_or_the_other_direction_is_refused),
	    cmocka_unit_test(what_is_no_rtp_packet_is_malformed),
	    cmocka_unit_test(without_room_for_the_tag_nothing_is_protected),
	    cmocka_unit_test(a_master_key_has_exactly_its_size_and_is_wiped),
	    cmocka_unit_test(the_back_end_is_chosen_and_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
