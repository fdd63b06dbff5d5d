/* SPDX-License-Identifier: Apache-2.0 */
#include "media/audio_device.h"

#include <stdlib.h>
#include <string.h>

#include "media/audio_kind.h"

struct audio_device {
	const struct audio_kind *kind;
	void *state;
	bool started;
};

static enum fault
null_open(void **state, struct bytes rest, struct why *why)
{
	if (rest.left > 0)
		return explain(why, FAULT_MALFORMED, "the null audio device takes no name");
	*state = NULL;
	return FAULT_NONE;
}

static enum fault
null_start(void *state, unsigned rate, struct why *why)
{
	(void)state;
	(void)rate;
	(void)why;
	return FAULT_NONE;
}

static void
null_nothing(void *state)
{
	(void)state;
}

static void
null_capture(void *state, int16_t *samples, size_t count)
{
	(void)state;
	memset(samples, 0, count * sizeof(*samples));
}

static void
null_play(void *state, const int16_t *samples, size_t count)
{
	(void)state;
	(void)samples;
	(void)count;
}

static const struct audio_kind audio_null = {
    "null", null_open, null_nothing, null_start, null_nothing, null_capture, null_play};

static const struct audio_kind *const kinds[] = {&audio_null, &audio_file, &audio_alsa};

enum fault
audio_device_open(struct audio_device **device, const char *name, struct why *why)
{
	struct bytes rest = bytes_text(name), word;
	struct audio_device *making;
	enum fault fault;

	if (!bytes_take_until(&rest, ':', &word))
		word = bytes_take_rest(&rest);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!bytes_equal_text(word, kinds[i]->name))
			continue;
		if ((making = calloc(1, sizeof(*making))) == NULL)
			return explain(why, FAULT_SYSTEM, "out of memory");
		making->kind = kinds[i];
		if ((fault = kinds[i]->open(&making->state, rest, why)) != FAULT_NONE) {
			free(making);
			return fault;
		}
		*device = making;
		return FAULT_NONE;
	}
	return explain(why, FAULT_MALFORMED,
	    "audio device '%.60s': null, file:IN.wav,OUT.wav or alsa:NAME", name);
}

void
audio_device_free(struct audio_device *device)
{
	if (device == NULL)
		return;
	audio_device_stop(device);
	device->kind->free(device->state);
	free(device);
}

enum fault
audio_device_start(struct audio_device *device, unsigned rate, struct why *why)
{
	enum fault fault;

	audio_device_stop(device);
	if ((fault = device->kind->start(device->state, rate, why)) == FAULT_NONE)
		device->started = true;
	return fault;
}

void
audio_device_stop(struct audio_device *device)
{
	if (!device->started)
		return;
	device->started = false;
	device->kind->stop(device->state);
}

void
audio_device_capture(struct audio_device *device, int16_t *samples, size_t count)
{
	if (device->started)
		device->kind->capture(device->state, samples, count);
	else
		memset(samples, 0, count * sizeof(*samples));
}

void
audio_device_play(struct audio_device *device, const int16_t *samples, size_t count)
{
	if (device->started)
		device->kind->play(device->state, samples, count);
}
