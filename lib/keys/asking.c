/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/asking.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct keys {
	pthread_mutex_t lock; /* one question at a time */
	atomic_uint holders;  /* the opener, and every loaded key */
	int fd;               /* -1: closed, or lost */
	bool closed;
	uint32_t last_id;
	char complaint[WHY_SIZE];
	uint8_t packet[KEEPER_PACKET_MOST];
};

enum fault
keys_open(struct keys **keys, int fd, struct why *why)
{
	struct keys *making;

	if (fd < 0)
		return explain(why, FAULT_MISSING, "there is no socket to a keykeeper");
	if ((making = calloc(1, sizeof(*making))) == NULL) {
		close(fd);
		return explain(why, FAULT_SYSTEM, "out of memory for keys");
	}
	pthread_mutex_init(&making->lock, NULL);
	atomic_init(&making->holders, 1);
	making->fd = fd;
	*keys = making;
	return FAULT_NONE;
}

void
keys_hold(struct keys *keys)
{
	atomic_fetch_add(&keys->holders, 1);
}

void
keys_drop(struct keys *keys)
{
	if (keys == NULL || atomic_fetch_sub(&keys->holders, 1) > 1)
		return;
	if (keys->fd != -1)
		close(keys->fd);
	pthread_mutex_destroy(&keys->lock);
	explicit_bzero(keys->packet, sizeof(keys->packet)); /* a plaintext may stand there */
	free(keys);
}

static void
set_socket(struct keys *keys, int fd, bool closed)
{
	pthread_mutex_lock(&keys->lock);
	if (keys->fd != -1)
		close(keys->fd);
	keys->fd = fd;
	keys->closed = closed;
	pthread_mutex_unlock(&keys->lock);
}

void
keys_close(struct keys *keys)
{
	if (keys == NULL)
		return;
	set_socket(keys, -1, true);
	keys_drop(keys);
}

void
keys_reopen(struct keys *keys, int fd)
{
	set_socket(keys, fd, false);
}

const char *
keys_complaint(const struct keys *keys)
{
	return keys->complaint;
}

void
keys_complain(struct keys *keys, const struct why *why)
{
	if (keys != NULL)
		snprintf(keys->complaint, sizeof(keys->complaint), "%s", why->text);
}

/* Answers to questions that were given up, and news of a lost worker, may still lie there. */
static void
drain(struct keys *keys)
{
	struct mailbox_message message;
	struct why ignored;

	while (mailbox_read(keys->fd, keys->packet, sizeof(keys->packet), 0, &message, &ignored) ==
	       FAULT_NONE)
		;
}

/* The socket is of no more use until keys_reopen(). */
static enum fault
lose(struct keys *keys, enum fault fault, struct why *why)
{
	close(keys->fd);
	keys->fd = -1;
	return explain_within(why, fault, "the keykeeper is lost: ");
}

/* Waits for the answer with that id; *answer views into the packet. */
static enum fault
await(struct keys *keys, uint32_t id, int timeout_ms, struct keeper_answer *answer, struct why *why)
{
	struct mailbox_message message;
	enum fault fault;

	for (;;) {
		fault = mailbox_read(
		    keys->fd, keys->packet, sizeof(keys->packet), timeout_ms, &message, why);
		if (fault == FAULT_TIMEOUT)
			return explain(why, FAULT_TIMEOUT,
			    "the keykeeper did not answer within %d ms", timeout_ms);
		if (fault != FAULT_NONE)
			return lose(keys, fault, why);
		if (message.type == KEEPER_WORKER_LOST)
			return explain(
			    why, FAULT_CLOSED, "the keykeeper's worker died over this request");
		if (message.type != KEEPER_ANSWER)
			return explain(why, FAULT_MALFORMED,
			    "the keykeeper sent a message of type %u", message.type);
		if ((fault = keeper_answer_read(message.body, answer, why)))
			return fault;
		if (answer->id == id)
			return FAULT_NONE;
	}
}

static enum fault
take_answer(const struct keeper_answer *answer, struct buffer *result, struct why *why)
{
	if (answer->fault != FAULT_NONE)
		return explain(why, answer->fault, "%.*s", (int)answer->result.left,
		    (const char *)answer->result.at);
	buffer_bytes(result, answer->result);
	if (!buffer_ok(result))
		return explain(why, FAULT_LIMIT, "the keykeeper's answer is too long");
	return FAULT_NONE;
}

static enum fault
ask_locked(
    struct keys *keys, struct keeper_request *request, struct buffer *result, struct why *why)
{
	int timeout_ms = request->operation == KEEPER_GENERATE ? KEYS_GENERATE_MS : KEYS_ANSWER_MS;
	struct keeper_answer answer;
	struct buffer body;
	enum fault fault;

	if (keys->fd == -1)
		return explain(why, FAULT_CLOSED, "%s",
		    keys->closed ? "the keys were closed" : "there is no keykeeper at the moment");
	drain(keys);
	if (++keys->last_id == 0)
		keys->last_id = 1;
	request->id = keys->last_id;
	buffer_init(&body, KEEPER_PACKET_MOST);
	keeper_request_write(&body, request);
	if (!buffer_ok(&body))
		fault = explain(why, FAULT_LIMIT, "a request too large for the keykeeper");
	else if ((fault = mailbox_write(
		      keys->fd, (uint16_t)request->operation, buffer_bytes_of(&body), why)))
		fault = lose(keys, fault, why);
	else if (!(fault = await(keys, request->id, timeout_ms, &answer, why)))
		fault = take_answer(&answer, result, why);
	buffer_finish(&body);
	/* A decrypted file key must not lie about here. */
	explicit_bzero(keys->packet, sizeof(keys->packet));
	return fault;
}

enum fault
keys_ask(struct keys *keys, struct keeper_request *request, struct buffer *result, struct why *why)
{
	struct why said = {""};
	enum fault fault;

	pthread_mutex_lock(&keys->lock);
	fault = ask_locked(keys, request, result, &said);
	memcpy(keys->complaint, said.text, sizeof(keys->complaint));
	pthread_mutex_unlock(&keys->lock);
	return fault != FAULT_NONE ? explain(why, fault, "%s", said.text) : FAULT_NONE;
}
