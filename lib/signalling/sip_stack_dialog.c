/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack_private.h"

enum { ACK_WAIT_MS = 64 * SIP_T1_MS };

static uint64_t
dialog_hash(const struct sip_stack *stack, struct bytes call_id, struct bytes local_tag)
{
	return sip_hash(&stack->hash, call_id) ^ sip_hash(&stack->hash, local_tag) * 3;
}

struct held_dialog *
sip_stack_held(const struct sip_dialog *dialog)
{
	return dialog->stack;
}

enum fault
sip_stack_hold_dialog(struct sip_stack *stack, struct sip_dialog *dialog, uint64_t flow,
    struct held_dialog **held, struct why *why)
{
	struct held_dialog *holding;

	if (stack->dialogs.count >= stack->plan.dialogs_most)
		return explain(why, FAULT_LIMIT, "%zu dialogs at once", stack->plan.dialogs_most);
	if ((holding = calloc(1, sizeof(*holding))) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a dialog");
	holding->stack = stack;
	holding->dialog = dialog;
	dialog->stack = holding;
	if (dialog->session.least_s == 0)
		sip_session_init(&dialog->session, 0, 0);
	sip_table_add(&stack->dialogs, &holding->by_id,
	    dialog_hash(stack, bytes_text(dialog->call_id), bytes_text(dialog->local_tag)));
	sip_stack_place_dialog(holding, flow);
	*held = holding;
	return FAULT_NONE;
}

struct sip_dialog *
sip_stack_find(
    struct sip_stack *stack, struct bytes call_id, struct bytes local_tag, struct bytes remote_tag)
{
	struct sip_link *link =
	    sip_table_find(&stack->dialogs, dialog_hash(stack, call_id, local_tag));

