/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_message.h"

#include <string.h>

#include "signalling/sip_scan.h"

/* "SIP/2.0 200 OK"; reason may be empty. */
static enum fault
read_status_line(struct bytes line, struct sip_message *message, struct why *why)
{
	struct bytes digits;
	uint64_t status;

	if (!bytes_take_until(&line, ' ', &message->version))
		return explain(why, FAULT_MALFORMED, "status line without a status");
	digits = sip_scan_run(&line, SIP_SCAN_TOKEN);
	if (digits.left != 3 || !bytes_decimal(digits, 699, &status) || status < 100)
		return explain(why, FAULT_MALFORMED, "status is not a number from 100 to 699");
	if (line.left > 0 && !sip_scan_char(&line, ' '))
		return explain(why, FAULT_MALFORMED, "status is followed by nonsense");
	message->request = false;
	message->status = (unsigned)status;
	message->reason = line;
	message->method = SIP_METHOD_OTHER;
	message->method_name = message->request_uri = bytes_of(NULL, 0);
	return FAULT_NONE;
}

/*
 * "INVITE sip:... SIP/2.0". What stands between the first blank and the last is the URI, with
 * whatever blanks it holds: sip_validate() refuses those, but the message can be answered.
 */
static enum fault
read_request_line(struct bytes line, struct sip_message *message, struct why *why)
{
	struct bytes trimmed = bytes_trim(line), rest = line, end;
	size_t last = trimmed.left;

	message->method_name = sip_scan_run(&rest, SIP_SCAN_TOKEN);
	if (message->method_name.left == 0 || message->method_name.left > SIP_NAME_MOST ||
	    !sip_scan_char(&rest, ' '))
		return explain(
		    why, FAULT_MALFORMED, "first line is neither a request nor a status");
	while (last > 0 && trimmed.at[last - 1] != ' ')
		last--;
	end = bytes_part(trimmed, last, trimmed.left);
	if (last <= message->method_name.left || !bytes_start_with(end, bytes_text("SIP/")))
		return explain(why, FAULT_MALFORMED, "first line does not end in SIP/2.0");
	if (last > message->method_name.left + 1)
		message->request_uri = bytes_part(rest, 0, last - message->method_name.left - 2);
	else
		message->request_uri = bytes_of(NULL, 0);
	/* Blanks behind the version stay in it, for the verdict. */
	message->version = bytes_part(line, last, line.left);
	message->request = true;
	message->method = sip_method_of(message->method_name);
	message->status = 0;
	message->reason = bytes_of(NULL, 0);
	return FAULT_NONE;
}

static enum fault
read_start_line(struct bytes *from, struct sip_message *message, struct why *why)
{
	struct bytes line;

	if (!bytes_take_until(from, '\n', &line))
		return explain(why, FAULT_MALFORMED, "no line in it");
	if (line.left > 0 && line.at[line.left - 1] == '\r')
		line.left--;
	if (line.left > SIP_HEADER_LINE_MOST)
		return explain(why, FAULT_LIMIT, "first line over %d bytes", SIP_HEADER_LINE_MOST);
	if (bytes_start_with(line, bytes_text("SIP/")))
		return read_status_line(line, message, why);
	return read_request_line(line, message, why);
}

/* As long as Content-Length says, if it says so and there is as much; else all. */
static void
divide_body(struct bytes left, struct sip_message *message)
{
	struct bytes text = sip_message_value(message, SIP_HEADER_CONTENT_LENGTH);
	uint64_t length;

	if (!bytes_decimal(text, left.left, &length))
		length = left.left;
	message->body = bytes_part(left, 0, (size_t)length);
	message->rest = bytes_part(left, (size_t)length, left.left);
}

enum fault
sip_message_read(struct bytes input, struct sip_message *message, struct why *why)
{
	struct bytes left = input;
	enum fault fault;

	if (input.left > SIP_MESSAGE_MOST)
		return explain(why, FAULT_LIMIT, "message of %zu bytes", input.left);
	while (left.left > 0 && (left.at[0] == '\r' || left.at[0] == '\n'))
		left = bytes_part(left, 1, left.left);
	message->whole = left;
	message->headers.row = message->rows;
	message->headers.room = SIP_HEADERS_MOST;
	message->headers.count = 0;
	if ((fault = read_start_line(&left, message, why)) != FAULT_NONE ||
	    (fault = sip_header_table_read(&left, &message->headers, why)) != FAULT_NONE)
		return fault;
	divide_body(left, message);
	message->uri = (struct sip_uri){0};
	message->via = (struct sip_via){0};
	message->from = message->to = (struct sip_address){0};
	message->call_id = bytes_of(NULL, 0);
	message->cseq = (struct sip_cseq){0};
	return FAULT_NONE;
}

const struct sip_header *
sip_message_header(const struct sip_message *message, enum sip_header_id id)
{
	uint32_t first = message->headers.first[id];

	return first != 0 ? &message->headers.row[first - 1] : NULL;
}

const struct sip_header *
sip_message_next(const struct sip_message *message, const struct sip_header *header)
{
	return header->next != 0 ? &message->headers.row[header->next - 1] : NULL;
}

const struct sip_header *
sip_message_named(const struct sip_message *message, const char *name)
{
	for (size_t i = 0; i < message->headers.count; i++)
		if (bytes_equal_text_nocase(message->headers.row[i].name, name))
			return &message->headers.row[i];
	return NULL;
}

struct bytes
sip_message_value(const struct sip_message *message, enum sip_header_id id)
{
	const struct sip_header *header = sip_message_header(message, id);

	return header != NULL ? header->value : bytes_of(NULL, 0);
}

enum fault
sip_message_number(const struct sip_message *message, enum sip_header_id id, uint32_t otherwise,
    uint32_t *number, struct why *why)
{
	const struct sip_header *header = sip_message_header(message, id);
	struct bytes value, digits;
	enum fault fault;

	if (header == NULL) {
		*number = otherwise;
		return FAULT_NONE;
	}
	/* Min-SE, Retry-After and others may carry parameters behind the number. */
	value = header->value;
	digits = sip_scan_run(&value, SIP_SCAN_TOKEN);
	fault = sip_number_read(digits, number, why);
	if (fault != FAULT_NONE)
		return explain_within(why, fault, "%s: ", sip_header_name(id));
	return FAULT_NONE;
}

void
sip_values_begin(
    const struct sip_message *message, enum sip_header_id id, struct sip_values *values)
{
	values->message = message;
	values->header = sip_message_header(message, id);
	values->left = values->header != NULL ? values->header->value : bytes_of(NULL, 0);
	values->count = 0;
}

bool
sip_values_next(struct sip_values *values, struct bytes *value)
{
	while (values->header != NULL && values->count < SIP_LIST_MOST) {
		if (sip_list_take(&values->left, value)) {
			values->count++;
			return true;
		}
		values->header = sip_message_next(values->message, values->header);
		if (values->header != NULL)
			values->left = values->header->value;
	}
	return false;
}

bool
sip_message_lists(const struct sip_message *message, enum sip_header_id id, const char *word)
{
	struct sip_values values;
	struct bytes value;

	sip_values_begin(message, id, &values);
	while (sip_values_next(&values, &value))
		if (bytes_equal_text_nocase(value, word))
			return true;
	return false;
}

bool
sip_message_content_is(const struct sip_message *message, const char *type)
{
	struct sip_token_value value;

	return sip_token_value_read(sip_message_value(message, SIP_HEADER_CONTENT_TYPE), &value,
		   NULL) == FAULT_NONE &&
	       bytes_equal_text_nocase(value.token, type);
}
