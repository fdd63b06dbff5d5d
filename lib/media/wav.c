/* SPDX-License-Identifier: Apache-2.0 */
#include "media/wav.h"

enum {
	FORMAT_PCM = 1,
	FORMAT_EXTENSIBLE = 0xfffe, /* the real format is in its extension; PCM in practice */
	BITS = 16,
	SAMPLE = 2, /* bytes */
	FORMAT_SIZE = 16,
};

/* WAVE is little endian, unlike everything else here. */
static bool
take_le(struct bytes *from, size_t size, uint32_t *value)
{
	struct bytes taken;

	if (!bytes_take(from, size, &taken))
		return false;
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value |= (uint32_t)taken.at[i] << 8 * i;
	return true;
}

static enum fault
read_format(struct bytes chunk, struct wav *wav, struct why *why)
{
	uint32_t format, channels, rate, bytes_a_second, block, bits;

	if (!take_le(&chunk, 2, &format) || !take_le(&chunk, 2, &channels) ||
	    !take_le(&chunk, 4, &rate) || !take_le(&chunk, 4, &bytes_a_second) ||
	    !take_le(&chunk, 2, &block) || !take_le(&chunk, 2, &bits))
		return explain(why, FAULT_MALFORMED, "WAVE format cut short");
	if ((format != FORMAT_PCM && format != FORMAT_EXTENSIBLE) || bits != BITS)
		return explain(why, FAULT_LIMIT,
		    "WAVE format %u with %u bits; 16-bit PCM is played", format, bits);
	if (channels < 1 || channels > WAV_CHANNELS_MOST || rate < WAV_RATE_LEAST ||
	    rate > WAV_RATE_MOST)
		return explain(why, FAULT_LIMIT, "WAVE with %u channels at %u Hz", channels, rate);
	wav->channels = channels;
	wav->rate = rate;
	return FAULT_NONE;
}

enum fault
wav_read(struct bytes file, struct wav *wav, struct why *why)
{
	struct wav read = {0};
	struct bytes tag, kind, chunk;
	enum fault fault;
	uint32_t size;

	if (!bytes_take(&file, 4, &tag) || !bytes_equal_text(tag, "RIFF") ||
	    !take_le(&file, 4, &size) || !bytes_take(&file, 4, &kind) ||
	    !bytes_equal_text(kind, "WAVE"))
		return explain(why, FAULT_MALFORMED, "not a WAVE file");
	while (bytes_take(&file, 4, &tag) && take_le(&file, 4, &size)) {
		/* A recorder that was cut off leaves a size that is too large. */
		chunk = bytes_part(file, 0, size);
		if (bytes_equal_text(tag, "fmt ") &&
		    (fault = read_format(chunk, &read, why)) != FAULT_NONE)
			return fault;
		if (bytes_equal_text(tag, "data") && read.rate != 0) {
			read.data = chunk;
			*wav = read;
			return FAULT_NONE;
		}
		file = bytes_part(file, (size_t)size + size % 2, file.left);
	}
	return explain(why, FAULT_MALFORMED, "WAVE file without format or data");
}

size_t
wav_samples(const struct wav *wav)
{
	return wav->data.left / (SAMPLE * wav->channels);
}

int16_t
wav_sample(const struct wav *wav, size_t i)
{
	const uint8_t *at = wav->data.at + i * SAMPLE * wav->channels;
	int sum = 0;

	for (unsigned channel = 0; channel < wav->channels; channel++, at += SAMPLE)
		sum += (int16_t)(at[0] | at[1] << 8);
	return (int16_t)(sum / (int)wav->channels);
}

static void
put_le(struct buffer *buffer, size_t size, uint32_t value)
{
	for (size_t i = 0; i < size; i++)
		buffer_u8(buffer, (uint8_t)(value >> 8 * i));
}

void
wav_write_header(struct buffer *buffer, unsigned rate, uint32_t data_size)
{
	buffer_text(buffer, "RIFF");
	put_le(buffer, 4, data_size + WAV_HEADER_SIZE - 8);
	buffer_text(buffer, "WAVEfmt ");
	put_le(buffer, 4, FORMAT_SIZE);
	put_le(buffer, 2, FORMAT_PCM);
	put_le(buffer, 2, 1);
	put_le(buffer, 4, rate);
	put_le(buffer, 4, rate * SAMPLE);
	put_le(buffer, 2, SAMPLE);
	put_le(buffer, 2, BITS);
	buffer_text(buffer, "data");
	put_le(buffer, 4, data_size);
}
