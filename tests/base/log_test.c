/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/log_test.c - a peer's text can neither break a line nor forge one. */
#include "base/log.h"

#include <unistd.h>

#include "tests.h"

static const char *
line_of(struct bytes value)
{
	static char line[LOG_LINE_MOST + 1];
	int ends[2];
	ssize_t size;

	assert_int_equal(pipe(ends), 0);
	log_open("test", LOG_LEVEL_INFO, ends[1]);
	log_info("sip", "refused", LOG_BYTES("reason", value), LOG_NUMBER("code", -403));
	log_debug("sip", "not written");
	size = read(ends[0], line, sizeof(line) - 1);
	assert_true(size > 0);
	line[size] = '\0';
	close(ends[0]);
	close(ends[1]);
	log_open("test", LOG_LEVEL_INFO, STDERR_FILENO);
	return line;
}

static void
values_are_escaped(void **state)
{
	static const struct {
		const char *says, *value, *written;
	} cases[] = {
	    {"a plain word stays", "SEP0011AA", "reason=SEP0011AA "},
	    {"blanks are quoted", "bad tag", "reason=\"bad tag\" "},
	    {"nothing is visible", "", "reason=\"\" "},
	    {"a line feed cannot start a line", "a\nb", "reason=\"a\\x0ab\" "},
	    {"a quote cannot end the value", "a\" x=\"", "reason=\"a\\\" x=\\\"\" "},
	    {"an equals sign cannot make a field", "a=b", "reason=\"a=b\" "},
	    {"no terminal sequence passes", "\033[2J", "reason=\"\\x1b[2J\" "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *line = line_of(bytes_text(cases[i].value));

		if (strstr(line, cases[i].written) == NULL ||
		    strstr(line, "info sip: refused ") == NULL ||
		    strstr(line, "code=-403\n") == NULL)
			fail_msg("%s: %s", cases[i].says, line);
	}
}

static void
a_long_value_is_cut_and_the_line_still_ends(void **state)
{
	static char much[8000];
	const char *line;

	(void)state;
	memset(much, '\x01', sizeof(much));
	line = line_of(bytes_of(much, sizeof(much)));
	assert_true(strlen(line) <= LOG_LINE_MOST);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_escaped),
	    cmocka_unit_test(a_long_value_is_cut_and_the_line_still_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
