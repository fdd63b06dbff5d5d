/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/registrar.h"

#include <stdio.h>
#include <string.h>

#include "exchange/register_message.h"
#include "exchange/registrar_digest.h"
#include "signalling/remotecc.h"

enum {
	STATUS_OK = 200,
	STATUS_BAD_REQUEST = 400,
	STATUS_UNAUTHORIZED = 401,
	STATUS_FORBIDDEN = 403,
	STATUS_TOO_BRIEF = 423,
	STATUS_SERVER_ERROR = 500,
	STATUS_OVERLOADED = 503,
};

static const char supported[] =
    "timer,norefersub,X-cisco-callinfo,X-cisco-srtp-fallback,X-cisco-sis-10.0.0";

/* One REGISTER on its way through the rules. */
struct attempt {
	struct exchange *exchange;
	struct connection *connection;
	struct sip_server *server;
	const struct sip_message *request;
	struct register_message asked;
	struct subscriber subscriber; /* wiped at the end */
	struct credentials shown;
	struct registration *present; /* the binding of this line and phone, or NULL */
};

static void
answer(struct attempt *attempt, unsigned status, const char *reason, struct sip_extra *extra)
{
	struct exchange *exchange = attempt->exchange;
	struct why why;

	if (sip_stack_answer(
		exchange->stack, attempt->server, status, reason, extra, exchange->now_ms, &why)) {
		const struct log_field field = LOG_TEXT("reason", why.text);

		core_log(exchange, LOG_LEVEL_WARNING, "answer not sent", &field, 1);
	}
}

/* Security said no: 403, the sentence for the phone, and a record. */
static void
refuse(struct attempt *attempt, const char *device, const char *sentence)
{
	core_audit(attempt->exchange, &attempt->connection->flow, "registration refused", device,
	    sentence);
	answer(attempt, STATUS_FORBIDDEN, sentence, NULL);
}

/* Who is it? */

/* A phone that shows a certificate may name no other device than its own (row S47). */
static bool
check_certificate(struct attempt *attempt)
{
	const struct flow *flow = &attempt->connection->flow;
	struct register_message *asked = &attempt->asked;
	struct device_name named;
	char sentence[WHY_SIZE];

	if (!flow->certificate)
		return true;
	if (flow_device(bytes_text(flow->common_name), &named)) {
		if (asked->device[0] == '\0')
			snprintf(asked->device, sizeof(asked->device), "%s", named.text);
		attempt->shown.certificate_names = strcmp(asked->device, named.text) == 0;
	}
	if (attempt->shown.certificate_names)
		return true;
	snprintf(sentence, sizeof(sentence), "certificate CN %s does not match device %s",
	    flow->common_name, asked->device[0] == '\0' ? asked->line : asked->device);
	refuse(attempt, asked->device, sentence);
	return false;
}

/* Which configured line of which phone is it? */
static bool
find_subscriber(struct attempt *attempt)
{
	struct exchange *exchange = attempt->exchange;
	struct why why = {""};
	enum fault fault =
	    exchange->seams.find(exchange->seams.arg, bytes_text(attempt->asked.device),
		bytes_text(attempt->asked.line), &attempt->subscriber, &why);

	if (fault == FAULT_NONE)
		return true;
	if (fault == FAULT_MISSING || fault == FAULT_UNEXPECTED || fault == FAULT_FORBIDDEN)
		refuse(attempt, attempt->asked.device, why.text);
	else
		answer(attempt, STATUS_OVERLOADED, NULL, NULL);
	return false;
}

static void
challenge(struct attempt *attempt, bool stale)
{
	struct sip_extra extra;

	sip_extra_init(&extra);
	registrar_digest_challenge(
	    attempt->exchange, attempt->connection, &attempt->subscriber, stale, &extra);
	answer(attempt, STATUS_UNAUTHORIZED, NULL, &extra);
	sip_extra_finish(&extra);
}

/* A digest is verified whenever one is shown; a binding that proved one here keeps the proof
 * until the configuration changes. False: answered. */
