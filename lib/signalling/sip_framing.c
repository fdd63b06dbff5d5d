/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_framing.h"

#include <string.h>

#include "signalling/sip_header.h"
#include "signalling/sip_scan.h"

void
sip_framing_init(struct sip_framing *framing)
{
	*framing = (struct sip_framing){0};
	buffer_init(&framing->held, SIP_MESSAGE_MOST);
}

void
sip_framing_finish(struct sip_framing *framing)
{
	buffer_wipe(&framing->held);
	sip_framing_init(framing);
}

size_t
sip_framing_held(const struct sip_framing *framing)
{
	return framing->held.size - framing->taken;
}

/*
 * Blank lines between messages: two or more ask for one back. They may arrive in pieces, so a
 * first one is remembered in blanks. True: a frame for the caller.
 */
static bool
take_keep_alive(struct sip_framing *framing, struct bytes *input, struct sip_frame *frame)
{
	while (input->left > 0 && (input->at[0] == '\r' || input->at[0] == '\n')) {
		if (input->at[0] == '\n' && framing->blanks < 2)
			framing->blanks++;
		*input = bytes_part(*input, 1, input->left);
		frame->kind = SIP_FRAME_PONG;
	}
	if (frame->kind == SIP_FRAME_MORE || (framing->blanks < 2 && input->left > 0))
		return false;
	if (framing->blanks == 2) {
		frame->kind = SIP_FRAME_PING;
		framing->blanks = 0;
	}
	return true;
}

/* Could these bytes begin a SIP message? As far as there are any. */
static bool
begins_like_sip(struct bytes start)
{
	struct bytes method = sip_scan_run(&start, SIP_SCAN_TOKEN);

	if (method.left == 0 || method.left > SIP_NAME_MOST)
		return false;
	/* "SIP/2.0 200" or "METHOD uri" */
	return start.left == 0 || start.at[0] == ' ' ||
	       (start.at[0] == '/' && bytes_equal_text(method, "SIP"));
}

/*
 * The empty line behind bytes, searched from where the last search ended. *head: the size of
 * all up to and with it; 0: not there yet.
 */
static void
find_head(struct bytes bytes, size_t *looked, size_t *head)
{
	struct bytes left = bytes_part(bytes, *looked, bytes.left), line;

	*head = 0;
	while (bytes_take_until(&left, '\n', &line)) {
		size_t at = bytes.left - left.left;

		if (left.left > 0 && left.at[0] == '\n')
			*head = at + 1;
		else if (left.left > 1 && left.at[0] == '\r' && left.at[1] == '\n')
			*head = at + 2;
		*looked = at - 1; /* an end cut in two is found when its rest has come */
		if (*head != 0 || left.left < 2)
			return;
	}
	*looked = bytes.left;
}

/* Content-Length of a whole head. Without one, or with two different, a stream cannot go on. */
static enum fault
read_length(struct bytes head, size_t *length, struct why *why)
{
	struct sip_header rows[SIP_HEADERS_MOST];
	struct sip_header_table table = {.row = rows, .room = COUNT(rows)};
	struct bytes line;
	const struct sip_header *row;
	uint64_t number, other;
	enum fault fault;

	if (!bytes_take_until(&head, '\n', &line))
		return explain(why, FAULT_MALFORMED, "no first line");
	if ((fault = sip_header_table_read(&head, &table, why)) != FAULT_NONE)
		return fault;
	if (table.first[SIP_HEADER_CONTENT_LENGTH] == 0)
		return explain(why, FAULT_MALFORMED, "message without Content-Length on a stream");
	row = &rows[table.first[SIP_HEADER_CONTENT_LENGTH] - 1];
	if (!bytes_decimal(row->value, UINT32_MAX, &number))
		return explain(why, FAULT_MALFORMED, "Content-Length is not a number");
	for (; row->next != 0; row = &rows[row->next - 1])
		if (!bytes_decimal(rows[row->next - 1].value, UINT32_MAX, &other) ||
		    other != number)
			return explain(why, FAULT_MALFORMED, "two different Content-Length");
	*length = (size_t)number;
	return FAULT_NONE;
}

