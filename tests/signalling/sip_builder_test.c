/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sip_builder_test.c - what is written reads back, and nothing is smuggled in. */
#include "signalling/sip_builder.h"

#include "signalling/sip_validate.h"
#include "tests.h"

static const char invite[] = "INVITE sip:1001@192.0.2.1 SIP/2.0\r\n"
			     "Via: SIP/2.0/UDP 10.0.0.9:5060;rport;branch=z9hG4bK7\r\n"
			     "Via: SIP/2.0/UDP 10.0.0.1\r\n"
			     "From: Ann\r\n  <sip:1000@192.0.2.1>;tag=a1\r\n"
			     "To: <sip:1001@192.0.2.1>\r\n"
			     "Call-ID: c\r\nCSeq: 7 INVITE\r\n"
			     "Record-Route: <sip:p;lr>\r\n"
			     "Content-Length: 0\r\n\r\n";

static struct sip_message message;
static const struct bytes none;

static void
a_response_copies_what_it_must(void **state)
{
	static const char expected[] =
	    "SIP/2.0 180 Ringing\r\n"
	    "Via: SIP/2.0/UDP 10.0.0.9:5060;rport=1024;branch=z9hG4bK7;received=192.0.2.7\r\n"
	    "Via: SIP/2.0/UDP 10.0.0.1\r\n"
	    "From: Ann <sip:1000@192.0.2.1>;tag=a1\r\n"
	    "To: <sip:1001@192.0.2.1>;tag=b2\r\n"
	    "Call-ID: c\r\nCSeq: 7 INVITE\r\n"
	    "Record-Route: <sip:p;lr>\r\n"
	    "Content-Length: 0\r\n\r\n";
	struct sip_builder builder;
	struct bytes bytes;
	struct why why;

	(void)state;
	assert_accepted(sip_message_read(bytes_text(invite), &message, &why), why);
	sip_builder_response_to(&builder, &message, "192.0.2.7", 1024, 180, NULL, "b2");
	assert_accepted(sip_builder_finish(&builder, NULL, none, &bytes, &why), why);
	assert_int_equal(bytes.left, sizeof(expected) - 1);
	assert_memory_equal(bytes.at, expected, bytes.left);
	sip_builder_free(&builder);
}

static void
a_request_reads_back(void **state)
{
	struct sip_builder builder;
	struct sip_verdict verdict;
	struct sip_extra extra;
	struct bytes bytes;
	struct why why;

	(void)state;
	sip_builder_request(&builder, "REGISTER", bytes_text("sip:192.0.2.1"));
	sip_builder_header(
	    &builder, SIP_HEADER_VIA, "SIP/2.0/TLS 192.0.2.9:5061;branch=%s", "z9hG4bKabc");
	sip_builder_header(&builder, SIP_HEADER_FROM, "<sip:1000@192.0.2.1>;tag=%d", 5);
	sip_builder_header(&builder, SIP_HEADER_TO, "<sip:1000@192.0.2.1>");
	sip_builder_header(&builder, SIP_HEADER_CALL_ID, "x");
	sip_builder_header(&builder, SIP_HEADER_CSEQ, "1 REGISTER");
	sip_extra_init(&extra);
	sip_extra_named(&extra, "X-Own", "yes");
	sip_extra_body(&extra, "text/plain", bytes_text("hello"));
	assert_accepted(sip_builder_finish_with(&builder, &extra, &bytes, &why), why);
	assert_accepted(sip_message_read(bytes, &message, &why), why);
	if (!sip_validate(&message, &verdict))
		fail_msg("%s", verdict.why.text);
	assert_true(bytes_equal_text(message.body, "hello"));
	assert_true(sip_message_content_is(&message, "text/plain"));
	assert_non_null(sip_message_named(&message, "X-Own"));
	sip_extra_finish(&extra);
	sip_builder_free(&builder);
}

