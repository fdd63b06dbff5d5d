/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/edge_link.h"

#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void
forget_sent(struct edge_link *link)
{
	/* Messages carry SDES keys: what was passed on is not left lying about. */
	if (link->sent > 0)
		explicit_bzero(link->pending.at, link->sent);
	if (link->sent == link->pending.size)
		buffer_clear(&link->pending);
	else
		buffer_consume(&link->pending, link->sent);
	link->sent = 0;
}

/* As many whole items as fit into one packet. */
static struct bytes
next_batch(const struct edge_link *link)
{
	struct bytes all = buffer_bytes_of(&link->pending), rest, head;
	size_t size = 0;
	uint32_t length;

	rest = all = bytes_part(all, link->sent, all.left - link->sent);
	while (bytes_take(&rest, EDGE_ITEM_HEAD - 4, &head) && bytes_take_u32(&rest, &length) &&
	       size + EDGE_ITEM_HEAD + length <= EDGE_BATCH_MOST) {
		size += EDGE_ITEM_HEAD + length;
		rest = bytes_part(all, size, all.left - size);
	}
	return bytes_part(all, 0, size);
}

/* `call` is away: of what waits, only messages still mean something to the next one. */
static void
keep_messages(struct edge_link *link)
{
	struct bytes rest = bytes_part(
	    buffer_bytes_of(&link->pending), link->sent, link->pending.size - link->sent);
	struct buffer kept;
	struct edge_item item;

	buffer_init(&kept, EDGE_PENDING_MOST);
	while (rest.left > 0 && edge_item_read(&rest, &item, NULL) == FAULT_NONE) {
		if (item.kind != EDGE_MESSAGE)
			continue;
		buffer_u8(&kept, EDGE_MESSAGE);
		buffer_u64(&kept, item.id);
		buffer_u32(&kept, (uint32_t)item.bytes.left);
		buffer_bytes(&kept, item.bytes);
	}
	buffer_wipe(&link->pending);
	link->pending = kept;
	link->sent = 0;
}

static void
lose_call(struct edge_link *link, const struct why *why)
{
	if (link->mailbox == NULL)
		return;
	log_warning("edge", "call is away", LOG_TEXT("reason", why->text));
	mailbox_free(link->mailbox);
	link->mailbox = NULL;
	keep_messages(link);
}

static void
flush(void *arg)
{
	struct edge_link *link = arg;
	enum fault fault = FAULT_NONE;
	struct bytes batch;
	struct why why;

	link->scheduled = false;
	while (link->mailbox != NULL && link->sent < link->pending.size && fault == FAULT_NONE) {
		batch = next_batch(link);
		fault = mailbox_send(link->mailbox, EDGE_BATCH, batch, NULL, 0, &why);
		if (fault == FAULT_NONE)
			link->sent += batch.left;
	}
	if (fault == FAULT_LIMIT)
		loop_timer_set(link->timer, EDGE_RETRY_MS);
	else if (fault != FAULT_NONE)
		lose_call(link, &why);
	forget_sent(link);
	if (link->full && link->pending.size < EDGE_PENDING_FULL / 2) {
		link->full = false;
		link->handlers->on_relief(link->arg);
	}
}

static void
flush_later(struct edge_link *link)
{
	if (link->scheduled || link->mailbox == NULL)
		return;
	link->scheduled = true;
	loop_timer_set(link->timer, 0); /* with all else of this turn */
}

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct edge_link *link = arg;
	struct bytes packet = message->body;
	struct edge_item item;
	struct why why;

	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
	if (message->type != EDGE_BATCH) {
		log_error("edge", "unexpected message of call", LOG_NUMBER("type", message->type));
		return;
	}
	while (packet.left > 0 && link->mailbox != NULL) {
		if (edge_item_read(&packet, &item, &why) != FAULT_NONE) {
			log_error("edge", "message of call refused", LOG_TEXT("reason", why.text));
			return;
		}
		link->handlers->on_item(link->arg, &item);
	}
}

static void
on_closed(void *arg, const struct why *why)
{
	lose_call(arg, why);
}

enum fault
edge_link_init(struct edge_link *link, struct loop *loop, const struct edge_link_handlers *handlers,
    void *arg, struct why *why)
{
	*link = (struct edge_link){.loop = loop, .handlers = handlers, .arg = arg};
	buffer_init(&link->pending, EDGE_PENDING_MOST);
	link->timer = loop_timer_new(loop, flush, link);
	return link->timer != NULL
		   ? FAULT_NONE
		   : explain(why, FAULT_SYSTEM, "out of memory for the link to call");
}

void
edge_link_finish(struct edge_link *link)
{
	mailbox_free(link->mailbox);
	link->mailbox = NULL;
	loop_timer_free(link->timer);
	buffer_wipe(&link->pending);
}

/* The new `call` hears of every connection first, then what arrived meanwhile. */
static void
replay(struct edge_link *link)
{
	struct edge_item replayed = {.kind = EDGE_REPLAYED};
	struct buffer waited = link->pending;

	buffer_init(&link->pending, SIZE_MAX);
	link->handlers->on_replay(link->arg);
	edge_link_add(link, &replayed);
	buffer_bytes(&link->pending, buffer_bytes_of(&waited));
	buffer_wipe(&waited);
	link->pending.most =
	    link->pending.size > EDGE_PENDING_MOST ? link->pending.size : EDGE_PENDING_MOST;
	flush(link);
}

enum fault
edge_link_open(struct edge_link *link, int fd, struct why *why)
{
	struct why gone = {"another one takes its place"};
	struct mailbox *mailbox = NULL;
	enum fault fault;

	fault = mailbox_new(&mailbox, link->loop, fd, on_message, on_closed, link, why);
	if (fault != FAULT_NONE) {
		close(fd);
		return fault;
	}
	lose_call(link, &gone);
	link->mailbox = mailbox;
	replay(link);
	return FAULT_NONE;
}

bool
edge_link_is_up(const struct edge_link *link)
{
	return link->mailbox != NULL;
}

bool
edge_link_is_full(const struct edge_link *link)
{
	return link->full;
}

void
edge_link_add(struct edge_link *link, const struct edge_item *item)
{
	struct buffer one;
	struct why why;

	if (link->mailbox == NULL)
		return;
	buffer_init(&one, EDGE_BATCH_MOST);
	if (edge_item_write(&one, item, &why) != FAULT_NONE)
		log_error("edge", "not told to call", LOG_TEXT("reason", why.text));
	buffer_bytes(&link->pending, buffer_bytes_of(&one));
	buffer_finish(&one);
	flush_later(link);
}

void
edge_link_message(struct edge_link *link, uint64_t id, struct bytes message)
{
	size_t size = EDGE_ITEM_HEAD + message.left;

	if (size > link->pending.most - link->pending.size) {
		log_error(
		    "edge", "message lost: too much waits for call", LOG_NUMBER("connection", id));
		return;
	}
	buffer_u8(&link->pending, EDGE_MESSAGE);
	buffer_u64(&link->pending, id);
	buffer_u32(&link->pending, (uint32_t)message.left);
	buffer_bytes(&link->pending, message);
	if (link->pending.size >= EDGE_PENDING_FULL)
		link->full = true;
	flush_later(link);
}
