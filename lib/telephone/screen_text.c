/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/screen_text.c - draws the screen as text. */
#include "telephone/screen_text.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

static const enum message call_messages[CALL_STATES] = {
    [CALL_IDLE] = MESSAGE_READY,
    [CALL_DIALLING] = MESSAGE_DIALLING,
    [CALL_RING_OUT] = MESSAGE_RING_OUT,
    [CALL_RINGING] = MESSAGE_INCOMING,
    [CALL_ANSWERING] = MESSAGE_CONNECTED,
    [CALL_CONNECTED] = MESSAGE_CONNECTED,
    [CALL_HELD] = MESSAGE_HELD,
    [CALL_ENDED] = MESSAGE_ENDED,
};

static const enum message spoken_levels[] = {
    [ICON_NONE] = MESSAGE_PLAIN_CALL,
    [ICON_SHIELD] = MESSAGE_AUTHENTICATED_CALL,
    [ICON_LOCK] = MESSAGE_SECURE_CALL,
};

const char *
screen_timer(uint32_t seconds, char text[16])
{
	unsigned hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;

	if (hours > 0)
		snprintf(text, 16, "%u:%02u:%02u", hours, minutes, rest);
	else
		snprintf(text, 16, "%02u:%02u", minutes, rest);
	return text;
}

static char *
next_line(struct screen_text *text)
{
	return text->lines[text->count++];
}

/* Left and right in one line of SCREEN_COLUMNS; the right never disappears. */
static void
write_both(char *line, const char *left, const char *right)
{
	int room = SCREEN_COLUMNS - (int)strlen(right);

	snprintf(line, SCREEN_LINE_SIZE, "%-*.*s%.*s", room, room, left, SCREEN_COLUMNS, right);
}

static const char *
party_of(const struct screen_call *call)
{
	return call->party[0] != '\0' ? call->party : message_text(MESSAGE_UNKNOWN_CALLER);
}

static void
draw_header(const struct screen_facts *facts, struct screen_text *text)
{
	char left[SCREEN_LINE_SIZE], right[SCREEN_LINE_SIZE] = "";

	snprintf(left, sizeof(left), "%s  %s", facts->device, facts->extension);
	if (facts->phone_secured)
		snprintf(right, sizeof(right), " [%s]", message_text(MESSAGE_PHONE_SECURED));
	write_both(next_line(text), left, right);
}

/* "<timer> <icon>": whatever is known of the call's security stands right of the timer. */
static void
draw_call(const struct screen_call *call, struct screen_text *text)
{
	char timer[16];

	snprintf(next_line(text), SCREEN_LINE_SIZE, "%u %-13s %.60s", call->number,
	    message_text(call_messages[call->state]), party_of(call));
	if (!call_is_up(call->state))
		return;
	screen_timer(call->seconds, timer);
	if (call->icon == ICON_NONE)
		snprintf(next_line(text), SCREEN_LINE_SIZE, "  %s", timer);
	else
		snprintf(
		    next_line(text), SCREEN_LINE_SIZE, "  %s [%s]", timer, icon_name(call->icon));
}

static void
speak_call(const struct screen_call *call, struct buffer *spoken)
{
	buffer_format(spoken, "%s, %s", message_text(call_messages[call->state]), party_of(call));
	if (call_is_up(call->state))
		buffer_format(spoken, ", %u seconds, %s", call->seconds,
		    message_text(spoken_levels[call->icon]));
	buffer_text(spoken, ". ");
}

static void
speak(const struct screen_facts *facts, size_t calls, struct screen_text *text)
{
	struct buffer spoken;

	buffer_init(&spoken, SCREEN_SPOKEN_SIZE - 1);
	if (facts->phone_secured)
		buffer_format(&spoken, "%s. ", message_text(MESSAGE_PHONE_SECURED));
	buffer_format(&spoken, "%s. ", message_text(facts->state));
	for (size_t i = 0; i < calls; i++)
		speak_call(&facts->calls[i], &spoken);
	snprintf(text->spoken, sizeof(text->spoken), "%s", buffer_text_of(&spoken));
	buffer_finish(&spoken);
}

void
screen_text_draw(const struct screen_facts *facts, struct screen_text *text)
{
	size_t calls = facts->call_count;

	if (calls > SCREEN_CALLS_MOST)
		calls = SCREEN_CALLS_MOST;
	memset(text, 0, sizeof(*text));
	draw_header(facts, text);
	snprintf(next_line(text), SCREEN_LINE_SIZE, "%s", message_text(facts->state));
	for (size_t i = 0; i < calls; i++)
		draw_call(&facts->calls[i], text);
	if (facts->status != NULL)
		snprintf(next_line(text), SCREEN_LINE_SIZE, "%.*s", SCREEN_COLUMNS, facts->status);
	speak(facts, calls, text);
}
