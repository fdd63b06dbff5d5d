/* SPDX-License-Identifier: Apache-2.0 */
/* What passes between the legs of a call: offers and answers, one exchange at a time. */
#include "exchange/call.h"
#include "exchange/call_level.h"
#include "exchange/core.h"

enum {
	STATUS_TIMEOUT = 408,
	STATUS_NO_DIALOG = 481,
	STATUS_NOT_ACCEPTABLE = 488,
	STATUS_PENDING = 491,
};

static const char no_fallback[] = "SRTP cannot be kept and the phone cannot fall back";

/* Passes sdp from one leg to another; what comes out may hold keys. */
static enum fault
relay(struct leg *from, struct leg *to, struct bytes sdp, struct buffer *out,
    struct media_facts *facts, struct why *why)
{
	struct media_end ends[] = {leg_media_end(from), leg_media_end(to)};

	buffer_init(out, MEDIA_SIZE_MOST);
	if (sdp.left == 0)
		return FAULT_NONE;
	return media_relay(sdp, &ends[0], &ends[1], out, facts, why);
}

/* An offer for to. Refused if its SRTP would be lost and from cannot live with that. */
enum fault
call_relay_offer(
    struct leg *from, struct leg *to, struct bytes sdp, struct buffer *out, struct why *why)
{
	struct media_facts facts = {0};
	enum fault fault = relay(from, to, sdp, out, &facts, why);

	if (fault)
		return fault;
	if (media_downgraded(&facts) && !from->srtp_fallback)
		return explain(why, FAULT_FORBIDDEN, "%s", no_fallback);
	to->offered = facts;
	return FAULT_NONE;
}

/* The answer to what from was offered; settles the media facts of both legs. */
enum fault
call_relay_answer(
    struct leg *from, struct leg *to, struct bytes sdp, struct buffer *out, struct why *why)
{
	struct media_facts answer = {0};
	enum fault fault = relay(from, to, sdp, out, &answer, why);
	bool srtp;

	if (fault)
		return fault;
	if (media_answered_in_clear(&from->offered, &answer) && !to->srtp_fallback)
		return explain(why, FAULT_FORBIDDEN, "%s", no_fallback);
	srtp = media_is_srtp(&from->offered, &answer);
	from->srtp_to_us = from->srtp_from_us = srtp;
	to->srtp_to_us = to->srtp_from_us = srtp;
	return FAULT_NONE;
}

static void
relay_over(struct call *call)
{
	call->relay = RELAY_NONE;
	call->asker = call->asked = NULL;
}

void
call_offered(struct leg *leg, enum leg_request request, struct bytes sdp)
{
	struct call *call = leg->call;
	struct leg *other = call_other(call, leg);
	struct buffer offer;
	struct why why = {""};

	if (call->state != CALL_TALKING || call->relay != RELAY_NONE || other == NULL ||
	    !leg_can_offer(other)) {
		leg_refuse(leg, STATUS_PENDING, "another offer is under way");
		return;
	}
	if (call_relay_offer(leg, other, sdp, &offer, &why)) {
		leg_refuse(leg, STATUS_NOT_ACCEPTABLE, why.text);
	} else {
		call->relay = RELAY_ASKED;
		call->asker = leg;
		call->asked = other;
		leg_offer(other, request, buffer_bytes_of(&offer));
	}
	buffer_wipe(&offer);
}

/* An answer passed in full: what it changed is judged, and everyone hears of it. */
static void
settle(struct call *call)
{
	relay_over(call);
	call_level_tell(call);
	call_tell_change(call, CALL_CHANGED);
}

/* To an offerless re-INVITE the 2xx brings an offer, and the asker's ACK will answer it. */
static enum fault
pass_back(
    struct call *call, struct leg *asked, struct bytes sdp, struct buffer *out, struct why *why)
{
	if (sdp.left == 0) {
		buffer_init(out, MEDIA_SIZE_MOST);
		return explain(why, FAULT_UNEXPECTED, "an offer was accepted without an answer");
	}
	if (call->asker->asked_without_offer)
		return call_relay_offer(asked, call->asker, sdp, out, why);
	return call_relay_answer(asked, call->asker, sdp, out, why);
}

void
call_offer_accepted(struct leg *leg, struct bytes sdp)
{
	struct call *call = leg->call;
	struct buffer out;
	struct why why = {""};

	if (call->state != CALL_TALKING || leg != call->asked || call->relay != RELAY_ASKED) {
		leg_ack(leg, bytes_of(NULL, 0));
		return;
	}
	if (pass_back(call, leg, sdp, &out, &why)) {
		leg_ack(leg, bytes_of(NULL, 0));
		call_end(call, STATUS_NOT_ACCEPTABLE, why.text);
	} else if (call->asker->asked_without_offer) {
		call->relay = RELAY_WANTS_ACK;
		leg_answer(call->asker, buffer_bytes_of(&out));
	} else {
		leg_ack(leg, bytes_of(NULL, 0));
		call_level_update(call);
		leg_answer(call->asker, buffer_bytes_of(&out));
		settle(call);
	}
	buffer_wipe(&out);
}

void
call_offer_refused(struct leg *leg, unsigned status)
{
	struct call *call = leg->call;
	struct leg *asker = call->asker;

	if (call->state != CALL_TALKING || leg != call->asked || call->relay != RELAY_ASKED)
		return;
	relay_over(call);
	leg_refuse(asker, status, "the other phone refused");
	if (status == STATUS_TIMEOUT || status == STATUS_NO_DIALOG)
		call_end(call, status, "the other phone does not know the call any more");
}

/* The answer to an offer that we passed in a 2xx, of the first INVITE or a later one. */
static void
answer_in_ack(struct call *call, struct leg *from, struct leg *to, struct bytes sdp)
{
	struct buffer out;
	struct why why = {"its ACK had to bring a session description"};
	enum fault fault = call_relay_answer(from, to, sdp, &out, &why);

	leg_ack(to, fault ? bytes_of(NULL, 0) : buffer_bytes_of(&out));
	if (fault || sdp.left == 0) {
		call_end(call, STATUS_NOT_ACCEPTABLE, why.text);
	} else {
		call_level_update(call);
		settle(call);
	}
	buffer_wipe(&out);
}

void
call_acked(struct leg *leg, struct bytes sdp)
{
	struct call *call = leg->call;

	if (call->state != CALL_TALKING)
		return;
	if (call->offerless && leg == call->caller) {
		call->offerless = false;
		answer_in_ack(call, leg, call->called, sdp);
	} else if (call->relay == RELAY_WANTS_ACK && leg == call->asker) {
		answer_in_ack(call, leg, call->asked, sdp);
	}
}
