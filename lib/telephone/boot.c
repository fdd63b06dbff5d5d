/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/boot.c - every permitted move of the boot, the rest refused. */
#include "telephone/boot.h"

#include <stddef.h>

/* Stands for any state but BOOT_OFF; read after the rows of the state itself. */
enum { ANY = BOOT_STATES };

static const struct {
	unsigned from;
	enum boot_event on;
	enum boot_wish wish;
	enum boot_state to;
} moves[] = {
    {BOOT_OFF, BOOT_START, BOOT_FIND_SERVER, BOOT_SEEKING},

    /* Without a file server the stored files count, if they are still verified. */
    {BOOT_SEEKING, BOOT_DONE, BOOT_FETCH_CTL, BOOT_CTL},
    {BOOT_SEEKING, BOOT_FAILED, BOOT_FETCH_CONFIGURATION, BOOT_CONFIGURATION},

    /* A list that was refused leaves the old one in force; the files that follow will tell. */
    {BOOT_CTL, BOOT_DONE, BOOT_FETCH_ITL, BOOT_ITL},
    {BOOT_CTL, BOOT_FAILED, BOOT_FETCH_ITL, BOOT_ITL},
    {BOOT_ITL, BOOT_DONE, BOOT_FETCH_CONFIGURATION, BOOT_CONFIGURATION},
    {BOOT_ITL, BOOT_FAILED, BOOT_FETCH_CONFIGURATION, BOOT_CONFIGURATION},

    {BOOT_CONFIGURATION, BOOT_DONE, BOOT_CONNECT, BOOT_CONNECTING},
    {BOOT_CONFIGURATION, BOOT_CERTIFICATE_WANTED, BOOT_RUN_ENROLMENT, BOOT_ENROLLING},
    {BOOT_CONFIGURATION, BOOT_FAILED, BOOT_WAIT, BOOT_WAITING},

    /* Without an LSC the MIC still proves who we are; the manager decides whether it will do. */
    {BOOT_ENROLLING, BOOT_DONE, BOOT_CONNECT, BOOT_CONNECTING},
    {BOOT_ENROLLING, BOOT_FAILED, BOOT_CONNECT, BOOT_CONNECTING},
    {BOOT_ENROLLING, BOOT_LOST, BOOT_NOTHING, BOOT_ENROLLING},

    {BOOT_CONNECTING, BOOT_OPENED, BOOT_REGISTER, BOOT_REGISTERING},
    {BOOT_CONNECTING, BOOT_LOST, BOOT_PAUSE, BOOT_PAUSED},
    {BOOT_REGISTERING, BOOT_ACCEPTED, BOOT_SERVE, BOOT_REGISTERED},
    {BOOT_REGISTERING, BOOT_LOST, BOOT_PAUSE, BOOT_PAUSED},
    {BOOT_REGISTERED, BOOT_LOST, BOOT_PAUSE, BOOT_PAUSED},
    {BOOT_PAUSED, BOOT_DUE, BOOT_CONNECT, BOOT_CONNECTING},
    {BOOT_PAUSED, BOOT_STALE, BOOT_FIND_SERVER, BOOT_SEEKING},
    {BOOT_WAITING, BOOT_DUE, BOOT_FIND_SERVER, BOOT_SEEKING},

    /* Only with a configuration is it known where CAPF is. */
    {BOOT_CONNECTING, BOOT_ENROL, BOOT_RUN_ENROLMENT, BOOT_ENROLLING},
    {BOOT_REGISTERING, BOOT_ENROL, BOOT_RUN_ENROLMENT, BOOT_ENROLLING},
    {BOOT_REGISTERED, BOOT_ENROL, BOOT_RUN_ENROLMENT, BOOT_ENROLLING},
    {BOOT_PAUSED, BOOT_ENROL, BOOT_RUN_ENROLMENT, BOOT_ENROLLING},

    {ANY, BOOT_RESET, BOOT_FIND_SERVER, BOOT_SEEKING},
};

static const char *const state_names[BOOT_STATES] = {
    [BOOT_OFF] = "off",
    [BOOT_SEEKING] = "seeking file server",
    [BOOT_CTL] = "fetching CTL",
    [BOOT_ITL] = "fetching ITL",
    [BOOT_CONFIGURATION] = "fetching configuration",
    [BOOT_ENROLLING] = "enrolling",
    [BOOT_CONNECTING] = "connecting",
    [BOOT_REGISTERING] = "registering",
    [BOOT_REGISTERED] = "registered",
    [BOOT_PAUSED] = "pausing before the next connection",
    [BOOT_WAITING] = "waiting before the next start",
};

static const char *const event_names[BOOT_EVENTS] = {
    [BOOT_START] = "start",
    [BOOT_DONE] = "done",
    [BOOT_FAILED] = "failed",
    [BOOT_CERTIFICATE_WANTED] = "certificate wanted",
    [BOOT_OPENED] = "connected",
    [BOOT_ACCEPTED] = "registered",
    [BOOT_LOST] = "connection lost",
    [BOOT_DUE] = "time is up",
    [BOOT_STALE] = "files may be out of date",
    [BOOT_ENROL] = "enrolment asked for",
    [BOOT_RESET] = "reset asked for",
};

static const char *const wish_names[BOOT_WISHES] = {
    [BOOT_NOTHING] = "nothing",
    [BOOT_FIND_SERVER] = "find the file server",
    [BOOT_FETCH_CTL] = "fetch the CTL",
    [BOOT_FETCH_ITL] = "fetch the ITL",
    [BOOT_FETCH_CONFIGURATION] = "fetch the configuration",
    [BOOT_RUN_ENROLMENT] = "enrol",
    [BOOT_CONNECT] = "connect to the manager",
    [BOOT_REGISTER] = "register",
    [BOOT_SERVE] = "serve calls",
    [BOOT_PAUSE] = "pause",
    [BOOT_WAIT] = "wait",
};

enum fault
boot_handle(struct boot *boot, enum boot_event event, enum boot_wish *wish, struct why *why)
{
	for (size_t i = 0; i < COUNT(moves); i++) {
		if (moves[i].on != event)
			continue;
		if (moves[i].from != boot->state &&
		    (moves[i].from != ANY || boot->state == BOOT_OFF))
			continue;
		*wish = moves[i].wish;
		boot->state = moves[i].to;
		return FAULT_NONE;
	}
	return explain(why, FAULT_UNEXPECTED, "%s while %s", boot_event_name(event),
	    boot_state_name(boot->state));
}

const char *
boot_state_name(enum boot_state state)
{
	return (unsigned)state < BOOT_STATES ? state_names[state] : "no state";
}

const char *
boot_event_name(enum boot_event event)
{
	return (unsigned)event < BOOT_EVENTS ? event_names[event] : "no event";
}

const char *
boot_wish_name(enum boot_wish wish)
{
	return (unsigned)wish < BOOT_WISHES ? wish_names[wish] : "no wish";
}
