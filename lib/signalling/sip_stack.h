/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_stack.h - one SIP endpoint: transactions and dialogs over flows, without
 * I/O and without a clock. The phone has one, `call` has one.
 *
 *     sip_stack_open(stack, &flow, &why);                        a connection exists
 *     sip_stack_receive(stack, flow_id, bytes, now);             a whole message came
 *     sip_stack_tick(stack, now);  at the latest at sip_stack_due(stack)
 *     sip_stack_close(stack, flow_id, now);                      the connection is gone
 *
 * Calling:
 *     plan = (struct sip_request){ .method = SIP_METHOD_INVITE, .flow = id, .uri = "sip:1001@host",
 *         .from = "\"Ann\" <sip:1000@host>", .to = "<sip:1001@host>", .extra = &extra,
 *         .on_response = heard, .user = call };
 *     sip_stack_request(stack, &plan, now, &client, &why);
 *     heard(): response->status 1xx: ringing; >= 300: over; 2xx: dialog is confirmed;
 *         sip_stack_ack(stack, dialog, NULL, now, &why); afterwards
 *         sip_stack_request(stack, { .method = SIP_METHOD_BYE, .dialog = dialog, ...}) ends it.
 *     sip_stack_cancel(stack, client, now): a 487 then comes to heard() (or a 2xx that won the
 * race).
 *
 * Being called: on_request(..., server, dialog NULL, request);
 *     sip_stack_answer(stack, server, 180, NULL, NULL, now, &why);       makes the early dialog
 *     sip_stack_answer(stack, server, 200, NULL, &extra_sdp, now, &why);  repeated until on_ack
 *
 * Retransmissions, ACK of failures, 100, 487 after CANCEL, 481 for unknown dialogs, 400 ... for
 * nonsense are the stack's. A server transaction must be answered finally, now or later.
 *
 * Handlers are called from within the functions below and may call them back, freeing the
 * stack excepted. Messages are valid during the handler only. Times: milliseconds, never going
 * back.
 */
#ifndef SIGNALLING_SIP_STACK_H
#define SIGNALLING_SIP_STACK_H

#include "policy/address.h"
#include "policy/transport.h"
#include "signalling/sip_dialog.h"

struct sip_stack;
struct sip_client; /* a request of ours */
struct sip_server; /* a request of a peer's */

enum { SIP_TAG_SIZE = 24 }; /* of tags the stack makes, with the NUL */

struct sip_flow {
	uint64_t id; /* never 0, never used again */
	enum transport transport;
	struct address local;  /* stands in our Via and Contact */
	struct address remote; /* stands in received= and rport= */
};

/*
 * What became of a request: every response but 100, in order. response NULL: none will come
 * (why says why; RFC 3261 8.1.3.1 reads it as 408 or 503). dialog: of INVITE, the one this
 * response belongs to (each fork has its own), or the request's own; NULL when there is none
 * (REGISTER, or a failure outside a dialog). last: a final response, or none: client must not be
 * used after this call, and user never comes back. Of several phones that answer one INVITE the
 * first is told; the stack acknowledges and hangs up the others.
 */
struct sip_response_event {
	struct sip_client *client;
	void *user;
	const struct sip_message *response;
	struct sip_dialog *dialog;
	struct why why; /* when response is NULL */
	bool last;
};
typedef void sip_response_handler(void *arg, const struct sip_response_event *event, uint64_t now);

struct sip_stack_seams {
	void *arg;
	/* A view, valid during the call. May carry SDES keys: never log it. */
	void (*send)(void *arg, uint64_t flow, struct bytes message);
	void (*random)(void *arg, uint8_t *bytes, size_t count); /* unguessable */
	/*
	 * A request to answer: never ACK or CANCEL. dialog: the one it is in, or NULL. A BYE:
	 * answer it 200; its dialog ends then (after this handler). flow may differ from
	 * dialog->flow: whether that connection may speak for the dialog is the user's to judge.
	 */
	void (*on_request)(void *arg, uint64_t flow, struct sip_server *server,
	    struct sip_dialog *dialog, const struct sip_message *request, uint64_t now);
	/* The ACK for our 2xx. May be NULL. */
	void (*on_ack)(
	    void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now);
	/*
	 * A request we have not answered finally was cancelled, or lost its connection, or a BYE
	 * ended its dialog: it is answered already and server is gone after this call.
	 */
	void (*on_cancel)(void *arg, struct sip_server *server, struct sip_dialog *dialog,
	    const char *why, uint64_t now);
	/*
	 * A dialog is freed after this call: drop your pointer. why: "BYE", "the peer's BYE", "no
	 * ACK came", "session expired" ... Not called for those sip_stack_forget() drops.
	 */
	void (*on_dialog_end)(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now);
	/*
	 * Session timer: SIP_SESSION_REFRESH: send UPDATE or re-INVITE; SIP_SESSION_EXPIRED: send
	 * BYE. May be NULL.
	 */
	void (*on_session)(
	    void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now);
	/* A message was refused: the sentence, for log and audit. May be NULL. */
	void (*on_refused)(void *arg, uint64_t flow, unsigned status, const char *sentence);
	/*
	 * A request or ACK for this dialog came by another flow than the dialog's. True: the peer
	 * may speak there (sip_stack_move() it, if it is to stay). False: the request gets 403, and
	 * neither changes anything. NULL: every flow may.
	 */
	bool (*on_stray)(void *arg, struct sip_dialog *dialog, uint64_t flow, uint64_t now);
};

