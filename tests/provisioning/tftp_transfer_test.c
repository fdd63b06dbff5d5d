/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/provisioning/tftp_transfer_test.c - the two cores against each other and against peers
 * that lose, repeat and lie; no sockets, no clock.
 */
#include "provisioning/tftp_receiver.h"
#include "provisioning/tftp_sender.h"

#include <stdlib.h>

#include "tests.h"

struct line {
	struct tftp_sender sender;
	struct tftp_receiver receiver;
	struct buffer packet;
	unsigned lose_one_in; /* 0: nothing is lost */
	unsigned random;
	uint64_t packets;
};

static bool
lost(struct line *line)
{
	line->packets++;
	if (line->lose_one_in == 0)
		return false;
	line->random = line->random * 1103515245 + 12345;
	return (line->random >> 16) % line->lose_one_in == 0;
}

static void
line_open(struct line *line, struct bytes content, uint32_t block_size, size_t most)
{
	struct tftp_message request;
	struct why why;

	buffer_init(&line->packet, TFTP_PACKET_MOST);
	tftp_receiver_init(&line->receiver, "file", block_size, most);
	tftp_receiver_packet(&line->receiver, &line->packet);
	assert_accepted(tftp_message_read(buffer_bytes_of(&line->packet), &request, &why), why);
	tftp_sender_init(&line->sender, &request.options, content);
}

static void
line_close(struct line *line)
{
	tftp_receiver_finish(&line->receiver);
	buffer_finish(&line->packet);
}

/* One round: the sender's outstanding packet, then the receiver's answer. */
static enum fault
run(struct line *line, struct why *why)
{
	enum tftp_step got = TFTP_SEND, given = TFTP_SEND;
	enum fault fault;

	for (;;) {
		buffer_clear(&line->packet);
		tftp_sender_packet(&line->sender, &line->packet);
		got = TFTP_NOTHING;
		if (!lost(line) && (fault = tftp_receiver_receive(&line->receiver,
					buffer_bytes_of(&line->packet), &got, why)))
			return fault;
		given = TFTP_NOTHING;
		if (got != TFTP_NOTHING && !lost(line)) {
			buffer_clear(&line->packet);
			tftp_receiver_packet(&line->receiver, &line->packet);
			if ((fault = tftp_sender_receive(
				 &line->sender, buffer_bytes_of(&line->packet), &given, why)))
				return fault;
		}
		if (got == TFTP_OVER)
			return FAULT_NONE;
		if (given == TFTP_NOTHING &&
		    (fault = tftp_sender_silence(&line->sender, &given, why)))
			return fault;
	}
}

static struct bytes
some_bytes(size_t size)
{
	uint8_t *at = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(i * 31 + i / 251);
	return bytes_of(at, size);
}

static void
assert_carried(size_t size, uint32_t block_size, unsigned lose_one_in)
{
	struct line line = {.lose_one_in = lose_one_in, .random = 7};
	struct bytes content = some_bytes(size);
	struct why why;

	line_open(&line, content, block_size, size);
	assert_accepted(run(&line, &why), why);
	assert_true(bytes_equal(buffer_bytes_of(&line.receiver.content), content));
	line_close(&line);
	free((void *)(uintptr_t)content.at);
}

static void
every_size_around_a_block_arrives(void **state)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 1023, 1024, 1025, 5000};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_carried(sizes[i], 512, 0);
}

static void
every_block_size_is_used(void **state)
{
	static const uint32_t sizes[] = {8, 9, 512, 1428, 8192, 65464};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_carried(200000, sizes[i], 0);
}

static void
the_block_number_rolls_over(void **state)
{
	(void)state;
	assert_carried((size_t)8 * 65535, 8, 0);
	assert_carried((size_t)8 * 65536, 8, 0);
	assert_carried((size_t)8 * 200000 + 3, 8, 0);
}

