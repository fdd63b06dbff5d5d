/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/edge_serve.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/clock.h"
#include "channel/deadlines.h"
#include "manager/edge_link.h"
#include "signalling/sip_framing.h"

enum { BUCKETS = 16384 };

struct edge_connection {
	struct deadline part, wait; /* a message that does not end; a flood that pauses */
	struct edge_connection *next;
	struct edge *edge;
	struct channel *channel;
	struct sip_framing framing;
	uint64_t id, allowed_at; /* when allowed was last counted, monotonic ms */
	uint32_t allowed;        /* messages before it must wait */
	enum transport transport;
	bool open;   /* told to `call` */
	bool paused; /* `call` cannot take more */
};

struct edge {
	struct loop *loop;
	struct edge_plan plan;
	struct channel_listener *listeners[TRANSPORT_COUNT];
	struct channel_handlers handlers;
	struct deadlines part, wait;
	struct loop_timer *tidy;
	bool untidy;
	struct edge_link link;
	uint64_t last_id;
	size_t count;
	struct edge_connection *buckets[BUCKETS];
};

static struct edge_connection **
find(struct edge *edge, uint64_t id)
{
	struct edge_connection **at = &edge->buckets[id % BUCKETS];

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static struct edge_connection *
add(struct edge *edge, uint64_t id, struct channel *channel, enum transport transport)
{
	struct edge_connection *made = calloc(1, sizeof(*made));
	struct edge_connection **bucket = &edge->buckets[id % BUCKETS];

	if (made == NULL)
		return NULL;
	made->edge = edge;
	made->id = id;
	made->channel = channel;
	made->transport = transport;
	made->allowed = EDGE_MESSAGES_BURST;
	made->allowed_at = clock_monotonic_ms();
	sip_framing_init(&made->framing);
	made->next = *bucket;
	*bucket = made;
	edge->count++;
	channel_set_user(channel, made);
	return made;
}

static void
forget(struct edge_connection *connection)
{
	struct edge *edge = connection->edge;
	struct edge_connection **at = find(edge, connection->id);

	*at = connection->next;
	edge->count--;
	deadline_stop(&connection->part);
	deadline_stop(&connection->wait);
	sip_framing_finish(&connection->framing);
	free(connection);
}

/* Tells `call` that it is gone, and forgets it. */
static void
report_gone(struct edge_connection *connection, enum fault fault, const struct why *why)
{
	struct edge_item item = {
	    .kind = EDGE_CLOSED, .id = connection->id, .fault = fault, .reason = *why};

	edge_link_add(&connection->edge->link, &item);
	forget(connection);
}

static void
audit_refusal(const char *event, const struct address *remote, const char *reason,
    const struct peer_card *card, const struct channel_end *end)
{
	char peer[ADDRESS_TEXT_SIZE];
	struct log_field fields[] = {
	    LOG_TEXT("subject", card != NULL ? card->subject : ""),
	    LOG_TEXT("issuer", card != NULL ? card->issuer : ""),
	    LOG_TEXT("serial", card != NULL ? card->serial : ""),
	    LOG_TEXT("alert", end != NULL && end->alert_sent != NULL ? end->alert_sent : ""),
	};

	audit_write(&(struct audit_record){.event = event,
	    .device = card != NULL && card->name[0] != '\0' ? card->name : NULL,
	    .peer = address_text(remote, peer),
	    .reason = reason,
	    .fields = fields,
	    .count = COUNT(fields),
	    .counted = true});
}

/* We end it: what it sent is no SIP, or it does not read, or it does not go on. */
static void
refuse(struct edge_connection *connection, enum fault fault, const struct why *why)
{
	struct channel *channel = connection->channel;

	audit_refusal("sip connection refused", channel_remote(channel), why->text, NULL, NULL);
	report_gone(connection, fault, why);
	channel_close(channel);
}

static void
on_part_due(struct deadline *deadline)
{
	struct edge_connection *connection =
	    (struct edge_connection *)((char *)deadline - offsetof(struct edge_connection, part));
	struct why why;
	enum fault fault = explain(&why, FAULT_TIMEOUT,
	    "a SIP message was begun and not ended within %d ms", EDGE_PART_MS);

	refuse(connection, fault, &why);
}

static void
on_wait_due(struct deadline *deadline)
{
	struct edge_connection *connection =
	    (struct edge_connection *)((char *)deadline - offsetof(struct edge_connection, wait));

	if (!connection->paused)
		channel_set_reading(connection->channel, true);
}

/* One message less; false: it has to wait. */
static bool
allow(struct edge_connection *connection)
{
	uint64_t now, more;

	if (connection->allowed == 0) {
		now = clock_monotonic_ms();
		more = (now - connection->allowed_at) * EDGE_MESSAGES_PER_SECOND / 1000;
		if (more == 0)
			return false;
		connection->allowed_at = now;
		connection->allowed =
		    more > EDGE_MESSAGES_BURST ? EDGE_MESSAGES_BURST : (uint32_t)more;
	}
	connection->allowed--;
	return true;
}

/* Too fast for us or for `call`: TCP makes the sender wait, a datagram may be lost. */
static void
slow_down(struct edge_connection *connection, bool flood)
{
	if (connection->transport == TRANSPORT_UDP)
		return;
	if (flood)
		deadline_start(&connection->edge->wait, &connection->wait);
	else
		connection->paused = true;
	channel_set_reading(connection->channel, false);
}

static void
pass_on(struct edge_connection *connection, struct bytes message)
{
	struct edge *edge = connection->edge;

	if (!allow(connection)) {
		slow_down(connection, true);
		if (connection->transport == TRANSPORT_UDP) {
			audit_refusal("sip flood", channel_remote(connection->channel),
			    "more messages a second than one address may send", NULL, NULL);
			return;
		}
	}
	edge_link_message(&edge->link, connection->id, message);
	if (edge_link_is_full(&edge->link))
		slow_down(connection, false);
}

static void
on_datagram(struct edge_connection *connection, struct bytes bytes)
{
	/* Keep-alives and other specks of dust mean nothing here (RFC 3261 7.5). */
	bytes_skip_any(&bytes, "\r\n");
	if (bytes.left > 0 && bytes.left <= EDGE_BYTES_MOST)
		pass_on(connection, bytes);
}

static void
on_stream(struct edge_connection *connection, struct bytes bytes)
{
	struct sip_frame frame;
	struct why why;
	enum fault fault;

	while (
	    (fault = sip_framing_next(&connection->framing, &bytes, &frame, &why)) == FAULT_NONE &&
	    frame.kind != SIP_FRAME_MORE) {
		if (frame.kind == SIP_FRAME_MESSAGE)
			pass_on(connection, frame.bytes);
		else if (frame.kind == SIP_FRAME_PING &&
			 channel_write(connection->channel, bytes_text("\r\n"), NULL) ==
			     FAULT_LIMIT)
			fault = explain(&why, FAULT_LIMIT, "the phone asks and does not listen");
		if (fault != FAULT_NONE)
			break;
	}
	if (fault != FAULT_NONE) {
		refuse(connection, fault, &why);
		return;
	}
	if (sip_framing_held(&connection->framing) == 0)
		deadline_stop(&connection->part);
	else if (connection->part.after == NULL)
		deadline_start(&connection->edge->part, &connection->part);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct edge_connection *connection = channel_user(channel);

	(void)arg;
	if (connection == NULL)
		return;
	if (connection->transport == TRANSPORT_UDP)
		on_datagram(connection, bytes);
	else
		on_stream(connection, bytes);
}

/* A handshake needs three times the memory of an open connection. After a rush of phones that
 * memory lies about in holes: give it back. */
static void
on_tidy(void *arg)
{
	struct edge *edge = arg;

	edge->untidy = false;
	malloc_trim(0);
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct edge *edge = arg;
	struct edge_connection *connection = channel_user(channel);
	struct edge_item item = {.kind = EDGE_CONNECTION, .facts = *facts};

	if (connection == NULL)
		connection = add(edge, ++edge->last_id, channel, facts->transport);
	if (connection == NULL) {
		channel_close(channel);
		return;
	}
	connection->open = true;
	if (!edge->untidy)
		loop_timer_set(edge->tidy, EDGE_TIDY_MS);
	edge->untidy = true;
	item.id = connection->id;
	edge_link_add(&edge->link, &item);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct edge_connection *connection = channel != NULL ? channel_user(channel) : NULL;
	char text[CHANNEL_END_TEXT_SIZE];

	(void)arg;
	if (end->security)
		audit_refusal(
		    end->stage == CHANNEL_OPEN ? "sip connection broken" : "sip connection refused",
		    &end->remote, channel_end_text(end, text), end->has_card ? &end->card : NULL,
		    end);
	if (connection != NULL)
		report_gone(connection, end->fault, &end->why);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	struct edge *edge = arg;

	return edge->plan.approve(edge->plan.arg, chain, verdict, why);
}

/* What `call` asks for */

static void
send_bytes(struct edge *edge, const struct edge_item *item)
{
	struct edge_connection *connection = *find(edge, item->id);
	struct why why;

	/* Unknown: it closed while `call` was writing, and has been told so. */
	if (connection != NULL &&
	    channel_write(connection->channel, item->bytes, &why) == FAULT_LIMIT)
		refuse(connection, FAULT_LIMIT, &why);
}

static void
close_one(struct edge *edge, const struct edge_item *item)
{
	struct edge_connection *connection = *find(edge, item->id);
	struct channel *channel;

	if (connection == NULL)
		return;
	channel = connection->channel;
	forget(connection);
	channel_close(channel);
}

static enum fault
connect_to(
    struct edge *edge, const struct edge_item *item, struct channel **channel, struct why *why)
{
	struct channel_connect_plan plan = {.transport = item->transport,
	    .remote = item->address,
	    .limits = {.idle_ms = EDGE_IDLE_MS, .queue_most = EDGE_QUEUE_MOST},
	    .handlers = &edge->handlers,
	    .arg = edge};

	if (!(item->id & EDGE_ID_BY_CALL) || *find(edge, item->id) != NULL)
		return explain(why, FAULT_UNEXPECTED, "the id of a new connection is taken");
	if (item->transport == TRANSPORT_TLS)
		return explain(why, FAULT_MISSING, "an edge opens no TLS connections yet");
	if (item->transport == TRANSPORT_TCP)
		return channel_connect(channel, edge->loop, &plan, why);
	if (edge->listeners[TRANSPORT_UDP] == NULL)
		return explain(why, FAULT_MISSING, "this edge speaks no UDP");
	return channel_listener_reach(edge->listeners[TRANSPORT_UDP], &item->address, channel, why);
}

static void
open_one(struct edge *edge, const struct edge_item *item)
{
	struct edge_item closed = {.kind = EDGE_CLOSED, .id = item->id};
	struct channel *channel = NULL;

	closed.fault = connect_to(edge, item, &channel, &closed.reason);
	if (closed.fault == FAULT_NONE && channel_user(channel) != NULL)
		closed.fault = explain(&closed.reason, FAULT_UNEXPECTED,
		    "that address has spoken to us already, as a connection of its own");
	else if (closed.fault == FAULT_NONE &&
		 add(edge, item->id, channel, item->transport) == NULL) {
		channel_close(channel);
		closed.fault = explain(&closed.reason, FAULT_SYSTEM, "out of memory");
	}
	if (closed.fault != FAULT_NONE)
		edge_link_add(&edge->link, &closed);
}

static void
on_item(void *arg, const struct edge_item *item)
{
	if (item->kind == EDGE_SEND)
		send_bytes(arg, item);
	else if (item->kind == EDGE_CLOSE)
		close_one(arg, item);
	else if (item->kind == EDGE_OPEN)
		open_one(arg, item);
	else
		log_error("edge", "unexpected item of call",
		    LOG_TEXT("kind", edge_kind_name(item->kind)));
}

static void
for_each(struct edge *edge, void (*each)(struct edge_connection *connection, void *arg), void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct edge_connection *at = edge->buckets[i], *next; at != NULL; at = next) {
			next = at->next;
			each(at, arg);
		}
}

