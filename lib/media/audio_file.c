/* SPDX-License-Identifier: Apache-2.0 */
/* The audio device of files: plays one WAVE file, records what is heard in another. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/audio_kind.h"
#include "media/resample.h"
#include "media/wav.h"
#include "storage/storage.h"

enum {
	CHUNK = 80, /* samples of IN resampled at once */
	CHANGE_MOST = RESAMPLE_RATE_MOST / RESAMPLE_RATE_LEAST, /* resampling multiplies by */
	PENDING_MOST = AUDIO_FRAME_MOST + CHUNK * CHANGE_MOST + CHANGE_MOST + 2,
};

struct audio_file {
	struct content in; /* the whole file */
	struct wav wav;
	size_t in_at;                /* samples of it played */
	struct resampler *in_change; /* to the rate of the stream; NULL when not started */
	int16_t pending[PENDING_MOST];
	size_t pending_count;
	int out; /* -1: none */
	unsigned out_rate;
	uint32_t out_size;            /* bytes of samples written */
	struct resampler *out_change; /* of a stream at another rate than OUT has; else NULL */
};

/* Header and samples stand in the file before anyone can ask; the header says what is there. */
static bool
write_at(int fd, const uint8_t *at, size_t size, off_t offset)
{
	while (size > 0) {
		ssize_t written = pwrite(fd, at, size, offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		size -= (size_t)written;
		offset += written;
	}
	return true;
}

static bool
write_header(struct audio_file *file)
{
	struct buffer header;
	bool written;

	buffer_init(&header, WAV_HEADER_SIZE);
	wav_write_header(&header, file->out_rate, file->out_size);
	written = buffer_ok(&header) &&
		  write_at(file->out, buffer_bytes_of(&header).at, WAV_HEADER_SIZE, 0);
	buffer_finish(&header);
	return written;
}

static void
file_free(void *state)
{
	struct audio_file *file = state;

	if (file == NULL)
		return;
	if (file->out >= 0)
		close(file->out);
	resampler_free(file->in_change);
	resampler_free(file->out_change);
	content_free(&file->in);
	free(file);
}

static enum fault
open_in(struct audio_file *file, struct bytes name, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (name.left == 0)
		return FAULT_NONE;
	if (!bytes_copy_text(name, path, sizeof(path)))
		return explain(why, FAULT_LIMIT, "name of a WAVE file is too long");
	if ((fault = storage_read(path, AUDIO_FILE_MOST, &file->in, why)) != FAULT_NONE)
		return fault;
	if ((fault = wav_read(content_bytes(&file->in), &file->wav, why)) != FAULT_NONE)
		return explain_within(why, fault, "%.150s: ", path);
	return FAULT_NONE;
}

static enum fault
open_out(struct audio_file *file, struct bytes name, struct why *why)
{
	enum { RATE_UNTIL_STARTED = 8000 };
	char path[STORAGE_PATH_MOST];

	if (name.left == 0)
		return FAULT_NONE;
	if (!bytes_copy_text(name, path, sizeof(path)))
		return explain(why, FAULT_LIMIT, "name of a WAVE file is too long");
	file->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	file->out_rate = RATE_UNTIL_STARTED;
	if (file->out < 0 || !write_header(file))
		return explain_errno(why, "%s", path);
	file->out_rate = 0;
	return FAULT_NONE;
}

static enum fault
file_open(void **state, struct bytes rest, struct why *why)
{
	struct audio_file *file = calloc(1, sizeof(*file));
	struct bytes in;
	enum fault fault;

	if (file == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	file->out = -1;
	if (!bytes_take_until(&rest, ',', &in))
		in = bytes_take_rest(&rest);
	if ((fault = open_in(file, in, why)) != FAULT_NONE ||
	    (fault = open_out(file, rest, why)) != FAULT_NONE) {
		file_free(file);
		return fault;
	}
	*state = file;
	return FAULT_NONE;
}

static enum fault
file_start(void *state, unsigned rate, struct why *why)
{
	struct audio_file *file = state;
	enum fault fault;

	if (file->wav.rate != 0 &&
	    (fault = resampler_new(&file->in_change, file->wav.rate, rate, why)) != FAULT_NONE)
		return fault;
	if (file->out_rate == 0) {
		file->out_rate = rate;
		if (file->out >= 0 && !write_header(file))
			return explain_errno(why, "header of the recording");
	}
	resampler_free(file->out_change);
	file->out_change = NULL;
	if (file->out_rate != rate)
		return resampler_new(&file->out_change, rate, file->out_rate, why);
	return FAULT_NONE;
}

static void
file_stop(void *state)
{
	struct audio_file *file = state;

	resampler_free(file->in_change);
	file->in_change = NULL;
	file->in_at = file->pending_count = 0;
}

/* IN's next samples at the stream's rate, until there are count or it ends. */
static void
fill_pending(struct audio_file *file, size_t count)
{
	int16_t chunk[CHUNK];
	size_t size, end = file->in_change != NULL ? wav_samples(&file->wav) : 0;

	while (file->pending_count < count && file->in_at < end) {
		for (size = 0; size < CHUNK && file->in_at < end; size++)
			chunk[size] = wav_sample(&file->wav, file->in_at++);
		file->pending_count += resampler_run(
		    file->in_change, chunk, size, file->pending + file->pending_count);
	}
}

static void
file_capture(void *state, int16_t *samples, size_t count)
{
	struct audio_file *file = state;
	size_t here;

	if (count > AUDIO_FRAME_MOST)
		count = AUDIO_FRAME_MOST;
	fill_pending(file, count);
	here = file->pending_count < count ? file->pending_count : count;
	memcpy(samples, file->pending, here * sizeof(*samples));
	memset(samples + here, 0, (count - here) * sizeof(*samples));
	file->pending_count -= here;
	memmove(file->pending, file->pending + here, file->pending_count * sizeof(*samples));
}

/* A disk that is full ends the recording; the call goes on. */
static void
record(struct audio_file *file, const int16_t *samples, size_t count)
{
	uint8_t bytes[2 * (AUDIO_FRAME_MOST * CHANGE_MOST + CHANGE_MOST + 2)];
	size_t size = 2 * count;

	if (size > sizeof(bytes) || file->out_size + size > AUDIO_RECORD_MOST)
		return;
	for (size_t i = 0; i < count; i++) {
		bytes[2 * i] = (uint8_t)samples[i];
		bytes[2 * i + 1] = (uint8_t)((uint16_t)samples[i] >> 8);
	}
	if (!write_at(file->out, bytes, size, WAV_HEADER_SIZE + (off_t)file->out_size))
		return;
	file->out_size += (uint32_t)size;
	(void)!write_header(file);
}

static void
file_play(void *state, const int16_t *samples, size_t count)
{
	struct audio_file *file = state;
	int16_t changed[AUDIO_FRAME_MOST * CHANGE_MOST + CHANGE_MOST + 2];

	if (file->out < 0 || count > AUDIO_FRAME_MOST)
		return;
	if (file->out_change != NULL) {
		count = resampler_run(file->out_change, samples, count, changed);
		samples = changed;
	}
	record(file, samples, count);
}

const struct audio_kind audio_file = {
    "file", file_open, file_free, file_start, file_stop, file_capture, file_play};
