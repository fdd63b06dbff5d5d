/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sip_framing_test.c - whole messages out of a stream, however it is cut. */
#include "signalling/sip_framing.h"

#include "tests.h"

#define FIRST  "OPTIONS sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"
#define SECOND "SIP/2.0 200 OK\r\nl:0\r\n\r\n"

static const char stream[] = "\r\n\r\n" FIRST "\r\n" SECOND "\r\n\r\n";

/* Frames of a stream cut into pieces of so many bytes, as letters: M, P(ing), p(ong). */
static void
kinds_of(size_t piece, char *kinds, size_t room)
{
	struct sip_framing framing;
	size_t at = 0, count = 0;

	sip_framing_init(&framing);
	while (at < sizeof(stream) - 1) {
		struct bytes input = bytes_part(bytes_text(stream), at, piece);
		struct sip_frame frame;
		struct why why;

		at += input.left;
		for (;;) {
			assert_accepted(sip_framing_next(&framing, &input, &frame, &why), why);
			if (frame.kind == SIP_FRAME_MORE)
				break;
			assert_true(count + 1 < room);
			kinds[count++] = " MPp"[frame.kind];
			if (frame.kind == SIP_FRAME_MESSAGE)
				assert_true(bytes_equal_text(frame.bytes, FIRST) ||
					    bytes_equal_text(frame.bytes, SECOND));
		}
		assert_int_equal(input.left, 0);
	}
	assert_int_equal(sip_framing_held(&framing), 0);
	sip_framing_finish(&framing);
	kinds[count] = '\0';
}

static void
a_stream_may_be_cut_anywhere(void **state)
{
	char kinds[64];

	(void)state;
	kinds_of(sizeof(stream), kinds, sizeof(kinds));
	assert_string_equal(kinds, "PMMP");
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		size_t messages = 0;

		kinds_of(piece, kinds, sizeof(kinds));
		for (const char *c = kinds; *c != '\0'; c++)
			messages += *c == 'M';
		if (messages != 2)
			fail_msg("pieces of %zu bytes: \"%s\"", piece, kinds);
	}
}

static const struct {
	const char *says, *stream;
	enum fault fault;
	const char *complaint;
} nonsense[] = {
    {"binary", "\x16\x03\x01", FAULT_MALFORMED, "not SIP"},
    {"a line of words", "hello:there", FAULT_MALFORMED, "not SIP"},
    {"no Content-Length", "OPTIONS sip:a SIP/2.0\r\nTo: b\r\n\r\n", FAULT_MALFORMED,
	"without Content-Length"},
    {"two different lengths", "OPTIONS sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n",
	FAULT_MALFORMED, "two different"},
    {"a negative length", "OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n", FAULT_MALFORMED,
	"not a number"},
    {"a body too large", "OPTIONS sip:a SIP/2.0\r\nContent-Length: 65536\r\n\r\n", FAULT_LIMIT,
	"message of"},
    {"a length past counting", "OPTIONS sip:a SIP/2.0\r\nContent-Length: 4294967295\r\n\r\n",
	FAULT_LIMIT, "message of"},
};

static void
nonsense_ends_the_stream_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		struct bytes input = bytes_text(nonsense[i].stream);
		struct sip_framing framing;
		struct sip_frame frame;
		struct why why = {""};
		enum fault fault;

		sip_framing_init(&framing);
		fault = sip_framing_next(&framing, &input, &frame, &why);
		if (fault != nonsense[i].fault || strstr(why.text, nonsense[i].complaint) == NULL)
			fail_msg("%s: %s", nonsense[i].says, why.text);
		sip_framing_finish(&framing);
	}
}

static void
headers_without_end_are_refused(void **state)
{
	static char endless[SIP_MESSAGE_MOST + 1];
	struct sip_framing framing;
	struct sip_frame frame;
	struct bytes input;
	struct why why;
	enum fault fault = FAULT_NONE;

	(void)state;
	sip_framing_init(&framing);
	memset(endless, 'A', sizeof(endless));
	memcpy(endless, "A sip:b ", 8);
	input = bytes_of(endless, sizeof(endless));
	while (fault == FAULT_NONE && input.left > 0)
		fault = sip_framing_next(&framing, &input, &frame, &why);
	assert_int_equal(fault, FAULT_LIMIT);
	sip_framing_finish(&framing);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_stream_may_be_cut_anywhere),
	    cmocka_unit_test(nonsense_ends_the_stream_with_a_sentence),
	    cmocka_unit_test(headers_without_end_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
