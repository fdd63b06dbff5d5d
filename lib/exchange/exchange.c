/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/core.h"
#include "exchange/phone_report.h"
#include "exchange/registrar.h"
#include "signalling/multipart.h"
#include "signalling/remotecc.h"

enum {
	STATUS_OK = 200,
	STATUS_ACCEPTED = 202,
	STATUS_FORBIDDEN = 403,
	STATUS_NOT_FOUND = 404,
	STATUS_NO_DIALOG = 481,
	STATUS_NO_SUCH_SERVICE = 603,
	STATUS_OVERLOADED = 503,
};

const struct exchange_limits exchange_limits_default = {
    .flows = 100000,
    .registrations = 100000,
    .calls = 20000,
    .per_line = CALL_BRANCHES_MOST,
    .per_flow = 32,
    .expires_least_s = 60,
    .expires_most_s = 7200,
    .expires_default_s = 3600,
    .ring_s = 180,
    .away_s = 120,
    .session_s = 1800,
    .session_least_s = 90,
    .nonce_s = 300,
};

static const char *const methods[] = {"INVITE", "ACK", "CANCEL", "BYE", "UPDATE", "INFO", "OPTIONS",
    "REGISTER", "REFER", "MESSAGE", NULL};
static const char *const extensions[] = {
    "timer", "norefersub", "X-cisco-callinfo", "X-cisco-srtp-fallback", NULL};

/* Seams of the stack */

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	struct exchange *exchange = arg;
	struct connection *connection = location_connection(&exchange->location, flow);

	if (core_is_present(connection))
		exchange->seams.send(exchange->seams.arg, &connection->flow, message);
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	struct exchange *exchange = arg;

	exchange->seams.random(exchange->seams.arg, bytes, count);
}

static void
answer(struct exchange *exchange, struct sip_server *server, unsigned status, const char *reason)
{
	struct why why;

	if (sip_stack_answer(
		exchange->stack, server, status, reason, NULL, exchange->now_ms, &why)) {
		const struct log_field field = LOG_TEXT("reason", why.text);

		core_log(exchange, LOG_LEVEL_WARNING, "answer not sent", &field, 1);
	}
}

/* Only a registered line may call; its own connection says which it is, never its From alone. */
static const struct registration *
caller_of(const struct connection *connection, const struct sip_message *invite)
{
	char line[SUBSCRIBER_LINE_SIZE];

	if (sip_uri_user_text(&invite->from.uri, line, sizeof(line)))
		return location_on(connection, bytes_text(line));
	return NULL;
}

static void
on_invite(struct exchange *exchange, struct connection *connection, struct sip_server *server,
    const struct sip_message *invite)
{
	const struct registration *from = caller_of(connection, invite);
	char line[SUBSCRIBER_LINE_SIZE];
	struct bytes sdp;
	struct leg *caller;

	if (from == NULL) {
		core_audit(exchange, &connection->flow, "call refused", "",
		    "the calling line is not registered on this connection");
		answer(exchange, server, STATUS_FORBIDDEN, "Not registered on this connection");
	} else if (!sip_uri_user_text(&invite->uri, line, sizeof(line)) || line[0] == '\0') {
		answer(exchange, server, STATUS_NOT_FOUND, NULL);
	} else if ((caller = leg_new_incoming(exchange, server, invite, from)) == NULL) {
		answer(exchange, server, STATUS_OVERLOADED, NULL);
	} else {
		if (sip_message_part(invite, "application/sdp", &sdp, NULL) != FAULT_NONE)
			sdp = bytes_of(NULL, 0);
		call_begin(exchange, caller, bytes_text(line), sdp);
	}
}

/* Alarms and tokens are a phone's courtesies; the rest of remote call control is not built. */
static void
on_refer(struct exchange *exchange, struct sip_server *server, const struct sip_message *refer)
{
	enum remotecc_refer kind = remotecc_refer_kind(refer);

	if (kind == REMOTECC_TOKEN || kind == REMOTECC_ALARM)
		answer(exchange, server, STATUS_ACCEPTED, NULL);
	else
		answer(exchange, server, STATUS_NO_SUCH_SERVICE, "Declined (Remotecc failed)");
}

static void
on_dialog_request(struct exchange *exchange, struct sip_server *server, struct sip_dialog *dialog,
    const struct sip_message *request)
{
	struct leg *leg = dialog->user;

	if (leg == NULL)
		answer(exchange, server,
		    request->method == SIP_METHOD_BYE ? STATUS_OK : STATUS_NO_DIALOG, NULL);
	else
		leg_on_request(leg, server, request);
}

/* The phone of a leg may speak by any connection it is registered on; nobody else may. */
static bool
on_stray(void *arg, struct sip_dialog *dialog, uint64_t flow, uint64_t now)
{
	struct exchange *exchange = arg;
	struct connection *connection = location_connection(&exchange->location, flow);
	struct leg *leg = dialog->user;
	const struct registration *found;

	(void)now;
	if (leg == NULL || connection == NULL)
		return false;
	found = location_on(connection, bytes_text(leg->line));
	if (found != NULL && bytes_equal_text(bytes_text(leg->device), found->record.device)) {
		core_legs_follow(exchange, found, leg->connection);
		return true;
	}
	core_audit(exchange, &connection->flow, "call request refused", leg->device,
	    "a request for its call came by another phone's connection");
	return false;
}

