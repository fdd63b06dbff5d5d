/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#ifdef RINGFENCE_TEST_CLOCK
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* How far a test has moved this program's time, in ms. Zero without a file. */
static int64_t
shift_ms(void)
{
	static const volatile int64_t *shift;
	static const int64_t none;
	const char *path;
	void *map;
	int fd;

	if (shift != NULL)
		return *shift;
	shift = &none;
	if ((path = getenv("RINGFENCE_TEST_CLOCK")) == NULL || (fd = open(path, O_RDONLY)) == -1)
		return 0;
	map = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map != MAP_FAILED)
		shift = map;
	return *shift;
}
#else
static int64_t
shift_ms(void)
{
	return 0;
}
#endif

static uint64_t
read_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t
clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC) + (uint64_t)shift_ms() * 1000000u;
}

uint64_t
clock_monotonic_ms(void)
{
	return clock_monotonic_ns() / 1000000u;
}

int64_t
clock_wall_ms(void)
{
	return (int64_t)(read_ns(CLOCK_REALTIME) / 1000000u) + shift_ms();
}

int64_t
clock_wall(void)
{
	return clock_wall_ms() / 1000;
}

const char *
clock_text(int64_t wall, char text[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)wall;
	struct tm parts;

	if (gmtime_r(&seconds, &parts) == NULL ||
	    strftime(text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		snprintf(text, CLOCK_TEXT_SIZE, "(no time)");
	return text;
}
