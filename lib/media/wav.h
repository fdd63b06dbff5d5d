/* SPDX-License-Identifier: Apache-2.0 */
/* lib/media/wav.h - RIFF WAVE files of 16-bit PCM: the header, read and written. */
#ifndef MEDIA_WAV_H
#define MEDIA_WAV_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/fault.h"

enum {
	WAV_HEADER_SIZE = 44, /* of the files we write */
	WAV_RATE_LEAST = 8000,
	WAV_RATE_MOST = 96000,
	WAV_CHANNELS_MOST = 2,
};

struct wav {
	unsigned rate;     /* samples a second */
	unsigned channels; /* 1 or 2, interleaved */
	struct bytes data; /* 16-bit little endian; a view into the file */
};

/* FAULT_MALFORMED if it is no such file, FAULT_LIMIT for a kind we do not play. */
enum fault wav_read(struct bytes file, struct wav *wav, struct why *why) MUST_CHECK;
/* Sample number i of the mono sound (two channels are averaged); i < wav_samples(). */
int16_t wav_sample(const struct wav *wav, size_t i);
size_t wav_samples(const struct wav *wav);
/* The header of a mono file with data_size bytes of samples behind it. */
void wav_write_header(struct buffer *buffer, unsigned rate, uint32_t data_size);
#endif
