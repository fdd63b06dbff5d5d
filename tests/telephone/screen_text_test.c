/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/screen_text_test.c - golden screens. */
#include "telephone/screen_text.h"

#include "tests.h"

static void
expect_screen(const struct screen_facts *facts, const char *golden, const char *spoken)
{
	struct screen_text text;
	char drawn[SCREEN_LINES_MOST * SCREEN_LINE_SIZE] = "";

	screen_text_draw(facts, &text);
	for (size_t i = 0; i < text.count; i++) {
		strcat(drawn, text.lines[i]);
		strcat(drawn, "\n");
	}
	assert_string_equal(drawn, golden);
	assert_string_equal(text.spoken, spoken);
}

static void
an_idle_secured_phone_says_so_in_its_header(void **state)
{
	(void)state;
	expect_screen(&(struct screen_facts){.device = "SEP001122334455",
			  .extension = "1001",
			  .phone_secured = true,
			  .state = MESSAGE_READY},
	    "SEP001122334455  1001            [phone secured]\n"
	    "Ready\n",
	    "phone secured. Ready. ");
}

static void
a_phone_that_is_not_secured_says_nothing(void **state)
{
	(void)state;
	expect_screen(&(struct screen_facts){.device = "SEP001122334455",
			  .extension = "",
			  .state = MESSAGE_FETCHING_LISTS,
			  .status = "File auth failed ITLFile.tlv"},
	    "SEP001122334455                                 \n"
	    "Fetching trust lists\n"
	    "File auth failed ITLFile.tlv\n",
	    "Fetching trust lists. ");
}

/* Two marks: the header's while dialling, the call's only when the call has it. */
static void
dialling_from_a_secured_phone_shows_no_lock(void **state)
{
	(void)state;
	expect_screen(&(struct screen_facts){.device = "SEP001122334455",
			  .extension = "1001",
			  .phone_secured = true,
			  .state = MESSAGE_READY,
			  .calls = {{.number = 1, .state = CALL_DIALLING, .party = "1002"}},
			  .call_count = 1},
	    "SEP001122334455  1001            [phone secured]\n"
	    "Ready\n"
	    "1 Dialling      1002\n",
	    "phone secured. Ready. Dialling, 1002. ");
}

static void
the_lock_stands_right_of_the_timer(void **state)
{
	(void)state;
	expect_screen(&(struct screen_facts){.device = "SEP001122334455",
			  .extension = "1001",
			  .phone_secured = true,
			  .state = MESSAGE_READY,
			  .calls = {{.number = 1,
			      .state = CALL_CONNECTED,
			      .party = "1002 Beate",
			      .seconds = 42,
			      .icon = ICON_LOCK}},
			  .call_count = 1},
	    "SEP001122334455  1001            [phone secured]\n"
	    "Ready\n"
	    "1 Connected     1002 Beate\n"
	    "  00:42 [lock]\n",
	    "phone secured. Ready. Connected, 1002 Beate, 42 seconds, secure call. ");
}

static void
two_calls_have_a_mark_each(void **state)
{
	(void)state;
	expect_screen(&(struct screen_facts){.device = "SEP001122334455",
			  .extension = "1001",
			  .state = MESSAGE_NO_MANAGER,
			  .calls = {{.number = 1,
					.state = CALL_HELD,
					.party = "1002",
					.seconds = 3723,
					.icon = ICON_SHIELD},
			      {.number = 3, .state = CALL_CONNECTED, .party = "", .seconds = 0}},
			  .call_count = 2},
	    "SEP001122334455  1001                           \n"
	    "Manager cannot be reached\n"
	    "1 On hold       1002\n"
	    "  1:02:03 [shield]\n"
	    "3 Connected     Unknown\n"
	    "  00:00\n",
	    "Manager cannot be reached. On hold, 1002, 3723 seconds, authenticated call. "
	    "Connected, Unknown, 0 seconds, call not secure. ");
}

static void
a_call_that_is_not_up_never_shows_an_icon(void **state)
{
	struct screen_text text;

	(void)state;
	for (unsigned call = 0; call < CALL_STATES; call++) {
		struct screen_facts facts = {.device = "",
		    .extension = "",
		    .call_count = 1,
		    .calls = {{.number = 1, .state = call, .icon = ICON_LOCK}}};
		bool shown = false;

		screen_text_draw(&facts, &text);
		for (size_t i = 0; i < text.count; i++)
			shown = shown || strstr(text.lines[i], "[lock]") != NULL;
		assert_int_equal(shown, call_is_up(call));
	}
}

static void
every_message_has_words_and_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MESSAGE_COUNT; i++) {
		assert_true(message_text(i)[0] != '\0');
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(message_name(i), message_name(k));
	}
}

static void
an_argument_stands_in_its_place_and_is_cut_to_fit(void **state)
{
	char text[MESSAGE_SIZE], longest[2 * MESSAGE_SIZE];

	(void)state;
	assert_string_equal(message_write(MESSAGE_FILE_AUTH_FAILED, "ITLFile.tlv", text),
	    "File auth failed ITLFile.tlv");
	assert_string_equal(message_write(MESSAGE_READY, "unused", text), "Ready");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(
	    strlen(message_write(MESSAGE_FILE_AUTH_FAILED, longest, text)), MESSAGE_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_idle_secured_phone_says_so_in_its_header),
	    cmocka_unit_test(a_phone_that_is_not_secured_says_nothing),
	    cmocka_unit_test(dialling_from_a_secured_phone_shows_no_lock),
	    cmocka_unit_test(the_lock_stands_right_of_the_timer),
	    cmocka_unit_test(two_calls_have_a_mark_each),
	    cmocka_unit_test(a_call_that_is_not_up_never_shows_an_icon),
	    cmocka_unit_test(every_message_has_words_and_a_name_of_its_own),
	    cmocka_unit_test(an_argument_stands_in_its_place_and_is_cut_to_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
