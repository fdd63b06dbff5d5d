/* SPDX-License-Identifier: Apache-2.0 */
/* A leg begins: the INVITE to a phone, and what a phone's own INVITE is answered. */
#include "exchange/leg.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange/call.h"
#include "exchange/core.h"
#include "exchange/leg_message.h"

enum { STATUS_RINGING = 180, STATUS_OK = 200, STATUS_TIMEOUT = 408 };

static struct leg *
leg_new(struct exchange *exchange, const struct registration *of, enum leg_state state)
{
	const struct registration_record *record = &of->record;
	struct leg *leg = calloc(1, sizeof(*leg));

	if (leg == NULL)
		return NULL;
	leg->exchange = exchange;
	leg->state = state;
	snprintf(leg->line, sizeof(leg->line), "%s", record->line);
	snprintf(leg->device, sizeof(leg->device), "%s", record->device);
	snprintf(leg->display, sizeof(leg->display), "%s", record->display);
	snprintf(leg->target, sizeof(leg->target), "%s", record->contact);
	leg->profile = record->profile;
	leg->transport = record->transport;
	leg->certificate = record->certificate;
	leg->digest = record->digest;
	leg->callinfo = record->callinfo;
	leg->srtp_fallback = record->srtp_fallback;
	core_place_leg(leg, of->connection);
	return leg;
}

struct leg *
leg_new_incoming(struct exchange *exchange, struct sip_server *server,
    const struct sip_message *request, const struct registration *from)
{
	struct leg *leg = leg_new(exchange, from, LEG_INVITING);

	if (leg == NULL)
		return NULL;
	leg->server = server;
	leg->server_is_invite = true;
	sip_stack_server_set_user(server, leg);
	leg_message_abilities(leg, request);
	return leg;
}

struct leg *
leg_new_outgoing(struct call *call, const struct leg *caller, const struct registration *to)
{
	struct leg *leg = leg_new(caller->exchange, to, LEG_INVITED);

	if (leg != NULL)
		leg->call = call;
	return leg;
}

void
leg_free(struct leg *leg)
{
	if (leg == NULL)
		return;
	if (leg->dialog != NULL)
		leg->dialog->user = NULL;
	if (leg->server != NULL)
		sip_stack_server_set_user(leg->server, NULL);
	core_unplace_leg(leg);
	free(leg);
}

void
leg_detach(struct leg *leg)
{
	leg->dialog = NULL;
	leg->client = NULL;
	leg->server = NULL;
}

void
leg_drop(struct leg *leg)
{
	if (leg != NULL && leg->dialog != NULL)
		sip_stack_forget(leg->exchange->stack, leg->dialog);
	if (leg != NULL)
		leg_detach(leg);
	leg_free(leg);
}

bool
leg_is_connected(const struct leg *leg)
{
	return leg->connection != NULL && core_is_present(leg->connection);
}

bool
leg_is_ringing(const struct leg *leg)
{
	return leg->state == LEG_INVITED;
}

bool
leg_is_quiet(const struct leg *leg)
{
	return leg->state == LEG_OVER && leg->dialog == NULL && leg->client == NULL &&
	       leg->server == NULL && leg->requests == 0;
}

bool
leg_can_offer(const struct leg *leg)
{
	return leg->state == LEG_TALKING && leg->dialog != NULL && leg_is_connected(leg) &&
	       !leg->dialog->invite_ours && !leg->dialog->invite_theirs && !leg->ack_awaited &&
	       !leg->ack_owed;
}

struct media_end
leg_media_end(const struct leg *leg)
{
	return (struct media_end){
	    .tls = leg->transport == TRANSPORT_TLS,
	    .suites = leg->profile.suites,
	};
}

void
leg_adopt_dialog(struct leg *leg, struct sip_dialog *dialog)
{
	leg->dialog = dialog;
	if (dialog != NULL)
		dialog->user = leg;
}

/* The first INVITE to a phone, and what it answers */

/* A 2xx of a second phone behind the same Contact: one dialog is enough. */
static void
drop_fork(struct leg *leg, struct sip_dialog *dialog)
{
	struct sip_request bye = {.method = SIP_METHOD_BYE, .dialog = dialog};
	struct why why;

	if (sip_stack_ack(leg->exchange->stack, dialog, NULL, leg->exchange->now_ms, &why) !=
		FAULT_NONE ||
	    sip_stack_request(leg->exchange->stack, &bye, leg->exchange->now_ms, NULL, &why) !=
		FAULT_NONE)
		sip_stack_forget(leg->exchange->stack, dialog);
}

static void
heard_answer(struct leg *leg, const struct sip_response_event *event)
{
	if (leg->dialog == event->dialog && leg->state != LEG_INVITED)
		return;
	if (leg->state == LEG_TALKING || event->dialog == NULL) {
		if (event->dialog != NULL)
			drop_fork(leg, event->dialog);
		return;
	}
	leg_adopt_dialog(leg, event->dialog);
	leg->state = LEG_TALKING;
	leg->ack_owed = true;
	leg_message_abilities(leg, event->response);
	call_answered(leg, leg_message_sdp(event->response));
}

