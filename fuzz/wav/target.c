/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/wav/target.c - the samples of an accepted WAVE file lie inside it. */
#include <stdlib.h>

#include "media/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct wav wav;
	long sum = 0;

	if (wav_read(input, &wav, NULL) != FAULT_NONE)
		return 0;
	if (!bytes_within(wav.data, input))
		abort();
	for (size_t i = 0; i < wav_samples(&wav); i++)
		sum += wav_sample(&wav, i);
	return sum == 1 ? 0 : 0;
}
