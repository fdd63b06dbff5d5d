/* SPDX-License-Identifier: Apache-2.0 */
/* phone/calls.c - the agent's seams: connection, randomness, media, and what people are told. */
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "phone/phone.h"
#include "policy/audit_report.h"

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	struct phone *phone = arg;

	if (flow == phone->connection.flow.id)
		connection_send(phone, message);
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	(void)arg;
	/* Keys are made of this: without randomness there is no phone. */
	if (RAND_bytes(bytes, (int)count) != 1)
		abort();
}

static struct sound_stream *
find_stream(struct phone *phone, unsigned call)
{
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++)
		if (phone->sound.streams[i].call == call)
			return &phone->sound.streams[i];
	return NULL;
}

struct media_stream *
calls_stream(struct phone *phone, unsigned call)
{
	struct sound_stream *found = call != 0 ? find_stream(phone, call) : NULL;

	return found != NULL ? found->stream : NULL;
}

static void
on_secure(void *arg, bool secure)
{
	struct sound_stream *stream = arg;

	agent_media_secure(stream->phone->agent, stream->call, secure, clock_monotonic_ms());
}

static void
on_packet_refused(
    void *arg, enum media_refusal cause, const struct address *from, const char *sentence)
{
	struct sound_stream *stream = arg;
	struct pending_record record = {
	    "media packet refused", NULL, sentence, phone_wall(stream->phone)};
	char text[ADDRESS_TEXT_SIZE];

	/* Strangers' and late packets are counted only; those that forge or replay are reported. */
	if (cause != MEDIA_REFUSED_AUTHENTICATION && cause != MEDIA_REFUSED_REPLAY)
		return;
	record.subject = from != NULL ? address_text(from, text) : NULL;
	if (pending_audit_add(stream->phone->pending, &record, NULL) != FAULT_NONE)
		log_error("phone", "refusal not kept on disk");
	calls_report(stream->phone);
}

static enum fault
on_media_open(void *arg, unsigned call, struct address *local, struct why *why)
{
	struct phone *phone = arg;
	struct sound_stream *stream = find_stream(phone, 0);
	struct media_options options = {.local = phone->options.local,
	    .first_port = phone->options.first_port,
	    .last_port = phone->options.last_port,
	    .device = phone->sound.device,
	    .capture = phone->capture,
	    .handlers = {on_secure, on_packet_refused, stream}};
	enum fault fault;

	if (stream == NULL)
		return explain(why, FAULT_LIMIT, "all media streams are in use");
	fault = media_stream_new(&stream->stream, phone->loop, &options, why);
	if (fault != FAULT_NONE)
		return fault;
	stream->call = call;
	stream->phone = phone;
	*local = *media_stream_local(stream->stream);
	return FAULT_NONE;
}

static enum fault
on_media_run(void *arg, unsigned call, const struct media_plan *plan, struct why *why)
{
	struct media_stream *stream = calls_stream(arg, call);

	if (stream == NULL)
		return explain(why, FAULT_UNEXPECTED, "call %u has no media", call);
	return media_stream_started(stream) ? media_stream_change(stream, plan, why)
					    : media_stream_start(stream, plan, why);
}

static void
on_media_close(void *arg, unsigned call)
{
	struct sound_stream *stream = find_stream(arg, call);

	if (stream == NULL)
		return;
	media_stream_free(stream->stream);
	memset(stream, 0, sizeof(*stream));
}

static void
on_registration(void *arg, const struct agent_registration *registration)
{
	struct phone *phone = arg;
	enum boot_state state = phone->start.boot.state;

	if (registration->registered) {
		/* The connection is told before the registration on it: both may be posted. */
		if (state == BOOT_CONNECTING || state == BOOT_REGISTERING)
			boot_post(phone, BOOT_ACCEPTED);
		return;
	}
	notice_status(phone, MESSAGE_REGISTRATION_REFUSED, registration->sentence);
	if (registration->status != 0)
		notice_refusal(phone, "registration refused by the manager",
		    phone->connection.manager_text, registration->sentence);
	boot_post(phone, BOOT_LOST);
}

struct auto_answer {
	struct phone *phone;
	unsigned call;
};

static void
answer_now(void *arg)
{
	struct auto_answer *wish = arg;
	struct why why;

	if (wish->phone->agent != NULL &&
	    agent_answer(wish->phone->agent, wish->call, clock_monotonic_ms(), &why) != FAULT_NONE)
		log_warning("phone", "call not answered", LOG_TEXT("reason", why.text));
	if (wish->phone->agent != NULL)
		phone_agent_settle(wish->phone);
	free(wish);
}

static void
answer_soon(struct phone *phone, unsigned call)
{
	struct auto_answer *wish = malloc(sizeof(*wish));

	if (wish == NULL)
		return;
	*wish = (struct auto_answer){phone, call};
	loop_later(phone->loop, answer_now, wish);
}

