/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/first_clock.h - which time a phone believes that has no clock of its own yet.
 *
 * The rule: it is never earlier than the day this program was built, nor than the time stamp of
 * the newest trust list that was verified and stored. A clock behind that is wrong, and the
 * later of the two is used in its place. A clock ahead is believed: it can only make
 * certificates expire, never revive them.
 */
#ifndef TELEPHONE_FIRST_CLOCK_H
#define TELEPHONE_FIRST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* All Unix time; newest_list is 0 when there is none. */
int64_t first_clock(int64_t wall, int64_t built, int64_t newest_list);
/* Was the wall clock refused? For the status message. */
bool first_clock_corrects(int64_t wall, int64_t built, int64_t newest_list);
/* When this program was built. */
int64_t first_clock_built(void);
#endif
