/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/signalling/sip_stack_test.c - two endpoints, ann and bob, joined by a wire we can look at,
 * cut and delay; a clock of our own. What the users hear is one line of text per end.
 */
#include "signalling/sip_stack.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests.h"

enum { LOG_SIZE = 2048, LAST_SIZE = 4096, QUEUE_MOST = 64, FLOW = 1 };

struct world;

struct end {
	struct world *world;
	struct end *other;
	struct sip_stack *stack;
	struct sip_dialog *dialog;
	struct sip_server *server;
	struct sip_client *client;
	unsigned answer; /* bob answers a request at once; 0: keeps it */
	bool drops;      /* what it sends is lost */
	char heard[LOG_SIZE];
	char last[LAST_SIZE]; /* sent */
	unsigned sent;
	uint8_t counter;
};

struct world {
	uint64_t now;
	struct end ann, bob;
	struct {
		struct end *to;
		char *text;
		size_t size;
	} queue[QUEUE_MOST];
	size_t queued;
};

static void hear(struct end *end, const char *format, ...) PRINTF_LIKE(2, 3);

static void
hear(struct end *end, const char *format, ...)
{
	size_t size = strlen(end->heard);
	va_list arguments;

	if (size > 0)
		size += (size_t)snprintf(end->heard + size, sizeof(end->heard) - size, ", ");
	va_start(arguments, format);
	vsnprintf(end->heard + size, sizeof(end->heard) - size, format, arguments);
	va_end(arguments);
}

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	struct end *end = arg;
	struct world *world = end->world;

	(void)flow;
	end->sent++;
	assert_true(message.left < sizeof(end->last));
	memcpy(end->last, message.at, message.left);
	end->last[message.left] = '\0';
	if (end->drops)
		return;
	assert_true(world->queued < QUEUE_MOST);
	world->queue[world->queued].to = end->other;
	world->queue[world->queued].text = malloc(message.left);
	memcpy(world->queue[world->queued].text, message.at, message.left);
	world->queue[world->queued++].size = message.left;
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	struct end *end = arg;

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(end->counter * 31 + i);
	end->counter++;
}

static void
on_request(void *arg, uint64_t flow, struct sip_server *server, struct sip_dialog *dialog,
    const struct sip_message *request, uint64_t now)
{
	struct end *end = arg;
	struct why why;

	assert_int_equal(flow, FLOW);
	hear(end, "%s%s", sip_method_name(request->method), dialog != NULL ? " inside" : "");
	if (request->method == SIP_METHOD_BYE || end->answer != 0)
		assert_accepted(sip_stack_answer(end->stack, server,
				    request->method == SIP_METHOD_BYE ? 200 : end->answer, NULL,
				    NULL, now, &why),
		    why);
	else
		end->server = server;
}

static void
on_ack(void *arg, struct sip_dialog *dialog, const struct sip_message *ack, uint64_t now)
{
	struct end *end = arg;

	(void)ack;
	(void)now;
	end->dialog = dialog;
	hear(end, "ACK");
}

static void
on_cancel(
    void *arg, struct sip_server *server, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct end *end = arg;

	(void)dialog;
	(void)now;
	if (end->server == server)
		end->server = NULL;
	hear(end, "open request gone: %s", why);
}

static void
on_dialog_end(void *arg, struct sip_dialog *dialog, const char *why, uint64_t now)
{
	struct end *end = arg;

	(void)now;
	if (end->dialog == dialog)
		end->dialog = NULL;
	hear(end, "dialog over: %s", why);
}

static void
on_session(void *arg, struct sip_dialog *dialog, enum sip_session_event event, uint64_t now)
{
	(void)dialog;
	(void)now;
	hear(arg, "%s", event == SIP_SESSION_REFRESH ? "refresh" : "session expired");
}

static void
on_refused(void *arg, uint64_t flow, unsigned status, const char *sentence)
{
	(void)flow;
	hear(arg, "refused %u: %s", status, sentence);
}

