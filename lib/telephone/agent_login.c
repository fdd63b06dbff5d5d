/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_login.c - REGISTER: the first, the refreshes, and digest when asked for. */
#include <stdio.h>
#include <string.h>

#include "signalling/multipart.h"
#include "signalling/remotecc.h"
#include "signalling/sip_digest.h"
#include "telephone/agent_core.h"

#define SUPPORTED                                                                                  \
	"replaces,join,norefersub,timer,X-cisco-callinfo,X-cisco-service-control,"                 \
	"X-cisco-srtp-fallback,X-cisco-sis-7.0.0"

enum { EXPIRES_LEAST_S = 10, EXPIRES_LONGEST_S = 86400 };

static void
write_body(struct sip_extra *extra)
{
	static const char *const wishes[] = {
	    "<bulkregisterreq><contact all=\"true\"><register></register></contact>"
	    "</bulkregisterreq>",
	    "<optionsindreq/>",
	};
	struct buffer body;
	char part[512];

	buffer_init(&body, 4096);
	for (size_t i = 0; i < COUNT(wishes); i++) {
		snprintf(part, sizeof(part),
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		    "<x-cisco-remotecc-request>%s</x-cisco-remotecc-request>\n",
		    wishes[i]);
		multipart_write(&body, "uniqueBoundary", REMOTECC_REQUEST_TYPE,
		    "session;handling=optional", bytes_text(part));
	}
	multipart_write_end(&body, "uniqueBoundary");
	sip_extra_body(extra, "multipart/mixed; boundary=uniqueBoundary", buffer_bytes_of(&body));
	buffer_finish(&body);
}

static void
write_headers(const struct agent *agent, struct sip_extra *extra)
{
	char address[ADDRESS_TEXT_SIZE];

	sip_extra_header(extra, SIP_HEADER_CONTACT, "<sip:%s@%s;transport=%s>%s", agent->user,
	    address_text(&agent->flow.local, address), transport_name(agent->flow.transport),
	    agent->contact_parameters);
	sip_extra_header(extra, SIP_HEADER_EXPIRES, "%u", agent->login.expires_s);
	sip_extra_header(extra, SIP_HEADER_SUPPORTED, "%s", SUPPORTED);
	sip_extra_header(extra, SIP_HEADER_REASON,
	    "SIP;cause=200;text=\"cisco-alarm:%d Name=%s ActiveLoad=ringfence-%s "
	    "InactiveLoad= Last=%s\"",
	    agent->login.ever ? 23 : 25, agent->device, RINGFENCE_VERSION,
	    agent->login.ever ? "reconnected" : "initialized");
	write_body(extra);
}

static void heard(void *arg, const struct sip_response_event *event, uint64_t now);

static void
tell(struct agent *agent, bool registered, unsigned status, const char *sentence)
{
	struct agent_registration registration = {
	    registered, agent->login.expires_s, status, sentence};

	agent->login.registered = registered;
	agent->seams.on_registration(agent->seams.arg, &registration);
}

static void
send_register(struct agent *agent, const struct sip_message *challenge, uint64_t now)
{
	struct agent_login *login = &agent->login;
	char uri[AGENT_TEXT_SIZE + 8];
	struct sip_extra extra;
	struct why why = {""};
	struct sip_request request = {.method = SIP_METHOD_REGISTER,
	    .flow = agent->flow.id,
	    .uri = uri,
	    .from = agent->self,
	    .to = agent->self,
	    .call_id = login->call_id,
	    .from_tag = login->tag,
	    .cseq = ++login->cseq,
	    .no_contact = true,
	    .extra = &extra,
	    .on_response = heard};
	enum fault fault = FAULT_NONE;

	snprintf(uri, sizeof(uri), "sip:%s", agent->manager);
	sip_extra_init(&extra);
	if (challenge != NULL)
		fault = agent_authorize(agent, challenge, "REGISTER", uri, &extra, &why);
	if (fault == FAULT_NONE) {
		write_headers(agent, &extra);
		fault = sip_stack_request(agent->stack, &request, now, NULL, &why);
	}
	sip_extra_finish(&extra);
	login->under_way = fault == FAULT_NONE;
	login->refresh_at = UINT64_MAX;
	if (fault != FAULT_NONE)
		tell(agent, false, 0, why.text);
}

