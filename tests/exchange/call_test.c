/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/call_test.c - calls between two phones, played message by message. */
#include <stdio.h>

#include "play.h"

static struct player ann, bob;
static struct side a, b;

static const char *
security(const char *message)
{
	const char *at = strstr(play_header(message, "Call-Info"), "security=");

	return at == NULL ? "" : at + strlen("security=");
}

static void
assert_security(const char *message, const char *word)
{
	if (strncmp(security(message), word, strlen(word)) != 0)
		fail_msg("not %s:\n%s", word, message);
}

static void
register_both(const char *from, const char *to)
{
	ann = play_phone(from);
	bob = play_phone(to);
	play_register(&ann);
	play_register(&bob);
}

static void
two_secure_phones_talk_and_both_learn_it(void **state)
{
	const char *invite, *message;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE sip:1002@127.0.0.3:40000");
	assert_non_null(strstr(play_body(invite), "inline:" PLAY_OFFER_KEY));
	assert_non_null(strstr(play_header(invite, "From"), "\"Phone 1001\" <sip:1001@ringfence>"));
	assert_security(invite, "Unknown");
	play_answer(&bob, invite, 180, "", NULL);
	play_expect(&ann, "SIP/2.0 180");
	play_answer(&bob, invite, 200, "", PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	message = play_expect(&ann, "SIP/2.0 200");
	assert_non_null(strstr(play_body(message), "inline:" PLAY_ANSWER_KEY));
	assert_security(message, "Encrypted");
	play_take_answer(&a, message);
	play_ack(&ann, &a, a.cseq, NULL);
	message = play_expect(&bob, "UPDATE");
	assert_security(message, "Encrypted");
	play_answer(&bob, message, 200, "", NULL);
	play_bye(&ann, &a, &bob);
	play_expect_nothing(&ann);
	assert_int_equal(play_changes[CALL_STARTED], 1);
	assert_int_equal(play_changes[CALL_ANSWERED], 1);
	assert_int_equal(play_changes[CALL_ENDED], 1);
	assert_int_equal(play_call.level, LEVEL_ENCRYPTED);
}

static const struct {
	const char *from, *to;
	const char *offer, *answer;
	enum level level;
} pairs[] = {
    {"1001", "1002", PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, LEVEL_ENCRYPTED},
    {"1001", "1004", PLAY_SECURE_OFFER, PLAY_CLEAR_ANSWER, LEVEL_AUTHENTICATED},
    {"1001", "1003", PLAY_SECURE_OFFER, PLAY_CLEAR_ANSWER, LEVEL_NONSECURE},
    {"1004", "1001", PLAY_CLEAR_OFFER, PLAY_CLEAR_ANSWER, LEVEL_AUTHENTICATED},
    {"1004", "1003", PLAY_CLEAR_OFFER, PLAY_CLEAR_ANSWER, LEVEL_NONSECURE},
    {"1003", "1001", PLAY_CLEAR_OFFER, PLAY_CLEAR_ANSWER, LEVEL_NONSECURE},
    {"1003", "1004", PLAY_CLEAR_OFFER, PLAY_CLEAR_ANSWER, LEVEL_NONSECURE},
    {"1003", "1001", PLAY_SECURE_OFFER, PLAY_CLEAR_ANSWER, LEVEL_NONSECURE},
    {"1001", "1005", PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, LEVEL_NONSECURE},
    {"1001", "1006", PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, LEVEL_ENCRYPTED},
    {"1005", "1001", PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, LEVEL_NONSECURE},
    {"1006", "1001", PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, LEVEL_ENCRYPTED},
};

/* Row S57: between each pair of profiles. Keys on the wrong leg fail in play.c. */
static void
a_call_has_the_lower_level_of_its_phones(void **state)
{
	for (size_t i = 0; i < COUNT(pairs); i++) {
		play_end(state);
		play_begin(state);
		register_both(pairs[i].from, pairs[i].to);
		play_talk(&ann, &bob, pairs[i].offer, pairs[i].answer, &a, &b);
		if (play_call.level != pairs[i].level)
			fail_msg("%s to %s: %s", pairs[i].from, pairs[i].to,
			    level_name(play_call.level));
	}
}

static void
keys_are_stripped_towards_a_leg_that_is_not_tls(void **state)
{
	const char *invite;

	(void)state;
	register_both("1001", "1003");
	play_invite(&ann, "1003", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE");
	assert_non_null(strstr(play_body(invite), "m=audio 20000 RTP/AVP 0"));
	assert_null(strstr(invite, "crypto"));
	play_answer(&bob, invite, 200, "", PLAY_CLEAR_ANSWER);
	assert_security(play_expect(&ann, "SIP/2.0 200"), "NotAuthenticated");
}

static const struct {
	const char *says;
	unsigned status;
	const char *heard;
} refusals[] = {
    {"busy", 486, "SIP/2.0 486"},
    {"decline", 603, "SIP/2.0 603"},
    {"cannot talk so", 488, "SIP/2.0 488"},
    {"lost its dialog", 481, "SIP/2.0 480"},
};

static void
a_refusal_reaches_the_caller(void **state)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		play_end(state);
		play_begin(state);
		register_both("1001", "1002");
		play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
		play_answer(&bob, play_expect(&bob, "INVITE"), refusals[i].status, "", NULL);
		play_expect(&bob, "ACK");
		play_expect(&ann, refusals[i].heard);
	}
}