static void
on_response(void *arg, const struct sip_response_event *event, uint64_t now)
{
	struct end *end = arg;
	struct why why;

	if (event->last && end->client == event->client)
		end->client = NULL;
	if (event->response == NULL) {
		hear(end, "nothing: %s", event->why.text);
		return;
	}
	hear(end, "%u", event->response->status);
	if (event->response->status / 100 != 2)
		return;
	if (event->response->cseq.method == SIP_METHOD_INVITE) {
		end->dialog = event->dialog;
		assert_accepted(sip_stack_ack(end->stack, event->dialog, NULL, now, &why), why);
	}
}

static void
address(const char *host, uint16_t port, struct address *address)
{
	struct why why;

	assert_accepted(address_read(bytes_text(host), port, address, &why), why);
}

static void
open_flow(struct end *end, enum transport transport)
{
	struct sip_flow flow = {.id = FLOW, .transport = transport};
	struct why why;

	address(end == &end->world->ann ? "192.0.2.1" : "192.0.2.2", 5061, &flow.local);
	address(end == &end->world->ann ? "192.0.2.2" : "192.0.2.1", 5061, &flow.remote);
	assert_accepted(sip_stack_open(end->stack, &flow, &why), why);
}

static void
begin(struct world *world, enum transport transport)
{
	struct end *const ends[] = {&world->ann, &world->bob};

	memset(world, 0, sizeof(*world));
	world->now = 1000;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct sip_stack_plan plan = {
		    .seams = {.arg = ends[i],
			.send = on_send,
			.random = on_random,
			.on_request = on_request,
			.on_ack = on_ack,
			.on_cancel = on_cancel,
			.on_dialog_end = on_dialog_end,
			.on_session = on_session,
			.on_refused = on_refused},
		    .agent = "Test",
		};
		struct why why;

		ends[i]->world = world;
		ends[i]->other = ends[1 - i];
		ends[i]->counter = (uint8_t)(100 * i);
		assert_accepted(sip_stack_new(&ends[i]->stack, &plan, &why), why);
		open_flow(ends[i], transport);
	}
}

static void
finish(struct world *world)
{
	for (size_t i = 0; i < world->queued; i++)
		free(world->queue[i].text);
	sip_stack_free(world->ann.stack);
	sip_stack_free(world->bob.stack);
}

/* Whatever is on the wire arrives, and what that causes too. */
static void
deliver(struct world *world)
{
	for (size_t i = 0; i < world->queued; i++) {
		char *text = world->queue[i].text;

		sip_stack_receive(world->queue[i].to->stack, FLOW,
		    bytes_of(text, world->queue[i].size), world->now);
		free(text);
	}
	world->queued = 0;
}

static void
advance(struct world *world, uint64_t by)
{
	uint64_t until = world->now + by;

	deliver(world);
	for (;;) {
		uint64_t ann = sip_stack_due(world->ann.stack),
			 bob = sip_stack_due(world->bob.stack), due = ann < bob ? ann : bob;

		if (due > until)
			break;
		world->now = due;
		sip_stack_tick(world->ann.stack, due);
		sip_stack_tick(world->bob.stack, due);
		deliver(world);
	}
	world->now = until;
}

static enum fault
ask(struct end *end, enum sip_method method, struct why *why)
{
	struct sip_request request = {.method = method,
	    .dialog = method == SIP_METHOD_INVITE && end->dialog == NULL ? NULL : end->dialog,
	    .flow = FLOW,
	    .uri = "sip:bob@192.0.2.2",
	    .from = "\"Ann\" <sip:ann@192.0.2.1>",
	    .to = "<sip:bob@192.0.2.2>",
	    .on_response = on_response};

	return sip_stack_request(end->stack, &request, end->world->now, &end->client, why);
}

static void
must_ask(struct end *end, enum sip_method method)
{
	struct why why;

	assert_accepted(ask(end, method, &why), why);
}

static void
answer(struct end *end, unsigned status)
{
	struct sip_server *server = end->server;
	struct why why;

	assert_non_null(server);
	if (status >= 200)
		end->server = NULL;
	assert_accepted(
	    sip_stack_answer(end->stack, server, status, NULL, NULL, end->world->now, &why), why);
}

