/* SPDX-License-Identifier: Apache-2.0 */
/* keykeeper/askers.h - the sockets of those who may ask, and the worker behind each. */
#ifndef KEYKEEPER_ASKERS_H
#define KEYKEEPER_ASKERS_H

#include <sys/types.h>

#include "base/fault.h"
#include "keys/keeper_role.h"

enum {
	ASKERS_MOST = 64,
	ASKERS_PER_ROLE_MOST = 16, /* inherited as ask-edge-0 ... ask-edge-15 */
	ASKER_DEATHS_MOST = 8,     /* workers one asker may lose before its socket is closed */
};

struct asker {
	enum keeper_role role;
	int fd; /* -1: free */
	pid_t worker;
	unsigned deaths;
};

struct askers {
	const char *directory;
	int hidden[2]; /* the supervisor's mailbox, our signals: closed in workers; or -1 */
	struct asker asker[ASKERS_MOST];
};

void askers_init(struct askers *askers, const char *directory);
/* Takes over the descriptors inherited as "ask-<role>" and "ask-<role>-<n>". */
enum fault askers_inherit(struct askers *askers, struct why *why) MUST_CHECK;
/* Starts a worker. Owns fd, also when it fails. */
enum fault askers_add(
    struct askers *askers, enum keeper_role role, int fd, struct why *why) MUST_CHECK;
/* Reaps workers. One that crashed gets a successor on the same socket. */
void askers_reap(struct askers *askers);
size_t askers_count(const struct askers *askers);
#endif
