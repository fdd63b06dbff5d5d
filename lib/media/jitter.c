/* SPDX-License-Identifier: Apache-2.0 */
#include "media/jitter.h"

#include <stdlib.h>
#include <string.h>

#include "media/rtp.h"

enum {
	ASSUMED_PACKET_MS = 20, /* until two packets have told how long one lasts */
	SAFETY = 3,             /* held back: so many times the mean deviation of the arrival */
	WAITS_MOST = 10,        /* so often nothing was there: fill anew before playing again */
};

struct slot {
	bool full;
	uint64_t index;
	size_t size;
	uint8_t payload[JITTER_PAYLOAD_MOST];
};

struct jitter {
	unsigned clock_rate;
	struct slot slots[JITTER_SLOTS];
	bool any;        /* a packet has come since the start */
	bool playing;    /* false: filling up to the target */
	uint64_t newest; /* highest index that came */
	uint64_t next;   /* the index to play next */
	size_t held;
	size_t target; /* packets to hold back */
	unsigned waits;
	uint64_t calm_since; /* when we last held no more than the target; 0: now */
	/* Arrival (RFC 3550 A.8). */
	uint32_t last_timestamp;
	uint64_t last_index, last_arrival;
	unsigned packet_ms;
	uint32_t jitter16; /* the estimate, times 16 */
	struct jitter_facts facts;
};

enum fault
jitter_new(struct jitter **jitter, unsigned clock_rate, struct why *why)
{
	struct jitter *making = calloc(1, sizeof(*making));

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	making->clock_rate = clock_rate;
	making->packet_ms = ASSUMED_PACKET_MS;
	making->target = JITTER_DEPTH_LEAST;
	*jitter = making;
	return FAULT_NONE;
}

void
jitter_free(struct jitter *jitter)
{
	if (jitter == NULL)
		return;
	explicit_bzero(jitter, sizeof(*jitter)); /* it held speech */
	free(jitter);
}

void
jitter_reset(struct jitter *jitter)
{
	for (size_t i = 0; i < JITTER_SLOTS; i++)
		jitter->slots[i].full = false;
	jitter->any = jitter->playing = false;
	jitter->held = 0;
	jitter->waits = 0;
	jitter->calm_since = 0;
}

static struct slot *
slot_of(struct jitter *jitter, uint64_t index)
{
	struct slot *slot = &jitter->slots[index % JITTER_SLOTS];

	return slot->full && slot->index == index ? slot : NULL;
}

/* How unevenly packets come, and how many of them to hold back for it. */
static void
measure(struct jitter *jitter, uint64_t index, uint32_t timestamp, uint64_t now_ms)
{
	int32_t sent = (int32_t)(timestamp - jitter->last_timestamp);
	int64_t arrived = (int64_t)(now_ms - jitter->last_arrival) * jitter->clock_rate / 1000;
	int64_t off = arrived - sent;
	uint64_t deviation_ms;

	if (jitter->last_arrival != 0 && index > jitter->last_index &&
	    llabs(off) < (int64_t)jitter->clock_rate) {
		jitter->jitter16 += (uint32_t)llabs(off) - ((jitter->jitter16 + 8) >> 4);
		if (index == jitter->last_index + 1 && sent > 0 &&
		    (unsigned)sent <= jitter->clock_rate / 5)
			jitter->packet_ms = (unsigned)sent * 1000 / jitter->clock_rate;
		if (jitter->packet_ms == 0)
			jitter->packet_ms = 1;
		deviation_ms = (uint64_t)(jitter->jitter16 >> 4) * 1000 / jitter->clock_rate;
		jitter->target =
		    JITTER_DEPTH_LEAST + (size_t)(deviation_ms * SAFETY / jitter->packet_ms);
		if (jitter->target > JITTER_DEPTH_MOST)
			jitter->target = JITTER_DEPTH_MOST;
	}
	if (jitter->last_arrival == 0 || index > jitter->last_index) {
		jitter->last_index = index;
		jitter->last_timestamp = timestamp;
		jitter->last_arrival = now_ms;
	}
}

static void
drop_oldest(struct jitter *jitter)
{
	struct slot *slot = slot_of(jitter, jitter->next);

	if (slot != NULL) {
		slot->full = false;
		jitter->held--;
		jitter->facts.dropped++;
	} else {
		jitter->facts.lost++;
	}
	jitter->next++;
}

