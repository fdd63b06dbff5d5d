/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack_private.h"

/* --- flows ------------------------------------------------------------------------------ */

static uint64_t
flow_hash(const struct sip_stack *stack, uint64_t flow)
{
	return sip_hash(&stack->hash, bytes_of(&flow, sizeof(flow)));
}

struct held_flow *
sip_stack_flow(const struct sip_stack *stack, uint64_t flow)
{
	struct sip_link *link = sip_table_find(&stack->flows, flow_hash(stack, flow));

	for (; link != NULL; link = sip_table_again(link)) {
		struct held_flow *held = sip_holder(struct held_flow, by_id, link);

		if (held->flow.id == flow)
			return held;
	}
	return NULL;
}

bool
sip_stack_is_reliable(const struct sip_stack *stack, uint64_t flow)
{
	const struct held_flow *held = sip_stack_flow(stack, flow);

	return held == NULL || transport_is_reliable(held->flow.transport);
}

enum fault
sip_stack_open(struct sip_stack *stack, const struct sip_flow *flow, struct why *why)
{
	struct held_flow *held;

	if (flow->id == 0 || sip_stack_flow(stack, flow->id) != NULL)
		return explain(why, FAULT_UNEXPECTED, "this connection exists already");
	if (stack->flows.count >= SIP_FLOWS_MOST)
		return explain(why, FAULT_LIMIT, "%d connections at once", SIP_FLOWS_MOST);
	if ((held = calloc(1, sizeof(*held))) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a connection");
	held->flow = *flow;
	sip_table_add(&stack->flows, &held->by_id, flow_hash(stack, flow->id));
	return FAULT_NONE;
}

void
sip_stack_close(struct sip_stack *stack, uint64_t flow, uint64_t now)
{
	struct held_flow *held = sip_stack_flow(stack, flow);

	if (held == NULL)
		return;
	stack->now = now;
	/* First the connection goes, so that nothing more is sent on it by a handler. */
	sip_table_remove(&stack->flows, &held->by_id);
	while (held->dialogs != NULL)
		sip_stack_place_dialog(held->dialogs, 0);
	free(held);
	sip_transactions_flow_closed(stack->transactions, flow);
}

/* --- what all messages of ours have ----------------------------------------------------- */

void
sip_stack_random_text(struct sip_stack *stack, char *text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t random[SIP_BRANCH_SIZE];

	stack->plan.seams.random(stack->plan.seams.arg, random, sizeof(random));
	for (size_t i = 0; i + 1 < size; i++)
		text[i] = digits[random[i / 2 % sizeof(random)] >> (i % 2 != 0 ? 4 : 0) & 15];
	text[size - 1] = '\0';
}

void
sip_stack_via(struct sip_stack *stack, const struct sip_flow *flow, char via[SIP_VIA_SIZE])
{
	char address[ADDRESS_TEXT_SIZE], branch[SIP_BRANCH_SIZE];

	sip_stack_random_text(stack, branch, sizeof(branch));
	snprintf(via, SIP_VIA_SIZE, "SIP/2.0/%s %s;branch=z9hG4bK%s%s",
	    transport_via(flow->transport), address_text(&flow->local, address), branch,
	    flow->transport == TRANSPORT_UDP ? ";rport" : "");
}

void
sip_stack_describe(struct sip_stack *stack, const struct sip_flow *flow, bool contact, bool request,
    struct sip_builder *builder)
{
	const struct sip_stack_plan *plan = &stack->plan;
	char address[ADDRESS_TEXT_SIZE];

	if (contact)
		sip_builder_header(builder, SIP_HEADER_CONTACT, "<sip:%s%s%s;transport=%s>%s",
		    plan->contact_user != NULL ? plan->contact_user : "",
		    plan->contact_user != NULL ? "@" : "", address_text(&flow->local, address),
		    transport_name(flow->transport),
		    plan->contact_parameters != NULL ? plan->contact_parameters : "");
	if (plan->agent != NULL)
		sip_builder_header(builder, request ? SIP_HEADER_USER_AGENT : SIP_HEADER_SERVER,
		    "%s", plan->agent);
}

void
sip_stack_refuse(struct sip_stack *stack, uint64_t flow, unsigned status, const char *sentence)
{
	if (stack->plan.seams.on_refused != NULL)
		stack->plan.seams.on_refused(stack->plan.seams.arg, flow, status, sentence);
}

/* --- what the transactions say ---------------------------------------------------------- */

static void
on_send(void *arg, uint64_t flow, struct bytes message)
{
	struct sip_stack *stack = arg;

	if (sip_stack_flow(stack, flow) != NULL)
		stack->plan.seams.send(stack->plan.seams.arg, flow, message);
}

static void
on_request(void *arg, struct sip_transaction *server, const struct sip_message *request,
    struct sip_transaction *invite)
{
	struct sip_stack *stack = arg;

	sip_server_on_request(stack, server, request, invite, stack->now);
}

static void
on_ack(void *arg, uint64_t flow, const struct sip_message *ack)
{
	struct sip_stack *stack = arg;

	sip_stack_on_ack(stack, flow, ack, stack->now);
}

static void
on_response(
    void *arg, uint64_t flow, struct sip_transaction *client, const struct sip_message *response)
{
	struct sip_stack *stack = arg;

	sip_client_on_response(stack, client != NULL ? sip_transaction_user(client) : NULL, flow,
	    response, stack->now);
}

static void
on_end(void *arg, struct sip_transaction *transaction, enum sip_transaction_end end)
{
	struct sip_stack *stack = arg;
	void *user = sip_transaction_user(transaction);

	if (user != NULL && sip_transaction_is_client(transaction))
		sip_client_on_end(user, end, stack->now);
	else if (user != NULL)
		sip_server_on_end(user, end, stack->now);
}

/* --- the stack -------------------------------------------------------------------------- */

enum fault
sip_stack_new(struct sip_stack **stack, const struct sip_stack_plan *plan, struct why *why)
{
	struct sip_stack *making = calloc(1, sizeof(*making));
	const struct sip_transaction_seams seams = {
	    .arg = making,
	    .send = on_send,
	    .on_request = on_request,
	    .on_ack = on_ack,
	    .on_response = on_response,
	    .on_end = on_end,
	};
	enum fault fault;

	if (making == NULL || !sip_table_init(&making->flows) ||
	    !sip_table_init(&making->dialogs)) {
		sip_stack_free(making);
		return explain(why, FAULT_SYSTEM, "no memory for SIP");
	}
	making->plan = *plan;
	if (making->plan.transactions_most == 0)
		making->plan.transactions_most = SIP_TRANSACTIONS_MOST;
	if (making->plan.dialogs_most == 0)
		making->plan.dialogs_most = SIP_DIALOGS_MOST;
	sip_hash_key_make(&making->hash);
	fault = sip_transactions_new(
	    &making->transactions, making->plan.transactions_most, &seams, why);
	if (fault != FAULT_NONE) {
		sip_stack_free(making);
		return fault;
	}
	*stack = making;
	return FAULT_NONE;
}

void
sip_stack_free(struct sip_stack *stack)
{
	struct sip_link *link;

	if (stack == NULL)
		return;
	stack->ending = true;
	while ((link = sip_table_any(&stack->flows)) != NULL)
		sip_stack_close(
		    stack, sip_holder(struct held_flow, by_id, link)->flow.id, stack->now);
	while ((link = sip_table_any(&stack->dialogs)) != NULL)
		sip_stack_end_dialog(sip_holder(struct held_dialog, by_id, link), NULL, stack->now);
	sip_transactions_free(stack->transactions);
	sip_table_finish(&stack->flows);
	sip_table_finish(&stack->dialogs);
	sip_timers_finish(&stack->dialog_timers);
	sip_timers_finish(&stack->client_timers);
	free(stack);
}

static bool
is_blank(struct bytes message)
{
	return bytes_trim(message).left == 0;
}

/* A message that could be read: judge its form, then let the transactions have it. */
static void
take_message(struct sip_stack *stack, const struct held_flow *flow, struct sip_message *message)
{
	uint64_t id = flow->flow.id;
	struct sip_verdict verdict;
	enum fault fault;

	if (!sip_validate(message, &verdict)) {
		if (verdict.judgement == SIP_ANSWER_WITH)
			sip_server_answer_stateless(stack, id, message, &verdict);
		sip_stack_refuse(stack, id,
		    verdict.judgement == SIP_ANSWER_WITH ? verdict.status : 0, verdict.why.text);
		return;
	}
	fault = sip_transactions_receive(stack->transactions, id,
	    transport_is_reliable(flow->flow.transport), message, stack->now, &verdict.why);
	if (fault == FAULT_NONE)
		return;
	verdict.status = message->request ? 503 : 0;
	if (message->request)
		sip_server_answer_stateless(stack, id, message, &verdict);
	sip_stack_refuse(stack, id, verdict.status, verdict.why.text);
}

void
sip_stack_receive(struct sip_stack *stack, uint64_t flow, struct bytes message, uint64_t now)
{
	const struct held_flow *held = sip_stack_flow(stack, flow);
	struct sip_message read;
	struct why why;

	stack->now = now;
	if (held == NULL || is_blank(message))
		return;
	if (sip_message_read(message, &read, &why) != FAULT_NONE)
		sip_stack_refuse(stack, flow, 0, why.text);
	else
		take_message(stack, held, &read);
}

uint64_t
sip_stack_due(const struct sip_stack *stack)
{
	const uint64_t dues[] = {
	    sip_transactions_due(stack->transactions),
	    sip_timers_due(&stack->dialog_timers),
	    sip_timers_due(&stack->client_timers),
	};
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < COUNT(dues); i++)
		if (dues[i] < due)
			due = dues[i];
	return due;
}

void
sip_stack_tick(struct sip_stack *stack, uint64_t now)
{
	stack->now = now;
	sip_transactions_tick(stack->transactions, now);
	while (sip_timers_due(&stack->client_timers) <= now)
		sip_client_tick(
		    sip_holder(struct sip_client, timer, sip_timers_first(&stack->client_timers)),
		    now);
	while (sip_timers_due(&stack->dialog_timers) <= now)
		sip_stack_dialog_tick(
		    sip_holder(struct held_dialog, timer, sip_timers_first(&stack->dialog_timers)),
		    now);
}

size_t
sip_stack_dialogs(const struct sip_stack *stack)
{
	return stack->dialogs.count;
}

size_t
sip_stack_transactions(const struct sip_stack *stack)
{
	return sip_transactions_count(stack->transactions);
}
