/* SPDX-License-Identifier: Apache-2.0 */
/* Our answers to requests, and how long an open request lives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack_private.h"

static void
leave_dialog(struct sip_server *server)
{
	struct sip_server **place;

	if (server->dialog == NULL)
		return;
	for (place = &server->dialog->servers; *place != NULL; place = &(*place)->next)
		if (*place == server) {
			*place = server->next;
			break;
		}
	server->dialog = NULL;
	server->next = NULL;
}

void
sip_server_enter_dialog(struct sip_server *server, struct held_dialog *held)
{
	server->dialog = held;
	server->next = held->servers;
	held->servers = server;
}

void
sip_server_forget_dialog(struct held_dialog *held)
{
	while (held->servers != NULL)
		leave_dialog(held->servers);
}

void
sip_server_release(struct sip_server *server)
{
	if (--server->held > 0 || !server->dead)
		return;
	leave_dialog(server);
	if (server->copy != NULL)
		explicit_bzero(server->copy, server->copy_size);
	free(server->copy);
	free(server);
}

/* The final answer is out, or none can be given any more. */
static void
finish(struct sip_server *server)
{
	if (server->transaction != NULL)
		sip_transaction_set_user(server->transaction, NULL);
	server->transaction = NULL;
	server->dead = true;
}

/* What the request changes, the final answer decides. */
static void
decide(struct sip_server *server)
{
	if (server->dialog != NULL &&
	    (server->method == SIP_METHOD_INVITE || server->method == SIP_METHOD_UPDATE))
		server->dialog->dialog->invite_theirs = false;
}

void
sip_server_on_end(struct sip_server *server, enum sip_transaction_end end, uint64_t now)
{
	struct sip_stack *stack = server->stack;
	struct held_dialog *held = server->dialog;

	(void)end;
	server->held++;
	finish(server);
	decide(server);
	if (!stack->ending && server->told)
		stack->plan.seams.on_cancel(stack->plan.seams.arg, server,
		    held != NULL ? held->dialog : NULL, "its connection was lost", now);
	held = server->dialog;
	if (held != NULL && held->dialog->state == SIP_DIALOG_EARLY)
		sip_stack_end_dialog(held, "its connection was lost", now);
	sip_server_release(server);
}

/* --- answers ---------------------------------------------------------------------------- */

static void
begin_response(struct sip_stack *stack, uint64_t flow, const struct sip_message *request,
    unsigned status, const char *reason, const char *tag, struct sip_builder *builder)
{
	const struct held_flow *held = sip_stack_flow(stack, flow);
	char host[ADDRESS_TEXT_SIZE];

	if (held == NULL)
		sip_builder_response(builder, request, status, reason, tag);
	else
		sip_builder_response_to(builder, request, address_host(&held->flow.remote, host),
		    address_port(&held->flow.remote), status, reason, tag);
}

static void
put_verdict(struct sip_builder *builder, const struct sip_verdict *verdict)
{
	if (verdict->value[0] != '\0')
		sip_builder_header(builder, verdict->header, "%s", verdict->value);
}

void
sip_server_answer_stateless(struct sip_stack *stack, uint64_t flow,
    const struct sip_message *request, const struct sip_verdict *verdict)
{
	struct sip_builder builder;
	struct bytes response;
	char tag[SIP_TAG_SIZE];

	sip_stack_random_text(stack, tag, sizeof(tag));
	begin_response(stack, flow, request, verdict->status,
	    verdict->status == 503 ? NULL : verdict->why.text, tag, &builder);
	put_verdict(&builder, verdict);
	if (verdict->status == 503)
		sip_builder_header(&builder, SIP_HEADER_RETRY_AFTER, "5");
	sip_stack_describe(stack, NULL, false, false, &builder);
	/* What cannot be copied without a line end in it gets no answer. */
	if (sip_builder_finish(&builder, NULL, bytes_of(NULL, 0), &response, NULL) == FAULT_NONE &&
	    sip_stack_flow(stack, flow) != NULL)
		stack->plan.seams.send(stack->plan.seams.arg, flow, response);
	sip_builder_free(&builder);
}

/* The request while its handler runs, afterwards its copy, read again. */
static const struct sip_message *
request_of(struct sip_server *server)
{
	struct sip_message *kept = &server->stack->kept;
	struct sip_verdict verdict;

	if (server->request != NULL)
		return server->request;
	if (sip_message_read(bytes_of(server->copy, server->copy_size), kept, NULL) != FAULT_NONE ||
	    !sip_validate(kept, &verdict))
		return NULL;
	return kept;
}

