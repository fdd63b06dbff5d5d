/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/jitter.h - packets come unevenly and out of order; payloads leave in order, one at a
 * time, held back just as long as the arrival's unevenness asks for. Bounded, no clock of its own.
 */
#ifndef MEDIA_JITTER_H
#define MEDIA_JITTER_H

#include "base/bytes.h"
#include "base/fault.h"

enum {
	JITTER_SLOTS = 64,          /* packets held at most; a power of two */
	JITTER_PAYLOAD_MOST = 1500, /* bytes */
	JITTER_DEPTH_LEAST = 2,     /* packets held back at rest */
	JITTER_DEPTH_MOST = 25,     /* half a second of 20 ms packets */
	JITTER_CALM_MS = 4000,      /* so long more than needed was held: let one packet go */
	JITTER_JUMP = 1000,         /* sequence numbers ahead: the peer started anew */
};

enum jitter_result {
	JITTER_FRAME, /* *payload is the next in order */
	JITTER_LOST,  /* it will not come; *payload is the one after the gap, if it is here */
	JITTER_WAIT,  /* nothing to play yet: still filling, or the stream paused */
};

struct jitter;

/* clock_rate: RTP time stamp units a second. */
enum fault jitter_new(struct jitter **jitter, unsigned clock_rate, struct why *why) MUST_CHECK;
void jitter_free(struct jitter *jitter);
/* Forgets the packets, keeps what it learnt about the arrival. */
void jitter_reset(struct jitter *jitter);
/* A packet came at now_ms. The payload is copied. Late, double and too long ones are counted. */
void jitter_put(struct jitter *jitter, uint16_t sequence, uint32_t timestamp, uint64_t now_ms,
    struct bytes payload);
/* The view is valid until the next call. */
enum jitter_result jitter_get(struct jitter *jitter, uint64_t now_ms, struct bytes *payload);

struct jitter_facts {
	uint64_t received, lost, late, doubled, dropped;
	uint32_t jitter; /* RFC 3550 A.8, time stamp units */
	size_t held, target;
};
void jitter_facts(const struct jitter *jitter, struct jitter_facts *facts);
#endif
