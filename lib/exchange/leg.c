/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/leg.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange/call.h"
#include "exchange/call_level.h"
#include "exchange/core.h"
#include "exchange/leg_message.h"
#include "signalling/multipart.h"

/* Requests we sent since the record was written counted up; a gap is allowed (RFC 3261 12.2.1.1).
 */
enum { LEG_CSEQ_GAP = 10000 };

enum { STATUS_RINGING = 180, STATUS_OK = 200, STATUS_TIMEOUT = 408, STATUS_UNAVAILABLE = 480 };
enum {
	STATUS_NO_METHOD = 405,
	STATUS_NO_DIALOG = 481,
	STATUS_CANCELLED = 487,
	STATUS_PENDING = 491
};

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

static uint64_t
now_of(const struct leg *leg)
{
	return leg->exchange->now_ms;
}

static void
adopt_dialog(struct leg *leg, struct sip_dialog *dialog)
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

	if (sip_stack_ack(leg->exchange->stack, dialog, NULL, now_of(leg), &why) != FAULT_NONE ||
	    sip_stack_request(leg->exchange->stack, &bye, now_of(leg), NULL, &why) != FAULT_NONE)
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
	adopt_dialog(leg, event->dialog);
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
	if (sip_stack_request(leg->exchange->stack, &invite, now_of(leg), &leg->client, &why)) {
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
		leg->exchange->stack, server, status, reason, extra, now_of(leg), &why))
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
	adopt_dialog(leg, sip_stack_server_dialog(leg->server));
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
static void
mark_told(struct leg *leg)
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
	mark_told(leg);
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
	if (sip_stack_ack(leg->exchange->stack, leg->dialog, &extra, now_of(leg), &why))
		core_log_call(leg->call, LOG_LEVEL_WARNING, "ACK not sent", why.text);
	sip_extra_finish(&extra);
}

/* Offers during the call */

/* A phone that is there and says nothing does not know the call any more; one whose connection
 * was lost may come back to it. */
static unsigned
silence_status(const struct leg *leg)
{
	return leg_is_connected(leg) ? STATUS_TIMEOUT : STATUS_UNAVAILABLE;
}

static void
offer_heard(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct leg *leg = event->user;
	const struct sip_message *response = event->response;

	(void)arg;
	(void)now;
	if (event->last)
		leg->requests--;
	if (response != NULL && response->status < 200)
		return;
	if (response == NULL) {
		call_offer_refused(leg, silence_status(leg));
	} else if (response->status >= 300) {
		call_offer_refused(leg, response->status);
	} else if (leg->state == LEG_TALKING) {
		leg->ack_owed = response->method == SIP_METHOD_INVITE;
		call_offer_accepted(leg, leg_message_sdp(response));
	}
}

static bool
send_in_dialog(struct leg *leg, enum sip_method method, enum leg_says says, struct bytes sdp,
    sip_response_handler *handler)
{
	struct sip_request request = {
	    .method = method, .dialog = leg->dialog, .on_response = handler, .user = leg};
	struct sip_extra extra;
	struct why why;
	bool sent;

	leg_message_extra(leg, &extra, says, sdp);
	request.extra = &extra;
	leg->requests++;
	sent = sip_stack_request(leg->exchange->stack, &request, now_of(leg), NULL, &why) ==
	       FAULT_NONE;
	if (!sent) {
		leg->requests--;
		core_log_call(leg->call, LOG_LEVEL_WARNING, "request not sent", why.text);
	}
	sip_extra_finish(&extra);
	return sent;
}

void
leg_offer(struct leg *leg, enum leg_request request, struct bytes sdp)
{
	enum sip_method method =
	    request == LEG_UPDATE && leg->update ? SIP_METHOD_UPDATE : SIP_METHOD_INVITE;

	if (!send_in_dialog(leg, method, LEG_SAYS_OFFER, sdp, offer_heard))
		leg->offer_failed = true; /* leg_tick() reports it */
}

static void
level_heard(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct leg *leg = event->user;

	(void)arg;
	(void)now;
	unsigned status = event->response == NULL ? silence_status(leg) : event->response->status;

	if (status < 200)
		return;
	if (event->last)
		leg->requests--;
	leg->telling = false;
	if (status == STATUS_TIMEOUT || status == STATUS_NO_DIALOG)
		call_hung_up(leg, "it does not know the call any more");
	else if (status == STATUS_PENDING || status == STATUS_UNAVAILABLE)
		leg->told = false; /* leg_tick() tells it again */
	else
		leg_tell_level(leg);
}

void
leg_tell_level(struct leg *leg)
{
	if ((leg->told && leg->told_level == leg->call->level) || leg->telling || !leg->callinfo ||
	    !leg->update || !leg_can_offer(leg))
		return;
	leg->telling =
	    send_in_dialog(leg, SIP_METHOD_UPDATE, LEG_SAYS_LEVEL, bytes_of(NULL, 0), level_heard);
	if (leg->telling)
		mark_told(leg);
}

