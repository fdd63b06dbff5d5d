/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/multipart.h"

#include <string.h>

#include "signalling/sip_scan.h"

/*
 * Takes all up to the next delimiter line "--boundary" or "--boundary--", without the line end
 * before it, and the delimiter itself. False: there is no further one.
 */
static bool
take_to_delimiter(struct bytes *from, struct bytes boundary, struct bytes *before, bool *last)
{
	struct bytes whole = *from, left = *from;

	while (left.left > 0) {
		size_t start = whole.left - left.left;
		struct bytes line, rest;

		if (!bytes_take_until(&left, '\n', &line))
			line = bytes_take_rest(&left);
		if (!bytes_start_with(line, bytes_text("--")) ||
		    !bytes_start_with(bytes_part(line, 2, line.left), boundary))
			continue;
		rest = bytes_part(line, 2 + boundary.left, line.left);
		*last = bytes_start_with(rest, bytes_text("--"));
		if (bytes_trim(bytes_part(rest, *last ? 2 : 0, rest.left)).left > 0)
			continue;
		if (start > 0 && whole.at[start - 1] == '\n')
			start--;
		if (start > 0 && whole.at[start - 1] == '\r')
			start--;
		*before = bytes_part(whole, 0, start);
		*from = left;
		return true;
	}
	return false;
}

static struct bytes
token_of(const struct sip_header_table *table, enum sip_header_id id, struct bytes *parameters)
{
	struct sip_token_value value;

	if (table->first[id] == 0 || sip_token_value_read(table->row[table->first[id] - 1].value,
					 &value, NULL) != FAULT_NONE)
		return bytes_of(NULL, 0);
	if (parameters != NULL)
		*parameters = value.parameters;
	return value.token;
}

static struct bytes
id_of(const struct sip_header_table *table)
{
	struct bytes id, inner;

	if (table->first[SIP_HEADER_CONTENT_ID] == 0)
		return bytes_of(NULL, 0);
	id = table->row[table->first[SIP_HEADER_CONTENT_ID] - 1].value;
	if (sip_scan_char(&id, '<') && bytes_take_until(&id, '>', &inner))
		return inner;
	return id;
}

static enum fault
read_part(struct bytes bytes, struct multipart_part *part, struct why *why)
{
	struct sip_header rows[SIP_PART_HEADERS_MOST];
	struct sip_header_table table = {.row = rows, .room = COUNT(rows)};
	struct bytes parameters = {0}, handling;
	enum fault fault;

	*part = (struct multipart_part){0};
	if ((fault = sip_header_table_read(&bytes, &table, why)) != FAULT_NONE)
		return explain_within(why, fault, "part of a body: ");
	for (size_t i = 0; i < table.count; i++)
		if (rows[i].broken)
			return explain(why, FAULT_MALFORMED, "part of a body: a line is no header");
	part->type = token_of(&table, SIP_HEADER_CONTENT_TYPE, NULL);
	if (part->type.left == 0)
		part->type = bytes_text("text/plain");
	part->disposition = token_of(&table, SIP_HEADER_CONTENT_DISPOSITION, &parameters);
	part->optional = sip_parameter(parameters, "handling", &handling) &&
			 bytes_equal_text_nocase(handling, "optional");
	part->id = id_of(&table);
	part->content = bytes;
	return FAULT_NONE;
}

enum fault
multipart_read(
    struct bytes body, struct bytes boundary, struct multipart *multipart, struct why *why)
{
	struct bytes before;
	bool last = false;
	enum fault fault;

	multipart->parts = 0;
	if (boundary.left == 0 || boundary.left > SIP_BOUNDARY_MOST)
		return explain(why, FAULT_MALFORMED, "boundary of %zu characters", boundary.left);
	if (!take_to_delimiter(&body, boundary, &before, &last))
		return explain(why, FAULT_MALFORMED, "boundary never stands in the body");
	while (!last) {
		if (!take_to_delimiter(&body, boundary, &before, &last))
			return explain(why, FAULT_MALFORMED, "body of several parts is not closed");
		if (multipart->parts == SIP_PARTS_MOST)
			return explain(why, FAULT_LIMIT, "more than %d parts", SIP_PARTS_MOST);
		fault = read_part(before, &multipart->part[multipart->parts], why);
		if (fault != FAULT_NONE)
			return fault;
		multipart->parts++;
	}
	return FAULT_NONE;
}

static bool
is_multipart(struct bytes type)
{
	return bytes_equal_text_nocase(bytes_part(type, 0, 10), "multipart/");
}

enum fault
sip_message_part(
    const struct sip_message *message, const char *type, struct bytes *content, struct why *why)
{
	struct sip_token_value value;
	struct multipart multipart;
	struct bytes boundary;
	enum fault fault;

	if (message->body.left == 0 || sip_message_header(message, SIP_HEADER_CONTENT_TYPE) == NULL)
		return explain(why, FAULT_MISSING, "no body");
	fault =
	    sip_token_value_read(sip_message_value(message, SIP_HEADER_CONTENT_TYPE), &value, why);
	if (fault != FAULT_NONE)
		return explain_within(why, fault, "Content-Type: ");
	if (bytes_equal_text_nocase(value.token, type)) {
		*content = message->body;
		return FAULT_NONE;
	}
	if (!is_multipart(value.token))
		return explain(why, FAULT_MISSING, "no body of type %s", type);
	if (!sip_parameter(value.parameters, "boundary", &boundary))
		return explain(why, FAULT_MALFORMED, "multipart body without a boundary");
	if ((fault = multipart_read(message->body, boundary, &multipart, why)) != FAULT_NONE)
		return fault;
	for (size_t i = 0; i < multipart.parts; i++)
		if (bytes_equal_text_nocase(multipart.part[i].type, type)) {
			*content = multipart.part[i].content;
			return FAULT_NONE;
		}
	return explain(why, FAULT_MISSING, "no part of type %s", type);
}

void
multipart_write(struct buffer *out, const char *boundary, const char *type, const char *disposition,
    struct bytes content)
{
	buffer_format(out, "--%s\r\nContent-Type: %s\r\n", boundary, type);
	if (disposition != NULL)
		buffer_format(out, "Content-Disposition: %s\r\n", disposition);
	buffer_text(out, "\r\n");
	buffer_bytes(out, content);
	buffer_text(out, "\r\n");
}

void
multipart_write_end(struct buffer *out, const char *boundary)
{
	buffer_format(out, "--%s--\r\n", boundary);
}