static bool
makes_dialog(const struct sip_server *server, unsigned status)
{
	return server->method == SIP_METHOD_INVITE && status > 100 && status < 300;
}

static bool
wants_contact(const struct sip_server *server, unsigned status)
{
	return status > 100 && status < 300 &&
	       (server->method == SIP_METHOD_INVITE || server->method == SIP_METHOD_UPDATE ||
		   server->method == SIP_METHOD_SUBSCRIBE || server->method == SIP_METHOD_REFER);
}

static enum fault
make_dialog(struct sip_server *server, const struct sip_message *request, struct why *why)
{
	struct sip_dialog *dialog;
	struct held_dialog *held;
	enum fault fault = sip_dialog_from_request(&dialog, request, server->tag, why);

	if (fault != FAULT_NONE)
		return fault;
	fault = sip_stack_hold_dialog(server->stack, dialog, server->flow, &held, why);
	if (fault != FAULT_NONE) {
		sip_dialog_free(dialog);
		return fault;
	}
	sip_server_enter_dialog(server, held);
	return FAULT_NONE;
}

/* Session timer of a 2xx to INVITE or UPDATE. */
static void
put_session(
    struct sip_server *server, const struct sip_message *request, struct sip_builder *builder)
{
	struct sip_session *session = &server->dialog->dialog->session;
	struct sip_extra extra;

	/* What is too small was refused when it came. */
	if (sip_session_asked(session, request, server->stack->now, NULL) != FAULT_NONE)
		return;
	server->dialog->session_told = false;
	sip_extra_init(&extra);
	sip_extra_header(&extra, SIP_HEADER_SUPPORTED, "timer");
	sip_session_answer(session, &extra);
	buffer_bytes(&builder->out, buffer_bytes_of(&extra.headers));
	sip_extra_finish(&extra);
}

static enum fault
build(struct sip_server *server, const struct sip_message *request, unsigned status,
    const char *reason, const struct sip_extra *extra, struct sip_builder *builder,
    struct bytes *response, struct why *why)
{
	const struct held_flow *flow = sip_stack_flow(server->stack, server->flow);
	bool changes = server->method == SIP_METHOD_INVITE || server->method == SIP_METHOD_UPDATE;

	begin_response(server->stack, server->flow, request, status, reason, server->tag, builder);
	sip_stack_describe(server->stack, flow != NULL ? &flow->flow : NULL,
	    flow != NULL && wants_contact(server, status), false, builder);
	if (changes && status >= 200 && status < 300 && server->dialog != NULL)
		put_session(server, request, builder);
	return sip_builder_finish_with(builder, extra, response, why);
}

/* 487 for a request that is still open, and the user learns it. */
void
sip_server_give_up(struct sip_server *server, const char *why, uint64_t now)
{
	struct sip_stack *stack = server->stack;

	server->held++;
	server->live = true;
	(void)!sip_stack_answer(stack, server, 487, NULL, NULL, now, NULL);
	if (server->told)
		stack->plan.seams.on_cancel(
		    stack->plan.seams.arg, server, sip_stack_server_dialog(server), why, now);
	server->live = false;
	if (server->dialog != NULL && server->dialog->dialog->state == SIP_DIALOG_EARLY)
		sip_stack_end_dialog(server->dialog, why, now);
	sip_server_release(server);
}

/* A BYE was answered: what else the peer asked in its dialog is over, then the dialog. */
void
sip_server_end_by_bye(struct sip_server *bye, uint64_t now)
{
	while (bye->dialog != NULL) {
		struct sip_server *open = bye->dialog->servers;

		while (open != NULL && open->dead)
			open = open->next;
		if (open == NULL)
			break;
		sip_server_give_up(open, "the peer's BYE", now);
	}
	if (bye->dialog != NULL)
		sip_stack_end_dialog(bye->dialog, "the peer's BYE", now);
}

/* After a 2xx to INVITE: the call stands, its ACK is awaited. */
static void
confirm(struct sip_server *server, uint32_t cseq, struct bytes response, uint64_t now)
{
	struct held_dialog *held = server->dialog;

	if (held == NULL)
		return;
	held->dialog->state = SIP_DIALOG_CONFIRMED;
	sip_stack_await_ack(held, cseq, response, now);
}

