/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/codec.h"

static const struct codec_facts table[CODEC_COUNT] = {
    [CODEC_OPUS] = {"opus", 96, 48000, 2, 960},
    [CODEC_PCMU] = {"PCMU", 0, 8000, 1, 160},
    [CODEC_PCMA] = {"PCMA", 8, 8000, 1, 160},
};

const struct codec_facts *
codec_facts(enum codec codec)
{
	return &table[codec];
}

bool
codec_from_name(struct bytes name, unsigned clock_rate, enum codec *codec)
{
	for (size_t i = 0; i < CODEC_COUNT; i++)
		if (bytes_equal_text_nocase(name, table[i].name) &&
		    table[i].clock_rate == clock_rate) {
			*codec = (enum codec)i;
			return true;
		}
	return false;
}
