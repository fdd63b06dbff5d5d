/* SPDX-License-Identifier: Apache-2.0 */
/* lib/media/audio_kind.h - what each kind of audio device implements. Inside lib/media only. */
#ifndef MEDIA_AUDIO_KIND_H
#define MEDIA_AUDIO_KIND_H

#include "base/bytes.h"
#include "media/audio_device.h"

struct audio_kind {
	const char *name; /* before the colon */
	/* *state is the kind's own, kept in the device; rest is what stands behind the colon. */
	enum fault (*open)(void **state, struct bytes rest, struct why *why);
	void (*free)(void *state);
	enum fault (*start)(void *state, unsigned rate, struct why *why);
	void (*stop)(void *state);
	void (*capture)(void *state, int16_t *samples, size_t count);
	void (*play)(void *state, const int16_t *samples, size_t count);
};

extern const struct audio_kind audio_file, audio_alsa;
#endif
