/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "channel/http_request.h"

enum { TRAILER_LINE_MOST = 1024 };

/* The digits before CR, ';' or blank; extensions mean nothing to us. */
static enum fault
read_size(struct http_chunks *chunks, struct why *why)
{
	uint64_t size = 0;
	size_t digits = 0;

	for (; digits < chunks->line; digits++) {
		const char *hex = "0123456789abcdef", *at;

		at = strchr(hex, chunks->text[digits] | 0x20);
		if (chunks->text[digits] == '\0' || at == NULL || digits == 15)
			break;
		size = size << 4 | (uint64_t)(at - hex);
	}
	if (digits == 0 ||
	    (digits < chunks->line && strchr(";\r \t", chunks->text[digits]) == NULL))
		return explain(why, FAULT_MALFORMED, "a chunk without a size");
	chunks->left = size;
	chunks->in_chunk = size > 0;
	chunks->in_trailer = size == 0;
	return FAULT_NONE;
}

/* One byte of a size line, of the line end behind a chunk, or of the trailer. */
static enum fault
read_line_byte(struct http_chunks *chunks, uint8_t byte, struct why *why)
{
	size_t before = chunks->line;

	if (byte != '\n') {
		if (before < sizeof(chunks->text))
			chunks->text[before] = (char)byte;
		if (++chunks->line > TRAILER_LINE_MOST)
			return explain(why, FAULT_LIMIT, "a chunk line that does not end");
		return FAULT_NONE;
	}
	if (before == 0 || (before <= sizeof(chunks->text) && chunks->text[before - 1] != '\r'))
		return explain(why, FAULT_MALFORMED, "a chunk line without CR LF");
	chunks->line = before < sizeof(chunks->text) ? before : sizeof(chunks->text);
	if (chunks->in_trailer) {
		chunks->done = before == 1;
	} else if (chunks->after_chunk) {
		if (before != 1)
			return explain(why, FAULT_MALFORMED, "a chunk longer than its size");
		chunks->after_chunk = false;
	} else if (read_size(chunks, why) != FAULT_NONE) {
		return FAULT_MALFORMED;
	}
	chunks->line = 0;
	return FAULT_NONE;
}

enum fault
http_chunks_read(
    struct http_chunks *chunks, struct bytes *input, struct buffer *body, struct why *why)
{
	struct bytes part;
	enum fault fault;
	uint8_t byte;

	while (input->left > 0 && !chunks->done) {
		if (!chunks->in_chunk) {
			if (!bytes_take_u8(input, &byte) ||
			    (fault = read_line_byte(chunks, byte, why)))
				return FAULT_MALFORMED;
			continue;
		}
		part = bytes_part(
		    *input, 0, chunks->left < input->left ? (size_t)chunks->left : input->left);
		if (part.left > body->most - body->size)
			return explain(
			    why, FAULT_LIMIT, "the body is longer than %zu bytes", body->most);
		buffer_bytes(body, part);
		*input = bytes_part(*input, part.left, input->left - part.left);
		chunks->left -= part.left;
		chunks->in_chunk = chunks->left > 0;
		chunks->after_chunk = chunks->left == 0;
	}
	return FAULT_NONE;
}
