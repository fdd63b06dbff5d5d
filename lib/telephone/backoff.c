/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/backoff.c - doubling waits with jitter. */
#include "telephone/backoff.h"

void
backoff_clear(struct backoff *backoff)
{
	backoff->failures = 0;
}

uint32_t
backoff_next(struct backoff *backoff, uint32_t random)
{
	uint32_t whole = BACKOFF_FIRST_MS;

	for (unsigned i = 0; i < backoff->failures && whole < BACKOFF_MOST_MS; i++)
		whole *= 2;
	if (whole > BACKOFF_MOST_MS)
		whole = BACKOFF_MOST_MS;
	backoff->failures++;
	return whole / 2 + random % (whole / 2 + 1);
}

bool
backoff_is_stale(const struct backoff *backoff)
{
	return backoff->failures > 0 && backoff->failures % BACKOFF_TRIES_STALE == 0;
}
