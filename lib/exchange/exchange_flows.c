/* SPDX-License-Identifier: Apache-2.0 */
/* Connections come, speak, and go. */
#include <string.h>

#include "exchange/core.h"

/* Is this the connection that was remembered? Else what was on it is away. */
static void
confirm_awaited(struct connection *awaited, const struct flow *flow)
{
	char remote[ADDRESS_TEXT_SIZE];
	bool same = flow->transport == awaited->flow.transport &&
		    flow->certificate == awaited->flow.certificate &&
		    strcmp(address_text(&flow->remote, remote), awaited->remote) == 0 &&
		    strcmp(flow->common_name, awaited->flow.common_name) == 0;

	while (!same && awaited->registrations != NULL)
		location_attach(awaited->registrations, NULL);
	while (!same && awaited->legs != NULL)
		core_place_leg(awaited->legs, NULL);
	awaited->flow = *flow;
	awaited->awaited = false;
}

static enum fault
place_flow(
    struct exchange *exchange, const struct flow *flow, struct connection **placed, struct why *why)
{
	struct connection *connection = location_connection(&exchange->location, flow->id);
	enum fault fault;

	if (connection != NULL && connection->awaited) {
		confirm_awaited(connection, flow);
	} else {
		if (exchange->location.connection_count >= exchange->limits.flows)
			return explain(why, FAULT_LIMIT, "too many connections");
		if ((fault = location_open(&exchange->location, flow, &connection, why)))
			return fault;
	}
	address_text(&flow->remote, connection->remote);
	*placed = connection;
	return FAULT_NONE;
}

/* Legs that were remembered on this connection talk again. */
static void
wake_legs(struct exchange *exchange, struct connection *connection)
{
	struct leg *next;

	for (struct leg *leg = connection->legs; leg != NULL; leg = next) {
		next = leg->next_of_connection;
		if (leg->dialog != NULL)
			sip_stack_move(exchange->stack, leg->dialog, connection->flow.id);
		call_connection_changed(leg);
	}
}

enum fault
exchange_open(struct exchange *exchange, const struct flow *flow, uint64_t now_ms, struct why *why)
{
	const struct sip_flow sip_flow = {.id = flow->id,
	    .transport = flow->transport,
	    .local = flow->local,
	    .remote = flow->remote};
	struct connection *connection;
	enum fault fault;

	core_advance(exchange, now_ms);
	if (flow->id == 0)
		return explain(why, FAULT_MALFORMED, "a connection without an id");
	if ((fault = place_flow(exchange, flow, &connection, why)))
		return fault;
	if ((fault = sip_stack_open(exchange->stack, &sip_flow, why))) {
		while (connection->legs != NULL)
			core_place_leg(connection->legs, NULL);
		location_close(&exchange->location, connection);
		return fault;
	}
	wake_legs(exchange, connection);
	return FAULT_NONE;
}

void
exchange_message(struct exchange *exchange, uint64_t flow, struct bytes message, uint64_t now_ms)
{
	core_advance(exchange, now_ms);
	if (core_is_present(location_connection(&exchange->location, flow)))
		sip_stack_receive(exchange->stack, flow, message, exchange->now_ms);
}

void
exchange_closed(struct exchange *exchange, uint64_t flow, const char *reason, uint64_t now_ms)
{
	struct connection *connection = location_connection(&exchange->location, flow);
	const struct log_field fields[] = {
	    LOG_NUMBER("connection", flow),
	    LOG_TEXT("reason", reason),
	};

	core_advance(exchange, now_ms);
	if (!core_is_present(connection))
		return;
	if (connection->registrations != NULL)
		core_log(exchange, LOG_LEVEL_INFO, "phone away", fields, COUNT(fields));
	connection->closing = true; /* nobody is rung there any more */
	sip_stack_close(exchange->stack, flow, exchange->now_ms);
	while (connection->legs != NULL) {
		struct leg *leg = connection->legs;

		core_place_leg(leg, NULL);
		call_connection_changed(leg);
	}
	location_close(&exchange->location, connection);
}

static struct connection *
held_by(const struct location *location, size_t bucket, unsigned holder)
{
	struct connection *at = location->connections[bucket];

	while (at != NULL && (!core_is_present(at) || at->flow.holder != holder))
		at = at->next_of_bucket;
	return at;
}

void
exchange_closed_holder(
    struct exchange *exchange, unsigned holder, const char *reason, uint64_t now_ms)
{
	struct location *location = &exchange->location;
	struct connection *held;

	for (size_t i = 0; i < location->connection_buckets; i++)
		while ((held = held_by(location, i, holder)) != NULL)
			exchange_closed(exchange, held->flow.id, reason, now_ms);
}

void
exchange_configuration_changed(struct exchange *exchange)
{
	exchange->generation++;
}
