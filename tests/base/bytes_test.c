/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/bytes_test.c - the cursor takes whole or not at all. */
#include "base/bytes.h"

#include "tests.h"

static const uint8_t input[] = {0x01, 0x02, 0x03, 0x00, 0x02, 'h', 'i', 0x00, 0x05, 'x'};

static void
a_number_is_taken_big_endian(void **state)
{
	struct bytes from = bytes_of(input, sizeof(input));
	uint8_t first;
	uint16_t second;

	(void)state;
	assert_true(bytes_take_u8(&from, &first));
	assert_true(bytes_take_u16(&from, &second));
	assert_int_equal(first, 1);
	assert_int_equal(second, 0x0203);
	assert_int_equal(from.left, sizeof(input) - 3);
}

static void
a_take_past_the_end_takes_nothing(void **state)
{
	struct bytes from = bytes_of(input, 3), before = from, taken;
	uint32_t number = 7;

	(void)state;
	assert_false(bytes_take(&from, 4, &taken));
	assert_false(bytes_take_u32(&from, &number));
	assert_int_equal(number, 7);
	assert_ptr_equal(from.at, before.at);
	assert_int_equal(from.left, before.left);
}

static void
a_sized_value_cut_short_takes_not_even_its_length(void **state)
{
	struct bytes from = bytes_of(input + 3, 7), value;

	(void)state;
	assert_true(bytes_take_sized(&from, &value));
	assert_true(bytes_equal_text(value, "hi"));
	assert_false(bytes_take_sized(&from, &value));
	assert_int_equal(from.left, 3);
}

static void
until_needs_its_stop(void **state)
{
	struct bytes from = bytes_text("name: value"), taken;

	(void)state;
	assert_true(bytes_take_until(&from, ':', &taken));
	assert_true(bytes_equal_text(taken, "name"));
	assert_true(bytes_equal_text(bytes_trim(from), "value"));
	assert_false(bytes_take_until(&from, ';', &taken));
	assert_true(bytes_equal_text(from, " value"));
}

static void
the_empty_view_gives_nothing_and_breaks_nothing(void **state)
{
	struct bytes none = bytes_of(NULL, 0), taken;
	size_t offset;
	uint8_t byte;

	(void)state;
	assert_true(bytes_take(&none, 0, &taken));
	assert_false(bytes_take_u8(&none, &byte));
	assert_false(bytes_take_until(&none, 'x', &taken));
	assert_int_equal(bytes_skip_any(&none, " "), 0);
	assert_true(bytes_equal(none, bytes_text("")));
	assert_true(bytes_find(none, bytes_text(""), &offset));
	assert_false(bytes_find(none, bytes_text("a"), &offset));
}

static void
decimals_are_whole_bounded_and_unsigned(void **state)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool ok;
	} cases[] = {
	    {"0", 10, true},
	    {"65535", 65535, true},
	    {"65536", 65535, false},
	    {"", 9, false},
	    {"-1", 9, false},
	    {"+1", 9, false},
	    {" 1", 9, false},
	    {"1x", 99, false},
	    {"18446744073709551615", UINT64_MAX, true},
	    {"18446744073709551616", UINT64_MAX, false},
	    {"99999999999999999999999", UINT64_MAX, false},
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (bytes_decimal(bytes_text(cases[i].text), cases[i].most, &value) != cases[i].ok)
			fail_msg("\"%s\"", cases[i].text);
}

static void
names_compare_without_case_but_only_ascii(void **state)
{
	(void)state;
	assert_true(bytes_equal_text_nocase(bytes_text("Call-ID"), "call-id"));
	assert_false(bytes_equal_text_nocase(bytes_text("Call-I\xc4"), "call-i\xe4"));
	assert_false(bytes_equal_text_nocase(bytes_text("[abc"), "{abc"));
}

static void
secrets_compare_by_content(void **state)
{
	(void)state;
	assert_true(bytes_equal_secret(bytes_text("tag"), bytes_text("tag")));
	assert_false(bytes_equal_secret(bytes_text("tag"), bytes_text("tah")));
	assert_false(bytes_equal_secret(bytes_text("tag"), bytes_text("tags")));
}

static void
within_means_wholly_within(void **state)
{
	struct bytes outer = bytes_of(input, 5);

	(void)state;
	assert_true(bytes_within(bytes_of(input + 2, 3), outer));
	assert_false(bytes_within(bytes_of(input + 2, 4), outer));
	assert_true(bytes_within(bytes_of(NULL, 0), outer));
}

static void
a_text_copy_must_fit_and_hold_no_nul(void **state)
{
	char room[4];

	(void)state;
	assert_true(bytes_copy_text(bytes_text("abc"), room, sizeof(room)));
	assert_string_equal(room, "abc");
	assert_false(bytes_copy_text(bytes_text("abcd"), room, sizeof(room)));
	assert_false(bytes_copy_text(bytes_of("a\0b", 3), room, sizeof(room)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_is_taken_big_endian),
	    cmocka_unit_test(a_take_past_the_end_takes_nothing),
	    cmocka_unit_test(a_sized_value_cut_short_takes_not_even_its_length),
	    cmocka_unit_test(until_needs_its_stop),
	    cmocka_unit_test(the_empty_view_gives_nothing_and_breaks_nothing),
	    cmocka_unit_test(decimals_are_whole_bounded_and_unsigned),
	    cmocka_unit_test(names_compare_without_case_but_only_ascii),
	    cmocka_unit_test(secrets_compare_by_content),
	    cmocka_unit_test(within_means_wholly_within),
	    cmocka_unit_test(a_text_copy_must_fit_and_hold_no_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
