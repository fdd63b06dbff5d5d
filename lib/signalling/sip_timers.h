/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/sip_timers.h - a heap of deadlines: the earliest first, any of them movable. */
#ifndef SIGNALLING_SIP_TIMERS_H
#define SIGNALLING_SIP_TIMERS_H

#include "base/bytes.h"

/* Stands inside what it wakes. All zero: not set. */
struct sip_timer {
	uint64_t due_ms;
	size_t place; /* in the heap, from 1; 0: not set */
};

/* All zero: empty. */
struct sip_timers {
	struct sip_timer **heap;
	size_t count, room;
};

/* Sets or moves. False: no memory; then it is not set. */
bool sip_timers_set(struct sip_timers *timers, struct sip_timer *timer, uint64_t due_ms) MUST_CHECK;
void sip_timers_clear(struct sip_timers *timers, struct sip_timer *timer);
/* The earliest, or NULL. */
struct sip_timer *sip_timers_first(const struct sip_timers *timers);
/* Of the earliest; UINT64_MAX when there is none. */
uint64_t sip_timers_due(const struct sip_timers *timers);
/* Room for one more than so many, made now so that set cannot fail then. */
bool sip_timers_reserve(struct sip_timers *timers, size_t count) MUST_CHECK;
/* Frees the heap; the timers in it are whoever's. */
void sip_timers_finish(struct sip_timers *timers);
#endif
