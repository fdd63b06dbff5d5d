/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/location_test.c - who is registered where; connections come and go. */
#include "exchange/location.h"

#include <stdio.h>

#include "exchange/flow.h"
#include "tests.h"

enum { MANY = 3000 };

static struct location location;

static int
begin(void **state)
{
	struct why why;

	(void)state;
	return location_init(&location, 42, &why) == FAULT_NONE ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	location_finish(&location);
	return 0;
}

static struct connection *
open_connection(uint64_t id)
{
	struct flow flow = {.id = id, .transport = TRANSPORT_TLS};
	struct connection *connection = NULL;
	struct why why;

	assert_accepted(location_open(&location, &flow, &connection, &why), why);
	return connection;
}

static struct registration *
add(const char *line, const char *device, struct connection *connection)
{
	struct registration_record record = {0};
	struct registration *added = NULL;
	struct why why;

	snprintf(record.line, sizeof(record.line), "%s", line);
	snprintf(record.device, sizeof(record.device), "%s", device);
	assert_accepted(location_add(&location, &record, connection, &added, &why), why);
	return added;
}

static void
a_registration_is_found_by_line_and_device(void **state)
{
	struct registration *here = add("1001", "SEP-A", open_connection(1));
	struct registration *there = add("1001", "SEP-B", open_connection(2));

	(void)state;
	assert_ptr_equal(location_find(&location, bytes_text("1001"), bytes_text("SEP-A")), here);
	assert_ptr_equal(location_find(&location, bytes_text("1001"), bytes_text("SEP-B")), there);
	assert_null(location_find(&location, bytes_text("1001"), bytes_text("SEP-C")));
	assert_null(location_find(&location, bytes_text("1002"), bytes_text("SEP-A")));
}

static void
a_closed_connection_leaves_its_registrations_away(void **state)
{
	struct connection *connection = open_connection(1);
	struct registration *registration = add("1001", "SEP-A", connection);

	(void)state;
	assert_ptr_equal(location_on(connection, bytes_text("1001")), registration);
	location_close(&location, connection);
	assert_null(registration->connection);
	assert_int_equal(registration->record.flow, 0);
	assert_null(location_connection(&location, 1));
}

static void
a_phone_that_comes_back_is_on_its_new_connection_only(void **state)
{
	struct connection *old = open_connection(1), *new = open_connection(2);
	struct registration *registration = add("1001", "SEP-A", old);

	(void)state;
	location_attach(registration, new);
	assert_int_equal(old->registered, 0);
	assert_int_equal(new->registered, 1);
	assert_int_equal(registration->record.flow, 2);
	location_close(&location, old);
	assert_ptr_equal(registration->connection, new);
}

static void
a_connection_id_is_taken_once(void **state)
{
	struct flow flow = {.id = 1};
	struct connection *second;
	struct why why;

	(void)state;
	open_connection(1);
	assert_refused(location_open(&location, &flow, &second, &why), FAULT_UNEXPECTED, why,
	    "exists already");
}

static bool
remove_it(void *arg, struct registration *registration)
{
	++*(size_t *)arg;
	location_remove(&location, registration);
	return true;
}

static void
many_are_all_found_and_all_swept(void **state)
{
	size_t swept = 0;
	char line[16];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "%u", i);
		add(line, "SEP-A", open_connection(i + 1));
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "%u", i);
		assert_non_null(location_find(&location, bytes_text(line), bytes_text("SEP-A")));
		assert_non_null(location_connection(&location, i + 1));
	}
	for (unsigned i = 0; i < 16; i++)
		location_sweep(&location, remove_it, &swept);
	assert_int_equal(swept, MANY);
	assert_int_equal(location.registration_count, 0);
}

static const struct {
	const char *name, *device; /* NULL: names none */
} names[] = {
    {"SEP001122334455", "SEP001122334455"},
    {"CP-8832-SEP001122334455", "SEP001122334455"},
    {"CP-8832NR-SEP0011223344FF", "SEP0011223344FF"},
    {"sep001122334455", NULL},
    {"SEP00112233445", NULL},
    {"CP--SEP001122334455", NULL},
    {"CP-SEP001122334455", NULL},
    {"XX-8832-SEP001122334455", NULL},
    {"SEP001122334455,CN=x", NULL},
    {"", NULL},
};

static void
a_common_name_stands_for_one_device_or_none(void **state)
{
	struct device_name device;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		bool found = flow_device(bytes_text(names[i].name), &device);

		assert_int_equal(found, names[i].device != NULL);
		if (found)
			assert_string_equal(device.text, names[i].device);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_registration_is_found_by_line_and_device, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_closed_connection_leaves_its_registrations_away, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_phone_that_comes_back_is_on_its_new_connection_only, begin, end),
	    cmocka_unit_test_setup_teardown(a_connection_id_is_taken_once, begin, end),
	    cmocka_unit_test_setup_teardown(many_are_all_found_and_all_swept, begin, end),
	    cmocka_unit_test(a_common_name_stands_for_one_device_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