static void
a_line_that_loses_packets_only_takes_longer(void **state)
{
	(void)state;
	assert_carried(100000, 512, 12);
	assert_carried((size_t)8 * 70000, 8, 50);
}

static void
a_repeated_ack_is_not_answered_twice(void **state)
{
	static const uint8_t ack0[] = {0, 4, 0, 0}, ack1[] = {0, 4, 0, 1};
	struct tftp_options asked = {.has_size = true};
	struct bytes content = some_bytes(5000);
	struct tftp_sender sender;
	enum tftp_step step;
	struct why why;

	(void)state;
	tftp_sender_init(&sender, &asked, content);
	assert_accepted(tftp_sender_receive(&sender, bytes_of(ack0, 4), &step, &why), why);
	assert_int_equal(step, TFTP_SEND);
	assert_accepted(tftp_sender_receive(&sender, bytes_of(ack0, 4), &step, &why), why);
	assert_int_equal(step, TFTP_NOTHING);
	assert_accepted(tftp_sender_receive(&sender, bytes_of(ack1, 4), &step, &why), why);
	assert_int_equal(step, TFTP_SEND);
	assert_accepted(tftp_sender_receive(&sender, bytes_of(ack1, 4), &step, &why), why);
	assert_int_equal(step, TFTP_NOTHING);
	assert_int_equal(sender.block, 2);
	free((void *)(uintptr_t)content.at);
}

static void
silence_is_answered_ever_slower_and_not_for_ever(void **state)
{
	static const uint32_t waits[] = {2000, 4000, 8000, 8000, 8000};
	struct tftp_options asked = {0};
	struct tftp_sender sender;
	enum tftp_step step;
	struct why why;

	(void)state;
	tftp_sender_init(&sender, &asked, bytes_of("0123456789", 10));
	sender.content.left = 10;
	sender.block_size = 8;
	assert_int_equal(tftp_sender_wait_ms(&sender), 1000);
	for (size_t i = 0; i < COUNT(waits); i++) {
		assert_accepted(tftp_sender_silence(&sender, &step, &why), why);
		assert_int_equal(step, TFTP_SEND);
		assert_int_equal(tftp_sender_wait_ms(&sender), waits[i]);
	}
	assert_refused(tftp_sender_silence(&sender, &step, &why), FAULT_TIMEOUT, why,
	    "no answer to block 1, sent 6 times");
}

static void
the_timeout_option_sets_the_first_wait(void **state)
{
	struct tftp_options asked = {.has_timeout = true, .timeout_s = 20};
	struct tftp_sender sender;
	enum tftp_step step;
	struct why why;

	(void)state;
	tftp_sender_init(&sender, &asked, bytes_of(NULL, 0));
	assert_int_equal(tftp_sender_wait_ms(&sender), 20000);
	assert_accepted(tftp_sender_silence(&sender, &step, &why), why);
	assert_int_equal(tftp_sender_wait_ms(&sender), 20000);
}

static void
a_last_block_nobody_answers_counts_as_received(void **state)
{
	struct tftp_options asked = {0};
	struct tftp_sender sender;
	enum tftp_step step = TFTP_NOTHING;
	struct why why;

	(void)state;
	tftp_sender_init(&sender, &asked, bytes_text("short"));
	assert_true(tftp_sender_last(&sender));
	for (int i = 0; i < TFTP_TRIES; i++)
		assert_accepted(tftp_sender_silence(&sender, &step, &why), why);
	assert_int_equal(step, TFTP_OVER);
}

#define PACKET(text) text, sizeof(text) - 1

