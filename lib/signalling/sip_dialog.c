/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A C string of a header value, its folds undone; NULL without memory or with a NUL inside. */
static char *
copy_text(struct bytes value)
{
	char *text;
	size_t size = 0;

	if (value.left > 0 && memchr(value.at, 0, value.left) != NULL)
		return NULL;
	if ((text = malloc(value.left + 1)) == NULL)
		return NULL;
	for (size_t i = 0; i < value.left; i++)
		if (value.at[i] != '\r' && value.at[i] != '\n')
			text[size++] = (char)value.at[i];
	text[size] = '\0';
	return text;
}

static bool
set_text(char **place, struct bytes value)
{
	char *text = copy_text(value);

	if (text == NULL)
		return false;
	free(*place);
	*place = text;
	return true;
}

/* "\"Ann\" <sip:...>" without tag and other parameters; "<sip:...>" if that cannot be kept. */
static bool
set_party(char **place, const struct sip_address *party)
{
	struct bytes text =
	    bytes_trim(bytes_part(party->text, 0, party->text.left - party->parameters.left));
	char *uri = NULL;

	if (set_text(place, text))
		return true;
	if (asprintf(&uri, "<%.*s>", (int)party->uri.text.left, (const char *)party->uri.text.at) <
	    0)
		return false;
	free(*place);
	*place = uri;
	return true;
}

/* The URI of the first Contact, or otherwise when there is none. */
static bool
set_target(struct sip_dialog *dialog, const struct sip_message *message, struct bytes otherwise)
{
	struct sip_address contact;
	struct sip_values values;
	struct bytes value;

	sip_values_begin(message, SIP_HEADER_CONTACT, &values);
	if (sip_values_next(&values, &value) &&
	    sip_address_read(value, &contact, NULL) == FAULT_NONE && !contact.star)
		return set_text(&dialog->remote_target, contact.uri.text);
	return otherwise.left == 0 || set_text(&dialog->remote_target, otherwise);
}

static void
drop_routes(struct sip_dialog *dialog)
{
	for (size_t i = 0; i < dialog->routes; i++) {
		free(dialog->route[i]);
		dialog->route[i] = NULL;
	}
	dialog->routes = 0;
}

/* Record-Route in its order (UAS), or backwards (UAC). */
static bool
set_routes(struct sip_dialog *dialog, const struct sip_message *message, bool backwards)
{
	struct sip_values values;
	struct bytes value;

	drop_routes(dialog);
	sip_values_begin(message, SIP_HEADER_RECORD_ROUTE, &values);
	while (sip_values_next(&values, &value)) {
		if (dialog->routes == SIP_ROUTES_MOST ||
		    !set_text(&dialog->route[dialog->routes], value))
			return false;
		dialog->routes++;
	}
	for (size_t i = 0; backwards && i < dialog->routes / 2; i++) {
		char *other = dialog->route[dialog->routes - 1 - i];

		dialog->route[dialog->routes - 1 - i] = dialog->route[i];
		dialog->route[i] = other;
	}
	return true;
}

static enum fault
no_memory(struct sip_dialog *dialog, struct why *why)
{
	sip_dialog_free(dialog);
	return explain(why, FAULT_LIMIT, "a dialog with too many routes, or no memory for it");
}

enum fault
sip_dialog_from_response(struct sip_dialog **dialog, const struct sip_message *request,
    const struct sip_message *response, struct why *why)
{
	struct sip_dialog *making = calloc(1, sizeof(*making));

	if (making == NULL || !set_text(&making->call_id, request->call_id) ||
	    !set_text(&making->local_tag, request->from.tag) ||
	    !set_text(&making->remote_tag, response->to.tag) ||
	    !set_party(&making->local_uri, &request->from) ||
	    !set_party(&making->remote_uri, &request->to) ||
	    !set_target(making, response, request->uri.text) || !set_routes(making, response, true))
		return no_memory(making, why);
	making->uac = true;
	making->state = response->status < 200 ? SIP_DIALOG_EARLY : SIP_DIALOG_CONFIRMED;
	making->local_cseq = making->invite_cseq = request->cseq.number;
	*dialog = making;
	return FAULT_NONE;
}

