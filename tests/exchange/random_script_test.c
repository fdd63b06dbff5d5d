/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/exchange/random_script_test.c - whatever phones do, in whatever order: no key ever goes
 * to a leg that is not TLS (play.c listens), and a call is called encrypted only while both of
 * its legs are (row S54, S93).
 */
#include <stdio.h>
#include <stdlib.h>

#include "play.h"

enum { PHONES = 6, STEPS = 400, SCRIPTS = 40, REQUESTS_MOST = 64 };

static const char *const lines[PHONES] = {"1001", "1002", "1003", "1004", "1005", "1006"};
static struct player phones[PHONES];
static struct side sides[PHONES]; /* of the latest dialog of each phone */
static bool connected[PHONES];
static uint64_t dice;

static unsigned
roll(unsigned sides_of_it)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(dice >> 33) % sides_of_it;
}

static const char *
some_sdp(void)
{
	static const char *const all[] = {PLAY_SECURE_OFFER, PLAY_SECURE_ANSWER, PLAY_CLEAR_OFFER,
	    PLAY_CLEAR_ANSWER, NULL,
	    PLAY_CLEAR_OFFER "a=crypto:1 AEAD_AES_256_GCM inline:" PLAY_OFFER_KEY "\r\n",
	    "nonsense", PLAY_SDP_HEAD "m=audio 0 RTP/SAVP 0\r\n"};

	return all[roll(roll(2) ? 2 : COUNT(all))];
}

static void
call_someone(unsigned who)
{
	play_invite(&phones[who], lines[roll(PHONES)], some_sdp(), &sides[who]);
}

/* Answers what the phone was asked last, well or badly. */
static void
answer_something(unsigned who)
{
	static const unsigned statuses[] = {180, 183, 200, 200, 200, 200, 486, 491, 488, 603, 481};
	const char *request = play_next_request(&phones[who]);
	unsigned status = statuses[roll(COUNT(statuses))];

	if (request == NULL)
		return;
	if (strncmp(request, "INVITE", 6) == 0 && status == 200)
		play_take_invite(request, &sides[who]);
	play_answer(&phones[who], request, status, "", status == 200 ? some_sdp() : NULL);
}

static void
take_answers(unsigned who)
{
	const char *response = play_next_response(&phones[who]);

	if (response == NULL || strstr(play_header(response, "CSeq"), "INVITE") == NULL ||
	    strncmp(response, "SIP/2.0 2", 9) != 0)
		return;
	play_take_answer(&sides[who], response);
	play_ack(&phones[who], &sides[who], (unsigned)atoi(play_header(response, "CSeq")),
	    roll(4) == 0 ? some_sdp() : NULL);
}

static void
say_something(unsigned who)
{
	static const char *const methods[] = {"INVITE", "UPDATE", "BYE", "CANCEL", "INFO"};
	const char *method = methods[roll(COUNT(methods))];

	if (sides[who].call_id[0] != '\0')
		play_request(&phones[who], &sides[who], method, "",
		    method[0] == 'I' || method[0] == 'U' ? some_sdp() : NULL);
}

static void
change_connection(unsigned who)
{
	if (connected[who]) {
		play_hang_connection(&phones[who]);
		connected[who] = false;
		return;
	}
	play_connect(&phones[who]);
	play_send_register(&phones[who], phones[who].names_device ? phones[who].device : NULL, "");
	connected[who] = true;
}

static void
step(void)
{
	unsigned who = roll(PHONES), what = roll(20);

	if (!connected[who] || what == 0)
		change_connection(who);
	else if (what < 4)
		call_someone(who);
	else if (what < 10)
		answer_something(who);
	else if (what < 14)
		take_answers(who);
	else if (what < 18)
		say_something(who);
	else
		play_wait(roll(3) ? 100 : 20000);
}

static bool
is_honest(void *arg, const struct call_record *record)
{
	(void)arg;
	for (size_t i = 0; record->level == LEVEL_ENCRYPTED && i < COUNT(record->leg); i++) {
		const struct leg_record *leg = &record->leg[i];

		if (leg->transport != TRANSPORT_TLS || leg->flow == 0 || !leg->srtp_to_us ||
		    !leg->srtp_from_us || leg->profile.mode != LEVEL_ENCRYPTED ||
		    !(leg->certificate || (leg->digest && leg->profile.digest_counts)))
			fail_msg("call encrypted, but not its leg %s", leg->device);
	}
	return true;
}

static void
play_script(unsigned seed)
{
	struct profile careless = *profile_standard(PROFILE_NONSECURE);

	dice = seed;
	careless.suites =
	    SUITES_ALL; /* profile_check() forbids it: only the leg can stop keys now */
	play_set_profile("1003", &careless);
	for (unsigned i = 0; i < PHONES; i++) {
		phones[i] = play_phone(lines[i]);
		play_register(&phones[i]);
		connected[i] = true;
		sides[i] = (struct side){.cseq = 1};
	}
	for (unsigned i = 0; i < STEPS; i++) {
		step();
		exchange_each_call(play_exchange, is_honest, NULL);
	}
	/* Everything ends by itself once the phones are silent. */
	for (unsigned i = 0; i < PHONES; i++)
		if (connected[i])
			play_hang_connection(&phones[i]);
	play_wait(200000);
	assert_int_equal(play_changes[CALL_ENDED], play_changes[CALL_STARTED]);
}

static void
no_script_makes_a_key_leave_or_a_lock_lie(void **state)
{
	unsigned answered = 0, encrypted = 0;

	for (unsigned seed = 1; seed <= SCRIPTS; seed++) {
		play_end(state);
		play_begin(state);
		play_script(seed);
		answered += play_changes[CALL_ANSWERED];
		encrypted += play_keys_passed() > 0;
	}
	assert_true(answered > SCRIPTS);
	assert_true(encrypted > SCRIPTS / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		no_script_makes_a_key_leave_or_a_lock_lie, play_begin, play_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
