/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sip_message_test.c - messages become views, and headers are found. */
#include "signalling/sip_validate.h"

#include <stdio.h>

#include "tests.h"

static const char invite[] =
    "INVITE sip:1001@192.0.2.1 SIP/2.0\r\n"
    "v: SIP/2.0/TLS 192.0.2.9:5061 ;branch=z9hG4bK7, SIP/2.0/UDP 10.0.0.1\r\n"
    "f: \"Ann \\\"A\\\" Smith\"\r\n <sip:1000@192.0.2.1>;tag=a1\r\n"
    "t: <sip:1001@192.0.2.1>\r\n"
    "i: call-1@192.0.2.9\r\n"
    "CSeq: 7 INVITE\r\n"
    "m: <sip:1000@192.0.2.9;transport=tls>;expires=5\r\n"
    "k: timer, X-cisco-callinfo\r\n"
    "Supported: replaces\r\n"
    "X-Own: something\r\n"
    "Session-Expires: 1800;refresher=uas\r\n"
    "c: application/sdp\r\n"
    "l: 5\r\n"
    "\r\n"
    "v=0\r\nrest";

static struct sip_message message;
static struct sip_verdict verdict;

static void
read_it(const char *text)
{
	struct why why;

	assert_accepted(sip_message_read(bytes_text(text), &message, &why), why);
}

static void
compact_folded_and_many_on_a_line(void **state)
{
	(void)state;
	read_it(invite);
	assert_true(sip_validate(&message, &verdict));
	assert_true(message.request);
	assert_int_equal(message.method, SIP_METHOD_INVITE);
	assert_true(bytes_equal_text(message.uri.user, "1001"));
	assert_true(bytes_equal_text(message.via.transport, "TLS"));
	assert_true(bytes_equal_text(message.via.branch, "z9hG4bK7"));
	assert_int_equal(message.via.port, 5061);
	assert_true(bytes_equal_text(message.from.display, "Ann \\\"A\\\" Smith"));
	assert_true(bytes_equal_text(message.from.tag, "a1"));
	assert_int_equal(message.to.tag.left, 0);
	assert_true(bytes_equal_text(message.call_id, "call-1@192.0.2.9"));
	assert_int_equal(message.cseq.number, 7);
	assert_true(bytes_equal_text(message.body, "v=0\r\n"));
	assert_true(bytes_equal_text(message.rest, "rest"));
	assert_true(sip_message_content_is(&message, "Application/SDP"));
}

static void
a_list_goes_over_all_its_lines(void **state)
{
	static const char *const expected[] = {"timer", "X-cisco-callinfo", "replaces"};
	struct sip_values values;
	struct bytes value;
	size_t count = 0;

	(void)state;
	read_it(invite);
	sip_values_begin(&message, SIP_HEADER_SUPPORTED, &values);
	while (sip_values_next(&values, &value)) {
		assert_true(count < COUNT(expected));
		assert_true(bytes_equal_text(value, expected[count++]));
	}
	assert_int_equal(count, COUNT(expected));
	assert_true(sip_message_lists(&message, SIP_HEADER_SUPPORTED, "REPLACES"));
	assert_false(sip_message_lists(&message, SIP_HEADER_SUPPORTED, "join"));
	assert_non_null(sip_message_named(&message, "x-own"));
	assert_null(sip_message_named(&message, "x-other"));
}

static void
commas_in_quotes_and_brackets_do_not_divide(void **state)
{
	struct bytes list = bytes_text("\"a, b\" <sip:x@y;p=1,2>;q=1 , <sip:z@y>,"), value;

	(void)state;
	assert_true(sip_list_take(&list, &value));
	assert_true(bytes_equal_text(value, "\"a, b\" <sip:x@y;p=1,2>;q=1"));
	assert_true(sip_list_take(&list, &value));
	assert_true(bytes_equal_text(value, "<sip:z@y>"));
	assert_false(sip_list_take(&list, &value));
}

static void
every_known_header_is_found_by_its_name(void **state)
{
	static const struct {
		const char *compact;
		enum sip_header_id id;
	} compacts[] = {
	    {"v", SIP_HEADER_VIA},
	    {"f", SIP_HEADER_FROM},
	    {"t", SIP_HEADER_TO},
	    {"i", SIP_HEADER_CALL_ID},
	    {"m", SIP_HEADER_CONTACT},
	    {"c", SIP_HEADER_CONTENT_TYPE},
	    {"l", SIP_HEADER_CONTENT_LENGTH},
	    {"e", SIP_HEADER_CONTENT_ENCODING},
	    {"s", SIP_HEADER_SUBJECT},
	    {"k", SIP_HEADER_SUPPORTED},
	    {"o", SIP_HEADER_EVENT},
	    {"u", SIP_HEADER_ALLOW_EVENTS},
	    {"r", SIP_HEADER_REFER_TO},
	    {"b", SIP_HEADER_REFERRED_BY},
	    {"x", SIP_HEADER_SESSION_EXPIRES},
	    {"q", SIP_HEADER_OTHER},
	};

	(void)state;
	for (int id = 1; id < SIP_HEADERS; id++) {
		const char *name = sip_header_name((enum sip_header_id)id);

		if (name[0] == '\0' || (int)sip_header_id_of(bytes_text(name)) != id)
			fail_msg("header %d \"%s\"", id, name);
	}
	for (size_t i = 0; i < COUNT(compacts); i++)
		assert_int_equal(sip_header_id_of(bytes_text(compacts[i].compact)), compacts[i].id);
	assert_int_equal(sip_header_id_of(bytes_text("Viaa")), SIP_HEADER_OTHER);
	assert_int_equal(sip_header_id_of(bytes_text("")), SIP_HEADER_OTHER);
}