static bool
check_digest(struct attempt *attempt)
{
	const struct registration *present = attempt->present;
	struct why why = {""};

	switch (registrar_digest_check(
	    attempt->exchange, attempt->connection, &attempt->subscriber, attempt->request, &why)) {
	case DIGEST_RIGHT:
		attempt->shown.digest = true;
		return true;
	case DIGEST_ABSENT:
		attempt->shown.digest = present != NULL && present->record.digest &&
					present->connection == attempt->connection &&
					present->generation == attempt->exchange->generation;
		return true;
	case DIGEST_STALE:
		challenge(attempt, true);
		return false;
	case DIGEST_WRONG:
		break;
	}
	core_audit(attempt->exchange, &attempt->connection->flow, "digest refused",
	    attempt->subscriber.device, why.text);
	if (++attempt->connection->digests_refused >= REGISTRAR_DIGESTS_MOST) {
		answer(attempt, STATUS_FORBIDDEN, "Too many wrong passwords", NULL);
		core_close(attempt->exchange, attempt->connection, "too many wrong passwords");
	} else {
		challenge(attempt, false);
	}
	return false;
}

static bool
admit(struct attempt *attempt)
{
	struct why why = {""};

	switch (profile_admit(&attempt->subscriber.profile, &attempt->shown, &why)) {
	case ADMISSION_GRANTED:
		return true;
	case ADMISSION_CHALLENGE:
		if (attempt->subscriber.ha1_md5[0] != '\0' ||
		    attempt->subscriber.ha1_sha256[0] != '\0')
			challenge(attempt, false);
		else
			refuse(attempt, attempt->subscriber.device,
			    "its profile demands a digest and its line has no user");
		return false;
	case ADMISSION_REFUSED:
		break;
	}
	refuse(attempt, attempt->subscriber.device, why.text);
	return false;
}

/* The binding */

static void
grant(struct attempt *attempt, uint32_t expires_s)
{
	struct remotecc_register body;
	struct buffer xml;
	struct sip_extra extra;

	sip_extra_init(&extra);
	if (expires_s > 0)
		sip_extra_header(&extra, SIP_HEADER_CONTACT, "<%s>;expires=%u",
		    attempt->asked.contact, expires_s);
	sip_extra_header(&extra, SIP_HEADER_EXPIRES, "%u", expires_s);
	sip_extra_header(&extra, SIP_HEADER_SUPPORTED, "%s", supported);
	remotecc_register_read(attempt->request, &body);
	buffer_init(&xml, MEDIA_SIZE_MOST);
	if (body.bulk || body.options) {
		remotecc_register_write(&body, &xml);
		sip_extra_body(&extra, REMOTECC_RESPONSE_TYPE, buffer_bytes_of(&xml));
	}
	answer(attempt, STATUS_OK, NULL, &extra);
	buffer_finish(&xml);
	sip_extra_finish(&extra);
}

static void
log_registration(struct exchange *exchange, const char *event,
    const struct registration_record *record, const char *reason)
{
	const struct log_field fields[] = {
	    LOG_TEXT("line", record->line),
	    LOG_TEXT("device", record->device),
	    LOG_TEXT("transport", transport_name(record->transport)),
	    LOG_TEXT("profile", record->profile.name),
	    LOG_TEXT("reason", reason),
	};

	core_log(exchange, LOG_LEVEL_INFO, event, fields, COUNT(fields) - (reason == NULL));
}

void
registrar_remove(struct exchange *exchange, struct registration *registration, const char *reason)
{
	log_registration(exchange, "unregistered", &registration->record, reason);
	core_tell_registration(exchange, REGISTRATION_REMOVED, registration);
	location_remove(&exchange->location, registration);
}

static bool
supports(const struct attempt *attempt, const char *option)
{
	return sip_message_lists(attempt->request, SIP_HEADER_SUPPORTED, option);
}

