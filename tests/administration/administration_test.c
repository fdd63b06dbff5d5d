/* SPDX-License-Identifier: Apache-2.0 */
/* tests/administration/administration_test.c - what the operator asks, done or refused in words. */
#include "administration/administration.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/audit.h"
#include "enrolment/enrolment_store.h"
#include "tests.h"

static char folder[40], database_path[64], audit_path[64];
static struct directory *directory;
static struct site site;
static struct administration administration;
static unsigned changes;

static void
on_changed(void *arg, const char *device)
{
	(void)arg;
	(void)device;
	changes++;
}

static int
set_up(void **state)
{
	struct why why;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/administration-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(database_path, sizeof(database_path), "%s/db", folder);
	snprintf(audit_path, sizeof(audit_path), "%s/audit", folder);
	site.mixed = true;
	administration =
	    (struct administration){.site = &site, .audit_path = audit_path, .changed = on_changed};
	changes = 0;
	if (audit_open(audit_path, &why) != FAULT_NONE ||
	    directory_open(&directory, database_path, DATABASE_WRITE, &why) != FAULT_NONE)
		return -1;
	administration.directory = directory;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	audit_open_fd(-1);
	directory_close(directory);
	unlink(database_path);
	unlink(audit_path);
	return rmdir(folder);
}

/* Runs an action on arguments written as JSON. */
static enum fault
act(const char *name, const char *arguments, json_t **result, struct why *why)
{
	const struct control_command *entry = administration_find(name);
	json_t *given = json_loads(arguments, 0, NULL);
	enum fault fault;

	assert_non_null(entry);
	assert_non_null(given);
	*result = NULL;
	fault = entry->run(&administration, given, result, why);
	json_decref(given);
	return fault;
}

static void
a_phone_is_nonsecure_until_it_is_given_a_profile(void **state)
{
	struct why why;
	json_t *result;

	(void)state;
	assert_accepted(
	    act("phone add", "{\"device\":\"SEP001122AABBCC\",\"lines\":[{\"number\":\"2001\"}]}",
		&result, &why),
	    why);
	assert_string_equal(json_string_value(json_object_get(result, "profile")),
	    profile_standard(PROFILE_NONSECURE)->name);
	json_decref(result);
	assert_int_equal(changes, 1);
	assert_accepted(act("audit tail", "{\"device\":\"SEP001122AABBCC\"}", &result, &why), why);
	assert_int_equal(json_array_size(result), 1);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(result, 0), "event")), "phone added");
	json_decref(result);
}

