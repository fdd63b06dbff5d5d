/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sip_uri_test.c - URIs read as RFC 3261 19.1 says, and compare as it says. */
#include "signalling/sip_uri.h"

#include "tests.h"

static const struct {
	const char *says, *text, *complaint;
} cases[] = {
    {"a host alone", "sip:example.com", NULL},
    {"user, port and parameters", "sip:1000@192.0.2.1:5061;transport=tls;lr", NULL},
    {"an IPv6 address", "sips:ann@[2001:db8::1]:5061", NULL},
    {"a password", "sip:ann:secret@example.com", NULL},
    {"escapes in the user", "sip:%61nn%00@example.com", NULL},
    {"headers", "sip:ann@example.com?Subject=hi&Priority=x", NULL},
    {"a question mark in the user", "sip:a?b;c=d@example.com", NULL},
    {"a telephone number", "tel:+1-212-555-0100;phone-context=x", NULL},
    {"a scheme we do not know", "isbn:2983792873", NULL},
    {"a service of the phone family", "urn:x-cisco-remotecc:callinfo", NULL},
    {"nothing", "", "without a scheme"},
    {"no scheme", "example.com", "without a scheme"},
    {"no host", "sip:", "proper host or port"},
    {"no host behind the user", "sip:ann@", "proper host or port"},
    {"no user before the @", "sip:@example.com", "empty user"},
    {"a blank in it", "sip:ann@example.com ", "nonsense"},
    {"a port of nothing", "sip:example.com:", "proper host or port"},
    {"port 0", "sip:example.com:0", "proper host or port"},
    {"port 65536", "sip:example.com:65536", "proper host or port"},
    {"a broken escape", "sip:a%4@example.com", "user part"},
    {"a bracket left open", "sip:a@[2001:db8::1", "proper host or port"},
    {"a parameter without a name", "sip:example.com;=x", "parameter"},
    {"two semicolons", "sip:example.com;;lr", "parameter"},
    {"a parameter twice", "sip:example.com;lr;transport=tls;LR", "given twice"},
    {"a blank in an unknown scheme", "isbn:2983 792873", "wrong character"},
    {"an empty number", "tel:", "proper number"},
    {"brackets around it", "<sip:example.com>", "without a scheme"},
};

static void
each_uri_is_accepted_or_refused_with_its_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_uri uri;
		struct why why = {""};
		enum fault fault = sip_uri_read(bytes_text(cases[i].text), &uri, &why);

		if ((fault == FAULT_NONE) != (cases[i].complaint == NULL))
			fail_msg("%s: %s", cases[i].says, why.text);
		if (fault != FAULT_NONE && strstr(why.text, cases[i].complaint) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].says, why.text,
			    cases[i].complaint);
	}
}

static void
the_parts_are_where_they_belong(void **state)
{
	struct sip_uri uri;
	struct bytes value;
	struct why why;
	char user[32];

	(void)state;
	assert_accepted(
	    sip_uri_read(bytes_text("SIP:%61nn:pw@Host.example:5070;Transport=TLS;lr?Subject=x"),
		&uri, &why),
	    why);
	assert_int_equal(uri.scheme, SIP_SCHEME_SIP);
	assert_true(bytes_equal_text(uri.user, "%61nn"));
	assert_true(bytes_equal_text(uri.password, "pw"));
	assert_true(bytes_equal_text(uri.host, "Host.example"));
	assert_int_equal(uri.port, 5070);
	assert_true(bytes_equal_text(uri.headers, "Subject=x"));
	assert_true(sip_uri_parameter(&uri, "transport", &value));
	assert_true(bytes_equal_text(value, "TLS"));
	assert_true(sip_uri_parameter(&uri, "lr", &value));
	assert_int_equal(value.left, 0);
	assert_false(sip_uri_parameter(&uri, "maddr", &value));
	assert_true(sip_uri_user_text(&uri, user, sizeof(user)));
	assert_string_equal(user, "ann");
}

static void
a_user_with_a_nul_has_no_text(void **state)
{
	struct sip_uri uri;
	struct why why;
	char user[32];

	(void)state;
	assert_accepted(sip_uri_read(bytes_text("sip:null-%00@example.com"), &uri, &why), why);
	assert_false(sip_uri_user_text(&uri, user, sizeof(user)));
}

/* RFC 3261 19.1.4 and its examples. */
static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
    {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
    {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
    {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true},
    {"sip:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
    {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
    {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
    {"sip:a@example.com", "sips:a@example.com", false},
    {"tel:+12125550100", "tel:+12125550100", true},
};

static void
uris_compare_as_the_rfc_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct sip_uri a, b;
		struct why why;

		assert_accepted(sip_uri_read(bytes_text(pairs[i].a), &a, &why), why);
		assert_accepted(sip_uri_read(bytes_text(pairs[i].b), &b, &why), why);
		if (sip_uri_equal(&a, &b) != pairs[i].equal ||
		    sip_uri_equal(&b, &a) != pairs[i].equal)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_uri_is_accepted_or_refused_with_its_reason),
	    cmocka_unit_test(the_parts_are_where_they_belong),
	    cmocka_unit_test(a_user_with_a_nul_has_no_text),
	    cmocka_unit_test(uris_compare_as_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
