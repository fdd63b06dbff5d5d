/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/codec.h - speech to payload and back, one interface over the codecs that
 * policy/codec.h names. Mono, 16 bit, at the codec's own rate.
 */
#ifndef MEDIA_CODEC_H
#define MEDIA_CODEC_H

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/codec.h"

enum {
	CODEC_FRAME_MS = 20,
	CODEC_FRAME_MOST = 960,     /* samples in CODEC_FRAME_MS at 48 kHz */
	CODEC_PAYLOAD_MOST = 1275,  /* bytes; an Opus frame's own limit */
	CODEC_DECODED_MOST = 5760,  /* samples in the longest payload accepted (120 ms of Opus) */
	CODEC_OPUS_BITRATE = 64000, /* constant, bits a second */
};

struct encoder;
struct decoder;

/* Samples a second of what goes in and comes out: 8000 or 48000. */
unsigned codec_rate(enum codec codec);
/* Samples in CODEC_FRAME_MS. */
size_t codec_frame(enum codec codec);

enum fault encoder_new(struct encoder **encoder, enum codec codec, struct why *why) MUST_CHECK;
void encoder_free(struct encoder *encoder);
/* One frame of codec_frame() samples; payload has CODEC_PAYLOAD_MOST bytes, *size of them used. */
enum fault encoder_run(struct encoder *encoder, const int16_t *samples, uint8_t *payload,
    size_t *size, struct why *why) MUST_CHECK;

enum fault decoder_new(struct decoder **decoder, enum codec codec, struct why *why) MUST_CHECK;
void decoder_free(struct decoder *decoder);
/* samples has room for CODEC_DECODED_MOST, *count of them used. FAULT_MALFORMED as the codec finds.
 */
enum fault decoder_run(struct decoder *decoder, struct bytes payload, int16_t *samples,
    size_t *count, struct why *why) MUST_CHECK;
/*
 * A frame in place of a lost one. next is the payload after the gap, which may help (Opus FEC),
 * or empty. Always gives codec_frame() samples; fades to silence when it lasts.
 */
void decoder_conceal(struct decoder *decoder, struct bytes next, int16_t *samples);
#endif
