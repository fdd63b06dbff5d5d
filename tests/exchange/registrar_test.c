/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/registrar_test.c - who may register, and for how long. */
#include <stdio.h>

#include "play.h"

static bool
count(void *arg, const struct registration_record *record)
{
	(void)record;
	++*(size_t *)arg;
	return true;
}

static size_t
registered(void)
{
	size_t found = 0;

	exchange_each_registration(play_exchange, count, &found);
	return found;
}

static void
a_phone_registers_by_its_own_certificate(void **state)
{
	struct player phone = play_phone("1001");
	const char *ok;

	(void)state;
	play_connect(&phone);
	play_send_register(&phone, phone.device, "Expires: 3600\n");
	ok = play_expect(&phone, "SIP/2.0 200");
	assert_non_null(strstr(play_header(ok, "Contact"), "expires=3600"));
	assert_non_null(strstr(play_header(ok, "Supported"), "X-cisco-sis"));
	assert_string_equal(play_registration.device, phone.device);
	assert_true(play_registration.certificate);
	assert_true(play_registration.callinfo);
}

static void
a_mic_names_its_phone_too(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	phone.common_name = "CP-8832-SEP00000000000A";
	play_register(&phone);
	assert_int_equal(registered(), 1);
}

/* Row S47: the sentence is exact. */
static void
another_phones_certificate_is_refused_and_recorded(void **state)
{
	struct player phone = play_phone("1002");

	(void)state;
	phone.common_name = "SEP00000000000A";
	play_connect(&phone);
	play_send_register(&phone, "SEP00000000000B", "");
	play_expect(&phone, "SIP/2.0 403");
	assert_string_equal(play_audit,
	    "registration refused|SEP00000000000B|certificate CN SEP00000000000A does not match"
	    " device SEP00000000000B");
	assert_int_equal(registered(), 0);
}

static const struct {
	const char *says, *line;
	enum transport transport;
	const char *common_name, *device, *complaint;
} refusals[] = {
    {"a secure phone over TCP", "1001", TRANSPORT_TCP, NULL, "SEP00000000000A", "over tcp"},
    {"a secure phone over UDP", "1001", TRANSPORT_UDP, NULL, "SEP00000000000A", "over udp"},
    {"a secure phone without certificate", "1001", TRANSPORT_TLS, NULL, "SEP00000000000A",
	"showed none"},
    {"a nonsecure phone over TLS", "1003", TRANSPORT_TLS, "SEP00000000000C", "SEP00000000000C",
	"over tls"},
    {"a device nobody configured", "1001", TRANSPORT_TCP, NULL, "SEP0000000000FF", "no such phone"},
    {"another phone's line", "1001", TRANSPORT_TCP, NULL, "SEP00000000000C", "no such phone"},
    {"a name that is no device", "1001", TRANSPORT_TLS, "Mallory", "SEP00000000000A",
	"certificate CN Mallory does not match device SEP00000000000A"},
    {"a third party as somebody's phone", "1005", TRANSPORT_TLS, "SEP00000000000A", "softphone",
	"does not match device softphone"},
    {"a third party over TCP", "1005", TRANSPORT_TCP, NULL, NULL, "over tcp"},
};

static void
what_the_profile_does_not_permit_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct player phone = play_phone(refusals[i].line);

		phone.transport = refusals[i].transport;
		phone.common_name = refusals[i].common_name;
		play_connect(&phone);
		play_send_register(&phone, refusals[i].device, "");
		play_expect(&phone, "SIP/2.0 403");
		if (strstr(play_audit, refusals[i].complaint) == NULL)
			fail_msg("%s: %s", refusals[i].says, play_audit);
		assert_int_equal(registered(), 0);
	}
}

static void
a_nonsecure_phone_registers_in_clear(void **state)
{
	struct player tcp = play_phone("1003");

	(void)state;
	play_register(&tcp);
	assert_false(play_registration.certificate);
	assert_int_equal(registered(), 1);
}