static void
expect(const struct end *end, const char *heard)
{
	if (strcmp(end->heard, heard) != 0)
		fail_msg("%s heard  \"%s\"\n  expected \"%s\"",
		    end == &end->world->ann ? "ann" : "bob", end->heard, heard);
}

/* Ann calls, bob answers; both have their dialog. */
static void
talk(struct world *world, enum transport transport)
{
	begin(world, transport);
	must_ask(&world->ann, SIP_METHOD_INVITE);
	deliver(world);
	answer(&world->bob, 180);
	deliver(world);
	answer(&world->bob, 200);
	deliver(world);
	expect(&world->ann, "180, 200");
	expect(&world->bob, "INVITE, ACK");
	assert_non_null(world->ann.dialog);
	assert_non_null(world->bob.dialog);
	world->ann.heard[0] = world->bob.heard[0] = '\0';
}

static void
a_call_is_made_and_ended(void **state)
{
	static const enum transport transports[] = {TRANSPORT_TLS, TRANSPORT_UDP};

	(void)state;
	for (size_t i = 0; i < COUNT(transports); i++) {
		struct world world;

		talk(&world, transports[i]);
		assert_string_equal(world.ann.dialog->remote_tag, world.bob.dialog->local_tag);
		assert_string_equal(world.ann.dialog->local_tag, world.bob.dialog->remote_tag);
		must_ask(&world.ann, SIP_METHOD_BYE);
		deliver(&world);
		expect(&world.ann, "200, dialog over: BYE");
		expect(&world.bob, "BYE inside, dialog over: the peer's BYE");
		advance(&world, 70000);
		assert_int_equal(sip_stack_dialogs(world.ann.stack), 0);
		assert_int_equal(sip_stack_dialogs(world.bob.stack), 0);
		assert_int_equal(sip_stack_transactions(world.ann.stack), 0);
		assert_int_equal(sip_stack_transactions(world.bob.stack), 0);
		finish(&world);
	}
}

static void
the_called_may_hang_up(void **state)
{
	struct world world;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	must_ask(&world.bob, SIP_METHOD_BYE);
	deliver(&world);
	expect(&world.bob, "200, dialog over: BYE");
	expect(&world.ann, "BYE inside, dialog over: the peer's BYE");
	finish(&world);
}

static void
a_refusal_ends_the_early_dialog(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_UDP);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	answer(&world.bob, 180);
	deliver(&world);
	answer(&world.bob, 486);
	deliver(&world);
	expect(&world.ann, "180, 486, dialog over: the call was refused");
	expect(&world.bob, "INVITE, dialog over: the call was refused");
	advance(&world, 70000);
	assert_int_equal(sip_stack_transactions(world.bob.stack), 0);
	assert_int_equal(sip_stack_dialogs(world.ann.stack), 0);
	finish(&world);
}

static void
cancel_waits_for_a_provisional_answer(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	sip_stack_cancel(world.ann.stack, world.ann.client, world.now);
	assert_int_equal(world.ann.sent, 1); /* bob said nothing yet */
	deliver(&world);                     /* his 100 lets the CANCEL out */
	expect(&world.bob, "INVITE, open request gone: cancelled");
	expect(&world.ann, "487");
	advance(&world, 40000);
	assert_int_equal(sip_stack_transactions(world.ann.stack), 0);
	assert_int_equal(sip_stack_transactions(world.bob.stack), 0);
	finish(&world);
}

static void
an_answer_may_win_against_cancel(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	answer(&world.bob, 180);
	deliver(&world);
	answer(&world.bob, 200); /* on the wire while ann cancels */
	sip_stack_cancel(world.ann.stack, world.ann.client, world.now);
	deliver(&world);
	expect(&world.ann, "180, 200");
	expect(&world.bob, "INVITE, ACK");
	finish(&world);
}

