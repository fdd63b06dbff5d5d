/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_answer.c - what the manager asks of us, and our answers. */
#include <stdio.h>
#include <string.h>

#include "signalling/multipart.h"
#include "telephone/agent_core.h"

static void
answer(struct agent *agent, struct sip_server *server, unsigned status,
    const struct sip_extra *extra, uint64_t now)
{
	struct why why;

	if (sip_stack_answer(agent->stack, server, status, NULL, extra, now, &why) != FAULT_NONE)
		agent->seams.on_refused(agent->seams.arg, "answer not sent", why.text);
}

/* Who calls us learns by our answer that UPDATE can tell us the level. */
static void
say_abilities(struct sip_extra *extra)
{
	sip_extra_header(extra, SIP_HEADER_ALLOW, "%s", AGENT_ALLOW);
	sip_extra_header(extra, SIP_HEADER_SUPPORTED, "%s", AGENT_SUPPORTED);
}

/* "1002 Beate": the number, and the name if it is another word. */
static void
take_party(struct line_call *call, const struct sip_message *request)
{
	char number[SCREEN_PARTY_SIZE / 2] = "", name[SCREEN_PARTY_SIZE / 2] = "";

	if (!sip_uri_user_text(&request->from.uri, number, sizeof(number)))
		number[0] = '\0';
	if (!bytes_copy_text(request->from.display, name, sizeof(name)))
		name[0] = '\0';
	for (char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	snprintf(call->facts.party, sizeof(call->facts.party), "%s%s%s", number,
	    name[0] != '\0' && number[0] != '\0' ? " " : "", strcmp(name, number) != 0 ? name : "");
}

/* Would this offer do? An INVITE without an offer is answered with ours. */
static enum fault
look_at_offer(
    struct agent *agent, struct line_call *call, const struct sip_message *request, struct why *why)
{
	struct buffer body;
	enum fault fault;

	if (request->body.left == 0) {
		call->offered = true;
		return FAULT_NONE;
	}
	buffer_init(&body, SDP_MOST);
	fault = agent_media_offered(agent, call, request, false, &body, why);
	buffer_wipe(&body);
	return fault;
}

static enum fault
keep_offer(struct line_call *call, const struct sip_message *request, struct why *why)
{
	struct bytes copy = request->whole;

	buffer_init(&call->offer, SIP_MESSAGE_MOST);
	buffer_bytes(&call->offer, copy);
	return buffer_ok(&call->offer) ? FAULT_NONE
				       : explain(why, FAULT_SYSTEM, "no memory for an offer");
}

static void
new_call(
    struct agent *agent, struct sip_server *server, const struct sip_message *request, uint64_t now)
{
	struct line_call *call = agent_call_new(agent);
	enum call_wish wish;
	struct why why;
	enum fault fault;

	if (call == NULL) {
		answer(agent, server, 486, NULL, now);
		return;
	}
	call->facts.incoming = true;
	take_party(call, request);
	if ((fault = agent_media_prepare(agent, call, &why)) != FAULT_NONE ||
	    (fault = look_at_offer(agent, call, request, &why)) != FAULT_NONE ||
	    (fault = keep_offer(call, request, &why)) != FAULT_NONE) {
		agent->seams.on_refused(agent->seams.arg, "call refused", why.text);
		agent_media_finish(agent, call);
		memset(call, 0, sizeof(*call));
		answer(agent, server, fault == FAULT_SYSTEM || fault == FAULT_BUSY ? 480 : 488,
		    NULL, now);
		return;
	}
	call->server = server;
	sip_stack_server_set_user(server, agent_user_of(call));
	agent_take_level(agent, call, request);
	if (call_move(&call->facts.state, CALL_OFFERED, &wish, NULL) == FAULT_NONE)
		answer(agent, server, 180, NULL, now);
	agent_tell(agent, call, AGENT_CALL_STATE);
}

static enum fault
write_answer(struct agent *agent, struct line_call *call, struct buffer *body, struct why *why)
{
	struct sip_message request;
	enum fault fault;

	if (call->offered)
		return agent_media_offer(call, body, why);
	fault = sip_message_read(buffer_bytes_of(&call->offer), &request, why);
	if (fault == FAULT_NONE)
		fault = agent_media_offered(agent, call, &request, true, body, why);
	return fault;
}

enum fault
agent_send_answer(struct agent *agent, struct line_call *call, uint64_t now, struct why *why)
{
	struct sip_extra extra;
	struct buffer body;
	enum fault fault;

	if (call->server == NULL)
		return explain(why, FAULT_UNEXPECTED, "this call can no longer be answered");
	sip_extra_init(&extra);
	buffer_init(&body, SDP_MOST);
	fault = write_answer(agent, call, &body, why);
	if (fault == FAULT_NONE) {
		say_abilities(&extra);
		sip_extra_body(&extra, "application/sdp", buffer_bytes_of(&body));
		call->dialog = sip_stack_server_dialog(call->server);
		fault = sip_stack_answer(agent->stack, call->server, 200, NULL, &extra, now, why);
	}
	if (fault == FAULT_NONE) {
		call->server = NULL;
		if (call->dialog != NULL)
			call->dialog->user = agent_user_of(call);
	}
	buffer_wipe(&call->offer);
	buffer_wipe(&body);
	sip_extra_finish(&extra);
	return fault;
}

/* A re-INVITE, or an UPDATE with or without an offer: direction, keys or only the level. */
static void
change(struct agent *agent, struct line_call *call, struct sip_server *server,
    const struct sip_message *request, uint64_t now)
{
	bool has_offer = request->body.left > 0;
	struct sip_extra extra;
	struct buffer body;
	struct why why = {""};
	enum fault fault = FAULT_NONE;

	agent_take_level(agent, call, request);
	sip_extra_init(&extra);
	say_abilities(&extra);
	buffer_init(&body, SDP_MOST);
	if (has_offer) {
		fault = agent_media_offered(agent, call, request, true, &body, &why);
	} else if (request->method == SIP_METHOD_INVITE) {
		fault = agent_media_offer(call, &body, &why);
		call->offered = fault == FAULT_NONE;
	}
	if (fault == FAULT_NONE && body.size > 0)
		sip_extra_body(&extra, "application/sdp", buffer_bytes_of(&body));
	if (fault == FAULT_NONE) {
		answer(agent, server, 200, &extra, now);
	} else {
		agent->seams.on_refused(agent->seams.arg, "change of a call refused", why.text);
		answer(agent, server, 488, NULL, now);
	}
	buffer_wipe(&body);
	sip_extra_finish(&extra);
	if (has_offer)
		agent_tell(agent, call, AGENT_CALL_MEDIA);
}

/* "action=reset": a line of the body, or "". */
static void
service_control(struct agent *agent, const struct sip_message *request)
{
	struct bytes body = request->body, line, name;
	char action[16] = "", call_id[AGENT_ID_SIZE] = "";

	while (body.left > 0) {
		if (!bytes_take_until(&body, '\n', &line))
			line = bytes_take_rest(&body);
		line = bytes_trim(line);
		if (!bytes_take_until(&line, '=', &name))
			continue;
		if (bytes_equal_text(name, "action") &&
		    !bytes_copy_text(line, action, sizeof(action)))
			action[0] = '\0';
		if (bytes_equal_text(name, "RegisterCallId")) {
			line = bytes_trim(line);
			if (line.left >= 2 && line.at[0] == '{')
				line = bytes_part(line, 1, line.left - 2);
			if (!bytes_copy_text(line, call_id, sizeof(call_id)))
				snprintf(call_id, sizeof(call_id), "?");
		}
	}
	if (call_id[0] != '\0' && strcmp(call_id, agent->login.call_id) != 0)
		agent->seams.on_refused(
		    agent->seams.arg, "reset refused", "it names another registration than ours");
	else if (strcmp(action, "reset") == 0 || strcmp(action, "restart") == 0)
		agent->seams.on_reset(agent->seams.arg, action);
}

static bool
is_service_control(const struct sip_message *request)
{
	return bytes_equal_text_nocase(
	    sip_message_value(request, SIP_HEADER_EVENT), "service-control");
}

static void
bye(struct agent *agent, struct line_call *call, struct sip_server *server, uint64_t now)
{
	answer(agent, server, 200, NULL, now);
	if (call == NULL)
		return;
	call->dialog = NULL;
	if (call->facts.state != CALL_ENDED)
		agent_finish(agent, call, CALL_CAUSE_REMOTE, now);
}

/* "Signal=5", the first line of application/dtmf-relay. */
static void
key_pressed(struct agent *agent, const struct line_call *call, const struct sip_message *request)
{
	struct bytes body = request->body, name;

	if (call == NULL || agent->seams.on_key == NULL ||
	    !sip_message_content_is(request, "application/dtmf-relay") ||
	    !bytes_take_until(&body, '=', &name) ||
	    !bytes_equal_text_nocase(bytes_trim(name), "Signal") || body.left == 0 ||
	    strchr("0123456789*#ABCD", body.at[0]) == NULL || body.at[0] == '\0')
		return;
	agent->seams.on_key(agent->seams.arg, call->facts.number, (char)body.at[0]);
}

void
agent_on_request(void *arg, uint64_t flow, struct sip_server *server, struct sip_dialog *dialog,
    const struct sip_message *request, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = dialog != NULL ? agent_call_of(agent, dialog->user) : NULL;

	(void)flow;
	switch (request->method) {
	case SIP_METHOD_INVITE:
	case SIP_METHOD_UPDATE:
		if (call != NULL && call->dialog == dialog)
			change(agent, call, server, request, now);
		else if (request->method == SIP_METHOD_INVITE && dialog == NULL)
			new_call(agent, server, request, now);
		else
			answer(agent, server, 481, NULL, now);
		return;
	case SIP_METHOD_BYE:
		bye(agent, call, server, now);
		return;
	case SIP_METHOD_NOTIFY:
		answer(agent, server, 200, NULL, now);
		if (is_service_control(request))
			service_control(agent, request);
		return;
	case SIP_METHOD_REFER:
		answer(agent, server, 202, NULL, now);
		return;
	case SIP_METHOD_INFO:
		key_pressed(agent, call, request);
		answer(agent, server, 200, NULL, now);
		return;
	case SIP_METHOD_OPTIONS:
		answer(agent, server, 200, NULL, now);
		return;
	default:
		answer(agent, server, 405, NULL, now);
		return;
	}
}

void
agent_on_ack(void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, dialog->user);
	enum call_wish wish;
	struct why why;

	if (call == NULL || call->dialog != dialog)
		return;
	if (call->bye_after_ack) {
		call->bye_after_ack = false;
		call->dialog = NULL;
		agent_send_bye(agent, dialog, now);
		return;
	}
	if (call->offered) {
		call->offered = false;
		if (agent_media_answered(agent, call, ack, &why) != FAULT_NONE) {
			agent->seams.on_refused(agent->seams.arg, "answer refused", why.text);
			call->dialog = NULL;
			agent_send_bye(agent, dialog, now);
			agent_finish(agent, call, CALL_CAUSE_MEDIA, now);
			return;
		}
	}
	agent_take_level(agent, call, ack);
	if (call->facts.connected_ms == 0 &&
	    call_move(&call->facts.state, CALL_CONFIRMED, &wish, NULL) == FAULT_NONE)
		agent_connected(agent, call, now);
}

