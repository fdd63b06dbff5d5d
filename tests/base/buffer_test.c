/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/buffer_test.c - writing grows, stops at the most, and is checked once. */
#include "base/buffer.h"

#include "tests.h"

static void
numbers_and_text_stand_as_written(void **state)
{
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 'a', 'b', '4', '2'};
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 100);
	buffer_u8(&buffer, 1);
	buffer_u16(&buffer, 0x0203);
	buffer_u32(&buffer, 0x04050607);
	buffer_text(&buffer, "ab");
	buffer_format(&buffer, "%d", 42);
	assert_true(buffer_ok(&buffer));
	assert_true(bytes_equal(buffer_bytes_of(&buffer), bytes_of(expected, sizeof(expected))));
	buffer_finish(&buffer);
}

static void
a_length_is_filled_in_later(void **state)
{
	static const uint8_t expected[] = {9, 0, 3, 'x', 'y', 'z'};
	struct buffer buffer;
	size_t mark;

	(void)state;
	buffer_init(&buffer, 100);
	buffer_u8(&buffer, 9);
	mark = buffer_open_u16(&buffer);
	buffer_text(&buffer, "xyz");
	buffer_close_u16(&buffer, mark);
	assert_true(bytes_equal(buffer_bytes_of(&buffer), bytes_of(expected, sizeof(expected))));
	buffer_finish(&buffer);
}

static void
past_its_most_a_buffer_is_spoilt_and_stays_so(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 4);
	buffer_text(&buffer, "abcd");
	assert_true(buffer_ok(&buffer));
	buffer_u8(&buffer, 'e');
	assert_false(buffer_ok(&buffer));
	buffer_clear(&buffer);
	assert_true(buffer_ok(&buffer));
	buffer_finish(&buffer);
}

static void
it_grows_through_many_sizes(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 1 << 20);
	for (unsigned i = 0; i < 100000; i++)
		buffer_u8(&buffer, (uint8_t)i);
	assert_true(buffer_ok(&buffer));
	assert_int_equal(buffer.size, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buffer.at[i], (uint8_t)i);
	buffer_finish(&buffer);
}

static void
what_is_consumed_is_gone(void **state)
{
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, 100);
	buffer_text(&buffer, "headbody");
	buffer_consume(&buffer, 4);
	assert_string_equal(buffer_text_of(&buffer), "body");
	buffer_consume(&buffer, 400);
	assert_int_equal(buffer.size, 0);
	buffer_finish(&buffer);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_and_text_stand_as_written),
	    cmocka_unit_test(a_length_is_filled_in_later),
	    cmocka_unit_test(past_its_most_a_buffer_is_spoilt_and_stays_so),
	    cmocka_unit_test(it_grows_through_many_sizes),
	    cmocka_unit_test(what_is_consumed_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
