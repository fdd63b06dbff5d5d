/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/restart_test.c - `call` dies and comes back: nobody has to notice. */
#include <stdio.h>

#include "play.h"

static struct player ann, bob;
static struct side a, b;

static void
talk(void)
{
	ann = play_phone("1001");
	bob = play_phone("1002");
	play_register(&ann);
	play_register(&bob);
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
}

static void
come_back(void)
{
	play_restart();
	play_replay(&ann);
	play_replay(&bob);
	exchange_restored(play_exchange, play_now);
}

static void
registrations_come_back_with_their_connections(void **state)
{
	(void)state;
	ann = play_phone("1001");
	bob = play_phone("1002");
	play_register(&ann);
	play_register(&bob);
	come_back();
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	assert_int_equal(play_call.level, LEVEL_ENCRYPTED);
}

static void
a_refresh_after_the_restart_is_accepted(void **state)
{
	(void)state;
	ann = play_phone("1001");
	play_register(&ann);
	play_restart();
	play_replay(&ann);
	exchange_restored(play_exchange, play_now);
	play_send_register(&ann, ann.device, "");
	play_expect(&ann, "SIP/2.0 200");
}

static void
a_connection_that_is_somebody_else_now_gets_nothing(void **state)
{
	struct player mallory;

	(void)state;
	talk();
	play_restart();
	mallory = ann;
	mallory.common_name = "SEP00000000000D";
	play_replay(&mallory);
	play_replay(&bob);
	exchange_restored(play_exchange, play_now);
	play_invite(&mallory, "1002", PLAY_SECURE_OFFER, &b);
	play_expect(&mallory, "SIP/2.0 403");
	play_request(&mallory, &a, "BYE", "", NULL);
	play_expect(&mallory, "SIP/2.0 403");
}

static void
a_connection_that_is_not_replayed_leaves_its_phone_away(void **state)
{
	(void)state;
	ann = play_phone("1001");
	bob = play_phone("1002");
	play_register(&ann);
	play_register(&bob);
	play_restart();
	play_replay(&ann);
	exchange_restored(play_exchange, play_now);
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	play_expect(&ann, "SIP/2.0 480");
}

static void
a_call_goes_on_and_can_be_hung_up(void **state)
{
	const char *message;

	(void)state;
	talk();
	come_back();
	message = play_expect(&bob, "UPDATE");
	assert_non_null(strstr(play_header(message, "Call-Info"), "security=Encrypted"));
	play_answer(&bob, message, 200, "", NULL);
	play_answer(&ann, play_expect(&ann, "UPDATE"), 200, "", NULL);
	play_bye(&ann, &a, &bob);
	assert_int_equal(play_changes[CALL_ENDED], 1);
}

static void
the_called_phone_hangs_up_after_the_restart(void **state)
{
	const char *message;

	(void)state;
	talk();
	come_back();
	message = play_expect(&bob, "UPDATE");
	play_answer(&bob, message, 200, "", NULL);
	play_take_invite(message, &b);
	snprintf(b.mine, sizeof(b.mine), "%s", play_header(message, "To"));
	play_request(&bob, &b, "BYE", "", NULL);
	play_expect(&bob, "SIP/2.0 200");
	play_expect(&ann, "UPDATE");
	play_expect(&ann, "BYE");
}

static void
hold_works_after_the_restart(void **state)
{
	(void)state;
	talk();
	come_back();
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_answer(&ann, play_expect(&ann, "UPDATE"), 200, "", NULL);
	play_request(&ann, &a, "INVITE", "", PLAY_SECURE_OFFER);
	play_answer(&bob, play_expect(&bob, "INVITE"), 200, "", PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	play_expect(&ann, "SIP/2.0 200");
}

static void
an_expired_registration_is_not_restored(void **state)
{
	(void)state;
	ann = play_phone("1001");
	play_register(&ann);
	play_now += 8000000;
	{
		struct registration_record old = play_registration;
		struct why why;

		play_registration.expires_wall_ms = 0;
		assert_refused(
		    exchange_restore_registration(play_exchange, &play_registration, &why),
		    FAULT_TIMEOUT, why, "expired");
		play_registration = old;
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, play_begin, play_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(registrations_come_back_with_their_connections),
	    TEST(a_refresh_after_the_restart_is_accepted),
	    TEST(a_connection_that_is_somebody_else_now_gets_nothing),
	    TEST(a_connection_that_is_not_replayed_leaves_its_phone_away),
	    TEST(a_call_goes_on_and_can_be_hung_up),
	    TEST(the_called_phone_hangs_up_after_the_restart),
	    TEST(hold_works_after_the_restart),
	    TEST(an_expired_registration_is_not_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
