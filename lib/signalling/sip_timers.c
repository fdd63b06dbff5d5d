/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_timers.h"

#include <stdlib.h>

static void
put(struct sip_timers *timers, size_t place, struct sip_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

static void
rise(struct sip_timers *timers, struct sip_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && timers->heap[place / 2 - 1]->due_ms > timer->due_ms) {
		put(timers, place, timers->heap[place / 2 - 1]);
		place /= 2;
	}
	put(timers, place, timer);
}

static void
sink(struct sip_timers *timers, struct sip_timer *timer)
{
	size_t place = timer->place, child;

	while ((child = place * 2) <= timers->count) {
		if (child < timers->count &&
		    timers->heap[child]->due_ms < timers->heap[child - 1]->due_ms)
			child++;
		if (timers->heap[child - 1]->due_ms >= timer->due_ms)
			break;
		put(timers, place, timers->heap[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

bool
sip_timers_reserve(struct sip_timers *timers, size_t count)
{
	size_t room = timers->room > 0 ? timers->room : 64;
	struct sip_timer **heap;

	if (count <= timers->room)
		return true;
	while (room < count)
		room *= 2;
	heap = realloc(timers->heap, room * sizeof(struct sip_timer *));
	if (heap == NULL)
		return false;
	timers->heap = heap;
	timers->room = room;
	return true;
}

bool
sip_timers_set(struct sip_timers *timers, struct sip_timer *timer, uint64_t due_ms)
{
	timer->due_ms = due_ms;
	if (timer->place == 0) {
		if (!sip_timers_reserve(timers, timers->count + 1))
			return false;
		put(timers, ++timers->count, timer);
	}
	rise(timers, timer);
	sink(timers, timer);
	return true;
}

void
sip_timers_clear(struct sip_timers *timers, struct sip_timer *timer)
{
	size_t place = timer->place;
	struct sip_timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = timers->heap[--timers->count];
	if (last == timer)
		return;
	put(timers, place, last);
	rise(timers, last);
	sink(timers, last);
}

struct sip_timer *
sip_timers_first(const struct sip_timers *timers)
{
	return timers->count > 0 ? timers->heap[0] : NULL;
}

uint64_t
sip_timers_due(const struct sip_timers *timers)
{
	return timers->count > 0 ? timers->heap[0]->due_ms : UINT64_MAX;
}

void
sip_timers_finish(struct sip_timers *timers)
{
	free(timers->heap);
	*timers = (struct sip_timers){0};
}