static const struct {
	const char *says, *value, *complaint;
} smuggled[] = {
    {"CR LF and a header", "a\r\nX: y", "holds a line end"},
    {"a bare LF", "a\nX: y", "holds a line end"},
    {"a bare CR", "a\rX: y", "holds a line end"},
    {"CR before a blank", "a\r b", "holds a line end"},
    {"an end of headers", "a\r\n\r\nbody", "holds a line end"},
    {"a fold is undone", "a\r\n b", NULL},
};

static void
no_value_can_begin_another_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(smuggled); i++) {
		struct sip_builder builder;
		struct bytes bytes;
		struct why why = {""};
		enum fault fault;

		sip_builder_request(&builder, "OPTIONS", bytes_text("sip:a"));
		sip_builder_header(&builder, SIP_HEADER_SUBJECT, "%s", smuggled[i].value);
		fault = sip_builder_finish(&builder, NULL, none, &bytes, &why);
		if ((fault == FAULT_NONE) != (smuggled[i].complaint == NULL))
			fail_msg("%s: %s", smuggled[i].says, why.text);
		if (fault != FAULT_NONE && strstr(why.text, smuggled[i].complaint) == NULL)
			fail_msg("%s: %s", smuggled[i].says, why.text);
		sip_builder_free(&builder);
	}
}

static void
names_methods_reasons_and_uris_are_checked_too(void **state)
{
	struct sip_builder builder;
	struct bytes bytes;
	struct why why;

	(void)state;
	sip_builder_request(&builder, "OPT IONS", bytes_text("sip:a"));
	assert_refused(
	    sip_builder_finish(&builder, NULL, none, &bytes, &why), FAULT_MALFORMED, why, "method");
	sip_builder_free(&builder);
	sip_builder_request(&builder, "OPTIONS", bytes_text("sip:a b"));
	assert_refused(sip_builder_finish(&builder, NULL, none, &bytes, &why), FAULT_MALFORMED, why,
	    "request URI");
	sip_builder_free(&builder);
	sip_builder_request(&builder, "OPTIONS", bytes_text("sip:a"));
	sip_builder_named(&builder, "Na me", "x");
	assert_refused(sip_builder_finish(&builder, NULL, none, &bytes, &why), FAULT_MALFORMED, why,
	    "no token");
	sip_builder_free(&builder);
	assert_accepted(sip_message_read(bytes_text(invite), &message, &why), why);
	sip_builder_response(&builder, &message, 400, "bad\r\nX: y", "");
	assert_refused(sip_builder_finish(&builder, NULL, none, &bytes, &why), FAULT_MALFORMED, why,
	    "reason phrase");
	sip_builder_free(&builder);
}

static void
a_message_never_exceeds_the_limit(void **state)
{
	static char body[SIP_MESSAGE_MOST];
	struct sip_builder builder;
	struct bytes bytes;
	struct why why;

	(void)state;
	sip_builder_request(&builder, "OPTIONS", bytes_text("sip:a"));
	assert_refused(
	    sip_builder_finish(&builder, "text/plain", bytes_of(body, sizeof(body)), &bytes, &why),
	    FAULT_LIMIT, why, "65535");
	sip_builder_free(&builder);
}

static void
quoting_escapes_and_cuts(void **state)
{
	char room[12];

	(void)state;
	assert_string_equal(
	    sip_quote(bytes_text("a\"b\\\r\n"), room, sizeof(room)), "\"a\\\"b\\\\\"");
	assert_string_equal(
	    sip_quote(bytes_text("abcdefghijklmnop"), room, sizeof(room)), "\"abcdefgh\"");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_response_copies_what_it_must),
	    cmocka_unit_test(a_request_reads_back),
	    cmocka_unit_test(no_value_can_begin_another_header),
	    cmocka_unit_test(names_methods_reasons_and_uris_are_checked_too),
	    cmocka_unit_test(a_message_never_exceeds_the_limit),
	    cmocka_unit_test(quoting_escapes_and_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
