/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/store_test.c - what was queued is there after a restart, and reads as it was. */
#include "exchange/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "exchange/record.h"
#include "play.h"

static char folder[] = "/tmp/store-test-XXXXXX", path[64];

static int
begin(void **state)
{
	snprintf(folder, sizeof(folder), "/tmp/store-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/calls.db", folder);
	return play_begin(state);
}

static int
end(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char file[80];

	for (size_t i = 0; i < COUNT(suffixes); i++) {
		snprintf(file, sizeof(file), "%s%s", path, suffixes[i]);
		unlink(file);
	}
	rmdir(folder);
	return play_end(state);
}

static bool
count(void *arg, const struct registration_record *record)
{
	++*(size_t *)arg;
	assert_string_equal(record->device, play_registration.device);
	assert_string_equal(record->contact, play_registration.contact);
	assert_string_equal(record->profile.name, play_registration.profile.name);
	assert_true(record->certificate);
	return true;
}

static size_t
load(struct store *store, int64_t wall_ms)
{
	size_t found = 0, lost;
	struct why why;

	play_restart();
	assert_accepted(store_load(store, play_exchange, wall_ms, &lost, &why), why);
	assert_int_equal(lost, 0);
	exchange_each_registration(play_exchange, count, &found);
	return found;
}

static struct store *
open_store(void)
{
	struct store *store = NULL;
	struct why why;

	assert_accepted(store_open(&store, path, &why), why);
	return store;
}

static void
a_registration_is_remembered_until_it_is_removed(void **state)
{
	struct registration_record record = {.line = "1001",
	    .device = "SEP00000000000A",
	    .contact = "sip:1001@127.0.0.2",
	    .transport = TRANSPORT_TLS,
	    .certificate = true,
	    .flow = 7,
	    .expires_wall_ms = 1900000000000 + 3600000};
	struct store *store = open_store();
	struct why why;

	(void)state;
	record.profile = *profile_standard(PROFILE_ENCRYPTED);
	play_registration = record;
	assert_accepted(store_registration(store, REGISTRATION_ADDED, &record, &why), why);
	assert_true(store_is_dirty(store));
	store_close(store);
	store = open_store();
	assert_int_equal(load(store, 1900000000000), 1);
	assert_accepted(store_registration(store, REGISTRATION_REMOVED, &record, &why), why);
	assert_accepted(store_flush(store, &why), why);
	assert_int_equal(load(store, 1900000000000), 0);
	store_close(store);
}

static void
what_expired_meanwhile_is_forgotten(void **state)
{
	struct registration_record record = {
	    .line = "1001", .device = "SEP00000000000A", .expires_wall_ms = 1900000000000 + 1000};
	struct store *store = open_store();
	struct why why;

	(void)state;
	record.profile = *profile_standard(PROFILE_ENCRYPTED);
	assert_accepted(store_registration(store, REGISTRATION_ADDED, &record, &why), why);
	assert_accepted(store_flush(store, &why), why);
	assert_int_equal(load(store, 1900000000000 + 2000), 0);
	store_close(store);
}

static void
a_call_reads_as_it_was_written(void **state)
{
	struct call_record call = {.id = 42, .answered_wall_ms = 5, .level = LEVEL_AUTHENTICATED},
			   read;
	json_t *json;
	struct why why;

	(void)state;
	snprintf(call.leg[0].call_id, sizeof(call.leg[0].call_id), "abc");
	snprintf(call.leg[1].remote_tag, sizeof(call.leg[1].remote_tag), "t\"<>");
	call.leg[0].transport = TRANSPORT_TLS;
	call.leg[0].local_cseq = 4000000000;
	call.leg[1].update = true;
	call.leg[1].profile = *profile_standard(PROFILE_THIRD_PARTY);
	json = call_write(&call);
	assert_accepted(call_read(json, &read, &why), why);
	assert_int_equal(read.id, 42);
	assert_int_equal(read.level, LEVEL_AUTHENTICATED);
	assert_int_equal(read.leg[0].local_cseq, 4000000000);
	assert_string_equal(read.leg[0].call_id, "abc");
	assert_string_equal(read.leg[1].remote_tag, "t\"<>");
	assert_true(read.leg[1].update && read.leg[1].profile.third_party);
	assert_int_equal(json_object_del(json, "level"), 0);
	assert_refused(call_read(json, &read, &why), FAULT_MALFORMED, why, "level");
	json_decref(json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_registration_is_remembered_until_it_is_removed, begin, end),
	    cmocka_unit_test_setup_teardown(what_expired_meanwhile_is_forgotten, begin, end),
	    cmocka_unit_test_setup_teardown(a_call_reads_as_it_was_written, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
