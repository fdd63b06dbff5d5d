/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of our requests: responses, forks, ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_stack_private.h"

bool
sip_client_changes_session(const struct sip_client *client)
{
	return client->method == SIP_METHOD_INVITE || client->method == SIP_METHOD_UPDATE;
}

static void
leave_dialog(struct sip_client *client)
{
	struct sip_client **place;

	if (client->dialog == NULL)
		return;
	for (place = &client->dialog->clients; *place != NULL; place = &(*place)->next)
		if (*place == client) {
			*place = client->next;
			break;
		}
	client->dialog = NULL;
	client->next = NULL;
}

void
sip_client_forget_dialog(struct held_dialog *held)
{
	while (held->clients != NULL)
		leave_dialog(held->clients);
}

void
sip_client_release(struct sip_client *client)
{
	if (--client->held > 0 || !client->dead)
		return;
	sip_timers_clear(&client->stack->client_timers, &client->timer);
	leave_dialog(client);
	free(client);
}

/*
 * Tells the user. After the last word nobody listens any more: further answers to an INVITE are
 * dealt with here.
 */
static void
tell(struct sip_client *client, const struct sip_message *response, struct held_dialog *dialog,
    const char *why, uint64_t now)
{
	struct sip_stack *stack = client->stack;
	sip_response_handler *handler = client->on_response;
	struct sip_response_event event = {
	    .client = client,
	    .user = client->user,
	    .response = response,
	    .dialog = dialog != NULL ? dialog->dialog : NULL,
	    .last = response == NULL || response->status >= 200,
	};

	if (event.last) {
		client->on_response = NULL;
		client->user = NULL;
		client->answered = true;
		sip_timers_clear(&stack->client_timers, &client->timer);
	}
	if (handler == NULL || stack->ending)
		return;
	snprintf(event.why.text, sizeof(event.why.text), "%s", why);
	handler(stack->plan.seams.arg, &event, now);
}

/* One of the forks that still point at this INVITE, or NULL. */
static struct held_dialog *
any_fork(const struct sip_client *client)
{
	struct sip_link *link = sip_table_find(&client->stack->dialogs, client->early_hash);

	for (; client->early > 0 && link != NULL; link = sip_table_again(link)) {
		struct held_dialog *held = sip_holder(struct held_dialog, by_id, link);

		if (held->invite == client)
			return held;
	}
	return NULL;
}

/* The INVITE is decided: its early dialogs end; one that a BYE of ours is ending goes on alone. */
static void
end_early(struct sip_client *client, const char *why, uint64_t now)
{
	struct held_dialog *held;

	while ((held = any_fork(client)) != NULL) {
		if (held->dialog->state == SIP_DIALOG_EARLY) {
			sip_stack_end_dialog(held, why, now);
		} else {
			held->invite = NULL;
			client->early--;
		}
	}
}

void
sip_client_on_end(struct sip_client *client, enum sip_transaction_end end, uint64_t now)
{
	static const char *const sentences[] = {
	    [SIP_END_TIMEOUT] = "no answer came",
	    [SIP_END_TRANSPORT] = "the connection was lost",
	    [SIP_END_DONE] = "",
	};
	bool bye = client->method == SIP_METHOD_BYE && !client->answered;

	client->held++;
	client->transaction = NULL;
	client->dead = true;
	if (!client->answered) {
		if (client->dialog != NULL && sip_client_changes_session(client))
			client->dialog->dialog->invite_ours = false;
		tell(client, NULL, client->dialog, sentences[end], now);
		end_early(client, sentences[end], now);
	}
	if (bye && client->dialog != NULL)
		sip_stack_end_dialog(client->dialog, "BYE", now);
	/* Nothing may point at it any more. */
	end_early(client, "the call was decided", now);
	sip_client_release(client);
}

void
sip_client_tick(struct sip_client *client, uint64_t now)
{
	sip_timers_clear(&client->stack->client_timers, &client->timer);
	(void)now;
	if (client->transaction != NULL)
		sip_transaction_abandon(client->transaction);
}

/* --- responses to an INVITE that is no re-INVITE ---------------------------------------- */

/* The fork a response belongs to, made if it is new; NULL: none, or too many. */
static struct held_dialog *
fork_of(struct sip_client *client, const struct sip_message *response)
{
	struct sip_stack *stack = client->stack;
	struct held_dialog *held = sip_stack_dialog_of(stack, response);
	struct sip_message *invite = &stack->kept;
	struct sip_dialog *dialog;
	struct sip_verdict verdict;

	if (held != NULL)
		return held;
	if (response->status < 200 &&
	    (response->to.tag.left == 0 || client->early >= SIP_EARLY_DIALOGS_MOST))
		return NULL;
	if (sip_message_read(sip_transaction_request(client->transaction), invite, NULL) !=
		FAULT_NONE ||
	    !sip_validate(invite, &verdict) ||
	    sip_dialog_from_response(&dialog, invite, response, NULL) != FAULT_NONE)
		return NULL;
	sip_session_init(&dialog->session, client->session_s, client->session_least_s);
	if (sip_stack_hold_dialog(stack, dialog, sip_transaction_flow(client->transaction), &held,
		NULL) != FAULT_NONE) {
		sip_dialog_free(dialog);
		return NULL;
	}
	client->early_hash = held->by_id.hash;
	if (dialog->state == SIP_DIALOG_EARLY) {
		held->invite = client;
		client->early++;
	}
	return held;
}

