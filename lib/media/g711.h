/* SPDX-License-Identifier: Apache-2.0 */
/* lib/media/g711.h - ITU-T G.711: one sample, one byte, u-law and A-law. */
#ifndef MEDIA_G711_H
#define MEDIA_G711_H

#include <stdint.h>

enum { G711_ULAW_SILENCE = 0xff, G711_ALAW_SILENCE = 0xd5 };

uint8_t g711_ulaw_encode(int16_t sample);
int16_t g711_ulaw_decode(uint8_t code);
uint8_t g711_alaw_encode(int16_t sample);
int16_t g711_alaw_decode(uint8_t code);
#endif