static void
tell_again(struct edge_connection *connection, void *arg)
{
	struct buffer *der = arg;
	struct edge_item item = {.kind = EDGE_CONNECTION, .id = connection->id};

	if (!connection->open)
		return; /* on_open will */
	channel_facts(connection->channel, &item.facts, der);
	edge_link_add(&connection->edge->link, &item);
}

static void
on_replay(void *arg)
{
	struct edge *edge = arg;
	struct buffer der;

	buffer_init(&der, PEER_CERTIFICATE_MOST);
	for_each(edge, tell_again, &der);
	buffer_finish(&der);
	log_info("edge", "call is back, connections told", LOG_NUMBER("count", edge->count));
}

static void
go_on(struct edge_connection *connection, void *arg)
{
	(void)arg;
	if (!connection->paused)
		return;
	connection->paused = false;
	if (connection->wait.after == NULL)
		channel_set_reading(connection->channel, true);
}

static void
on_relief(void *arg)
{
	for_each(arg, go_on, NULL);
}

static const struct edge_link_handlers link_handlers = {on_item, on_replay, on_relief};

static enum fault
listen_on(struct edge *edge, enum transport transport, struct why *why)
{
	struct channel_listen_plan plan = {.transport = transport,
	    .fd = edge->plan.fds[transport],
	    .tls = transport == TRANSPORT_TLS ? edge->plan.tls : NULL,
	    .limits = {.handshake_ms = EDGE_HANDSHAKE_MS,
		.idle_ms = EDGE_IDLE_MS,
		.queue_most = EDGE_QUEUE_MOST,
		.total_most = EDGE_CONNECTIONS_MOST},
	    .handlers = &edge->handlers,
	    .arg = edge};

	if (plan.fd < 0)
		return FAULT_NONE;
	if (transport == TRANSPORT_UDP)
		plan.limits.per_source_most = EDGE_DATAGRAM_SOURCES_MOST;
	return channel_listen(&edge->listeners[transport], edge->loop, &plan, why);
}

