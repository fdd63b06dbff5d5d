/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as they come: which dialog, whether they can be done, and whom they are shown to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack_private.h"

static bool
refuse(struct sip_verdict *verdict, unsigned status, const char *sentence)
{
	*verdict = (struct sip_verdict){.judgement = SIP_ANSWER_WITH, .status = status};
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "%s", sentence);
	return false;
}

/* An interval below what RFC 4028 allows; a dialog's own least is looked at too. */
static bool
check_session(
    struct sip_server *server, const struct sip_message *request, struct sip_verdict *verdict)
{
	struct sip_session session;

	if (server->method != SIP_METHOD_INVITE && server->method != SIP_METHOD_UPDATE)
		return true;
	if (server->dialog != NULL)
		session = server->dialog->dialog->session;
	else
		sip_session_init(&session, 0, 0);
	if (sip_session_asked(&session, request, 0, NULL) == FAULT_NONE)
		return true;
	(void)refuse(verdict, 422, "the session interval is too small");
	verdict->header = SIP_HEADER_MIN_SE;
	snprintf(verdict->value, sizeof(verdict->value), "%u", session.least_s);
	return false;
}

/* Does a request of this method with a tag in To belong to a dialog? */
static bool
needs_dialog(const struct sip_message *request)
{
	return request->to.tag.left > 0 && request->method != SIP_METHOD_REGISTER &&
	       request->method != SIP_METHOD_PUBLISH;
}

/* Is there anything to hand to the user? Otherwise the verdict answers. */
static bool
check(struct sip_server *server, const struct sip_message *request, struct sip_verdict *verdict)
{
	struct sip_stack *stack = server->stack;
	struct held_dialog *held =
	    needs_dialog(request) ? sip_stack_dialog_of(stack, request) : NULL;

	if (needs_dialog(request) && (held == NULL || held->dialog->state == SIP_DIALOG_ENDED))
		return refuse(verdict, 481, sip_reason_phrase(481));
	if (!sip_validate_for(request, &stack->plan.abilities, verdict))
		return false;
	if (held != NULL && !sip_stack_may_speak(stack, held, server->flow, stack->now))
		return refuse(verdict, 403, "This call is another connection's");
	if (held != NULL && !sip_dialog_receive(held->dialog, request, verdict))
		return false;
	if (held != NULL) {
		sip_server_enter_dialog(server, held);
		server->tag[0] = '\0';
	}
	return check_session(server, request, verdict);
}

static void
keep_request(struct sip_server *server, const struct sip_message *request)
{
	server->copy = malloc(request->whole.left);
	if (server->copy == NULL)
		return;
	memcpy(server->copy, request->whole.at, request->whole.left);
	server->copy_size = (uint32_t)request->whole.left;
}

/* The handler came back: what it left for later, and what waited for it to end. */
static void
after_handler(struct sip_server *server, const struct sip_message *request, uint64_t now)
{
	struct held_dialog *held = server->dialog;

	server->live = false;
	if (!server->dead) {
		if (server->method == SIP_METHOD_INVITE && !server->tried)
			(void)!sip_stack_answer(server->stack, server, 100, NULL, NULL, now, NULL);
		keep_request(server, request);
		if (server->copy == NULL)
			sip_server_give_up(server, "no memory for it", now);
		server->request = NULL;
		return;
	}
	server->request = NULL;
	if (held != NULL && server->method == SIP_METHOD_BYE)
		sip_server_end_by_bye(server, now);
	else if (held != NULL && server->method == SIP_METHOD_INVITE &&
		 held->dialog->state == SIP_DIALOG_EARLY)
		sip_stack_end_dialog(held, "the call was refused", now);
}

/* RFC 3261 9.2: 200 for the CANCEL, 487 for what it cancels, if that is still open. */
static void
on_cancel(struct sip_server *cancel, struct sip_transaction *invite, uint64_t now)
{
	struct sip_server *server = invite != NULL ? sip_transaction_user(invite) : NULL;

	(void)!sip_stack_answer(
	    cancel->stack, cancel, invite != NULL ? 200 : 481, NULL, NULL, now, NULL);
	if (server != NULL && !server->dead)
		sip_server_give_up(server, "cancelled", now);
}

void
sip_server_on_request(struct sip_stack *stack, struct sip_transaction *transaction,
    const struct sip_message *request, struct sip_transaction *invite, uint64_t now)
{
	struct sip_server *server = calloc(1, sizeof(*server));
	struct sip_verdict verdict;

	/* Without memory the peer asks again, or gives up. */
	if (server == NULL) {
		sip_transaction_abandon(transaction);
		return;
	}
	*server = (struct sip_server){.stack = stack,
	    .transaction = transaction,
	    .request = request,
	    .method = request->method,
	    .flow = sip_transaction_flow(transaction),
	    .held = 1,
	    .live = true};
	sip_stack_random_text(stack, server->tag, sizeof(server->tag));
	sip_transaction_set_user(transaction, server);
	if (request->method == SIP_METHOD_CANCEL) {
		on_cancel(server, invite, now);
	} else if (!check(server, request, &verdict)) {
		sip_server_answer_verdict(server, &verdict);
	} else {
		server->told = true;
		stack->plan.seams.on_request(stack->plan.seams.arg, server->flow, server,
		    sip_stack_server_dialog(server), request, now);
	}
	after_handler(server, request, now);
	sip_server_release(server);
}