static void
a_peer_that_ignores_cancel_is_given_up(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	world.ann.drops = true; /* the CANCEL never arrives */
	sip_stack_cancel(world.ann.stack, world.ann.client, world.now);
	advance(&world, 40000);
	expect(&world.ann, "nothing: no answer came");
	finish(&world);
}

static void
a_2xx_is_repeated_until_its_ack(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_UDP);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	world.ann.drops = true;
	answer(&world.bob, 200);
	advance(&world, 600); /* the ACK is lost, the 2xx comes again, its ACK too */
	expect(&world.ann, "200");
	world.ann.drops = false;
	advance(&world, 5000);
	expect(&world.bob, "INVITE, ACK");
	finish(&world);
}

static void
a_2xx_without_ack_ends_the_call(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_UDP);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	world.ann.drops = true;
	answer(&world.bob, 200);
	advance(&world, 70000);
	expect(&world.bob, "INVITE, dialog over: no ACK came");
	assert_int_equal(sip_stack_dialogs(world.bob.stack), 0);
	finish(&world);
}

static void
a_session_is_changed_by_reinvite_and_update(void **state)
{
	struct world world;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	world.bob.answer = 200;
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	must_ask(&world.ann, SIP_METHOD_UPDATE);
	deliver(&world);
	expect(&world.ann, "200, 200");
	expect(&world.bob, "INVITE inside, ACK, UPDATE inside");
	assert_int_equal(world.ann.dialog->local_cseq, 3);
	assert_int_equal(world.bob.dialog->remote_cseq, 3);
	finish(&world);
}

static void
crossing_reinvites_get_491(void **state)
{
	struct world world;
	struct why why;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	must_ask(&world.bob, SIP_METHOD_INVITE);
	assert_refused(ask(&world.ann, SIP_METHOD_INVITE, &why), FAULT_BUSY, why, "under way");
	deliver(&world);
	expect(&world.ann, "refused 491: our own change of the session is under way, 491");
	expect(&world.bob, "refused 491: our own change of the session is under way, 491");
	assert_true(sip_dialog_glare_ms(world.ann.dialog, 0) == 2100);
	assert_true(sip_dialog_glare_ms(world.ann.dialog, 190) == 4000);
	assert_true(sip_dialog_glare_ms(world.bob.dialog, 200) == 2000);
	world.bob.answer = 200;
	must_ask(&world.ann, SIP_METHOD_INVITE); /* later it works */
	deliver(&world);
	assert_non_null(strstr(world.bob.heard, "INVITE inside, ACK"));
	finish(&world);
}

static void
a_second_offer_before_the_first_is_answered_gets_500(void **state)
{
	struct world world;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	world.ann.dialog->invite_ours = false; /* a peer that does not wait */
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	expect(&world.bob,
	    "INVITE inside, refused 500: the last change of the session is not answered yet");
	assert_non_null(strstr(world.bob.last, "Retry-After: "));
	finish(&world);
}

static void
a_bye_ends_an_open_reinvite(void **state)
{
	struct world world;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	must_ask(&world.ann, SIP_METHOD_BYE);
	deliver(&world);
	expect(&world.bob, "INVITE inside, BYE inside, open request gone: the peer's BYE, "
			   "dialog over: the peer's BYE");
	finish(&world);
}

static void
what_is_in_no_dialog_gets_481(void **state)
{
	static const char bye[] =
	    "BYE sip:bob@192.0.2.2 SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKq\r\n"
	    "From: <sip:ann@192.0.2.1>;tag=x\r\nTo: <sip:bob@192.0.2.2>;tag=y\r\n"
	    "Call-ID: z\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n";
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	sip_stack_receive(world.bob.stack, FLOW, bytes_text(bye), world.now);
	expect(&world.bob, "refused 481: Call/Transaction Does Not Exist");
	assert_non_null(strstr(world.bob.last, "SIP/2.0 481 "));
	finish(&world);
}

