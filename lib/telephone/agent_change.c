/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_change.c - what happens to a call that is up: hold, resume, new keys, and
 * a connection that came back. */
#include <string.h>

#include "telephone/agent_core.h"

enum {
	BUSY_DIALOG_MS = 500,   /* until a re-INVITE that had to wait is tried again */
	FAILED_OFFER_MS = 4000, /* ... one that could not be sent */
};

/* The peer's answer to a re-INVITE or UPDATE of ours. */
static void
heard_change(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, event->user);
	const struct sip_message *response = event->response;
	uint8_t random[2];
	struct why why;

	if (call == NULL || call->dialog == NULL || call->dialog != event->dialog ||
	    response == NULL || response->status < 200)
		return;
	if (response->status < 300) {
		if (response->method == SIP_METHOD_INVITE &&
		    (sip_stack_ack(agent->stack, call->dialog, NULL, now, NULL) != FAULT_NONE ||
			agent_media_answered(agent, call, response, &why) != FAULT_NONE)) {
			agent_send_bye(agent, call->dialog, now);
			call->dialog = NULL;
			agent_finish(agent, call, CALL_CAUSE_MEDIA, now);
			return;
		}
		call->facts.signalling_up = true;
		agent_take_level(agent, call, response);
		agent_refresh_icon(agent, call);
		agent_tell(agent, call, AGENT_CALL_MEDIA);
	} else if (response->status == 491) {
		agent->seams.random(agent->seams.arg, random, sizeof(random));
		call->reoffer = true;
		call->reoffer_at =
		    now + sip_dialog_glare_ms(call->dialog, (uint16_t)(random[0] << 8 | random[1]));
	} else if (response->status == 481 || response->status == 408) {
		sip_stack_forget(agent->stack, call->dialog);
		call->dialog = NULL;
		agent_finish(agent, call, CALL_CAUSE_SIGNALLING, now);
	} else if (response->method == SIP_METHOD_INVITE && call->facts.state == CALL_CONNECTED &&
		   !call->plan.receive) {
		/* They would not resume: the call is still on hold. */
		call->facts.state = CALL_HELD;
		call->local.direction = SDP_INACTIVE;
		agent_tell(agent, call, AGENT_CALL_STATE);
	}
}

void
agent_reoffer(struct agent *agent, struct line_call *call, uint64_t now)
{
	struct sip_extra extra;
	struct buffer body;
	struct sip_request invite = {.method = SIP_METHOD_INVITE,
	    .dialog = call->dialog,
	    .extra = &extra,
	    .on_response = heard_change,
	    .user = agent_user_of(call)};
	enum fault fault = FAULT_NONE;

	if (call->dialog == NULL || call->dialog->flow == 0 || call->dialog->invite_ours ||
	    call->dialog->invite_theirs) {
		call->reoffer = call->dialog != NULL;
		call->reoffer_at = now + BUSY_DIALOG_MS;
		return;
	}
	call->reoffer = false;
	sip_extra_init(&extra);
	buffer_init(&body, SDP_MOST);
	if (call->rekey && call->local.secure)
		fault = agent_media_rekey(agent, call, NULL);
	call->rekey = false;
	if (fault == FAULT_NONE)
		fault = agent_media_offer(call, &body, NULL);
	if (fault == FAULT_NONE) {
		sip_extra_body(&extra, "application/sdp", buffer_bytes_of(&body));
		fault = sip_stack_request(agent->stack, &invite, now, NULL, NULL);
	}
	if (fault != FAULT_NONE) {
		call->reoffer = true;
		call->reoffer_at = now + FAILED_OFFER_MS;
	}
	buffer_wipe(&body);
	sip_extra_finish(&extra);
}

enum fault
agent_hold(struct agent *agent, unsigned number, uint64_t now, struct why *why)
{
	struct line_call *call;
	enum call_wish wish;
	enum fault fault;

	fault = agent_meant(agent, number, CALL_HOLD, &call, why);
	if (fault != FAULT_NONE)
		return fault;
	if ((fault = call_move(&call->facts.state, CALL_HOLD, &wish, why)) != FAULT_NONE)
		return fault;
	call->local.direction = SDP_INACTIVE;
	agent_media_silence(agent, call); /* at once, whatever the peer says to it */
	agent_reoffer(agent, call, now);
	agent_tell(agent, call, AGENT_CALL_STATE);
	return FAULT_NONE;
}

enum fault
agent_resume(struct agent *agent, unsigned number, uint64_t now, struct why *why)
{
	struct line_call *call;
	enum call_wish wish;
	enum fault fault;

	fault = agent_meant(agent, number, CALL_RESUME, &call, why);
	if (fault != FAULT_NONE)
		return fault;
	if ((fault = call_move(&call->facts.state, CALL_RESUME, &wish, why)) != FAULT_NONE)
		return fault;
	agent_hold_others(agent, call, now);
	call->local.direction = SDP_SENDRECV;
	call->rekey = true;
	agent_reoffer(agent, call, now);
	agent_tell(agent, call, AGENT_CALL_STATE);
	return FAULT_NONE;
}

void
agent_calls_back(struct agent *agent, uint64_t now)
{
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		struct line_call *call = &agent->calls[i];
		struct sip_request update = {.method = SIP_METHOD_UPDATE,
		    .dialog = call->dialog,
		    .on_response = heard_change,
		    .user = agent_user_of(call)};

		if (call->facts.number == 0 || call->dialog == NULL ||
		    call->dialog->flow == agent->flow.id)
			continue;
		sip_stack_move(agent->stack, call->dialog, agent->flow.id);
		if (sip_stack_request(agent->stack, &update, now, NULL, NULL) != FAULT_NONE)
			agent_reoffer(agent, call, now);
	}
}
