/* SPDX-License-Identifier: Apache-2.0 */
#include "media/g711.h"

/*
 * Both laws: sign, three bits of segment (which power of two), four bits of step inside it.
 * u-law works on 14 bits with a bias of 33 that makes every segment start at a power of two;
 * A-law on 13 bits, its first two segments with the same step. Numbers in units of 16 bits.
 */
enum {
	SIGN = 0x80,
	STEP_BITS = 4,
	STEP_MASK = 0x0f,
	SEGMENT_MASK = 0x07,
	ULAW_BIAS = 33 << 2,
	ULAW_MOST = 32635, /* above it the code would overflow */
	ALAW_FLIP = 0x55,  /* A-law turns every other bit on the wire */
};

/* The number of the highest bit set; 0 for 0. */
static int
highest_bit(int value)
{
	int bit = 0;

	while (value >>= 1)
		bit++;
	return bit;
}

uint8_t
g711_ulaw_encode(int16_t sample)
{
	int sign = sample < 0 ? SIGN : 0;
	int magnitude = sample < 0 ? -(int)sample : sample;
	int segment;

	if (magnitude > ULAW_MOST)
		magnitude = ULAW_MOST;
	magnitude += ULAW_BIAS;
	segment = highest_bit(magnitude) - 7;
	return (uint8_t) ~(sign | segment << STEP_BITS | (magnitude >> (segment + 3) & STEP_MASK));
}

int16_t
g711_ulaw_decode(uint8_t code)
{
	int turned = ~code;
	int segment = turned >> STEP_BITS & SEGMENT_MASK;
	int magnitude = ((turned & STEP_MASK) << 3) + ULAW_BIAS;

	magnitude = (magnitude << segment) - ULAW_BIAS;
	return (int16_t)(turned & SIGN ? -magnitude : magnitude);
}

uint8_t
g711_alaw_encode(int16_t sample)
{
	/* The lowest three bits do not count; a negative number is mirrored at -1. */
	int magnitude = (sample < 0 ? ~(int)sample : sample) >> 3;
	int sign = sample < 0 ? 0 : SIGN;
	int segment = highest_bit(magnitude) - STEP_BITS;
	int step;

	if (segment < 1) {
		segment = 0;
		step = magnitude >> 1;
	} else {
		step = magnitude >> segment;
	}
	return (uint8_t)((sign | segment << STEP_BITS | (step & STEP_MASK)) ^ ALAW_FLIP);
}

int16_t
g711_alaw_decode(uint8_t code)
{
	int turned = code ^ ALAW_FLIP;
	int segment = turned >> STEP_BITS & SEGMENT_MASK;
	int magnitude = ((turned & STEP_MASK) << 4) + 8; /* the middle of the step */

	if (segment > 0)
		magnitude = (magnitude + 0x100) << (segment - 1);
	return (int16_t)(turned & SIGN ? magnitude : -magnitude);
}