static void
confirm(struct sip_client *client, struct held_dialog *held, const struct sip_message *response,
    uint64_t now)
{
	/* Without memory the target and routes of the early dialog stay. */
	(void)!sip_dialog_confirm(held->dialog, response, NULL);
	held->dialog->state = SIP_DIALOG_CONFIRMED;
	if (held->invite == client && client->early > 0)
		client->early--;
	held->invite = NULL;
	sip_session_answered(&held->dialog->session, response, now);
	sip_stack_set_dialog_timer(held);
}

/* A 2xx. The first is the user's; those of other forks are acknowledged and hung up. */
static void
on_success(struct sip_client *client, const struct sip_message *response, uint64_t now)
{
	struct held_dialog *held = fork_of(client, response);

	if (held == NULL) {
		if (!client->answered)
			tell(client, NULL, NULL, "no room for its dialog", now);
		return;
	}
	if (held->ack_size > 0 && held->ack_cseq == response->cseq.number) {
		sip_stack_resend_ack(held);
	} else if (!client->answered) {
		held->chosen = true;
		confirm(client, held, response, now);
		tell(client, response, held, "", now);
		end_early(client, "another phone answered", now);
	} else if (!held->chosen) {
		confirm(client, held, response, now);
		sip_stack_hang_up(held, true, now);
	}
}

static void
on_invite_response(struct sip_client *client, const struct sip_message *response, uint64_t now)
{
	struct held_dialog *held;

	if (response->status >= 200 && response->status < 300) {
		on_success(client, response, now);
		return;
	}
	if (response->status < 200) {
		held = response->status > 100 ? fork_of(client, response) : NULL;
		if (client->cancel_wanted && !client->cancelled)
			sip_client_send_cancel(client, now);
		if (response->status > 100 && !client->answered)
			tell(client, response, held, "", now);
		return;
	}
	held = sip_stack_dialog_of(client->stack, response);
	if (!client->answered)
		tell(client, response, held, "", now);
	end_early(client, "the call was refused", now);
}

/* --- responses to everything else ------------------------------------------------------- */

/* Bookkeeping of the dialog before the user hears of it. */
static void
note_answer(struct sip_client *client, const struct sip_message *response, uint64_t now)
{
	struct held_dialog *held = client->dialog;

	if (held == NULL || response->status < 200 || !sip_client_changes_session(client))
		return;
	(void)!sip_dialog_answered(held->dialog, response, NULL);
	if (response->status < 300) {
		sip_session_answered(&held->dialog->session, response, now);
		held->session_told = false;
	}
	sip_stack_set_dialog_timer(held);
}

static void
on_other_response(struct sip_client *client, const struct sip_message *response, uint64_t now)
{
	struct held_dialog *held = client->dialog;

	if (response->status == 100)
		return;
	/* A repeated 2xx to a re-INVITE wants its ACK again. */
	if (client->answered) {
		if (held != NULL && held->ack_size > 0 && held->ack_cseq == response->cseq.number &&
		    response->status < 300)
			sip_stack_resend_ack(held);
		return;
	}
	if (client->cancel_wanted && !client->cancelled && response->status < 200)
		sip_client_send_cancel(client, now);
	note_answer(client, response, now);
	tell(client, response, held, "", now);
	if (client->method == SIP_METHOD_BYE && response->status >= 200 && client->dialog != NULL)
		sip_stack_end_dialog(client->dialog, "BYE", now);
}

/* A 2xx of INVITE whose transaction is long over: only its ACK can be missing. */
static void
on_stray(struct sip_stack *stack, const struct sip_message *response)
{
	struct held_dialog *held = sip_stack_dialog_of(stack, response);

	if (held != NULL && held->ack_cseq == response->cseq.number)
		sip_stack_resend_ack(held);
}

void
sip_client_on_response(struct sip_stack *stack, struct sip_client *client, uint64_t flow,
    const struct sip_message *response, uint64_t now)
{
	(void)flow;
	if (client == NULL) {
		if (response->cseq.method == SIP_METHOD_INVITE)
			on_stray(stack, response);
		return;
	}
	client->held++;
	if (client->method == SIP_METHOD_INVITE && !client->in_dialog) {
		if (response->status == 100 && client->cancel_wanted && !client->cancelled)
			sip_client_send_cancel(client, now);
		if (response->status > 100)
			on_invite_response(client, response, now);
	} else {
		on_other_response(client, response, now);
	}
	sip_client_release(client);
}
