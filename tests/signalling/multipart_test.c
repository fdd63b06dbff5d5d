/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/signalling/multipart_test.c - bodies of several parts, and the requests of phones that
 * carry them: every message of two recorded conversations is read, judged and understood.
 */
#include "signalling/multipart.h"

#include <stdio.h>
#include <stdlib.h>

#include "signalling/call_info.h"
#include "signalling/remotecc.h"
#include "signalling/sdp.h"
#include "signalling/sip_validate.h"
#include "tests.h"

static const struct {
	const char *says, *body;
	size_t parts;
	const char *first, *complaint;
} cases[] = {
    {"one part", "--b\r\nContent-Type: text/a\r\n\r\nhello\r\n--b--\r\n", 1, "hello", NULL},
    {"two parts and words around", "before\r\n--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\nbehind", 2,
	"x", NULL},
    {"LF alone", "--b\n\nx\n--b--", 1, "x", NULL},
    {"an empty part", "--b\r\n\r\n\r\n--b--", 1, "", NULL},
    {"blanks behind the delimiter", "--b  \r\n\r\nx\r\n--b--  \r\n", 1, "x", NULL},
    {"a longer word that begins alike", "--b\r\n\r\nx\r\n--bc\r\n--b--", 1, "x\r\n--bc", NULL},
    {"no parts", "--b--\r\n", 0, "", NULL},
    {"no delimiter", "hello", 0, "", "never stands"},
    {"not closed", "--b\r\n\r\nx\r\n", 0, "", "not closed"},
    {"headers without end", "--b\r\nContent-Type: a/b\r\n--b--", 0, "", "empty line"},
    {"a line that is no header", "--b\r\nhello\r\n\r\nx\r\n--b--", 0, "", "no header"},
};

static void
each_body_falls_into_its_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct multipart multipart;
		struct why why = {""};
		enum fault fault =
		    multipart_read(bytes_text(cases[i].body), bytes_text("b"), &multipart, &why);

		if ((fault == FAULT_NONE) != (cases[i].complaint == NULL))
			fail_msg("%s: %s", cases[i].says, why.text);
		if (fault != FAULT_NONE) {
			if (strstr(why.text, cases[i].complaint) == NULL)
				fail_msg("%s: %s", cases[i].says, why.text);
			continue;
		}
		if (multipart.parts != cases[i].parts ||
		    (multipart.parts > 0 &&
			!bytes_equal_text(multipart.part[0].content, cases[i].first)))
			fail_msg("%s: %zu parts", cases[i].says, multipart.parts);
	}
}

static void
there_are_never_more_parts_than_allowed(void **state)
{
	struct multipart multipart;
	struct buffer body;
	struct why why;

	(void)state;
	buffer_init(&body, 65536);
	for (int i = 0; i < SIP_PARTS_MOST + 1; i++)
		multipart_write(&body, "b", "text/plain", NULL, bytes_text("x"));
	multipart_write_end(&body, "b");
	assert_refused(multipart_read(buffer_bytes_of(&body), bytes_text("b"), &multipart, &why),
	    FAULT_LIMIT, why, "16 parts");
	buffer_finish(&body);
}

static void
what_is_written_reads_the_same(void **state)
{
	struct multipart multipart;
	struct buffer body;
	struct why why;

	(void)state;
	buffer_init(&body, 4096);
	multipart_write(
	    &body, "u", "application/sdp", "session;handling=optional", bytes_text("v=0\r\n"));
	multipart_write_end(&body, "u");
	assert_accepted(
	    multipart_read(buffer_bytes_of(&body), bytes_text("u"), &multipart, &why), why);
	assert_int_equal(multipart.parts, 1);
	assert_true(bytes_equal_text(multipart.part[0].type, "application/sdp"));
	assert_true(bytes_equal_text(multipart.part[0].disposition, "session"));
	assert_true(multipart.part[0].optional);
	assert_true(bytes_equal_text(multipart.part[0].content, "v=0\r\n"));
	buffer_finish(&body);
}

/* --- recorded conversations ------------------------------------------------------------- */

struct heard {
	unsigned messages, registers, refers, alarms, levels, secure;
};

