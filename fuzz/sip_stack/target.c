/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sip_stack/target.c - one endpoint, a peer that sends what it likes in any order, a user who
 * answers, calls, cancels and hangs up at any time, inside handlers too, and a clock. Nothing is
 * used after it ended, time always has a next deadline, and in the end nothing is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

enum { SERVERS = 4, CLIENTS = 4, DIALOGS = 4, FLOWS = 2, SENT = 4, SENT_SIZE = 2048 };

/* What the user holds on to; the stack must tell when to let go. */
static struct {
	struct bytes script;
	struct sip_stack *stack;
	struct sip_server *server[SERVERS];
	struct sip_client *client[CLIENTS];
	struct sip_dialog *dialog[DIALOGS];
	uint64_t now, random;
	char sent[SENT][SENT_SIZE]; /* requests of ours, for the peer to answer */
	size_t sends;
	unsigned depth;
} world;

static uint8_t
next_byte(void)
{
	uint8_t byte = 0;

	return bytes_take_u8(&world.script, &byte) ? byte : 0;
}

static void act(uint8_t what);

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	(void)arg;
	expect(flow >= 1 && flow <= FLOWS);
	expect(message.left > 0 && message.at[0] != ' ');
	if (message.left < SENT_SIZE && !bytes_start_with(message, bytes_text("SIP/"))) {
		char *room = world.sent[world.sends++ % SENT];

		memcpy(room, message.at, message.left);
		room[message.left] = '\0';
	}
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	(void)arg;
	for (size_t i = 0; i < count; i++) {
		world.random = world.random * 6364136223846793005U + 1442695040888963407U;
		bytes[i] = (uint8_t)(world.random >> 56);
	}
}

static void
know_dialog(struct sip_dialog *dialog)
{
	for (size_t i = 0; i < DIALOGS; i++)
		if (world.dialog[i] == dialog)
			return;
	for (size_t i = 0; i < DIALOGS; i++)
		if (world.dialog[i] == NULL) {
			world.dialog[i] = dialog;
			return;
		}
}

/* Inside a handler the user may do something else first. */
static void
perhaps_act(void)
{
	uint8_t what = next_byte();

	if (world.depth < 3 && what >= 128)
		act(what);
}

static void
on_request(void *arg, uint64_t flow, struct sip_server *server, struct sip_dialog *dialog,
    const struct sip_message *request, uint64_t now)
{
	size_t i = 0;

	(void)arg;
	(void)flow;
	expect(request->method != SIP_METHOD_ACK && request->method != SIP_METHOD_CANCEL);
	if (dialog != NULL)
		expect(dialog->state != SIP_DIALOG_ENDED && dialog->call_id[0] != '\0');
	while (i < SERVERS && world.server[i] != NULL)
		i++;
	if (i == SERVERS) {
		(void)!sip_stack_answer(world.stack, server, 486, NULL, NULL, now, NULL);
		return;
	}
	world.server[i] = server;
	perhaps_act();
}

static void
on_ack(void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now)
{
	(void)arg;
	(void)now;
	expect(ack->method == SIP_METHOD_ACK && dialog->state != SIP_DIALOG_EARLY);
	know_dialog(dialog);
	perhaps_act();
}

static void
forget_server(const struct sip_server *server)
{
	for (size_t i = 0; i < SERVERS; i++)
		if (world.server[i] == server)
			world.server[i] = NULL;
}

static void
on_cancel(
    void *arg, struct sip_server *server, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	(void)arg;
	(void)dialog;
	(void)now;
	expect(why[0] != '\0');
	forget_server(server);
	perhaps_act();
}

static void
on_dialog_end(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	(void)arg;
	(void)now;
	expect(why[0] != '\0' && dialog->local_tag[0] != '\0');
	for (size_t i = 0; i < DIALOGS; i++)
		if (world.dialog[i] == dialog)
			world.dialog[i] = NULL;
}

static void
on_session(void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now)
{
	(void)arg;
	(void)now;
	expect(event != SIP_SESSION_QUIET && dialog->state == SIP_DIALOG_CONFIRMED);
}

static void
on_refused(void *arg, uint64_t flow, unsigned status, const char *sentence)
{
	(void)arg;
	(void)flow;
	(void)status;
	expect(sentence[0] != '\0');
}