/* A final answer that was sent: what follows from it. */
static void
conclude(
    struct sip_server *server, unsigned status, uint32_t cseq, struct bytes response, uint64_t now)
{
	struct held_dialog *held = server->dialog;

	decide(server);
	if (server->method == SIP_METHOD_INVITE && status < 300)
		confirm(server, cseq, response, now);
	else if (held != NULL)
		sip_stack_set_dialog_timer(held);
	/* Inside the handler of a BYE its dialog lives on until that returns. */
	if (held != NULL && !server->live) {
		if (server->method == SIP_METHOD_BYE)
			sip_server_end_by_bye(server, now);
		else if (status >= 300 && held->dialog->state == SIP_DIALOG_EARLY &&
			 server->method == SIP_METHOD_INVITE)
			sip_stack_end_dialog(held, "the call was refused", now);
	}
}

/* With the final answer the transaction may end at once; the server is done with it before. */
static enum fault
respond(struct sip_server *server, unsigned status, struct bytes response, uint64_t now,
    struct why *why)
{
	struct sip_transaction *transaction = server->transaction;
	enum fault fault;

	if (status >= 200)
		sip_transaction_set_user(transaction, NULL);
	fault = sip_transaction_respond(transaction, status, response, now, why);
	if (fault == FAULT_NONE && status >= 200)
		server->transaction = NULL;
	else if (fault != FAULT_NONE)
		sip_transaction_set_user(transaction, server);
	return fault;
}

static enum fault
try_answer(struct sip_server *server, unsigned status, const char *reason,
    const struct sip_extra *extra, uint64_t now, struct why *why)
{
	const struct sip_message *request = request_of(server);
	struct sip_builder builder;
	struct bytes response;
	uint32_t cseq;
	enum fault fault = FAULT_NONE;

	if (server->transaction == NULL || request == NULL)
		return explain(why, FAULT_UNEXPECTED, "this request can no longer be answered");
	cseq = request->cseq.number;
	if (makes_dialog(server, status) && server->dialog == NULL && server->tag[0] != '\0')
		fault = make_dialog(server, request, why);
	if (fault != FAULT_NONE)
		return fault;
	fault = build(server, request, status, reason, extra, &builder, &response, why);
	if (fault == FAULT_NONE)
		fault = respond(server, status, response, now, why);
	if (fault == FAULT_NONE)
		server->tried = true;
	if (fault == FAULT_NONE && status >= 200) {
		finish(server);
		conclude(server, status, cseq, response, now);
	}
	sip_builder_free(&builder);
	return fault;
}

enum fault
sip_stack_answer(struct sip_stack *stack, struct sip_server *server, unsigned status,
    const char *reason, const struct sip_extra *extra, uint64_t now, struct why *why)
{
	enum fault fault;

	stack->now = now;
	server->held++;
	fault = try_answer(server, status, reason, extra, now, why);
	/* A final answer that cannot be given must not leave the peer waiting. */
	if (fault != FAULT_NONE && status >= 200 && !server->dead &&
	    try_answer(server, fault == FAULT_LIMIT ? 503 : 500, NULL, NULL, now, NULL) !=
		FAULT_NONE)
		finish(server);
	sip_server_release(server);
	return fault;
}

void
sip_server_answer_verdict(struct sip_server *server, const struct sip_verdict *verdict)
{
	struct sip_extra extra;

	sip_extra_init(&extra);
	if (verdict->value[0] != '\0')
		sip_extra_header(&extra, verdict->header, "%s", verdict->value);
	(void)!sip_stack_answer(server->stack, server, verdict->status, verdict->why.text, &extra,
	    server->stack->now, NULL);
	sip_extra_finish(&extra);
	sip_stack_refuse(server->stack, server->flow, verdict->status, verdict->why.text);
}

struct sip_dialog *
sip_stack_server_dialog(const struct sip_server *server)
{
	return server->dialog != NULL ? server->dialog->dialog : NULL;
}

void *
sip_stack_server_user(const struct sip_server *server)
{
	return server->user;
}

void
sip_stack_server_set_user(struct sip_server *server, void *user)
{
	server->user = user;
}

uint64_t
sip_stack_server_flow(const struct sip_server *server)
{
	return server->flow;
}
