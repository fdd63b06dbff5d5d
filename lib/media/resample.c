/* SPDX-License-Identifier: Apache-2.0 */
#include "media/resample.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	ZEROS = 12,        /* zero crossings of the sinc on each side */
	HISTORY_MOST = 512 /* input samples kept; holds both sides even from 96 to 8 kHz */
};

/* The filter passes this part of the lower rate's band: room for its slope. */
#define PASS 0.92

struct resampler {
	unsigned from, to;
	double cutoff;   /* in cycles an input sample, times two: 1 passes all */
	size_t half;     /* input samples on each side of an output sample */
	unsigned common; /* greatest common divisor of the rates: places repeat after to / common */
	float *weights;  /* 2 * half for each of those places */
	int16_t history[HISTORY_MOST];
	size_t filled;
	/* Where the next output sample stands in history: at whole + part / to. */
	size_t whole;
	unsigned part;
};

/* The filter's weight at a distance in input samples: sinc under a raised cosine. */
static double
weight(const struct resampler *resampler, double distance)
{
	double x = M_PI * distance * resampler->cutoff;
	double window = 0.5 + 0.5 * cos(M_PI * distance / (double)(resampler->half + 1));

	return (fabs(x) < 1e-9 ? 1.0 : sin(x) / x) * window * resampler->cutoff;
}

static unsigned
common_divisor(unsigned a, unsigned b)
{
	while (b != 0) {
		unsigned rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Weight i of a place belongs to the input sample i - (half - 1) after the one before it. */
static bool
make_weights(struct resampler *resampler)
{
	size_t places = resampler->to / resampler->common, taps = 2 * resampler->half;
	double first = (double)resampler->half - 1;

	if ((resampler->weights = calloc(places * taps, sizeof(float))) == NULL)
		return false;
	for (size_t place = 0; place < places; place++)
		for (size_t i = 0; i < taps; i++)
			resampler->weights[place * taps + i] = (float)weight(
			    resampler, (double)i - first - (double)place / (double)places);
	return true;
}

enum fault
resampler_new(struct resampler **resampler, unsigned from, unsigned to, struct why *why)
{
	struct resampler *making;

	if (from < RESAMPLE_RATE_LEAST || from > RESAMPLE_RATE_MOST || to < RESAMPLE_RATE_LEAST ||
	    to > RESAMPLE_RATE_MOST)
		return explain(why, FAULT_LIMIT, "sound at %u samples a second to %u", from, to);
	if ((making = calloc(1, sizeof(*making))) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	making->from = from;
	making->to = to;
	making->common = common_divisor(from, to);
	making->cutoff = from <= to ? 1.0 : (double)to / from;
	if (from != to)
		making->cutoff *= PASS;
	making->half = (size_t)(ZEROS / making->cutoff) + 1;
	/* Silence before the first sample, so that it stands in the middle of the filter. */
	making->filled = making->whole = making->half;
	if (!make_weights(making)) {
		free(making);
		return explain(why, FAULT_SYSTEM, "out of memory");
	}
	*resampler = making;
	return FAULT_NONE;
}

void
resampler_free(struct resampler *resampler)
{
	if (resampler == NULL)
		return;
	free(resampler->weights);
	explicit_bzero(resampler, sizeof(*resampler));
	free(resampler);
}

size_t
resampler_room(const struct resampler *resampler, size_t count)
{
	return (count + 1) * resampler->to / resampler->from + 1;
}

static int16_t
sample_at(const struct resampler *resampler)
{
	size_t taps = 2 * resampler->half;
	const float *weights = resampler->weights + resampler->part / resampler->common * taps;
	const int16_t *samples = resampler->history + resampler->whole - (resampler->half - 1);
	float sum = 0;

	for (size_t i = 0; i < taps; i++)
		sum += samples[i] * weights[i];
	return (int16_t)lrintf(fminf(fmaxf(sum, INT16_MIN), INT16_MAX));
}

/* All output samples for which the history reaches far enough. */
static size_t
emit(struct resampler *resampler, int16_t *out)
{
	size_t count = 0;

	while (resampler->whole + resampler->half < resampler->filled) {
		out[count++] = resampler->from == resampler->to
				   ? resampler->history[resampler->whole]
				   : sample_at(resampler);
		resampler->part += resampler->from;
		resampler->whole += resampler->part / resampler->to;
		resampler->part %= resampler->to;
	}
	return count;
}

size_t
resampler_run(struct resampler *resampler, const int16_t *in, size_t count, int16_t *out)
{
	size_t written = 0, part, keep;

	while (count > 0) {
		part = HISTORY_MOST - resampler->filled;
		if (part > count)
			part = count;
		memcpy(resampler->history + resampler->filled, in, part * sizeof(*in));
		resampler->filled += part;
		in += part;
		count -= part;
		written += emit(resampler, out + written);
		keep = resampler->whole - (resampler->half - 1);
		if (keep > resampler->filled)
			keep = resampler->filled;
		memmove(resampler->history, resampler->history + keep,
		    (resampler->filled - keep) * sizeof(*in));
		resampler->filled -= keep;
		resampler->whole -= keep;
	}
	return written;
}