static const struct {
	const char *says, *text;
	enum fault fault;
	const char *complaint;
} unreadable[] = {
    {"nothing", "", FAULT_MALFORMED, "no line"},
    {"blank lines", "\r\n\r\n", FAULT_MALFORMED, "no line"},
    {"one line without end", "OPTIONS sip:a SIP/2.0", FAULT_MALFORMED, "no line"},
    {"HTTP", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", FAULT_MALFORMED, "SIP/2.0"},
    {"no empty line", "OPTIONS sip:a SIP/2.0\r\nTo: b\r\n", FAULT_MALFORMED, "empty line"},
    {"a status of 4294967301", "SIP/2.0 4294967301 better\r\n\r\n", FAULT_MALFORMED, "100 to 699"},
    {"a status of 99", "SIP/2.0 99 x\r\n\r\n", FAULT_MALFORMED, "100 to 699"},
    {"a status of words", "SIP/2.0 OK\r\n\r\n", FAULT_MALFORMED, "100 to 699"},
    {"binary", "\x16\x03\x01\x02\n\n", FAULT_MALFORMED, "neither"},
};

static void
what_nobody_could_answer_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(unreadable); i++) {
		struct why why = {""};
		enum fault fault = sip_message_read(bytes_text(unreadable[i].text), &message, &why);

		if (fault != unreadable[i].fault ||
		    strstr(why.text, unreadable[i].complaint) == NULL)
			fail_msg("%s: %s", unreadable[i].says, why.text);
	}
}

static void
limits_are_kept(void **state)
{
	static char text[SIP_MESSAGE_MOST + 16];
	struct why why;
	size_t size;

	(void)state;
	size = (size_t)snprintf(text, sizeof(text), "OPTIONS sip:a SIP/2.0\r\n");
	for (int i = 0; i < SIP_HEADERS_MOST + 1; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, "X: y\r\n");
	snprintf(text + size, sizeof(text) - size, "\r\n");
	assert_refused(
	    sip_message_read(bytes_text(text), &message, &why), FAULT_LIMIT, why, "256 headers");

	size = (size_t)snprintf(text, sizeof(text), "OPTIONS sip:a SIP/2.0\r\nX: ");
	memset(text + size, 'x', SIP_HEADER_LINE_MOST);
	snprintf(text + size + SIP_HEADER_LINE_MOST, 8, "\r\n\r\n");
	assert_refused(
	    sip_message_read(bytes_text(text), &message, &why), FAULT_LIMIT, why, "8192");

	memset(text, 'x', sizeof(text));
	assert_refused(sip_message_read(bytes_of(text, SIP_MESSAGE_MOST + 1), &message, &why),
	    FAULT_LIMIT, why, "65536");
}

static void
a_stray_cr_makes_the_line_no_header(void **state)
{
	(void)state;
	read_it("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n"
		"Subject: a\rInjected: b\r\n\r\n");
	assert_false(sip_validate(&message, &verdict));
	assert_int_equal(verdict.judgement, SIP_ANSWER_WITH);
	assert_int_equal(verdict.status, 400);
	assert_string_equal(verdict.why.text, "line 3 is not a header");
}

static void
numbers_and_session_timers(void **state)
{
	struct sip_session_expires expires;
	struct sip_replaces replaces;
	uint32_t number;
	struct why why;

	(void)state;
	read_it(invite);
	assert_accepted(sip_message_number(&message, SIP_HEADER_EXPIRES, 3600, &number, &why), why);
	assert_int_equal(number, 3600);
	assert_accepted(
	    sip_session_expires_read(
		sip_message_value(&message, SIP_HEADER_SESSION_EXPIRES), &expires, &why),
	    why);
	assert_int_equal(expires.seconds, 1800);
	assert_int_equal(expires.refresher, SIP_REFRESHER_UAS);
	assert_accepted(
	    sip_replaces_read(
		bytes_text("98732@x.y;from-tag=r33;to-tag=a44 ;early-only"), &replaces, &why),
	    why);
	assert_true(bytes_equal_text(replaces.call_id, "98732@x.y"));
	assert_true(bytes_equal_text(replaces.to_tag, "a44"));
	assert_true(replaces.early_only);
	assert_refused(sip_replaces_read(bytes_text("98732@x.y;from-tag=r33"), &replaces, &why),
	    FAULT_MALFORMED, why, "both tags");
	assert_refused(sip_number_read(bytes_text("4294967296"), &number, &why), FAULT_MALFORMED,
	    why, "below 2^32");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(compact_folded_and_many_on_a_line),
	    cmocka_unit_test(a_list_goes_over_all_its_lines),
	    cmocka_unit_test(commas_in_quotes_and_brackets_do_not_divide),
	    cmocka_unit_test(every_known_header_is_found_by_its_name),
	    cmocka_unit_test(what_nobody_could_answer_is_refused),
	    cmocka_unit_test(limits_are_kept),
	    cmocka_unit_test(a_stray_cr_makes_the_line_no_header),
	    cmocka_unit_test(numbers_and_session_timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