static void
reset_if_idle(struct phone *phone)
{
	if (!phone->start.reset_wanted || calls_any(phone))
		return;
	phone->start.reset_wanted = false;
	notice_status(phone, MESSAGE_RESTARTING, NULL);
	boot_post(phone, BOOT_RESET);
}

static void
on_call(void *arg, const struct agent_call *call, enum agent_change change)
{
	static const char *const events[] = {
	    [AGENT_CALL_STATE] = "call",
	    [AGENT_CALL_ICON] = "icon",
	    [AGENT_CALL_MEDIA] = "media",
	    [AGENT_CALL_GONE] = "call gone",
	};
	struct phone *phone = arg;

	notice_event(phone, events[change], facts_call(phone, call));
	if (change == AGENT_CALL_STATE && call->state == CALL_RINGING && phone->options.auto_answer)
		answer_soon(phone, call->number);
	if (change == AGENT_CALL_GONE || call->state == CALL_ENDED)
		reset_if_idle(phone);
}

static void
on_key(void *arg, unsigned call, char key)
{
	const char text[2] = {key, '\0'};

	notice_event(arg, "key", json_pack("{s:i, s:s}", "call", (int)call, "key", text));
}

static void
on_reset(void *arg, const char *action)
{
	struct phone *phone = arg;

	notice_event(phone, "reset asked for", json_pack("{s:s}", "action", action));
	phone->start.reset_wanted = true;
	reset_if_idle(phone);
}

static void
on_reported(void *arg, bool received)
{
	struct phone *phone = arg;
	size_t count = phone->reported;
	struct why why;

	phone->reported = 0;
	if (pending_audit_settle(phone->pending, received, &why) != FAULT_NONE)
		log_error("phone", "reported refusals still on disk", LOG_TEXT("reason", why.text));
	if (!received)
		return; /* again with the next refusal or registration */
	notice_event(phone, "refusals reported", json_pack("{s:i}", "records", (int)count));
	calls_report(phone);
}

static void
on_refused(void *arg, const char *event, const char *sentence)
{
	notice_refusal(arg, event, NULL, sentence);
}

void
calls_report(struct phone *phone)
{
	struct buffer report;
	struct why why;

	if (phone->agent == NULL || phone->reported > 0 || !agent_registered(phone->agent) ||
	    pending_audit_count(phone->pending) == 0)
		return;
	buffer_init(&report, AUDIT_REPORT_MOST);
	if (pending_audit_report(phone->pending, phone->identity.device.text, &report,
		&phone->reported, &why) == FAULT_NONE &&
	    buffer_ok(&report) && phone->reported > 0 &&
	    agent_report(phone->agent, buffer_bytes_of(&report), clock_monotonic_ms(), &why) ==
		FAULT_NONE) {
		buffer_finish(&report);
		return;
	}
	buffer_finish(&report);
	phone->reported = 0;
	if (pending_audit_settle(phone->pending, false, &why) != FAULT_NONE)
		log_error("phone", "refusals cannot be kept", LOG_TEXT("reason", why.text));
}

bool
calls_any(struct phone *phone)
{
	struct agent_call calls[AGENT_CALLS_MOST];
	size_t count = phone->agent != NULL ? agent_calls(phone->agent, calls) : 0;

	for (size_t i = 0; i < count; i++)
		if (calls[i].state != CALL_ENDED)
			return true;
	return false;
}

enum fault
calls_agent_new(struct phone *phone, struct why *why)
{
	const struct phone_configuration *configuration = &phone->start.configuration;
	const struct configured_line *line = &configuration->lines[0];
	struct agent_plan plan = {.device = phone->identity.device.text,
	    .user = line->name,
	    .display = line->display_name,
	    .auth_name = line->auth_name,
	    .auth_password = line->auth_password,
	    .manager = configuration->managers[phone->connection.manager].host,
	    .mode = configuration_mode(phone),
	    .suites = configuration_suites(phone),
	    .codecs = (1u << CODEC_COUNT) - 1,
	    .seams = {phone, on_send, on_random, on_media_open, on_media_run, on_media_close,
		on_registration, on_call, on_reset, on_reported, on_refused, on_key}};

	/* Calls that outlived the connection go on with the agent they have. */
	if (phone->agent != NULL && calls_any(phone))
		return FAULT_NONE;
	if (configuration->line_count == 0)
		return explain(why, FAULT_MISSING, "the configuration gives this phone no line");
	calls_free(phone);
	return agent_new(&phone->agent, &plan, why);
}

void
calls_free(struct phone *phone)
{
	agent_free(phone->agent);
	phone->agent = NULL;
	phone->reported = 0;
	for (size_t i = 0; i < AGENT_CALLS_MOST; i++) {
		media_stream_free(phone->sound.streams[i].stream);
		memset(&phone->sound.streams[i], 0, sizeof(phone->sound.streams[i]));
	}
}