static void
bad_requests_change_nothing_and_say_why(void **state)
{
	static const struct {
		const char *says, *action, *arguments, *complaint;
	} cases[] = {
	    {"no device", "phone add", "{}", "device"},
	    {"an unknown member", "phone add", "{\"device\":\"A\",\"colour\":1}", "colour"},
	    {"a member of the wrong kind", "phone add", "{\"device\":7}", "string"},
	    {"an unknown profile", "phone add", "{\"device\":\"A\",\"profile\":\"Golden\"}",
		"there is no profile 'Golden'"},
	    {"an unknown operation", "phone add", "{\"device\":\"A\",\"capf\":\"paint\"}",
		"not 'paint'"},
	    {"an unknown proof", "phone add",
		"{\"device\":\"A\",\"capf\":\"install\",\"capf_proof\":\"smile\"}", "not 'smile'"},
	    {"a key of an unknown kind", "phone add",
		"{\"device\":\"A\",\"capf\":\"install\",\"capf_key\":\"wax\"}", "not 'wax'"},
	    {"a proof by string without one", "phone add",
		"{\"device\":\"A\",\"capf\":\"install\",\"capf_proof\":\"string\"}",
		"needs the string"},
	    {"a string with letters", "phone add",
		"{\"device\":\"A\",\"capf\":\"install\",\"capf_proof\":\"string\","
		"\"capf_string\":\"12ab\"}",
		"has 4 to 10 digits"},
	    {"a string that proves nothing", "phone add",
		"{\"device\":\"A\",\"capf_string\":\"1234\"}", "needs a CAPF operation"},
	    {"lines that are no list", "phone add", "{\"device\":\"A\",\"lines\":\"2001\"}",
		"lines is a list"},
	    {"a phone that is not there", "phone show", "{\"device\":\"A\"}",
		"there is no phone 'A'"},
	    {"deleting what is not there", "phone delete", "{\"device\":\"A\"}",
		"there is no phone 'A'"},
	    {"a profile without a mode", "profile set", "{\"name\":\"X\"}", "mode"},
	    {"a profile of an unknown mode", "profile set", "{\"name\":\"X\",\"mode\":\"shiny\"}",
		"not 'shiny'"},
	    {"a short password", "user set", "{\"name\":\"alice\",\"password\":\"short\"}",
		"a password has 8 to 127"},
	    {"too many records", "audit tail", "{\"lines\":5000}", "1 to 1000"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct why why;
		json_t *result;

		if (act(cases[i].action, cases[i].arguments, &result, &why) == FAULT_NONE ||
		    strstr(why.text, cases[i].complaint) == NULL)
			fail_msg("%s: %s", cases[i].says, why.text);
	}
	assert_int_equal(changes, 0);
}

static void
nothing_is_secure_before_the_cluster_is_in_mixed_mode(void **state)
{
	struct why why;
	json_t *result;

	(void)state;
	site.mixed = false;
	assert_refused(
	    act("phone add", "{\"device\":\"SEP001122AABBCC\",\"profile\":\"encrypted\"}", &result,
		&why),
	    FAULT_FORBIDDEN, why, "cluster is not in mixed mode; run CTL client");
	assert_accepted(act("phone add", "{\"device\":\"SEP001122AABBCC\"}", &result, &why), why);
	json_decref(result);
}

static void
an_authentication_string_is_kept_as_a_salted_hash(void **state)
{
	struct phone phone;
	struct why why;
	json_t *result;

	(void)state;
	assert_accepted(act("phone add",
			    "{\"device\":\"SEP001122AABBCC\",\"capf\":\"install\","
			    "\"capf_proof\":\"string\",\"capf_string\":\"123456\"}",
			    &result, &why),
	    why);
	json_decref(result);
	assert_accepted(directory_phone(directory, "SEP001122AABBCC", &phone, &why), why);
	assert_int_equal(strlen(phone.capf.string_hash), 64);
	assert_int_equal(strlen(phone.capf.string_salt), 32);
	assert_null(strstr(phone.capf.string_hash, "123456"));
	assert_int_equal(phone.capf.serial, 1);
}

static void
a_password_is_kept_as_ha1_only(void **state)
{
	struct digest_user user;
	struct why why;
	json_t *result;

	(void)state;
	assert_accepted(
	    act("user set", "{\"name\":\"alice\",\"password\":\"correct horse\"}", &result, &why),
	    why);
	assert_accepted(directory_user(directory, "alice", &user, &why), why);
	/* printf 'alice:ringfence:correct horse' | md5sum */
	assert_string_equal(user.ha1_md5, "94a89c7b23b893144367781628a02e5c");
}

static void
a_digest_that_a_phone_does_not_know_is_not_kept(void **state)
{
	struct digest_user user;
	struct why why;
	json_t *result;

	(void)state;
	assert_accepted(act("user set",
			    "{\"name\":\"bob\",\"password\":\"correct horse\","
			    "\"digest\":\"md5\"}",
			    &result, &why),
	    why);
	assert_accepted(directory_user(directory, "bob", &user, &why), why);
	assert_int_equal(strlen(user.ha1_md5), 32);
	assert_string_equal(user.ha1_sha256, "");
	assert_int_equal(act("user set",
			     "{\"name\":\"bob\",\"password\":\"correct horse\","
			     "\"digest\":\"sha-1\"}",
			     &result, &why),
	    FAULT_MALFORMED);
	assert_non_null(strstr(why.text, "sha-1"));
}

/* Of the first phone in the list. */
static const char *
capf_status(const char *member)
{
	static char text[64];
	struct why why;
	json_t *result, *value;

	assert_accepted(act("capf list", "{}", &result, &why), why);
	value = json_object_get(json_array_get(result, 0), member);
	snprintf(text, sizeof(text), "%s", json_is_string(value) ? json_string_value(value) : "-");
	json_decref(result);
	return text;
}

static void
an_operation_is_pending_until_its_own_record_says_otherwise(void **state)
{
	static const struct {
		enum enrolment_state state;
		const char *status;
	} cases[] = {
	    {ENROLMENT_FAILED, "Failed"},
	    {ENROLMENT_LOCKED, "Locked"},
	    {ENROLMENT_DONE, "Installed"},
	};
	struct enrolment_record record = {
	    .device = "SEP001122AABBCC", .wish = 1, .operation = "install", .at = 1};
	struct enrolment_store *store;
	char path[64];
	struct why why;
	json_t *result;

	(void)state;
	snprintf(path, sizeof(path), "%s/enrolment", folder);
	administration.enrolment_path = path;
	assert_accepted(act("phone add", "{\"device\":\"SEP001122AABBCC\"}", &result, &why), why);
	json_decref(result);
	assert_string_equal(capf_status("status"), "None");
	assert_accepted(act("phone set", "{\"device\":\"SEP001122AABBCC\",\"capf\":\"install\"}",
			    &result, &why),
	    why);
	record.wish =
	    json_integer_value(json_object_get(json_object_get(result, "capf"), "serial"));
	json_decref(result);
	assert_string_equal(capf_status("status"), "Pending");
	assert_accepted(enrolment_store_open(&store, path, DATABASE_WRITE, &why), why);
	for (size_t i = 0; i < COUNT(cases); i++) {
		record.state = cases[i].state;
		assert_accepted(enrolment_store_put(store, &record, &why), why);
		assert_string_equal(capf_status("status"), cases[i].status);
	}
	record.wish--; /* what was done about an older wish */
	assert_accepted(enrolment_store_put(store, &record, &why), why);
	assert_string_equal(capf_status("status"), "Pending");
	assert_string_equal(capf_status("lsc_serial"), "-");
	enrolment_store_close(store);
	unlink(path);
}

#define WITH_A_SITE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH_A_SITE(a_phone_is_nonsecure_until_it_is_given_a_profile),
	    WITH_A_SITE(bad_requests_change_nothing_and_say_why),
	    WITH_A_SITE(nothing_is_secure_before_the_cluster_is_in_mixed_mode),
	    WITH_A_SITE(an_authentication_string_is_kept_as_a_salted_hash),
	    WITH_A_SITE(an_operation_is_pending_until_its_own_record_says_otherwise),
	    WITH_A_SITE(a_password_is_kept_as_ha1_only),
	    WITH_A_SITE(a_digest_that_a_phone_does_not_know_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
