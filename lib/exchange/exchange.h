/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/exchange.h - call control of one node: who is registered where, and the calls
 * between them. Connections, whole SIP messages and the time go in; messages, records and
 * changes come out through seams. No I/O and no clock in here.
 *
 * Single-threaded. Seams are called from within the exchange_...() functions and must not call
 * back into them. Times are milliseconds of the monotonic clock, except where a name says wall.
 */
#ifndef EXCHANGE_EXCHANGE_H
#define EXCHANGE_EXCHANGE_H

#include "base/audit.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/log.h"
#include "exchange/flow.h"
#include "exchange/subscriber.h"
#include "policy/level.h"

/* What we are willing to hold; past it a request is answered 503 or 403. */
struct exchange_limits {
	size_t flows;                        /* connections */
	size_t registrations;                /* bindings in all */
	size_t calls;                        /* at once */
	size_t per_line;                     /* phones registered for one line */
	size_t per_flow;                     /* lines on one connection */
	unsigned expires_least_s;            /* 423 below it */
	unsigned expires_most_s;             /* shortened to it */
	unsigned expires_default_s;          /* when the phone names none */
	unsigned ring_s;                     /* until an unanswered call ends with 480 */
	unsigned away_s;                     /* a phone's connection lost in mid-call: then BYE */
	unsigned session_s, session_least_s; /* RFC 4028: what we ask, and Min-SE */
	unsigned nonce_s;                    /* a digest nonce lives so long */
};
extern const struct exchange_limits exchange_limits_default;

/* A binding, as it is remembered across a restart. Plain data: no secrets. */
struct registration_record {
	char line[SUBSCRIBER_LINE_SIZE];
	char device[SUBSCRIBER_DEVICE_SIZE];
	char display[SUBSCRIBER_DISPLAY_SIZE];
	char contact[256];                /* the Contact URI, as registered */
	char call_id[128];                /* of its REGISTER */
	char user_agent[96];              /* "" when not said */
	char remote[ADDRESS_TEXT_SIZE];   /* where the connection came from */
	char common_name[FLOW_NAME_SIZE]; /* of the certificate it showed; "" */
	enum transport transport;
	struct profile profile; /* as it was at registration */
	uint64_t flow;          /* the connection */
	uint32_t cseq;
	bool certificate;   /* bound by certificate */
	bool digest;        /* proved by digest on this connection */
	bool callinfo;      /* X-cisco-callinfo in Supported */
	bool srtp_fallback; /* X-cisco-srtp-fallback in Supported */
	int64_t expires_wall_ms;
};

enum registration_change { REGISTRATION_ADDED, REGISTRATION_REFRESHED, REGISTRATION_REMOVED };

/* One side of a call, as it is remembered across a restart and shown. No keys in here. */
struct leg_record {
	char line[SUBSCRIBER_LINE_SIZE];
	char device[SUBSCRIBER_DEVICE_SIZE];
	char display[SUBSCRIBER_DISPLAY_SIZE];
	char call_id[128];
	char local_tag[64], remote_tag[128];
	char local_uri[160], remote_uri[160], remote_target[256];
	uint32_t local_cseq, remote_cseq;
	bool has_remote_cseq, uac;
	bool certificate, digest;
	bool callinfo, srtp_fallback, update;
	bool srtp_to_us, srtp_from_us;
	struct profile profile;
	enum transport transport;
	uint64_t flow;      /* 0: its connection is lost */
	uint32_t session_s; /* 0: no session timer on this leg */
	bool session_ours;  /* we refresh */
};

struct call_record {
	uint64_t id;
	int64_t started_wall_ms;
	int64_t answered_wall_ms; /* 0: not yet */
	enum level level;
	struct leg_record leg[2]; /* the caller, the called; [1] has no device until it answered */
};

enum call_change { CALL_STARTED, CALL_ANSWERED, CALL_CHANGED, CALL_ENDED };