static void
a_third_party_phone_proves_its_password(void **state)
{
	struct player phone = play_phone("1005");
	const char *challenge;

	(void)state;
	play_connect(&phone);
	play_send_register(&phone, NULL, "");
	challenge = play_expect(&phone, "SIP/2.0 401");
	assert_non_null(strstr(play_header(challenge, "WWW-Authenticate"), "SHA-256"));
	assert_non_null(strstr(challenge, "algorithm=MD5"));
	play_register(&phone);
	assert_true(play_registration.digest);
	assert_false(play_registration.certificate);
}

/* Nothing of a wrong password, a forged nonce or another's proof gets in. */
static void
wrong_passwords_are_refused_and_then_the_connection_is_closed(void **state)
{
	struct player phone = play_phone("1005");

	(void)state;
	play_connect(&phone);
	play_send_register(&phone, NULL, "");
	for (unsigned i = 0; i < 5; i++) {
		const char *challenge =
		    play_header(play_expect(&phone, i == 0 ? "SIP/2.0 401" : "SIP/2.0 401"),
			"WWW-Authenticate");
		const char *nonce = strstr(challenge, "nonce=\"");
		char header[1024];

		assert_non_null(nonce);
		snprintf(header, sizeof(header),
		    "Authorization: Digest username=\"user\",realm=\"ringfence\","
		    "uri=\"sip:ringfence\",algorithm=SHA-256,qop=auth,nc=00000001,cnonce=\"x\",%.*"
		    "s,"
		    "response=\"%064d\"\n",
		    (int)strcspn(nonce, ","), nonce, 0);
		play_send_register(&phone, NULL, header);
	}
	play_expect(&phone, "SIP/2.0 403");
	assert_int_equal(play_closed_flow, phone.flow);
	assert_non_null(strstr(play_audit, "digest refused"));
	assert_int_equal(registered(), 0);
}

static void
a_proof_for_one_connection_is_none_on_another(void **state)
{
	struct player phone = play_phone("1005"), thief = play_phone("1005");
	const char *challenge, *nonce;
	char header[1024];

	(void)state;
	play_connect(&phone);
	play_connect(&thief);
	play_send_register(&phone, NULL, "");
	challenge = play_header(play_expect(&phone, "SIP/2.0 401"), "WWW-Authenticate");
	nonce = strstr(challenge, "nonce=\"");
	snprintf(header, sizeof(header),
	    "Authorization: Digest username=\"user\",realm=\"ringfence\",uri=\"sip:ringfence\","
	    "algorithm=SHA-256,qop=auth,nc=00000001,cnonce=\"x\",%.*s,response=\"%064d\"\n",
	    (int)strcspn(nonce, ","), nonce, 0);
	play_send_register(&thief, NULL, header);
	assert_non_null(strstr(play_expect(&thief, "SIP/2.0 401"), "stale=true"));
	assert_int_equal(registered(), 0);
}

static void
lifetimes_have_bounds(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_connect(&phone);
	play_send_register(&phone, phone.device, "Expires: 10\n");
	assert_string_equal(play_header(play_expect(&phone, "SIP/2.0 423"), "Min-Expires"), "60");
	play_send_register(&phone, phone.device, "Expires: 999999\n");
	assert_string_equal(play_header(play_expect(&phone, "SIP/2.0 200"), "Expires"), "7200");
}

static void
a_registration_expires_unless_it_is_refreshed(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_connect(&phone);
	play_send_register(&phone, phone.device, "Expires: 100\n");
	play_wait(60000);
	assert_int_equal(registered(), 1);
	play_send_register(&phone, phone.device, "Expires: 100\n");
	play_wait(90000);
	assert_int_equal(registered(), 1);
	play_wait(30000);
	assert_int_equal(registered(), 0);
}

static void
a_refresh_out_of_order_changes_nothing(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_register(&phone);
	phone.cseq = 0;
	play_send_register(&phone, phone.device, "Expires: 0\n");
	play_expect(&phone, "SIP/2.0 500");
	assert_int_equal(registered(), 1);
}