static void
on_response(void *arg, const struct sip_response_event *event, uint64_t now)
{
	(void)arg;
	expect(event->response != NULL || (event->last && event->why.text[0] != '\0'));
	if (event->last)
		for (size_t i = 0; i < CLIENTS; i++)
			if (world.client[i] == event->client)
				world.client[i] = NULL;
	if (event->dialog != NULL && event->response != NULL && event->response->status < 300) {
		know_dialog(event->dialog);
		if (event->response->cseq.method == SIP_METHOD_INVITE &&
		    event->response->status >= 200)
			(void)!sip_stack_ack(world.stack, event->dialog, NULL, now, NULL);
	}
	perhaps_act();
}

/* --- the peer --------------------------------------------------------------------------- */

static void
receive(const char *text)
{
	uint64_t flow = 1 + next_byte() % FLOWS;

	sip_stack_receive(world.stack, flow, bytes_text(text), world.now);
}

static void
peer_asks(void)
{
	static const char *const methods[] = {
	    "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "OPTIONS", "INFO", "REGISTER"};
	const char *method = methods[next_byte() % COUNT(methods)];
	uint8_t which = next_byte(), more = next_byte();
	const struct sip_dialog *dialog = world.dialog[which % DIALOGS];
	char text[2048];

	if (which >= 128 && dialog != NULL)
		snprintf(text, sizeof(text),
		    "%s sip:us SIP/2.0\r\nVia: SIP/2.0/TCP p;branch=z9hG4bK%u\r\nFrom: "
		    "%s;tag=%s\r\n"
		    "To: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:new>\r\n%s"
		    "Content-Length: 0\r\n\r\n",
		    method, more % 16, dialog->remote_uri, dialog->remote_tag, dialog->local_uri,
		    dialog->local_tag, dialog->call_id,
		    strcmp(method, "ACK") == 0 ? dialog->remote_cseq
					       : dialog->remote_cseq + more % 3,
		    method, more & 32 ? "Session-Expires: 100\r\nSupported: timer\r\n" : "");
	else
		snprintf(text, sizeof(text),
		    "%s sip:us SIP/2.0\r\nVia: SIP/2.0/TCP p%s%u\r\nFrom: <sip:p>;tag=%u\r\n"
		    "To: <sip:us>%s\r\nCall-ID: c%u\r\nCSeq: %u %s\r\nContact: <sip:p>\r\n%s"
		    "Content-Length: 0\r\n\r\n",
		    method, more & 128 ? ";x=" : ";branch=z9hG4bK", more % 8, which % 2,
		    more & 64 ? ";tag=none" : "", which % 4, 1 + more % 4, method,
		    more & 32 ? "Session-Expires: 100;refresher=uas\r\n" : "");
	receive(text);
}

static void
peer_answers(void)
{
	static struct sip_message asked;
	static const unsigned statuses[] = {100, 180, 183, 200, 200, 302, 401, 486, 487, 491, 503};
	const char *sent = world.sent[next_byte() % SENT];
	unsigned status = statuses[next_byte() % COUNT(statuses)];
	struct sip_builder builder;
	struct bytes bytes;
	char tag[8], copy[SENT_SIZE];

	snprintf(copy, sizeof(copy), "%s", sent);
	snprintf(tag, sizeof(tag), "t%u", next_byte() % 3);
	if (sip_message_read(bytes_text(copy), &asked, NULL) != FAULT_NONE)
		return;
	sip_builder_response(&builder, &asked, status, NULL, tag);
	sip_builder_header(&builder, SIP_HEADER_CONTACT, "<sip:peer>");
	if (sip_builder_finish(&builder, NULL, bytes_of(NULL, 0), &bytes, NULL) == FAULT_NONE)
		sip_stack_receive(world.stack, 1 + next_byte() % FLOWS, bytes, world.now);
	sip_builder_free(&builder);
}

static void
peer_sends_raw(void)
{
	struct bytes raw;

	if (bytes_take(&world.script, next_byte(), &raw))
		sip_stack_receive(world.stack, 1, raw, world.now);
}

/* --- the user --------------------------------------------------------------------------- */

static void
user_answers(void)
{
	static const unsigned statuses[] = {100, 180, 183, 200, 200, 202, 302, 404, 486, 500};
	size_t i = next_byte() % SERVERS;
	unsigned status = statuses[next_byte() % COUNT(statuses)];
	struct sip_server *server = world.server[i];

	if (server == NULL)
		return;
	if (status >= 200)
		world.server[i] = NULL;
	if (sip_stack_answer(world.stack, server, status, NULL, NULL, world.now, NULL) ==
		FAULT_NONE &&
	    status > 100 && status < 200 && sip_stack_server_dialog(server) != NULL)
		know_dialog(sip_stack_server_dialog(server));
}

static void
user_asks(void)
{
	static const enum sip_method methods[] = {SIP_METHOD_INVITE, SIP_METHOD_BYE,
	    SIP_METHOD_UPDATE, SIP_METHOD_OPTIONS, SIP_METHOD_REGISTER};
	uint8_t which = next_byte();
	struct sip_request request = {.method = methods[next_byte() % COUNT(methods)],
	    .dialog = which >= 128 ? world.dialog[which % DIALOGS] : NULL,
	    .flow = 1 + which % FLOWS,
	    .uri = "sip:peer",
	    .from = "<sip:us>",
	    .to = "<sip:peer>",
	    .session_s = which & 64 ? 100 : 0,
	    .on_response = on_response};
	struct sip_client *client = NULL;
	size_t i = 0;

	while (i < CLIENTS && world.client[i] != NULL)
		i++;
	if (i == CLIENTS)
		return;
	if (sip_stack_request(world.stack, &request, world.now, &client, NULL) == FAULT_NONE)
		world.client[i] = client;
}

static void
user_cancels(void)
{
	struct sip_client *client = world.client[next_byte() % CLIENTS];

	if (client != NULL)
		sip_stack_cancel(world.stack, client, world.now);
}

static void
user_forgets(void)
{
	size_t i = next_byte() % DIALOGS;
	struct sip_dialog *dialog = world.dialog[i];

	world.dialog[i] = NULL;
	if (dialog != NULL)
		sip_stack_forget(world.stack, dialog);
}

static void
open_flow(uint64_t id)
{
	struct sip_flow flow = {.id = id, .transport = id == 1 ? TRANSPORT_TLS : TRANSPORT_UDP};

	expect(address_read(bytes_text("192.0.2.1"), 5060, &flow.local, NULL) == FAULT_NONE);
	flow.remote = flow.local;
	(void)!sip_stack_open(world.stack, &flow, NULL);
}

static void
flow_changes(void)
{
	uint8_t which = next_byte();
	struct sip_dialog *dialog = world.dialog[which / 4 % DIALOGS];

	if (which & 1)
		sip_stack_close(world.stack, 1 + which / 2 % FLOWS, world.now);
	else
		open_flow(1 + which / 2 % FLOWS);
	if (dialog != NULL && world.dialog[which / 4 % DIALOGS] == dialog)
		sip_stack_move(world.stack, dialog, 1 + which / 64 % FLOWS);
}

static void
time_passes(void)
{
	uint8_t much = next_byte();

	if (world.depth > 1)
		return;
	world.now += much < 128 ? much * 10u : (much - 127u) * 1000u;
	sip_stack_tick(world.stack, world.now);
	expect(sip_stack_due(world.stack) > world.now);
}

static void
act(uint8_t what)
{
	static void (*const acts[])(void) = {
	    peer_asks,
	    peer_answers,
	    peer_sends_raw,
	    user_answers,
	    user_asks,
	    user_cancels,
	    user_forgets,
	    flow_changes,
	    time_passes,
	};

	world.depth++;
	acts[what % COUNT(acts)]();
	world.depth--;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sip_stack_plan plan = {
	    .seams = {.send = on_send,
		.random = on_random,
		.on_request = on_request,
		.on_ack = on_ack,
		.on_cancel = on_cancel,
		.on_dialog_end = on_dialog_end,
		.on_session = on_session,
		.on_refused = on_refused},
	    .agent = "fuzz",
	    .transactions_most = 20,
	    .dialogs_most = 6,
	};

	memset(&world, 0, sizeof(world));
	world.script = bytes_of(data, size);
	expect(sip_stack_new(&world.stack, &plan, NULL) == FAULT_NONE);
	open_flow(1);
	open_flow(2);
	while (world.script.left > 0)
		act(next_byte());
	/* Everyone falls silent: only what the user still holds may remain. */
	for (size_t i = 0; i < SERVERS; i++)
		if (world.server[i] != NULL) {
			struct sip_server *server = world.server[i];

			world.server[i] = NULL;
			(void)!sip_stack_answer(
			    world.stack, server, 500, NULL, NULL, world.now, NULL);
		}
	sip_stack_close(world.stack, 1, world.now);
	sip_stack_close(world.stack, 2, world.now);
	expect(sip_stack_transactions(world.stack) == 0);
	sip_stack_free(world.stack);
	return 0;
}
