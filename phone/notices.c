/* SPDX-License-Identifier: Apache-2.0 */
/* phone/notices.c - what people are told: status messages, events, refusals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "phone/phone.h"

enum { LOGGED_MOST = 16 /* members of an event that stand in its log line */ };

static void
drop_watcher(void *arg, struct control_request *request)
{
	struct phone *phone = arg;

	for (size_t i = 0; i < PHONE_WATCHERS_MOST; i++)
		if (phone->notices.watchers[i] == request)
			phone->notices.watchers[i] = NULL;
}

static void
send_event(struct phone *phone, size_t watcher, json_t *event)
{
	struct control_request *request = phone->notices.watchers[watcher];
	struct why why;

	if (control_item(request, json_incref(event), &why) == FAULT_NONE)
		return;
	phone->notices.watchers[watcher] = NULL;
	control_refuse(request, FAULT_LIMIT, &why);
}

void
notices_watch(struct phone *phone, struct control_request *request, bool replay)
{
	struct notices *notices = &phone->notices;
	uint64_t first =
	    notices->event_count > PHONE_EVENTS_KEPT ? notices->event_count - PHONE_EVENTS_KEPT : 0;
	size_t free_place = 0;

	while (free_place < PHONE_WATCHERS_MOST && notices->watchers[free_place] != NULL)
		free_place++;
	if (free_place == PHONE_WATCHERS_MOST) {
		struct why why;

		control_refuse(
		    request, explain(&why, FAULT_LIMIT, "too many others watch already"), &why);
		return;
	}
	notices->watchers[free_place] = request;
	control_on_gone(request, drop_watcher, phone);
	for (uint64_t i = first; replay && i < notices->event_count; i++)
		if (notices->watchers[free_place] == request)
			send_event(phone, free_place, notices->events[i % PHONE_EVENTS_KEPT]);
}

/* Each member as key=value; what lies deeper is for those who stream events. */
static void
log_event(const char *event, json_t *members)
{
	struct log_field fields[LOGGED_MOST];
	size_t count = 0;
	const char *name;
	json_t *value;

	json_object_foreach(members, name, value)
	{
		if (count == LOGGED_MOST)
			break;
		if (json_is_string(value))
			fields[count++] = LOG_TEXT(name, json_string_value(value));
		else if (json_is_integer(value))
			fields[count++] = LOG_NUMBER(name, json_integer_value(value));
		else if (json_is_boolean(value))
			fields[count++] = LOG_TEXT(name, json_is_true(value) ? "yes" : "no");
	}
	log_write(LOG_LEVEL_INFO, "phone", event, fields, count);
}

void
notice_event(struct phone *phone, const char *event, json_t *members)
{
	struct notices *notices = &phone->notices;
	char time[CLOCK_TEXT_SIZE];
	json_t *whole;
	json_t **place = &notices->events[notices->event_count % PHONE_EVENTS_KEPT];

	if (members == NULL)
		members = json_object();
	log_event(event, members);
	whole = json_pack("{s:s, s:I, s:s}", "time", clock_text(phone_wall(phone), time), "ms",
	    (json_int_t)(clock_monotonic_ms() - phone->start.started_ms), "event", event);
	json_object_update(whole, members);
	json_decref(members);
	json_decref(*place);
	*place = whole;
	notices->event_count++;
	for (size_t i = 0; i < PHONE_WATCHERS_MOST; i++)
		if (notices->watchers[i] != NULL)
			send_event(phone, i, whole);
	screen_refresh(phone);
}

void
notice_status(struct phone *phone, enum message message, const char *argument)
{
	struct notices *notices = &phone->notices;
	size_t place = notices->status_count++ % PHONE_STATUS_KEPT;

	notices->status[place].message = message;
	message_write(message, argument, notices->status[place].text);
	notices->status[place].wall = phone_wall(phone);
	notices->status_ms = clock_monotonic_ms();
	notice_event(phone, "status message",
	    json_pack(
		"{s:s, s:s}", "name", message_name(message), "text", notices->status[place].text));
}

const char *
notice_newest_status(struct phone *phone)
{
	struct notices *notices = &phone->notices;

	if (notices->status_count == 0 ||
	    clock_monotonic_ms() - notices->status_ms > PHONE_STATUS_SHOWN_MS)
		return NULL;
	return notices->status[(notices->status_count - 1) % PHONE_STATUS_KEPT].text;
}

void
notice_refusal(struct phone *phone, const char *event, const char *subject, const char *reason)
{
	struct pending_record record = {event, subject, reason, phone_wall(phone)};
	struct why why;

	if (pending_audit_add(phone->pending, &record, &why) != FAULT_NONE)
		log_error("phone", "refusal not kept on disk", LOG_TEXT("reason", why.text));
	notice_event(phone, "refused",
	    json_pack("{s:s, s:s, s:s}", "what", event, "subject", subject != NULL ? subject : "",
		"reason", reason));
	calls_report(phone);
}

void
notices_free(struct notices *notices)
{
	for (size_t i = 0; i < PHONE_EVENTS_KEPT; i++)
		json_decref(notices->events[i]);
}