static void
a_line_that_cannot_be_reached_has_its_reason(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "9999", PLAY_SECURE_OFFER, &a);
	play_expect(&ann, "SIP/2.0 404");
	play_invite(&ann, "1008", PLAY_SECURE_OFFER, &a);
	play_expect(&ann, "SIP/2.0 480");
	play_invite(&ann, "1001", PLAY_SECURE_OFFER, &a);
	play_expect(&ann, "SIP/2.0 486");
	play_hang_connection(&bob);
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	play_expect(&ann, "SIP/2.0 480");
}

static void
only_a_registered_line_may_call(void **state)
{
	struct player stranger = play_phone("1001");

	(void)state;
	register_both("1001", "1002");
	play_connect(&stranger);
	play_invite(&stranger, "1002", PLAY_SECURE_OFFER, &a);
	play_expect(&stranger, "SIP/2.0 403");
	play_expect_nothing(&bob);
	assert_non_null(strstr(play_audit, "call refused"));
}

static void
the_caller_cancels(void **state)
{
	const char *invite;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE");
	play_answer(&bob, invite, 180, "", NULL);
	play_expect(&ann, "SIP/2.0 180");
	play_request(&ann, &a, "CANCEL", "", NULL);
	play_answer(&bob, play_expect(&bob, "CANCEL"), 200, "", NULL);
	play_answer(&bob, invite, 487, "", NULL);
	play_expect(&bob, "ACK");
	play_expect(&ann, "SIP/2.0 ");
	play_expect(&ann, "SIP/2.0 ");
	play_wait(40000);
	play_expect_nothing(&bob);
	assert_int_equal(play_changes[CALL_ENDED], 1);
}

