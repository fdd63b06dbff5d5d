/* SPDX-License-Identifier: Apache-2.0 */
/* tests/manager/call_parts_test.c - call control reads the directory, and its questions. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "manager/call_directory.h"
#include "manager/call_message.h"
#include "tests.h"

static struct directory *directory;
static char folder[32];

static void
add_phone(const char *device, const char *profile, const char *user, const char *first,
    const char *second)
{
	struct phone phone = {.line_count = second == NULL ? 1 : 2};
	struct why why;

	snprintf(phone.device, sizeof(phone.device), "%s", device);
	snprintf(phone.profile, sizeof(phone.profile), "%s", profile);
	snprintf(phone.user, sizeof(phone.user), "%s", user);
	snprintf(phone.lines[0].number, sizeof(phone.lines[0].number), "%s", first);
	phone.lines[0].position = 1;
	snprintf(phone.lines[0].display, sizeof(phone.lines[0].display), "Ann");
	if (second != NULL) {
		phone.lines[1].position = 2;
		snprintf(phone.lines[1].number, sizeof(phone.lines[1].number), "%s", second);
	}
	assert_accepted(directory_set_phone(directory, &phone, &why), why);
}

static int
begin(void **state)
{
	static const struct digest_user user = {"soft", "00112233445566778899aabbccddeeff",
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
	char path[64];
	struct why why;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/call-parts-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/site.db", folder);
	assert_accepted(directory_open(&directory, path, DATABASE_WRITE, &why), why);
	assert_accepted(directory_set_user(directory, &user, &why), why);
	add_phone("SEP00000000000A", "encrypted", "", "1001", "1002");
	add_phone("SEP00000000000B", "encrypted", "", "1002", NULL);
	add_phone("softphone", "third-party", "soft", "1005", NULL);
	return 0;
}

static int
end(void **state)
{
	static const char *const names[] = {"site.db", "site.db-wal", "site.db-shm"};
	char path[64];

	(void)state;
	directory_close(directory);
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static const struct {
	const char *says, *device, *line;
	enum fault fault;
	const char *found, *complaint;
} questions[] = {
    {"a device and its line", "SEP00000000000A", "1001", FAULT_NONE, "SEP00000000000A", NULL},
    {"its second line", "SEP00000000000A", "1002", FAULT_NONE, "SEP00000000000A", NULL},
    {"no name, one owner", "", "1005", FAULT_NONE, "softphone", NULL},
    {"no name, two owners", "", "1002", FAULT_UNEXPECTED, NULL, "on 2 phones"},
    {"another's line", "SEP00000000000B", "1001", FAULT_MISSING, NULL, "has no line 1001"},
    {"no such device", "SEP0000000000FF", "1001", FAULT_MISSING, NULL, "SEP0000000000FF"},
    {"no such line", "", "4711", FAULT_MISSING, NULL, "no phone has line 4711"},
};

static void
a_line_is_found_by_device_or_by_its_only_owner(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(questions); i++) {
		struct subscriber found = {""};
		struct why why = {""};
		enum fault fault = call_directory_find(directory, bytes_text(questions[i].device),
		    bytes_text(questions[i].line), &found, &why);

		if (fault != questions[i].fault ||
		    (fault == FAULT_NONE && strcmp(found.device, questions[i].found) != 0) ||
		    (fault != FAULT_NONE && strstr(why.text, questions[i].complaint) == NULL))
			fail_msg("%s: %s, %s", questions[i].says, fault_name(fault), why.text);
	}
}

static void
a_third_party_phone_brings_its_user(void **state)
{
	struct subscriber found;
	struct why why;

	(void)state;
	assert_accepted(
	    call_directory_find(directory, bytes_text(""), bytes_text("1005"), &found, &why), why);
	assert_true(found.profile.third_party);
	assert_string_equal(found.digest_user, "soft");
	assert_string_equal(found.ha1_md5, "00112233445566778899aabbccddeeff");
	assert_string_equal(found.display, "Ann");
}

static void
whether_a_line_exists_is_known(void **state)
{
	(void)state;
	assert_true(call_directory_line_exists(directory, bytes_text("1002")));
	assert_false(call_directory_line_exists(directory, bytes_text("4711")));
	assert_false(call_directory_line_exists(directory, bytes_of("10\0", 3)));
}

static void
questions_and_answers_read_as_they_were_written(void **state)
{
	struct call_query query = {7, CALL_ASK_WHY, bytes_text("42")}, asked;
	struct call_answer answer = {7, FAULT_MISSING, bytes_text("no call")}, answered;
	struct buffer buffer;
	struct why why;

	(void)state;
	buffer_init(&buffer, 1024);
	call_query_write(&buffer, &query);
	assert_accepted(call_query_read(buffer_bytes_of(&buffer), &asked, &why), why);
	assert_int_equal(asked.ticket, 7);
	assert_true(bytes_equal_text(asked.argument, "42"));
	assert_refused(call_query_read(bytes_part(buffer_bytes_of(&buffer), 0, 5), &asked, &why),
	    FAULT_MALFORMED, why, "cut short");
	buffer_clear(&buffer);
	call_answer_write(&buffer, &answer);
	assert_accepted(call_answer_read(buffer_bytes_of(&buffer), &answered, &why), why);
	assert_int_equal(answered.fault, FAULT_MISSING);
	assert_true(bytes_equal_text(answered.text, "no call"));
	buffer_finish(&buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_line_is_found_by_device_or_by_its_only_owner, begin, end),
	    cmocka_unit_test_setup_teardown(a_third_party_phone_brings_its_user, begin, end),
	    cmocka_unit_test_setup_teardown(whether_a_line_exists_is_known, begin, end),
	    cmocka_unit_test(questions_and_answers_read_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
