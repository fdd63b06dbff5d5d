/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/backoff.h - how long to wait before trying again: doubling, with jitter, so that
 * a thousand phones of one site do not come back in the same second. Randomness is passed in.
 */
#ifndef TELEPHONE_BACKOFF_H
#define TELEPHONE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BACKOFF_FIRST_MS = 200,
	BACKOFF_MOST_MS = 60 * 1000,
	BACKOFF_TRIES_STALE = 4, /* failures in a row after which the files are fetched anew */
};

struct backoff {
	unsigned failures; /* in a row */
};

/* Success: the next failure waits the shortest time again. */
void backoff_clear(struct backoff *backoff);
/* Counts a failure; returns milliseconds, between half and the whole of the doubled time. */
uint32_t backoff_next(struct backoff *backoff, uint32_t random);
/* The failures say that what we know may be out of date. */
bool backoff_is_stale(const struct backoff *backoff);
#endif
