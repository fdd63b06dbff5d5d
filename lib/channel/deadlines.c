/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/deadlines.h"

#include "base/clock.h"

static void
on_timer(void *arg)
{
	struct deadlines *deadlines = arg;
	uint64_t now = clock_monotonic_ms();
	bool finished = false;

	deadlines->finished = &finished;
	while (deadlines->ends.after != &deadlines->ends && deadlines->ends.after->due <= now) {
		struct deadline *due = deadlines->ends.after;

		deadline_stop(due);
		deadlines->on_due(due);
		if (finished)
			return;
	}
	deadlines->finished = NULL;
	if (deadlines->ends.after != &deadlines->ends)
		loop_timer_set(deadlines->timer, deadlines->ends.after->due - now);
}

enum fault
deadlines_init(struct deadlines *deadlines, struct loop *loop, uint32_t length_ms,
    void (*on_due)(struct deadline *), struct why *why)
{
	*deadlines = (struct deadlines){.length_ms = length_ms, .on_due = on_due};
	deadlines->ends.before = deadlines->ends.after = &deadlines->ends;
	if (length_ms == 0)
		return FAULT_NONE;
	deadlines->timer = loop_timer_new(loop, on_timer, deadlines);
	if (deadlines->timer == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a timer");
	return FAULT_NONE;
}

void
deadlines_finish(struct deadlines *deadlines)
{
	if (deadlines->finished != NULL)
		*deadlines->finished = true;
	loop_timer_free(deadlines->timer);
	deadlines->timer = NULL;
}

void
deadline_start(struct deadlines *deadlines, struct deadline *deadline)
{
	bool first = deadlines->ends.after == &deadlines->ends;

	deadline_stop(deadline);
	if (deadlines->length_ms == 0)
		return;
	deadline->due = clock_monotonic_ms() + deadlines->length_ms;
	deadline->before = deadlines->ends.before;
	deadline->after = &deadlines->ends;
	deadline->before->after = deadline;
	deadlines->ends.before = deadline;
	/* Later ones wait for the first: its turn sets the timer again. */
	if (first)
		loop_timer_set(deadlines->timer, deadlines->length_ms);
}

void
deadline_stop(struct deadline *deadline)
{
	if (deadline->after == NULL)
		return;
	deadline->before->after = deadline->after;
	deadline->after->before = deadline->before;
	deadline->before = deadline->after = NULL;
}
