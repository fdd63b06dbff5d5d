/* SPDX-License-Identifier: Apache-2.0 */
/* Our requests on their way out, and CANCEL. */
#include <stdio.h>
#include <stdlib.h>

#include "signalling/sip_stack_private.h"

enum { CANCEL_WAIT_MS = 64 * SIP_T1_MS };

/* Methods whose requests say where to answer to. */
static bool
wants_contact(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_UPDATE ||
	       method == SIP_METHOD_SUBSCRIBE || method == SIP_METHOD_NOTIFY ||
	       method == SIP_METHOD_REFER;
}

static void
put_parties(struct sip_stack *stack, const struct sip_request *request, const struct sip_flow *flow,
    struct sip_builder *builder)
{
	char tag[SIP_TAG_SIZE], call_id[SIP_CALL_ID_SIZE], host[ADDRESS_TEXT_SIZE];

	sip_stack_random_text(stack, tag, sizeof(tag));
	sip_builder_header(builder, SIP_HEADER_FROM, "%s;tag=%s", request->from,
	    request->from_tag != NULL ? request->from_tag : tag);
	sip_builder_header(builder, SIP_HEADER_TO, "%s", request->to);
	sip_stack_random_text(stack, call_id, sizeof(call_id));
	if (request->call_id != NULL)
		sip_builder_header(builder, SIP_HEADER_CALL_ID, "%s", request->call_id);
	else
		sip_builder_header(builder, SIP_HEADER_CALL_ID, "%s@%s", call_id,
		    address_host(&flow->local, host));
	sip_builder_header(builder, SIP_HEADER_CSEQ, "%u %s", request->cseq > 0 ? request->cseq : 1,
	    sip_method_name(request->method));
}

static void
put_outside(struct sip_stack *stack, const struct sip_request *request, const struct sip_flow *flow,
    struct sip_builder *builder)
{
	char via[SIP_VIA_SIZE];

	sip_stack_via(stack, flow, via);
	sip_builder_request(builder, sip_method_name(request->method), bytes_text(request->uri));
	sip_builder_header(builder, SIP_HEADER_VIA, "%s", via);
	sip_builder_header(builder, SIP_HEADER_MAX_FORWARDS, "70");
	for (size_t i = 0; i < request->routes; i++)
		sip_builder_header(builder, SIP_HEADER_ROUTE, "%s", request->route[i]);
	put_parties(stack, request, flow, builder);
}

static void
put_allow(const struct sip_stack *stack, struct sip_builder *builder)
{
	const char *const *methods = stack->plan.abilities.methods;
	char text[256] = "";
	size_t size = 0;

	for (; methods != NULL && *methods != NULL && size < sizeof(text); methods++)
		size += (size_t)snprintf(
		    text + size, sizeof(text) - size, "%s%s", size > 0 ? ", " : "", *methods);
	if (size > 0 && size < sizeof(text))
		sip_builder_header(builder, SIP_HEADER_ALLOW, "%s", text);
}

/* The session timer's headers, for an INVITE or UPDATE. */
static void
put_session(const struct sip_request *request, struct sip_builder *builder)
{
	struct sip_session session;
	struct sip_extra extra;

	if (request->method != SIP_METHOD_INVITE && request->method != SIP_METHOD_UPDATE)
		return;
	if (request->dialog != NULL)
		session = request->dialog->session;
	else
		sip_session_init(&session, request->session_s, request->session_least_s);
	sip_extra_init(&extra);
	sip_session_offer(&session, &extra);
	buffer_bytes(&builder->out, buffer_bytes_of(&extra.headers));
	sip_extra_finish(&extra);
}

static enum fault
check_request(const struct sip_stack *stack, const struct sip_request *request,
    const struct held_flow **flow, struct why *why)
{
	const struct sip_dialog *dialog = request->dialog;

	*flow = sip_stack_flow(stack, dialog != NULL ? dialog->flow : request->flow);
	if (*flow == NULL)
		return explain(why, FAULT_CLOSED, "the connection to the peer is lost");
	if (sip_method_name(request->method)[0] == '\0' || request->method == SIP_METHOD_ACK ||
	    request->method == SIP_METHOD_CANCEL)
		return explain(why, FAULT_UNEXPECTED, "this method is not for a request by itself");
	if (dialog != NULL && dialog->state == SIP_DIALOG_ENDED)
		return explain(why, FAULT_UNEXPECTED, "the dialog has ended");
	if (dialog != NULL && request->method == SIP_METHOD_INVITE &&
	    (dialog->invite_ours || dialog->invite_theirs))
		return explain(why, FAULT_BUSY, "another change of the session is under way");
	if (dialog == NULL &&
	    (request->uri == NULL || request->from == NULL || request->to == NULL))
		return explain(why, FAULT_MALFORMED, "a request needs a URI, From and To");
	return FAULT_NONE;
}