static void
nonsense_is_answered_or_dropped_with_a_sentence(void **state)
{
	static const char no_call_id[] =
	    "OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS 192.0.2.1;branch=z9hG4bKq\r\n"
	    "From: <sip:ann@192.0.2.1>;tag=x\r\nTo: <sip:bob@192.0.2.2>\r\n"
	    "CSeq: 1 OPTIONS\r\n\r\n";
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	sip_stack_receive(world.bob.stack, FLOW, bytes_text(no_call_id), world.now);
	assert_non_null(strstr(world.bob.last, "SIP/2.0 400 no Call-ID\r\n"));
	sip_stack_receive(world.bob.stack, FLOW, bytes_text("hello\r\n\r\n"), world.now);
	sip_stack_receive(world.bob.stack, FLOW, bytes_text("\r\n\r\n"), world.now);
	sip_stack_receive(world.bob.stack, 99, bytes_text(no_call_id), world.now);
	expect(&world.bob, "refused 400: no Call-ID, "
			   "refused 0: first line is neither a request nor a status");
	assert_int_equal(world.bob.sent, 1);
	finish(&world);
}

static void
a_lost_connection_ends_requests_and_leaves_dialogs(void **state)
{
	struct world world;
	struct why why;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	sip_stack_close(world.ann.stack, FLOW, world.now);
	expect(&world.ann, "nothing: the connection was lost");
	assert_int_equal(sip_stack_dialogs(world.ann.stack), 1);
	assert_int_equal(world.ann.dialog->flow, 0);
	assert_refused(ask(&world.ann, SIP_METHOD_BYE, &why), FAULT_CLOSED, why, "lost");
	open_flow(&world.ann, TRANSPORT_TLS);
	sip_stack_move(world.ann.stack, world.ann.dialog, FLOW);
	deliver(&world);
	must_ask(&world.ann, SIP_METHOD_BYE);
	deliver(&world);
	expect(&world.ann, "nothing: the connection was lost, "
			   "refused 0: a response to nothing we asked, " /* 100 */
			   "200, dialog over: BYE, "
			   "refused 0: a response to nothing we asked"); /* 487 */
	finish(&world);
}

static void
an_open_call_of_a_lost_connection_is_told(void **state)
{
	struct world world;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	answer(&world.bob, 180);
	sip_stack_close(world.bob.stack, FLOW, world.now);
	expect(&world.bob, "INVITE, open request gone: its connection was lost, "
			   "dialog over: its connection was lost");
	finish(&world);
}

static void
a_dialog_survives_a_restart(void **state)
{
	struct world world;
	struct sip_dialog_facts facts;
	struct sip_dialog *old, *restored;
	char local_tag[64];
	struct why why;

	(void)state;
	talk(&world, TRANSPORT_TLS);
	old = world.bob.dialog;
	facts = (struct sip_dialog_facts){.call_id = old->call_id,
	    .local_tag = old->local_tag,
	    .remote_tag = old->remote_tag,
	    .local_uri = old->local_uri,
	    .remote_uri = old->remote_uri,
	    .remote_target = old->remote_target,
	    .local_cseq = old->local_cseq,
	    .remote_cseq = old->remote_cseq,
	    .has_remote_cseq = old->has_remote_cseq,
	    .flow = FLOW};
	snprintf(local_tag, sizeof(local_tag), "%s", old->local_tag);
	assert_accepted(sip_stack_restore(world.bob.stack, &facts, &restored, &why), why);
	sip_stack_forget(world.bob.stack, old);
	world.bob.dialog = restored;
	assert_string_equal(restored->local_tag, local_tag);
	assert_ptr_equal(sip_stack_find(world.bob.stack, bytes_text(restored->call_id),
			     bytes_text(restored->local_tag), bytes_text(restored->remote_tag)),
	    restored);
	must_ask(&world.bob, SIP_METHOD_BYE);
	deliver(&world);
	expect(&world.ann, "BYE inside, dialog over: the peer's BYE");
	finish(&world);
}

