/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/processes.h - the processes of the manager in one table: what each runs, which sockets
 * and keys it may use, and to whom it talks.
 */
#ifndef MANAGER_PROCESSES_H
#define MANAGER_PROCESSES_H

#include "manager/start.h"
#include "policy/transport.h"

enum { PROCESS_LISTENS_MOST = 4 };

struct listen_plan {
	const char *descriptor; /* NULL ends the list */
	enum site_port port;
	enum transport transport; /* TLS listens as TCP does */
};

struct process_kind {
	const char *name;
	int (*main)(struct start *start);
	bool per_edge; /* as many as the site has edges: "edge-0", "edge-1" ... */
	bool asks;     /* talks to the keykeeper, in this role */
	enum keeper_role role;
	bool tickets; /* is told the TLS session ticket keys */
	struct listen_plan listens[PROCESS_LISTENS_MOST];
};

extern const struct process_kind process_kinds[];
extern const size_t process_kind_count;

/* Pairs of kinds that talk to each other; each instance of one with each of the other. */
struct process_link {
	const char *left, *right;
};
extern const struct process_link process_links[];
extern const size_t process_link_count;

/* NULL when there is none of that name ("edge", without a number). */
const struct process_kind *process_kind_find(const char *name);
#endif