static void
fill_record(const struct attempt *attempt, uint32_t expires_s, struct registration_record *record)
{
	const struct register_message *asked = &attempt->asked;
	const struct connection *connection = attempt->connection;
	const struct subscriber *subscriber = &attempt->subscriber;

	*record = (struct registration_record){
	    .transport = connection->flow.transport,
	    .profile = subscriber->profile,
	    .flow = connection->flow.id,
	    .cseq = asked->cseq,
	    .certificate = attempt->shown.certificate_names,
	    .digest = attempt->shown.digest,
	    .callinfo = supports(attempt, "X-cisco-callinfo"),
	    .srtp_fallback = supports(attempt, "X-cisco-srtp-fallback"),
	    .expires_wall_ms = core_wall_ms(attempt->exchange) + (int64_t)expires_s * 1000,
	};
	snprintf(record->line, sizeof(record->line), "%s", subscriber->line);
	snprintf(record->device, sizeof(record->device), "%s", subscriber->device);
	snprintf(record->display, sizeof(record->display), "%s", subscriber->display);
	snprintf(record->contact, sizeof(record->contact), "%s", asked->contact);
	snprintf(record->call_id, sizeof(record->call_id), "%s", asked->call_id);
	snprintf(record->user_agent, sizeof(record->user_agent), "%s", asked->user_agent);
	snprintf(record->remote, sizeof(record->remote), "%s", connection->remote);
	snprintf(
	    record->common_name, sizeof(record->common_name), "%s", connection->flow.common_name);
}

static size_t
phones_of(struct exchange *exchange, const char *line)
{
	struct registration *at = NULL;
	size_t count = 0;

	while ((at = core_next_registration(exchange, bytes_text(line), at)) != NULL)
		count++;
	return count;
}

static bool
has_room(const struct attempt *attempt)
{
	const struct exchange_limits *limits = &attempt->exchange->limits;

	return attempt->exchange->location.registration_count < limits->registrations &&
	       attempt->connection->registered < limits->per_flow &&
	       phones_of(attempt->exchange, attempt->subscriber.line) < limits->per_line;
}

/* Also for a phone that came back on another connection: its calls follow it. */
static void
bind_phone(struct attempt *attempt, uint32_t expires_s)
{
	struct exchange *exchange = attempt->exchange;
	struct registration *registration = attempt->present;
	struct connection *old = registration == NULL ? NULL : registration->connection;
	struct registration_record record;
	struct why why;

	fill_record(attempt, expires_s, &record);
	if (registration == NULL &&
	    (!has_room(attempt) || location_add(&exchange->location, &record, attempt->connection,
				       &registration, &why) != FAULT_NONE)) {
		answer(attempt, STATUS_OVERLOADED, "No room for another registration", NULL);
		return;
	}
	registration->record = record;
	registration->expires_ms = exchange->now_ms + (uint64_t)expires_s * 1000;
	registration->generation = exchange->generation;
	location_attach(registration, attempt->connection);
	log_registration(exchange, "registered", &record, NULL);
	core_tell_registration(exchange, REGISTRATION_ADDED, registration);
	grant(attempt, expires_s);
	core_legs_follow(exchange, registration, old);
}

static void
unbind(struct attempt *attempt)
{
	grant(attempt, 0);
	if (attempt->present != NULL && !attempt->asked.keep_alive)
		registrar_remove(attempt->exchange, attempt->present, "by the phone");
}

/* FAULT_LIMIT: shorter than we allow. */
static bool
agree_expires(struct attempt *attempt, uint32_t *expires_s)
{
	const struct exchange_limits *limits = &attempt->exchange->limits;
	struct sip_extra extra;

	*expires_s =
	    attempt->asked.has_expires ? attempt->asked.expires_s : limits->expires_default_s;
	if (*expires_s > limits->expires_most_s)
		*expires_s = limits->expires_most_s;
	if (*expires_s == 0 || *expires_s >= limits->expires_least_s)
		return true;
	sip_extra_init(&extra);
	sip_extra_header(&extra, SIP_HEADER_MIN_EXPIRES, "%u", limits->expires_least_s);
	answer(attempt, STATUS_TOO_BRIEF, NULL, &extra);
	sip_extra_finish(&extra);
	return false;
}