static void
an_answer_that_crosses_the_cancel_is_hung_up(void **state)
{
	const char *invite;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE");
	play_answer(&bob, invite, 180, "", NULL);
	play_expect(&ann, "SIP/2.0 180");
	play_request(&ann, &a, "CANCEL", "", NULL);
	play_expect(&bob, "CANCEL");
	play_answer(&bob, invite, 200, "", PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	play_answer(&bob, play_expect(&bob, "BYE"), 200, "", NULL);
	assert_int_equal(play_changes[CALL_ANSWERED], 0);
}

/* Line 1007 is on two phones; both ring, the first answer wins. */
static void
of_two_answers_one_wins(void **state)
{
	struct player ann7, first = play_phone("1007"), second = play_phone("1007");
	const char *to_first, *to_second;

	(void)state;
	second.device = second.common_name = "SEP00000000000F";
	ann7 = play_phone("1001");
	play_register(&ann7);
	play_register(&first);
	play_register(&second);
	play_invite(&ann7, "1007", PLAY_SECURE_OFFER, &a);
	to_first = play_expect(&first, "INVITE");
	to_second = play_expect(&second, "INVITE");
	play_answer(&first, to_first, 180, "", NULL);
	play_answer(&second, to_second, 180, "", NULL);
	play_expect(&ann7, "SIP/2.0 180");
	play_answer(&second, to_second, 200, "", PLAY_SECURE_ANSWER);
	play_expect(&second, "ACK");
	play_expect(&ann7, "SIP/2.0 200");
	play_expect(&first, "CANCEL");
	play_answer(&first, to_first, 200, "", PLAY_SECURE_ANSWER);
	play_expect(&first, "ACK");
	play_expect(&first, "BYE");
	play_expect_nothing(&ann7);
	assert_string_equal(play_call.leg[1].device, "SEP00000000000F");
}

static void
while_one_phone_rings_anothers_refusal_is_not_told(void **state)
{
	struct player caller = play_phone("1001"), first = play_phone("1007"),
		      second = play_phone("1007");
	const char *to_first, *to_second;

	(void)state;
	second.device = second.common_name = "SEP00000000000F";
	play_register(&caller);
	play_register(&first);
	play_register(&second);
	play_invite(&caller, "1007", PLAY_SECURE_OFFER, &a);
	to_first = play_expect(&first, "INVITE");
	to_second = play_expect(&second, "INVITE");
	play_answer(&first, to_first, 486, "", NULL);
	play_expect_nothing(&caller);
	play_answer(&second, to_second, 480, "", NULL);
	play_expect(&caller, "SIP/2.0 486");
}

static void
hold_and_resume_are_relayed(void **state)
{
	const char *message;

	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_request(&ann, &a, "INVITE", "",
	    PLAY_SDP_HEAD
	    "m=audio 20000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM inline:" PLAY_OFFER_KEY
	    "\r\na=sendonly\r\n");
	message = play_expect(&bob, "INVITE");
	assert_non_null(strstr(play_body(message), "a=sendonly"));
	play_answer(&bob, message, 200, "",
	    PLAY_SDP_HEAD
	    "m=audio 30000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM inline:" PLAY_ANSWER_KEY
	    "\r\na=recvonly\r\n");
	play_expect(&bob, "ACK");
	message = play_expect(&ann, "SIP/2.0 200");
	assert_non_null(strstr(play_body(message), "a=recvonly"));
	assert_security(message, "Encrypted");
	play_ack(&ann, &a, a.cseq, NULL);
	play_request(&ann, &a, "INVITE", "", PLAY_SECURE_OFFER);
	play_answer(&bob, play_expect(&bob, "INVITE"), 200, "", PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	play_expect(&ann, "SIP/2.0 200");
	play_ack(&ann, &a, a.cseq, NULL);
	play_expect_nothing(&bob);
	play_bye(&ann, &a, &bob);
}

/* Row S93: resumed in clear, the lock goes out on both phones at once. */
static void
a_resume_in_clear_takes_the_lock_from_both(void **state)
{
	const char *message;

	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_request(&ann, &a, "INVITE", "", PLAY_CLEAR_OFFER);
	play_answer(&bob, play_expect(&bob, "INVITE"), 200, "", PLAY_CLEAR_ANSWER);
	play_expect(&bob, "ACK");
	assert_security(play_expect(&ann, "SIP/2.0 200"), "Authenticated");
	play_ack(&ann, &a, a.cseq, NULL);
	message = play_expect(&bob, "UPDATE");
	assert_security(message, "Authenticated");
	assert_int_equal(play_call.level, LEVEL_AUTHENTICATED);
}

static void
offers_that_cross_are_answered_491(void **state)
{
	const char *to_bob;

	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_request(&ann, &a, "INVITE", "", PLAY_SECURE_OFFER);
	to_bob = play_expect(&bob, "INVITE");
	play_take_invite(to_bob, &b);
	snprintf(b.mine, sizeof(b.mine), "%s", play_header(to_bob, "To"));
	play_request(&bob, &b, "INVITE", "", PLAY_SECURE_OFFER);
	play_expect(&bob, "SIP/2.0 491");
	play_answer(&bob, to_bob, 491, "", NULL);
	play_expect(&bob, "ACK");
	play_expect(&ann, "SIP/2.0 491");
	play_wait(3000);
	play_request(&ann, &a, "INVITE", "", PLAY_SECURE_OFFER);
	play_answer(&bob, play_expect(&bob, "INVITE"), 200, "", PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	play_expect(&ann, "SIP/2.0 200");
}

static void
a_call_without_an_offer_gets_it_from_the_called(void **state)
{
	const char *invite, *message;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", NULL, &a);
	invite = play_expect(&bob, "INVITE");
	assert_string_equal(play_body(invite), "");
	play_answer(&bob, invite, 200, "", PLAY_SECURE_OFFER);
	message = play_expect(&ann, "SIP/2.0 200");
	assert_non_null(strstr(play_body(message), "inline:" PLAY_OFFER_KEY));
	play_expect_nothing(&bob);
	play_take_answer(&a, message);
	play_ack(&ann, &a, a.cseq, PLAY_SECURE_ANSWER);
	message = play_expect(&bob, "ACK");
	assert_non_null(strstr(play_body(message), "inline:" PLAY_ANSWER_KEY));
	assert_security(play_expect(&bob, "UPDATE"), "Encrypted");
	assert_security(play_expect(&ann, "UPDATE"), "Encrypted");
}

static void
an_ack_without_the_answer_it_owes_ends_the_call(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", NULL, &a);
	play_answer(&bob, play_expect(&bob, "INVITE"), 200, "", PLAY_SECURE_OFFER);
	play_take_answer(&a, play_expect(&ann, "SIP/2.0 200"));
	play_ack(&ann, &a, a.cseq, NULL);
	play_expect(&bob, "ACK");
	play_expect(&bob, "BYE");
	play_expect(&ann, "BYE");
}

static void
nobody_answers_in_time(void **state)
{
	const char *invite;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE");
	play_answer(&bob, invite, 180, "", NULL);
	play_expect(&ann, "SIP/2.0 180");
	play_wait(182000);
	play_expect(&ann, "SIP/2.0 480");
	play_expect(&bob, "CANCEL");
}

static void
a_phone_that_is_silent_is_not_there(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	play_expect(&bob, "INVITE");
	play_wait(40000);
	play_expect(&ann, "SIP/2.0 480");
}

static void
a_phone_whose_connection_dies_while_it_rings_is_out(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	play_answer(&bob, play_expect(&bob, "INVITE"), 180, "", NULL);
	play_expect(&ann, "SIP/2.0 180");
	play_hang_connection(&bob);
	play_expect(&ann, "SIP/2.0 480");
}

static void
a_caller_whose_connection_dies_stops_the_ringing(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	play_answer(&bob, play_expect(&bob, "INVITE"), 180, "", NULL);
	play_hang_connection(&ann);
	play_expect(&bob, "CANCEL");
}

/* Media goes on without us; the other phone's lock goes out until the phone is back. */
static void
a_lost_connection_puts_the_lock_out_and_its_return_lights_it(void **state)
{
	const char *message;

	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_hang_connection(&ann);
	message = play_expect(&bob, "UPDATE");
	assert_security(message, "NotAuthenticated");
	play_answer(&bob, message, 200, "", NULL);
	ann.flow = 0;
	play_register(&ann);
	assert_security(play_expect(&ann, "UPDATE"), "Encrypted");
	message = play_expect(&bob, "UPDATE");
	assert_security(message, "Encrypted");
	play_answer(&bob, message, 200, "", NULL);
	play_ignore(&ann);
	play_bye(&ann, &a, &bob);
}

static void
a_phone_that_does_not_come_back_ends_the_call(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_hang_connection(&ann);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_wait(125000);
	play_expect(&bob, "BYE");
	assert_int_equal(play_changes[CALL_ENDED], 1);
}

static void
another_phone_cannot_end_the_call(void **state)
{
	struct player mallory = play_phone("1004");

	(void)state;
	register_both("1001", "1002");
	play_register(&mallory);
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_ignore(&bob);
	play_request(&mallory, &a, "BYE", "", NULL);
	play_expect(&mallory, "SIP/2.0 403");
	play_expect_nothing(&bob);
	assert_non_null(strstr(play_audit, "another phone's connection"));
	a.cseq--;
	play_bye(&ann, &a, &bob);
}

/* A phone that can only speak SRTP is not quietly talked to in clear. */
static void
srtp_is_not_dropped_for_a_phone_that_cannot_fall_back(void **state)
{
	(void)state;
	register_both("1005", "1003");
	play_send(&ann,
	    "INVITE sip:1003@ringfence SIP/2.0\nVia: SIP/2.0/TLS 127.0.0.2;branch=z9hG4bKnf\n"
	    "Max-Forwards: 70\nFrom: <sip:1005@ringfence>;tag=x\nTo: <sip:1003@ringfence>\n"
	    "Call-ID: nf\nCSeq: 1 INVITE\nContact: <sip:1005@127.0.0.2>\n"
	    "Content-Type: application/sdp\nContent-Length: %zu\n\n%s",
	    strlen(PLAY_SECURE_OFFER), PLAY_SECURE_OFFER);
	play_expect(&ann, "SIP/2.0 488");
	play_expect_nothing(&bob);
}

static void
nonsense_for_a_description_is_refused(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", "hello", &a);
	play_expect(&ann, "SIP/2.0 488");
	play_expect_nothing(&bob);
}

static void
a_session_that_is_not_refreshed_ends(void **state)
{
	const char *invite, *ok;

	(void)state;
	register_both("1001", "1002");
	play_invite(&ann, "1002", PLAY_SECURE_OFFER, &a);
	invite = play_expect(&bob, "INVITE");
	assert_non_null(strstr(play_header(invite, "Session-Expires"), "1800"));
	play_answer(&bob, invite, 200,
	    "Session-Expires: 1800;refresher=uas\nRequire: timer\nSupported: timer\n",
	    PLAY_SECURE_ANSWER);
	play_expect(&bob, "ACK");
	ok = play_expect(&ann, "SIP/2.0 200");
	play_take_answer(&a, ok);
	play_ack(&ann, &a, a.cseq, NULL);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200,
	    "Session-Expires: 1800;refresher=uas\nRequire: timer\n", NULL);
	play_wait(901000); /* ann knows no session timers, so we ask */
	play_answer(&ann, play_expect(&ann, "UPDATE"), 200, "", NULL);
	play_expect_nothing(&bob);
	play_wait(870000);
	play_expect(&bob, "BYE");
	play_expect(&ann, "BYE");
}

/* A phone that knows no session timers is asked by us whether it is still there. */
static void
a_phone_that_forgot_the_call_ends_it(void **state)
{
	(void)state;
	register_both("1001", "1002");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, &a, &b);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 200, "", NULL);
	play_wait(901000);
	play_answer(&ann, play_expect(&ann, "UPDATE"), 200, "", NULL);
	play_answer(&bob, play_expect(&bob, "UPDATE"), 481, "", NULL);
	play_expect(&ann, "BYE");
}

