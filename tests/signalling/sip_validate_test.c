/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/signalling/sip_validate_test.c - each message of RFC 4475 is taken, answered or dropped as
 * that document says. The messages stand in tests/data/rfc4475, byte for byte.
 */
#include "signalling/sip_validate.h"

#include <stdio.h>

#include "signalling/multipart.h"
#include "signalling/sdp.h"
#include "signalling/sip_builder.h"
#include "signalling/sip_digest.h"
#include "tests.h"

/* What the element of these tests can do; it forwards, so that hops count. */
static const char *const methods[] = {
    "ACK", "BYE", "CANCEL", "INVITE", "MESSAGE", "OPTIONS", "REGISTER", NULL};
static const char *const extensions[] = {"timer", "replaces", NULL};
static const char *const types[] = {"application/sdp", "text/plain", "multipart/", NULL};
static const struct sip_abilities abilities = {.methods = methods,
    .extensions = extensions,
    .types = types,
    .schemes_sip_only = true,
    .forwards = true};

enum { TAKEN, ANSWERED, DROPPED, UNREADABLE };

static const struct {
	const char *name, *says;
	int outcome;
	unsigned status;
	const char *sentence;
} cases[] = {
    /* 3.1.1 valid */
    {"wsinv", "a short tortuous INVITE", TAKEN, 0, NULL},
    {"intmeth", "a wide range of valid characters", ANSWERED, 501, "this method is not known here"},
    {"esc01", "valid escapes", TAKEN, 0, NULL},
    {"escnull", "escaped nulls in URIs", TAKEN, 0, NULL},
    {"esc02", "a percent that escapes nothing", ANSWERED, 501, "this method is not known here"},
    {"lwsdisp", "no blank between name and <", TAKEN, 0, NULL},
    {"longreq", "long values", TAKEN, 0, NULL},
    {"dblreq", "something behind the message", TAKEN, 0, NULL},
    {"semiuri", "semicolons in the user part", TAKEN, 0, NULL},
    {"transports", "all kinds of transports", TAKEN, 0, NULL},
    {"mpart01", "a body of several parts", TAKEN, 0, NULL},
    {"unreason", "an unusual reason phrase", TAKEN, 0, NULL},
    {"noreason", "an empty reason phrase", TAKEN, 0, NULL},
    /* 3.1.2 invalid */
    {"badinv01", "superfluous separators", ANSWERED, 400, "parameters of Via are broken"},
    {"clerr", "Content-Length larger than the message", ANSWERED, 400,
	"body shorter than Content-Length says"},
    {"ncl", "negative Content-Length", ANSWERED, 400, "Content-Length is not a number"},
    {"scalar02", "numbers too large in a request", ANSWERED, 400, "CSeq without a number"},
    {"scalarlg", "numbers too large in a response", DROPPED, 0, "CSeq without a number"},
    {"quotbal", "a quote that is not closed", ANSWERED, 400,
	"To: quote of the display name is not closed"},
    {"ltgtruri", "<> around the request URI", ANSWERED, 400, "request URI: URI without a scheme"},
    {"lwsruri", "blanks in the request URI", ANSWERED, 400,
	"request URI: URI parameter holds a wrong character"},
    {"lwsstart", "several blanks in the start line", ANSWERED, 400,
	"request URI: URI without a scheme"},
    {"trws", "blanks behind the start line", ANSWERED, 400, "blanks behind the version"},
    {"escruri", "escaped headers in the request URI", ANSWERED, 400,
	"request URI: it may not carry headers"},
    {"baddate", "a date that is not in GMT", ANSWERED, 400, "Date is not as RFC 3261 writes it"},
    {"regbadct", "a Contact that wants <>", ANSWERED, 400, "Contact: URI with '?' needs <>"},
    {"badaspec", "blanks inside <>", ANSWERED, 400, "To: URI without a scheme"},
    {"baddn", "a display name that wants quotes", ANSWERED, 400,
	"From: display name must be quoted"},
    {"badvers", "an unknown version", ANSWERED, 505, "only SIP/2.0 is spoken here"},
    {"mismatch01", "start line and CSeq disagree", ANSWERED, 400, "CSeq names another method"},
    {"mismatch02", "an unknown method and CSeq disagree", ANSWERED, 400,
	"CSeq names another method"},
    {"bigcode", "a status too large", UNREADABLE, 0, "status is not a number from 100 to 699"},
    /* 3.2 transactions */
    {"badbranch", "a branch of the cookie alone", TAKEN, 0, NULL},
    /* 3.3 application */
    {"insuf", "From, To and Call-ID are missing", ANSWERED, 400, "no From"},
    {"unkscm", "an unknown scheme", ANSWERED, 416, "only sip: and sips: URIs are known"},
    {"novelsc", "a known scheme that is not SIP's", ANSWERED, 416,
	"only sip: and sips: URIs are known"},
    {"unksm2", "unknown schemes in a REGISTER", ANSWERED, 400,
	"To of a REGISTER is no SIP address"},
    {"bext01", "extensions nobody supports", ANSWERED, 420,
	"an extension it requires is not known"},
    {"invut", "an unknown body", ANSWERED, 415, "bodies of this type are not read here"},
    {"regaut01", "an unknown authorization scheme", TAKEN, 0, NULL},
    {"multi01", "single headers given twice", ANSWERED, 400, "Call-ID given twice"},
    {"mcl01", "two Content-Length", ANSWERED, 400, "Content-Length given twice"},
    {"bcast", "a response with a broadcast Via behind", DROPPED, 0,
	"a response to somebody else's request"},
    {"zeromf", "no hops left", ANSWERED, 483, "too many hops"},
    {"cparam01", "an unknown Contact parameter", TAKEN, 0, NULL},
    {"cparam02", "an unknown URI parameter", TAKEN, 0, NULL},
    {"regescrt", "a Contact with escaped headers", TAKEN, 0, NULL},
    {"sdp01", "an Accept that we cannot meet", ANSWERED, 406,
	"it accepts no body we could answer with"},
    /* 3.4 */
    {"inv2543", "a valid INVITE of RFC 2543", TAKEN, 0, NULL},
};

