/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/edge_serve.h - the work of an edge: holds phones' connections, cuts their bytes into SIP
 * messages, and passes these to `call` and back. Knows no calls and no private key.
 *
 * When `call` dies nothing is closed: messages wait, and the next `call` hears of every
 * connection before it gets them.
 */
#ifndef MANAGER_EDGE_SERVE_H
#define MANAGER_EDGE_SERVE_H

#include "channel/channel.h"

enum {
	EDGE_CONNECTIONS_MOST = 20000,     /* of each listener */
	EDGE_DATAGRAM_SOURCES_MOST = 4096, /* UDP addresses of one host */
	EDGE_HANDSHAKE_MS = 10 * 1000,
	EDGE_IDLE_MS = 65 * 60 * 1000,   /* nothing received: longer than a registration lasts */
	EDGE_PART_MS = 10 * 1000,        /* for the rest of a message that has begun */
	EDGE_QUEUE_MOST = 1024 * 1024,   /* bytes waiting for a phone that does not read */
	EDGE_MESSAGES_PER_SECOND = 2000, /* of one connection; then it waits */
	EDGE_MESSAGES_BURST = 4000,
	EDGE_WAIT_MS = 50,   /* a pause of a connection that floods */
	EDGE_TIDY_MS = 1000, /* after a connection came: what its handshake used goes back */
};

struct edge;

struct edge_plan {
	struct loop *loop;
	unsigned index;           /* of this edge on its node: makes ids differ */
	int fds[TRANSPORT_COUNT]; /* listening; -1: not served. Owned on success */
	struct tls *tls;          /* for TRANSPORT_TLS */
	peer_approve *approve;    /* of phones' certificates */
	void *arg;                /* of approve */
};

enum fault edge_new(struct edge **edge, const struct edge_plan *plan, struct why *why) MUST_CHECK;
/* Ends all connections. */
void edge_free(struct edge *edge);
/* A mailbox end to a (new) `call`; owns fd. */
enum fault edge_link_call(struct edge *edge, int fd, struct why *why) MUST_CHECK;
/* New handshakes use it; nobody is dropped. */
void edge_set_tls(struct edge *edge, struct tls *tls);
size_t edge_connections(const struct edge *edge);
#endif