/* Looks at what there is of a message; *size: of the whole of it, or 0 while not known. */
static enum fault
measure(struct sip_framing *framing, struct bytes bytes, size_t *size, struct why *why)
{
	enum fault fault;

	*size = 0;
	if (framing->head == 0) {
		if (!begins_like_sip(bytes))
			return explain(why, FAULT_MALFORMED, "this is not SIP");
		find_head(bytes, &framing->looked, &framing->head);
		if (framing->head == 0)
			return bytes.left < SIP_MESSAGE_MOST
				   ? FAULT_NONE
				   : explain(why, FAULT_LIMIT, "headers over %d bytes",
					 SIP_MESSAGE_MOST);
		fault = read_length(bytes_part(bytes, 0, framing->head), &framing->length, why);
		if (fault != FAULT_NONE)
			return fault;
	}
	if (framing->length > SIP_MESSAGE_MOST ||
	    framing->head > SIP_MESSAGE_MOST - framing->length)
		return explain(
		    why, FAULT_LIMIT, "message of %zu bytes", framing->head + framing->length);
	*size = framing->head + framing->length;
	return FAULT_NONE;
}

static void
begin_anew(struct sip_framing *framing)
{
	framing->head = framing->length = framing->looked = 0;
	framing->blanks = 0;
}

/* What the last frame used of held goes; held never keeps more than one message's memory. */
static void
drop_taken(struct sip_framing *framing)
{
	if (framing->taken > 0) {
		buffer_wipe(&framing->held);
		framing->taken = 0;
	}
}

static void
give(struct sip_framing *framing, struct bytes bytes, struct sip_frame *frame)
{
	frame->kind = SIP_FRAME_MESSAGE;
	frame->bytes = bytes;
	begin_anew(framing);
}

/* Takes as much of input into held as completes the head, or the message once that is known. */
static enum fault
next_held(
    struct sip_framing *framing, struct bytes *input, struct sip_frame *frame, struct why *why)
{
	struct bytes held;
	size_t size, before = framing->held.size;
	enum fault fault;

	/* At most one message's worth: what is too much goes back below. */
	size_t count =
	    SIP_MESSAGE_MOST - before < input->left ? SIP_MESSAGE_MOST - before : input->left;

	buffer_bytes(&framing->held, bytes_part(*input, 0, count));
	if (!buffer_ok(&framing->held))
		return explain(why, FAULT_SYSTEM, "no memory for a message");
	held = buffer_bytes_of(&framing->held);
	if ((fault = measure(framing, held, &size, why)) != FAULT_NONE)
		return fault;
	if (size == 0 || held.left < size) {
		*input = bytes_part(*input, count, input->left);
		frame->kind = SIP_FRAME_MORE;
		frame->bytes = bytes_of(NULL, 0);
		return FAULT_NONE;
	}
	*input = bytes_part(*input, size - before, input->left);
	framing->held.size = size;
	framing->taken = size;
	give(framing, bytes_part(held, 0, size), frame);
	return FAULT_NONE;
}

enum fault
sip_framing_next(
    struct sip_framing *framing, struct bytes *input, struct sip_frame *frame, struct why *why)
{
	enum fault fault;
	size_t size;

	drop_taken(framing);
	frame->kind = SIP_FRAME_MORE;
	frame->bytes = bytes_of(NULL, 0);
	if (framing->held.size > 0)
		return next_held(framing, input, frame, why);
	if (take_keep_alive(framing, input, frame))
		return FAULT_NONE;
	frame->kind = SIP_FRAME_MORE;
	if (input->left == 0)
		return FAULT_NONE;
	if ((fault = measure(framing, *input, &size, why)) != FAULT_NONE)
		return fault;
	if (size == 0 || input->left < size)
		return next_held(framing, input, frame, why);
	give(framing, bytes_part(*input, 0, size), frame);
	*input = bytes_part(*input, size, input->left);
	return FAULT_NONE;
}
