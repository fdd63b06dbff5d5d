/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/audio_test.c - WAVE files, rates, and the devices that need no hardware. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/audio_device.h"
#include "media/resample.h"
#include "media/wav.h"
#include "media_test.h"
#include "sound_test.h"
#include "storage/storage.h"
#include "tests.h"

enum { ROOM = 48000 * 4 };

static char folder[] = "/tmp/ringfence-audio-XXXXXX";

static const char *
path_of(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % COUNT(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

#define FORMAT "52494646 ffffffff 57415645 666d7420 10000000 0100"

static const struct {
	const char *says, *hex;
	enum fault fault;
	size_t samples;
} files[] = {
    {"two samples of mono", FORMAT "0100 401f0000 803e0000 0200 1000 64617461 04000000 01000200",
	FAULT_NONE, 2},
    {"a chunk nobody knows before",
	FORMAT "0100 401f0000 803e0000 0200 1000 4c495354 03000000 61626300 "
	       "64617461 02000000 0100",
	FAULT_NONE, 1},
    {"stereo counts pairs", FORMAT "0200 401f0000 803e0000 0400 1000 64617461 04000000 01000300",
	FAULT_NONE, 1},
    {"data longer than the file", FORMAT "0100 401f0000 803e0000 0200 1000 64617461 ffffff7f 0100",
	FAULT_NONE, 1},
    {"no data", FORMAT "0100 401f0000 803e0000 0200 1000", FAULT_MALFORMED, 0},
    {"data before the format", "52494646 ffffffff 57415645 64617461 02000000 0100", FAULT_MALFORMED,
	0},
    {"a format cut short", "52494646 ffffffff 57415645 666d7420 04000000 01000100", FAULT_MALFORMED,
	0},
    {"8 bits", FORMAT "0100 401f0000 803e0000 0200 0800 64617461 02000000 0100", FAULT_LIMIT, 0},
    {"three channels", FORMAT "0300 401f0000 803e0000 0200 1000 64617461 02000000 0100",
	FAULT_LIMIT, 0},
    {"4 kHz", FORMAT "0100 a00f0000 803e0000 0200 1000 64617461 02000000 0100", FAULT_LIMIT, 0},
    {"not a WAVE file", "89504e47", FAULT_MALFORMED, 0},
};

static void
wave_files_are_read_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		uint8_t bytes[128];
		size_t size = test_hex(files[i].hex, bytes, sizeof(bytes));
		struct wav wav = {.channels = 1};
		struct why why = {""};
		enum fault fault = wav_read(bytes_of(bytes, size), &wav, &why);

		if (fault != files[i].fault || wav_samples(&wav) != files[i].samples)
			fail_msg("%s: %s (%s)", files[i].says, fault_name(fault), why.text);
	}
}

static const unsigned rates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000};

static void
sound_keeps_its_shape_at_every_rate(void **state)
{
	static int16_t in[ROOM], out[ROOM], wanted[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++)
		for (unsigned to = 8000; to <= 48000; to += 40000) {
			size_t in_count = rates[i], count = 0, shift = 0;
			struct resampler *resampler = NULL;
			double found;
			struct why why;

			assert_accepted(resampler_new(&resampler, rates[i], to, &why), why);
			for (size_t n = 0; n < in_count; n++)
				in[n] = sound_at(n, rates[i]);
			for (size_t n = 0; n < in_count; n += 100)
				count += resampler_run(resampler, in + n,
				    in_count - n < 100 ? in_count - n : 100, out + count);
			for (size_t n = 0; n < to; n++)
				wanted[n] = sound_at(n, to);
			assert_true(count <= to + 1 && count + to / 50 > to);
			found = sound_likeness(wanted, count - 20, out, count, 4, &shift);
			if (found < 0.99)
				fail_msg("%u to %u Hz: likeness %.4f", rates[i], to, found);
			resampler_free(resampler);
		}
}

static struct audio_device *
device(const char *name)
{
	struct audio_device *device = NULL;
	struct why why;

	assert_accepted(audio_device_open(&device, name, &why), why);
	return device;
}

static struct audio_device *
file_device(const char *in, const char *out)
{
	char name[300];

	snprintf(name, sizeof(name), "file:%s,%s", in, out);
	return device(name);
}

/* One second, tick by tick, out of one device into another. */
static void
run(struct audio_device *from, struct audio_device *to, unsigned rate)
{
	size_t frame = rate / 50;
	int16_t samples[AUDIO_FRAME_MOST];

	for (unsigned tick = 0; tick < 50; tick++) {
		audio_device_capture(from, samples, frame);
		audio_device_play(to, samples, frame);
	}
}

static void
a_file_is_played_once_and_recorded(void **state)
{
	static int16_t recorded[ROOM], wanted[ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++)
		for (unsigned rate = 8000; rate <= 48000; rate += 40000) {
			struct audio_device *player, *recorder;
			unsigned found_rate;
			size_t count, shift = 0;
			struct why why;

			sound_write_wav(path_of("in.wav"), rates[i], 500);
			player = file_device(path_of("in.wav"), "");
			recorder = file_device("", path_of("out.wav"));
			assert_accepted(audio_device_start(player, rate, &why), why);
			assert_accepted(audio_device_start(recorder, rate, &why), why);
			run(player, recorder, rate);
			count = sound_read_wav(path_of("out.wav"), recorded, ROOM, &found_rate);
			assert_int_equal(found_rate, rate);
			assert_int_equal(count, rate);
			for (size_t n = 0; n < rate / 2; n++)
				wanted[n] = sound_at(n, rate);
			assert_true(sound_likeness(
					wanted, rate / 2 - 20, recorded, count, 4, &shift) > 0.99);
			for (size_t n = rate / 2 + 8; n < rate; n++)
				assert_int_equal(recorded[n], 0);
			audio_device_free(player);
			audio_device_free(recorder);
		}
}