/* The end */

static void
send_bye(struct leg *leg)
{
	struct sip_request bye = {.method = SIP_METHOD_BYE, .dialog = leg->dialog};
	struct sip_dialog *dialog = leg->dialog;
	struct why why;

	leg->dialog = NULL;
	dialog->user = NULL;
	if (!leg_is_connected(leg) ||
	    sip_stack_request(leg->exchange->stack, &bye, now_of(leg), NULL, &why) != FAULT_NONE)
		sip_stack_forget(leg->exchange->stack, dialog);
}

static void
end_talk(struct leg *leg)
{
	if (leg->dialog == NULL)
		return;
	leg_ack(leg, bytes_of(NULL, 0));
	if (leg->ack_awaited && leg_is_connected(leg))
		leg->bye_wanted = true;
	else
		send_bye(leg);
}

void
leg_end(struct leg *leg, unsigned status, const char *reason)
{
	enum leg_state state = leg->state;

	if (state == LEG_OVER)
		return;
	leg->state = LEG_OVER;
	if (leg->server != NULL)
		leg_refuse(leg, status, reason);
	if (state == LEG_INVITED && leg->client != NULL)
		sip_stack_cancel(leg->exchange->stack, leg->client, now_of(leg));
	if (state == LEG_TALKING)
		end_talk(leg);
}

/* What the stack says */

static void
on_bye(struct leg *leg, struct sip_server *server)
{
	struct why why;
	bool over = leg->state == LEG_OVER;

	leg->state = LEG_OVER;
	if (leg->server != NULL)
		leg_refuse(leg, STATUS_CANCELLED, "the call has ended");
	if (sip_stack_answer(
		leg->exchange->stack, server, STATUS_OK, NULL, NULL, now_of(leg), &why))
		core_log_call(leg->call, LOG_LEVEL_WARNING, "answer not sent", why.text);
	if (!over)
		call_hung_up(leg, "hung up");
}

static void
on_offer(struct leg *leg, struct sip_server *server, const struct sip_message *request)
{
	struct bytes sdp = leg_message_sdp(request);

	leg->server = server;
	leg->server_is_invite = request->method == SIP_METHOD_INVITE;
	sip_stack_server_set_user(server, leg);
	leg->asked_without_offer = sdp.left == 0;
	if (leg->state != LEG_TALKING)
		leg_refuse(leg, leg->state == LEG_OVER ? STATUS_NO_DIALOG : STATUS_PENDING, NULL);
	else if (!leg->server_is_invite && sdp.left == 0)
		leg_answer(leg, sdp); /* a session refresh */
	else
		call_offered(leg, leg->server_is_invite ? LEG_INVITE : LEG_UPDATE, sdp);
}

static void
answer_other(struct leg *leg, struct sip_server *server, const struct sip_message *request)
{
	bool offer = request->method == SIP_METHOD_INVITE || request->method == SIP_METHOD_UPDATE;
	unsigned status = request->method == SIP_METHOD_OPTIONS ? STATUS_OK : STATUS_NO_METHOD;
	struct why why;

	if (offer)
		status = STATUS_PENDING;
	if (sip_stack_answer(leg->exchange->stack, server, status, NULL, NULL, now_of(leg), &why))
		core_log_call(leg->call, LOG_LEVEL_WARNING, "answer not sent", why.text);
}

void
leg_on_request(struct leg *leg, struct sip_server *server, const struct sip_message *request)
{
	if (request->method == SIP_METHOD_BYE)
		on_bye(leg, server);
	else if ((request->method == SIP_METHOD_INVITE || request->method == SIP_METHOD_UPDATE) &&
		 leg->server == NULL)
		on_offer(leg, server, request);
	else
		answer_other(leg, server, request);
}

void
leg_on_ack(struct leg *leg, const struct sip_message *ack)
{
	if (!leg->ack_awaited)
		return;
	leg->ack_awaited = false;
	if (leg->bye_wanted)
		send_bye(leg);
	else
		call_acked(leg, leg_message_sdp(ack));
}

void
leg_on_cancel(struct leg *leg)
{
	leg->server = NULL;
	if (leg->state == LEG_INVITING) {
		leg->state = LEG_OVER;
		call_cancelled(leg);
	}
}

void
leg_on_dialog_end(struct leg *leg, const char *reason)
{
	bool talked = leg->state == LEG_TALKING;

	leg->dialog = NULL;
	if (leg->state != LEG_INVITED)
		leg->state = LEG_OVER;
	if (talked)
		call_hung_up(leg, reason);
}

