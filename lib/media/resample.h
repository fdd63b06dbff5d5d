/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/resample.h - mono sound from one rate to another, as a stream: a windowed sinc, good
 * enough for speech. No I/O.
 */
#ifndef MEDIA_RESAMPLE_H
#define MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum {
	RESAMPLE_RATE_LEAST = 8000,
	RESAMPLE_RATE_MOST = 96000,
};

struct resampler;

enum fault resampler_new(
    struct resampler **resampler, unsigned from, unsigned to, struct why *why) MUST_CHECK;
void resampler_free(struct resampler *resampler);
/* How many samples at most come out of count. */
size_t resampler_room(const struct resampler *resampler, size_t count);
/* out has resampler_room(count) samples; returns how many were written. */
size_t resampler_run(struct resampler *resampler, const int16_t *in, size_t count, int16_t *out);
#endif