void
agent_register(struct agent *agent, uint64_t now)
{
	struct agent_login *login = &agent->login;

	if (login->under_way)
		return;
	if (login->call_id[0] == '\0') {
		agent_random_id(agent, login->call_id);
		agent_random_id(agent, login->tag);
	}
	if (login->expires_s == 0)
		login->expires_s = AGENT_EXPIRES_S;
	login->authorized = false;
	send_register(agent, NULL, now);
}

/* How long we are registered: our contact's own expires, else the header's, else as asked. */
static uint32_t
granted(const struct agent *agent, const struct sip_message *response)
{
	uint32_t seconds = agent->login.expires_s;
	struct sip_values values;
	struct bytes value;

	if (sip_message_number(response, SIP_HEADER_EXPIRES, seconds, &seconds, NULL) != FAULT_NONE)
		seconds = agent->login.expires_s;
	sip_values_begin(response, SIP_HEADER_CONTACT, &values);
	while (sip_values_next(&values, &value)) {
		struct sip_address contact;
		struct bytes expires;
		uint64_t number;

		if (sip_address_read(value, &contact, NULL) != FAULT_NONE || contact.star ||
		    contact.uri.port != address_port(&agent->flow.local) ||
		    !sip_parameter(contact.parameters, "expires", &expires))
			continue;
		if (bytes_decimal(expires, EXPIRES_LONGEST_S, &number))
			seconds = (uint32_t)number;
	}
	return seconds < EXPIRES_LEAST_S ? EXPIRES_LEAST_S : seconds;
}

static void
registered(struct agent *agent, const struct sip_message *response, uint64_t now)
{
	struct agent_login *login = &agent->login;
	uint32_t seconds = granted(agent, response);
	bool again = !login->registered;

	login->ever = true;
	login->refresh_at = now + (uint64_t)seconds * 500; /* at half time */
	login->expires_s = seconds;
	tell(agent, true, response->status, NULL);
	if (again)
		agent_calls_back(agent, now);
}

static void
refused(struct agent *agent, const struct sip_response_event *event, uint64_t now)
{
	struct agent_login *login = &agent->login;
	const struct sip_message *response = event->response;
	char sentence[WHY_SIZE];
	uint32_t least;

	if ((response->status == 401 || response->status == 407) && !login->authorized &&
	    agent->auth_name[0] != '\0') {
		login->authorized = true;
		send_register(agent, response, now);
		return;
	}
	if (response->status == 423 &&
	    sip_message_number(response, SIP_HEADER_MIN_EXPIRES, 0, &least, NULL) == FAULT_NONE &&
	    least > login->expires_s && least <= EXPIRES_LONGEST_S) {
		login->expires_s = least;
		send_register(agent, NULL, now);
		return;
	}
	snprintf(sentence, sizeof(sentence), "%u %.*s", response->status,
	    (int)(response->reason.left < 200 ? response->reason.left : 200),
	    (const char *)response->reason.at);
	tell(agent, false, response->status, sentence);
}

static void
heard(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct agent *agent = arg;

	if (event->response != NULL && event->response->status < 200)
		return;
	agent->login.under_way = false;
	if (event->response == NULL)
		tell(agent, false, 0, event->why.text);
	else if (event->response->status < 300)
		registered(agent, event->response, now);
	else
		refused(agent, event, now);
}

enum fault
agent_authorize(struct agent *agent, const struct sip_message *message, const char *method,
    const char *uri, struct sip_extra *extra, struct why *why)
{
	bool proxy = message->status == 407;
	struct sip_challenge challenge;
	char text[SIP_DIGEST_TEXT_SIZE], cnonce[AGENT_ID_SIZE];
	const struct sip_header *header = sip_message_header(
	    message, proxy ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE);
	struct sip_answer answer = {.user = bytes_text(agent->auth_name),
	    .password = bytes_text(agent->auth_password),
	    .method = method,
	    .uri = bytes_text(uri),
	    .cnonce = cnonce,
	    .nc = 1};
	enum fault fault;

	while (header != NULL && sip_challenge_read(header->value, &challenge, why) != FAULT_NONE)
		header = sip_message_next(message, header);
	if (header == NULL)
		return explain(why, FAULT_MISSING, "no digest challenge that we can answer");
	agent_random_id(agent, cnonce);
	fault = sip_digest_answer(&challenge, &answer, text, sizeof(text), why);
	if (fault == FAULT_NONE)
		sip_extra_header(extra,
		    proxy ? SIP_HEADER_PROXY_AUTHORIZATION : SIP_HEADER_AUTHORIZATION, "%s", text);
	explicit_bzero(text, sizeof(text));
	return fault;
}
