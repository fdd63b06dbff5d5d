/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/phone_report_test.c - refusals of phones in the manager's audit. */
#include <stdio.h>

#include "play.h"
#include "policy/audit_report.h"

#define RECORD                                                                                     \
	"{\"time\":\"2026-11-23T20:21:00Z\",\"event\":\"file "                                     \
	"refused\",\"subject\":\"ITLFile.tlv\","                                                   \
	"\"reason\":\"signed by a stranger\",\"times\":3}"

static void
send_report(struct player *phone, const char *type, const char *body)
{
	play_send(phone,
	    "MESSAGE sip:audit@127.0.0.1 SIP/2.0\n"
	    "Via: SIP/2.0/TLS 127.0.0.2:40000;branch=z9hG4bKreport%u\n"
	    "Max-Forwards: 70\nFrom: <sip:%s@127.0.0.1>;tag=r\nTo: <sip:audit@127.0.0.1>\n"
	    "Call-ID: report\nCSeq: %u MESSAGE\nContent-Type: %s\nContent-Length: %zu\n\n%s",
	    phone->cseq, phone->line, phone->cseq, type, strlen(body), body);
	phone->cseq++;
}

static void
a_registered_phones_refusals_stand_in_the_audit(void **state)
{
	struct player phone = play_phone("1001");
	char expected[128];

	(void)state;
	play_register(&phone);
	/* The device in the body counts for nothing. */
	send_report(&phone, AUDIT_REPORT_TYPE,
	    "{\"device\":\"SEP0000000000FF\",\"dropped\":0,\"records\":[" RECORD "]}");
	play_expect(&phone, "SIP/2.0 200");
	snprintf(expected, sizeof(expected), "phone refused|%s|signed by a stranger", phone.device);
	assert_string_equal(play_audit, expected);
}

static void
what_was_lost_is_said(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_register(&phone);
	send_report(
	    &phone, AUDIT_REPORT_TYPE, "{\"device\":\"\",\"dropped\":7,\"records\":[" RECORD "]}");
	play_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(play_audit, "phone refusals lost|"));
}

static void
a_phone_that_is_not_registered_reports_nothing(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_connect(&phone);
	play_audit[0] = '\0';
	send_report(&phone, AUDIT_REPORT_TYPE, "{\"dropped\":0,\"records\":[" RECORD "]}");
	play_expect(&phone, "SIP/2.0 403");
	assert_string_equal(play_audit, "");
}

static const struct {
	const char *type, *body, *answer;
} nonsense[] = {
    {"text/plain", "{\"dropped\":0,\"records\":[]}", "SIP/2.0 415"},
    {AUDIT_REPORT_TYPE, "", "SIP/2.0 4"},
    {AUDIT_REPORT_TYPE, "{", "SIP/2.0 400"},
    {AUDIT_REPORT_TYPE, "[]", "SIP/2.0 400"},
    {AUDIT_REPORT_TYPE, "{\"dropped\":0}", "SIP/2.0 400"},
    {AUDIT_REPORT_TYPE, "{\"dropped\":0,\"records\":[{}]}", "SIP/2.0 400"},
    {AUDIT_REPORT_TYPE, "{\"dropped\":0,\"dropped\":1,\"records\":[]}", "SIP/2.0 400"},
    {AUDIT_REPORT_TYPE, "{\"dropped\":\"0\",\"records\":[" RECORD "]}", "SIP/2.0 400"},
};

static void
nonsense_is_refused_and_writes_nothing(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_register(&phone);
	play_audit[0] = '\0';
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		send_report(&phone, nonsense[i].type, nonsense[i].body);
		play_expect(&phone, nonsense[i].answer);
	}
	assert_string_equal(play_audit, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_registered_phones_refusals_stand_in_the_audit, play_begin, play_end),
	    cmocka_unit_test_setup_teardown(what_was_lost_is_said, play_begin, play_end),
	    cmocka_unit_test_setup_teardown(
		a_phone_that_is_not_registered_reports_nothing, play_begin, play_end),
	    cmocka_unit_test_setup_teardown(
		nonsense_is_refused_and_writes_nothing, play_begin, play_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
