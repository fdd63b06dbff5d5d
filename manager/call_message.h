/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/call_message.h - what `admin` asks `call`, over their mailbox, and the answer.
 *
 * CALL_QUERY is { u32 ticket, u8 question, sized argument }, CALL_ANSWER is
 * { u32 ticket, u8 fault, text }: JSON when fault is FAULT_NONE, else the sentence. Big answers
 * are cut to whole entries and say so ("complete": false).
 */
#ifndef MANAGER_CALL_MESSAGE_H
#define MANAGER_CALL_MESSAGE_H

#include "base/buffer.h"
#include "base/fault.h"

/* Mailbox types. */
enum { CALL_QUERY = 100, CALL_ANSWER = 101 };

enum call_question {
	CALL_ASK_REGISTRATIONS = 1, /* argument: "" all, or a device or line */
	CALL_ASK_CALLS,             /* argument: "" */
	CALL_ASK_WHY,               /* argument: a call id, decimal */
	CALL_QUESTION_COUNT
};

struct call_query {
	uint32_t ticket; /* the asker's own, comes back in the answer */
	enum call_question question;
	struct bytes argument; /* a view */
};

struct call_answer {
	uint32_t ticket;
	enum fault fault;
	struct bytes text; /* a view: JSON or the sentence */
};

enum fault call_query_read(struct bytes body, struct call_query *query, struct why *why) MUST_CHECK;
void call_query_write(struct buffer *buffer, const struct call_query *query);
enum fault call_answer_read(
    struct bytes body, struct call_answer *answer, struct why *why) MUST_CHECK;
void call_answer_write(struct buffer *buffer, const struct call_answer *answer);
#endif
