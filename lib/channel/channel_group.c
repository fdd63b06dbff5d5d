/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "channel/channel_inner.h"

static struct channel *
of_deadline(struct deadline *deadline)
{
	return (struct channel *)((char *)deadline - offsetof(struct channel, deadline));
}

static void
on_handshake_due(struct deadline *deadline)
{
	struct channel *channel = of_deadline(deadline);
	struct channel_end end = {.fault = FAULT_TIMEOUT};

	if (channel->stage == CHANNEL_CONNECTING)
		end.next_step = "check that the peer runs, and the network between";
	else
		end.next_step = "look for a slow or hostile peer, or for a full machine";
	end.fault = explain(&end.why, FAULT_TIMEOUT, "%s took longer than %u ms",
	    channel->stage == CHANNEL_CONNECTING ? "connecting" : "the TLS handshake",
	    channel->group->limits.handshake_ms);
	channel_finish(channel, &end);
}

static void
on_idle_due(struct deadline *deadline)
{
	struct channel *channel = of_deadline(deadline);
	struct channel_end end = {0};

	end.fault = explain(&end.why, FAULT_TIMEOUT, "nothing was received for %u ms",
	    channel->group->limits.idle_ms);
	channel_finish(channel, &end);
}

static void
on_closing_due(struct deadline *deadline)
{
	channel_destroy(of_deadline(deadline));
}

static uint32_t
or_default(uint32_t planned, uint32_t standard)
{
	return planned != 0 ? planned : standard;
}

static void
fill_limits(struct channel_limits *limits, const struct channel_limits *planned)
{
	limits->handshake_ms = or_default(planned->handshake_ms, CHANNEL_HANDSHAKE_MS);
	limits->idle_ms = planned->idle_ms;
	limits->queue_most = or_default(planned->queue_most, CHANNEL_QUEUE_MOST);
	limits->total_most = or_default(planned->total_most, CHANNEL_TOTAL_MOST);
	limits->per_source_most = or_default(planned->per_source_most, CHANNEL_PER_SOURCE_MOST);
}

enum fault
channel_group_new(struct channel_group **group, struct loop *loop, struct tls *tls,
    const struct channel_limits *limits, const struct channel_handlers *handlers, void *arg,
    struct why *why)
{
	struct channel_group *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for connections");
	made->references = 1;
	made->loop = loop;
	made->tls = tls_hold(tls);
	made->handlers = handlers;
	made->arg = arg;
	fill_limits(&made->limits, limits);
	sources_init(&made->sources);
	if ((fault = deadlines_init(
		 &made->handshake, loop, made->limits.handshake_ms, on_handshake_due, why)) ||
	    (fault = deadlines_init(&made->idle, loop, made->limits.idle_ms, on_idle_due, why)) ||
	    (fault = deadlines_init(&made->closing, loop, CHANNEL_CLOSE_MS, on_closing_due, why)))
		goto done;
	*group = made;
	made = NULL;
done:
	channel_group_release(made);
	return fault;
}

void
channel_group_release(struct channel_group *group)
{
	if (group == NULL || --group->references > 0)
		return;
	deadlines_finish(&group->handshake);
	deadlines_finish(&group->idle);
	deadlines_finish(&group->closing);
	sources_finish(&group->sources);
	tls_free(group->tls);
	free(group);
}

void
channel_group_drop_handshakes(struct channel_group *group)
{
	struct deadline *first;

	while ((first = group->handshake.ends.after) != &group->handshake.ends)
		channel_destroy(of_deadline(first));
}

enum fault
channel_group_admit(struct channel_group *group, const struct address *remote,
    struct source **source, struct why *why)
{
	struct source *taken;
	char host[ADDRESS_TEXT_SIZE];

	if (group->count >= group->limits.total_most)
		return explain(why, FAULT_LIMIT, "%u connections are open, and no more are allowed",
		    group->limits.total_most);
	taken = source_take(&group->sources, remote, group->limits.per_source_most);
	if (taken == NULL)
		return explain(why, FAULT_LIMIT,
		    "%s has %u connections open, and one address may have no more",
		    address_host(remote, host), group->limits.per_source_most);
	*source = taken;
	return FAULT_NONE;
}
