/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_socket.c - plain TCP and UDP, as carriers; sockets bound and connected. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel_inner.h"

static enum carried
plain_open(struct channel *channel, struct channel_end *end)
{
	(void)channel, (void)end;
	return CARRIED;
}

static void
plain_goodbye(struct channel *channel)
{
	(void)channel; /* shutdown() says it */
}

static enum carried
ended(const char *what, struct channel_end *end)
{
	socket_end_read(what, end);
	return CARRY_ENDED;
}

static enum carried
tcp_read(struct channel *channel, uint8_t *room, size_t size, size_t *got, bool *more,
    struct channel_end *end)
{
	ssize_t read = recv(channel->fd, room, size, MSG_DONTWAIT);

	if (read > 0) {
		tap_tell(channel, false, bytes_of(room, (size_t)read));
		*got = (size_t)read;
		*more = *got == size;
		return CARRIED;
	}
	if (read < 0)
		return errno == EAGAIN || errno == EINTR ? CARRY_WANT_READ
							 : ended("receiving", end);
	(void)!explain(&end->why, FAULT_NONE, "the peer closed the connection");
	return CARRY_ENDED;
}

static enum carried
socket_write(struct channel *channel, struct bytes bytes, size_t *sent, struct channel_end *end)
{
	ssize_t wrote = send(channel->fd, bytes.at, bytes.left, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (wrote < 0)
		return errno == EAGAIN || errno == EINTR ? CARRY_WANT_WRITE : ended("sending", end);
	*sent = (size_t)wrote;
	tap_tell(channel, true, bytes_part(bytes, 0, *sent));
	return CARRIED;
}

const struct carrier carrier_tcp = {plain_open, tcp_read, socket_write, plain_goodbye};

static enum carried
datagram_read(struct channel *channel, uint8_t *room, size_t size, size_t *got, bool *more,
    struct channel_end *end)
{
	ssize_t read = recv(channel->fd, room, size, MSG_DONTWAIT);

	if (read < 0)
		return errno == EAGAIN || errno == EINTR ? CARRY_WANT_READ
							 : ended("receiving", end);
	*got = (size_t)read;
	*more = true;
	return CARRIED;
}

static enum carried
datagram_write(struct channel *channel, struct bytes bytes, size_t *sent, struct channel_end *end)
{
	const struct sockaddr *to = (const struct sockaddr *)&channel->remote.storage;
	bool connected = channel->watch != NULL;
	ssize_t wrote = sendto(channel->fd, bytes.at, bytes.left, MSG_DONTWAIT | MSG_NOSIGNAL,
	    connected ? NULL : to, connected ? 0 : channel->remote.size);

	/* A full socket loses datagrams as any router may; SIP sends again. */
	if (wrote < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		return ended("sending", end);
	*sent = bytes.left;
	return CARRIED;
}

const struct carrier carrier_datagram = {plain_open, datagram_read, datagram_write, plain_goodbye};

static enum fault
make_socket(enum transport transport, int family, int *fd, struct why *why)
{
	int type = transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM, yes = 1, made;

	made = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (made < 0)
		return explain_errno(why, "cannot make a %s socket", transport_via(transport));
	if (family == AF_INET6)
		(void)setsockopt(made, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (transport != TRANSPORT_UDP)
		(void)setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	*fd = made;
	return FAULT_NONE;
}

enum fault
channel_bind(enum transport transport, const struct address *address, bool shared, int *fd,
    struct address *bound, struct why *why)
{
	char text[ADDRESS_TEXT_SIZE];
	struct address got = {.size = sizeof(got.storage)};
	enum fault fault;
	int made = -1, yes = 1;

	if ((fault = make_socket(transport, address->storage.ss_family, &made, why)))
		return fault;
	if (transport != TRANSPORT_UDP)
		(void)setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (shared)
		(void)setsockopt(made, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
	if (bind(made, (const struct sockaddr *)&address->storage, address->size) != 0 ||
	    (transport != TRANSPORT_UDP && listen(made, CHANNEL_BACKLOG) != 0) ||
	    getsockname(made, (struct sockaddr *)&got.storage, &got.size) != 0) {
		fault = explain_errno(why, "cannot listen on %s %s", transport_name(transport),
		    address_text(address, text));
		close(made);
		return fault;
	}
	*fd = made;
	if (bound != NULL)
		*bound = got;
	return FAULT_NONE;
}

/* Which socket a connector uses; connected or on its way. */
static enum fault
connect_socket(const struct channel_connect_plan *plan, int *fd, struct why *why)
{
	char text[ADDRESS_TEXT_SIZE];
	enum fault fault;
	int made = -1;

	if ((fault = make_socket(plan->transport, plan->remote.storage.ss_family, &made, why)))
		return fault;
	if (plan->local != NULL &&
	    bind(made, (const struct sockaddr *)&plan->local->storage, plan->local->size) != 0)
		fault = explain_errno(
		    why, "cannot use the address %s", address_text(plan->local, text));
	else if (connect(made, (const struct sockaddr *)&plan->remote.storage, plan->remote.size) !=
		     0 &&
		 errno != EINPROGRESS)
		fault =
		    explain_errno(why, "cannot connect to %s", address_text(&plan->remote, text));
	if (fault == FAULT_NONE)
		*fd = made;
	else
		close(made);
	return fault;
}

static enum fault
start(struct channel **channel, struct loop *loop, int fd, bool server, enum channel_stage stage,
    const struct channel_connect_plan *plan, struct why *why)
{
	struct channel_group *group = NULL;
	struct channel *made = NULL;
	enum fault fault;

	if ((fault = channel_group_new(
		 &group, loop, plan->tls, &plan->limits, plan->handlers, plan->arg, why)) ||
	    (fault = channel_new(
		 &made, group, plan->transport, fd, true, &plan->remote, server, why)))
		goto done;
	made->stage = (uint8_t)stage;
	if (plan->transport == TRANSPORT_TLS && (fault = channel_tls_start(made, plan, why))) {
		made->fd = -1; /* still the caller's */
		channel_destroy(made);
		goto done;
	}
	deadline_start(&group->handshake, &made->deadline);
	channel_start(made);
	*channel = made;
done:
	channel_group_release(group);
	return fault;
}

enum fault
channel_connect(struct channel **channel, struct loop *loop,
    const struct channel_connect_plan *plan, struct why *why)
{
	enum fault fault;
	int fd = -1;

	if ((fault = connect_socket(plan, &fd, why)))
		return fault;
	fault = start(channel, loop, fd, false, CHANNEL_CONNECTING, plan, why);
	if (fault != FAULT_NONE)
		close(fd);
	return fault;
}

enum fault
channel_adopt(struct channel **channel, struct loop *loop, int fd, bool server,
    const struct channel_connect_plan *plan, struct why *why)
{
	return start(channel, loop, fd, server, CHANNEL_HANDSHAKING, plan, why);
}
