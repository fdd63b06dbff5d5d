/* SPDX-License-Identifier: Apache-2.0 */
/* The audio device of ALSA: one PCM for each direction, mono, never waited for. */
#include <alsa/asoundlib.h>
#include <stdlib.h>
#include <string.h>

#include "media/audio_kind.h"

enum {
	NAME_MOST = 128,
	LATENCY_US = 60000, /* of the device's own buffer: three frames */
};

struct audio_alsa {
	char name[NAME_MOST];
	snd_pcm_t *in, *out;
};

/* ALSA would write to stderr by itself; our sentence says what it says. */
static void
be_quiet(const char *file, int line, const char *function, int error, const char *format, ...)
{
	(void)file;
	(void)line;
	(void)function;
	(void)error;
	(void)format;
}

static enum fault
alsa_open(void **state, struct bytes rest, struct why *why)
{
	struct audio_alsa *alsa = calloc(1, sizeof(*alsa));

	if (alsa == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	if (rest.left == 0 || !bytes_copy_text(rest, alsa->name, sizeof(alsa->name))) {
		free(alsa);
		return explain(why, FAULT_MALFORMED, "alsa:NAME wants the name of a device");
	}
	snd_lib_error_set_handler(be_quiet);
	*state = alsa;
	return FAULT_NONE;
}

static void
alsa_stop(void *state)
{
	struct audio_alsa *alsa = state;

	if (alsa->in != NULL)
		snd_pcm_close(alsa->in);
	if (alsa->out != NULL)
		snd_pcm_close(alsa->out);
	alsa->in = alsa->out = NULL;
}

static void
alsa_free(void *state)
{
	free(state);
}

static enum fault
open_direction(struct audio_alsa *alsa, snd_pcm_stream_t direction, unsigned rate, snd_pcm_t **pcm,
    struct why *why)
{
	const char *says = direction == SND_PCM_STREAM_CAPTURE ? "capture" : "playback";
	int error = snd_pcm_open(pcm, alsa->name, direction, SND_PCM_NONBLOCK);

	if (error < 0) {
		*pcm = NULL;
		return explain(why, FAULT_MISSING, "ALSA %s of '%s': %s", says, alsa->name,
		    snd_strerror(error));
	}
	error = snd_pcm_set_params(
	    *pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1, rate, 1, LATENCY_US);
	if (error < 0)
		return explain(why, FAULT_SYSTEM, "ALSA %s of '%s' at %u Hz mono: %s", says,
		    alsa->name, rate, snd_strerror(error));
	return FAULT_NONE;
}

static enum fault
alsa_start(void *state, unsigned rate, struct why *why)
{
	struct audio_alsa *alsa = state;
	enum fault fault;

	if ((fault = open_direction(alsa, SND_PCM_STREAM_PLAYBACK, rate, &alsa->out, why)) !=
		FAULT_NONE ||
	    (fault = open_direction(alsa, SND_PCM_STREAM_CAPTURE, rate, &alsa->in, why)) !=
		FAULT_NONE) {
		alsa_stop(alsa);
		return fault;
	}
	snd_pcm_start(alsa->in);
	return FAULT_NONE;
}

static void
alsa_capture(void *state, int16_t *samples, size_t count)
{
	struct audio_alsa *alsa = state;
	snd_pcm_sframes_t taken = snd_pcm_readi(alsa->in, samples, count);

	if (taken < 0 && taken != -EAGAIN && snd_pcm_recover(alsa->in, (int)taken, 1) == 0)
		snd_pcm_start(alsa->in);
	if (taken < 0)
		taken = 0;
	memset(samples + taken, 0, (count - (size_t)taken) * sizeof(*samples));
}

static void
alsa_play(void *state, const int16_t *samples, size_t count)
{
	struct audio_alsa *alsa = state;
	snd_pcm_sframes_t written = snd_pcm_writei(alsa->out, samples, count);

	if (written < 0 && written != -EAGAIN && snd_pcm_recover(alsa->out, (int)written, 1) == 0)
		(void)!snd_pcm_writei(alsa->out, samples, count);
}

const struct audio_kind audio_alsa = {
    "alsa", alsa_open, alsa_free, alsa_start, alsa_stop, alsa_capture, alsa_play};
