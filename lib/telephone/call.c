/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/call.c - every permitted move of a call, the rest refused. */
#include "telephone/call.h"

#include <stddef.h>

static const struct {
	enum call_state from;
	enum call_event on;
	enum call_wish wish;
	enum call_state to;
} moves[] = {
    /* We call. */
    {CALL_IDLE, CALL_DIAL, CALL_SEND_INVITE, CALL_DIALLING},
    {CALL_DIALLING, CALL_PROGRESS, CALL_NO_WISH, CALL_RING_OUT},
    {CALL_DIALLING, CALL_ACCEPTED, CALL_START_MEDIA, CALL_CONNECTED},
    {CALL_DIALLING, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_DIALLING, CALL_HANGUP, CALL_SEND_CANCEL, CALL_ENDED},
    {CALL_RING_OUT, CALL_PROGRESS, CALL_NO_WISH, CALL_RING_OUT},
    {CALL_RING_OUT, CALL_ACCEPTED, CALL_START_MEDIA, CALL_CONNECTED},
    {CALL_RING_OUT, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_RING_OUT, CALL_HANGUP, CALL_SEND_CANCEL, CALL_ENDED},
    {CALL_RING_OUT, CALL_REMOTE_END, CALL_STOP_MEDIA, CALL_ENDED},

    /* We are called. */
    {CALL_IDLE, CALL_OFFERED, CALL_SEND_RINGING, CALL_RINGING},
    {CALL_RINGING, CALL_ANSWER, CALL_SEND_ANSWER, CALL_ANSWERING},
    {CALL_RINGING, CALL_HANGUP, CALL_SEND_DECLINE, CALL_ENDED},
    {CALL_RINGING, CALL_CANCELLED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_RINGING, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_RINGING, CALL_REMOTE_END, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_ANSWERING, CALL_CONFIRMED, CALL_START_MEDIA, CALL_CONNECTED},
    {CALL_ANSWERING, CALL_HANGUP, CALL_SEND_BYE, CALL_ENDED},
    {CALL_ANSWERING, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_ANSWERING, CALL_REMOTE_END, CALL_STOP_MEDIA, CALL_ENDED},
    /* A CANCEL that crossed our 200 comes too late (RFC 3261 9.2). */
    {CALL_ANSWERING, CALL_CANCELLED, CALL_NO_WISH, CALL_ANSWERING},

    /* We speak. */
    {CALL_CONNECTED, CALL_HOLD, CALL_SEND_HOLD, CALL_HELD},
    {CALL_CONNECTED, CALL_HANGUP, CALL_SEND_BYE, CALL_ENDED},
    {CALL_CONNECTED, CALL_REMOTE_END, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_CONNECTED, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_CONNECTED, CALL_CONFIRMED, CALL_NO_WISH, CALL_CONNECTED},
    {CALL_HELD, CALL_RESUME, CALL_SEND_RESUME, CALL_CONNECTED},
    {CALL_HELD, CALL_HANGUP, CALL_SEND_BYE, CALL_ENDED},
    {CALL_HELD, CALL_REMOTE_END, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_HELD, CALL_REFUSED, CALL_STOP_MEDIA, CALL_ENDED},
    {CALL_HELD, CALL_CONFIRMED, CALL_NO_WISH, CALL_HELD},
};

static const char *const state_names[CALL_STATES] = {
    [CALL_IDLE] = "idle",
    [CALL_DIALLING] = "dialling",
    [CALL_RING_OUT] = "ring-out",
    [CALL_RINGING] = "ringing",
    [CALL_ANSWERING] = "answering",
    [CALL_CONNECTED] = "connected",
    [CALL_HELD] = "held",
    [CALL_ENDED] = "ended",
};

static const char *const event_names[CALL_EVENTS] = {
    [CALL_DIAL] = "dial",
    [CALL_ANSWER] = "answer",
    [CALL_HOLD] = "hold",
    [CALL_RESUME] = "resume",
    [CALL_HANGUP] = "hang up",
    [CALL_OFFERED] = "offer",
    [CALL_PROGRESS] = "progress",
    [CALL_ACCEPTED] = "acceptance",
    [CALL_CONFIRMED] = "confirmation",
    [CALL_REFUSED] = "refusal",
    [CALL_CANCELLED] = "cancellation",
    [CALL_REMOTE_END] = "remote end",
};

static const char *const cause_names[CALL_CAUSES] = {
    [CALL_CAUSE_NONE] = "none",
    [CALL_CAUSE_LOCAL] = "local",
    [CALL_CAUSE_REMOTE] = "remote",
    [CALL_CAUSE_CANCELLED] = "cancelled",
    [CALL_CAUSE_DECLINED] = "declined",
    [CALL_CAUSE_BUSY] = "busy",
    [CALL_CAUSE_NOT_FOUND] = "not-found",
    [CALL_CAUSE_NO_ANSWER] = "no-answer",
    [CALL_CAUSE_FORBIDDEN] = "forbidden",
    [CALL_CAUSE_MEDIA] = "no-common-media",
    [CALL_CAUSE_SIGNALLING] = "no-manager",
    [CALL_CAUSE_FAILED] = "failed",
};

enum fault
call_move(enum call_state *state, enum call_event event, enum call_wish *wish, struct why *why)
{
	for (size_t i = 0; i < COUNT(moves); i++) {
		if (moves[i].from != *state || moves[i].on != event)
			continue;
		*wish = moves[i].wish;
		*state = moves[i].to;
		return FAULT_NONE;
	}
	return explain(why, FAULT_UNEXPECTED, "%s while the call is %s", call_event_name(event),
	    call_state_name(*state));
}

bool
call_is_up(enum call_state state)
{
	return state == CALL_CONNECTED || state == CALL_HELD;
}

enum call_cause
call_cause_of_status(unsigned status)
{
	static const struct {
		unsigned status;
		enum call_cause cause;
	} causes[] = {
	    {403, CALL_CAUSE_FORBIDDEN},
	    {404, CALL_CAUSE_NOT_FOUND},
	    {408, CALL_CAUSE_NO_ANSWER},
	    {410, CALL_CAUSE_NOT_FOUND},
	    {480, CALL_CAUSE_NO_ANSWER},
	    {484, CALL_CAUSE_NOT_FOUND},
	    {486, CALL_CAUSE_BUSY},
	    {487, CALL_CAUSE_CANCELLED},
	    {488, CALL_CAUSE_MEDIA},
	    {503, CALL_CAUSE_SIGNALLING},
	    {600, CALL_CAUSE_BUSY},
	    {603, CALL_CAUSE_DECLINED},
	    {604, CALL_CAUSE_NOT_FOUND},
	    {606, CALL_CAUSE_MEDIA},
	};

	for (size_t i = 0; i < COUNT(causes); i++)
		if (causes[i].status == status)
			return causes[i].cause;
	return CALL_CAUSE_FAILED;
}

const char *
call_state_name(enum call_state state)
{
	return (unsigned)state < CALL_STATES ? state_names[state] : "no state";
}

const char *
call_event_name(enum call_event event)
{
	return (unsigned)event < CALL_EVENTS ? event_names[event] : "no event";
}

const char *
call_cause_name(enum call_cause cause)
{
	return (unsigned)cause < CALL_CAUSES ? cause_names[cause] : "no cause";
}
