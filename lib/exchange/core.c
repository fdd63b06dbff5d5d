/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/core.h"

#include <stdlib.h>

int64_t
core_wall_ms(const struct exchange *exchange)
{
	return (int64_t)exchange->now_ms + exchange->wall_offset_ms;
}

void
core_advance(struct exchange *exchange, uint64_t now_ms)
{
	if (now_ms > exchange->now_ms)
		exchange->now_ms = now_ms;
}

struct call *
core_new_call(struct exchange *exchange)
{
	struct call *call;

	if (exchange->call_count >= exchange->limits.calls ||
	    (call = calloc(1, sizeof(*call))) == NULL)
		return NULL;
	call->exchange = exchange;
	call->id = exchange->next_call++;
	call->started_wall_ms = core_wall_ms(exchange);
	call->ring_until_ms = exchange->now_ms + (uint64_t)exchange->limits.ring_s * 1000;
	call->next = exchange->calls;
	if (call->next != NULL)
		call->next->previous = call;
	exchange->calls = call;
	exchange->call_count++;
	return call;
}

void
core_forget_call(struct exchange *exchange, struct call *call)
{
	if (call->next != NULL)
		call->next->previous = call->previous;
	if (call->previous != NULL)
		call->previous->next = call->next;
	else
		exchange->calls = call->next;
	exchange->call_count--;
}

void
core_tell_call(struct exchange *exchange, enum call_change change, const struct call_record *record)
{
	exchange->seams.call(exchange->seams.arg, change, record);
}

void
core_tell_registration(
    struct exchange *exchange, enum registration_change change, struct registration *registration)
{
	registration->told_ms = exchange->now_ms;
	exchange->seams.registration(exchange->seams.arg, change, &registration->record);
}

bool
core_line_exists(struct exchange *exchange, struct bytes line)
{
	return exchange->seams.line_exists(exchange->seams.arg, line);
}

struct registration *
core_next_registration(struct exchange *exchange, struct bytes line, struct registration *after)
{
	return location_next(&exchange->location, line, after);
}

bool
core_is_present(const struct connection *connection)
{
	return connection != NULL && !connection->awaited && !connection->closing;
}

void
core_log(struct exchange *exchange, enum log_level level, const char *event,
    const struct log_field *fields, size_t count)
{
	exchange->seams.log(exchange->seams.arg, level, event, fields, count);
}

void
core_log_call(const struct call *call, enum log_level level, const char *event, const char *reason)
{
	const struct log_field fields[] = {
	    LOG_NUMBER("call", call->id),
	    LOG_TEXT("from", call->caller->line),
	    LOG_TEXT("to", call->called == NULL ? "" : call->called->line),
	    LOG_TEXT("reason", reason),
	};

	core_log(call->exchange, level, event, fields, COUNT(fields) - (reason == NULL));
}

void
core_audit(struct exchange *exchange, const struct flow *flow, const char *event,
    const char *device, const char *reason)
{
	char remote[ADDRESS_TEXT_SIZE];
	const struct log_field fields[] = {
	    LOG_TEXT("transport", transport_name(flow->transport)),
	    LOG_TEXT("subject", flow->common_name),
	    LOG_TEXT("serial", flow->serial),
	};
	const struct audit_record record = {
	    .event = event,
	    .device = device[0] == '\0' ? NULL : device,
	    .peer = address_text(&flow->remote, remote),
	    .reason = reason,
	    .fields = fields,
	    .count = flow->certificate ? COUNT(fields) : 1,
	    .counted = true,
	};

	exchange->seams.audit(exchange->seams.arg, &record);
}

void
core_close(struct exchange *exchange, const struct connection *connection, const char *reason)
{
	if (core_is_present(connection))
		exchange->seams.close(exchange->seams.arg, &connection->flow, reason);
}

static struct leg **
list_of(struct leg *leg)
{
	return leg->connection == NULL ? &leg->exchange->away : &leg->connection->legs;
}

void
core_unplace_leg(struct leg *leg)
{
	struct leg **from = list_of(leg);

	while (*from != NULL && *from != leg)
		from = &(*from)->next_of_connection;
	if (*from == leg)
		*from = leg->next_of_connection;
	leg->next_of_connection = NULL;
}

void
core_place_leg(struct leg *leg, struct connection *connection)
{
	struct leg **to;

	core_unplace_leg(leg);
	leg->told = false; /* a phone whose signalling died has put its own lock out */
	leg->connection = connection;
	if (connection == NULL)
		leg->away_since_ms = leg->exchange->now_ms;
	else
		leg->transport = connection->flow.transport;
	to = list_of(leg);
	leg->next_of_connection = *to;
	*to = leg;
}

static bool
is_of(const struct leg *leg, const struct registration *registration)
{
	return bytes_equal_text(bytes_text(leg->line), registration->record.line) &&
	       bytes_equal_text(bytes_text(leg->device), registration->record.device);
}

/* The next leg of the registration in a list; moving it changes the list, so look from the top. */
static struct leg *
stray(struct leg *list, const struct registration *registration)
{
	while (list != NULL && (list->state != LEG_TALKING || !is_of(list, registration)))
		list = list->next_of_connection;
	return list;
}

static void
follow(struct leg *leg, const struct registration *registration)
{
	core_place_leg(leg, registration->connection);
	leg->certificate = registration->record.certificate;
	leg->digest = registration->record.digest;
	leg->profile = registration->record.profile;
	if (leg->dialog != NULL)
		sip_stack_move(
		    leg->exchange->stack, leg->dialog, registration->connection->flow.id);
	call_connection_changed(leg);
}

void
core_legs_follow(
    struct exchange *exchange, const struct registration *registration, struct connection *old)
{
	struct leg *leg;

	if (registration->connection == NULL || registration->connection == old)
		return;
	while (old != NULL && (leg = stray(old->legs, registration)) != NULL)
		follow(leg, registration);
	while ((leg = stray(exchange->away, registration)) != NULL)
		follow(leg, registration);
}