static void
heard_refusal(struct leg *leg, const struct sip_response_event *event)
{
	bool rang = leg->state == LEG_INVITED;

	if (!rang)
		return;
	leg->state = LEG_OVER;
	if (event->response == NULL)
		call_failed(leg, STATUS_TIMEOUT, event->why.text);
	else
		call_failed(leg, event->response->status, "refused by the phone");
}

static void
heard(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct leg *leg = event->user;

	(void)arg;
	(void)now;
	if (event->last)
		leg->client = NULL;
	if (event->response == NULL || event->response->status >= 300)
		heard_refusal(leg, event);
	else if (event->response->status >= 200)
		heard_answer(leg, event);
	else if (leg->state == LEG_INVITED)
		call_ringing(leg);
}

void
leg_invite(struct leg *leg, struct bytes sdp)
{
	const struct leg_naming naming = leg_message_naming(leg);
	struct sip_request invite = {
	    .method = SIP_METHOD_INVITE,
	    .flow = leg->connection == NULL ? 0 : leg->connection->flow.id,
	    .uri = leg->target,
	    .from = naming.from,
	    .to = naming.to,
	    .session_s = leg->exchange->limits.session_s,
	    .session_least_s = leg->exchange->limits.session_least_s,
	    .on_response = heard,
	    .user = leg,
	};
	struct sip_extra extra;
	struct why why;

	leg_message_extra(leg, &extra, LEG_SAYS_INVITE, sdp);
	invite.extra = &extra;
	if (sip_stack_request(
		leg->exchange->stack, &invite, leg->exchange->now_ms, &leg->client, &why)) {
		core_log_call(leg->call, LOG_LEVEL_WARNING, "phone not reached", why.text);
		leg->client = NULL; /* leg_tick() reports it: never back into the call from here */
	}
	sip_extra_finish(&extra);
}

/* Answers to the phone's own requests */

static void
answer(struct leg *leg, unsigned status, const char *reason, const struct sip_extra *extra)
{
	struct sip_server *server = leg->server;
	struct why why = {""};

	if (server == NULL)
		return;
	if (status >= 200)
		leg->server = NULL;
	if (sip_stack_answer(
		leg->exchange->stack, server, status, reason, extra, leg->exchange->now_ms, &why))
		core_log_call(leg->call, LOG_LEVEL_WARNING, "answer not sent", why.text);
}

/* The dialog exists from the first provisional answer on. */
static void
make_dialog(struct leg *leg)
{
	struct sip_extra extra;

	if (leg->dialog != NULL || leg->server == NULL)
		return;
	leg_message_extra(leg, &extra, LEG_SAYS_RINGING, bytes_of(NULL, 0));
	answer(leg, STATUS_RINGING, NULL, &extra);
	sip_extra_finish(&extra);
	leg_adopt_dialog(leg, sip_stack_server_dialog(leg->server));
	if (leg->dialog != NULL)
		sip_stack_session(leg->dialog, leg->exchange->limits.session_s,
		    leg->exchange->limits.session_least_s);
}

void
leg_ring(struct leg *leg)
{
	if (leg->state == LEG_INVITING)
		make_dialog(leg);
}

/* What it hears in this answer it need not be told again. */
void
leg_mark_told(struct leg *leg)
{
	leg->told = true;
	leg->told_level = leg->call->level;
}

void
leg_answer(struct leg *leg, struct bytes sdp)
{
	struct sip_extra extra;

	if (leg->server == NULL)
		return;
	make_dialog(leg);
	leg->ack_awaited = leg->ack_awaited || leg->server_is_invite;
	leg->state = LEG_TALKING;
	leg_message_extra(leg, &extra, LEG_SAYS_ANSWER, sdp);
	leg_mark_told(leg);
	answer(leg, STATUS_OK, NULL, &extra);
	sip_extra_finish(&extra);
}

void
leg_refuse(struct leg *leg, unsigned status, const char *reason)
{
	struct sip_extra extra;

	sip_extra_init(&extra);
	leg_message_warning(leg, &extra, reason);
	answer(leg, status, NULL, &extra);
	sip_extra_finish(&extra);
}

void
leg_ack(struct leg *leg, struct bytes sdp)
{
	struct sip_extra extra;
	struct why why;

	if (!leg->ack_owed || leg->dialog == NULL)
		return;
	leg->ack_owed = false;
	sip_extra_init(&extra);
	if (sdp.left > 0)
		sip_extra_body(&extra, LEG_SDP_TYPE, sdp);
	if (sip_stack_ack(leg->exchange->stack, leg->dialog, &extra, leg->exchange->now_ms, &why))
		core_log_call(leg->call, LOG_LEVEL_WARNING, "ACK not sent", why.text);
	sip_extra_finish(&extra);
}
