/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/pending_audit.c - refusals that wait for the manager, as JSON lines on disk. */
#include "telephone/pending_audit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/audit_report.h"
#include "storage/storage.h"

struct pending_audit {
	char path[STORAGE_PATH_MOST]; /* "" nothing on disk */
	json_t *records[PENDING_RECORDS_MOST];
	size_t count;
	size_t under_way; /* of the oldest */
	uint64_t dropped; /* since the last report that was received */
};

static const char *
text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text != NULL ? text : "";
}

static void
forget(struct pending_audit *pending, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++)
		json_decref(pending->records[i]);
	memmove(&pending->records[first], &pending->records[first + count],
	    (pending->count - first - count) * sizeof(pending->records[0]));
	pending->count -= count;
}

static enum fault
keep_on_disk(const struct pending_audit *pending, struct why *why)
{
	struct buffer file;
	enum fault fault;

	if (pending->path[0] == '\0')
		return FAULT_NONE;
	buffer_init(&file, PENDING_FILE_MOST);
	for (size_t i = 0; i < pending->count; i++) {
		char *line = json_dumps(pending->records[i], JSON_COMPACT);

		buffer_text(&file, line != NULL ? line : "{}");
		buffer_text(&file, "\n");
		free(line);
	}
	if (!buffer_ok(&file))
		fault = explain(why, FAULT_LIMIT, "too many refusals wait for the manager");
	else
		fault = storage_replace(pending->path, buffer_bytes_of(&file), 0600, why);
	buffer_finish(&file);
	return fault;
}

/* A text member, cut and made valid UTF-8 (a peer's bytes may be anything). */
static json_t *
text_member(const char *text)
{
	char printable[PENDING_TEXT_MOST];
	size_t i;

	if (text == NULL)
		text = "";
	for (i = 0; i < sizeof(printable) - 1 && text[i] != '\0'; i++)
		printable[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
	printable[i] = '\0';
	return json_string(printable);
}

static json_t *
make_record(const struct pending_record *record)
{
	char time[CLOCK_TEXT_SIZE];

	return json_pack("{s:s, s:o, s:o, s:o, s:i}", "time", clock_text(record->wall, time),
	    "event", text_member(record->event), "subject", text_member(record->subject), "reason",
	    text_member(record->reason), "times", 1);
}

static bool
same_refusal(const json_t *a, const json_t *b)
{
	return strcmp(text_of(a, "event"), text_of(b, "event")) == 0 &&
	       strcmp(text_of(a, "subject"), text_of(b, "subject")) == 0 &&
	       strcmp(text_of(a, "reason"), text_of(b, "reason")) == 0;
}

/* The times after counting, or 0 when this refusal does not wait yet. */
static json_int_t
count_repeat(struct pending_audit *pending, const json_t *made)
{
	for (size_t i = pending->under_way; i < pending->count; i++) {
		json_t *times = json_object_get(pending->records[i], "times");

		if (!same_refusal(pending->records[i], made))
			continue;
		json_integer_set(times, json_integer_value(times) + 1);
		return json_integer_value(times);
	}
	return 0;
}

/* Makes room for one more: the oldest that is not under way goes. */
static void
make_room(struct pending_audit *pending)
{
	if (pending->count < PENDING_RECORDS_MOST)
		return;
	forget(pending, pending->under_way, 1);
	pending->dropped++;
}

enum fault
pending_audit_add(
    struct pending_audit *pending, const struct pending_record *record, struct why *why)
{
	json_t *made = make_record(record);
	json_int_t times;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a refusal's record");
	times = count_repeat(pending, made);
	if (times > 0) {
		json_decref(made);
		/* A flood must not keep the disk busy: 2, 4, 8 ... are written. */
		if ((times & (times - 1)) != 0)
			return FAULT_NONE;
	} else {
		make_room(pending);
		pending->records[pending->count++] = made;
	}
	return keep_on_disk(pending, why);
}

static bool
record_is_whole(const json_t *record)
{
	return json_is_string(json_object_get(record, "time")) &&
	       json_is_string(json_object_get(record, "event")) &&
	       json_is_string(json_object_get(record, "reason")) &&
	       json_is_integer(json_object_get(record, "times"));
}

/* False when the line is not one of ours. */
static bool
read_line(struct pending_audit *pending, struct bytes line)
{
	json_t *record = json_loadb((const char *)line.at, line.left, JSON_REJECT_DUPLICATES, NULL);

	if (!record_is_whole(record) || pending->count == PENDING_RECORDS_MOST) {
		json_decref(record);
		return false;
	}
	pending->records[pending->count++] = record;
	return true;
}

static enum fault
read_file(struct pending_audit *pending, int64_t wall, struct why *why)
{
	struct content file = {0};
	struct bytes left, line;
	bool whole = true;
	enum fault fault = storage_read(pending->path, PENDING_FILE_MOST, &file, why);

	if (fault == FAULT_MISSING)
		return FAULT_NONE;
	if (fault == FAULT_LIMIT)
		whole = false;
	else if (fault != FAULT_NONE)
		return fault;
	left = content_bytes(&file);
	while (whole && left.left > 0)
		whole = bytes_take_until(&left, '\n', &line) && read_line(pending, line);
	content_free(&file);
	if (whole)
		return FAULT_NONE;
	return pending_audit_add(pending,
	    &(struct pending_record){.event = "pending audit damaged",
		.subject = "audit-pending.jsonl",
		.reason = "the file of refusals to report was not as we wrote it",
		.wall = wall},
	    why);
}

enum fault
pending_audit_open(struct pending_audit **pending, const char *path, int64_t wall, struct why *why)
{
	struct pending_audit *opening = calloc(1, sizeof(*opening));
	enum fault fault = FAULT_NONE;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for pending audit records");
	if (path != NULL) {
		snprintf(opening->path, sizeof(opening->path), "%s", path);
		fault = read_file(opening, wall, why);
	}
	if (fault != FAULT_NONE) {
		pending_audit_free(opening);
		return fault;
	}
	*pending = opening;
	return FAULT_NONE;
}

void
pending_audit_free(struct pending_audit *pending)
{
	if (pending == NULL)
		return;
	forget(pending, 0, pending->count);
	free(pending);
}

size_t
pending_audit_count(const struct pending_audit *pending)
{
	return pending->count;
}

enum fault
pending_audit_report(struct pending_audit *pending, const char *device, struct buffer *report,
    size_t *count, struct why *why)
{
	size_t take =
	    pending->count < PENDING_REPORT_RECORDS ? pending->count : PENDING_REPORT_RECORDS;
	json_t *records = json_array();
	json_t *body;
	char *text;

	*count = 0;
	for (size_t i = 0; i < take; i++)
		json_array_append(records, pending->records[i]);
	body = json_pack("{s:s, s:I, s:o}", "device", device, "dropped",
	    (json_int_t)pending->dropped, "records", records);
	text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
	if (text != NULL && take > 0)
		buffer_text(report, text);
	json_decref(body);
	if (text == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for an audit report");
	free(text);
	pending->under_way = take;
	*count = take;
	return FAULT_NONE;
}

enum fault
pending_audit_settle(struct pending_audit *pending, bool received, struct why *why)
{
	size_t sent = pending->under_way;

	pending->under_way = 0;
	if (!received || sent == 0)
		return FAULT_NONE;
	forget(pending, 0, sent);
	pending->dropped = 0;
	return keep_on_disk(pending, why);
}
