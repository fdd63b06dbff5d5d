/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_call.c - calls from our side: dial, hold, resume, hang up, keys. */
#include <stdio.h>
#include <string.h>

#include "telephone/agent_core.h"

struct line_call *
agent_call_new(struct agent *agent)
{
	struct line_call *call = NULL;

	for (size_t i = 0; i < AGENT_CALLS_MOST && call == NULL; i++)
		if (agent->calls[i].facts.number == 0)
			call = &agent->calls[i];
	if (call == NULL)
		return NULL;
	memset(call, 0, sizeof(*call));
	/* The smallest number that is free, as people count their calls. */
	for (unsigned number = 1; call->facts.number == 0; number++)
		if (agent_find(agent, number) == NULL && number != agent->last_number)
			call->facts.number = agent->last_number = number;
	call->facts.signalling_up = true;
	return call;
}

void
agent_finish(struct agent *agent, struct line_call *call, enum call_cause cause, uint64_t now)
{
	agent_media_finish(agent, call);
	call->facts.state = CALL_ENDED;
	if (call->facts.cause == CALL_CAUSE_NONE)
		call->facts.cause = cause;
	call->facts.ended_ms = now;
	call->facts.icon = ICON_NONE;
	call->facts.media_secure = call->facts.srtp = false;
	call->client = NULL;
	call->reoffer = false;
	agent_tell(agent, call, AGENT_CALL_STATE);
}

/* Applies an event of the network; one that does not fit is ignored. */
void
agent_call_moved(struct agent *agent, struct line_call *call, enum call_event event, uint64_t now)
{
	enum call_state before = call->facts.state;
	enum call_wish wish;

	(void)now;
	if (call_move(&call->facts.state, event, &wish, NULL) != FAULT_NONE)
		return;
	if (call->facts.state != before)
		agent_tell(agent, call, AGENT_CALL_STATE);
}

void
agent_connected(struct agent *agent, struct line_call *call, uint64_t now)
{
	call->facts.connected_ms = now;
	agent_tell(agent, call, AGENT_CALL_STATE);
	agent_refresh_icon(agent, call);
}

static void
heard_nothing(void *arg, const struct sip_response_event *event, uint64_t now)
{
	(void)arg;
	(void)event;
	(void)now;
}

void
agent_send_bye(struct agent *agent, struct sip_dialog *dialog, uint64_t now)
{
	struct sip_request bye = {
	    .method = SIP_METHOD_BYE, .dialog = dialog, .on_response = heard_nothing};

	if (dialog == NULL)
		return;
	dialog->user = NULL;
	if (dialog->flow == 0 ||
	    sip_stack_request(agent->stack, &bye, now, NULL, NULL) != FAULT_NONE)
		sip_stack_forget(agent->stack, dialog);
}

/* The 2xx: both ends are known. */
static void
accepted(struct agent *agent, struct line_call *call, const struct sip_response_event *event,
    uint64_t now)
{
	struct why why;
	enum call_wish wish;
	enum fault fault = sip_stack_ack(agent->stack, event->dialog, NULL, now, &why);

	call->dialog = event->dialog;
	call->dialog->user = agent_user_of(call);
	if (fault == FAULT_NONE)
		fault = agent_media_answered(agent, call, event->response, &why);
	if (fault == FAULT_NONE)
		fault = call_move(&call->facts.state, CALL_ACCEPTED, &wish, &why);
	if (fault != FAULT_NONE) {
		agent->seams.on_refused(agent->seams.arg, "answer refused", why.text);
		agent_send_bye(agent, call->dialog, now);
		call->dialog = NULL;
		agent_finish(agent, call, CALL_CAUSE_MEDIA, now);
		return;
	}
	agent_connected(agent, call, now);
}

static void
refused(
    struct agent *agent, struct line_call *call, const struct sip_message *response, uint64_t now)
{
	struct why why;

	call->client = NULL;
	if ((response->status == 401 || response->status == 407) && !call->authorized &&
	    agent->auth_name[0] != '\0') {
		call->authorized = true;
		if (agent_send_invite(agent, call, response, now, &why) == FAULT_NONE)
			return;
	}
	agent_finish(agent, call, call_cause_of_status(response->status), now);
}

