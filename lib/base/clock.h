/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/clock.h - what time it is. Only programs and the event loop ask; protocol cores
 * are told.
 *
 * In builds with -Dtest_clock=true a file of one signed 64-bit little endian number
 * (milliseconds, RINGFENCE_TEST_CLOCK names it) is mapped and added to both clocks, so that a
 * test moves the time of running programs. Release builds have no such thing.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Never goes back; its origin means nothing. */
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);
/* Unix time. */
int64_t clock_wall(void);
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT_SIZE = 32 };
/* "2026-11-23T20:21:00Z" */
const char *clock_text(int64_t wall, char text[CLOCK_TEXT_SIZE]);
#endif