enum fault
sip_dialog_from_request(struct sip_dialog **dialog, const struct sip_message *request,
    const char *local_tag, struct why *why)
{
	struct sip_dialog *making = calloc(1, sizeof(*making));

	if (making == NULL || !set_text(&making->call_id, request->call_id) ||
	    !set_text(&making->local_tag, bytes_text(local_tag)) ||
	    !set_text(&making->remote_tag, request->from.tag) ||
	    !set_party(&making->local_uri, &request->to) ||
	    !set_party(&making->remote_uri, &request->from) ||
	    !set_target(making, request, request->from.uri.text) ||
	    !set_routes(making, request, false))
		return no_memory(making, why);
	making->state = SIP_DIALOG_EARLY;
	making->remote_cseq = request->cseq.number;
	making->has_remote_cseq = true;
	making->invite_theirs = request->method == SIP_METHOD_INVITE;
	*dialog = making;
	return FAULT_NONE;
}

enum fault
sip_dialog_from_facts(
    struct sip_dialog **dialog, const struct sip_dialog_facts *facts, struct why *why)
{
	struct sip_dialog *making = calloc(1, sizeof(*making));

	if (making == NULL || !set_text(&making->call_id, bytes_text(facts->call_id)) ||
	    !set_text(&making->local_tag, bytes_text(facts->local_tag)) ||
	    !set_text(&making->remote_tag, bytes_text(facts->remote_tag)) ||
	    !set_text(&making->local_uri, bytes_text(facts->local_uri)) ||
	    !set_text(&making->remote_uri, bytes_text(facts->remote_uri)) ||
	    !set_text(&making->remote_target, bytes_text(facts->remote_target)) ||
	    facts->routes > SIP_ROUTES_MOST)
		return no_memory(making, why);
	for (; making->routes < facts->routes; making->routes++)
		if (!set_text(
			&making->route[making->routes], bytes_text(facts->route[making->routes])))
			return no_memory(making, why);
	making->state = SIP_DIALOG_CONFIRMED;
	making->uac = facts->uac;
	making->local_cseq = facts->local_cseq;
	making->remote_cseq = facts->remote_cseq;
	making->has_remote_cseq = facts->has_remote_cseq;
	making->flow = facts->flow;
	*dialog = making;
	return FAULT_NONE;
}

void
sip_dialog_free(struct sip_dialog *dialog)
{
	if (dialog == NULL)
		return;
	drop_routes(dialog);
	free(dialog->call_id);
	free(dialog->local_tag);
	free(dialog->remote_tag);
	free(dialog->local_uri);
	free(dialog->remote_uri);
	free(dialog->remote_target);
	free(dialog);
}

bool
sip_dialog_matches(const struct sip_dialog *dialog, const struct sip_message *message)
{
	struct bytes local = message->request ? message->to.tag : message->from.tag;
	struct bytes remote = message->request ? message->from.tag : message->to.tag;

	return bytes_equal_text(message->call_id, dialog->call_id) &&
	       bytes_equal_text(local, dialog->local_tag) &&
	       bytes_equal_text(remote, dialog->remote_tag);
}

enum fault
sip_dialog_confirm(struct sip_dialog *dialog, const struct sip_message *response, struct why *why)
{
	if (!set_target(dialog, response, bytes_of(NULL, 0)) ||
	    (dialog->state == SIP_DIALOG_EARLY && !set_routes(dialog, response, true)))
		return explain(why, FAULT_LIMIT, "too many routes, or no memory for them");
	dialog->state = SIP_DIALOG_CONFIRMED;
	dialog->invite_cseq = response->cseq.number;
	return FAULT_NONE;
}

static bool
refuse(struct sip_verdict *verdict, unsigned status, const char *sentence)
{
	verdict->judgement = SIP_ANSWER_WITH;
	verdict->status = status;
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "%s", sentence);
	return false;
}

/* Does it make or change the session? An UPDATE only if it carries an offer (RFC 3311 5.2). */
static bool
carries_offer(const struct sip_message *request)
{
	return request->method == SIP_METHOD_INVITE ||
	       (request->method == SIP_METHOD_UPDATE && request->body.left > 0);
}

static bool
refreshes_target(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_UPDATE ||
	       method == SIP_METHOD_SUBSCRIBE || method == SIP_METHOD_NOTIFY ||
	       method == SIP_METHOD_REFER;
}