static void
heard_invite(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct agent *agent = arg;
	struct line_call *call = agent_call_of(agent, event->user);
	unsigned status = event->response != NULL ? event->response->status : 0;
	bool over = call == NULL || call->facts.state == CALL_ENDED;

	if (status >= 200 && status < 300 && (over || call->dialog != NULL)) {
		/* Answered after we gave up, or a second time by another fork. */
		if (sip_stack_ack(agent->stack, event->dialog, NULL, now, NULL) == FAULT_NONE)
			agent_send_bye(agent, event->dialog, now);
		return;
	}
	if (over || call->dialog != NULL)
		return;
	if (event->response == NULL) {
		agent_finish(agent, call, CALL_CAUSE_SIGNALLING, now);
		return;
	}
	agent_take_level(agent, call, event->response);
	if (status < 200)
		agent_call_moved(agent, call, CALL_PROGRESS, now);
	else if (status < 300)
		accepted(agent, call, event, now);
	else
		refused(agent, call, event->response, now);
}

enum fault
agent_send_invite(struct agent *agent, struct line_call *call, const struct sip_message *challenge,
    uint64_t now, struct why *why)
{
	char uri[2 * AGENT_TEXT_SIZE], to[2 * AGENT_TEXT_SIZE + 2];
	struct sip_extra extra;
	struct buffer body;
	struct sip_request invite = {.method = SIP_METHOD_INVITE,
	    .flow = agent->flow.id,
	    .uri = uri,
	    .from = agent->self,
	    .to = to,
	    .call_id = call->call_id,
	    .from_tag = call->tag,
	    .cseq = challenge != NULL ? 2 : 1,
	    .extra = &extra,
	    .on_response = heard_invite,
	    .user = agent_user_of(call)};
	enum fault fault = FAULT_NONE;

	snprintf(uri, sizeof(uri), "sip:%s@%s", call->number, agent->manager);
	snprintf(to, sizeof(to), "<%s>", uri);
	sip_extra_init(&extra);
	buffer_init(&body, SDP_MOST);
	if (challenge != NULL)
		fault = agent_authorize(agent, challenge, "INVITE", uri, &extra, why);
	if (fault == FAULT_NONE)
		fault = agent_media_offer(call, &body, why);
	if (fault == FAULT_NONE) {
		sip_extra_header(&extra, SIP_HEADER_CALL_INFO,
		    "<urn:x-cisco-remotecc:callinfo>;security=Unknown;orientation=from;"
		    "call-instance=%u",
		    call->facts.number);
		sip_extra_header(&extra, SIP_HEADER_SUPPORTED, "%s", AGENT_SUPPORTED);
		sip_extra_body(&extra, "application/sdp", buffer_bytes_of(&body));
		fault = sip_stack_request(agent->stack, &invite, now, &call->client, why);
	}
	buffer_wipe(&body);
	sip_extra_finish(&extra);
	return fault;
}

/* Only what may stand in the user part of a URI as it is; false for anything else. */
static bool
number_ok(const char *number)
{
	size_t size = strlen(number);

	return size > 0 && size <= AGENT_NUMBER_MOST &&
	       strspn(number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			      "*+-_.") == size;
}

/* One person, one conversation: the one that is up goes on hold. */
void
agent_hold_others(struct agent *agent, const struct line_call *call, uint64_t now)
{
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		struct line_call *other = &agent->calls[i];

		if (other != call && other->facts.state == CALL_CONNECTED &&
		    agent_hold(agent, other->facts.number, now, NULL) != FAULT_NONE)
			agent_media_silence(agent, other);
	}
}

enum fault
agent_dial(
    struct agent *agent, const char *number, uint64_t now, unsigned *dialled, struct why *why)
{
	struct line_call *call;
	enum call_wish wish;
	enum fault fault;

	if (!number_ok(number))
		return explain(why, FAULT_MALFORMED, "this is not a number that can be dialled");
	if (!agent->login.registered)
		return explain(why, FAULT_UNEXPECTED, "the phone is not registered");
	call = agent_call_new(agent);
	if (call == NULL)
		return explain(why, FAULT_LIMIT, "there are %d calls already", AGENT_CALLS_MOST);
	agent_hold_others(agent, call, now);
	snprintf(call->number, sizeof(call->number), "%s", number);
	snprintf(call->facts.party, sizeof(call->facts.party), "%s", number);
	agent_random_id(agent, call->call_id);
	agent_random_id(agent, call->tag);
	if ((fault = call_move(&call->facts.state, CALL_DIAL, &wish, why)) != FAULT_NONE ||
	    (fault = agent_media_prepare(agent, call, why)) != FAULT_NONE ||
	    (fault = agent_send_invite(agent, call, NULL, now, why)) != FAULT_NONE) {
		agent_media_finish(agent, call);
		memset(call, 0, sizeof(*call));
		return fault;
	}
	*dialled = call->facts.number;
	agent_tell(agent, call, AGENT_CALL_STATE);
	return FAULT_NONE;
}

