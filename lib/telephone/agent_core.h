/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_core.h - the inside of the agent, for its own files only. */
#ifndef TELEPHONE_AGENT_CORE_H
#define TELEPHONE_AGENT_CORE_H

#include "signalling/sdp.h"
#include "telephone/agent.h"

#define AGENT_ALLOW     "INVITE,ACK,CANCEL,BYE,OPTIONS,UPDATE,INFO,NOTIFY,REFER"
#define AGENT_SUPPORTED "replaces,timer,norefersub,X-cisco-callinfo,X-cisco-srtp-fallback"

enum { AGENT_ID_SIZE = 33 }; /* 16 random bytes in hex, with the NUL */

/* A call and what SIP needs of it. Free: facts.number 0. */
struct line_call {
	struct agent_call facts;
	struct sip_client *client; /* our INVITE, until its final answer */
	struct sip_server *server; /* theirs, until our final answer */
	struct sip_dialog *dialog;
	struct sdp_local local; /* our side: address, keys */
	struct media_plan plan; /* what runs; keys inside */
	struct buffer offer;    /* the INVITE that rings, kept until it is answered */
	bool media_open, planned;
	bool offered;        /* our offer is out in a 2xx: the ACK brings the answer */
	bool bye_after_ack;  /* hung up before the ACK came */
	bool reoffer;        /* a re-INVITE is to be sent when the dialog allows it */
	bool rekey;          /* ... with fresh keys */
	bool authorized;     /* the INVITE went out with credentials already */
	uint64_t reoffer_at; /* not before; glare */
	char number[AGENT_NUMBER_MOST + 1]; /* dialled */
	char call_id[AGENT_ID_SIZE], tag[AGENT_ID_SIZE];
};

struct agent_login {
	char call_id[AGENT_ID_SIZE], tag[AGENT_ID_SIZE];
	uint32_t cseq, expires_s, nonce_count;
	uint64_t refresh_at; /* UINT64_MAX: never */
	bool registered, under_way, authorized, ever;
};

struct agent {
	char device[AGENT_TEXT_SIZE], user[AGENT_TEXT_SIZE], display[AGENT_TEXT_SIZE],
	    auth_name[AGENT_TEXT_SIZE], auth_password[AGENT_TEXT_SIZE], manager[AGENT_TEXT_SIZE],
	    self[4 * AGENT_TEXT_SIZE], contact_parameters[4 * AGENT_TEXT_SIZE];
	enum level mode;
	unsigned suites, codecs;
	struct agent_seams seams;
	struct sip_stack *stack;
	struct sip_flow flow; /* id 0: none */
	struct agent_login login;
	struct line_call calls[AGENT_CALLS_MOST];
	unsigned last_number;
	bool report_under_way;
};

/* agent.c */
struct line_call *agent_find(struct agent *agent, unsigned number);
struct line_call *agent_call_of(struct agent *agent, const void *user);
void *agent_user_of(const struct line_call *call);
void agent_random_id(struct agent *agent, char id[AGENT_ID_SIZE]);
void agent_tell(struct agent *agent, struct line_call *call, enum agent_change change);
/* Computes the icon anew, and tells if it changed. The only place that does. */
void agent_refresh_icon(struct agent *agent, struct line_call *call);
/* Takes the level out of a message's Call-Info, if it has one. */
void agent_take_level(
    struct agent *agent, struct line_call *call, const struct sip_message *message);

/* agent_login.c */
void agent_register(struct agent *agent, uint64_t now);
/* Writes Authorization for a 401 or 407 into extra. */
enum fault agent_authorize(struct agent *agent, const struct sip_message *challenge,
    const char *method, const char *uri, struct sip_extra *extra, struct why *why) MUST_CHECK;

/* agent_call.c */
struct line_call *agent_call_new(struct agent *agent);
/* The end: media stops, keys are wiped, everyone is told. */
void agent_finish(struct agent *agent, struct line_call *call, enum call_cause cause, uint64_t now);
void agent_call_moved(
    struct agent *agent, struct line_call *call, enum call_event event, uint64_t now);
void agent_send_bye(struct agent *agent, struct sip_dialog *dialog, uint64_t now);
enum fault agent_send_invite(struct agent *agent, struct line_call *call,
    const struct sip_message *challenge, uint64_t now, struct why *why) MUST_CHECK;
/* The call of that number; 0: the only one it can mean. */
enum fault agent_meant(struct agent *agent, unsigned number, enum call_event event,
    struct line_call **call, struct why *why) MUST_CHECK;
/* One person, one conversation: the one that is up goes on hold. */
void agent_hold_others(struct agent *agent, const struct line_call *call, uint64_t now);

/* agent_change.c */
/* The connection is back: calls that outlived it ask how things stand. */
void agent_calls_back(struct agent *agent, uint64_t now);
void agent_reoffer(struct agent *agent, struct line_call *call, uint64_t now);
void agent_connected(struct agent *agent, struct line_call *call, uint64_t now);

/* agent_answer.c: what the peer asks */
void agent_on_request(void *arg, uint64_t flow, struct sip_server *server,
    struct sip_dialog *dialog, const struct sip_message *request, uint64_t now);
void agent_on_ack(
    void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now);
void agent_on_cancel(
    void *arg, struct sip_server *server, struct sip_dialog *dialog, const char *why, uint64_t now);
void agent_on_dialog_end(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now);
void agent_on_session(
    void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now);
enum fault agent_send_answer(
    struct agent *agent, struct line_call *call, uint64_t now, struct why *why) MUST_CHECK;

/* agent_media.c */
bool agent_secures(const struct agent *agent);
/* Our side of a new call: address, fresh keys. */
enum fault agent_media_prepare(
    struct agent *agent, struct line_call *call, struct why *why) MUST_CHECK;
/* Fresh keys for the next offer. */
enum fault agent_media_rekey(
    struct agent *agent, struct line_call *call, struct why *why) MUST_CHECK;
enum fault agent_media_offer(
    struct line_call *call, struct buffer *body, struct why *why) MUST_CHECK;
/* Their answer to our offer: media runs as agreed. */
enum fault agent_media_answered(struct agent *agent, struct line_call *call,
    const struct sip_message *message, struct why *why) MUST_CHECK;
/* Their offer; *body becomes our answer. run: at once, or only look whether it would do. */
enum fault agent_media_offered(struct agent *agent, struct line_call *call,
    const struct sip_message *message, bool run, struct buffer *body, struct why *why) MUST_CHECK;
/* What runs, without sound in either direction. */
void agent_media_silence(struct agent *agent, struct line_call *call);
void agent_media_finish(struct agent *agent, struct line_call *call);
#endif
