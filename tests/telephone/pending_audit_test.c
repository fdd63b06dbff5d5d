/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/pending_audit_test.c - refusals wait on disk until the manager has them. */
#include "telephone/pending_audit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/storage.h"
#include "tests.h"

static char folder[] = "/tmp/pending-audit-XXXXXX";
static char path[64];

static struct pending_audit *
opened(void)
{
	struct pending_audit *pending = NULL;
	struct why why;

	assert_accepted(pending_audit_open(&pending, path, 1000, &why), why);
	return pending;
}

static void
add(struct pending_audit *pending, const char *subject, const char *reason)
{
	struct pending_record record = {"file refused", subject, reason, 1790000000};
	struct why why;

	assert_accepted(pending_audit_add(pending, &record, &why), why);
}

/* The report as JSON; its records are borrowed. */
static json_t *
reported(struct pending_audit *pending, size_t *count)
{
	struct buffer report;
	struct why why;
	json_t *body;

	buffer_init(&report, 65536);
	assert_accepted(
	    pending_audit_report(pending, "SEP001122334455", &report, count, &why), why);
	body = json_loads(buffer_text_of(&report), 0, NULL);
	buffer_finish(&report);
	return body;
}

static json_int_t
times_of(const json_t *body, size_t index)
{
	return json_integer_value(
	    json_object_get(json_array_get(json_object_get(body, "records"), index), "times"));
}

static void
a_refusal_outlives_the_phone(void **state)
{
	struct pending_audit *pending = opened();
	size_t count;
	json_t *body;

	(void)state;
	add(pending, "ITLFile.tlv", "signed by a stranger");
	pending_audit_free(pending);
	pending = opened();
	assert_int_equal(pending_audit_count(pending), 1);
	body = reported(pending, &count);
	assert_int_equal(count, 1);
	assert_string_equal(json_string_value(json_object_get(body, "device")), "SEP001122334455");
	json_decref(body);
	pending_audit_free(pending);
}

static void
repeats_are_counted(void **state)
{
	struct pending_audit *pending = opened();
	size_t count;
	json_t *body;

	(void)state;
	for (int i = 0; i < 1000; i++)
		add(pending, "ITLFile.tlv", "signed by a stranger");
	add(pending, "CTLFile.tlv", "signed by a stranger");
	assert_int_equal(pending_audit_count(pending), 2);
	body = reported(pending, &count);
	assert_int_equal(times_of(body, 0), 1000);
	assert_int_equal(times_of(body, 1), 1);
	json_decref(body);
	pending_audit_free(pending);
}

static void
what_was_received_is_forgotten_and_what_was_not_is_sent_again(void **state)
{
	struct pending_audit *pending = opened();
	struct why why;
	size_t count;

	(void)state;
	add(pending, "a", "one");
	json_decref(reported(pending, &count));
	add(pending, "a", "one"); /* a repeat while the report travels is a record of its own */
	assert_accepted(pending_audit_settle(pending, false, &why), why);
	assert_int_equal(pending_audit_count(pending), 2);
	json_decref(reported(pending, &count));
	assert_int_equal(count, 2);
	assert_accepted(pending_audit_settle(pending, true, &why), why);
	assert_int_equal(pending_audit_count(pending), 0);
	assert_null(reported(pending, &count));
	assert_int_equal(count, 0);
	pending_audit_free(pending);
	pending = opened();
	assert_int_equal(pending_audit_count(pending), 0);
	pending_audit_free(pending);
}

static void
too_many_are_dropped_and_their_number_is_told(void **state)
{
	struct pending_audit *pending = NULL;
	char reason[16];
	struct why why;
	size_t count;
	json_t *body;

	(void)state;
	assert_accepted(pending_audit_open(&pending, NULL, 1000, &why), why);
	for (int i = 0; i < PENDING_RECORDS_MOST + 7; i++) {
		snprintf(reason, sizeof(reason), "reason %d", i);
		add(pending, "a", reason);
	}
	assert_int_equal(pending_audit_count(pending), PENDING_RECORDS_MOST);
	body = reported(pending, &count);
	assert_int_equal(count, PENDING_REPORT_RECORDS);
	assert_int_equal(json_integer_value(json_object_get(body, "dropped")), 7);
	json_decref(body);
	pending_audit_free(pending);
}

static void
a_damaged_file_is_itself_reported(void **state)
{
	struct pending_audit *pending;
	struct why why;

	(void)state;
	assert_accepted(
	    storage_replace(path, bytes_text("{\"time\":1}\nrubbish"), 0600, &why), why);
	pending = opened();
	assert_int_equal(pending_audit_count(pending), 1);
	pending_audit_free(pending);
}

static void
a_peers_bytes_do_not_spoil_the_record(void **state)
{
	struct pending_audit *pending = opened();
	size_t count;
	json_t *body;

	(void)state;
	add(pending, "name\xff\n\"x", "because\x01");
	body = reported(pending, &count);
	assert_non_null(body);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(json_object_get(body, "records"), 0), "subject")),
	    "name??\"x");
	json_decref(body);
	pending_audit_free(pending);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/audit-pending.jsonl", folder);
	return 0;
}

static int
empty_folder(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(a_refusal_outlives_the_phone, empty_folder),
	    cmocka_unit_test_teardown(repeats_are_counted, empty_folder),
	    cmocka_unit_test_teardown(
		what_was_received_is_forgotten_and_what_was_not_is_sent_again, empty_folder),
	    cmocka_unit_test_teardown(too_many_are_dropped_and_their_number_is_told, empty_folder),
	    cmocka_unit_test_teardown(a_damaged_file_is_itself_reported, empty_folder),
	    cmocka_unit_test_teardown(a_peers_bytes_do_not_spoil_the_record, empty_folder),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