static void
session_timers_refresh_and_expire(void **state)
{
	struct world world;
	struct sip_request invite = {.method = SIP_METHOD_INVITE,
	    .flow = FLOW,
	    .uri = "sip:bob@192.0.2.2",
	    .from = "<sip:ann@192.0.2.1>",
	    .to = "<sip:bob@192.0.2.2>",
	    .session_s = 100,
	    .on_response = on_response};
	struct why why;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	assert_accepted(sip_stack_request(world.ann.stack, &invite, world.now, NULL, &why), why);
	deliver(&world);
	answer(&world.bob, 200);
	deliver(&world);
	assert_int_equal(world.ann.dialog->session.agreed_s, 100);
	assert_true(world.ann.dialog->session.ours);
	assert_false(world.bob.dialog->session.ours);
	advance(&world, 49000);
	expect(&world.ann, "200");
	advance(&world, 2000);
	expect(&world.ann, "200, refresh");
	world.bob.answer = 200;
	must_ask(&world.ann, SIP_METHOD_UPDATE);
	deliver(&world);
	advance(&world, 49000); /* the time began anew, on both sides */
	expect(&world.bob, "INVITE, ACK, UPDATE inside");
	advance(&world, 100000);
	expect(&world.ann, "200, refresh, 200, refresh, session expired");
	expect(&world.bob, "INVITE, ACK, UPDATE inside, session expired");
	finish(&world);
}

static void
a_session_too_short_gets_422(void **state)
{
	struct world world;
	struct sip_extra extra;
	struct sip_request invite = {.method = SIP_METHOD_INVITE,
	    .flow = FLOW,
	    .uri = "sip:bob@192.0.2.2",
	    .from = "<sip:ann@192.0.2.1>",
	    .to = "<sip:bob@192.0.2.2>",
	    .on_response = on_response,
	    .extra = &extra};
	struct why why;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	sip_extra_init(&extra);
	sip_extra_header(&extra, SIP_HEADER_SESSION_EXPIRES, "30");
	assert_accepted(sip_stack_request(world.ann.stack, &invite, world.now, NULL, &why), why);
	sip_extra_finish(&extra);
	deliver(&world);
	expect(&world.ann, "422");
	assert_non_null(strstr(world.bob.last, "Min-SE: 90\r\n"));
	finish(&world);
}

/* Bob is a proxy with two phones behind it: we write their answers by hand. */
static void
of_two_forks_one_wins(void **state)
{
	struct world world;
	struct sip_message *invite = malloc(sizeof(*invite));
	char sent[LAST_SIZE];
	static const struct {
		unsigned status;
		const char *tag;
	} answers[] = {{180, "one"}, {180, "two"}, {200, "two"}, {200, "two"}, {200, "one"}};
	struct why why;

	(void)state;
	begin(&world, TRANSPORT_UDP);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	world.ann.drops = true;
	for (size_t i = 0; i < world.queued; i++)
		free(world.queue[i].text);
	world.queued = 0;
	memcpy(sent, world.ann.last, sizeof(sent));
	assert_accepted(sip_message_read(bytes_text(sent), invite, &why), why);
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct sip_builder builder;
		struct bytes bytes;

		sip_builder_response(&builder, invite, answers[i].status, NULL, answers[i].tag);
		sip_builder_header(
		    &builder, SIP_HEADER_CONTACT, "<sip:%s@192.0.2.7>", answers[i].tag);
		assert_accepted(
		    sip_builder_finish(&builder, NULL, bytes_of(NULL, 0), &bytes, &why), why);
		sip_stack_receive(world.ann.stack, FLOW, bytes, world.now);
		sip_builder_free(&builder);
		if (i == 1)
			assert_int_equal(sip_stack_dialogs(world.ann.stack), 2);
	}
	expect(&world.ann, "180, 180, 200, dialog over: another phone answered");
	assert_string_equal(world.ann.dialog->remote_tag, "two");
	assert_string_equal(world.ann.dialog->remote_target, "sip:two@192.0.2.7");
	/* The second 200 got its ACK again, the loser an ACK and a BYE. */
	assert_int_equal(world.ann.sent, 1 + 1 + 1 + 2);
	assert_non_null(strstr(world.ann.last, "BYE sip:one@192.0.2.7 SIP/2.0"));
	finish(&world);
	free(invite);
}