static void
why_a_call_has_its_level_can_be_asked(void **state)
{
	struct buffer json;
	struct why why;

	(void)state;
	register_both("1001", "1003");
	play_talk(&ann, &bob, PLAY_SECURE_OFFER, PLAY_CLEAR_ANSWER, &a, &b);
	buffer_init(&json, PLAY_TEXT);
	assert_accepted(exchange_why(play_exchange, play_call.id, &json, &why), why);
	assert_non_null(strstr(buffer_text_of(&json), "\"decided\":\"SEP00000000000C\""));
	assert_non_null(strstr(buffer_text_of(&json), "its signalling is not TLS"));
	assert_refused(
	    exchange_why(play_exchange, 7, &json, &why), FAULT_MISSING, why, "no call 7");
	buffer_finish(&json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, play_begin, play_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(two_secure_phones_talk_and_both_learn_it),
	    TEST(a_call_has_the_lower_level_of_its_phones),
	    TEST(keys_are_stripped_towards_a_leg_that_is_not_tls),
	    TEST(a_refusal_reaches_the_caller),
	    TEST(a_line_that_cannot_be_reached_has_its_reason),
	    TEST(only_a_registered_line_may_call),
	    TEST(the_caller_cancels),
	    TEST(an_answer_that_crosses_the_cancel_is_hung_up),
	    TEST(of_two_answers_one_wins),
	    TEST(while_one_phone_rings_anothers_refusal_is_not_told),
	    TEST(hold_and_resume_are_relayed),
	    TEST(a_resume_in_clear_takes_the_lock_from_both),
	    TEST(offers_that_cross_are_answered_491),
	    TEST(a_call_without_an_offer_gets_it_from_the_called),
	    TEST(an_ack_without_the_answer_it_owes_ends_the_call),
	    TEST(nobody_answers_in_time),
	    TEST(a_phone_that_is_silent_is_not_there),
	    TEST(a_phone_whose_connection_dies_while_it_rings_is_out),
	    TEST(a_caller_whose_connection_dies_stops_the_ringing),
	    TEST(a_lost_connection_puts_the_lock_out_and_its_return_lights_it),
	    TEST(a_phone_that_does_not_come_back_ends_the_call),
	    TEST(another_phone_cannot_end_the_call),
	    TEST(srtp_is_not_dropped_for_a_phone_that_cannot_fall_back),
	    TEST(nonsense_for_a_description_is_refused),
	    TEST(a_session_that_is_not_refreshed_ends),
	    TEST(a_phone_that_forgot_the_call_ends_it),
	    TEST(why_a_call_has_its_level_can_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