void
leg_on_session(struct leg *leg, enum sip_session_event event)
{
	if (leg->state != LEG_TALKING)
		return;
	if (event == SIP_SESSION_EXPIRED)
		call_hung_up(leg, "its session timer ran out");
	else if (event == SIP_SESSION_REFRESH && leg->update && leg_can_offer(leg))
		leg->telling = send_in_dialog(
		    leg, SIP_METHOD_UPDATE, LEG_SAYS_LEVEL, bytes_of(NULL, 0), level_heard);
}

void
leg_tick(struct leg *leg, uint64_t now_ms)
{
	uint64_t away_ms = (uint64_t)leg->exchange->limits.away_s * 1000;

	if (leg->state == LEG_INVITED && leg->client == NULL) {
		leg->state = LEG_OVER;
		call_failed(leg, STATUS_TIMEOUT, "it could not be reached");
	} else if (leg->offer_failed) {
		leg->offer_failed = false;
		call_offer_refused(leg, STATUS_TIMEOUT);
	} else if (leg->state == LEG_TALKING && !leg_is_connected(leg) &&
		   now_ms - leg->away_since_ms >= away_ms) {
		call_hung_up(leg, "its connection did not come back");
	} else if (leg->state == LEG_TALKING) {
		leg_tell_level(leg);
	}
}

/* Remembering */

void
leg_record(const struct leg *leg, struct leg_record *record)
{
	const struct sip_dialog *dialog = leg->dialog;

	snprintf(record->line, sizeof(record->line), "%s", leg->line);
	snprintf(record->device, sizeof(record->device), "%s", leg->device);
	snprintf(record->display, sizeof(record->display), "%s", leg->display);
	record->profile = leg->profile;
	record->transport = leg->transport;
	record->certificate = leg->certificate;
	record->digest = leg->digest;
	record->callinfo = leg->callinfo;
	record->srtp_fallback = leg->srtp_fallback;
	record->update = leg->update;
	record->srtp_to_us = leg->srtp_to_us;
	record->srtp_from_us = leg->srtp_from_us;
	record->flow = leg->connection == NULL ? 0 : leg->connection->flow.id;
	if (dialog == NULL)
		return;
	snprintf(record->call_id, sizeof(record->call_id), "%s", dialog->call_id);
	snprintf(record->local_tag, sizeof(record->local_tag), "%s", dialog->local_tag);
	snprintf(record->remote_tag, sizeof(record->remote_tag), "%s", dialog->remote_tag);
	snprintf(record->local_uri, sizeof(record->local_uri), "%s", dialog->local_uri);
	snprintf(record->remote_uri, sizeof(record->remote_uri), "%s", dialog->remote_uri);
	snprintf(record->remote_target, sizeof(record->remote_target), "%s", dialog->remote_target);
	record->uac = dialog->uac;
	record->local_cseq = dialog->local_cseq;
	record->remote_cseq = dialog->remote_cseq;
	record->has_remote_cseq = dialog->has_remote_cseq;
	record->session_s = dialog->session.agreed_s;
	record->session_ours = dialog->session.ours;
}

static void
restore_facts(struct leg *leg, const struct leg_record *record)
{
	snprintf(leg->line, sizeof(leg->line), "%s", record->line);
	snprintf(leg->device, sizeof(leg->device), "%s", record->device);
	snprintf(leg->display, sizeof(leg->display), "%s", record->display);
	leg->profile = record->profile;
	leg->transport = record->transport;
	leg->certificate = record->certificate;
	leg->digest = record->digest;
	leg->callinfo = record->callinfo;
	leg->srtp_fallback = record->srtp_fallback;
	leg->update = record->update;
	leg->srtp_to_us = record->srtp_to_us;
	leg->srtp_from_us = record->srtp_from_us;
	leg->away_since_ms = leg->exchange->now_ms;
	leg->state = LEG_TALKING;
}

enum fault
leg_new_restored(struct exchange *exchange, const struct leg_record *record, struct leg **restored,
    struct why *why)
{
	const struct sip_dialog_facts facts = {
	    .uac = record->uac,
	    .call_id = record->call_id,
	    .local_tag = record->local_tag,
	    .remote_tag = record->remote_tag,
	    .local_uri = record->local_uri,
	    .remote_uri = record->remote_uri,
	    .remote_target = record->remote_target,
	    .local_cseq = record->local_cseq + LEG_CSEQ_GAP,
	    .remote_cseq = record->remote_cseq,
	    .has_remote_cseq = record->has_remote_cseq,
	};
	struct leg *leg = calloc(1, sizeof(*leg));
	struct sip_dialog *dialog;
	enum fault fault;

	if (leg == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a leg");
	leg->exchange = exchange;
	if ((fault = sip_stack_restore(exchange->stack, &facts, &dialog, why))) {
		free(leg);
		return fault;
	}
	restore_facts(leg, record);
	adopt_dialog(leg, dialog);
	core_place_leg(leg, NULL);
	*restored = leg;
	return FAULT_NONE;
}
