/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/http_request.h - HTTP/1.1 messages as bytes (RFC 9112), both ways. No I/O.
 *
 * Strict on purpose: what two readers could understand differently (two Content-Length
 * headers, blanks before a colon, folded lines, a bare LF, a chunked request) is refused.
 */
#ifndef CHANNEL_HTTP_REQUEST_H
#define CHANNEL_HTTP_REQUEST_H

#include "base/buffer.h"
#include "base/fault.h"

enum {
	HTTP_HEAD_MOST = 16 * 1024, /* request or status line and all headers */
	HTTP_HEADERS_MOST = 64,
	HTTP_PATH_MOST = 1024, /* decoded */
};

struct http_header {
	struct bytes name, value;
};

struct http_head {
	struct bytes method, target; /* requests */
	char
	    path[HTTP_PATH_MOST]; /* requests: decoded, "/" first, without query; no NUL, no ".." */
	struct bytes query;       /* requests: after '?', as sent */
	int status;               /* responses: 100 to 599 */
	size_t header_count;
	bool has_length, chunked;                      /* chunked: responses only */
	uint64_t length;                               /* of the body that follows */
	bool keep;                                     /* may the connection be used again? */
	size_t size;                                   /* bytes of the head, with its empty line */
	struct http_header headers[HTTP_HEADERS_MOST]; /* header_count of them */
};

/* The chunked coding of a response's body (RFC 9112 7.1), taken off as it arrives. Zeroed. */
struct http_chunks {
	uint64_t left; /* of the chunk we are in */
	bool in_chunk, after_chunk, in_trailer, done;
	size_t line; /* bytes of the unfinished size or trailer line */
	char text[24];
};
/* Appends what input held of the body; chunks->done at its end. Refuses what exceeds body. */
enum fault http_chunks_read(struct http_chunks *chunks, struct bytes *input, struct buffer *body,
    struct why *why) MUST_CHECK;

/* Is a whole head there? FAULT_BUSY: not yet, come with more. Views into input. */
enum fault http_request_read(
    struct bytes input, struct http_head *head, struct why *why) MUST_CHECK;
enum fault http_response_read(
    struct bytes input, struct http_head *head, struct why *why) MUST_CHECK;
/* NULL when it is not there. */
const struct http_header *http_head_find(const struct http_head *head, const char *name);
/* "Not Found" */
const char *http_status_words(int status);
#endif
