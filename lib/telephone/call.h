/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/call.h - one call as the person at the phone knows it: its state, and what each
 * key press or message makes of it. A table; bytes and sound are the agent's.
 */
#ifndef TELEPHONE_CALL_H
#define TELEPHONE_CALL_H

#include <stdbool.h>

#include "base/fault.h"

enum call_state {
	CALL_IDLE,
	CALL_DIALLING,  /* INVITE is out */
	CALL_RING_OUT,  /* the other phone rings */
	CALL_RINGING,   /* we ring */
	CALL_ANSWERING, /* our 200 is out, its ACK not here yet */
	CALL_CONNECTED,
	CALL_HELD, /* by us */
	CALL_ENDED,
	CALL_STATES
};

enum call_event {
	/* Keys. */
	CALL_DIAL,
	CALL_ANSWER,
	CALL_HOLD,
	CALL_RESUME,
	CALL_HANGUP,
	/* Messages. */
	CALL_OFFERED,    /* an INVITE came */
	CALL_PROGRESS,   /* 180 or 183 */
	CALL_ACCEPTED,   /* 200 to our INVITE */
	CALL_CONFIRMED,  /* ACK to our 200 */
	CALL_REFUSED,    /* 3xx to 6xx, no answer, or a transport that failed */
	CALL_CANCELLED,  /* CANCEL of the INVITE that rings */
	CALL_REMOTE_END, /* BYE */
	CALL_EVENTS
};

enum call_wish {
	CALL_NO_WISH,
	CALL_SEND_INVITE,
	CALL_SEND_RINGING,
	CALL_SEND_ANSWER,
	CALL_SEND_HOLD,
	CALL_SEND_RESUME,
	CALL_SEND_CANCEL,
	CALL_SEND_DECLINE,
	CALL_SEND_BYE,
	CALL_START_MEDIA, /* and ACK what has to be */
	CALL_STOP_MEDIA,
	CALL_WISHES
};

/* Why a call ended, for the screen, events and --json. */
enum call_cause {
	CALL_CAUSE_NONE,
	CALL_CAUSE_LOCAL,     /* we hung up */
	CALL_CAUSE_REMOTE,    /* they hung up */
	CALL_CAUSE_CANCELLED, /* they gave up before we answered */
	CALL_CAUSE_DECLINED,
	CALL_CAUSE_BUSY,
	CALL_CAUSE_NOT_FOUND,
	CALL_CAUSE_NO_ANSWER,
	CALL_CAUSE_FORBIDDEN,
	CALL_CAUSE_MEDIA,      /* no common codec or SRTP suite, or no keys where they must be */
	CALL_CAUSE_SIGNALLING, /* the manager cannot be reached */
	CALL_CAUSE_FAILED,     /* anything else */
	CALL_CAUSES
};

/* An event the state does not expect is FAULT_UNEXPECTED and changes nothing. */
enum fault call_move(enum call_state *state, enum call_event event, enum call_wish *wish,
    struct why *why) MUST_CHECK;
/* Two parties exist and the person may speak, or could after resuming. */
bool call_is_up(enum call_state state);
/* The cause that a final SIP status stands for. */
enum call_cause call_cause_of_status(unsigned status);
const char *call_state_name(enum call_state state); /* "ring-out" */
const char *call_event_name(enum call_event event);
const char *call_cause_name(enum call_cause cause); /* "busy" */
#endif
