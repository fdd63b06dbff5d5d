/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent.c - the agent as a whole: connection, time, icons, what is told. */
#include "telephone/agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/audit_report.h"
#include "signalling/call_info.h"
#include "telephone/agent_core.h"
#include "telephone/indication.h"

static const char *const methods[] = {
    "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "INFO", "NOTIFY", "REFER", NULL};
static const char *const extensions[] = {"replaces", "timer", "norefersub", NULL};

static void
stack_send(void *arg, uint64_t flow, struct bytes message)
{
	struct agent *agent = arg;

	agent->seams.send(agent->seams.arg, flow, message);
}

static void
stack_random(void *arg, uint8_t *bytes, size_t count)
{
	struct agent *agent = arg;

	agent->seams.random(agent->seams.arg, bytes, count);
}

static void
stack_refused(void *arg, uint64_t flow, unsigned status, const char *sentence)
{
	struct agent *agent = arg;

	(void)flow;
	/* Messages that cross on the way are every day's; nonsense is worth a record. */
	if (status == 0 || status == 400 || status == 413 || status == 513)
		agent->seams.on_refused(agent->seams.arg, "SIP message refused", sentence);
}

static enum fault
make_stack(struct agent *agent, struct why *why)
{
	struct sip_stack_plan plan = {
	    .seams = {agent, stack_send, stack_random, agent_on_request, agent_on_ack,
		agent_on_cancel, agent_on_dialog_end, agent_on_session, stack_refused},
	    .abilities = {.methods = methods, .extensions = extensions},
	    .agent = "Ringfence-Phone/" RINGFENCE_VERSION,
	    .contact_user = agent->user,
	    .contact_parameters = agent->contact_parameters,
	    .transactions_most = 256,
	    .dialogs_most = 64,
	};

	return sip_stack_new(&agent->stack, &plan, why);
}

/* False when it does not fit, or could break out of a SIP header. */
static bool
copy_name(char to[AGENT_TEXT_SIZE], const char *from)
{
	size_t size = from != NULL ? strlen(from) : 0;

	if (size >= AGENT_TEXT_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)from[i] < ' ' || from[i] == '<' || from[i] == '>' ||
		    from[i] == '"' || from[i] == '\\')
			return false;
	memcpy(to, from != NULL ? from : "", size);
	to[size] = '\0';
	return true;
}

static void
write_identity(struct agent *agent)
{
	char mac[13] = "000000000000";

	for (size_t i = 0; i < 12 && strlen(agent->device) == 15; i++)
		mac[i] = (char)(agent->device[3 + i] >= 'A' ? agent->device[3 + i] + 32
							    : agent->device[3 + i]);
	if (agent->display[0] != '\0')
		snprintf(agent->self, sizeof(agent->self), "\"%s\" <sip:%s@%s>", agent->display,
		    agent->user, agent->manager);
	else
		snprintf(
		    agent->self, sizeof(agent->self), "<sip:%s@%s>", agent->user, agent->manager);
	snprintf(agent->contact_parameters, sizeof(agent->contact_parameters),
	    ";+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-%s>\""
	    ";+u.sip!devicename.ccm.cisco.com=\"%s\""
	    ";+u.sip!model.ccm.cisco.com=\"36255\"",
	    mac, agent->device);
}

enum fault
agent_new(struct agent **agent, const struct agent_plan *plan, struct why *why)
{
	struct agent *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for the phone's SIP side");
	making->mode = plan->mode;
	making->suites = plan->suites;
	making->codecs = plan->codecs;
	making->seams = plan->seams;
	making->login.refresh_at = UINT64_MAX;
	if (!copy_name(making->device, plan->device) || !copy_name(making->user, plan->user) ||
	    !copy_name(making->display, plan->display) ||
	    !copy_name(making->auth_name, plan->auth_name) ||
	    !copy_name(making->auth_password, plan->auth_password) ||
	    !copy_name(making->manager, plan->manager)) {
		fault = explain(why, FAULT_FORBIDDEN,
		    "a name of the line or manager cannot stand in a SIP message");
	} else {
		write_identity(making);
		fault = make_stack(making, why);
	}
	if (fault != FAULT_NONE) {
		agent_free(making);
		return fault;
	}
	*agent = making;
	return FAULT_NONE;
}

void
agent_free(struct agent *agent)
{
	if (agent == NULL)
		return;
	sip_stack_free(agent->stack);
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		media_plan_wipe(&agent->calls[i].plan);
		sdp_local_wipe(&agent->calls[i].local);
		buffer_wipe(&agent->calls[i].offer);
	}
	explicit_bzero(agent, sizeof(*agent));
	free(agent);
}

