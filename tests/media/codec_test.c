/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/codec_test.c - G.711 against its own definition, Opus by ear, and lost frames. */
#include "media/codec.h"

#include <math.h>
#include <stdlib.h>

#include "media/g711.h"
#include "tests.h"

/* The ends of both tables as G.711 prints them, in 16-bit units. */
static const struct {
	uint8_t code;
	int16_t ulaw, alaw;
} ends[] = {
    {0x00, -32124, -5504},
    {0x80, 32124, 5504},
    {0x2a, -5372, -32256},
    {0xaa, 5372, 32256},
    {0x7f, 0, -848},
    {0xff, 0, 848},
    {0x55, -716, -8},
    {0xd5, 716, 8},
};

static void
codes_mean_what_g711_prints(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		assert_int_equal(g711_ulaw_decode(ends[i].code), ends[i].ulaw);
		assert_int_equal(g711_alaw_decode(ends[i].code), ends[i].alaw);
	}
}

static void
every_code_comes_back_from_its_own_sample(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		assert_int_equal(g711_alaw_encode(g711_alaw_decode((uint8_t)code)), code);
		/* u-law has two zeros. */
		if (code != 0x7f)
			assert_int_equal(g711_ulaw_encode(g711_ulaw_decode((uint8_t)code)), code);
	}
}

/* Half a step of a code's segment, in 16-bit units: as far as a sample may be from its value. */
static int
half_step(bool ulaw, uint8_t code)
{
	int segment = (ulaw ? ~code : code ^ 0x55) >> 4 & 7;

	if (ulaw)
		return 4 << segment;
	return segment > 0 ? 8 << (segment - 1) : 8;
}

static void
every_sample_is_within_half_a_step_of_its_code(void **state)
{
	enum { ULAW_MOST = 32635, LOW_BITS = 4 };

	(void)state;
	for (int x = -32768; x <= 32767; x++) {
		uint8_t ulaw = g711_ulaw_encode((int16_t)x), alaw = g711_alaw_encode((int16_t)x);

		if (abs(x) <= ULAW_MOST)
			assert_true(
			    abs(g711_ulaw_decode(ulaw) - x) <= half_step(true, ulaw) + LOW_BITS);
		assert_true(abs(g711_alaw_decode(alaw) - x) <= half_step(false, alaw));
	}
}

static void
louder_samples_never_get_quieter_codes(void **state)
{
	(void)state;
	for (int x = -32768; x < 32767; x++) {
		assert_true(g711_ulaw_decode(g711_ulaw_encode((int16_t)x)) <=
			    g711_ulaw_decode(g711_ulaw_encode((int16_t)(x + 1))));
		assert_true(g711_alaw_decode(g711_alaw_encode((int16_t)x)) <=
			    g711_alaw_decode(g711_alaw_encode((int16_t)(x + 1))));
	}
}

/* A voice-like sound: three tones with a slow swell. */
static int16_t
voice(size_t i, unsigned rate)
{
	double t = (double)i / rate;

	return (int16_t)(8000 * (0.6 + 0.4 * sin(2 * M_PI * 3 * t)) *
			 (0.5 * sin(2 * M_PI * 220 * t) + 0.3 * sin(2 * M_PI * 440 * t) +
			     0.2 * sin(2 * M_PI * 1250 * t)));
}

enum { FRAMES = 50 };

/* Encodes and decodes a second, losing every tenth frame if asked; fills sent and heard. */
static size_t
pass(enum codec codec, bool lose, int16_t *sent, int16_t *heard)
{
	size_t frame = codec_frame(codec), size[FRAMES], count;
	uint8_t payloads[FRAMES][CODEC_PAYLOAD_MOST];
	static int16_t decoded[CODEC_DECODED_MOST];
	struct encoder *encoder = NULL;
	struct decoder *decoder = NULL;
	struct why why;

	assert_accepted(encoder_new(&encoder, codec, &why), why);
	assert_accepted(decoder_new(&decoder, codec, &why), why);
	for (size_t f = 0; f < FRAMES; f++) {
		for (size_t i = 0; i < frame; i++)
			sent[f * frame + i] = voice(f * frame + i, codec_rate(codec));
		assert_accepted(
		    encoder_run(encoder, sent + f * frame, payloads[f], &size[f], &why), why);
	}
	for (size_t f = 0; f < FRAMES; f++) {
		if (lose && f % 10 == 5) {
			decoder_conceal(
			    decoder, bytes_of(payloads[f + 1], size[f + 1]), heard + f * frame);
			continue;
		}
		assert_accepted(
		    decoder_run(decoder, bytes_of(payloads[f], size[f]), decoded, &count, &why),
		    why);
		assert_int_equal(count, frame);
		memcpy(heard + f * frame, decoded, frame * sizeof(*heard));
	}
	encoder_free(encoder);
	decoder_free(decoder);
	return FRAMES * frame;
}