static void
on_request(void *arg, uint64_t flow, struct sip_server *server, struct sip_dialog *dialog,
    const struct sip_message *request, uint64_t now)
{
	struct exchange *exchange = arg;
	struct connection *connection = location_connection(&exchange->location, flow);

	(void)now;
	if (connection == NULL)
		answer(exchange, server, STATUS_OVERLOADED, NULL);
	else if (dialog != NULL)
		on_dialog_request(exchange, server, dialog, request);
	else if (request->method == SIP_METHOD_REGISTER)
		registrar_request(exchange, connection, server, request);
	else if (request->method == SIP_METHOD_INVITE)
		on_invite(exchange, connection, server, request);
	else if (request->method == SIP_METHOD_OPTIONS)
		answer(exchange, server, STATUS_OK, NULL);
	else if (request->method == SIP_METHOD_REFER)
		on_refer(exchange, server, request);
	else if (request->method == SIP_METHOD_MESSAGE)
		answer(exchange, server, phone_report_take(exchange, connection, request), NULL);
	else
		answer(exchange, server, STATUS_NO_DIALOG, NULL);
}

static void
on_ack(void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now)
{
	(void)arg;
	(void)now;
	if (dialog->user != NULL)
		leg_on_ack(dialog->user, ack);
}

static void
on_cancel(
    void *arg, struct sip_server *server, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct leg *leg = sip_stack_server_user(server);

	(void)arg;
	(void)dialog;
	(void)why;
	(void)now;
	if (leg != NULL && leg->server == server)
		leg_on_cancel(leg);
}

static void
on_dialog_end(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct leg *leg = dialog->user;

	(void)arg;
	(void)now;
	if (leg != NULL && leg->dialog == dialog)
		leg_on_dialog_end(leg, why);
}

static void
on_session(void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now)
{
	(void)arg;
	(void)now;
	if (dialog->user != NULL)
		leg_on_session(dialog->user, event);
}

static void
on_refused(void *arg, uint64_t flow, unsigned status, const char *sentence)
{
	struct exchange *exchange = arg;
	const struct log_field fields[] = {
	    LOG_NUMBER("connection", flow),
	    LOG_NUMBER("status", status),
	    LOG_TEXT("reason", sentence),
	};

	core_log(exchange, LOG_LEVEL_INFO, "message refused", fields, COUNT(fields));
}

/* Beginning and end */

static enum fault
make_stack(struct exchange *exchange, struct why *why)
{
	const struct sip_stack_plan plan = {
	    .seams = {.arg = exchange,
		.send = on_send,
		.random = on_random,
		.on_request = on_request,
		.on_stray = on_stray,
		.on_ack = on_ack,
		.on_cancel = on_cancel,
		.on_dialog_end = on_dialog_end,
		.on_session = on_session,
		.on_refused = on_refused},
	    .abilities = {.methods = methods,
		.extensions = extensions,
		.schemes_sip_only = true,
		.forwards = true},
	    .agent = "Ringfence/" RINGFENCE_VERSION,
	};

	return sip_stack_new(&exchange->stack, &plan, why);
}

enum fault
exchange_new(struct exchange **exchange, const struct exchange_plan *plan, uint64_t now_ms,
    int64_t wall_ms, struct why *why)
{
	struct exchange *new = calloc(1, sizeof(*new));
	uint64_t seed;
	enum fault fault;

	if (new == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for the exchange");
	new->seams = plan->seams;
	new->limits = plan->limits;
	new->now_ms = now_ms;
	new->next_tick_ms = now_ms + CORE_TICK_MS;
	new->wall_offset_ms = wall_ms - (int64_t)now_ms;
	new->next_call = (uint64_t)wall_ms;
	snprintf(new->domain, sizeof(new->domain), "%s", plan->domain);
	snprintf(new->realm, sizeof(new->realm), "%s", plan->realm);
	new->seams.random(new->seams.arg, (uint8_t *)&seed, sizeof(seed));
	new->seams.random(new->seams.arg, new->nonces.bytes, sizeof(new->nonces.bytes));
	if ((fault = location_init(&new->location, seed, why)) || (fault = make_stack(new, why))) {
		exchange_free(new);
		return fault;
	}
	*exchange = new;
	return FAULT_NONE;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	for (struct call *call = exchange->calls; call != NULL; call = call->next)
		call_detach(call);
	sip_stack_free(exchange->stack);
	while (exchange->calls != NULL)
		call_free(exchange->calls);
	if (exchange->location.lines != NULL)
		location_finish(&exchange->location);
	explicit_bzero(&exchange->nonces, sizeof(exchange->nonces));
	free(exchange);
}

/* Time */

uint64_t
exchange_due(const struct exchange *exchange, uint64_t now_ms)
{
	uint64_t due = sip_stack_due(exchange->stack);

	if (exchange->next_tick_ms < due)
		due = exchange->next_tick_ms;
	return due <= now_ms ? 0 : due - now_ms;
}

static void
tick_calls(struct exchange *exchange)
{
	struct call *next;

	for (struct call *call = exchange->calls; call != NULL; call = next) {
		call_tick(call, exchange->now_ms);
		next = call->next;
		if (call_is_quiet(call))
			call_free(call);
	}
}

void
exchange_tick(struct exchange *exchange, uint64_t now_ms)
{
	core_advance(exchange, now_ms);
	sip_stack_tick(exchange->stack, exchange->now_ms);
	if (exchange->now_ms < exchange->next_tick_ms)
		return;
	exchange->next_tick_ms = exchange->now_ms + CORE_TICK_MS;
	tick_calls(exchange);
	registrar_sweep(exchange);
}
