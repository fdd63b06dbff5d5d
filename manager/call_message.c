/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/call_message.h"

enum fault
call_query_read(struct bytes body, struct call_query *query, struct why *why)
{
	struct call_query read;
	uint8_t question;

	if (!bytes_take_u32(&body, &read.ticket) || !bytes_take_u8(&body, &question) ||
	    !bytes_take_sized(&body, &read.argument) || body.left != 0)
		return explain(why, FAULT_MALFORMED, "a query cut short or too long");
	if (question == 0 || question >= CALL_QUESTION_COUNT)
		return explain(why, FAULT_MALFORMED, "unknown question %u", question);
	read.question = (enum call_question)question;
	*query = read;
	return FAULT_NONE;
}

void
call_query_write(struct buffer *buffer, const struct call_query *query)
{
	buffer_u32(buffer, query->ticket);
	buffer_u8(buffer, (uint8_t)query->question);
	buffer_sized(buffer, query->argument);
}

enum fault
call_answer_read(struct bytes body, struct call_answer *answer, struct why *why)
{
	struct call_answer read;
	uint8_t fault;

	if (!bytes_take_u32(&body, &read.ticket) || !bytes_take_u8(&body, &fault))
		return explain(why, FAULT_MALFORMED, "an answer cut short");
	if (fault >= FAULT_COUNT)
		return explain(why, FAULT_MALFORMED, "unknown fault %u", fault);
	read.fault = (enum fault)fault;
	read.text = bytes_take_rest(&body);
	*answer = read;
	return FAULT_NONE;
}

void
call_answer_write(struct buffer *buffer, const struct call_answer *answer)
{
	buffer_u32(buffer, answer->ticket);
	buffer_u8(buffer, (uint8_t)answer->fault);
	buffer_bytes(buffer, answer->text);
}
