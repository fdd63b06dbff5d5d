/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/call_test.c - what keys and messages make of a call. */
#include "telephone/call.h"

#include "tests.h"

#define MOST_STEPS 6

static const struct {
	const char *says;
	enum call_event events[MOST_STEPS];
	size_t count;
	enum call_state state;
	enum call_wish wish;
} stories[] = {
    {"dialling sends an INVITE", {CALL_DIAL}, 1, CALL_DIALLING, CALL_SEND_INVITE},
    {"it rings there, then they answer", {CALL_DIAL, CALL_PROGRESS, CALL_ACCEPTED}, 3,
	CALL_CONNECTED, CALL_START_MEDIA},
    {"they answer at once", {CALL_DIAL, CALL_ACCEPTED}, 2, CALL_CONNECTED, CALL_START_MEDIA},
    {"they are busy", {CALL_DIAL, CALL_REFUSED}, 2, CALL_ENDED, CALL_STOP_MEDIA},
    {"we give up", {CALL_DIAL, CALL_PROGRESS, CALL_HANGUP}, 3, CALL_ENDED, CALL_SEND_CANCEL},
    {"we are called and answer", {CALL_OFFERED, CALL_ANSWER, CALL_CONFIRMED}, 3, CALL_CONNECTED,
	CALL_START_MEDIA},
    {"we are called and decline", {CALL_OFFERED, CALL_HANGUP}, 2, CALL_ENDED, CALL_SEND_DECLINE},
    {"they give up before we answer", {CALL_OFFERED, CALL_CANCELLED}, 2, CALL_ENDED,
	CALL_STOP_MEDIA},
    {"a CANCEL that crosses our answer comes too late",
	{CALL_OFFERED, CALL_ANSWER, CALL_CANCELLED, CALL_CONFIRMED}, 4, CALL_CONNECTED,
	CALL_START_MEDIA},
    {"hold", {CALL_DIAL, CALL_ACCEPTED, CALL_HOLD}, 3, CALL_HELD, CALL_SEND_HOLD},
    {"hold and resume", {CALL_DIAL, CALL_ACCEPTED, CALL_HOLD, CALL_RESUME}, 4, CALL_CONNECTED,
	CALL_SEND_RESUME},
    {"a held call is hung up", {CALL_DIAL, CALL_ACCEPTED, CALL_HOLD, CALL_HANGUP}, 4, CALL_ENDED,
	CALL_SEND_BYE},
    {"they hang up", {CALL_DIAL, CALL_ACCEPTED, CALL_REMOTE_END}, 3, CALL_ENDED, CALL_STOP_MEDIA},
};

static void
a_call_goes_through_its_states(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stories); i++) {
		enum call_state call = CALL_IDLE;
		enum call_wish wish = CALL_NO_WISH;
		struct why why;

		for (size_t k = 0; k < stories[i].count; k++)
			assert_accepted(call_move(&call, stories[i].events[k], &wish, &why), why);
		if (call != stories[i].state || wish != stories[i].wish)
			fail_msg("%s: %s, wish %d", stories[i].says, call_state_name(call), wish);
	}
}

static const struct {
	enum call_state state;
	enum call_event event;
	const char *complaint;
} refusals[] = {
    {CALL_IDLE, CALL_ANSWER, "answer while the call is idle"},
    {CALL_DIALLING, CALL_HOLD, "hold while the call is dialling"},
    {CALL_RINGING, CALL_RESUME, "resume while the call is ringing"},
    {CALL_CONNECTED, CALL_ANSWER, "answer while the call is connected"},
    {CALL_HELD, CALL_HOLD, "hold while the call is held"},
    {CALL_ENDED, CALL_HANGUP, "hang up while the call is ended"},
};

static void
an_unexpected_key_changes_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		enum call_state call = refusals[i].state;
		enum call_wish wish = CALL_WISHES;
		struct why why;

		assert_refused(call_move(&call, refusals[i].event, &wish, &why), FAULT_UNEXPECTED,
		    why, refusals[i].complaint);
		assert_int_equal(call, refusals[i].state);
		assert_int_equal(wish, CALL_WISHES);
	}
}

/* A hang-up ends every call that exists, and an ended call stays ended. */
static void
hanging_up_always_works_and_an_ended_call_stays_ended(void **state)
{
	enum call_wish wish;

	(void)state;
	for (unsigned from = CALL_DIALLING; from < CALL_ENDED; from++) {
		enum call_state call = from;

		assert_int_equal(call_move(&call, CALL_HANGUP, &wish, NULL), FAULT_NONE);
		assert_int_equal(call, CALL_ENDED);
	}
	for (unsigned event = 0; event < CALL_EVENTS; event++) {
		enum call_state call = CALL_ENDED;

		assert_int_equal(call_move(&call, event, &wish, NULL), FAULT_UNEXPECTED);
	}
}

static void
a_status_has_its_cause(void **state)
{
	(void)state;
	assert_string_equal(call_cause_name(call_cause_of_status(486)), "busy");
	assert_string_equal(call_cause_name(call_cause_of_status(404)), "not-found");
	assert_string_equal(call_cause_name(call_cause_of_status(488)), "no-common-media");
	assert_string_equal(call_cause_name(call_cause_of_status(603)), "declined");
	assert_string_equal(call_cause_name(call_cause_of_status(599)), "failed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_goes_through_its_states),
	    cmocka_unit_test(an_unexpected_key_changes_nothing),
	    cmocka_unit_test(hanging_up_always_works_and_an_ended_call_stays_ended),
	    cmocka_unit_test(a_status_has_its_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