/* RFC 3261 10.3: requests of one Call-ID count up; an old one must not undo a newer one. */
static bool
in_order(const struct attempt *attempt)
{
	const struct registration *present = attempt->present;

	return present == NULL || strcmp(present->record.call_id, attempt->asked.call_id) != 0 ||
	       attempt->asked.cseq > present->record.cseq;
}

/* The same binding again, on the connection that proved it: no directory, no database, unless
 * half of the lifetime has passed since calls.db heard of it. */
static bool
is_refresh(const struct attempt *attempt)
{
	const struct registration *present = attempt->present;
	const struct register_message *asked = &attempt->asked;

	return present != NULL && present->connection == attempt->connection &&
	       present->generation == attempt->exchange->generation && !asked->has_credentials &&
	       strcmp(present->record.call_id, asked->call_id) == 0 &&
	       strcmp(present->record.contact, asked->contact) == 0;
}

static void
refresh(struct attempt *attempt, uint32_t expires_s)
{
	struct exchange *exchange = attempt->exchange;
	struct registration *present = attempt->present;

	present->record.cseq = attempt->asked.cseq;
	present->record.expires_wall_ms = core_wall_ms(exchange) + (int64_t)expires_s * 1000;
	present->expires_ms = exchange->now_ms + (uint64_t)expires_s * 1000;
	if (exchange->now_ms - present->told_ms >= (uint64_t)expires_s * 1000 / 2)
		core_tell_registration(exchange, REGISTRATION_REFRESHED, present);
	grant(attempt, expires_s);
}

/* A REGISTER without Contact asks what is registered. */
static void
tell_binding(struct attempt *attempt)
{
	const struct registration *present = attempt->present;

	if (present == NULL) {
		grant(attempt, 0);
		return;
	}
	snprintf(
	    attempt->asked.contact, sizeof(attempt->asked.contact), "%s", present->record.contact);
	grant(attempt, (uint32_t)((present->expires_ms - attempt->exchange->now_ms) / 1000));
}

static void
update_binding(struct attempt *attempt, bool proven)
{
	uint32_t expires_s;

	if (!in_order(attempt))
		answer(attempt, STATUS_SERVER_ERROR, "CSeq of an older REGISTER", NULL);
	else if (!agree_expires(attempt, &expires_s))
		return;
	else if (expires_s == 0)
		unbind(attempt);
	else if (attempt->asked.contact[0] == '\0')
		tell_binding(attempt);
	else if (proven)
		refresh(attempt, expires_s);
	else
		bind_phone(attempt, expires_s);
}

static struct registration *
binding_of(const struct attempt *attempt)
{
	return location_find(&attempt->exchange->location, bytes_text(attempt->asked.line),
	    bytes_text(attempt->subscriber.device));
}

static void
judge(struct attempt *attempt)
{
	attempt->present = location_on(attempt->connection, bytes_text(attempt->asked.line));
	if (is_refresh(attempt) &&
	    (attempt->asked.device[0] == '\0' ||
		strcmp(attempt->asked.device, attempt->present->record.device) == 0)) {
		update_binding(attempt, true);
		return;
	}
	attempt->shown.transport = attempt->connection->flow.transport;
	attempt->shown.certificate = attempt->connection->flow.certificate;
	if (!check_certificate(attempt) || !find_subscriber(attempt))
		return;
	attempt->present = binding_of(attempt);
	if (check_digest(attempt) && admit(attempt))
		update_binding(attempt, false);
}

void
registrar_request(struct exchange *exchange, struct connection *connection,
    struct sip_server *server, const struct sip_message *request)
{
	struct attempt attempt = {
	    .exchange = exchange,
	    .connection = connection,
	    .server = server,
	    .request = request,
	};
	struct why why;

	if (register_message_read(request, &attempt.asked, &why) != FAULT_NONE)
		answer(&attempt, STATUS_BAD_REQUEST, why.text, NULL);
	else
		judge(&attempt);
	explicit_bzero(&attempt.subscriber, sizeof(attempt.subscriber));
}
