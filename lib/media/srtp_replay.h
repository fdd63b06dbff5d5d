/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp_replay.h - which packets of a stream have been seen: the newest index and a
 * bitmap of the SRTP_WINDOW before it (RFC 3711 3.3.2). Call replay_mark() only for what has
 * authenticated.
 */
#ifndef MEDIA_SRTP_REPLAY_H
#define MEDIA_SRTP_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

enum { REPLAY_WINDOW = 128 };

struct replay {
	bool any; /* something was marked */
	uint64_t newest;
	uint64_t seen[REPLAY_WINDOW / 64]; /* bit index % REPLAY_WINDOW */
};

/* Never seen, and not too old to know. */
bool replay_is_fresh(const struct replay *replay, uint64_t index);
void replay_mark(struct replay *replay, uint64_t index);
#endif
