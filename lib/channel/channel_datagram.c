/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_datagram.c - a UDP listener: one channel per remote address. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "channel/channel_inner.h"

enum { DATAGRAM_BUCKETS = 4096 };

struct datagrams {
	struct channel *buckets[DATAGRAM_BUCKETS];
	bool reading, gone; /* a handler may free us while a batch is read */
};

enum fault
datagrams_new(struct datagrams **datagrams, struct why *why)
{
	*datagrams = calloc(1, sizeof(**datagrams));
	if (*datagrams == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a UDP listener");
	return FAULT_NONE;
}

void
datagrams_free(struct datagrams *datagrams)
{
	if (datagrams == NULL)
		return;
	for (size_t i = 0; i < DATAGRAM_BUCKETS; i++)
		while (datagrams->buckets[i] != NULL)
			channel_destroy(datagrams->buckets[i]);
	datagrams->gone = true;
	if (!datagrams->reading)
		free(datagrams);
}

static struct channel **
bucket_of(struct datagrams *datagrams, struct channel_group *group, const struct address *remote)
{
	return &datagrams
		    ->buckets[address_mix(remote, group->sources.seed, true) % DATAGRAM_BUCKETS];
}

void
datagrams_remove(struct datagrams *datagrams, struct channel *channel)
{
	struct channel **at = bucket_of(datagrams, channel->group, &channel->remote);

	while (*at != NULL && *at != channel)
		at = &(*at)->next_datagram;
	if (*at != NULL)
		*at = channel->next_datagram;
}

static bool
same_address(const struct address *a, const struct address *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)&a->storage;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)&b->storage;

	if (a->storage.ss_family == AF_INET && b->storage.ss_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr && a4->sin_port == b4->sin_port;
	return address_equal(a, b);
}

static enum fault
find_or_make(struct datagrams *datagrams, struct channel_group *group, int fd,
    const struct address *remote, struct channel **channel, bool *made, struct why *why)
{
	struct channel **bucket = bucket_of(datagrams, group, remote), *found;
	struct source *source = NULL;
	enum fault fault;

	for (found = *bucket; found != NULL; found = found->next_datagram)
		if (same_address(&found->remote, remote)) {
			*channel = found;
			*made = false;
			return FAULT_NONE;
		}
	if ((fault = channel_group_admit(group, remote, &source, why)) ||
	    (fault = channel_new(&found, group, TRANSPORT_UDP, fd, false, remote, true, why))) {
		source_give_back(&group->sources, source);
		return fault;
	}
	found->source = source;
	found->stage = CHANNEL_HANDSHAKING;
	found->next_datagram = *bucket;
	*bucket = found;
	*channel = found;
	*made = true;
	return FAULT_NONE;
}

static void
take(struct datagrams *datagrams, struct channel_group *group, int fd, const struct address *remote,
    struct bytes bytes)
{
	struct channel *channel;
	struct why why;
	bool made = false;

	if (find_or_make(datagrams, group, fd, remote, &channel, &made, &why)) {
		struct channel_end end = {.fault = FAULT_LIMIT,
		    .remote = *remote,
		    .security = true,
		    .why = why,
		    .next_step = "look for a flood from there, or raise the limit"};

		group->handlers->on_closed(group->arg, NULL, &end);
		return;
	}
	channel_hold(channel);
	if (made)
		channel_advance(channel); /* on_open */
	if (!channel->ended && channel->reading)
		channel_deliver(channel, bytes);
	channel_release(channel);
}

void
datagrams_ready(struct datagrams *datagrams, struct channel_group *group, int fd)
{
	static uint8_t room[CHANNEL_DATAGRAM_MOST];

	datagrams->reading = true;
	for (int i = 0; i < CHANNEL_DATAGRAM_BATCH && !datagrams->gone; i++) {
		struct address remote = {.size = sizeof(remote.storage)};
		ssize_t got = recvfrom(fd, room, sizeof(room), MSG_DONTWAIT,
		    (struct sockaddr *)&remote.storage, &remote.size);

		/* Errors of earlier sends are reported here too: they end nothing. */
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (got >= 0)
			take(datagrams, group, fd, &remote, bytes_of(room, (size_t)got));
	}
	datagrams->reading = false;
	if (datagrams->gone)
		free(datagrams);
}

enum fault
datagrams_reach(struct datagrams *datagrams, struct channel_group *group, int fd,
    const struct address *remote, struct channel **channel, struct why *why)
{
	enum fault fault;
	bool made = false;

	if ((fault = find_or_make(datagrams, group, fd, remote, channel, &made, why)))
		return fault;
	if (made)
		channel_start(*channel);
	return FAULT_NONE;
}
