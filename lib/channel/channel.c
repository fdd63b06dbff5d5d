/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/channel_inner.h"

enum { READ_ROUNDS = 16 /* reads of one channel before others get a turn */ };

static const struct carrier *const carriers[TRANSPORT_COUNT] = {
    [TRANSPORT_UDP] = &carrier_datagram,
    [TRANSPORT_TCP] = &carrier_tcp,
    [TRANSPORT_TLS] = &carrier_tls,
};

static loop_fd_handler on_ready;
static size_t alive;

struct channel *
channel_hold(struct channel *channel)
{
	channel->holds++;
	return channel;
}

void
channel_release(struct channel *channel)
{
	if (--channel->holds > 0)
		return;
	channel_group_release(channel->group);
	free(channel);
	alive--;
}

size_t
channel_alive(void)
{
	return alive;
}

enum { SETTLE_LOOK_MS = 10 };

struct settling {
	struct loop *loop;
	struct loop_timer *timer;
	uint64_t until_ms;
};

static void
settle_look(void *arg)
{
	struct settling *settling = arg;

	if (alive == 0 || clock_monotonic_ms() >= settling->until_ms)
		loop_stop(settling->loop);
	else
		loop_timer_set(settling->timer, SETTLE_LOOK_MS);
}

void
channel_settle(struct loop *loop)
{
	struct settling settling = {
	    .loop = loop, .until_ms = clock_monotonic_ms() + CHANNEL_CLOSE_MS};

	if (alive == 0 || (settling.timer = loop_timer_new(loop, settle_look, &settling)) == NULL)
		return;
	loop_timer_set(settling.timer, 0);
	loop_run(loop);
	loop_timer_free(settling.timer);
}

static void
handshake_free(struct handshake *shaking)
{
	if (shaking == NULL)
		return;
	free(shaking->expected_name);
	free(shaking);
}

/* What the socket must become for us to go on. */
static int
interest_of(const struct channel *channel)
{
	int interest = 0;

	if (channel->lingering)
		return LOOP_READ;
	if (channel->stage == CHANNEL_CONNECTING)
		return LOOP_WRITE;
	if (channel->stage == CHANNEL_HANDSHAKING)
		return channel->waiting == CARRY_WAIT         ? 0
		       : channel->waiting == CARRY_WANT_WRITE ? LOOP_WRITE
							      : LOOP_READ;
	if (channel->reading && !channel->closing)
		interest |= LOOP_READ;
	if (channel->queue.size > 0 || channel->waiting == CARRY_WANT_WRITE)
		interest |= LOOP_WRITE;
	return interest;
}

static void
set_interest(struct channel *channel)
{
	if (channel->watch != NULL)
		loop_watch_set(channel->watch, interest_of(channel));
}

enum fault
channel_new(struct channel **channel, struct channel_group *group, enum transport transport, int fd,
    bool own_watch, const struct address *remote, bool server, struct why *why)
{
	struct channel *made = calloc(1, sizeof(*made));

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a connection");
	made->fd = fd;
	made->remote = *remote;
	made->server = server;
	made->transport = (uint8_t)transport;
	made->carrier = carriers[transport];
	made->reading = true;
	made->alert_sent = made->alert_seen = -1;
	made->holds = 1;
	buffer_init(&made->queue, group->limits.queue_most);
	if (own_watch)
		made->watch = loop_watch_new(group->loop, fd, LOOP_READ, on_ready, made);
	if (own_watch && made->watch == NULL) {
		free(made);
		return explain(why, FAULT_SYSTEM, "out of memory for a connection");
	}
	made->group = group;
	group->references++;
	group->count++;
	alive++;
	*channel = made;
	return FAULT_NONE;
}

