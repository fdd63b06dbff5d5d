/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/sip_stack_private.h - inside the endpoint; for sip_stack*.c only. */
#ifndef SIGNALLING_SIP_STACK_PRIVATE_H
#define SIGNALLING_SIP_STACK_PRIVATE_H

#include "signalling/sip_hash.h"
#include "signalling/sip_stack.h"
#include "signalling/sip_table.h"
#include "signalling/sip_timers.h"
#include "signalling/sip_transaction.h"

enum {
	SIP_VIA_SIZE = 160,
	SIP_CONTACT_SIZE = 512,
	SIP_BRANCH_SIZE = 32,
	SIP_CALL_ID_SIZE = 40,
};

struct held_dialog;

struct held_flow {
	struct sip_link by_id;
	struct sip_flow flow;
	struct held_dialog *dialogs;
};

/* What the stack keeps of a dialog besides the dialog; dialog->stack points here. */
struct held_dialog {
	struct sip_stack *stack;
	struct sip_dialog *dialog;
	struct sip_link by_id;
	struct held_dialog *flow_next, **flow_place; /* flow_place NULL: in no list */
	struct sip_timer timer;
	struct sip_client *invite;  /* the INVITE of ours whose fork it is, while early */
	struct sip_client *clients; /* our requests inside it */
	struct sip_server *servers; /* the peer's */
	uint8_t *ack;               /* what we answered a 2xx with, for its repeats */
	uint8_t *ok;                /* our 2xx to an INVITE, until its ACK */
	uint32_t ack_size, ok_size;
	uint32_t ack_cseq, ok_cseq;
	uint64_t ok_repeat_at, ok_end_at;
	uint32_t ok_interval_ms;
	bool ok_waits, session_told, ended;
	bool chosen; /* the fork whose 2xx the user got */
};

struct sip_client {
	struct sip_stack *stack;
	struct sip_transaction *transaction;
	struct held_dialog *dialog;        /* the one it was sent in; NULL: none, or it is gone */
	struct sip_client *next;           /* of dialog->clients */
	sip_response_handler *on_response; /* NULL: nobody listens (any more) */
	void *user;
	struct sip_timer timer; /* a cancelled INVITE that gets no answer */
	uint32_t session_s, session_least_s;
	enum sip_method method;
	unsigned early;      /* forks of it */
	uint64_t early_hash; /* where they stand in the table of dialogs */
	uint16_t held;
	bool in_dialog, cancel_wanted, cancelled, answered, dead;
	struct why why; /* why it ends without an answer */
};

struct sip_server {
	struct sip_stack *stack;
	struct sip_transaction *transaction;
	struct held_dialog *dialog;
	struct sip_server *next;           /* of dialog->servers */
	const struct sip_message *request; /* while its handler runs */
	uint8_t *copy;                     /* afterwards */
	uint32_t copy_size;
	enum sip_method method;
	uint64_t flow;
	void *user;
	char tag[SIP_TAG_SIZE]; /* "" inside a dialog */
	uint16_t held;
	bool tried; /* a provisional answer went out */
	bool live;  /* its handler runs */
	bool told;  /* the user knows it */
	bool dead;
};

struct sip_stack {
	struct sip_stack_plan plan;
	struct sip_transactions *transactions;
	struct sip_table flows, dialogs;
	struct sip_timers dialog_timers, client_timers;
	struct sip_hash_key hash;
	uint64_t now;            /* of the call that is running */
	bool ending;             /* being freed: no events */
	struct sip_message kept; /* a request that is answered after its handler returned */
};

/* sip_stack.c */
struct held_flow *sip_stack_flow(const struct sip_stack *stack, uint64_t flow);
bool sip_stack_is_reliable(const struct sip_stack *stack, uint64_t flow);
/* Hexadecimal text of size - 1 characters. */
void sip_stack_random_text(struct sip_stack *stack, char *text, size_t size);
/* "SIP/2.0/TLS host:port;branch=z9hG4bK..." with a new branch. */
void sip_stack_via(struct sip_stack *stack, const struct sip_flow *flow, char via[SIP_VIA_SIZE]);
/* Contact, User-Agent or Server as the plan says. */
void sip_stack_describe(struct sip_stack *stack, const struct sip_flow *flow, bool contact,
    bool request, struct sip_builder *builder);
void sip_stack_refuse(
    struct sip_stack *stack, uint64_t flow, unsigned status, const char *sentence);

/* sip_stack_dialog.c */
enum fault sip_stack_hold_dialog(struct sip_stack *stack, struct sip_dialog *dialog, uint64_t flow,
    struct held_dialog **held, struct why *why) MUST_CHECK;
/* May the peer of this dialog speak by this flow? */
bool sip_stack_may_speak(
    struct sip_stack *stack, struct held_dialog *held, uint64_t flow, uint64_t now);
struct held_dialog *sip_stack_dialog_of(
    const struct sip_stack *stack, const struct sip_message *message);
struct held_dialog *sip_stack_held(const struct sip_dialog *dialog);
void sip_stack_place_dialog(struct held_dialog *held, uint64_t flow);
/* Tells the user unless why is NULL, then frees it. */
void sip_stack_end_dialog(struct held_dialog *held, const char *why, uint64_t now);
void sip_stack_set_dialog_timer(struct held_dialog *held);
void sip_stack_dialog_tick(struct held_dialog *held, uint64_t now);
/* Our 2xx is out: repeat it until its ACK comes. */
void sip_stack_await_ack(
    struct held_dialog *held, uint32_t cseq, struct bytes response, uint64_t now);
void sip_stack_on_ack(
    struct sip_stack *stack, uint64_t flow, const struct sip_message *ack, uint64_t now);
/* ACK and BYE for an answer nobody wants. */
void sip_stack_hang_up(struct held_dialog *held, bool acknowledge, uint64_t now);
void sip_stack_resend_ack(struct held_dialog *held);

/* sip_stack_client.c */
void sip_client_on_response(struct sip_stack *stack, struct sip_client *client, uint64_t flow,
    const struct sip_message *response, uint64_t now);
void sip_client_on_end(struct sip_client *client, enum sip_transaction_end end, uint64_t now);
void sip_client_tick(struct sip_client *client, uint64_t now);
void sip_client_forget_dialog(struct held_dialog *held);

/* Frees it when nobody holds it any more. */
void sip_client_release(struct sip_client *client);
bool sip_client_changes_session(const struct sip_client *client);

/* sip_stack_request.c */
void sip_client_send_cancel(struct sip_client *client, uint64_t now);

/* sip_stack_answer.c */
void sip_server_release(struct sip_server *server);
void sip_server_enter_dialog(struct sip_server *server, struct held_dialog *held);
void sip_server_answer_verdict(struct sip_server *server, const struct sip_verdict *verdict);
/* 487 for a request that is still open, and the user learns it. */
void sip_server_give_up(struct sip_server *server, const char *why, uint64_t now);
/* A BYE was answered: what else the peer asked in its dialog is over, then the dialog. */
void sip_server_end_by_bye(struct sip_server *bye, uint64_t now);

/* sip_stack_server.c */
void sip_server_on_request(struct sip_stack *stack, struct sip_transaction *transaction,
    const struct sip_message *request, struct sip_transaction *invite, uint64_t now);
void sip_server_on_end(struct sip_server *server, enum sip_transaction_end end, uint64_t now);
void sip_server_forget_dialog(struct held_dialog *held);
/* Without a transaction: for what is malformed or too much. */
void sip_server_answer_stateless(struct sip_stack *stack, uint64_t flow,
    const struct sip_message *request, const struct sip_verdict *verdict);
#endif
