/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/call_status.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mailbox.h"

/* A list being written, entry by entry, up to what one answer may hold. */
struct listing {
	struct buffer *json;
	struct bytes only; /* a device or line; empty: all */
	int64_t wall_ms;
	size_t entries;
	bool complete;
};

enum { LISTING_MOST = MAILBOX_BODY_MOST - 1024 };

static bool
add_entry(struct listing *listing, json_t *entry)
{
	char *text = entry == NULL ? NULL : json_dumps(entry, JSON_COMPACT);
	bool fits = text != NULL && listing->json->size + bytes_text(text).left + 1 < LISTING_MOST;

	if (fits) {
		buffer_text(listing->json, listing->entries++ == 0 ? "" : ",");
		buffer_text(listing->json, text);
	}
	listing->complete = fits;
	json_decref(entry);
	free(text);
	return fits;
}

static bool
add_registration(void *arg, const struct registration_record *record)
{
	struct listing *listing = arg;
	char expires[CLOCK_TEXT_SIZE];

	if (listing->only.left > 0 && !bytes_equal_text(listing->only, record->device) &&
	    !bytes_equal_text(listing->only, record->line))
		return true;
	return add_entry(listing,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:s, s:I}",
		"device", record->device, "line", record->line, "display", record->display,
		"contact", record->contact, "remote", record->remote, "transport",
		transport_name(record->transport), "profile", record->profile.name, "mode",
		level_name(record->profile.mode), "certificate", record->certificate, "common_name",
		record->common_name, "digest", record->digest, "reachable", record->flow != 0,
		"expires", clock_text(record->expires_wall_ms / 1000, expires), "seconds_left",
		(json_int_t)((record->expires_wall_ms - listing->wall_ms) / 1000)));
}

static json_t *
leg_json(const struct leg_record *leg)
{
	if (leg->device[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "device", leg->device, "line", leg->line,
	    "display", leg->display, "transport", transport_name(leg->transport), "reachable",
	    leg->flow != 0, "srtp", leg->srtp_to_us && leg->srtp_from_us);
}

static json_t *
time_json(int64_t wall_ms)
{
	char text[CLOCK_TEXT_SIZE];

	return wall_ms == 0 ? json_null() : json_string(clock_text(wall_ms / 1000, text));
}

static bool
add_call(void *arg, const struct call_record *record)
{
	return add_entry(
	    arg, json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:o}", "call", (json_int_t)record->id,
		     "state", record->answered_wall_ms == 0 ? "ringing" : "talking", "level",
		     level_name(record->level), "started", time_json(record->started_wall_ms),
		     "answered", time_json(record->answered_wall_ms), "caller",
		     leg_json(&record->leg[0]), "called", leg_json(&record->leg[1])));
}

static void
list(const struct exchange *exchange, enum call_question question, struct listing *listing)
{
	bool calls = question == CALL_ASK_CALLS;

	buffer_text(listing->json, calls ? "{\"calls\":[" : "{\"registrations\":[");
	if (calls)
		exchange_each_call(exchange, add_call, listing);
	else
		exchange_each_registration(exchange, add_registration, listing);
	buffer_format(listing->json, "],\"complete\":%s}", listing->complete ? "true" : "false");
}

enum fault
call_status_answer(const struct exchange *exchange, const struct call_query *query, int64_t wall_ms,
    struct buffer *json, struct why *why)
{
	struct listing listing = {
	    .json = json, .only = query->argument, .wall_ms = wall_ms, .complete = true};
	uint64_t id;

	if (query->question != CALL_ASK_WHY) {
		list(exchange, query->question, &listing);
		return FAULT_NONE;
	}
	if (!bytes_decimal(query->argument, UINT64_MAX, &id))
		return explain(why, FAULT_MALFORMED, "a call is named by its number");
	return exchange_why(exchange, id, json, why);
}