void
agent_on_cancel(
    void *arg, struct sip_server *server, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, sip_stack_server_user(server));

	(void)dialog;
	(void)why;
	if (call == NULL || call->server != server)
		return;
	call->server = NULL;
	agent_finish(
	    agent, call, agent->flow.id != 0 ? CALL_CAUSE_CANCELLED : CALL_CAUSE_SIGNALLING, now);
}

void
agent_on_dialog_end(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, dialog->user);

	(void)why;
	if (call == NULL || call->dialog != dialog)
		return;
	call->dialog = NULL;
	if (call->facts.state != CALL_ENDED)
		agent_finish(agent, call, CALL_CAUSE_FAILED, now);
}

static void
heard_refresh(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, event->user);

	(void)now;
	if (call != NULL && event->response != NULL && event->response->status < 300)
		agent_take_level(agent, call, event->response);
}

void
agent_on_session(void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, dialog->user);
	struct sip_request update = {.method = SIP_METHOD_UPDATE,
	    .dialog = dialog,
	    .on_response = heard_refresh,
	    .user = dialog->user};

	if (call == NULL || call->dialog != dialog)
		return;
	if (event == SIP_SESSION_REFRESH && dialog->flow != 0 &&
	    sip_stack_request(agent->stack, &update, now, NULL, NULL) == FAULT_NONE)
		return;
	if (event != SIP_SESSION_EXPIRED)
		return;
	call->dialog = NULL;
	agent_send_bye(agent, dialog, now);
	agent_finish(agent, call, CALL_CAUSE_SIGNALLING, now);
}
