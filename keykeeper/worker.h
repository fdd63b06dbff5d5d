/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keykeeper/worker.h - answers one asker, in a process of its own.
 *
 * A process for each asker, not a thread: it only ever reads the keys its role may use, it can
 * be shut in the narrower for it (most cannot write a file), a fault that one asker provokes
 * does not touch the others, and a slow RSA-4096 key runs beside a handshake, not before it.
 */
#ifndef KEYKEEPER_WORKER_H
#define KEYKEEPER_WORKER_H

#include "keys/keeper_role.h"

enum {
	WORKER_LOCKED_HEAP = 256 * 1024, /* for private numbers: never swapped, never dumped */
	WORKER_FLUSH_MS = 5000,          /* how often counted audit records are written */
};

/* Serves fd until the asker closes it (returns 0) or something breaks (1). lost: this worker
 * takes the place of one that died, and says so first. */
int worker_run(enum keeper_role role, int fd, const char *directory, bool lost);
#endif
