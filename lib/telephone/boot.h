/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/boot.h - from power-on to registered, and back after every loss: which step
 * follows which. A table; it does nothing itself. The program carries out each wish and answers
 * with one event.
 *
 * There is no move to a less secure transport: the wish to connect is the same after a loss as
 * at the beginning, and its transport stands in the verified configuration.
 */
#ifndef TELEPHONE_BOOT_H
#define TELEPHONE_BOOT_H

#include "base/fault.h"

enum boot_state {
	BOOT_OFF,
	BOOT_SEEKING, /* the file server */
	BOOT_CTL,     /* fetching, verifying, storing */
	BOOT_ITL,
	BOOT_CONFIGURATION,
	BOOT_ENROLLING,  /* a CAPF session */
	BOOT_CONNECTING, /* to the manager */
	BOOT_REGISTERING,
	BOOT_REGISTERED,
	BOOT_PAUSED,  /* before the next connection */
	BOOT_WAITING, /* before everything again: there is no usable configuration */
	BOOT_STATES
};

enum boot_event {
	BOOT_START,
	BOOT_DONE,               /* the step (fetching, enrolling) succeeded */
	BOOT_FAILED,             /* it did not; what was stored before stays in force */
	BOOT_CERTIFICATE_WANTED, /* the configuration is good and asks for a CAPF session first */
	/* The connection tells for itself: what an earlier one still says, after a reset, must not
	 * be taken for the end of another step. */
	BOOT_OPENED,   /* the connection to the manager */
	BOOT_ACCEPTED, /* the registration on it */
	BOOT_LOST,     /* one or the other, or neither could be had */
	BOOT_DUE,      /* the waiting time is over */
	BOOT_STALE,    /* ... and so many attempts failed that files may be out of date */
	BOOT_ENROL,    /* a person or the manager asks for a CAPF session now */
	BOOT_RESET,    /* a person or the manager asks to begin again */
	BOOT_EVENTS
};

enum boot_wish {
	BOOT_NOTHING,
	BOOT_FIND_SERVER,
	BOOT_FETCH_CTL,
	BOOT_FETCH_ITL,
	BOOT_FETCH_CONFIGURATION,
	BOOT_RUN_ENROLMENT,
	BOOT_CONNECT, /* dropping a connection that may still be there */
	BOOT_REGISTER,
	BOOT_SERVE, /* registered: calls may come and go */
	BOOT_PAUSE, /* back-off, then BOOT_DUE or BOOT_STALE */
	BOOT_WAIT,  /* back-off, then BOOT_DUE */
	BOOT_WISHES
};

struct boot {
	enum boot_state state; /* zero is BOOT_OFF */
};

/* An event the state does not expect is FAULT_UNEXPECTED and changes nothing. */
enum fault boot_handle(
    struct boot *boot, enum boot_event event, enum boot_wish *wish, struct why *why) MUST_CHECK;
/* "seeking file server", ...: for logs and --json. */
const char *boot_state_name(enum boot_state state);
const char *boot_event_name(enum boot_event event);
const char *boot_wish_name(enum boot_wish wish);
#endif
