/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/audit_test.c - every record is one line of JSON; floods are counted. */
#include "base/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

static char content[65536];

static size_t
lines_written(FILE *file)
{
	size_t size, lines = 0;

	rewind(file);
	size = fread(content, 1, sizeof(content) - 1, file);
	content[size] = '\0';
	for (size_t i = 0; i < size; i++)
		lines += content[i] == '\n';
	return lines;
}

static void
a_record_names_all_it_was_given(void **state)
{
	FILE *file = tmpfile();
	struct audit_record record = {
	    .event = "registration refused",
	    .device = "SEP001122AABBCC",
	    .peer = "127.0.0.2:4000",
	    .reason = "certificate CN \"x\" does not match\n",
	    .fields =
		(const struct log_field[]){LOG_TEXT("subject", "CN=x"), LOG_NUMBER("code", 403)},
	    .count = 2,
	};

	(void)state;
	audit_open_fd(fileno(file));
	audit_write(&record);
	assert_int_equal(lines_written(file), 1);
	assert_non_null(strstr(content, "\"event\":\"registration refused\""));
	assert_non_null(strstr(content, "\"device\":\"SEP001122AABBCC\""));
	assert_non_null(strstr(content, "\"peer\":\"127.0.0.2:4000\""));
	assert_non_null(
	    strstr(content, "\"reason\":\"certificate CN \\\"x\\\" does not match\\u000a\""));
	assert_non_null(strstr(content, "\"subject\":\"CN=x\",\"code\":403,\"times\":1}\n"));
	fclose(file);
}

static void
a_flood_is_written_once_and_then_its_count(void **state)
{
	FILE *file = tmpfile();
	char peer[64];
	struct audit_record record = {.event = "packet refused",
	    .device = "SEP1",
	    .peer = peer,
	    .reason = "authentication failed",
	    .counted = true};

	(void)state;
	audit_open_fd(fileno(file));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "127.0.0.9:%u", 1000 + i);
		audit_write(&record);
	}
	assert_int_equal(lines_written(file), 1);
	audit_flush(false); /* its quiet time is not over */
	assert_int_equal(lines_written(file), 1);
	audit_flush(true);
	assert_int_equal(lines_written(file), 2);
	assert_non_null(strstr(content, "\"times\":999}"));
	fclose(file);
}

static void
too_many_facts_are_left_out_but_never_the_reason(void **state)
{
	FILE *file = tmpfile();
	static char large[5000];
	struct audit_record record = {.event = "e",
	    .reason = "the reason",
	    .fields = (const struct log_field[]){LOG_BYTES("large", bytes_of(large, sizeof(large))),
		LOG_TEXT("small", "s")},
	    .count = 2};

	(void)state;
	memset(large, 'x', sizeof(large));
	audit_open_fd(fileno(file));
	audit_write(&record);
	assert_int_equal(lines_written(file), 1);
	assert_non_null(strstr(content, "\"reason\":\"the reason\",\"small\":\"s\",\"times\":1}"));
	fclose(file);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_names_all_it_was_given),
	    cmocka_unit_test(a_flood_is_written_once_and_then_its_count),
	    cmocka_unit_test(too_many_facts_are_left_out_but_never_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