bool
sip_dialog_receive(
    struct sip_dialog *dialog, const struct sip_message *request, struct sip_verdict *verdict)
{
	*verdict = (struct sip_verdict){.judgement = SIP_ACCEPTED};
	if (dialog->has_remote_cseq && request->cseq.number <= dialog->remote_cseq)
		return refuse(verdict, 500, "CSeq is not above the last one of this dialog");
	if (carries_offer(request) && dialog->invite_ours)
		return refuse(verdict, 491, "our own change of the session is under way");
	if (carries_offer(request) && dialog->invite_theirs) {
		verdict->header = SIP_HEADER_RETRY_AFTER;
		snprintf(
		    verdict->value, sizeof(verdict->value), "%u", 1 + request->cseq.number % 10);
		return refuse(verdict, 500, "the last change of the session is not answered yet");
	}
	dialog->remote_cseq = request->cseq.number;
	dialog->has_remote_cseq = true;
	if (carries_offer(request))
		dialog->invite_theirs = true;
	/* Without memory the old target stays. */
	if (refreshes_target(request->method))
		(void)set_target(dialog, request, bytes_of(NULL, 0));
	return true;
}

/* Route headers, and with a strict first router its URI as the request URI (12.2.1.1). */
static void
begin_routed(
    struct sip_dialog *dialog, enum sip_method method, struct sip_builder *builder, bool *strict)
{
	struct sip_address first;

	*strict = dialog->routes > 0 &&
		  sip_address_read(bytes_text(dialog->route[0]), &first, NULL) == FAULT_NONE &&
		  !sip_uri_parameter(&first.uri, "lr", NULL);
	sip_builder_request(builder, sip_method_name(method),
	    *strict ? first.uri.text : bytes_text(dialog->remote_target));
}

void
sip_dialog_request(
    struct sip_dialog *dialog, enum sip_method method, const char *via, struct sip_builder *builder)
{
	uint32_t cseq = dialog->invite_cseq;
	bool strict;

	if (method != SIP_METHOD_ACK && method != SIP_METHOD_CANCEL)
		cseq = ++dialog->local_cseq;
	begin_routed(dialog, method, builder, &strict);
	sip_builder_header(builder, SIP_HEADER_VIA, "%s", via);
	sip_builder_header(builder, SIP_HEADER_MAX_FORWARDS, "70");
	for (size_t i = strict ? 1 : 0; i < dialog->routes; i++)
		sip_builder_header(builder, SIP_HEADER_ROUTE, "%s", dialog->route[i]);
	if (strict)
		sip_builder_header(builder, SIP_HEADER_ROUTE, "<%s>", dialog->remote_target);
	sip_builder_header(
	    builder, SIP_HEADER_FROM, "%s;tag=%s", dialog->local_uri, dialog->local_tag);
	if (dialog->remote_tag[0] != '\0')
		sip_builder_header(
		    builder, SIP_HEADER_TO, "%s;tag=%s", dialog->remote_uri, dialog->remote_tag);
	else
		sip_builder_header(builder, SIP_HEADER_TO, "%s", dialog->remote_uri);
	sip_builder_header(builder, SIP_HEADER_CALL_ID, "%s", dialog->call_id);
	sip_builder_header(builder, SIP_HEADER_CSEQ, "%u %s", cseq, sip_method_name(method));
}

enum fault
sip_dialog_answered(struct sip_dialog *dialog, const struct sip_message *response, struct why *why)
{
	bool changes = response->cseq.method == SIP_METHOD_INVITE ||
		       response->cseq.method == SIP_METHOD_UPDATE;

	if (!changes || response->status < 200)
		return FAULT_NONE;
	dialog->invite_ours = false;
	if (response->status >= 300)
		return FAULT_NONE;
	if (response->cseq.method == SIP_METHOD_INVITE)
		dialog->invite_cseq = response->cseq.number;
	if (!set_target(dialog, response, bytes_of(NULL, 0)))
		return explain(why, FAULT_SYSTEM, "no memory for the peer's new contact");
	return FAULT_NONE;
}

uint64_t
sip_dialog_glare_ms(const struct sip_dialog *dialog, uint16_t random)
{
	/* Who made the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms. */
	return dialog->uac ? 2100 + random % 191u * 10 : random % 201u * 10;
}
