/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/http_request.h"

#include <string.h>

static const struct {
	int status;
	const char *words;
} statuses[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *
http_status_words(int status)
{
	for (size_t i = 0; i < COUNT(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "Status";
}

/* tchar of RFC 9110 5.6.2 */
static bool
is_token(struct bytes word)
{
	struct bytes rest = word;

	bytes_skip_any(&rest, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	return word.left > 0 && rest.left == 0;
}

static bool
is_text(struct bytes value)
{
	uint8_t letter;

	while (bytes_take_u8(&value, &letter))
		if ((letter < 0x20 && letter != '\t') || letter == 0x7f)
			return false;
	return true;
}

/* A line that ends in CR LF; a CR or LF anywhere else is part of the line, and refused later. */
static bool
take_line(struct bytes *from, struct bytes *line)
{
	size_t at;
	struct bytes end;

	return bytes_find(*from, bytes_text("\r\n"), &at) && bytes_take(from, at, line) &&
	       bytes_take(from, 2, &end);
}

static enum fault
find_head(struct bytes input, struct bytes *head, struct why *why)
{
	struct bytes looked = bytes_part(input, 0, HTTP_HEAD_MOST);
	size_t at;

	if (bytes_find(looked, bytes_text("\r\n\r\n"), &at)) {
		*head = bytes_part(input, 0, at + 2);
		return FAULT_NONE;
	}
	if (input.left >= HTTP_HEAD_MOST)
		return explain(
		    why, FAULT_LIMIT, "the headers are longer than %d bytes", HTTP_HEAD_MOST);
	return explain(why, FAULT_BUSY, "the headers are not all there yet");
}

/* "HTTP/1.1": *minor is 0 or 1. */
static bool
read_version(struct bytes word, int *minor)
{
	*minor = bytes_equal_text(word, "HTTP/1.1");
	return *minor == 1 || bytes_equal_text(word, "HTTP/1.0");
}

static int
hex_digit(uint8_t letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* One letter of a path, decoded. */
static bool
take_letter(struct bytes *from, uint8_t *letter)
{
	uint8_t high, low;

	if (!bytes_take_u8(from, letter))
		return false;
	if (*letter != '%')
		return *letter > 0x20 && *letter < 0x7f;
	if (!bytes_take_u8(from, &high) || !bytes_take_u8(from, &low) || hex_digit(high) < 0 ||
	    hex_digit(low) < 0)
		return false;
	*letter = (uint8_t)(hex_digit(high) << 4 | hex_digit(low));
	return *letter >= 0x20 && *letter != 0x7f;
}

static bool
has_dot_segments(const char *path)
{
	for (const char *at = strstr(path, "/."); at != NULL; at = strstr(at + 1, "/.")) {
		const char *after = at + (at[2] == '.' ? 3 : 2);

		if (*after == '/' || *after == '\0')
			return true;
	}
	return false;
}

static enum fault
read_target(struct http_head *head, struct why *why)
{
	struct bytes rest = head->target, encoded;
	size_t size = 0;
	uint8_t letter;

	if (bytes_take_until(&rest, '?', &encoded))
		head->query = rest;
	else
		encoded = head->target;
	if (encoded.left == 0 || encoded.at[0] != '/')
		return explain(why, FAULT_MALFORMED, "the target does not begin with '/'");
	while (encoded.left > 0) {
		if (!take_letter(&encoded, &letter))
			return explain(why, FAULT_MALFORMED, "the path is not well encoded");
		if (size + 1 >= sizeof(head->path))
			return explain(why, FAULT_LIMIT, "the path is longer than %d bytes",
			    HTTP_PATH_MOST - 1);
		head->path[size++] = (char)letter;
	}
	head->path[size] = '\0';
	if (!is_text(head->query))
		return explain(why, FAULT_MALFORMED, "the query is not well encoded");
	if (has_dot_segments(head->path))
		return explain(why, FAULT_FORBIDDEN, "the path leads out of its root");
	return FAULT_NONE;
}

static enum fault
read_header(struct bytes line, struct http_header *header, struct why *why)
{
	struct bytes rest = line;

	if (line.left > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
		return explain(why, FAULT_MALFORMED, "a folded header line");
	if (!bytes_take_until(&rest, ':', &header->name))
		return explain(why, FAULT_MALFORMED, "a header line without a colon");
	if (!is_token(header->name))
		return explain(
		    why, FAULT_MALFORMED, "a header name with a blank or other stranger");
	header->value = bytes_trim(rest);
	if (!is_text(header->value))
		return explain(why, FAULT_MALFORMED, "a header value with a control character");
	return FAULT_NONE;
}

static enum fault
read_headers(struct bytes lines, struct http_head *head, struct why *why)
{
	struct bytes line;
	enum fault fault;

	while (take_line(&lines, &line)) {
		if (head->header_count == HTTP_HEADERS_MOST)
			return explain(
			    why, FAULT_LIMIT, "more than %d header lines", HTTP_HEADERS_MOST);
		if ((fault = read_header(line, &head->headers[head->header_count], why)))
			return fault;
		head->header_count++;
	}
	return FAULT_NONE;
}

static size_t
count_headers(const struct http_head *head, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < head->header_count; i++)
		count += bytes_equal_text_nocase(head->headers[i].name, name);
	return count;
}

const struct http_header *
http_head_find(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->header_count; i++)
		if (bytes_equal_text_nocase(head->headers[i].name, name))
			return &head->headers[i];
	return NULL;
}

/* How long the body is; two answers to that are an attack (RFC 9112 6.3, request smuggling). */
static enum fault
read_length(struct http_head *head, bool response, struct why *why)
{
	const struct http_header *length = http_head_find(head, "Content-Length");
	const struct http_header *coding = http_head_find(head, "Transfer-Encoding");

	if (count_headers(head, "Content-Length") > 1)
		return explain(why, FAULT_MALFORMED, "Content-Length given twice");
	if (coding != NULL && length != NULL)
		return explain(why, FAULT_MALFORMED, "both Content-Length and Transfer-Encoding");
	if (coding != NULL && !response)
		return explain(why, FAULT_FORBIDDEN, "Transfer-Encoding in a request");
	if (coding != NULL && (count_headers(head, "Transfer-Encoding") > 1 ||
				  !bytes_equal_text_nocase(coding->value, "chunked")))
		return explain(why, FAULT_FORBIDDEN, "a Transfer-Encoding other than chunked");
	head->chunked = coding != NULL;
	head->has_length = length != NULL;
	if (length != NULL && !bytes_decimal(length->value, UINT64_MAX, &head->length))
		return explain(why, FAULT_MALFORMED, "Content-Length is not a number");
	return FAULT_NONE;
}

static bool
lists(const struct http_head *head, const char *name, const char *word)
{
	const struct http_header *header = http_head_find(head, name);
	struct bytes rest, item;

	if (header == NULL)
		return false;
	rest = header->value;
	while (rest.left > 0) {
		if (!bytes_take_until(&rest, ',', &item))
			item = bytes_take_rest(&rest);
		if (bytes_equal_text_nocase(bytes_trim(item), word))
			return true;
	}
	return false;
}

static void
read_keep(struct http_head *head, int minor)
{
	head->keep = minor == 1 ? !lists(head, "Connection", "close")
				: lists(head, "Connection", "keep-alive");
}

static enum fault
read_request_line(struct bytes line, struct http_head *head, int *minor, struct why *why)
{
	if (!bytes_take_until(&line, ' ', &head->method) ||
	    !bytes_take_until(&line, ' ', &head->target) || !is_token(head->method))
		return explain(why, FAULT_MALFORMED, "the first line is no HTTP request");
	if (!read_version(line, minor))
		return explain(why, FAULT_FORBIDDEN, "a version other than HTTP/1.0 and HTTP/1.1");
	return FAULT_NONE;
}

enum fault
http_request_read(struct bytes input, struct http_head *head, struct why *why)
{
	struct bytes lines, line;
	enum fault fault;
	int minor = 0;

	memset(head, 0, offsetof(struct http_head, headers));
	head->header_count = 0;
	if ((fault = find_head(input, &lines, why)))
		return fault;
	head->size = lines.left + 2;
	if (!take_line(&lines, &line))
		return explain(why, FAULT_MALFORMED, "the first line is no HTTP request");
	if ((fault = read_request_line(line, head, &minor, why)) ||
	    (fault = read_headers(lines, head, why)) || (fault = read_target(head, why)) ||
	    (fault = read_length(head, false, why)))
		return fault;
	if (count_headers(head, "Host") != 1 && (minor == 1 || count_headers(head, "Host") > 1))
		return explain(why, FAULT_MALFORMED, "%s Host header",
		    count_headers(head, "Host") == 0 ? "no" : "more than one");
	read_keep(head, minor);
	return FAULT_NONE;
}

static enum fault
read_status_line(struct bytes line, struct http_head *head, int *minor, struct why *why)
{
	struct bytes version, status;
	uint64_t number;

	if (!bytes_take_until(&line, ' ', &version) || !read_version(version, minor) ||
	    !bytes_take(&line, 3, &status) || !bytes_decimal(status, 599, &number) || number < 100)
		return explain(why, FAULT_MALFORMED, "the first line is no HTTP response");
	head->status = (int)number;
	return FAULT_NONE;
}

enum fault
http_response_read(struct bytes input, struct http_head *head, struct why *why)
{
	struct bytes lines, line;
	enum fault fault;
	int minor = 0;

	memset(head, 0, offsetof(struct http_head, headers));
	head->header_count = 0;
	if ((fault = find_head(input, &lines, why)))
		return fault;
	head->size = lines.left + 2;
	if (!take_line(&lines, &line))
		return explain(why, FAULT_MALFORMED, "the first line is no HTTP response");
	if ((fault = read_status_line(line, head, &minor, why)) ||
	    (fault = read_headers(lines, head, why)) || (fault = read_length(head, true, why)))
		return fault;
	read_keep(head, minor);
	return FAULT_NONE;
}