static void
the_recording_is_whole_at_every_moment_and_keeps_its_rate(void **state)
{
	static int16_t recorded[ROOM];
	struct audio_device *recorder = file_device("", path_of("out.wav"));
	struct audio_device *silence = device("null");
	unsigned rate;
	struct why why;

	(void)state;
	assert_int_equal(sound_read_wav(path_of("out.wav"), recorded, ROOM, &rate), 0);
	assert_accepted(audio_device_start(recorder, 48000, &why), why);
	assert_accepted(audio_device_start(silence, 48000, &why), why);
	run(silence, recorder, 48000);
	assert_int_equal(sound_read_wav(path_of("out.wav"), recorded, ROOM, &rate), 48000);
	assert_int_equal(rate, 48000);
	/* A second call in another codec: the recording stays at its rate. */
	audio_device_stop(recorder);
	assert_accepted(audio_device_start(recorder, 8000, &why), why);
	run(silence, recorder, 8000);
	assert_in_range(sound_read_wav(path_of("out.wav"), recorded, ROOM, &rate), 95800, 96100);
	assert_int_equal(rate, 48000);
	audio_device_free(recorder);
	audio_device_free(silence);
}

static void
a_new_stream_plays_the_file_from_its_beginning(void **state)
{
	struct audio_device *player;
	int16_t first[160], again[160];
	struct why why;

	(void)state;
	sound_write_wav(path_of("in.wav"), 8000, 500);
	player = file_device(path_of("in.wav"), "");
	for (unsigned stream = 0; stream < 2; stream++) {
		assert_accepted(audio_device_start(player, 8000, &why), why);
		audio_device_capture(player, stream == 0 ? first : again, 160);
		audio_device_stop(player);
	}
	assert_memory_equal(first, again, sizeof(first));
	audio_device_capture(player, again, 160);
	for (size_t i = 0; i < 160; i++)
		assert_int_equal(again[i], 0); /* stopped: silence */
	audio_device_free(player);
}

static const struct {
	const char *name;
	enum fault fault;
	const char *words;
} wrong[] = {
    {"disc:x", FAULT_MALFORMED, "null, file:"},
    {"", FAULT_MALFORMED, "null, file:"},
    {"null:x", FAULT_MALFORMED, "takes no name"},
    {"alsa:", FAULT_MALFORMED, "wants the name"},
    {"file:/no/such/file.wav,", FAULT_MISSING, "/no/such/file.wav"},
    {"file:/etc/passwd,", FAULT_MALFORMED, "not a WAVE file"},
    {"file:,/no/such/folder/o.wav", FAULT_MISSING, "/no/such/folder"},
};

static void
a_device_that_cannot_be_opened_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct audio_device *device = NULL;
		struct why why = {""};

		assert_refused(audio_device_open(&device, wrong[i].name, &why), wrong[i].fault, why,
		    wrong[i].words);
		assert_null(device);
	}
}

static void
an_alsa_device_that_is_absent_is_refused_when_the_stream_starts(void **state)
{
	struct audio_device *alsa = device("alsa:ringfence-no-such-card");
	struct why why = {""};

	(void)state;
	assert_refused(
	    audio_device_start(alsa, 48000, &why), FAULT_MISSING, why, "ringfence-no-such-card");
	audio_device_free(alsa);
}

/* ALSA's own null device is there without any sound card. */
static void
an_alsa_device_takes_and_gives_frames_without_waiting(void **state)
{
	struct audio_device *alsa = device("alsa:null");
	int16_t samples[AUDIO_FRAME_MOST] = {0};
	struct why why = {""};

	(void)state;
	for (unsigned rate = 8000; rate <= 48000; rate += 40000) {
		assert_accepted(audio_device_start(alsa, rate, &why), why);
		for (unsigned tick = 0; tick < 50; tick++) {
			audio_device_play(alsa, samples, rate / 50);
			audio_device_capture(alsa, samples, rate / 50);
		}
		audio_device_stop(alsa);
	}
	audio_device_free(alsa);
}

static int
start(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	unlink(path_of("in.wav"));
	unlink(path_of("out.wav"));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wave_files_are_read_as_the_table_says),
	    cmocka_unit_test(sound_keeps_its_shape_at_every_rate),
	    cmocka_unit_test(a_file_is_played_once_and_recorded),
	    cmocka_unit_test(the_recording_is_whole_at_every_moment_and_keeps_its_rate),
	    cmocka_unit_test(a_new_stream_plays_the_file_from_its_beginning),
	    cmocka_unit_test(a_device_that_cannot_be_opened_says_why),
	    cmocka_unit_test(an_alsa_device_takes_and_gives_frames_without_waiting),
	    cmocka_unit_test(an_alsa_device_that_is_absent_is_refused_when_the_stream_starts),
	};

	return cmocka_run_group_tests(tests, start, end);
}
