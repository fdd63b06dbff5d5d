/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/audio_device.h - where sound comes from and goes to, a frame at each 20 ms tick.
 *
 *     null              silence in, nothing out
 *     file:IN.wav,OUT.wav   plays IN (16-bit PCM, mono, 8 to 48 kHz) once from the moment the
 *                       stream starts, then silence; records all that is heard to OUT, whose
 *                       header is right at every moment. Either name may be empty.
 *     alsa:NAME         an ALSA device for both directions: "alsa:default"
 */
#ifndef MEDIA_AUDIO_DEVICE_H
#define MEDIA_AUDIO_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum {
	AUDIO_FRAME_MOST = 960,             /* samples in 20 ms at 48 kHz */
	AUDIO_FILE_MOST = 64 * 1024 * 1024, /* bytes of IN.wav */
	AUDIO_RECORD_MOST =
	    512 * 1024 * 1024, /* bytes of OUT.wav; what is heard later is dropped */
};

struct audio_device;

/* Reads IN, makes OUT (an existing one is replaced). alsa is opened by audio_device_start(). */
enum fault audio_device_open(
    struct audio_device **device, const char *name, struct why *why) MUST_CHECK;
/* NULL is fine. */
void audio_device_free(struct audio_device *device);
/*
 * Begins a stream of rate samples a second (8000 or 48000): IN starts from its beginning. OUT
 * keeps the rate of the first start; later streams at another rate are resampled to it.
 */
enum fault audio_device_start(
    struct audio_device *device, unsigned rate, struct why *why) MUST_CHECK;
void audio_device_stop(struct audio_device *device);
/* One frame of count samples. Never blocks: what is not there is silence, what does not fit is
 * dropped. */
void audio_device_capture(struct audio_device *device, int16_t *samples, size_t count);
void audio_device_play(struct audio_device *device, const int16_t *samples, size_t count);
#endif
