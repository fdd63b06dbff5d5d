/* SPDX-License-Identifier: Apache-2.0 */
/* tests/database/database_test.c - statements, migrations, one writer and its readers. */
#include "database/database.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests.h"

static const struct migration steps[] = {
    {"CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, data BLOB)"},
    {"ALTER TABLE note ADD COLUMN rank INTEGER NOT NULL DEFAULT 7"},
};

static char folder[32], path[64];

static int
set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/database-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/db", folder);
	return 0;
}

static int
tear_down(void **state)
{
	char name[80];

	(void)state;
	unlink(path);
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	return rmdir(folder);
}

static struct database *
open_at(enum database_access access, size_t version)
{
	struct database *database;
	struct why why;

	assert_accepted(database_open(&database, path, access, steps, version, &why), why);
	return database;
}

struct seen {
	unsigned rows;
	char text[32];
	int64_t number;
	size_t size;
	bool null;
};

static enum fault
see(void *arg, const struct row *row, struct why *why)
{
	struct seen *seen = arg;

	(void)why;
	seen->rows++;
	snprintf(seen->text, sizeof(seen->text), "%s", row_text(row, 0));
	seen->size = row_bytes(row, 1).left;
	seen->number = row_number(row, 2);
	seen->null = row_is_null(row, 0);
	return FAULT_NONE;
}

static void
what_is_bound_comes_back(void **state)
{
	struct database *database = open_at(DATABASE_WRITE, 2);
	struct seen seen = {0};
	struct why why;
	int64_t changed;

	(void)state;
	assert_accepted(database_do(database, &changed, &why,
			    "INSERT INTO note (text, data, rank) VALUES (?, ?, ?)", "tbn",
			    "it's; DROP TABLE note", bytes_of("a\0b", 3), INT64_C(-5)),
	    why);
	assert_int_equal(changed, 1);
	assert_accepted(
	    database_query(database, see, &seen, &why, "SELECT text, data, rank FROM note", ""),
	    why);
	assert_int_equal(seen.rows, 1);
	assert_string_equal(seen.text, "it's; DROP TABLE note");
	assert_int_equal(seen.size, 3);
	assert_int_equal(seen.number, -5);
	assert_false(seen.null);
	database_close(database);
}

static void
a_file_is_brought_up_to_date_step_by_step(void **state)
{
	struct database *database = open_at(DATABASE_WRITE, 1);
	struct seen seen = {0};
	struct stat about;
	struct why why;

	(void)state;
	assert_accepted(
	    database_do(database, NULL, &why, "INSERT INTO note (text) VALUES (NULL)", ""), why);
	database_close(database);
	database = open_at(DATABASE_WRITE, 2);
	assert_accepted(
	    database_query(database, see, &seen, &why, "SELECT text, data, rank FROM note", ""),
	    why);
	assert_int_equal(seen.number, 7);
	assert_true(seen.null);
	database_close(database);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
}

static void
a_file_of_a_later_version_is_refused(void **state)
{
	struct database *database = open_at(DATABASE_WRITE, 2);
	struct why why;

	(void)state;
	database_close(database);
	assert_refused(database_open(&database, path, DATABASE_WRITE, steps, 1, &why),
	    FAULT_UNEXPECTED, why, "later version of Ringfence");
}

static void
a_reader_cannot_write_and_waits_for_the_writer_to_prepare_the_file(void **state)
{
	struct database *writer = open_at(DATABASE_WRITE, 1), *reader;
	struct why why;

	(void)state;
	assert_refused(database_open(&reader, path, DATABASE_READ, steps, 2, &why), FAULT_BUSY, why,
	    "not up to date yet");
	reader = open_at(DATABASE_READ, 1);
	assert_refused(
	    database_do(reader, NULL, &why, "DELETE FROM note", ""), FAULT_SYSTEM, why, "readonly");
	database_close(reader);
	database_close(writer);
}

static void
a_reader_sees_that_another_has_written(void **state)
{
	struct database *writer = open_at(DATABASE_WRITE, 1), *reader = open_at(DATABASE_READ, 1);
	int64_t before, after;
	struct why why;

	(void)state;
	assert_accepted(database_version(reader, &before, &why), why);
	assert_accepted(
	    database_do(writer, NULL, &why, "INSERT INTO note (text) VALUES ('x')", ""), why);
	assert_accepted(database_version(reader, &after, &why), why);
	assert_int_not_equal(before, after);
	database_close(reader);
	database_close(writer);
}

static enum fault
write_then_fail(void *arg, struct database *database, struct why *why)
{
	enum fault fault;

	(void)arg;
	if ((fault = database_do(database, NULL, why, "INSERT INTO note (text) VALUES ('x')", "")))
		return fault;
	return explain(why, FAULT_FORBIDDEN, "second thoughts");
}

static void
a_transaction_that_fails_leaves_nothing(void **state)
{
	struct database *database = open_at(DATABASE_WRITE, 2);
	struct seen seen = {0};
	struct why why;

	(void)state;
	assert_refused(database_transaction(database, write_then_fail, NULL, &why), FAULT_FORBIDDEN,
	    why, "second thoughts");
	assert_accepted(
	    database_query(database, see, &seen, &why, "SELECT text, data, rank FROM note", ""),
	    why);
	assert_int_equal(seen.rows, 0);
	database_close(database);
}

static void
values_and_places_must_match(void **state)
{
	struct database *database = open_at(DATABASE_WRITE, 2);
	struct why why;

	(void)state;
	assert_refused(database_do(database, NULL, &why, "INSERT INTO note (text) VALUES (?)", ""),
	    FAULT_UNEXPECTED, why, "0 values for 1 places");
	database_close(database);
}

static void
a_file_that_is_no_database_is_refused(void **state)
{
	struct database *database;
	FILE *file = fopen(path, "w");
	struct why why;

	(void)state;
	for (int i = 0; i < 1000; i++)
		fprintf(file, "this is not a database\n");
	fclose(file);
	assert_refused(database_open(&database, path, DATABASE_WRITE, steps, 1, &why),
	    FAULT_MALFORMED, why, "not a database");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_bound_comes_back, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_file_is_brought_up_to_date_step_by_step, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_file_of_a_later_version_is_refused, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_reader_cannot_write_and_waits_for_the_writer_to_prepare_the_file, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(
		a_reader_sees_that_another_has_written, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_transaction_that_fails_leaves_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(values_and_places_must_match, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_file_that_is_no_database_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
