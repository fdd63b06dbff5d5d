/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel_inner.h"

enum { LISTENER_PAUSE_MS = 100 /* when descriptors are out */ };

struct channel_listener {
	struct channel_group *group;
	struct loop_watch *watch;
	struct loop_timer *pause;
	struct datagrams *datagrams; /* UDP */
	enum transport transport;
	int fd;
};

/* A connection that never became a channel. */
static void
turn_away(struct channel_group *group, int fd, const struct address *remote, const struct why *why)
{
	struct channel_end end = {.fault = FAULT_LIMIT,
	    .stage = CHANNEL_CONNECTING,
	    .remote = *remote,
	    .security = true,
	    .why = *why,
	    .next_step = "look for a flood from there, or raise the limit"};

	close(fd);
	group->handlers->on_closed(group->arg, NULL, &end);
}

static void
welcome(struct channel_listener *listener, int fd, const struct address *remote)
{
	struct channel_group *group = listener->group;
	struct source *source = NULL;
	struct channel *channel = NULL;
	struct why why;
	int yes = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (channel_group_admit(group, remote, &source, &why) ||
	    channel_new(&channel, group, listener->transport, fd, true, remote, true, &why)) {
		source_give_back(&group->sources, source);
		turn_away(group, fd, remote, &why);
		return;
	}
	channel->source = source;
	channel->stage = CHANNEL_HANDSHAKING;
	if (listener->transport == TRANSPORT_TLS && channel_tls_start(channel, NULL, &why)) {
		struct channel_end end = {.fault = FAULT_SYSTEM, .why = why};

		channel_finish(channel, &end);
		return;
	}
	deadline_start(&group->handshake, &channel->deadline);
	channel_advance(channel);
}

static void
on_pause_over(void *arg)
{
	struct channel_listener *listener = arg;

	loop_watch_set(listener->watch, LOOP_READ);
}

static void
on_ready(int fd, int ready, void *arg)
{
	struct channel_listener *listener = arg;
	struct channel_group *group = listener->group;

	(void)ready;
	group->references++; /* a handler may free the listener */
	for (int i = 0; i < CHANNEL_ACCEPT_BATCH && group->listener != NULL; i++) {
		struct address remote = {.size = sizeof(remote.storage)};
		int made = accept4(fd, (struct sockaddr *)&remote.storage, &remote.size,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (made >= 0) {
			welcome(listener, made, &remote);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			loop_watch_set(listener->watch, 0);
			loop_timer_set(listener->pause, LISTENER_PAUSE_MS);
		}
		break;
	}
	channel_group_release(group);
}

static void
on_datagrams(int fd, int ready, void *arg)
{
	struct channel_listener *listener = arg;
	struct channel_group *group = listener->group;

	(void)ready;
	group->references++;
	datagrams_ready(listener->datagrams, group, fd);
	channel_group_release(group);
}

enum fault
channel_listen(struct channel_listener **listener, struct loop *loop,
    const struct channel_listen_plan *plan, struct why *why)
{
	bool udp = plan->transport == TRANSPORT_UDP;
	struct channel_listener *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a listener");
	made->fd = -1;
	made->transport = plan->transport;
	if ((fault = channel_group_new(
		 &made->group, loop, plan->tls, &plan->limits, plan->handlers, plan->arg, why)) ||
	    (udp && (fault = datagrams_new(&made->datagrams, why))))
		goto done;
	made->group->listener = made;
	made->watch =
	    loop_watch_new(loop, plan->fd, LOOP_READ, udp ? on_datagrams : on_ready, made);
	made->pause = loop_timer_new(loop, on_pause_over, made);
	if (made->watch == NULL || made->pause == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for a listener");
		goto done;
	}
	made->fd = plan->fd;
	*listener = made;
	made = NULL;
done:
	channel_listener_free(made);
	return fault;
}

void
channel_listener_free(struct channel_listener *listener)
{
	if (listener == NULL)
		return;
	datagrams_free(listener->datagrams);
	loop_watch_free(listener->watch);
	loop_timer_free(listener->pause);
	if (listener->group != NULL) {
		channel_group_drop_handshakes(listener->group);
		listener->group->listener = NULL;
	}
	channel_group_release(listener->group);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
}

void
channel_listener_set_tls(struct channel_listener *listener, struct tls *tls)
{
	struct tls *old = listener->group->tls;

	listener->group->tls = tls_hold(tls);
	tls_free(old);
}

size_t
channel_listener_count(const struct channel_listener *listener)
{
	return listener->group->count;
}

struct datagrams *
channel_listener_datagrams(struct channel_listener *listener)
{
	return listener->datagrams;
}

enum fault
channel_listener_reach(struct channel_listener *listener, const struct address *remote,
    struct channel **channel, struct why *why)
{
	if (listener->datagrams == NULL)
		return explain(why, FAULT_UNEXPECTED, "only a UDP listener can speak first");
	return datagrams_reach(
	    listener->datagrams, listener->group, listener->fd, remote, channel, why);
}
