/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/mailbox_test.c - whole messages with descriptors, in order, or a sentence. */
#include "base/mailbox.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests.h"

struct received {
	struct loop *loop;
	unsigned messages, wanted;
	size_t bytes;
	int descriptor;
	bool in_order;
	char closed[WHY_SIZE];
};

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct received *received = arg;

	received->in_order &= message->type == received->messages;
	received->messages++;
	received->bytes += message->body.left;
	if (message->descriptor_count > 0)
		received->descriptor = message->descriptors[0];
	if (received->messages == received->wanted)
		loop_stop(received->loop);
}

static void
on_closed(void *arg, const struct why *why)
{
	struct received *received = arg;

	memcpy(received->closed, why->text, sizeof(received->closed));
	loop_stop(received->loop);
}

struct pair {
	struct loop *loop;
	struct mailbox *left, *right;
	struct received at_left, at_right;
	int right_fd;
};

static void
pair_init(struct pair *pair)
{
	struct why why;
	int ends[2];

	memset(pair, 0, sizeof(*pair));
	assert_accepted(loop_new(&pair->loop, &why), why);
	assert_accepted(mailbox_pair(ends, &why), why);
	pair->right_fd = ends[1];
	pair->at_left = pair->at_right =
	    (struct received){.loop = pair->loop, .descriptor = -1, .in_order = true};
	assert_accepted(mailbox_new(&pair->left, pair->loop, ends[0], on_message, on_closed,
			    &pair->at_left, &why),
	    why);
	assert_accepted(mailbox_new(&pair->right, pair->loop, ends[1], on_message, on_closed,
			    &pair->at_right, &why),
	    why);
}

static void
pair_finish(struct pair *pair)
{
	mailbox_free(pair->left);
	mailbox_free(pair->right);
	loop_free(pair->loop);
}

static void
far_more_than_the_socket_holds_arrives_whole_and_in_order(void **state)
{
	static uint8_t body[50000];
	struct pair pair;
	struct why why;

	(void)state;
	pair_init(&pair);
	pair.at_right.wanted = 500;
	for (uint16_t i = 0; i < 500; i++)
		assert_accepted(
		    mailbox_send(pair.left, i, bytes_of(body, sizeof(body)), NULL, 0, &why), why);
	loop_run(pair.loop);
	assert_int_equal(pair.at_right.messages, 500);
	assert_int_equal(pair.at_right.bytes, 500 * sizeof(body));
	assert_true(pair.at_right.in_order);
	pair_finish(&pair);
}

static void
a_descriptor_travels_with_its_message(void **state)
{
	struct pair pair;
	struct why why;
	int ends[2];
	char c = 0;

	(void)state;
	pair_init(&pair);
	assert_int_equal(pipe(ends), 0);
	pair.at_right.wanted = 1;
	assert_accepted(mailbox_send(pair.left, 0, bytes_text("x"), &ends[1], 1, &why), why);
	close(ends[1]);
	loop_run(pair.loop);
	assert_int_equal(write(pair.at_right.descriptor, "z", 1), 1);
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(c, 'z');
	close(ends[0]);
	close(pair.at_right.descriptor);
	pair_finish(&pair);
}

static void
the_end_of_the_other_process_is_told_once(void **state)
{
	struct pair pair;

	(void)state;
	pair_init(&pair);
	mailbox_free(pair.left);
	pair.left = NULL;
	loop_run(pair.loop);
	assert_string_equal(pair.at_right.closed, "the other process is gone");
	pair_finish(&pair);
}

static void
nonsense_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *complaint;
	} cases[] = {
	    {"\1", 1, "breaks the format"},
	    {"\1\0\0", 3, "breaks the format"},
	    {"\1\7\0\0", 4, "breaks the format"},
	    {"\2\0\0\0", 4, "a message of version 2"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mailbox_message message;
		uint8_t room[64];
		struct why why;
		int ends[2];

		assert_accepted(mailbox_pair(ends, &why), why);
		assert_int_equal(send(ends[0], cases[i].bytes, cases[i].size, 0), cases[i].size);
		assert_refused(mailbox_read(ends[1], room, sizeof(room), 1000, &message, &why),
		    FAULT_MALFORMED, why, cases[i].complaint);
		close(ends[0]);
		close(ends[1]);
	}
}

static void
a_message_over_the_limit_is_not_sent(void **state)
{
	static uint8_t body[MAILBOX_BODY_MOST + 1];
	struct pair pair;
	struct why why;

	(void)state;
	pair_init(&pair);
	assert_refused(mailbox_send(pair.left, 0, bytes_of(body, sizeof(body)), NULL, 0, &why),
	    FAULT_LIMIT, why, "131073 bytes");
	pair_finish(&pair);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(far_more_than_the_socket_holds_arrives_whole_and_in_order),
	    cmocka_unit_test(a_descriptor_travels_with_its_message),
	    cmocka_unit_test(the_end_of_the_other_process_is_told_once),
	    cmocka_unit_test(nonsense_is_refused_with_a_sentence),
	    cmocka_unit_test(a_message_over_the_limit_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