static void
understand(const struct sip_message *message, struct heard *heard)
{
	static struct sdp sdp;
	struct remotecc_register asked;
	struct remotecc_alarm alarm;
	struct call_info info;
	struct bytes content;
	struct why why;

	if (message->request && message->method == SIP_METHOD_REGISTER) {
		remotecc_register_read(message, &asked);
		heard->registers += asked.bulk && asked.options;
	}
	heard->refers += message->request && message->method == SIP_METHOD_REFER &&
			 remotecc_refer_kind(message) == REMOTECC_REQUEST;
	if (remotecc_alarm_read(sip_message_value(message, SIP_HEADER_REASON), &alarm)) {
		assert_int_equal(alarm.number, 25);
		assert_true(bytes_start_with(alarm.name, bytes_text("SEP")));
		assert_true(bytes_equal_text(alarm.active_load, "sip8832.14-2-1.loads") &&
			    bytes_equal_text(alarm.inactive_load, "sip8832.12-8-1.loads") &&
			    bytes_equal_text(alarm.last, "initialized"));
		heard->alarms++;
	}
	heard->levels += call_info_of(message, &info);
	if (sip_message_part(message, "application/sdp", &content, &why) == FAULT_NONE) {
		assert_accepted(sdp_read(content, &sdp, &why), why);
		if (sdp_audio(&sdp) != NULL && sdp_audio(&sdp)->secure)
			heard->secure++;
	}
}

/* One message of a transcript, as it was on the wire. */
static void
hear(const char *text, size_t size, struct heard *heard)
{
	static struct sip_message message;
	struct sip_verdict verdict;
	struct why why;

	assert_accepted(sip_message_read(bytes_of(text, size), &message, &why), why);
	if (!sip_validate(&message, &verdict))
		fail_msg("%.*s: %s", (int)message.headers.row[0].value.left,
		    (const char *)message.headers.row[0].value.at, verdict.why.text);
	heard->messages++;
	understand(&message, heard);
}

static void
listen_to(const char *name, struct heard *heard)
{
	static char text[65536];
	char path[512], *message, *next;
	FILE *file;

	snprintf(path, sizeof(path), "%s/sip/%s", TEST_DATA, name);
	if ((file = fopen(path, "rb")) == NULL)
		fail_msg("%s is missing", path);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (message = strpbrk(text, "<>"); message != NULL; message = next) {
		/* ">>>> " or "<<<< " begins each. */
		char *from = strstr(message, ">>>> "), *to = strstr(message, "<<<< ");

		if (from == NULL || (to != NULL && to < from))
			from = to;
		if (from == NULL)
			break;
		from += 5;
		next = strstr(from, "\n>>>> ");
		to = strstr(from, "\n<<<< ");
		if (next == NULL || (to != NULL && to < next))
			next = to;
		hear(from, next != NULL ? (size_t)(next - from) : strlen(from), heard);
	}
}

static void
recorded_conversations_are_understood(void **state)
{
	struct heard tcp = {0}, tls = {0};

	(void)state;
	listen_to("patched-asterisk-tcp.txt", &tcp);
	listen_to("patched-asterisk-tls-srtp.txt", &tls);
	assert_true(tcp.messages >= 10 && tls.messages >= 10);
	assert_true(tcp.registers >= 1 && tls.registers >= 2);
	assert_true(tcp.refers >= 1 && tls.refers >= 1);
	assert_true(tcp.alarms >= 1 && tls.alarms >= 2);
	assert_true(tcp.levels >= 1 && tls.levels >= 2);
	assert_int_equal(tcp.secure, 0);
	assert_true(tls.secure >= 2);
}

static void
a_register_gets_the_body_it_asks_for(void **state)
{
	const struct remotecc_register plain = {.bulk = true},
				       full = {.bulk = true, .options = true};
	struct buffer body;

	(void)state;
	buffer_init(&body, 4096);
	remotecc_register_write(&plain, &body);
	assert_non_null(strstr(buffer_text_of(&body), "<code>200</code>"));
	assert_null(strstr(buffer_text_of(&body), "optionsind"));
	buffer_clear(&body);
	remotecc_register_write(&full, &body);
	assert_non_null(strstr(buffer_text_of(&body), "<optionsind>"));
	buffer_finish(&body);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_body_falls_into_its_parts),
	    cmocka_unit_test(there_are_never_more_parts_than_allowed),
	    cmocka_unit_test(what_is_written_reads_the_same),
	    cmocka_unit_test(recorded_conversations_are_understood),
	    cmocka_unit_test(a_register_gets_the_body_it_asks_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
