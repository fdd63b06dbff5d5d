/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/agent.h - the SIP side of a phone: its registration and its calls, over
 * signalling/sip_stack.h. No I/O and no clock: messages, keys and the time go in; messages,
 * media plans and changes come out through seams.
 *
 *     agent_new(&agent, &plan, &why);
 *     agent_open(agent, &flow, now);         a connection to the manager: registers
 *     agent_receive(agent, message, now);    and agent_tick() when agent_due() says
 *     agent_dial(agent, "1002", now, &number, &why);
 *     agent_lost(agent, now);                the connection is gone; calls keep their media
 *
 * Seams are called from within these functions and must not call back into them, except where
 * one says so. Times are milliseconds of the monotonic clock.
 */
#ifndef TELEPHONE_AGENT_H
#define TELEPHONE_AGENT_H

#include "media/media_stream.h"
#include "signalling/sip_stack.h"
#include "telephone/call.h"
#include "telephone/screen_text.h"

enum {
	AGENT_CALLS_MOST = SCREEN_CALLS_MOST,
	AGENT_EXPIRES_S = 3600, /* asked for in REGISTER */
	AGENT_LINGER_MS = 4000, /* an ended call stays visible so long */
	AGENT_NUMBER_MOST = 63, /* characters that can be dialled */
	AGENT_KEYS_MOST = 32,   /* key presses in one request */
	AGENT_TEXT_SIZE = 128,  /* of a name in the plan, with the NUL */
};

/* What happened to a call. */
enum agent_change {
	AGENT_CALL_STATE, /* its state, and with it perhaps everything else */
	AGENT_CALL_ICON,  /* lock, shield or nothing */
	AGENT_CALL_MEDIA, /* direction, codec or suite */
	AGENT_CALL_GONE,  /* its number means nothing any more */
};

/* One call, for people. */
struct agent_call {
	unsigned number; /* 1, 2 ...: the person's name for it */
	enum call_state state;
	enum call_cause cause;
	bool incoming;
	char party[SCREEN_PARTY_SIZE];
	enum level manager_says;
	bool signalling_up;
	bool media_secure; /* as told by agent_media_secure() */
	enum icon icon;
	bool held_by_peer;
	bool srtp;        /* negotiated, both ways */
	enum suite suite; /* if srtp */
	enum codec codec;
	uint64_t connected_ms; /* 0: not yet */
	uint64_t ended_ms;
};

struct agent_registration {
	bool registered;
	uint32_t expires_s;
	unsigned status;      /* of a refusal; 0: no answer */
	const char *sentence; /* why not; valid during the call */
};

struct agent_seams {
	void *arg;
	/* A view, valid during the call. May carry SDES keys: never log it. */
	void (*send)(void *arg, uint64_t flow, struct bytes message);
	void (*random)(void *arg, uint8_t *bytes, size_t count); /* unguessable */
	/* Binds the RTP socket of a new call. */
	enum fault (*media_open)(void *arg, unsigned call, struct address *local, struct why *why);
	/* Both ends are known, or changed. Keys inside: the agent wipes the plan. */
	enum fault (*media_run)(
	    void *arg, unsigned call, const struct media_plan *plan, struct why *why);
	void (*media_close)(void *arg, unsigned call);
	/* After every answer to REGISTER, and when none came. */
	void (*on_registration)(void *arg, const struct agent_registration *registration);
	void (*on_call)(void *arg, const struct agent_call *call, enum agent_change change);
	/* The manager asks us to begin again. */
	void (*on_reset)(void *arg, const char *action);
	/* What became of agent_report(). */
	void (*on_reported)(void *arg, bool received);
	/* Something that touches security was refused, for the pending audit. */
	void (*on_refused)(void *arg, const char *event, const char *sentence);
	/* The other party pressed a key: one of 0-9 * # A-D. May be NULL. */
	void (*on_key)(void *arg, unsigned call, char key);
};

/* All texts are copied. */
struct agent_plan {
	const char *device;                    /* "SEP001122334455" */
	const char *user;                      /* the line's number */
	const char *display;                   /* or "" */
	const char *auth_name, *auth_password; /* digest, if challenged; or "" */
	const char *manager;                   /* host of its URIs */
	enum level mode;                       /* of the security profile */
	unsigned suites;          /* SRTP suites offered in encrypted mode; set of 1 << suite */
	unsigned codecs;          /* set of 1 << codec */
	struct agent_seams seams; /* all set */
};

struct agent;

enum fault agent_new(
    struct agent **agent, const struct agent_plan *plan, struct why *why) MUST_CHECK;
/* Tells nobody; closes no media. Wipes what was secret. NULL is fine. */
void agent_free(struct agent *agent);

/* A new connection, in place of one that was lost; registers on it at once. */
enum fault agent_open(
    struct agent *agent, const struct sip_flow *flow, uint64_t now, struct why *why) MUST_CHECK;
/* The connection is gone: no lock is shown any more, media goes on. */
void agent_lost(struct agent *agent, uint64_t now);
/* One whole message from the connection. Whatever it holds, this copes. */
void agent_receive(struct agent *agent, struct bytes message, uint64_t now);
/* UINT64_MAX: nothing is due. */
uint64_t agent_due(const struct agent *agent);
void agent_tick(struct agent *agent, uint64_t now);
bool agent_registered(const struct agent *agent);

/* Keys of the person. call 0: the one it can only mean (the ringing, the connected ...). */
enum fault agent_dial(struct agent *agent, const char *number, uint64_t now, unsigned *call,
    struct why *why) MUST_CHECK;
enum fault agent_answer(
    struct agent *agent, unsigned call, uint64_t now, struct why *why) MUST_CHECK;
enum fault agent_hold(struct agent *agent, unsigned call, uint64_t now, struct why *why) MUST_CHECK;
enum fault agent_resume(
    struct agent *agent, unsigned call, uint64_t now, struct why *why) MUST_CHECK;
enum fault agent_hangup(
    struct agent *agent, unsigned call, uint64_t now, struct why *why) MUST_CHECK;
/* 0 to 9, *, #, A to D: to the other side of the connected call. */
enum fault agent_keys(
    struct agent *agent, unsigned call, const char *keys, uint64_t now, struct why *why) MUST_CHECK;

/* May this call's own stream light a lock (media/media_stream.h)? Told whenever it changes. */
void agent_media_secure(struct agent *agent, unsigned call, bool secure, uint64_t now);
/* Sends an audit report (policy/audit_report.h); on_reported follows. FAULT_UNEXPECTED when not
 * registered or one is under way. */
enum fault agent_report(
    struct agent *agent, struct bytes body, uint64_t now, struct why *why) MUST_CHECK;

size_t agent_calls(const struct agent *agent, struct agent_call calls[AGENT_CALLS_MOST]);
#endif