void
channel_destroy(struct channel *channel)
{
	struct channel_group *group = channel->group;

	if (channel->destroyed)
		return;
	channel->destroyed = channel->ended = true;
	deadline_stop(&channel->deadline);
	if (channel->watch != NULL || group->listener == NULL)
		close(channel->fd);
	else
		datagrams_remove(channel_listener_datagrams(group->listener), channel);
	loop_watch_free(channel->watch);
	channel->watch = NULL;
	/* A session survives a lost connection, but not a fatal alert (RFC 5246 7.2.2). */
	if (channel->ssl != NULL && channel->alert_sent < 0 && channel->alert_seen < 0)
		SSL_set_shutdown(channel->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(channel->ssl);
	channel->ssl = NULL;
	tls_free(channel->tls);
	channel->tls = NULL;
	handshake_free(channel->shaking);
	channel->shaking = NULL;
	free(channel->trusted_by);
	channel->trusted_by = NULL;
	free(channel->broken);
	channel->broken = NULL;
	/* What was sent over TLS may have been a secret. */
	buffer_wipe(&channel->queue);
	source_give_back(&group->sources, channel->source);
	channel->source = NULL;
	group->count--;
	channel_release(channel);
}

/* Our last words are on their way. A close() with unread input would reset the connection and
 * take them from the peer, so wait until it closed as well. */
static void
linger(struct channel *channel)
{
	if (channel->destroyed)
		return;
	if (channel->watch == NULL || shutdown(channel->fd, SHUT_WR) != 0) {
		channel_destroy(channel);
		return;
	}
	channel->lingering = true;
	deadline_start(&channel->group->closing, &channel->deadline);
	set_interest(channel);
}

static void
linger_on(struct channel *channel)
{
	uint8_t room[4096];
	ssize_t got = recv(channel->fd, room, sizeof(room), MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		channel_destroy(channel);
}

void
channel_finish(struct channel *channel, const struct channel_end *end)
{
	struct channel_end told = *end;

	if (channel->ended) {
		channel_destroy(channel);
		return;
	}
	channel->ended = true;
	deadline_stop(&channel->deadline);
	told.stage = (enum channel_stage)channel->stage;
	told.remote = channel->remote;
	told.alert_sent = alert_name(channel->alert_sent);
	told.alert_seen = alert_name(channel->alert_seen);
	if (channel->shaking != NULL && channel->shaking->has_card) {
		told.has_card = true;
		told.card = channel->shaking->card;
	}
	channel_hold(channel);
	channel->group->handlers->on_closed(channel->group->arg, channel, &told);
	if (channel->stage == CHANNEL_OPEN && end->fault == FAULT_NONE)
		channel->carrier->goodbye(channel);
	if (channel->alert_sent >= 0)
		linger(channel);
	else
		channel_destroy(channel);
	channel_release(channel);
}

void
channel_deliver(struct channel *channel, struct bytes bytes)
{
	deadline_start(&channel->group->idle, &channel->deadline);
	channel->group->handlers->on_bytes(channel->group->arg, channel, bytes);
}

static void
go_on_later(void *arg)
{
	struct channel *channel = arg;

	if (!channel->ended && channel->broken != NULL)
		channel_finish(channel, channel->broken);
	else if (!channel->ended)
		channel_advance(channel);
	channel_release(channel);
}

static void
advance_later(struct channel *channel)
{
	loop_later(channel->group->loop, go_on_later, channel_hold(channel));
}

/* Reads and delivers until the socket is empty or it is the others' turn. */
static void
receive(struct channel *channel)
{
	static uint8_t room[CHANNEL_DATAGRAM_MOST];
	size_t size = channel->transport == TRANSPORT_UDP ? sizeof(room) : CHANNEL_READ_MOST;
	struct channel_end end = {0};
	bool more = true;
	size_t got;

	for (int round = 0; more && round < READ_ROUNDS; round++) {
		if (channel->ended || !channel->reading)
			return;
		more = false;
		switch (channel->carrier->read(channel, room, size, &got, &more, &end)) {
		case CARRIED:
			channel->waiting = CARRIED;
			channel_deliver(channel, bytes_of(room, got));
			break;
		case CARRY_ENDED:
			channel_finish(channel, &end);
			return;
		case CARRY_WANT_WRITE:
			channel->waiting = CARRY_WANT_WRITE;
			break;
		default:
			channel->waiting = CARRIED;
		}
	}
	if (more && !channel->ended)
		advance_later(channel);
}

static void
opened(struct channel *channel)
{
	struct peer_facts facts;
	struct buffer der;

	channel->stage = CHANNEL_OPEN;
	channel->waiting = CARRIED;
	if (channel->shaking != NULL && channel->shaking->verdict.trusted_by[0] != '\0')
		channel->trusted_by = strdup(channel->shaking->verdict.trusted_by);
	handshake_free(channel->shaking);
	channel->shaking = NULL;
	deadline_start(&channel->group->idle, &channel->deadline);
	buffer_init(&der, PEER_CERTIFICATE_MOST);
	channel_facts(channel, &facts, &der);
	channel->group->handlers->on_open(channel->group->arg, channel, &facts);
	buffer_finish(&der);
}

static void
shake_hands(struct channel *channel)
{
	struct channel_end end = {0};
	enum carried carried = channel->carrier->open(channel, &end);

	channel->waiting = (uint8_t)carried;
	if (carried == CARRY_ENDED) {
		channel_finish(channel, &end);
	} else if (carried == CARRIED) {
		opened(channel);
		if (!channel->ended && channel->watch != NULL)
			receive(channel);
	}
}

static void
connected(struct channel *channel)
{
	struct channel_end end = {0};
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
		error = errno;
	if (error == EINPROGRESS || error == EALREADY)
		return;
	if (error != 0) {
		errno = error;
		socket_end_read("connecting", &end);
		end.next_step = "check the address, and that the peer runs";
		channel_finish(channel, &end);
		return;
	}
	channel->stage = CHANNEL_HANDSHAKING;
	shake_hands(channel);
}

/* Sends what is queued. */
static void
flush(struct channel *channel)
{
	struct channel_end end = {0};
	size_t sent;

	while (channel->queue.size > 0) {
		enum carried carried =
		    channel->carrier->write(channel, buffer_bytes_of(&channel->queue), &sent, &end);

		if (carried == CARRY_ENDED) {
			channel_finish(channel, &end);
			return;
		}
		if (carried != CARRIED)
			return;
		buffer_consume(&channel->queue, sent);
	}
	buffer_wipe(&channel->queue);
	if (channel->closing) {
		channel->carrier->goodbye(channel);
		linger(channel);
	} else if (channel->group->handlers->on_drained != NULL) {
		channel->group->handlers->on_drained(channel->group->arg, channel);
	}
}

void
channel_advance(struct channel *channel)
{
	channel_hold(channel);
	if (channel->stage == CHANNEL_CONNECTING)
		connected(channel);
	else if (channel->stage == CHANNEL_HANDSHAKING)
		shake_hands(channel);
	else
		receive(channel);
	if (!channel->destroyed)
		set_interest(channel);
	channel_release(channel);
}

static void
on_ready(int fd, int ready, void *arg)
{
	struct channel *channel = channel_hold(arg);

	(void)fd;
	if (channel->lingering) {
		linger_on(channel);
	} else {
		if (channel->queue.size > 0 && (ready & LOOP_WRITE))
			flush(channel);
		if (!channel->ended)
			channel_advance(channel);
		else if (!channel->destroyed)
			set_interest(channel);
	}
	channel_release(channel);
}

/* Found while the user writes; told from the loop, so that no handler runs inside the call. */
static enum fault
broke(struct channel *channel, const struct channel_end *end, struct why *why)
{
	if (channel->broken == NULL)
		channel->broken = malloc(sizeof(*end));
	if (channel->broken != NULL)
		*channel->broken = *end;
	advance_later(channel);
	return explain(
	    why, end->fault != FAULT_NONE ? end->fault : FAULT_CLOSED, "%s", end->why.text);
}

enum fault
channel_write(struct channel *channel, struct bytes bytes, struct why *why)
{
	struct channel_end end = {0};
	enum carried carried = CARRIED;
	size_t sent;

	if (channel->ended || channel->stage != CHANNEL_OPEN || channel->broken != NULL)
		return explain(why, FAULT_UNEXPECTED, "the connection is not open");
	if (bytes.left > channel->queue.most - channel->queue.size)
		return explain(why, FAULT_LIMIT, "the peer reads too slowly: %zu bytes wait for it",
		    channel->queue.size);
	while (channel->queue.size == 0 && bytes.left > 0 && carried == CARRIED) {
		carried = channel->carrier->write(channel, bytes, &sent, &end);
		if (carried == CARRIED)
			bytes = bytes_part(bytes, sent, bytes.left - sent);
		if (carried == CARRY_ENDED)
			return broke(channel, &end, why);
	}
	buffer_bytes(&channel->queue, bytes);
	if (!buffer_ok(&channel->queue))
		return explain(why, FAULT_SYSTEM, "out of memory for what waits to be sent");
	set_interest(channel);
	return FAULT_NONE;
}

size_t
channel_queued(const struct channel *channel)
{
	return channel->queue.size;
}

void
channel_set_reading(struct channel *channel, bool reading)
{
	if (channel->reading == reading || channel->ended)
		return;
	channel->reading = reading;
	if (reading) {
		deadline_start(&channel->group->idle, &channel->deadline);
		/* TLS may hold bytes that the socket will not announce again. */
		advance_later(channel);
	} else if (channel->stage == CHANNEL_OPEN) {
		deadline_stop(&channel->deadline);
	}
	set_interest(channel);
}

void
channel_close(struct channel *channel)
{
	if (channel == NULL || channel->ended)
		return;
	channel->ended = true;
	deadline_stop(&channel->deadline);
	if (channel->stage != CHANNEL_OPEN || channel->watch == NULL) {
		channel_destroy(channel);
	} else if (channel->queue.size > 0) {
		channel->closing = true;
		deadline_start(&channel->group->closing, &channel->deadline);
		set_interest(channel);
	} else {
		channel->carrier->goodbye(channel);
		linger(channel);
	}
}

void
channel_abort(struct channel *channel)
{
	if (channel != NULL && !channel->ended)
		channel_destroy(channel);
}

void
channel_approve_again(struct channel *channel)
{
	if (!channel->ended && channel->waiting == CARRY_WAIT)
		advance_later(channel);
}

void
channel_set_user(struct channel *channel, void *user)
{
	channel->user = user;
}

void *
channel_user(const struct channel *channel)
{
	return channel->user;
}

const struct address *
channel_remote(const struct channel *channel)
{
	return &channel->remote;
}

void
channel_facts(struct channel *channel, struct peer_facts *facts, struct buffer *der)
{
	*facts = (struct peer_facts){.transport = (enum transport)channel->transport};
	facts->remote = channel->remote;
	facts->local.size = sizeof(facts->local.storage);
	if (getsockname(
		channel->fd, (struct sockaddr *)&facts->local.storage, &facts->local.size) != 0)
		facts->local = (struct address){0};
	buffer_clear(der);
	if (channel->ssl != NULL)
		channel_tls_facts(channel, facts, der);
}

SSL_SESSION *
channel_session(struct channel *channel)
{
	return channel->ssl != NULL ? SSL_get1_session(channel->ssl) : NULL;
}

void
channel_start(struct channel *channel)
{
	advance_later(channel);
	set_interest(channel);
}