/* Where the packet belongs; begins anew when the peer did. */
static uint64_t
place(struct jitter *jitter, uint16_t sequence)
{
	uint64_t index = rtp_index(jitter->newest, sequence);

	if (jitter->any &&
	    (index > jitter->newest + JITTER_JUMP || index + JITTER_JUMP < jitter->newest)) {
		jitter->facts.dropped += jitter->held;
		jitter_reset(jitter);
	}
	if (!jitter->any) {
		/* Room below for packets that overtook each other at the very start. */
		index = (uint64_t)1 << 32 | sequence;
		jitter->newest = jitter->next = index;
		jitter->last_arrival = 0;
		jitter->any = true;
	}
	return index;
}

void
jitter_put(struct jitter *jitter, uint16_t sequence, uint32_t timestamp, uint64_t now_ms,
    struct bytes payload)
{
	struct slot *slot;
	uint64_t index;

	if (payload.left > JITTER_PAYLOAD_MOST) {
		jitter->facts.dropped++;
		return;
	}
	index = place(jitter, sequence);
	measure(jitter, index, timestamp, now_ms);
	jitter->facts.received++;
	if (!jitter->playing && index < jitter->next && jitter->newest - index < JITTER_SLOTS / 2)
		jitter->next = index;
	if (index < jitter->next) {
		jitter->facts.late++;
		return;
	}
	if (slot_of(jitter, index) != NULL) {
		jitter->facts.doubled++;
		return;
	}
	while (index - jitter->next >= JITTER_SLOTS)
		drop_oldest(jitter);
	if (index > jitter->newest)
		jitter->newest = index;
	slot = &jitter->slots[index % JITTER_SLOTS];
	slot->full = true;
	slot->index = index;
	slot->size = payload.left;
	if (payload.left > 0)
		memcpy(slot->payload, payload.at, payload.left);
	jitter->held++;
}

/* Holding more than needed for long: one packet is let go, which shortens the delay. */
static void
tighten(struct jitter *jitter, uint64_t now_ms)
{
	if (jitter->held <= jitter->target + 1) {
		jitter->calm_since = now_ms;
	} else if (jitter->held >= JITTER_DEPTH_MOST + JITTER_DEPTH_LEAST ||
		   now_ms - jitter->calm_since >= JITTER_CALM_MS) {
		drop_oldest(jitter);
		jitter->calm_since = now_ms;
	}
}

/* Enough is here. What is missing before the oldest packet was lost while we waited. */
static void
begin(struct jitter *jitter, uint64_t now_ms)
{
	while (slot_of(jitter, jitter->next) == NULL)
		drop_oldest(jitter);
	jitter->playing = true;
	jitter->waits = 0;
	jitter->calm_since = now_ms;
}

enum jitter_result
jitter_get(struct jitter *jitter, uint64_t now_ms, struct bytes *payload)
{
	struct slot *slot;

	*payload = bytes_of(NULL, 0);
	if (!jitter->playing && (jitter->held == 0 || jitter->held < jitter->target))
		return JITTER_WAIT;
	if (!jitter->playing) {
		begin(jitter, now_ms);
	}
	tighten(jitter, now_ms);
	if ((slot = slot_of(jitter, jitter->next)) != NULL) {
		*payload = bytes_of(slot->payload, slot->size);
		slot->full = false; /* the bytes stay until something is put in */
		jitter->held--;
		jitter->next++;
		jitter->waits = 0;
		return JITTER_FRAME;
	}
	if (jitter->held == 0) {
		/* Late, not lost: the same packet is asked for again, which lengthens the delay. */
		if (++jitter->waits > WAITS_MOST)
			jitter->playing = false;
		return JITTER_WAIT;
	}
	jitter->facts.lost++;
	jitter->next++;
	if ((slot = slot_of(jitter, jitter->next)) != NULL)
		*payload = bytes_of(slot->payload, slot->size);
	return JITTER_LOST;
}

void
jitter_facts(const struct jitter *jitter, struct jitter_facts *facts)
{
	*facts = jitter->facts;
	facts->jitter = jitter->jitter16 >> 4;
	facts->held = jitter->held;
	facts->target = jitter->target;
}
