/* SPDX-License-Identifier: Apache-2.0 */
/* A leg goes on and ends: offers, the level, BYE, and what the stack says meanwhile. */
#include "exchange/leg.h"

#include "exchange/call.h"
#include "exchange/core.h"
#include "exchange/leg_message.h"

enum {
	STATUS_OK = 200,
	STATUS_NO_METHOD = 405,
	STATUS_TIMEOUT = 408,
	STATUS_NO_TYPE = 415,
	STATUS_UNAVAILABLE = 480,
	STATUS_NO_DIALOG = 481,
	STATUS_CANCELLED = 487,
	STATUS_PENDING = 491
};

#define KEYS_TYPE "application/dtmf-relay"
enum { KEYS_MOST = 256 }; /* bytes of one key press */

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
	sent = sip_stack_request(
		   leg->exchange->stack, &request, leg->exchange->now_ms, NULL, &why) == FAULT_NONE;
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
		leg_mark_told(leg);
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
	if (!leg_is_connected(leg) || sip_stack_request(leg->exchange->stack, &bye,
					  leg->exchange->now_ms, NULL, &why) != FAULT_NONE)
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
		sip_stack_cancel(leg->exchange->stack, leg->client, leg->exchange->now_ms);
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
		leg->exchange->stack, server, STATUS_OK, NULL, NULL, leg->exchange->now_ms, &why))
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
keys_heard(void *arg, const struct sip_response_event *event, uint64_t now)
{
	(void)arg;
	(void)now;
	if (event->last)
		((struct leg *)event->user)->requests--;
}

/* Keys pressed during the call go to the other side as they came: short printable text. */
static unsigned
relay_keys(struct leg *leg, const struct sip_message *request)
{
	struct leg *other = call_other(leg->call, leg);
	struct sip_request info = {.method = SIP_METHOD_INFO, .on_response = keys_heard};
	struct sip_extra extra;
	struct why why;
	bool sent;

	if (!sip_message_content_is(request, KEYS_TYPE) || request->body.left > KEYS_MOST)
		return STATUS_NO_TYPE;
	if (leg->state != LEG_TALKING || other == NULL || other->state != LEG_TALKING ||
	    other->dialog == NULL)
		return STATUS_UNAVAILABLE;
	sip_extra_init(&extra);
	sip_extra_body(&extra, KEYS_TYPE, request->body);
	info.dialog = other->dialog;
	info.extra = &extra;
	info.user = other;
	other->requests++;
	sent = sip_stack_request(leg->exchange->stack, &info, leg->exchange->now_ms, NULL, &why) ==
	       FAULT_NONE;
	if (!sent)
		other->requests--;
	sip_extra_finish(&extra);
	return sent ? STATUS_OK : STATUS_UNAVAILABLE;
}

static void
answer_other(struct leg *leg, struct sip_server *server, const struct sip_message *request)
{
	bool offer = request->method == SIP_METHOD_INVITE || request->method == SIP_METHOD_UPDATE;
	unsigned status = request->method == SIP_METHOD_OPTIONS ? STATUS_OK : STATUS_NO_METHOD;
	struct why why;

	if (offer)
		status = STATUS_PENDING;
	else if (request->method == SIP_METHOD_INFO)
		status = relay_keys(leg, request);
	if (sip_stack_answer(
		leg->exchange->stack, server, status, NULL, NULL, leg->exchange->now_ms, &why))
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
