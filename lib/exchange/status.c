/* SPDX-License-Identifier: Apache-2.0 */
/* What is there, for people: the registrations, the calls, and why a call has its level. */
#include <stdlib.h>

#include "exchange/call_level.h"
#include "exchange/core.h"

void
exchange_each_registration(
    const struct exchange *exchange, exchange_registration_handler *handler, void *arg)
{
	const struct location *location = &exchange->location;

	for (size_t i = 0; i < location->line_buckets; i++)
		for (const struct registration *at = location->lines[i]; at != NULL;
		     at = at->next_of_bucket)
			if (!handler(arg, &at->record))
				return;
}

void
exchange_each_call(const struct exchange *exchange, exchange_call_handler *handler, void *arg)
{
	for (const struct call *call = exchange->calls; call != NULL; call = call->next) {
		struct call_record record;

		if (call->state == CALL_OVER)
			continue;
		call_record(call, &record);
		if (!handler(arg, &record))
			return;
	}
}

enum fault
exchange_why(const struct exchange *exchange, uint64_t id, struct buffer *json, struct why *why)
{
	const struct call *call = exchange->calls;
	json_t *object;
	char *text;

	while (call != NULL && (call->id != id || call->state == CALL_OVER))
		call = call->next;
	if (call == NULL)
		return explain(why, FAULT_MISSING, "there is no call %llu", (unsigned long long)id);
	object = call_level_explain(call);
	text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	json_decref(object);
	if (text == NULL)
		return explain(why, FAULT_SYSTEM, "no memory to explain a call");
	buffer_text(json, text);
	free(text);
	return FAULT_NONE;
}
