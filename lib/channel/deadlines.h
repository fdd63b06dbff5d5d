/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/deadlines.h - many deadlines of the same length with one timer: a list in order
 * of starting is a list in order of ending.
 */
#ifndef CHANNEL_DEADLINES_H
#define CHANNEL_DEADLINES_H

#include <stdbool.h>

#include "base/loop.h"

/* Stands in the structure that waits; zeroed means "waits for nothing". */
struct deadline {
	struct deadline *before, *after;
	uint64_t due; /* monotonic ms */
};

struct deadlines {
	struct loop_timer *timer;
	struct deadline ends; /* a ring: ends.after is due first */
	uint32_t length_ms;
	void (*on_due)(struct deadline *deadline); /* it waits no more when this runs */
	bool *finished; /* set while on_due runs: it may end in deadlines_finish() */
};

enum fault deadlines_init(struct deadlines *deadlines, struct loop *loop, uint32_t length_ms,
    void (*on_due)(struct deadline *), struct why *why) MUST_CHECK;
/* Nobody may wait any more. */
void deadlines_finish(struct deadlines *deadlines);
/* Starts, or starts anew. A length of 0 never ends. */
void deadline_start(struct deadlines *deadlines, struct deadline *deadline);
void deadline_stop(struct deadline *deadline);
#endif
