/* SPDX-License-Identifier: Apache-2.0 */
#include "sound_test.h"

#include <math.h>
#include <stdio.h>

#include "media/wav.h"
#include "storage/storage.h"
#include "tests.h"

enum { SEARCH_STRIDE = 31 }; /* finding the shift looks at one sample of so many */

int16_t
sound_at(size_t i, unsigned rate)
{
	double t = (double)i / rate;
	double phase = 2 * M_PI * (300 * t + 120 * t * t);

	return (int16_t)(9000 * (0.7 + 0.3 * sin(2 * M_PI * 2.3 * t)) *
			 (0.7 * sin(phase) + 0.3 * sin(2.7 * phase)));
}

void
sound_write_wav(const char *path, unsigned rate, unsigned ms)
{
	size_t count = (size_t)rate * ms / 1000;
	struct buffer buffer;
	struct why why;

	buffer_init(&buffer, WAV_HEADER_SIZE + 2 * count);
	wav_write_header(&buffer, rate, (uint32_t)(2 * count));
	for (size_t i = 0; i < count; i++) {
		buffer_u8(&buffer, (uint8_t)sound_at(i, rate));
		buffer_u8(&buffer, (uint8_t)((uint16_t)sound_at(i, rate) >> 8));
	}
	assert_true(buffer_ok(&buffer));
	assert_accepted(storage_replace(path, buffer_bytes_of(&buffer), 0600, &why), why);
	buffer_finish(&buffer);
}

size_t
sound_read_wav(const char *path, int16_t *samples, size_t room, unsigned *rate)
{
	struct content file = {0};
	struct wav wav;
	size_t count;
	struct why why;

	assert_accepted(storage_read(path, 64 << 20, &file, &why), why);
	assert_accepted(wav_read(content_bytes(&file), &wav, &why), why);
	/* The header's own sizes, not what happens to be in the file. */
	assert_int_equal(wav.data.left + WAV_HEADER_SIZE, file.size);
	count = wav_samples(&wav);
	assert_true(count <= room);
	for (size_t i = 0; i < count; i++)
		samples[i] = wav_sample(&wav, i);
	*rate = wav.rate;
	content_free(&file);
	return count;
}

/* Of every stride-th sample. */
static double
correlation(const int16_t *a, const int16_t *b, size_t count, size_t stride)
{
	double ab = 0, aa = 0, bb = 0;

	for (size_t i = 0; i < count; i += stride) {
		ab += (double)a[i] * b[i];
		aa += (double)a[i] * a[i];
		bb += (double)b[i] * b[i];
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

double
sound_likeness(
    const int16_t *a, size_t a_count, const int16_t *b, size_t b_count, size_t most, size_t *shift)
{
	double best = 0;

	for (size_t i = 0; i <= most && i + a_count <= b_count; i++) {
		double found = correlation(a, b + i, a_count, SEARCH_STRIDE);

		if (found > best) {
			best = found;
			*shift = i;
		}
	}
	return best > 0 ? correlation(a, b + *shift, a_count, 1) : 0;
}