	for (; link != NULL; link = sip_table_again(link)) {
		struct sip_dialog *dialog = sip_holder(struct held_dialog, by_id, link)->dialog;

		if (bytes_equal_text(call_id, dialog->call_id) &&
		    bytes_equal_text(local_tag, dialog->local_tag) &&
		    bytes_equal_text(remote_tag, dialog->remote_tag))
			return dialog;
	}
	return NULL;
}

struct held_dialog *
sip_stack_dialog_of(const struct sip_stack *stack, const struct sip_message *message)
{
	struct bytes local = message->request ? message->to.tag : message->from.tag;
	struct sip_link *link =
	    sip_table_find(&stack->dialogs, dialog_hash(stack, message->call_id, local));

	for (; link != NULL; link = sip_table_again(link)) {
		struct held_dialog *held = sip_holder(struct held_dialog, by_id, link);

		if (sip_dialog_matches(held->dialog, message))
			return held;
	}
	return NULL;
}

void
sip_stack_place_dialog(struct held_dialog *held, uint64_t flow)
{
	struct held_flow *to = sip_stack_flow(held->stack, flow);

	if (held->flow_place != NULL) {
		*held->flow_place = held->flow_next;
		if (held->flow_next != NULL)
			held->flow_next->flow_place = held->flow_place;
	}
	held->flow_place = NULL;
	held->flow_next = NULL;
	held->dialog->flow = to != NULL ? flow : 0;
	if (to == NULL)
		return;
	held->flow_next = to->dialogs;
	held->flow_place = &to->dialogs;
	if (to->dialogs != NULL)
		to->dialogs->flow_place = &held->flow_next;
	to->dialogs = held;
}

static void
keep(uint8_t **at, uint32_t *size, struct bytes bytes)
{
	if (*at != NULL)
		explicit_bzero(*at, *size);
	free(*at);
	*at = bytes.left > 0 ? malloc(bytes.left) : NULL;
	*size = *at != NULL ? (uint32_t)bytes.left : 0;
	if (*at != NULL)
		memcpy(*at, bytes.at, bytes.left);
}

void
sip_stack_end_dialog(struct held_dialog *held, const char *why, uint64_t now)
{
	struct sip_stack *stack = held->stack;

	if (held->ended)
		return;
	held->ended = true;
	sip_table_remove(&stack->dialogs, &held->by_id);
	sip_timers_clear(&stack->dialog_timers, &held->timer);
	sip_stack_place_dialog(held, 0);
	held->dialog->state = SIP_DIALOG_ENDED;
	if (held->invite != NULL && held->invite->early > 0)
		held->invite->early--;
	sip_client_forget_dialog(held);
	sip_server_forget_dialog(held);
	if (why != NULL && !stack->ending)
		stack->plan.seams.on_dialog_end(stack->plan.seams.arg, held->dialog, why, now);
	keep(&held->ack, &held->ack_size, bytes_of(NULL, 0));
	keep(&held->ok, &held->ok_size, bytes_of(NULL, 0));
	sip_dialog_free(held->dialog);
	free(held);
}

void
sip_stack_set_dialog_timer(struct held_dialog *held)
{
	uint64_t due = held->dialog->state == SIP_DIALOG_CONFIRMED
			   ? sip_session_due(&held->dialog->session)
			   : UINT64_MAX;

	if (held->session_told && held->dialog->session.told)
		due = UINT64_MAX;
	if (held->ok_waits && held->ok_end_at < due)
		due = held->ok_end_at;
	if (held->ok_waits && held->ok_repeat_at < due)
		due = held->ok_repeat_at;
	if (due == UINT64_MAX || !sip_timers_set(&held->stack->dialog_timers, &held->timer, due))
		sip_timers_clear(&held->stack->dialog_timers, &held->timer);
}

void
sip_stack_await_ack(struct held_dialog *held, uint32_t cseq, struct bytes response, uint64_t now)
{
	keep(&held->ok, &held->ok_size, response);
	held->ok_cseq = cseq;
	held->ok_waits = true;
	held->ok_interval_ms = SIP_T1_MS;
	held->ok_repeat_at = now + SIP_T1_MS;
	held->ok_end_at = now + ACK_WAIT_MS;
	sip_stack_set_dialog_timer(held);
}

bool
sip_stack_may_speak(struct sip_stack *stack, struct held_dialog *held, uint64_t flow, uint64_t now)
{
	const struct sip_stack_seams *seams = &stack->plan.seams;

	return held->dialog->flow == flow || seams->on_stray == NULL ||
	       seams->on_stray(seams->arg, held->dialog, flow, now);
}

void
sip_stack_on_ack(
    struct sip_stack *stack, uint64_t flow, const struct sip_message *ack, uint64_t now)
{
	struct held_dialog *held = sip_stack_dialog_of(stack, ack);

