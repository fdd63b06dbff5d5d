/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/call.h"

#include <stdlib.h>

#include "exchange/call_level.h"
#include "exchange/core.h"

enum {
	STATUS_NOT_FOUND = 404,
	STATUS_TIMEOUT = 408,
	STATUS_UNAVAILABLE = 480,
	STATUS_NO_DIALOG = 481,
	STATUS_BUSY = 486,
	STATUS_CANCELLED = 487,
	STATUS_NOT_ACCEPTABLE = 488,
	STATUS_OVERLOADED = 503,
};

/* Which refusal of several phones the caller hears: the first of this list, else the last one. */
static const unsigned refusals_by_weight[] = {603, 600, STATUS_BUSY, STATUS_NOT_ACCEPTABLE};

void
call_tell_change(struct call *call, enum call_change change)
{
	struct call_record record;

	call_record(call, &record);
	core_tell_call(call->exchange, change, &record);
}

struct leg *
call_other(const struct call *call, const struct leg *leg)
{
	if (call->called == NULL)
		return NULL;
	if (leg == call->caller)
		return call->called;
	return leg == call->called ? call->caller : NULL;
}

void
call_record(const struct call *call, struct call_record *record)
{
	*record = (struct call_record){
	    .id = call->id,
	    .started_wall_ms = call->started_wall_ms,
	    .answered_wall_ms = call->answered_wall_ms,
	    .level = call->level,
	};
	leg_record(call->caller, &record->leg[0]);
	if (call->called != NULL)
		leg_record(call->called, &record->leg[1]);
}

void
call_detach(struct call *call)
{
	leg_detach(call->caller);
	for (size_t i = 0; i < call->branches; i++)
		leg_detach(call->branch[i]);
}

void
call_free(struct call *call)
{
	if (call == NULL)
		return;
	for (size_t i = 0; i < call->branches; i++)
		leg_free(call->branch[i]);
	leg_free(call->caller);
	core_forget_call(call->exchange, call);
	free(call);
}

static void
end_branches(struct call *call, const struct leg *except, const char *reason)
{
	for (size_t i = 0; i < call->branches; i++)
		if (call->branch[i] != except)
			leg_end(call->branch[i], STATUS_CANCELLED, reason);
}

void
call_end(struct call *call, unsigned status, const char *reason)
{
	if (call->state == CALL_OVER)
		return;
	call->state = CALL_OVER;
	leg_end(call->caller, status, reason);
	end_branches(call, NULL, reason);
	core_log_call(call, LOG_LEVEL_INFO, "call ended", reason);
	call_tell_change(call, CALL_ENDED);
}

bool
call_is_quiet(const struct call *call)
{
	if (call->state != CALL_OVER || !leg_is_quiet(call->caller))
		return false;
	for (size_t i = 0; i < call->branches; i++)
		if (!leg_is_quiet(call->branch[i]))
			return false;
	return true;
}

/* Setting up */

static unsigned
nobody_status(struct call *call, struct bytes line)
{
	return core_line_exists(call->exchange, line) ? STATUS_UNAVAILABLE : STATUS_NOT_FOUND;
}

static bool
same_phone(const struct leg *leg, const struct registration *registration)
{
	return bytes_equal_text(bytes_text(leg->device), registration->record.device);
}

/* One more phone to ring. A phone that cannot be asked leaves its reason as the best refusal. */
static void
add_branch(struct call *call, const struct registration *to, struct bytes sdp)
{
	struct leg *leg = leg_new_outgoing(call, call->caller, to);
	struct buffer offer;
	struct why why = {""};

	if (leg == NULL) {
		call->best_refusal = STATUS_OVERLOADED;
		return;
	}
	if (call_relay_offer(call->caller, leg, sdp, &offer, &why)) {
		core_log_call(call, LOG_LEVEL_WARNING, "phone not rung", why.text);
		call->best_refusal = STATUS_NOT_ACCEPTABLE;
		leg_free(leg);
	} else {
		call->branch[call->branches++] = leg;
		leg_invite(leg, buffer_bytes_of(&offer));
	}
	buffer_wipe(&offer);
}

static void
ring_line(struct call *call, struct bytes line, struct bytes sdp)
{
	struct registration *at = NULL;

	call->best_refusal = nobody_status(call, line);
	while ((at = core_next_registration(call->exchange, line, at)) != NULL) {
		if (at->connection == NULL)
			continue;
		if (same_phone(call->caller, at))
			call->best_refusal = STATUS_BUSY; /* it called itself */
		else if (call->branches < CALL_BRANCHES_MOST)
			add_branch(call, at, sdp);
	}
}

void
call_begin(struct exchange *exchange, struct leg *caller, struct bytes line, struct bytes sdp)
{
	struct call *call = core_new_call(exchange);

	if (call == NULL) {
		leg_end(caller, STATUS_OVERLOADED, "too many calls");
		leg_free(caller);
		return;
	}
	call->caller = caller;
	caller->call = call;
	call->offerless = sdp.left == 0;
	call->because = "nobody has answered";
	call_tell_change(call, CALL_STARTED);
	ring_line(call, line, sdp);
	core_log_call(call, LOG_LEVEL_INFO, "call started", NULL);
	if (call->branches == 0)
		call_end(call, call->best_refusal, "nobody to ring");
}