struct sip_stack_plan {
	struct sip_stack_seams seams;
	struct sip_abilities abilities; /* copied shallowly: lists must outlive the stack */
	const char *agent;              /* User-Agent and Server; NULL: none; must outlive */
	const char *contact_user;       /* user part of our Contact; NULL: none; must outlive */
	const char
	    *contact_parameters; /* ";+sip.instance=..." behind it; NULL: none; must outlive */
	size_t transactions_most, dialogs_most; /* 0: those of sip_limits.h */
};

enum fault sip_stack_new(
    struct sip_stack **stack, const struct sip_stack_plan *plan, struct why *why) MUST_CHECK;
/* No events. NULL is fine. */
void sip_stack_free(struct sip_stack *stack);

enum fault sip_stack_open(
    struct sip_stack *stack, const struct sip_flow *flow, struct why *why) MUST_CHECK;
/* Transactions on it end now; dialogs stay, with flow 0, until moved or ended. */
void sip_stack_close(struct sip_stack *stack, uint64_t flow, uint64_t now);
/* Whatever the bytes hold, this copes. Keep-alives (blanks only) are ignored. */
void sip_stack_receive(struct sip_stack *stack, uint64_t flow, struct bytes message, uint64_t now);
/* UINT64_MAX: nothing is due. */
uint64_t sip_stack_due(const struct sip_stack *stack);
void sip_stack_tick(struct sip_stack *stack, uint64_t now);

struct sip_request {
	enum sip_method method;
	struct sip_dialog *dialog; /* inside it: then only extra, handler and user count */
	uint64_t flow;
	const char *uri;     /* request URI */
	const char *from;    /* name-addr without tag; the stack makes the tag */
	const char *to;      /* the same */
	const char *call_id; /* NULL: made */
	const char
	    *from_tag; /* NULL: made. REGISTER refreshes keep Call-ID and tag, and count cseq */
	uint32_t cseq; /* 0: 1 */
	const char *const *route; /* Route values; NULL: none */
	size_t routes;
	bool no_contact; /* REGISTER: extra carries its own Contact */
	uint32_t session_s,
	    session_least_s;           /* INVITE outside a dialog: session timer asked; 0: none */
	const struct sip_extra *extra; /* may be NULL */
	sip_response_handler *on_response;
	void *user;
};

/* *client may be NULL when not wanted. Nothing was sent when it refuses. */
enum fault sip_stack_request(struct sip_stack *stack, const struct sip_request *request,
    uint64_t now, struct sip_client **client, struct why *why) MUST_CHECK;
/* The ACK for a 2xx; repeated by the stack when the 2xx is. Must follow every confirmed 2xx. */
enum fault sip_stack_ack(struct sip_stack *stack, struct sip_dialog *dialog,
    const struct sip_extra *extra, uint64_t now, struct why *why) MUST_CHECK;
/* CANCEL, as soon as it is allowed. No harm when it is too late. */
void sip_stack_cancel(struct sip_stack *stack, struct sip_client *client, uint64_t now);

/*
 * reason NULL: the usual words. After a final answer server is gone, also when this refuses: the
 * peer then got a 500 or 503. A 101-199 or 2xx to an INVITE
 * outside a dialog makes the dialog; sip_stack_server_dialog() tells it.
 */
enum fault sip_stack_answer(struct sip_stack *stack, struct sip_server *server, unsigned status,
    const char *reason, const struct sip_extra *extra, uint64_t now, struct why *why) MUST_CHECK;
struct sip_dialog *sip_stack_server_dialog(const struct sip_server *server);
/* The caller's own pointer, while the server transaction lasts. */
void *sip_stack_server_user(const struct sip_server *server);
void sip_stack_server_set_user(struct sip_server *server, void *user);
uint64_t sip_stack_server_flow(const struct sip_server *server);

/*
 * What we want of the session timer in this dialog, as seconds: say it before the 2xx, which then
 * carries it. 0 and 0: the peer's wish is still honoured. Too short a wish of the peer's is
 * answered 422 by the stack.
 */
void sip_stack_session(struct sip_dialog *dialog, uint32_t wanted_s, uint32_t least_s);

/* A dialog that survived a restart; it is confirmed. */
enum fault sip_stack_restore(struct sip_stack *stack, const struct sip_dialog_facts *facts,
    struct sip_dialog **dialog, struct why *why) MUST_CHECK;
/* The peer came back on another connection. */
void sip_stack_move(struct sip_stack *stack, struct sip_dialog *dialog, uint64_t flow);
/* Drops a dialog without a word to anyone (no on_dialog_end). */
void sip_stack_forget(struct sip_stack *stack, struct sip_dialog *dialog);
/* By Call-ID and tags as we see them (local, remote); for Replaces: to-tag is our local tag. */
struct sip_dialog *sip_stack_find(
    struct sip_stack *stack, struct bytes call_id, struct bytes local_tag, struct bytes remote_tag);
size_t sip_stack_dialogs(const struct sip_stack *stack);
size_t sip_stack_transactions(const struct sip_stack *stack);
#endif