struct exchange_seams {
	void *arg;
	/* A message for a connection: a view, valid during the call. May carry SDES keys. */
	void (*send)(void *arg, const struct flow *flow, struct bytes message);
	void (*close)(void *arg, const struct flow *flow, const char *reason);
	subscriber_find *find;
	subscriber_line_exists *line_exists;
	/* Unguessable bytes for tags, branches and nonces. */
	void (*random)(void *arg, uint8_t *bytes, size_t count);
	void (*audit)(void *arg, const struct audit_record *record);
	/* level: how loud. */
	void (*log)(void *arg, enum log_level level, const char *event,
	    const struct log_field *fields, size_t count);
	/* For calls.db. Refreshes are told at most every half lifetime. */
	void (*registration)(
	    void *arg, enum registration_change change, const struct registration_record *record);
	/* For calls.db. Only answered calls can be continued; CALL_STARTED is for information. */
	void (*call)(void *arg, enum call_change change, const struct call_record *record);
};

struct exchange_plan {
	const char *domain; /* host of our own URIs: "manager.example", "127.0.0.1" */
	const char *realm;  /* of digests; HA1s are made for it */
	struct exchange_limits limits;
	struct exchange_seams seams; /* all set */
};

struct exchange;

/* now_ms and wall_ms: the time of the two clocks at this moment. */
enum fault exchange_new(struct exchange **exchange, const struct exchange_plan *plan,
    uint64_t now_ms, int64_t wall_ms, struct why *why) MUST_CHECK;
/* Tells nobody; wipes what was secret. NULL is fine. */
void exchange_free(struct exchange *exchange);

/*
 * After a restart, before any flow is opened: what was remembered. A registration counts again
 * as soon as its connection is replayed with the same id, address and certificate name.
 */
enum fault exchange_restore_registration(struct exchange *exchange,
    const struct registration_record *record, struct why *why) MUST_CHECK;
enum fault exchange_restore_call(
    struct exchange *exchange, const struct call_record *record, struct why *why) MUST_CHECK;
/* Every edge has replayed: what did not come back is gone. */
void exchange_restored(struct exchange *exchange, uint64_t now_ms);

/* A connection exists (again). FAULT_LIMIT: close it. */
enum fault exchange_open(struct exchange *exchange, const struct flow *flow, uint64_t now_ms,
    struct why *why) MUST_CHECK;
/* A whole message from it: SIP, or a keep-alive of blanks. Whatever it holds, this copes. */
void exchange_message(
    struct exchange *exchange, uint64_t flow, struct bytes message, uint64_t now_ms);
void exchange_closed(struct exchange *exchange, uint64_t flow, const char *reason, uint64_t now_ms);

/* The same for every connection that this edge held. */
void exchange_closed_holder(
    struct exchange *exchange, unsigned holder, const char *reason, uint64_t now_ms);

/* The operator changed phones, profiles or users: what is registered is checked anew, bit by bit;
 * what may not be there any more is removed and its connection closed. */
void exchange_configuration_changed(struct exchange *exchange);

/* Milliseconds until exchange_tick() has something to do; at most one minute. */
uint64_t exchange_due(const struct exchange *exchange, uint64_t now_ms);
void exchange_tick(struct exchange *exchange, uint64_t now_ms);

/* What is there, for people. Views are valid during the handler; false stops. */
typedef bool exchange_registration_handler(void *arg, const struct registration_record *record);
typedef bool exchange_call_handler(void *arg, const struct call_record *record);
void exchange_each_registration(
    const struct exchange *exchange, exchange_registration_handler *handler, void *arg);
void exchange_each_call(const struct exchange *exchange, exchange_call_handler *handler, void *arg);
/* Why a call has its level: each leg's facts in words, and the leg that decided. */
enum fault exchange_why(const struct exchange *exchange, uint64_t call, struct buffer *json,
    struct why *why) MUST_CHECK;
#endif