static uint8_t bytes[SIP_MESSAGE_MOST];
static struct sip_message message;
static struct sip_verdict verdict;

static struct bytes
load(const char *name)
{
	char path[512];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/rfc4475/%s.dat", TEST_DATA, name);
	if ((file = fopen(path, "rb")) == NULL)
		fail_msg("%s is missing", path);
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return bytes_of(bytes, size);
}

static int
outcome_of(const char *name)
{
	verdict = (struct sip_verdict){0};
	if (sip_message_read(load(name), &message, &verdict.why) != FAULT_NONE)
		return UNREADABLE;
	if (sip_validate(&message, &verdict) &&
	    (!message.request || sip_validate_for(&message, &abilities, &verdict)))
		return TAKEN;
	return verdict.judgement == SIP_DROPPED ? DROPPED : ANSWERED;
}

static void
each_message_has_its_outcome(void **state)
{
	(void)state;
	assert_int_equal(COUNT(cases), 49);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int outcome = outcome_of(cases[i].name);

		if (outcome != cases[i].outcome)
			fail_msg("%s (%s): outcome %d, not %d: %u %s", cases[i].name, cases[i].says,
			    outcome, cases[i].outcome, verdict.status, verdict.why.text);
		if (outcome == ANSWERED && verdict.status != cases[i].status)
			fail_msg("%s (%s): %u, not %u: %s", cases[i].name, cases[i].says,
			    verdict.status, cases[i].status, verdict.why.text);
		if (cases[i].sentence != NULL &&
		    strstr(verdict.why.text, cases[i].sentence) == NULL)
			fail_msg("%s (%s): \"%s\"", cases[i].name, cases[i].says, verdict.why.text);
	}
}

/* Whatever is to be answered can be: the answer is a message again, with the request's Via. */
static void
each_answer_can_be_written(void **state)
{
	static struct sip_message answer;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_builder builder;
		struct bytes written, none = {0};
		struct why why;

		if (cases[i].outcome != ANSWERED || outcome_of(cases[i].name) != ANSWERED)
			continue;
		sip_builder_response(&builder, &message, verdict.status, verdict.why.text, "t");
		if (verdict.value[0] != '\0')
			sip_builder_header(&builder, verdict.header, "%s", verdict.value);
		if (sip_builder_finish(&builder, NULL, none, &written, &why) != FAULT_NONE)
			fail_msg("%s: %s", cases[i].name, why.text);
		assert_accepted(sip_message_read(written, &answer, &why), why);
		assert_int_equal(answer.status, verdict.status);
		assert_non_null(sip_message_header(&answer, SIP_HEADER_VIA));
		sip_builder_free(&builder);
	}
}

static void
refusals_say_what_would_do(void **state)
{
	(void)state;
	assert_int_equal(outcome_of("bext01"), ANSWERED);
	assert_int_equal(verdict.header, SIP_HEADER_UNSUPPORTED);
	assert_string_equal(verdict.value, "nothingSupportsThis, nothingSupportsThisEither");
	assert_int_equal(outcome_of("invut"), ANSWERED);
	assert_int_equal(verdict.header, SIP_HEADER_ACCEPT);
	assert_string_equal(verdict.value, "application/sdp, text/plain");
}