enum fault
edge_new(struct edge **edge, const struct edge_plan *plan, struct why *why)
{
	struct edge *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for an edge");
	made->loop = plan->loop;
	made->plan = *plan;
	made->handlers = (struct channel_handlers){on_open, on_bytes, on_closed, NULL, approve};
	/* Never used again within a node, also after a restart of this edge: the edge, then a
	 * counter that starts at the time. */
	made->last_id = (uint64_t)(plan->index + 1) << 56 | (uint64_t)clock_wall_ms() << 10;
	if ((fault = deadlines_init(&made->part, plan->loop, EDGE_PART_MS, on_part_due, why)) ||
	    (fault = deadlines_init(&made->wait, plan->loop, EDGE_WAIT_MS, on_wait_due, why)) ||
	    (fault = edge_link_init(&made->link, plan->loop, &link_handlers, made, why)))
		goto done;
	made->tidy = loop_timer_new(plan->loop, on_tidy, made);
	if (made->tidy == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for an edge");
		goto done;
	}
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if ((fault = listen_on(made, (enum transport)i, why)))
			goto done;
	*edge = made;
	made = NULL;
done:
	edge_free(made);
	return fault;
}

static void
end_one(struct edge_connection *connection, void *arg)
{
	struct channel *channel = connection->channel;

	(void)arg;
	forget(connection);
	channel_close(channel);
}

void
edge_free(struct edge *edge)
{
	if (edge == NULL)
		return;
	for_each(edge, end_one, NULL);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		channel_listener_free(edge->listeners[i]);
	edge_link_finish(&edge->link);
	loop_timer_free(edge->tidy);
	deadlines_finish(&edge->part);
	deadlines_finish(&edge->wait);
	free(edge);
}

enum fault
edge_link_call(struct edge *edge, int fd, struct why *why)
{
	return edge_link_open(&edge->link, fd, why);
}

void
edge_set_tls(struct edge *edge, struct tls *tls)
{
	if (edge->listeners[TRANSPORT_TLS] != NULL)
		channel_listener_set_tls(edge->listeners[TRANSPORT_TLS], tls);
}

size_t
edge_connections(const struct edge *edge)
{
	return edge->count;
}
