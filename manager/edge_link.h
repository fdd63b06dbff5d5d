/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/edge_link.h - an edge's side of the mailbox to `call`: items in batches, and those
 * that wait while `call` is away.
 */
#ifndef MANAGER_EDGE_LINK_H
#define MANAGER_EDGE_LINK_H

#include "base/loop.h"
#include "signalling/edge_message.h"

enum {
	EDGE_PENDING_FULL = 8 * 1024 * 1024,  /* bytes waiting for `call`: senders are paused */
	EDGE_PENDING_MOST = 16 * 1024 * 1024, /* beyond it messages are lost, and that is logged */
	EDGE_RETRY_MS = 20,                   /* when the mailbox is full */
};

struct edge_link_handlers {
	void (*on_item)(void *arg, const struct edge_item *item); /* `call` asks for something */
	void (*on_replay)(void *arg); /* a new `call`: edge_link_add() every connection now */
	void (*on_relief)(void *arg); /* what waited is sent: the paused may go on */
};

struct edge_link {
	struct loop *loop;
	struct mailbox *mailbox;  /* NULL: `call` is away */
	struct loop_timer *timer; /* of the next flush */
	struct buffer pending;    /* whole items */
	size_t sent;              /* of pending */
	bool scheduled, full;
	const struct edge_link_handlers *handlers;
	void *arg;
};

enum fault edge_link_init(struct edge_link *link, struct loop *loop,
    const struct edge_link_handlers *handlers, void *arg, struct why *why) MUST_CHECK;
/* What waits is lost. */
void edge_link_finish(struct edge_link *link);
/* A fresh mailbox end to a (new) `call`; owns fd. */
enum fault edge_link_open(struct edge_link *link, int fd, struct why *why) MUST_CHECK;
bool edge_link_is_up(const struct edge_link *link);
/* Goes out with everything else of this turn of the loop. Facts about connections are not kept
 * while `call` is away: the replay tells them. */
void edge_link_add(struct edge_link *link, const struct edge_item *item);
void edge_link_message(struct edge_link *link, uint64_t id, struct bytes message);
/* So much waits that senders must be paused until on_relief. */
bool edge_link_is_full(const struct edge_link *link);
#endif