static void
enter_dialog(struct sip_client *client, struct sip_dialog *dialog, bool offer)
{
	struct held_dialog *held = sip_stack_held(dialog);

	client->in_dialog = true;
	client->dialog = held;
	client->next = held->clients;
	held->clients = client;
	if (client->method == SIP_METHOD_INVITE || (client->method == SIP_METHOD_UPDATE && offer))
		dialog->invite_ours = true;
	if (client->method == SIP_METHOD_BYE) {
		dialog->state = SIP_DIALOG_ENDED;
		sip_stack_set_dialog_timer(held);
	}
}

/* *started is NULL if all was over before this returns. */
static enum fault
start(struct sip_client *client, const struct sip_request *request, const struct sip_flow *flow,
    struct bytes bytes, struct sip_client **started, struct why *why)
{
	struct sip_stack *stack = client->stack;
	bool offer = request->extra != NULL && request->extra->body.size > 0;
	enum fault fault;

	if (request->dialog != NULL)
		enter_dialog(client, request->dialog, offer);
	client->held++;
	fault = sip_transactions_request(stack->transactions, flow->id,
	    transport_is_reliable(flow->transport), bytes, client, stack->now, &client->transaction,
	    why);
	if (fault != FAULT_NONE) {
		if (client->dialog != NULL && sip_client_changes_session(client))
			client->dialog->dialog->invite_ours = false;
		client->dead = true;
	}
	*started = client->dead ? NULL : client;
	sip_client_release(client);
	return fault;
}

enum fault
sip_stack_request(struct sip_stack *stack, const struct sip_request *request, uint64_t now,
    struct sip_client **client, struct why *why)
{
	const struct held_flow *flow;
	struct sip_client *making;
	struct sip_builder builder;
	struct bytes bytes;
	char via[SIP_VIA_SIZE];
	enum fault fault = check_request(stack, request, &flow, why);

	stack->now = now;
	if (fault != FAULT_NONE)
		return fault;
	if ((making = calloc(1, sizeof(*making))) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a request");
	*making = (struct sip_client){.stack = stack,
	    .on_response = request->on_response,
	    .user = request->user,
	    .method = request->method,
	    .session_s = request->session_s,
	    .session_least_s = request->session_least_s};
	if (request->dialog != NULL) {
		sip_stack_via(stack, &flow->flow, via);
		sip_dialog_request(request->dialog, request->method, via, &builder);
	} else {
		put_outside(stack, request, &flow->flow, &builder);
	}
	sip_stack_describe(stack, &flow->flow,
	    wants_contact(request->method) && !request->no_contact, true, &builder);
	if (wants_contact(request->method))
		put_allow(stack, &builder);
	put_session(request, &builder);
	fault = sip_builder_finish_with(&builder, request->extra, &bytes, why);
	if (fault == FAULT_NONE)
		fault = start(making, request, &flow->flow, bytes, &making, why);
	else
		free(making);
	sip_builder_free(&builder);
	if (fault == FAULT_NONE && client != NULL)
		*client = making;
	return fault;
}

/* --- CANCEL ----------------------------------------------------------------------------- */

/* RFC 3261 9.1: everything as in the INVITE, its one Via included. */
void
sip_client_send_cancel(struct sip_client *client, uint64_t now)
{
	struct sip_stack *stack = client->stack;
	struct sip_message *invite = &stack->kept;
	uint64_t flow = sip_transaction_flow(client->transaction);
	struct sip_builder builder;
	struct sip_cseq cseq;
	struct bytes cancel;

	if (sip_message_read(sip_transaction_request(client->transaction), invite, NULL) !=
		FAULT_NONE ||
	    sip_cseq_read(sip_message_value(invite, SIP_HEADER_CSEQ), &cseq, NULL) != FAULT_NONE)
		return;
	client->cancelled = true;
	sip_builder_request(&builder, "CANCEL", invite->request_uri);
	sip_builder_copy(&builder, invite, SIP_HEADER_VIA);
	sip_builder_header(&builder, SIP_HEADER_MAX_FORWARDS, "70");
	sip_builder_copy(&builder, invite, SIP_HEADER_ROUTE);
	sip_builder_copy(&builder, invite, SIP_HEADER_FROM);
	sip_builder_copy(&builder, invite, SIP_HEADER_TO);
	sip_builder_copy(&builder, invite, SIP_HEADER_CALL_ID);
	sip_builder_header(&builder, SIP_HEADER_CSEQ, "%u CANCEL", cseq.number);
	sip_stack_describe(stack, NULL, false, true, &builder);
	if (!sip_timers_set(&stack->client_timers, &client->timer, now + CANCEL_WAIT_MS))
		client->timer.place = 0;
	if (sip_builder_finish(&builder, NULL, bytes_of(NULL, 0), &cancel, NULL) == FAULT_NONE)
		(void)!sip_transactions_request(stack->transactions, flow,
		    sip_stack_is_reliable(stack, flow), cancel, NULL, now, NULL, NULL);
	sip_builder_free(&builder);
}

void
sip_stack_cancel(struct sip_stack *stack, struct sip_client *client, uint64_t now)
{
	stack->now = now;
	if (client->method != SIP_METHOD_INVITE || client->answered || client->cancelled ||
	    client->transaction == NULL)
		return;
	client->cancel_wanted = true;
	if (sip_transaction_may_cancel(client->transaction))
		sip_client_send_cancel(client, now);
}
