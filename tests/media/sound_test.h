/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/sound_test.h - sounds to play, and how alike two recordings are. */
#ifndef TESTS_MEDIA_SOUND_TEST_H
#define TESTS_MEDIA_SOUND_TEST_H

#include <stddef.h>
#include <stdint.h>

/* A mono WAVE file of a sound whose pitch climbs, so that only one alignment fits. */
void sound_write_wav(const char *path, unsigned rate, unsigned ms);
/* The samples of a WAVE file; returns how many. */
size_t sound_read_wav(const char *path, int16_t *samples, size_t room, unsigned *rate);
/* Sample i of that sound. */
int16_t sound_at(size_t i, unsigned rate);
/* Correlation of a with the part of b that fits best, at shifts from 0 to most. */
double sound_likeness(
    const int16_t *a, size_t a_count, const int16_t *b, size_t b_count, size_t most, size_t *shift);
#endif
