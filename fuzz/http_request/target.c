/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/http_request/target.c - what is read lies inside what was given, a path never leaves its
 * root, and one byte more or less at a time makes no difference. First byte: 0 request, else
 * response.
 */
#include <stdlib.h>
#include <string.h>

#include "channel/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check_head(const struct http_head *head, struct bytes input)
{
	expect(head->size <= input.left && head->size >= 4);
	expect(head->header_count <= HTTP_HEADERS_MOST);
	expect(bytes_within(head->method, input) && bytes_within(head->target, input));
	expect(bytes_within(head->query, input));
	for (size_t i = 0; i < head->header_count; i++)
		expect(bytes_within(head->headers[i].name, input) &&
		       bytes_within(head->headers[i].value, input));
	expect(!(head->chunked && head->has_length));
}

static void
try_request(struct bytes input)
{
	struct http_head head;
	struct why why = {""};

	if (http_request_read(input, &head, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return;
	}
	check_head(&head, input);
	expect(head.path[0] == '/' && strlen(head.path) < HTTP_PATH_MOST);
	expect(strstr(head.path, "/../") == NULL && !head.chunked);
	/* Nothing behind the head changes what was read. */
	expect(http_request_read(bytes_part(input, 0, head.size), &head, &why) == FAULT_NONE);
}

static size_t
unchunk(struct bytes input, size_t step, bool *done)
{
	struct http_chunks chunks = {0};
	struct buffer body;
	size_t size;

	buffer_init(&body, 4096);
	while (input.left > 0 && !chunks.done) {
		struct bytes part = bytes_part(input, 0, step);

		input = bytes_part(input, part.left, input.left - part.left);
		if (http_chunks_read(&chunks, &part, &body, NULL) != FAULT_NONE)
			break;
	}
	*done = chunks.done;
	size = body.size;
	buffer_finish(&body);
	return size;
}

static void
try_response(struct bytes input)
{
	struct http_head head;
	struct bytes body;
	bool whole, stepped;

	if (http_response_read(input, &head, NULL) != FAULT_NONE)
		return;
	check_head(&head, input);
	expect(head.status >= 100 && head.status <= 599);
	body = bytes_part(input, head.size, input.left - head.size);
	if (!head.chunked)
		return;
	if (unchunk(body, body.left + 1, &whole) != unchunk(body, 1, &stepped))
		expect(!whole && !stepped);
	expect(whole == stepped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	uint8_t kind;

	if (!bytes_take_u8(&input, &kind))
		return 0;
	if (kind == '0')
		try_request(input);
	else
		try_response(input);
	return 0;
}
