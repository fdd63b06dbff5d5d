/* SPDX-License-Identifier: Apache-2.0 */
/* What a restarted `call` is told of before its edges replay their connections. */
#include <stdio.h>

#include "exchange/call_level.h"
#include "exchange/core.h"
#include "exchange/exchange.h"

/* The connection as it was remembered; it counts when the edge has replayed just that one. */
static struct connection *
awaited_connection(struct exchange *exchange, uint64_t id, enum transport transport)
{
	const struct flow flow = {.id = id, .transport = transport};
	struct connection *connection;

	if (id == 0)
		return NULL;
	connection = location_connection(&exchange->location, id);
	if (connection == NULL) {
		if (location_open(&exchange->location, &flow, &connection, NULL) != FAULT_NONE)
			return NULL;
		connection->awaited = true;
	}
	return connection->awaited ? connection : NULL;
}

enum fault
exchange_restore_registration(
    struct exchange *exchange, const struct registration_record *record, struct why *why)
{
	struct connection *connection =
	    awaited_connection(exchange, record->flow, record->transport);
	int64_t left_ms = record->expires_wall_ms - core_wall_ms(exchange);
	struct registration *registration;
	enum fault fault;

	exchange->restoring = true;
	if (left_ms <= 0 || left_ms > (int64_t)exchange->limits.expires_most_s * 1000)
		return explain(why, FAULT_TIMEOUT, "the registration has expired");
	if (connection != NULL && connection->registered == 0) {
		snprintf(connection->remote, sizeof(connection->remote), "%s", record->remote);
		snprintf(connection->flow.common_name, sizeof(connection->flow.common_name), "%s",
		    record->common_name);
		connection->flow.certificate = record->common_name[0] != '\0';
	}
	if ((fault = location_add(&exchange->location, record, connection, &registration, why)))
		return fault;
	registration->expires_ms = exchange->now_ms + (uint64_t)left_ms;
	registration->told_ms = exchange->now_ms;
	registration->generation =
	    exchange->generation - 1; /* the configuration may have changed */
	return FAULT_NONE;
}

/* Registrations are restored first: only they say what the connection must be. */
static void
place_restored(struct exchange *exchange, struct leg *leg, uint64_t flow)
{
	struct connection *connection =
	    flow == 0 ? NULL : location_connection(&exchange->location, flow);

	if (connection != NULL && connection->awaited && connection->registered > 0)
		core_place_leg(leg, connection);
}

enum fault
exchange_restore_call(struct exchange *exchange, const struct call_record *record, struct why *why)
{
	struct leg *legs[2] = {NULL, NULL};
	enum fault fault;

	exchange->restoring = true;
	for (size_t i = 0; i < COUNT(legs); i++)
		if ((fault = leg_new_restored(exchange, &record->leg[i], &legs[i], why)))
			goto done;
	if ((fault = call_continue(exchange, record, legs[0], legs[1], why)))
		goto done;
	for (size_t i = 0; i < COUNT(legs); i++) {
		place_restored(exchange, legs[i], record->leg[i].flow);
		legs[i] = NULL;
	}
done:
	for (size_t i = 0; i < COUNT(legs); i++)
		leg_drop(legs[i]);
	return fault;
}

static bool
detach_awaited(void *arg, struct registration *registration)
{
	(void)arg;
	if (registration->connection != NULL && registration->connection->awaited)
		location_attach(registration, NULL);
	return true;
}

/* Away legs wait limits.away_s for their phones to come back and register. */
static void
detach_legs(struct exchange *exchange)
{
	for (struct call *call = exchange->calls; call != NULL; call = call->next) {
		struct leg *legs[] = {call->caller, call->called};

		for (size_t i = 0; i < COUNT(legs); i++)
			if (legs[i] != NULL && legs[i]->connection != NULL &&
			    legs[i]->connection->awaited)
				core_place_leg(legs[i], NULL);
	}
}

void
exchange_restored(struct exchange *exchange, uint64_t now_ms)
{
	if (now_ms > exchange->now_ms)
		exchange->now_ms = now_ms;
	location_each(&exchange->location, detach_awaited, NULL);
	detach_legs(exchange);
	location_drop_awaited(&exchange->location);
	exchange->restoring = false;
	for (struct call *call = exchange->calls; call != NULL; call = call->next) {
		call_level_update(call);
		call_level_tell(call);
	}
}