	if (held == NULL || !held->ok_waits || held->ok_cseq != ack->cseq.number ||
	    !sip_stack_may_speak(stack, held, flow, now))
		return;
	held->ok_waits = false;
	keep(&held->ok, &held->ok_size, bytes_of(NULL, 0));
	sip_stack_set_dialog_timer(held);
	if (stack->plan.seams.on_ack != NULL)
		stack->plan.seams.on_ack(stack->plan.seams.arg, held->dialog, ack, now);
}

/* RFC 3261 13.3.1.4: again at T1, doubling up to T2, for 64 T1; then the call is over. */
static void
repeat_ok(struct held_dialog *held, uint64_t now)
{
	struct sip_stack *stack = held->stack;

	if (now >= held->ok_end_at) {
		sip_stack_hang_up(held, false, now);
		sip_stack_end_dialog(held, "no ACK came", now);
		return;
	}
	held->ok_interval_ms =
	    held->ok_interval_ms * 2 < SIP_T2_MS ? held->ok_interval_ms * 2 : SIP_T2_MS;
	held->ok_repeat_at = now + held->ok_interval_ms;
	sip_stack_set_dialog_timer(held);
	if (held->ok_size > 0 && held->dialog->flow != 0)
		stack->plan.seams.send(
		    stack->plan.seams.arg, held->dialog->flow, bytes_of(held->ok, held->ok_size));
}

void
sip_stack_dialog_tick(struct held_dialog *held, uint64_t now)
{
	struct sip_stack *stack = held->stack;
	struct sip_session *session = &held->dialog->session;
	enum sip_session_event event;

	if (held->ok_waits && (now >= held->ok_repeat_at || now >= held->ok_end_at)) {
		repeat_ok(held, now);
		return;
	}
	event = held->dialog->state == SIP_DIALOG_CONFIRMED ? sip_session_look(session, now)
							    : SIP_SESSION_QUIET;
	/* Each is said once: a refresh that works begins a new time. */
	held->session_told = event == SIP_SESSION_EXPIRED;
	if (event != SIP_SESSION_QUIET)
		session->told = true;
	sip_stack_set_dialog_timer(held);
	if (event != SIP_SESSION_QUIET && stack->plan.seams.on_session != NULL)
		stack->plan.seams.on_session(stack->plan.seams.arg, held->dialog, event, now);
}

static enum fault
send_ack(struct held_dialog *held, const struct sip_extra *extra, struct why *why)
{
	struct sip_stack *stack = held->stack;
	const struct held_flow *flow = sip_stack_flow(stack, held->dialog->flow);
	struct sip_builder builder;
	char via[SIP_VIA_SIZE];
	struct bytes ack;
	enum fault fault;

	if (flow == NULL)
		return explain(why, FAULT_CLOSED, "the dialog's connection is lost");
	sip_stack_via(stack, &flow->flow, via);
	sip_dialog_request(held->dialog, SIP_METHOD_ACK, via, &builder);
	sip_stack_describe(stack, &flow->flow, false, true, &builder);
	fault = sip_builder_finish_with(&builder, extra, &ack, why);
	if (fault == FAULT_NONE) {
		keep(&held->ack, &held->ack_size, ack);
		held->ack_cseq = held->dialog->invite_cseq;
		stack->plan.seams.send(stack->plan.seams.arg, flow->flow.id, ack);
	}
	sip_builder_free(&builder);
	return fault;
}

enum fault
sip_stack_ack(struct sip_stack *stack, struct sip_dialog *dialog, const struct sip_extra *extra,
    uint64_t now, struct why *why)
{
	stack->now = now;
	return send_ack(sip_stack_held(dialog), extra, why);
}

void
sip_stack_resend_ack(struct held_dialog *held)
{
	if (held->ack_size > 0 && held->dialog->flow != 0)
		held->stack->plan.seams.send(held->stack->plan.seams.arg, held->dialog->flow,
		    bytes_of(held->ack, held->ack_size));
}

void
sip_stack_hang_up(struct held_dialog *held, bool acknowledge, uint64_t now)
{
	struct sip_request bye = {.method = SIP_METHOD_BYE, .dialog = held->dialog};

	if (acknowledge && send_ack(held, NULL, NULL) != FAULT_NONE)
		return;
	(void)!sip_stack_request(held->stack, &bye, now, NULL, NULL);
}

void
sip_stack_session(struct sip_dialog *dialog, uint32_t wanted_s, uint32_t least_s)
{
	struct sip_session *session = &dialog->session;
	struct sip_session fresh;

	sip_session_init(&fresh, wanted_s, least_s);
	session->wanted_s = fresh.wanted_s;
	session->least_s = fresh.least_s;
}

enum fault
sip_stack_restore(struct sip_stack *stack, const struct sip_dialog_facts *facts,
    struct sip_dialog **dialog, struct why *why)
{
	struct sip_dialog *restored;
	struct held_dialog *held;
	enum fault fault;

	if ((fault = sip_dialog_from_facts(&restored, facts, why)) != FAULT_NONE)
		return fault;
	fault = sip_stack_hold_dialog(stack, restored, facts->flow, &held, why);
	if (fault != FAULT_NONE) {
		sip_dialog_free(restored);
		return fault;
	}
	*dialog = restored;
	return FAULT_NONE;
}

void
sip_stack_move(struct sip_stack *stack, struct sip_dialog *dialog, uint64_t flow)
{
	(void)stack;
	sip_stack_place_dialog(sip_stack_held(dialog), flow);
}

void
sip_stack_forget(struct sip_stack *stack, struct sip_dialog *dialog)
{
	sip_stack_end_dialog(sip_stack_held(dialog), NULL, stack->now);
}
