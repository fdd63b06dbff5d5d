/* SPDX-License-Identifier: Apache-2.0 */
/* What an element can do of what a request asks (RFC 3261 8.2). */
#include <stdio.h>
#include <string.h>

#include "signalling/sip_scan.h"
#include "signalling/sip_validate.h"

static bool
answer_with(struct sip_verdict *verdict, unsigned status)
{
	verdict->judgement = SIP_ANSWER_WITH;
	verdict->status = status;
	return false;
}

static bool
is_in(const char *const *list, struct bytes word)
{
	for (; *list != NULL; list++)
		if (bytes_equal_text_nocase(word, *list))
			return true;
	return false;
}

static void
append(struct sip_verdict *verdict, struct bytes word)
{
	size_t size = strlen(verdict->value);

	if (word.left > 0 && sip_scan_all(word, SIP_SCAN_TOKEN, false))
		snprintf(verdict->value + size, sizeof(verdict->value) - size, "%s%.*s",
		    size > 0 ? ", " : "", (int)word.left, (const char *)word.at);
}

static void
tell(struct sip_verdict *verdict, enum sip_header_id header, const char *const *list)
{
	verdict->header = header;
	verdict->value[0] = '\0';
	for (; *list != NULL; list++) {
		size_t size = strlen(verdict->value);

		if ((*list)[strlen(*list) - 1] != '/')
			snprintf(verdict->value + size, sizeof(verdict->value) - size, "%s%s",
			    size > 0 ? ", " : "", *list);
	}
}

static bool
can_method(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	if (abilities->methods == NULL || is_in(abilities->methods, message->method_name))
		return true;
	if (message->method == SIP_METHOD_OTHER) {
		(void)!explain(&verdict->why, FAULT_UNEXPECTED, "this method is not known here");
		return answer_with(verdict, 501);
	}
	tell(verdict, SIP_HEADER_ALLOW, abilities->methods);
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "this method is not allowed here");
	return answer_with(verdict, 405);
}

static bool
can_scheme(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	enum sip_scheme to = message->to.uri.scheme;

	if (!abilities->schemes_sip_only)
		return true;
	if (message->uri.scheme != SIP_SCHEME_SIP && message->uri.scheme != SIP_SCHEME_SIPS) {
		(void)!explain(
		    &verdict->why, FAULT_UNEXPECTED, "only sip: and sips: URIs are known");
		return answer_with(verdict, 416);
	}
	/* RFC 3261 10.3: what is registered is a SIP or SIPS address. */
	if (message->method == SIP_METHOD_REGISTER && to != SIP_SCHEME_SIP &&
	    to != SIP_SCHEME_SIPS) {
		(void)!explain(
		    &verdict->why, FAULT_MALFORMED, "To of a REGISTER is no SIP address");
		return answer_with(verdict, 400);
	}
	return true;
}

static bool
can_extensions(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	struct sip_values values;
	struct bytes value;

	if (abilities->extensions == NULL || message->method == SIP_METHOD_CANCEL)
		return true;
	sip_values_begin(message, SIP_HEADER_REQUIRE, &values);
	while (sip_values_next(&values, &value))
		if (value.left > 0 && !is_in(abilities->extensions, value))
			append(verdict, value);
	if (verdict->value[0] == '\0')
		return true;
	verdict->header = SIP_HEADER_UNSUPPORTED;
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "an extension it requires is not known");
	return answer_with(verdict, 420);
}

/* An entry that ends in '/' stands for all its subtypes. */
static bool
type_is_known(const char *const *types, struct bytes type)
{
	for (; *types != NULL; types++) {
		size_t size = strlen(*types);
		bool family = (*types)[size - 1] == '/';
		struct bytes compared = family ? bytes_part(type, 0, size) : type;

		if (bytes_equal_text_nocase(compared, *types))
			return true;
	}
	return false;
}

static bool
body_is_optional(const struct sip_message *message)
{
	struct sip_token_value value;
	struct bytes handling;

	return sip_token_value_read(sip_message_value(message, SIP_HEADER_CONTENT_DISPOSITION),
		   &value, NULL) == FAULT_NONE &&
	       sip_parameter(value.parameters, "handling", &handling) &&
	       bytes_equal_text_nocase(handling, "optional");
}

static bool
can_body(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	struct bytes encoding = sip_message_value(message, SIP_HEADER_CONTENT_ENCODING);
	struct sip_token_value value;

	if (abilities->types == NULL || message->body.left == 0 || body_is_optional(message))
		return true;
	if (encoding.left > 0 && !bytes_equal_text_nocase(encoding, "identity")) {
		(void)!explain(&verdict->why, FAULT_UNEXPECTED, "encoded bodies are not read here");
		return answer_with(verdict, 415);
	}
	if (sip_token_value_read(
		sip_message_value(message, SIP_HEADER_CONTENT_TYPE), &value, NULL) == FAULT_NONE &&
	    type_is_known(abilities->types, value.token))
		return true;
	tell(verdict, SIP_HEADER_ACCEPT, abilities->types);
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "bodies of this type are not read here");
	return answer_with(verdict, 415);
}

/* Does an Accept value ("application/sdp", "application/ *", any) cover one of our types? */
static bool
accept_covers(struct bytes accept, const char *const *types)
{
	struct sip_token_value value;

	if (sip_token_value_read(accept, &value, NULL) != FAULT_NONE)
		return false;
	if (bytes_equal_text(value.token, "*/*") || type_is_known(types, value.token))
		return true;
	return bytes_equal_text_nocase(value.token, "application/*");
}

/* An INVITE that accepts nothing we could ever answer with. */
static bool
can_answer_body(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	struct sip_values values;
	struct bytes value;

	if (abilities->types == NULL || message->method != SIP_METHOD_INVITE ||
	    sip_message_header(message, SIP_HEADER_ACCEPT) == NULL)
		return true;
	sip_values_begin(message, SIP_HEADER_ACCEPT, &values);
	while (sip_values_next(&values, &value))
		if (accept_covers(value, abilities->types))
			return true;
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "it accepts no body we could answer with");
	return answer_with(verdict, 406);
}

static bool
can_forward(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	uint32_t number;

	if (!abilities->forwards ||
	    sip_message_number(message, SIP_HEADER_MAX_FORWARDS, 70, &number, NULL) != FAULT_NONE ||
	    number > 0)
		return true;
	(void)!explain(&verdict->why, FAULT_UNEXPECTED, "too many hops");
	return answer_with(verdict, 483);
}

static bool (*const abilities_checks[])(
    const struct sip_message *, const struct sip_abilities *, struct sip_verdict *) = {
    can_method,
    can_scheme,
    can_forward,
    can_extensions,
    can_body,
    can_answer_body,
};

bool
sip_validate_for(const struct sip_message *message, const struct sip_abilities *abilities,
    struct sip_verdict *verdict)
{
	verdict->judgement = SIP_ACCEPTED;
	verdict->status = 0;
	verdict->why.text[0] = '\0';
	verdict->value[0] = '\0';
	verdict->header = SIP_HEADER_OTHER;
	/* An ACK gets no answer, whatever it asks for. */
	if (message->method == SIP_METHOD_ACK)
		return true;
	for (size_t i = 0; i < COUNT(abilities_checks); i++)
		if (!abilities_checks[i](message, abilities, verdict))
			return false;
	return true;
}