static void
routes_are_followed_loosely_and_strictly(void **state)
{
	static const char *const loose[] = {"<sip:p1;lr>", "<sip:p2;lr>"};
	static const char *const strict[] = {"<sip:p1>", "<sip:p2>"};
	static const struct {
		const char *const *route;
		const char *line, *first, *last;
	} cases[] = {
	    {loose, "BYE sip:peer@192.0.2.2 SIP/2.0\r\n", "Route: <sip:p1;lr>\r\n",
		"Route: <sip:p2;lr>\r\n"},
	    {strict, "BYE sip:p1 SIP/2.0\r\n", "Route: <sip:p2>\r\n",
		"Route: <sip:peer@192.0.2.2>\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_dialog_facts facts = {.call_id = "c",
		    .local_tag = "l",
		    .remote_tag = "r",
		    .local_uri = "<sip:a@b>",
		    .remote_uri = "<sip:c@d>",
		    .remote_target = "sip:peer@192.0.2.2",
		    .route = cases[i].route,
		    .routes = 2,
		    .flow = FLOW};
		struct world world;
		struct why why;

		begin(&world, TRANSPORT_TLS);
		assert_accepted(
		    sip_stack_restore(world.ann.stack, &facts, &world.ann.dialog, &why), why);
		must_ask(&world.ann, SIP_METHOD_BYE);
		assert_non_null(strstr(world.ann.last, cases[i].line));
		assert_non_null(strstr(world.ann.last, cases[i].first));
		assert_true(
		    strstr(world.ann.last, cases[i].first) < strstr(world.ann.last, cases[i].last));
		finish(&world);
	}
}

static void
an_answer_that_cannot_be_written_becomes_500(void **state)
{
	struct world world;
	struct sip_extra extra;
	struct why why;

	(void)state;
	begin(&world, TRANSPORT_TLS);
	must_ask(&world.ann, SIP_METHOD_INVITE);
	deliver(&world);
	sip_extra_init(&extra);
	sip_extra_header(&extra, SIP_HEADER_SUBJECT, "a\r\nInjected: b");
	assert_refused(
	    sip_stack_answer(world.bob.stack, world.bob.server, 200, NULL, &extra, world.now, &why),
	    FAULT_MALFORMED, why, "Subject holds a line end");
	sip_extra_finish(&extra);
	deliver(&world);
	expect(&world.ann, "500");
	finish(&world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_call_is_made_and_ended),
	    cmocka_unit_test(the_called_may_hang_up),
	    cmocka_unit_test(a_refusal_ends_the_early_dialog),
	    cmocka_unit_test(cancel_waits_for_a_provisional_answer),
	    cmocka_unit_test(an_answer_may_win_against_cancel),
	    cmocka_unit_test(a_peer_that_ignores_cancel_is_given_up),
	    cmocka_unit_test(a_2xx_is_repeated_until_its_ack),
	    cmocka_unit_test(a_2xx_without_ack_ends_the_call),
	    cmocka_unit_test(a_session_is_changed_by_reinvite_and_update),
	    cmocka_unit_test(crossing_reinvites_get_491),
	    cmocka_unit_test(a_second_offer_before_the_first_is_answered_gets_500),
	    cmocka_unit_test(a_bye_ends_an_open_reinvite),
	    cmocka_unit_test(what_is_in_no_dialog_gets_481),
	    cmocka_unit_test(nonsense_is_answered_or_dropped_with_a_sentence),
	    cmocka_unit_test(a_lost_connection_ends_requests_and_leaves_dialogs),
	    cmocka_unit_test(an_open_call_of_a_lost_connection_is_told),
	    cmocka_unit_test(a_dialog_survives_a_restart),
	    cmocka_unit_test(session_timers_refresh_and_expire),
	    cmocka_unit_test(a_session_too_short_gets_422),
	    cmocka_unit_test(of_two_forks_one_wins),
	    cmocka_unit_test(routes_are_followed_loosely_and_strictly),
	    cmocka_unit_test(an_answer_that_cannot_be_written_becomes_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
