/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/http_request_test.c - what two readers could understand differently is refused. */
#include "channel/http_request.h"

#include <stdlib.h>

#include "tests.h"

#define GET "GET /a HTTP/1.1\r\nHost: h\r\n"

/* words NULL: accepted. */
static const struct {
	const char *says, *text, *words;
} requests[] = {
    {"the least of all requests", GET "\r\n", NULL},
    {"HTTP/1.0 without a host", "GET /a HTTP/1.0\r\n\r\n", NULL},
    {"a body", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", NULL},
    {"not all there", GET, "not all there yet"},
    {"HTTP/1.1 without a host", "GET /a HTTP/1.1\r\n\r\n", "no Host"},
    {"two hosts", GET "Host: g\r\n\r\n", "more than one Host"},
    {"Content-Length twice", GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "given twice"},
    {"a blank before the colon", GET "Content-Length : 1\r\n\r\n", "a blank"},
    {"Content-Length with a sign", GET "Content-Length: +1\r\n\r\n", "not a number"},
    {"Content-Length of a list", GET "Content-Length: 1, 1\r\n\r\n", "not a number"},
    {"Content-Length too large to count", GET "Content-Length: 99999999999999999999\r\n\r\n",
	"not a number"},
    {"a chunked request", GET "Transfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"},
    {"both lengths", GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", "both"},
    {"a folded line", GET "A: b\r\n c\r\n\r\n", "folded"},
    {"a line without a colon", GET "nonsense\r\n\r\n", "without a colon"},
    {"a header without a name", GET ": b\r\n\r\n", "header name"},
    {"a bare LF in a header", GET "A: b\nB: c\r\n\r\n", "control character"},
    {"a bare CR in a header", GET "A: b\rB: c\r\n\r\n", "control character"},
    {"a blank line first", "\r\nGET /a HTTP/1.1\r\n\r\n", "no HTTP request"},
    {"another version", "GET /a HTTP/2.0\r\n\r\n", "a version other"},
    {"two blanks", "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", "a version other"},
    {"an absolute target", "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", "begin with '/'"},
    {"a parent", "GET /../a HTTP/1.1\r\nHost: h\r\n\r\n", "out of its root"},
    {"a parent at the end", "GET /a/.. HTTP/1.1\r\nHost: h\r\n\r\n", "out of its root"},
    {"an encoded parent", "GET /%2e%2E/a HTTP/1.1\r\nHost: h\r\n\r\n", "out of its root"},
    {"an encoded NUL", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", "not well encoded"},
    {"half an escape", "GET /a%2 HTTP/1.1\r\nHost: h\r\n\r\n", "not well encoded"},
    {"dots in a name are fine", "GET /a..b/.c HTTP/1.1\r\nHost: h\r\n\r\n", NULL},
};

static void
requests_are_accepted_or_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct http_head head;
		struct why why = {""};
		enum fault fault = http_request_read(bytes_text(requests[i].text), &head, &why);

		if ((fault == FAULT_NONE) != (requests[i].words == NULL) ||
		    (requests[i].words != NULL && strstr(why.text, requests[i].words) == NULL))
			fail_msg("%s: %s: \"%s\"", requests[i].says, fault_name(fault), why.text);
	}
}

static void
a_request_is_read_whole(void **state)
{
	static const char text[] = "GET /dir/a%20b.xml?x=1 HTTP/1.1\r\nHost: tftp\r\n"
				   "content-length: 3\r\nConnection: Close\r\n\r\nabc";
	struct http_head head;
	struct why why;

	(void)state;
	assert_accepted(http_request_read(bytes_text(text), &head, &why), why);
	assert_string_equal(head.path, "/dir/a b.xml");
	assert_true(bytes_equal_text(head.query, "x=1"));
	assert_true(bytes_equal_text(head.method, "GET"));
	assert_true(head.has_length && head.length == 3);
	assert_false(head.keep);
	assert_int_equal(head.size, sizeof(text) - 1 - 3);
	assert_true(bytes_equal_text(http_head_find(&head, "HOST")->value, "tftp"));
	assert_null(http_head_find(&head, "Cookie"));
}

static void
too_many_or_too_long_headers_hit_a_limit(void **state)
{
	struct buffer text;
	struct http_head head;
	struct why why;

	(void)state;
	buffer_init(&text, 1 << 20);
	buffer_text(&text, GET);
	for (int i = 0; i < HTTP_HEADERS_MOST; i++)
		buffer_text(&text, "a: b\r\n");
	buffer_text(&text, "\r\n");
	assert_refused(http_request_read(buffer_bytes_of(&text), &head, &why), FAULT_LIMIT, why,
	    "header lines");
	buffer_clear(&text);
	while (text.size < HTTP_HEAD_MOST)
		buffer_text(&text, "no end in sight");
	assert_refused(http_request_read(buffer_bytes_of(&text), &head, &why), FAULT_LIMIT, why,
	    "longer than");
	buffer_finish(&text);
}

static void
a_response_is_read(void **state)
{
	struct http_head head;
	struct why why;

	(void)state;
	assert_accepted(
	    http_response_read(
		bytes_text("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), &head, &why),
	    why);
	assert_int_equal(head.status, 404);
	assert_refused(http_response_read(bytes_text("HTTP/1.1 999 No\r\n\r\n"), &head, &why),
	    FAULT_MALFORMED, why, "no HTTP response");
	assert_accepted(
	    http_response_read(
		bytes_text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), &head, &why),
	    why);
	assert_true(head.chunked);
}

static const struct {
	const char *says, *text, *body, *words;
} chunked[] = {
    {"two chunks and a trailer", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n", "abcde", NULL},
    {"upper-case size", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", NULL},
    {"no size", "\r\n", "", "without a size"},
    {"a size of nonsense", "xyz\r\n", "", "without a size"},
    {"a size too large", "fffffffffffffffff\r\n", "", "without a size"},
    {"longer than its size", "1\r\nab\r\n", "", "longer than"},
    {"longer than the limit", "20\r\n01234567890123456789012345678901\r\n", "", "longer than 16"},
};

static void
chunks_are_taken_off_however_they_arrive(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(chunked); i++)
		for (size_t step = 1; step <= strlen(chunked[i].text); step++) {
			struct http_chunks chunks = {0};
			struct bytes rest = bytes_text(chunked[i].text), part;
			struct buffer body;
			struct why why = {""};
			enum fault fault = FAULT_NONE;

			buffer_init(&body, 16);
			while (rest.left > 0 && fault == FAULT_NONE) {
				if (!bytes_take(&rest, step, &part))
					part = bytes_take_rest(&rest);
				fault = http_chunks_read(&chunks, &part, &body, &why);
			}
			if (chunked[i].words != NULL)
				assert_non_null(strstr(why.text, chunked[i].words));
			else if (!chunks.done ||
				 !bytes_equal_text(buffer_bytes_of(&body), chunked[i].body))
				fail_msg("%s in steps of %zu: %s", chunked[i].says, step, why.text);
			buffer_finish(&body);
		}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_accepted_or_refused_with_a_sentence),
	    cmocka_unit_test(a_request_is_read_whole),
	    cmocka_unit_test(too_many_or_too_long_headers_hit_a_limit),
	    cmocka_unit_test(a_response_is_read),
	    cmocka_unit_test(chunks_are_taken_off_however_they_arrive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
