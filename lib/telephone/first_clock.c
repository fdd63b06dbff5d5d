/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/first_clock.c - the rule about the first clock. */
#include "telephone/first_clock.h"

int64_t
first_clock(int64_t wall, int64_t built, int64_t newest_list)
{
	int64_t least = built > newest_list ? built : newest_list;

	return wall > least ? wall : least;
}

bool
first_clock_corrects(int64_t wall, int64_t built, int64_t newest_list)
{
	return first_clock(wall, built, newest_list) != wall;
}

int64_t
first_clock_built(void)
{
	return RINGFENCE_BUILT;
}
