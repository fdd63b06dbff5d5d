/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/call.h - one call: a caller's leg, the legs of every phone that rings, and who of
 * them answered. Knows when; leg.h knows how that looks in SIP.
 *
 *     TRYING --first answer--> TALKING --either hangs up--> ENDED, and freed when its legs are
 * quiet
 *
 * Offers and answers are relayed between the two talking legs, one at a time; a second offer
 * that crosses the first is answered 491.
 */
#ifndef EXCHANGE_CALL_H
#define EXCHANGE_CALL_H

#include "exchange/exchange.h"
#include "exchange/leg.h"
#include "exchange/location.h"

enum { CALL_BRANCHES_MOST = 16 }; /* phones of one line that ring at once */

enum call_state { CALL_TRYING, CALL_TALKING, CALL_OVER };

/* How far the relay of an offer made during the call has come. */
enum relay_state {
	RELAY_NONE,
	RELAY_ASKED,     /* the other leg has been asked; its answer is awaited */
	RELAY_WANTS_ACK, /* its offer went back to the asker, whose ACK will bring the answer */
};

struct call {
	struct exchange *exchange;
	uint64_t id;
	enum call_state state;
	struct leg *caller;
	struct leg *branch[CALL_BRANCHES_MOST];
	size_t branches;
	struct leg *called;    /* the branch that answered; NULL before */
	bool offerless;        /* the caller's INVITE had no offer: it comes from the called */
	bool rung;             /* the caller knows that something rings */
	unsigned best_refusal; /* status for the caller if nobody answers */
	enum relay_state relay;
	struct leg *asker, *asked; /* of the relay */
	uint64_t ring_until_ms;
	int64_t started_wall_ms, answered_wall_ms;
	enum level level;    /* changed by call_level.c only */
	struct leg *decided; /* the leg that decided it; NULL before it was judged */
	const char *because;
	struct call *next, *previous;
};

/* A caller's INVITE for a line. Takes the leg; answers it in every case. sdp may be empty. */
void call_begin(struct exchange *exchange, struct leg *caller, struct bytes line, struct bytes sdp);
/* After a restart: both legs talk, nothing is under way. Takes the legs. */
enum fault call_continue(struct exchange *exchange, const struct call_record *record,
    struct leg *caller, struct leg *called, struct why *why) MUST_CHECK;
/* The stack is about to go: the legs forget what points into it. Then only call_free(). */
void call_detach(struct call *call);
/* Frees the call with its legs, at once and in silence. */
void call_free(struct call *call);
/* Ends it in good order, with a BYE, CANCEL or refusal for every leg. */
void call_end(struct call *call, unsigned status, const char *reason);
/* The other of the two talking legs, or NULL. */
struct leg *call_other(const struct call *call, const struct leg *leg);
void call_record(const struct call *call, struct call_record *record);
void call_tick(struct call *call, uint64_t now_ms);
/* Ended, and no leg has anything left to do. */
bool call_is_quiet(const struct call *call);

/* For call*.c only: tells calls.db; passes a description on (*out is made here, may hold keys and
 * is the caller's to wipe, also on refusal). An answer settles the media facts of both legs. */
void call_tell_change(struct call *call, enum call_change change);
enum fault call_relay_offer(struct leg *from, struct leg *to, struct bytes sdp, struct buffer *out,
    struct why *why) MUST_CHECK;
enum fault call_relay_answer(struct leg *from, struct leg *to, struct bytes sdp, struct buffer *out,
    struct why *why) MUST_CHECK;

/* What legs report. sdp: the description in the message, empty if there was none. */
void call_ringing(struct leg *leg);
void call_answered(struct leg *leg, struct bytes sdp);
void call_failed(struct leg *leg, unsigned status, const char *reason);
void call_cancelled(struct leg *leg);
void call_acked(struct leg *leg, struct bytes sdp);
void call_offered(struct leg *leg, enum leg_request request, struct bytes sdp);
void call_offer_accepted(struct leg *leg, struct bytes sdp);
void call_offer_refused(struct leg *leg, unsigned status);
void call_hung_up(struct leg *leg, const char *reason);
/* The leg's connection was lost, or it is back. */
void call_connection_changed(struct leg *leg);
#endif