void
agent_random_id(struct agent *agent, char id[AGENT_ID_SIZE])
{
	uint8_t bytes[(AGENT_ID_SIZE - 1) / 2];

	agent->seams.random(agent->seams.arg, bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

struct line_call *
agent_find(struct agent *agent, unsigned number)
{
	for (size_t i = 0; i < AGENT_CALLS_MOST && number != 0; i++)
		if (agent->calls[i].facts.number == number)
			return &agent->calls[i];
	return NULL;
}

/* SIP's user pointers hold the call's number: a call that is gone is then simply not found. */
void *
agent_user_of(const struct line_call *call)
{
	return (void *)(uintptr_t)call->facts.number;
}

struct line_call *
agent_call_of(struct agent *agent, const void *user)
{
	return agent_find(agent, (unsigned)(uintptr_t)user);
}

void
agent_tell(struct agent *agent, struct line_call *call, enum agent_change change)
{
	agent->seams.on_call(agent->seams.arg, &call->facts, change);
}

void
agent_refresh_icon(struct agent *agent, struct line_call *call)
{
	struct indication_facts facts = {
	    .manager_says = call->facts.manager_says,
	    .transport = agent->flow.transport,
	    .signalling_up = call->facts.signalling_up && agent->flow.id != 0,
	    .media_secure = call->facts.media_secure && call->facts.srtp,
	};
	enum icon icon = call_is_up(call->facts.state) ? indication_icon(&facts) : ICON_NONE;

	if (icon == call->facts.icon)
		return;
	call->facts.icon = icon;
	agent_tell(agent, call, AGENT_CALL_ICON);
}

void
agent_take_level(struct agent *agent, struct line_call *call, const struct sip_message *message)
{
	struct call_info info;

	if (!call_info_of(message, &info))
		return;
	call->facts.manager_says = info.has_security ? info.security : LEVEL_NONSECURE;
	agent_refresh_icon(agent, call);
}

enum fault
agent_open(struct agent *agent, const struct sip_flow *flow, uint64_t now, struct why *why)
{
	enum fault fault;

	if (agent->flow.id != 0)
		agent_lost(agent, now);
	fault = sip_stack_open(agent->stack, flow, why);
	if (fault != FAULT_NONE)
		return fault;
	agent->flow = *flow;
	agent_register(agent, now);
	return FAULT_NONE;
}

void
agent_lost(struct agent *agent, uint64_t now)
{
	uint64_t flow = agent->flow.id;

	if (flow == 0)
		return;
	agent->flow.id = 0;
	agent->login.registered = agent->login.under_way = false;
	agent->login.refresh_at = UINT64_MAX;
	/* What the manager said counts no more: it may have changed its mind meanwhile. */
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		struct line_call *call = &agent->calls[i];

		if (call->facts.number == 0)
			continue;
		call->facts.signalling_up = false;
		call->facts.manager_says = LEVEL_NONSECURE;
		agent_refresh_icon(agent, call);
	}
	sip_stack_close(agent->stack, flow, now);
}

void
agent_receive(struct agent *agent, struct bytes message, uint64_t now)
{
	if (agent->flow.id != 0)
		sip_stack_receive(agent->stack, agent->flow.id, message, now);
}

bool
agent_registered(const struct agent *agent)
{
	return agent->login.registered;
}

static uint64_t
call_due(const struct line_call *call)
{
	if (call->facts.number == 0)
		return UINT64_MAX;
	if (call->facts.state == CALL_ENDED)
		return call->facts.ended_ms + AGENT_LINGER_MS;
	return call->reoffer ? call->reoffer_at : UINT64_MAX;
}

uint64_t
agent_due(const struct agent *agent)
{
	uint64_t due = sip_stack_due(agent->stack);

	if (agent->login.refresh_at < due)
		due = agent->login.refresh_at;
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++)
		if (call_due(&agent->calls[i]) < due)
			due = call_due(&agent->calls[i]);
	return due;
}

void
agent_tick(struct agent *agent, uint64_t now)
{
	sip_stack_tick(agent->stack, now);
	if (agent->login.refresh_at <= now)
		agent_register(agent, now);
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		struct line_call *call = &agent->calls[i];

		if (call_due(call) > now)
			continue;
		if (call->facts.state == CALL_ENDED) {
			agent_tell(agent, call, AGENT_CALL_GONE);
			memset(call, 0, sizeof(*call));
		} else {
			agent_reoffer(agent, call, now);
		}
	}
}

void
agent_media_secure(struct agent *agent, unsigned number, bool secure, uint64_t now)
{
	struct line_call *call = agent_find(agent, number);

	(void)now;
	if (call == NULL)
		return;
	call->facts.media_secure = secure;
	agent_refresh_icon(agent, call);
}

static void
heard_report(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct agent *agent = arg;

	(void)now;
	if (event->response != NULL && event->response->status < 200)
		return;
	agent->report_under_way = false;
	agent->seams.on_reported(
	    agent->seams.arg, event->response != NULL && event->response->status < 300);
}

enum fault
agent_report(struct agent *agent, struct bytes body, uint64_t now, struct why *why)
{
	char uri[AGENT_TEXT_SIZE + 16], to[AGENT_TEXT_SIZE + 32];
	struct sip_extra extra;
	struct sip_request request = {.method = SIP_METHOD_MESSAGE,
	    .flow = agent->flow.id,
	    .uri = uri,
	    .from = agent->self,
	    .to = to,
	    .no_contact = true,
	    .extra = &extra,
	    .on_response = heard_report};
	enum fault fault;

	if (!agent->login.registered || agent->report_under_way)
		return explain(why, FAULT_UNEXPECTED, "no report can be sent now");
	snprintf(uri, sizeof(uri), "sip:%s@%s", AUDIT_REPORT_USER, agent->manager);
	snprintf(to, sizeof(to), "<%s>", uri);
	sip_extra_init(&extra);
	sip_extra_body(&extra, AUDIT_REPORT_TYPE, body);
	fault = sip_stack_request(agent->stack, &request, now, NULL, why);
	sip_extra_finish(&extra);
	agent->report_under_way = fault == FAULT_NONE;
	return fault;
}

size_t
agent_calls(const struct agent *agent, struct agent_call calls[AGENT_CALLS_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < AGENT_CALLS_MOST; i++)
		if (agent->calls[i].facts.number != 0)
			calls[count++] = agent->calls[i].facts;
	return count;
}