enum fault
call_continue(struct exchange *exchange, const struct call_record *record, struct leg *caller,
    struct leg *called, struct why *why)
{
	struct call *call = core_new_call(exchange);

	if (call == NULL)
		return explain(why, FAULT_LIMIT, "too many calls");
	call->id = record->id;
	call->caller = caller;
	call->called = call->branch[call->branches++] = called;
	caller->call = called->call = call;
	call->state = CALL_TALKING;
	call->started_wall_ms = record->started_wall_ms;
	call->answered_wall_ms = record->answered_wall_ms;
	return FAULT_NONE;
}

void
call_ringing(struct leg *leg)
{
	struct call *call = leg->call;

	if (call->state != CALL_TRYING || call->rung)
		return;
	call->rung = true;
	leg_ring(call->caller);
}

/* The winner's description goes to the caller in the 200, and the others stop ringing. */
static void
connect_caller(struct call *call, struct leg *winner, struct bytes answer)
{
	call->called = winner;
	call->state = CALL_TALKING;
	call->answered_wall_ms = core_wall_ms(call->exchange);
	if (!call->offerless)
		leg_ack(winner, bytes_of(NULL, 0));
	call_level_update(call);
	leg_answer(call->caller, answer);
	end_branches(call, winner, "answered elsewhere");
	call_level_tell(call);
	core_log_call(call, LOG_LEVEL_INFO, "call answered", NULL);
	call_tell_change(call, CALL_ANSWERED);
}

/* A 2xx that cannot be used: the phone thinks it talks, so it needs an ACK and a BYE. */
static void
give_back(struct leg *leg, const char *reason)
{
	leg_ack(leg, bytes_of(NULL, 0));
	leg_end(leg, STATUS_CANCELLED, reason);
}

void
call_answered(struct leg *leg, struct bytes sdp)
{
	struct call *call = leg->call;
	struct buffer out;
	struct why why = {"it answered without a session description"};
	enum fault fault;

	if (call->state != CALL_TRYING) {
		give_back(leg, "answered too late");
		return;
	}
	fault = call->offerless ? call_relay_offer(leg, call->caller, sdp, &out, &why)
				: call_relay_answer(leg, call->caller, sdp, &out, &why);
	if (fault || sdp.left == 0) {
		core_log_call(call, LOG_LEVEL_WARNING, "answer refused", why.text);
		give_back(leg, why.text);
		call_failed(leg, STATUS_NOT_ACCEPTABLE, why.text);
	} else {
		connect_caller(call, leg, buffer_bytes_of(&out));
	}
	buffer_wipe(&out);
}

static unsigned
weight(unsigned status)
{
	for (unsigned i = 0; i < COUNT(refusals_by_weight); i++)
		if (refusals_by_weight[i] == status)
			return COUNT(refusals_by_weight) - i;
	return 0;
}

static bool
someone_rings(const struct call *call)
{
	for (size_t i = 0; i < call->branches; i++)
		if (leg_is_ringing(call->branch[i]))
			return true;
	return false;
}

void
call_failed(struct leg *leg, unsigned status, const char *reason)
{
	struct call *call = leg->call;

	if (call->state != CALL_TRYING)
		return;
	if (status == STATUS_TIMEOUT || status == STATUS_NO_DIALOG || status < 400)
		status =
		    STATUS_UNAVAILABLE; /* to the caller, a phone that is silent is not there */
	if (weight(status) >= weight(call->best_refusal))
		call->best_refusal = status;
	if (!someone_rings(call))
		call_end(call, call->best_refusal, reason);
}

void
call_cancelled(struct leg *leg)
{
	if (leg->call->state == CALL_TRYING && leg == leg->call->caller)
		call_end(leg->call, STATUS_CANCELLED, "cancelled by the caller");
}

/* The end */

void
call_hung_up(struct leg *leg, const char *reason)
{
	struct call *call = leg->call;

	if (call->state == CALL_TRYING && leg != call->caller)
		call_failed(leg, STATUS_UNAVAILABLE, reason);
	else if (leg == call->caller || leg == call->called)
		call_end(call, STATUS_CANCELLED, reason);
}

/* Media goes on without us, so a talking leg may come back; a ringing one is out. */
void
call_connection_changed(struct leg *leg)
{
	struct call *call = leg->call;

	if (call->state == CALL_TALKING) {
		if (call->asked == leg && call->relay == RELAY_ASKED && !leg_is_connected(leg))
			call_offer_refused(leg, STATUS_UNAVAILABLE);
		call_level_update(call);
		call_level_tell(call);
		call_tell_change(call, CALL_CHANGED);
	} else if (call->state == CALL_TRYING && !leg_is_connected(leg)) {
		leg_end(leg, STATUS_CANCELLED, "its connection is lost");
		call_hung_up(leg, "its connection is lost");
	}
}

void
call_tick(struct call *call, uint64_t now_ms)
{
	leg_tick(call->caller, now_ms);
	for (size_t i = 0; i < call->branches; i++)
		leg_tick(call->branch[i], now_ms);
	if (call->state == CALL_TRYING && now_ms >= call->ring_until_ms)
		call_end(call, STATUS_UNAVAILABLE, "nobody answered in time");
}