/* What a hostile server may say first to someone who asked for blocks of 1024, 100 at most. */
static const struct {
	const char *says, *packet;
	size_t size;
	enum fault fault;
	const char *complaint;
} answers[] = {
    {"no such file", PACKET("\0\5\0\1no\0"), FAULT_MISSING, "the server says error 1 \"no\""},
    {"no access", PACKET("\0\5\0\2\n\x1b[2J\0"), FAULT_FORBIDDEN, "error 2 \"??[2J\""},
    {"another error", PACKET("\0\5\0\0busy\0"), FAULT_UNEXPECTED, "error 0 \"busy\""},
    {"a request", PACKET("\0\1a\0octet\0"), FAULT_MALFORMED, "not an answer to a read request"},
    {"an ACK", PACKET("\0\4\0\0"), FAULT_MALFORMED, "not an answer to a read request"},
    {"larger blocks than asked", PACKET("\0\6blksize\0001025\0"), FAULT_MALFORMED,
	"blocks of 1025 bytes, 1024 were asked for"},
    {"a timeout nobody asked for", PACKET("\0\6timeout\0003\0"), FAULT_MALFORMED, "not asked for"},
    {"a file that is too large", PACKET("\0\6tsize\000101\0"), FAULT_LIMIT,
	"file has 101 bytes or more, at most 100"},
    {"too much in the first block",
	PACKET("\0\3\0\1"
	       "0123456789012345678901234567890123456789012345678901234567890123456789"
	       "0123456789012345678901234567890123456789"),
	FAULT_LIMIT, "file has 110 bytes or more, at most 100"},
    {"nothing", PACKET(""), FAULT_MALFORMED, "packet of 0 bytes"},
};

static void
each_hostile_answer_gets_its_sentence(void **state)
{
	struct tftp_receiver receiver;
	enum tftp_step step;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		print_message("  %s\n", answers[i].says);
		tftp_receiver_init(&receiver, "file", 1024, 100);
		assert_refused(tftp_receiver_receive(&receiver,
				   bytes_of(answers[i].packet, answers[i].size), &step, &why),
		    answers[i].fault, why, answers[i].complaint);
		tftp_receiver_finish(&receiver);
	}
}

static void
blocks_out_of_order_are_not_taken(void **state)
{
	static const struct {
		const char *says, *packet;
		enum tftp_step step;
		size_t size;
	} packets[] = {
	    {"block 2 before block 1", "\0\3\0\2", TFTP_NOTHING, 0},
	    {"block 0", "\0\3\0\0", TFTP_NOTHING, 0},
	    {"a late option answer", "\0\6", TFTP_SEND, 0},
	};
	struct tftp_receiver receiver;
	enum tftp_step step;
	uint8_t block[516] = {0, 3, 0, 1};
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		tftp_receiver_init(&receiver, "file", 512, 10000);
		assert_accepted(tftp_receiver_receive(&receiver,
				    bytes_of(packets[i].packet, i == 2 ? 2 : 4), &step, &why),
		    why);
		assert_int_equal(step, packets[i].step);
		assert_int_equal(receiver.content.size, packets[i].size);
		tftp_receiver_finish(&receiver);
	}
	tftp_receiver_init(&receiver, "file", 512, 10000);
	assert_accepted(
	    tftp_receiver_receive(&receiver, bytes_of(block, sizeof(block)), &step, &why), why);
	assert_accepted(
	    tftp_receiver_receive(&receiver, bytes_of(block, sizeof(block)), &step, &why), why);
	assert_int_equal(step, TFTP_SEND);
	assert_int_equal(receiver.content.size, 512);
	tftp_receiver_finish(&receiver);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_size_around_a_block_arrives),
	    cmocka_unit_test(every_block_size_is_used),
	    cmocka_unit_test(the_block_number_rolls_over),
	    cmocka_unit_test(a_line_that_loses_packets_only_takes_longer),
	    cmocka_unit_test(a_repeated_ack_is_not_answered_twice),
	    cmocka_unit_test(silence_is_answered_ever_slower_and_not_for_ever),
	    cmocka_unit_test(the_timeout_option_sets_the_first_wait),
	    cmocka_unit_test(a_last_block_nobody_answers_counts_as_received),
	    cmocka_unit_test(each_hostile_answer_gets_its_sentence),
	    cmocka_unit_test(blocks_out_of_order_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
