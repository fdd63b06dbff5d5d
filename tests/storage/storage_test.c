/* SPDX-License-Identifier: Apache-2.0 */
/* tests/storage/storage_test.c - files whole or not at all. */
#include "storage/storage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests.h"

static char folder[] = "/tmp/storage-test-XXXXXX";
static char path[STORAGE_PATH_MOST];

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void
what_was_written_is_read(void **state)
{
	struct content content;
	struct stat about;
	struct why why;

	(void)state;
	assert_accepted(storage_replace(path, bytes_text("one"), 0600, &why), why);
	assert_accepted(storage_replace(path, bytes_text("second"), 0600, &why), why);
	assert_accepted(storage_read(path, 6, &content, &why), why);
	assert_true(bytes_equal_text(content_bytes(&content), "second"));
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	content_free(&content);
}

static void
a_file_over_the_limit_is_refused_with_its_size(void **state)
{
	struct content content;
	struct why why;

	(void)state;
	assert_accepted(storage_replace(path, bytes_text("seven b"), 0600, &why), why);
	assert_refused(
	    storage_read(path, 6, &content, &why), FAULT_LIMIT, why, "has 7 bytes, more than 6");
}

static void
no_file_and_no_regular_file_are_told_apart(void **state)
{
	struct content content;
	struct why why;

	(void)state;
	assert_refused(storage_read("/no/such", 9, &content, &why), FAULT_MISSING, why, "/no/such");
	assert_refused(
	    storage_read(folder, 9, &content, &why), FAULT_MALFORMED, why, "not a regular file");
}

static void
count_one(void *arg, const char *name)
{
	(void)name;
	++*(unsigned *)arg;
}

/* A disk that is full in the middle of the file: here, a limit on file size. */
static void
a_write_that_fails_leaves_the_old_file_and_no_other(void **state)
{
	static uint8_t large[100000];
	struct rlimit old, small = {4096, 4096};
	struct content content;
	unsigned files = 0;
	struct why why;

	(void)state;
	assert_accepted(storage_replace(path, bytes_text("old"), 0600, &why), why);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_refused(storage_replace(path, bytes_of(large, sizeof(large)), 0600, &why),
	    FAULT_SYSTEM, why, "cannot write");
	setrlimit(RLIMIT_FSIZE, &old);
	assert_accepted(storage_read(path, 100, &content, &why), why);
	assert_true(bytes_equal_text(content_bytes(&content), "old"));
	content_free(&content);
	assert_accepted(storage_each(folder, count_one, &files, &why), why);
	assert_int_equal(files, 1);
}

static void
what_an_interrupted_write_left_is_tidied(void **state)
{
	char left[STORAGE_PATH_MOST + 16];
	struct why why;

	(void)state;
	snprintf(left, sizeof(left), "%s.new-0123", path);
	assert_accepted(storage_replace(left, bytes_text("half"), 0600, &why), why);
	assert_accepted(storage_tidy(folder, &why), why);
	assert_false(storage_exists(left));
	assert_true(storage_exists(path));
}

static void
names_from_outside_cannot_leave_the_folder(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} cases[] = {{"SEP001122334455.cnf.xml.sgn", true}, {"ITLFile.tlv", true}, {"", false},
	    {"../etc/passwd", false}, {"..", false}, {".hidden", false}, {"a/b", false},
	    {"a\\b", false}, {"a b", false}, {"a\nb", false}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (storage_name_ok(bytes_text(cases[i].name)) != cases[i].ok)
			fail_msg("\"%s\"", cases[i].name);
	assert_false(storage_name_ok(bytes_of("a\0b", 3)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_written_is_read),
	    cmocka_unit_test(a_file_over_the_limit_is_refused_with_its_size),
	    cmocka_unit_test(no_file_and_no_regular_file_are_told_apart),
	    cmocka_unit_test(a_write_that_fails_leaves_the_old_file_and_no_other),
	    cmocka_unit_test(what_an_interrupted_write_left_is_tidied),
	    cmocka_unit_test(names_from_outside_cannot_leave_the_folder),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
