/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/boot_test.c - which step follows which, and what never follows. */
#include "telephone/boot.h"

#include "tests.h"

#define MOST_STEPS 12

static const struct {
	const char *says;
	enum boot_event events[MOST_STEPS];
	size_t count;
	enum boot_state state;
	enum boot_wish wish;
} stories[] = {
    {"power-on looks for the file server", {BOOT_START}, 1, BOOT_SEEKING, BOOT_FIND_SERVER},
    {"the CTL comes first", {BOOT_START, BOOT_DONE}, 2, BOOT_CTL, BOOT_FETCH_CTL},
    {"a refused CTL leaves the old one, the ITL is next", {BOOT_START, BOOT_DONE, BOOT_FAILED}, 3,
	BOOT_ITL, BOOT_FETCH_ITL},
    {"without a file server the stored configuration counts", {BOOT_START, BOOT_FAILED}, 2,
	BOOT_CONFIGURATION, BOOT_FETCH_CONFIGURATION},
    {"without a configuration everything waits", {BOOT_START, BOOT_FAILED, BOOT_FAILED}, 3,
	BOOT_WAITING, BOOT_WAIT},
    {"and begins again", {BOOT_START, BOOT_FAILED, BOOT_FAILED, BOOT_DUE}, 4, BOOT_SEEKING,
	BOOT_FIND_SERVER},
    {"a configuration that wants a certificate has one first",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_CERTIFICATE_WANTED}, 5, BOOT_ENROLLING,
	BOOT_RUN_ENROLMENT},
    {"a failed enrolment leaves the MIC",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_CERTIFICATE_WANTED, BOOT_FAILED}, 6,
	BOOT_CONNECTING, BOOT_CONNECT},
    {"connected, then registered",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_OPENED, BOOT_ACCEPTED}, 7,
	BOOT_REGISTERED, BOOT_SERVE},
    {"a cut link pauses",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_OPENED, BOOT_ACCEPTED,
	    BOOT_LOST},
	8, BOOT_PAUSED, BOOT_PAUSE},
    {"and connects as before",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_OPENED, BOOT_ACCEPTED,
	    BOOT_LOST, BOOT_DUE},
	9, BOOT_CONNECTING, BOOT_CONNECT},
    {"after many failures the files are fetched anew",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_LOST, BOOT_STALE}, 7,
	BOOT_SEEKING, BOOT_FIND_SERVER},
    {"a person asks for a certificate while registered",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_OPENED, BOOT_ACCEPTED,
	    BOOT_ENROL},
	8, BOOT_ENROLLING, BOOT_RUN_ENROLMENT},
    {"a reset begins again",
	{BOOT_START, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_DONE, BOOT_OPENED, BOOT_ACCEPTED,
	    BOOT_RESET},
	8, BOOT_SEEKING, BOOT_FIND_SERVER},
};

static void
the_boot_goes_through_its_steps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stories); i++) {
		struct boot boot = {BOOT_OFF};
		enum boot_wish wish = BOOT_NOTHING;
		struct why why;

		for (size_t k = 0; k < stories[i].count; k++)
			assert_accepted(boot_handle(&boot, stories[i].events[k], &wish, &why), why);
		if (boot.state != stories[i].state || wish != stories[i].wish)
			fail_msg("%s: %s, and wishes to %s", stories[i].says,
			    boot_state_name(boot.state), boot_wish_name(wish));
	}
}

static const struct {
	enum boot_state state;
	enum boot_event event;
	const char *complaint;
} refusals[] = {
    {BOOT_OFF, BOOT_DONE, "done while off"},
    {BOOT_OFF, BOOT_RESET, "reset asked for while off"},
    {BOOT_SEEKING, BOOT_ENROL, "enrolment asked for while seeking"},
    {BOOT_CTL, BOOT_CERTIFICATE_WANTED, "certificate wanted while fetching CTL"},
    {BOOT_WAITING, BOOT_ENROL, "enrolment asked for while waiting"},
    {BOOT_PAUSED, BOOT_DONE, "done while pausing"},
    {BOOT_ITL, BOOT_OPENED, "connected while fetching ITL"},
    {BOOT_CTL, BOOT_ACCEPTED, "registered while fetching CTL"},
    {BOOT_CONFIGURATION, BOOT_LOST, "connection lost while fetching configuration"},
    {BOOT_CONNECTING, BOOT_ACCEPTED, "registered while connecting"},
    {BOOT_REGISTERED, BOOT_START, "start while registered"},
};

static void
an_unexpected_event_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct boot boot = {refusals[i].state};
		enum boot_wish wish = BOOT_WISHES;
		struct why why;

		assert_refused(boot_handle(&boot, refusals[i].event, &wish, &why), FAULT_UNEXPECTED,
		    why, refusals[i].complaint);
		assert_int_equal(boot.state, refusals[i].state);
		assert_int_equal(wish, BOOT_WISHES);
	}
}

/* From every state a registered phone can be reached again: nothing is a dead end. */
static void
no_state_is_a_dead_end(void **state)
{
	(void)state;
	for (unsigned from = BOOT_SEEKING; from < BOOT_STATES; from++) {
		struct boot boot = {from};
		enum boot_wish wish;

		for (int step = 0; step < MOST_STEPS && boot.state != BOOT_REGISTERED; step++)
			assert_true(boot_handle(&boot, BOOT_DONE, &wish, NULL) == FAULT_NONE ||
				    boot_handle(&boot, BOOT_OPENED, &wish, NULL) == FAULT_NONE ||
				    boot_handle(&boot, BOOT_ACCEPTED, &wish, NULL) == FAULT_NONE ||
				    boot_handle(&boot, BOOT_DUE, &wish, NULL) == FAULT_NONE);
		assert_int_equal(boot.state, BOOT_REGISTERED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_boot_goes_through_its_steps),
	    cmocka_unit_test(an_unexpected_event_changes_nothing),
	    cmocka_unit_test(no_state_is_a_dead_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
