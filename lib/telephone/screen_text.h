/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/screen_text.h - what stands on the phone's screen, as lines of text: for the
 * terminal, for ringfencectl, for tests and for a screen reader.
 *
 *     SEP001122334455  1001    [phone secured]
 *     Ready
 *     1 Connected     1002 Beate
 *       00:42 [lock]
 *
 * "[phone secured]" speaks of this phone; the lock to the right of a call's duration timer
 * speaks of that call.
 */
#ifndef TELEPHONE_SCREEN_TEXT_H
#define TELEPHONE_SCREEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/level.h"
#include "telephone/call.h"
#include "telephone/messages.h"

enum {
	SCREEN_COLUMNS = 48,
	SCREEN_CALLS_MOST = 4,
	SCREEN_LINES_MOST = 3 + 2 * SCREEN_CALLS_MOST,
	SCREEN_LINE_SIZE = 4 * SCREEN_COLUMNS + 1, /* UTF-8, with the NUL */
	SCREEN_SPOKEN_SIZE = 512,
	SCREEN_PARTY_SIZE = 64,
};

struct screen_call {
	unsigned number; /* as the person and the control commands name it: 1, 2 ... */
	enum call_state state;
	enum call_cause cause;         /* if ended */
	char party[SCREEN_PARTY_SIZE]; /* number, or number and name; "" unknown */
	uint32_t seconds;              /* since it was connected; 0 before */
	enum icon icon;
};

struct screen_facts {
	const char *device;    /* SEP name */
	const char *extension; /* "" before the configuration is known */
	bool phone_secured;
	enum message state; /* a MESSAGE_... for the second line */
	const char *status; /* the newest status message while it is worth showing, or NULL */
	struct screen_call calls[SCREEN_CALLS_MOST];
	size_t call_count;
};

struct screen_text {
	char lines[SCREEN_LINES_MOST][SCREEN_LINE_SIZE];
	size_t count;
	/* The same for a screen reader: "Connected, 1002 Beate, 42 seconds, secure call." */
	char spoken[SCREEN_SPOKEN_SIZE];
};

void screen_text_draw(const struct screen_facts *facts, struct screen_text *text);
/* "00:42", "1:02:03" */
const char *screen_timer(uint32_t seconds, char text[16]);
#endif