/* Correlation at the best shift up to 20 ms: codecs delay. */
static double
likeness(const int16_t *a, const int16_t *b, size_t count, size_t most)
{
	double best = 0;

	for (size_t shift = 0; shift < most; shift++) {
		double ab = 0, aa = 0, bb = 0;

		for (size_t i = 0; i + shift < count; i++) {
			ab += (double)a[i] * b[i + shift];
			aa += (double)a[i] * a[i];
			bb += (double)b[i + shift] * b[i + shift];
		}
		if (aa > 0 && bb > 0 && ab / sqrt(aa * bb) > best)
			best = ab / sqrt(aa * bb);
	}
	return best;
}

static const struct {
	const char *says;
	enum codec codec;
	bool lose;
	double least;
} sounds[] = {
    {"u-law", CODEC_PCMU, false, 0.995},
    {"A-law", CODEC_PCMA, false, 0.995},
    {"Opus", CODEC_OPUS, false, 0.95},
    {"u-law, one in ten lost", CODEC_PCMU, true, 0.80},
    {"A-law, one in ten lost", CODEC_PCMA, true, 0.80},
    {"Opus, one in ten lost", CODEC_OPUS, true, 0.90},
};

static void
what_is_heard_resembles_what_was_said(void **state)
{
	static int16_t sent[FRAMES * CODEC_FRAME_MOST], heard[FRAMES * CODEC_FRAME_MOST];

	(void)state;
	for (size_t i = 0; i < COUNT(sounds); i++) {
		size_t count = pass(sounds[i].codec, sounds[i].lose, sent, heard);
		double found = likeness(sent, heard, count, codec_frame(sounds[i].codec));

		if (found < sounds[i].least)
			fail_msg("%s: likeness %.3f", sounds[i].says, found);
	}
}

static void
concealment_fades_to_silence(void **state)
{
	static const enum codec codecs[] = {CODEC_PCMU, CODEC_PCMA};

	(void)state;
	for (size_t c = 0; c < COUNT(codecs); c++) {
		struct decoder *decoder = NULL;
		static int16_t samples[CODEC_DECODED_MOST];
		uint8_t loud[160];
		size_t count;
		long before = 0, energy = 0;
		struct why why;

		memset(loud, 0x80, sizeof(loud));
		assert_accepted(decoder_new(&decoder, codecs[c], &why), why);
		assert_accepted(
		    decoder_run(decoder, bytes_of(loud, sizeof(loud)), samples, &count, &why), why);
		for (unsigned lost = 0; lost < 8; lost++) {
			decoder_conceal(decoder, bytes_of(NULL, 0), samples);
			energy = 0;
			for (size_t i = 0; i < 160; i++)
				energy += abs(samples[i]);
			assert_true(lost == 0 ? energy > 0 : energy < before || energy == 0);
			before = energy;
		}
		assert_int_equal(energy, 0);
		decoder_free(decoder);
	}
}

static void
opus_packets_have_one_size_whatever_is_said(void **state)
{
	struct encoder *encoder = NULL;
	uint8_t payload[CODEC_PAYLOAD_MOST];
	int16_t samples[CODEC_FRAME_MOST];
	size_t size, first = 0;
	struct why why;

	(void)state;
	assert_accepted(encoder_new(&encoder, CODEC_OPUS, &why), why);
	for (size_t f = 0; f < 20; f++) {
		for (size_t i = 0; i < CODEC_FRAME_MOST; i++)
			samples[i] = f % 2 ? voice(f * CODEC_FRAME_MOST + i, 48000) : 0;
		assert_accepted(encoder_run(encoder, samples, payload, &size, &why), why);
		if (f == 0)
			first = size;
		assert_int_equal(size, first);
	}
	encoder_free(encoder);
}

static void
a_payload_that_is_none_is_refused(void **state)
{
	static int16_t samples[CODEC_DECODED_MOST];
	uint8_t huge[CODEC_DECODED_MOST + 1] = {0xff, 0xff};
	struct why why;

	(void)state;
	for (size_t codec = 0; codec < CODEC_COUNT; codec++) {
		struct decoder *decoder = NULL;
		size_t count;

		assert_accepted(decoder_new(&decoder, (enum codec)codec, &why), why);
		assert_int_equal(decoder_run(decoder, bytes_of(NULL, 0), samples, &count, &why),
		    FAULT_MALFORMED);
		assert_int_equal(
		    decoder_run(decoder, bytes_of(huge, sizeof(huge)), samples, &count, &why),
		    FAULT_MALFORMED);
		decoder_free(decoder);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(codes_mean_what_g711_prints),
	    cmocka_unit_test(every_code_comes_back_from_its_own_sample),
	    cmocka_unit_test(every_sample_is_within_half_a_step_of_its_code),
	    cmocka_unit_test(louder_samples_never_get_quieter_codes),
	    cmocka_unit_test(what_is_heard_resembles_what_was_said),
	    cmocka_unit_test(concealment_fades_to_silence),
	    cmocka_unit_test(opus_packets_have_one_size_whatever_is_said),
	    cmocka_unit_test(a_payload_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
