/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/exchange/target.c - bytes of phones that are registered, and of strangers: nothing crashes
 * or leaks, and no key goes to a connection that is not TLS.
 *
 * The input is a row of chunks, each headed by a line "%N": N is 1 (registered, TLS), 2
 * (registered, TLS), 3 (registered, TCP), 4 (a stranger on TLS), r or s (a 200 or 180 of phone 2
 * to the last request it got, with the chunk as its description), t (the same of phone 3, 200),
 * c (phone 2's connection closes) or w (ten seconds pass).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exchange/exchange.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLOWS = 5, TEXT_MOST = 65536 };

static struct exchange *exchange;
static bool said_by_clear; /* phone 3 wrote words of a key */
static uint64_t now, random_state;
static struct {
	char *request; /* the last it got */
} heard[FLOWS];

static const char *const lines[FLOWS] = {NULL, "1001", "1002", "1003", "1004"};

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static bool
contains(struct bytes text, const char *word)
{
	size_t at;

	return bytes_find(text, bytes_text(word), &at);
}

/* Words that the phone in clear wrote itself may come back in the headers of its answers; in a
 * description, which is always another phone's, they may not. */
static void
check_clear(struct bytes message)
{
	size_t body;

	if (said_by_clear && bytes_find(message, bytes_text("\r\n\r\n"), &body))
		message = bytes_part(message, body, message.left);
	expect(!contains(message, "inline:") && !contains(message, "a=crypto"));
}

static void
on_send(void *arg, const struct flow *flow, struct bytes message)
{
	(void)arg;
	expect(flow->id > 0 && flow->id < FLOWS);
	if (flow->transport != TRANSPORT_TLS)
		check_clear(message);
	if (bytes_start_with(message, bytes_text("SIP/2.0")) ||
	    bytes_start_with(message, bytes_text("ACK")))
		return;
	free(heard[flow->id].request);
	heard[flow->id].request = strndup((const char *)message.at, message.left);
}

static void
on_close(void *arg, const struct flow *flow, const char *reason)
{
	(void)arg;
	(void)flow;
	(void)reason;
}

static enum fault
on_find(
    void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why)
{
	(void)arg;
	(void)device;
	for (size_t i = 1; i < FLOWS; i++)
		if (bytes_equal_text(line, lines[i])) {
			*found = (struct subscriber){
			    .profile =
				*profile_standard(i == 3 ? PROFILE_NONSECURE : PROFILE_ENCRYPTED)};
			snprintf(found->line, sizeof(found->line), "%s", lines[i]);
			snprintf(found->device, sizeof(found->device), "SEP00000000000%zu", i);
			return FAULT_NONE;
		}
	return explain(why, FAULT_MISSING, "no such line");
}

static bool
on_line_exists(void *arg, struct bytes line)
{
	(void)arg;
	return line.left == 4;
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	(void)arg;
	for (size_t i = 0; i < count; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(random_state >> 40);
	}
}

static void
on_audit(void *arg, const struct audit_record *record)
{
	(void)arg;
	expect(record->reason != NULL);
}

static void
on_log(void *arg, enum log_level level, const char *event, const struct log_field *fields,
    size_t count)
{
	(void)arg;
	(void)level;
	(void)event;
	for (size_t i = 0; i < count; i++)
		expect(!contains(fields[i].text, "inline:AAECAwQF"));
}

static void
on_registration(
    void *arg, enum registration_change change, const struct registration_record *record)
{
	(void)arg;
	(void)change;
	expect(record->line[0] != '\0' && record->device[0] != '\0');
}

static void
on_call(void *arg, enum call_change change, const struct call_record *record)
{
	(void)arg;
	(void)change;
	for (size_t i = 0; record->level == LEVEL_ENCRYPTED && i < COUNT(record->leg); i++)
		expect(record->leg[i].transport == TRANSPORT_TLS && record->leg[i].srtp_to_us);
}

static void
open_flow(uint64_t id)
{
	struct flow flow = {.id = id, .transport = id == 3 ? TRANSPORT_TCP : TRANSPORT_TLS};
	struct why why;

	expect(address_read(bytes_text("127.0.0.1"), 5061, &flow.local, &why) == FAULT_NONE);
	expect(address_read(bytes_text("127.0.0.2"), 40000, &flow.remote, &why) == FAULT_NONE);
	flow.certificate = id != 3;
	if (flow.certificate)
		snprintf(
		    flow.common_name, sizeof(flow.common_name), "SEP00000000000%u", (unsigned)id);
	expect(exchange_open(exchange, &flow, now, &why) == FAULT_NONE);
}

static void
enrol(uint64_t id)
{
	char text[1024];

	snprintf(text, sizeof(text),
	    "REGISTER sip:x SIP/2.0\r\nVia: SIP/2.0/%s h;branch=z9hG4bK%u\r\nMax-Forwards: 70\r\n"
	    "From: <sip:%s@x>;tag=1\r\nTo: <sip:%s@x>\r\nCall-ID: %u\r\nCSeq: 1 REGISTER\r\n"
	    "Contact: <sip:%s@127.0.0.2>;+u.sip!devicename.ccm.cisco.com=\"SEP00000000000%u\"\r\n"
	    "Supported: X-cisco-callinfo,X-cisco-srtp-fallback\r\nContent-Length: 0\r\n\r\n",
	    id == 3 ? "TCP" : "TLS", (unsigned)id, lines[id], lines[id], (unsigned)id, lines[id],
	    (unsigned)id);
	exchange_message(exchange, id, bytes_text(text), now);
}

static void
begin(void)
{
	const struct exchange_plan plan = {
	    .domain = "x",
	    .realm = "x",
	    .limits = exchange_limits_default,
	    .seams = {NULL, on_send, on_close, on_find, on_line_exists, on_random, on_audit, on_log,
		on_registration, on_call},
	};
	struct why why;

	now = 1000;
	random_state = 7;
	said_by_clear = false;
	expect(exchange_new(&exchange, &plan, now, 1900000000000, &why) == FAULT_NONE);
	for (uint64_t id = 1; id < FLOWS; id++)
		open_flow(id);
	for (uint64_t id = 1; id < 4; id++)
		enrol(id);
}

static void
copy_header(const char *request, const char *name, char **at, char *end)
{
	const char *found = strcasestr(request, name);

	if (found != NULL && *at < end)
		*at += snprintf(
		    *at, (size_t)(end - *at), "%.*s\r\n", (int)strcspn(found, "\r"), found);
	if (*at > end)
		*at = end;
}

/* A response of a phone to the last request it got. */
static void
answer(uint64_t id, const char *status, struct bytes sdp)
{
	static const char *const copied[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
	static char text[TEXT_MOST];
	char *at = text, *end = text + sizeof(text) - 1;

	if (heard[id].request == NULL || sdp.left > 8192)
		return;
	at += snprintf(at, (size_t)(end - at), "SIP/2.0 %s\r\n", status);
	for (size_t i = 0; i < COUNT(copied); i++)
		copy_header(heard[id].request, copied[i], &at, end);
	if (end - at < 10000)
		return;
	at += snprintf(at, (size_t)(end - at),
	    "Contact: <sip:%s@127.0.0.2>\r\nAllow: INVITE, UPDATE\r\n"
	    "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n",
	    lines[id], sdp.left);
	memcpy(at, sdp.at, sdp.left);
	exchange_message(exchange, id, bytes_of(text, (size_t)(at - text) + sdp.left), now);
}

static void
wait(void)
{
	for (unsigned i = 0; i < 10; i++) {
		now += 1000;
		exchange_tick(exchange, now);
	}
}

static void
play(uint8_t who, struct bytes chunk)
{
	if (who == '3' || who == 't')
		said_by_clear =
		    said_by_clear || contains(chunk, "inline:") || contains(chunk, "a=crypto");
	if (who >= '1' && who <= '4')
		exchange_message(exchange, (uint64_t)(who - '0'), chunk, now);
	else if (who == 'r' || who == 's')
		answer(2, who == 'r' ? "200 OK" : "180 Ringing", chunk);
	else if (who == 't')
		answer(3, "200 OK", chunk);
	else if (who == 'c')
		exchange_closed(exchange, 2, "closed", now);
	else if (who == 'w')
		wait();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size), line;

	begin();
	while (bytes_take_until(&input, '%', &line) && input.left > 0) {
		uint8_t who = input.at[0];
		struct bytes rest = input, chunk;

		if (!bytes_take_until(&rest, '\n', &line))
			break;
		input = rest;
		if (!bytes_take_until(&rest, '%', &chunk))
			chunk = input;
		play(who, chunk);
	}
	exchange_tick(exchange, now + 40000);
	exchange_free(exchange);
	for (size_t i = 0; i < FLOWS; i++) {
		free(heard[i].request);
		heard[i].request = NULL;
	}
	return 0;
}
