/* SPDX-License-Identifier: Apache-2.0 */
/* What ends a registration while its phone says nothing. */
#include <string.h>

#include "exchange/registrar.h"

/* What may not be registered any more after the operator's change. */
static bool
still_admitted(struct exchange *exchange, const struct registration *registration)
{
	const struct registration_record *record = &registration->record;
	const struct credentials shown = {
	    .transport = record->transport,
	    .certificate = record->certificate,
	    .certificate_names = record->certificate,
	    .digest = record->digest,
	};
	struct subscriber subscriber = {0};
	struct why why;
	enum fault fault = exchange->seams.find(exchange->seams.arg, bytes_text(record->device),
	    bytes_text(record->line), &subscriber, &why);
	bool admitted = fault == FAULT_NONE &&
			profile_equal(&subscriber.profile, &record->profile) &&
			profile_admit(&subscriber.profile, &shown, &why) == ADMISSION_GRANTED;

	explicit_bzero(&subscriber, sizeof(subscriber));
	return admitted || (fault != FAULT_NONE && fault != FAULT_MISSING);
}

static bool
sweep(void *arg, struct registration *registration)
{
	struct exchange *exchange = arg;
	const struct connection *connection = registration->connection;

	if (registration->expires_ms <= exchange->now_ms) {
		registrar_remove(exchange, registration, "expired");
	} else if (registration->generation != exchange->generation) {
		if (still_admitted(exchange, registration)) {
			registration->generation = exchange->generation;
		} else {
			registrar_remove(exchange, registration, "its configuration changed");
			core_close(exchange, connection, "its configuration changed");
		}
	}
	return true;
}

void
registrar_sweep(struct exchange *exchange)
{
	location_sweep(&exchange->location, sweep, exchange);
}