static void
a_phone_unregisters(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_register(&phone);
	play_send_register(&phone, phone.device, "Expires: 0\n");
	play_expect(&phone, "SIP/2.0 200");
	assert_int_equal(registered(), 0);
}

static void
the_operators_change_ends_what_it_does_not_permit_any_more(void **state)
{
	struct player phone = play_phone("1003"), other = play_phone("1001");

	(void)state;
	play_register(&phone);
	play_register(&other);
	play_set_profile("1003", profile_standard(PROFILE_ENCRYPTED));
	exchange_configuration_changed(play_exchange);
	play_wait(20000);
	assert_int_equal(registered(), 1);
	assert_int_equal(play_closed_flow, phone.flow);
}

static void
a_refresh_after_the_operators_change_is_judged_anew(void **state)
{
	struct player phone = play_phone("1003");

	(void)state;
	play_register(&phone);
	play_set_profile("1003", profile_standard(PROFILE_ENCRYPTED));
	exchange_configuration_changed(play_exchange);
	play_send_register(&phone, phone.device, "");
	play_expect(&phone, "SIP/2.0 403");
}

static void
instance_and_device_name_must_agree(void **state)
{
	struct player phone = play_phone("1001");

	(void)state;
	play_connect(&phone);
	play_send(&phone,
	    "REGISTER sip:ringfence SIP/2.0\nVia: SIP/2.0/TLS 127.0.0.2;branch=z9hG4bKx\n"
	    "From: <sip:1001@ringfence>;tag=1\nTo: <sip:1001@ringfence>\nCall-ID: x\n"
	    "CSeq: 1 REGISTER\nMax-Forwards: 70\nContact: <sip:1001@127.0.0.2>;"
	    "+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-00000000000b>\";"
	    "+u.sip!devicename.ccm.cisco.com=\"SEP00000000000A\"\nContent-Length: 0\n\n");
	play_expect(&phone, "SIP/2.0 400");
}

static void
a_phone_that_asks_for_options_gets_them(void **state)
{
	struct player phone = play_phone("1001");
	static const char body[] = "<x-cisco-remotecc-request><optionsindreq/>"
				   "</x-cisco-remotecc-request>";
	char extra[256];

	(void)state;
	play_connect(&phone);
	snprintf(extra, sizeof(extra), "Content-Type: application/x-cisco-remotecc-request+xml\n");
	play_send(&phone,
	    "REGISTER sip:ringfence SIP/2.0\nVia: SIP/2.0/TLS 127.0.0.2;branch=z9hG4bKx\n"
	    "From: <sip:1001@ringfence>;tag=1\nTo: <sip:1001@ringfence>\nCall-ID: x\n"
	    "CSeq: 1 REGISTER\nMax-Forwards: 70\nContact: <sip:1001@127.0.0.2>\n%s"
	    "Content-Length: %zu\n\n%s",
	    extra, strlen(body), body);
	assert_non_null(strstr(play_body(play_expect(&phone, "SIP/2.0 200")), "optionsind"));
	assert_string_equal(play_registration.device, "SEP00000000000A");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, play_begin, play_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_phone_registers_by_its_own_certificate),
	    TEST(a_mic_names_its_phone_too),
	    TEST(another_phones_certificate_is_refused_and_recorded),
	    TEST(what_the_profile_does_not_permit_is_refused_with_a_sentence),
	    TEST(a_nonsecure_phone_registers_in_clear),
	    TEST(a_third_party_phone_proves_its_password),
	    TEST(wrong_passwords_are_refused_and_then_the_connection_is_closed),
	    TEST(a_proof_for_one_connection_is_none_on_another),
	    TEST(lifetimes_have_bounds),
	    TEST(a_registration_expires_unless_it_is_refreshed),
	    TEST(a_refresh_out_of_order_changes_nothing),
	    TEST(a_phone_unregisters),
	    TEST(the_operators_change_ends_what_it_does_not_permit_any_more),
	    TEST(a_refresh_after_the_operators_change_is_judged_anew),
	    TEST(instance_and_device_name_must_agree),
	    TEST(a_phone_that_asks_for_options_gets_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