/* The call the person can only mean; a conversation comes before everything else. */
static enum fault
only_one(struct agent *agent, enum call_event event, struct line_call **call, struct why *why)
{
	struct line_call *found = NULL;
	size_t fitting = 0;

	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		struct line_call *here = &agent->calls[i];
		enum call_state state = here->facts.state;
		enum call_wish wish;

		if (here->facts.number == 0 || call_move(&state, event, &wish, NULL) != FAULT_NONE)
			continue;
		if (found == NULL || here->facts.state == CALL_CONNECTED)
			found = here;
		fitting++;
	}
	if (found == NULL)
		return explain(
		    why, FAULT_MISSING, "there is no call to %s", call_event_name(event));
	if (fitting > 1 && found->facts.state != CALL_CONNECTED)
		return explain(why, FAULT_UNEXPECTED, "which call? say its number");
	*call = found;
	return FAULT_NONE;
}

enum fault
agent_meant(struct agent *agent, unsigned number, enum call_event event, struct line_call **call,
    struct why *why)
{
	if (number == 0)
		return only_one(agent, event, call, why);
	*call = agent_find(agent, number);
	if (*call == NULL)
		return explain(why, FAULT_MISSING, "there is no call %u", number);
	return FAULT_NONE;
}

enum fault
agent_answer(struct agent *agent, unsigned number, uint64_t now, struct why *why)
{
	struct line_call *call;
	enum call_state state;
	enum call_wish wish;
	enum fault fault;

	fault = agent_meant(agent, number, CALL_ANSWER, &call, why);
	if (fault != FAULT_NONE)
		return fault;
	state = call->facts.state;
	if ((fault = call_move(&state, CALL_ANSWER, &wish, why)) != FAULT_NONE)
		return fault;
	agent_hold_others(agent, call, now);
	if ((fault = agent_send_answer(agent, call, now, why)) != FAULT_NONE)
		return fault;
	call->facts.state = state;
	agent_tell(agent, call, AGENT_CALL_STATE);
	return FAULT_NONE;
}

enum fault
agent_hangup(struct agent *agent, unsigned number, uint64_t now, struct why *why)
{
	struct line_call *call;
	bool answering;
	enum call_wish wish;
	enum fault fault;

	fault = agent_meant(agent, number, CALL_HANGUP, &call, why);
	if (fault != FAULT_NONE)
		return fault;
	answering = call->facts.state == CALL_ANSWERING;
	if ((fault = call_move(&call->facts.state, CALL_HANGUP, &wish, why)) != FAULT_NONE)
		return fault;
	call->facts.cause = CALL_CAUSE_LOCAL;
	if (wish == CALL_SEND_CANCEL && call->client != NULL) {
		sip_stack_cancel(agent->stack, call->client, now);
	} else if (wish == CALL_SEND_DECLINE && call->server != NULL) {
		fault = sip_stack_answer(agent->stack, call->server, 603, NULL, NULL, now, why);
		call->server = NULL;
	} else if (answering) {
		call->bye_after_ack = true; /* RFC 3261 15: the called side waits for the ACK */
	} else if (wish == CALL_SEND_BYE) {
		struct sip_dialog *dialog = call->dialog;

		call->dialog = NULL;
		agent_send_bye(agent, dialog, now);
	}
	agent_finish(agent, call, CALL_CAUSE_LOCAL, now);
	return fault;
}

enum fault
agent_keys(struct agent *agent, unsigned number, const char *keys, uint64_t now, struct why *why)
{
	struct line_call *call;
	enum fault fault;

	fault = agent_meant(agent, number, CALL_HOLD, &call, why);
	if (fault != FAULT_NONE)
		return fault;
	if (keys[0] == '\0' || strlen(keys) > AGENT_KEYS_MOST ||
	    strspn(keys, "0123456789*#ABCD") != strlen(keys))
		return explain(why, FAULT_MALFORMED, "keys are 0 to 9, *, # and A to D");
	if (!call_is_up(call->facts.state) || call->dialog == NULL)
		return explain(why, FAULT_UNEXPECTED, "call %u is not connected", number);
	if (call->dialog->flow == 0)
		return explain(why, FAULT_UNEXPECTED, "the manager cannot be reached");
	for (const char *key = keys; *key != '\0' && fault == FAULT_NONE; key++) {
		char body[64];
		struct sip_extra extra;
		struct sip_request info = {.method = SIP_METHOD_INFO,
		    .dialog = call->dialog,
		    .extra = &extra,
		    .on_response = heard_nothing};

		snprintf(body, sizeof(body), "Signal=%c\r\nDuration=160\r\n", *key);
		sip_extra_init(&extra);
		sip_extra_body(&extra, "application/dtmf-relay", bytes_text(body));
		fault = sip_stack_request(agent->stack, &info, now, NULL, why);
		sip_extra_finish(&extra);
	}
	return fault;
}
