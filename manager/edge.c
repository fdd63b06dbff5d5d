/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/edge.c - the process that holds the phones' connections, one per core. It never sees
 * a private key (the keykeeper signs) and knows no calls (`call` does).
 */
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "manager/edge_serve.h"
#include "manager/edge_trust.h"
#include "manager/start.h"

enum { LOOK_MS = 2000 /* how often certificates are looked for that were replaced */ };

struct edge_process {
	struct start *start;
	struct edge *edge;
	struct edge_trust trust;
	uint64_t mark; /* of the certificates in use */
	struct loop_timer *look;
	uint8_t tickets[START_TICKETS_SIZE];
	size_t ticket_bytes;
};

int edge_main(struct start *start);

static void
log_why(const char *event, const struct why *why)
{
	log_error("edge", event, LOG_TEXT("reason", why->text));
}

static void
on_link(void *arg, const char *peer, int fd)
{
	struct edge_process *process = arg;
	struct why why;

	if (strcmp(peer, "call") != 0) {
		log_error("edge", "unexpected link", LOG_TEXT("peer", peer));
		close(fd);
	} else if (edge_link_call(process->edge, fd, &why) != FAULT_NONE) {
		log_why("no link to call", &why);
	}
}

static void
on_tickets(void *arg, struct bytes keys)
{
	struct edge_process *process = arg;
	struct why why;

	if (keys.left > sizeof(process->tickets) ||
	    tls_set_ticket_keys(process->trust.tls, keys, &why) != FAULT_NONE) {
		log_error("edge", "session ticket keys refused", LOG_NUMBER("bytes", keys.left));
		return;
	}
	process->ticket_bytes = keys.left;
	memcpy(process->tickets, keys.at, keys.left);
}

/* Certificates replaced on disk serve new handshakes; open connections keep theirs. */
static void
on_look(void *arg)
{
	struct edge_process *process = arg;
	uint64_t mark = edge_trust_mark(process->start->folder);
	struct why why;

	loop_timer_set(process->look, LOOK_MS);
	if (mark == process->mark)
		return;
	process->mark = mark; /* a bad set is complained about once */
	if (edge_trust_load(&process->trust, process->start->folder, process->start->keys,
		bytes_of(process->tickets, process->ticket_bytes), &why) != FAULT_NONE) {
		log_why("new certificates refused, the old ones stay", &why);
		return;
	}
	edge_set_tls(process->edge, process->trust.tls);
	log_info("edge", "new certificates in use",
	    LOG_NUMBER("connections", edge_connections(process->edge)));
}

/* Thousands of phones need thousands of descriptors. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static enum fault
open_edge(struct edge_process *process, struct why *why)
{
	static const char *const names[TRANSPORT_COUNT] = {
	    [TRANSPORT_UDP] = START_LISTEN_SIP_UDP,
	    [TRANSPORT_TCP] = START_LISTEN_SIP_TCP,
	    [TRANSPORT_TLS] = START_LISTEN_SIP_TLS,
	};
	struct start *start = process->start;
	struct edge_plan plan = {.loop = start->loop,
	    .index = start->index,
	    .approve = edge_trust_approve,
	    .arg = &process->trust};
	enum fault fault;

	process->trust.aes_256_only = start->site.aes_256_only;
	process->mark = edge_trust_mark(start->folder);
	if ((fault = edge_trust_load(
		 &process->trust, start->folder, start->keys, bytes_of(NULL, 0), why)))
		return fault;
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if ((fault = start_descriptor(start, names[i], &plan.fds[i], why)))
			return fault;
	plan.tls = process->trust.tls;
	return edge_new(&process->edge, &plan, why);
}

int
edge_main(struct start *start)
{
	static const char *const readable[] = {"certificates", NULL};
	static struct edge_process process;
	struct why why;
	enum fault fault;

	process.start = start;
	start->on_link = on_link;
	start->on_tickets = on_tickets;
	start->arg = &process;
	raise_limits();
	if ((fault = open_edge(&process, &why)) ||
	    (fault = start_sandbox(start, SANDBOX_NETWORK, readable, NULL, &why))) {
		log_why("edge cannot start", &why);
	} else {
		process.look = loop_timer_new(start->loop, on_look, &process);
		if (process.look != NULL)
			loop_timer_set(process.look, LOOK_MS);
		start_run(start);
	}
	loop_timer_free(process.look);
	edge_free(process.edge);
	edge_trust_finish(&process.trust);
	explicit_bzero(process.tickets, sizeof(process.tickets));
	return fault == FAULT_NONE ? 0 : 1;
}
