/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/leg.h - one phone's side of a call: its dialog, and what the call wants said in
 * it. Never calls back into the call from within the functions below; what the phone says
 * reaches the call through call_...() (call.h).
 */
#ifndef EXCHANGE_LEG_H
#define EXCHANGE_LEG_H

#include "exchange/exchange.h"
#include "exchange/location.h"
#include "exchange/media_relay.h"
#include "signalling/sip_stack.h"

struct call;

enum leg_state {
	LEG_INVITED,  /* we sent the INVITE; nobody answered yet */
	LEG_INVITING, /* it sent the INVITE; we have not answered */
	LEG_TALKING,
	LEG_OVER,
};

enum leg_request { LEG_INVITE, LEG_UPDATE };

struct leg {
	struct exchange *exchange;
	struct call *call;
	enum leg_state state;
	char line[SUBSCRIBER_LINE_SIZE], device[SUBSCRIBER_DEVICE_SIZE];
	char display[SUBSCRIBER_DISPLAY_SIZE], target[256]; /* target: the Contact we ring */
	/* Facts, as its registration had them. */
	struct profile profile;
	enum transport transport;
	bool certificate, digest;
	bool callinfo, srtp_fallback, update; /* what the phone can do */
	/* Of the present offer and answer. */
	struct media_facts offered; /* what we passed on to it as an offer */
	bool asked_without_offer;   /* its re-INVITE brought none */
	bool srtp_to_us, srtp_from_us;
	/* Where it is. */
	struct connection *connection; /* NULL: lost */
	struct leg *next_of_connection;
	uint64_t away_since_ms;
	/* In the stack. */
	struct sip_dialog *dialog;
	struct sip_client *client; /* our INVITE that made the dialog, until its end */
	struct sip_server *server; /* its request that waits for our answer */
	bool server_is_invite;
	unsigned requests;  /* of ours in the dialog, under way */
	bool ack_owed;      /* we have its 2xx to an INVITE */
	bool ack_awaited;   /* it has ours */
	bool offer_failed;  /* our request could not be sent; tick reports it */
	bool bye_wanted;    /* as soon as that ACK is here (RFC 3261 15) */
	bool telling, told; /* an UPDATE with the level is under way; it heard told_level */
	enum level told_level;
};

/* The phone that sent this INVITE; the leg answers server. NULL when memory is out. */
struct leg *leg_new_incoming(struct exchange *exchange, struct sip_server *server,
    const struct sip_message *request, const struct registration *from) MUST_CHECK;
/* A phone to ring. */
struct leg *leg_new_outgoing(
    struct call *call, const struct leg *caller, const struct registration *to) MUST_CHECK;
/* After a restart; it is away until its connection is placed. */
enum fault leg_new_restored(struct exchange *exchange, const struct leg_record *record,
    struct leg **leg, struct why *why) MUST_CHECK;
/* In silence; only when it is quiet, or with the whole exchange. NULL is fine. */
void leg_free(struct leg *leg);
/* The same, with its dialog: for a leg that never came to a call. */
void leg_drop(struct leg *leg);
/* The stack is about to go: forgets what points into it. */
void leg_detach(struct leg *leg);

/* sdp empty: without a description. What cannot be sent is dropped: the stack's events tell. */
void leg_invite(struct leg *leg, struct bytes sdp);
void leg_ring(struct leg *leg);
void leg_answer(struct leg *leg, struct bytes sdp);
void leg_refuse(struct leg *leg, unsigned status, const char *reason);
void leg_ack(struct leg *leg, struct bytes sdp);
void leg_offer(struct leg *leg, enum leg_request request, struct bytes sdp);
/* Refusal, CANCEL or BYE, whatever its state needs; status for a refusal. Again: nothing. */
void leg_end(struct leg *leg, unsigned status, const char *reason);
/* The call's level, unless it has heard it, or cannot understand it, or is busy (tick repeats). */
void leg_tell_level(struct leg *leg);
void leg_tick(struct leg *leg, uint64_t now_ms);

/* For leg_*.c only: its dialog from now on, and that the message just made carries the level. */
void leg_adopt_dialog(struct leg *leg, struct sip_dialog *dialog);
void leg_mark_told(struct leg *leg);

bool leg_is_connected(const struct leg *leg);
bool leg_is_ringing(const struct leg *leg);
bool leg_is_quiet(const struct leg *leg);
bool leg_can_offer(const struct leg *leg);
struct media_end leg_media_end(const struct leg *leg);
void leg_record(const struct leg *leg, struct leg_record *record);

/* What the stack says about a leg's dialog (exchange.c finds the leg). */
void leg_on_request(struct leg *leg, struct sip_server *server, const struct sip_message *request);
void leg_on_ack(struct leg *leg, const struct sip_message *ack);
void leg_on_cancel(struct leg *leg);
void leg_on_dialog_end(struct leg *leg, const char *reason);
void leg_on_session(struct leg *leg, enum sip_session_event event);
#endif