static void
the_tortuous_invite_is_understood(void **state)
{
	struct sip_address contact, route;
	struct sip_values values;
	struct bytes value, parameter;
	struct why why;
	size_t vias = 0;

	(void)state;
	assert_int_equal(outcome_of("wsinv"), TAKEN);
	assert_true(bytes_equal_text(message.to.tag, "1918181833n"));
	assert_true(bytes_equal_text(message.from.tag, "98asjd8"));
	assert_true(bytes_equal_text(message.from.display, "J Rosenberg \\\\\\\""));
	assert_int_equal(message.cseq.number, 9);
	assert_true(bytes_equal_text(message.via.branch, "390skdjuw"));
	assert_false(sip_via_has_cookie(&message.via));
	assert_int_equal(message.body.left, 150);
	sip_values_begin(&message, SIP_HEADER_VIA, &values);
	while (sip_values_next(&values, &value))
		vias++;
	assert_int_equal(vias, 3);
	assert_accepted(
	    sip_address_read(sip_message_value(&message, SIP_HEADER_CONTACT), &contact, &why), why);
	assert_true(sip_parameter(contact.parameters, "newparam", &parameter));
	assert_true(bytes_equal_text(parameter, "newvalue"));
	assert_true(sip_parameter(contact.parameters, "q", &parameter));
	assert_true(bytes_equal_text(parameter, "0.33"));
	assert_accepted(
	    sip_address_read(sip_message_value(&message, SIP_HEADER_ROUTE), &route, &why), why);
	assert_true(sip_uri_parameter(&route.uri, "lr", NULL));
}

static void
escapes_and_brackets_mean_what_they_mean(void **state)
{
	struct sip_address contact;
	struct why why;
	char user[32];

	(void)state;
	assert_int_equal(outcome_of("esc01"), TAKEN);
	assert_true(sip_uri_user_text(&message.to.uri, user, sizeof(user)));
	assert_string_equal(user, "user");
	assert_true(sip_uri_user_text(&message.uri, user, sizeof(user)));
	assert_string_equal(user, "sips:user@example.com");
	assert_int_equal(outcome_of("semiuri"), TAKEN);
	assert_true(bytes_equal_text(message.uri.user, "user;par=u%40example.net"));
	/* Without <> the parameter is the Contact's, with them the URI's. */
	assert_int_equal(outcome_of("cparam01"), TAKEN);
	assert_accepted(
	    sip_address_read(sip_message_value(&message, SIP_HEADER_CONTACT), &contact, &why), why);
	assert_true(sip_parameter(contact.parameters, "unknownparam", NULL));
	assert_false(sip_uri_parameter(&contact.uri, "unknownparam", NULL));
	assert_int_equal(outcome_of("cparam02"), TAKEN);
	assert_accepted(
	    sip_address_read(sip_message_value(&message, SIP_HEADER_CONTACT), &contact, &why), why);
	assert_false(sip_parameter(contact.parameters, "unknownparam", NULL));
	assert_true(sip_uri_parameter(&contact.uri, "unknownparam", NULL));
	assert_int_equal(outcome_of("regescrt"), TAKEN);
	assert_accepted(
	    sip_address_read(sip_message_value(&message, SIP_HEADER_CONTACT), &contact, &why), why);
	assert_true(bytes_equal_text(contact.uri.headers, "Route=%3Csip:sip.example.com%3E"));
}

static void
bodies_credentials_and_leftovers(void **state)
{
	struct sip_credentials credentials;
	struct bytes content;
	static struct sdp sdp;
	struct why why;

	(void)state;
	assert_int_equal(outcome_of("mpart01"), TAKEN);
	assert_accepted(
	    sip_message_part(&message, "application/octet-stream", &content, &why), why);
	assert_int_equal(content.left, 342);
	assert_int_equal(outcome_of("regaut01"), TAKEN);
	assert_refused(sip_credentials_read(sip_message_value(&message, SIP_HEADER_AUTHORIZATION),
			   &credentials, &why),
	    FAULT_MISSING, why, "not Digest");
	assert_int_equal(outcome_of("dblreq"), TAKEN);
	assert_int_equal(message.body.left, 0);
	assert_true(bytes_start_with(message.rest, bytes_text("INVITE ")));
	assert_int_equal(outcome_of("inv2543"), TAKEN);
	assert_accepted(sdp_read(message.body, &sdp, &why), why);
	assert_int_equal(sdp_audio(&sdp)->port, 49217);
	assert_int_equal(outcome_of("noreason"), TAKEN);
	assert_int_equal(message.reason.left, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_message_has_its_outcome),
	    cmocka_unit_test(each_answer_can_be_written),
	    cmocka_unit_test(refusals_say_what_would_do),
	    cmocka_unit_test(the_tortuous_invite_is_understood),
	    cmocka_unit_test(escapes_and_brackets_mean_what_they_mean),
	    cmocka_unit_test(bodies_credentials_and_leftovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
