/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_value.h"

#include <string.h>

#include "signalling/sip_limits.h"
#include "signalling/sip_scan.h"

static const char *const methods[SIP_METHODS] = {
    [SIP_METHOD_OTHER] = "",
    [SIP_METHOD_ACK] = "ACK",
    [SIP_METHOD_BYE] = "BYE",
    [SIP_METHOD_CANCEL] = "CANCEL",
    [SIP_METHOD_INFO] = "INFO",
    [SIP_METHOD_INVITE] = "INVITE",
    [SIP_METHOD_MESSAGE] = "MESSAGE",
    [SIP_METHOD_NOTIFY] = "NOTIFY",
    [SIP_METHOD_OPTIONS] = "OPTIONS",
    [SIP_METHOD_PRACK] = "PRACK",
    [SIP_METHOD_PUBLISH] = "PUBLISH",
    [SIP_METHOD_REFER] = "REFER",
    [SIP_METHOD_REGISTER] = "REGISTER",
    [SIP_METHOD_SUBSCRIBE] = "SUBSCRIBE",
    [SIP_METHOD_UPDATE] = "UPDATE",
};

const char *
sip_method_name(enum sip_method method)
{
	return (unsigned)method < SIP_METHODS ? methods[method] : "";
}

enum sip_method
sip_method_of(struct bytes name)
{
	for (size_t i = 1; i < SIP_METHODS; i++)
		if (bytes_equal_text(name, methods[i]))
			return (enum sip_method)i;
	return SIP_METHOD_OTHER;
}

/*
 * A parameter's value: a quoted string, or what stands before the next separator: a token, a
 * host, or, as phones write into Contact, anything without blanks and quotes.
 */
static bool
take_parameter_value(struct bytes *from, struct sip_parameter *parameter)
{
	parameter->quoted = sip_scan_quoted(from, &parameter->value);
	if (parameter->quoted)
		return true;
	parameter->value = sip_scan_run(from, SIP_SCAN_VALUE);
	return parameter->value.left > 0;
}

bool
sip_parameter_next(struct bytes *parameters, struct sip_parameter *parameter)
{
	struct bytes left = *parameters;
	struct sip_parameter read = {0};

	if (!sip_scan_separator(&left, ';'))
		return false;
	read.name = sip_scan_run(&left, SIP_SCAN_TOKEN);
	if (read.name.left == 0)
		return false;
	if (sip_scan_separator(&left, '=') && !take_parameter_value(&left, &read))
		return false;
	*parameters = left;
	*parameter = read;
	return true;
}

bool
sip_parameter(struct bytes parameters, const char *name, struct bytes *value)
{
	struct sip_parameter parameter;
	size_t size = strlen(name);

	while (sip_parameter_next(&parameters, &parameter)) {
		if (parameter.name.left != size ||
		    !bytes_equal_nocase(parameter.name, bytes_of(name, size)))
			continue;
		if (value != NULL)
			*value = parameter.value;
		return true;
	}
	return false;
}

bool
sip_parameters_read(struct bytes parameters, const struct sip_wanted *wanted, size_t count)
{
	struct sip_parameter parameter;
	unsigned seen = 0;

	while (sip_parameter_next(&parameters, &parameter)) {
		if (++seen > SIP_PARAMETERS_MOST)
			return false;
		for (size_t i = 0; i < count; i++) {
			if (wanted[i].name[0] != sip_scan_lower(parameter.name.at[0]) ||
			    !bytes_equal_text_nocase(parameter.name, wanted[i].name))
				continue;
			*wanted[i].value = parameter.value;
			if (wanted[i].present != NULL)
				*wanted[i].present = true;
		}
	}
	sip_scan_blanks(&parameters);
	return parameters.left == 0;
}

bool
sip_parameters_well_formed(struct bytes parameters)
{
	return sip_parameters_read(parameters, NULL, 0);
}

/* A display name of tokens before '<'. */
static bool
take_tokens(struct bytes *from, struct bytes *display)
{
	struct bytes whole = *from;
	size_t size = 0;

	for (;;) {
		struct bytes run;

		sip_scan_blanks(from);
		run = sip_scan_run(from, SIP_SCAN_TOKEN);
		if (run.left == 0)
			break;
		size = whole.left - from->left;
	}
	*display = bytes_part(whole, 0, size);
	return from->left > 0 && from->at[0] == '<';
}

/* [display] <uri>; *from begins with its '<' or quote or token. */
static enum fault
read_bracketed(struct bytes *from, struct sip_address *address, struct why *why)
{
	struct bytes uri;
	enum fault fault;

	if (from->at[0] == '"') {
		if (!sip_scan_quoted(from, &address->display))
			return explain(
			    why, FAULT_MALFORMED, "quote of the display name is not closed");
		sip_scan_blanks(from);
	} else if (!take_tokens(from, &address->display)) {
		return explain(why, FAULT_MALFORMED, "display name must be quoted");
	}
	if (!sip_scan_char(from, '<'))
		return explain(why, FAULT_MALFORMED, "display name without <URI>");
	if (!bytes_take_until(from, '>', &uri))
		return explain(why, FAULT_MALFORMED, "< is not closed");
	if ((fault = sip_uri_read(uri, &address->uri, why)) != FAULT_NONE)
		return fault;
	return FAULT_NONE;
}

/* A bare URI: ';' ends it, and '?' or ',' may not stand in it (RFC 3261 20). */
static enum fault
read_bare(struct bytes *from, struct sip_address *address, struct why *why)
{
	struct bytes uri = sip_scan_run(from, SIP_SCAN_BARE);

	for (size_t i = 0; i < uri.left; i++)
		if (uri.at[i] == '?' || uri.at[i] == ',')
			return explain(why, FAULT_MALFORMED, "URI with '%c' needs <>", uri.at[i]);
	return sip_uri_read(uri, &address->uri, why);
}

static bool
is_bracketed(struct bytes text)
{
	return text.at[0] == '"' || memchr(text.at, '<', text.left) != NULL;
}

enum fault
sip_address_read(struct bytes value, struct sip_address *address, struct why *why)
{
	struct sip_address read = {.text = bytes_trim(value)};
	const struct sip_wanted wanted[] = {{"tag", &read.tag, NULL}};
	struct bytes left = read.text;
	enum fault fault;

	if (left.left == 0)
		return explain(why, FAULT_MALFORMED, "empty address");
	if (bytes_equal_text(left, "*")) {
		read.star = true;
		read.uri.text = left;
		*address = read;
		return FAULT_NONE;
	}
	if (is_bracketed(left))
		fault = read_bracketed(&left, &read, why);
	else
		fault = read_bare(&left, &read, why);
	if (fault != FAULT_NONE)
		return fault;
	read.parameters = left;
	if (!sip_parameters_read(left, wanted, COUNT(wanted)))
		return explain(why, FAULT_MALFORMED, "parameters of the address are broken");
	if (read.tag.left > SIP_TAG_MOST)
		return explain(why, FAULT_LIMIT, "tag over %d bytes", SIP_TAG_MOST);
	*address = read;
	return FAULT_NONE;
}

/* "SIP / 2.0 / UDP" */
static bool
take_sent_protocol(
    struct bytes *from, struct bytes *name, struct bytes *version, struct bytes *transport)
{
	*name = sip_scan_run(from, SIP_SCAN_TOKEN);
	if (name->left == 0 || !sip_scan_separator(from, '/'))
		return false;
	*version = sip_scan_run(from, SIP_SCAN_TOKEN);
	if (version->left == 0 || !sip_scan_separator(from, '/'))
		return false;
	*transport = sip_scan_run(from, SIP_SCAN_TOKEN);
	return transport->left > 0;
}

enum fault
sip_via_read(struct bytes value, struct sip_via *via, struct why *why)
{
	struct sip_via read = {.text = bytes_trim(value)};
	struct bytes left = read.text, name, version, rport;
	const struct sip_wanted wanted[] = {
	    {"branch", &read.branch, NULL},
	    {"received", &read.received, NULL},
	    {"rport", &rport, &read.rport},
	};

	if (!take_sent_protocol(&left, &name, &version, &read.transport))
		return explain(why, FAULT_MALFORMED, "Via without SIP/2.0/transport");
	if (!bytes_equal_text_nocase(name, "SIP") || !bytes_equal_text(version, "2.0"))
		return explain(why, FAULT_MALFORMED, "Via of another protocol than SIP/2.0");
	sip_scan_blanks(&left);
	if (!sip_host_take(&left, &read.host, &read.port))
		return explain(why, FAULT_MALFORMED, "Via without a proper host or port");
	if (!sip_parameters_read(left, wanted, COUNT(wanted)))
		return explain(why, FAULT_MALFORMED, "parameters of Via are broken");
	read.parameters = left;
	if (read.branch.left > SIP_BRANCH_MOST)
		return explain(why, FAULT_LIMIT, "branch over %d bytes", SIP_BRANCH_MOST);
	*via = read;
	return FAULT_NONE;
}

bool
sip_via_has_cookie(const struct sip_via *via)
{
	static const char cookie[] = "z9hG4bK";
	size_t size = sizeof(cookie) - 1;

	return via->branch.left > size &&
	       bytes_equal_text_nocase(bytes_part(via->branch, 0, size), cookie);
}

enum fault
sip_cseq_read(struct bytes value, struct sip_cseq *cseq, struct why *why)
{
	struct bytes left = bytes_trim(value), digits = sip_scan_run(&left, SIP_SCAN_TOKEN), name;
	uint64_t number;

	/* RFC 3261 8.1.1.5 wants less than 2^31. */
	if (!bytes_decimal(digits, INT32_MAX, &number))
		return explain(why, FAULT_MALFORMED, "CSeq without a number below 2^31");
	sip_scan_blanks(&left);
	name = sip_scan_run(&left, SIP_SCAN_TOKEN);
	if (name.left == 0 || left.left > 0)
		return explain(why, FAULT_MALFORMED, "CSeq without a method");
	*cseq = (struct sip_cseq){(uint32_t)number, sip_method_of(name), name};
	return FAULT_NONE;
}

enum fault
sip_number_read(struct bytes value, uint32_t *number, struct why *why)
{
	uint64_t read;

	if (!bytes_decimal(bytes_trim(value), UINT32_MAX, &read))
		return explain(why, FAULT_MALFORMED, "not a number below 2^32");
	*number = (uint32_t)read;
	return FAULT_NONE;
}

enum fault
sip_session_expires_read(struct bytes value, struct sip_session_expires *expires, struct why *why)
{
	struct sip_session_expires read = {0};
	struct bytes left = bytes_trim(value), digits = sip_scan_run(&left, SIP_SCAN_TOKEN), who;
	enum fault fault = sip_number_read(digits, &read.seconds, why);

	if (fault != FAULT_NONE)
		return explain_within(why, fault, "Session-Expires: ");
	if (!sip_parameters_well_formed(left))
		return explain(why, FAULT_MALFORMED, "parameters of Session-Expires are broken");
	if (sip_parameter(left, "refresher", &who)) {
		if (bytes_equal_text_nocase(who, "uac"))
			read.refresher = SIP_REFRESHER_UAC;
		else if (bytes_equal_text_nocase(who, "uas"))
			read.refresher = SIP_REFRESHER_UAS;
		else
			return explain(
			    why, FAULT_MALFORMED, "Session-Expires names no refresher we know");
	}
	*expires = read;
	return FAULT_NONE;
}

enum fault
sip_replaces_read(struct bytes value, struct sip_replaces *replaces, struct why *why)
{
	struct sip_replaces read = {0};
	struct bytes left = bytes_trim(value);

	read.call_id = sip_scan_run(&left, SIP_SCAN_WORD);
	if (read.call_id.left == 0 || !sip_parameters_well_formed(left))
		return explain(why, FAULT_MALFORMED, "Replaces or Join is broken");
	if (!sip_parameter(left, "to-tag", &read.to_tag) ||
	    !sip_parameter(left, "from-tag", &read.from_tag))
		return explain(why, FAULT_MALFORMED, "Replaces or Join without both tags");
	read.early_only = sip_parameter(left, "early-only", NULL);
	*replaces = read;
	return FAULT_NONE;
}

enum fault
sip_token_value_read(struct bytes value, struct sip_token_value *read, struct why *why)
{
	struct bytes whole = bytes_trim(value), left = whole, first, second = {0};

	first = sip_scan_run(&left, SIP_SCAN_TOKEN);
	if (first.left == 0)
		return explain(why, FAULT_MALFORMED, "no token where one must stand");
	if (sip_scan_char(&left, '/')) {
		second = sip_scan_run(&left, SIP_SCAN_TOKEN);
		if (second.left == 0)
			return explain(why, FAULT_MALFORMED, "media type without its second half");
	}
	if (!sip_parameters_well_formed(left))
		return explain(why, FAULT_MALFORMED, "parameters are broken");
	read->token = bytes_part(whole, 0, whole.left - left.left);
	read->parameters = left;
	return FAULT_NONE;
}

/* Where a value that begins at left ends: its comma or the end. An open quote runs to the end. */
static size_t
value_size(struct bytes left)
{
	bool bracket = false;
	size_t i = 0;

	if (memchr(left.at, ',', left.left) == NULL)
		return left.left;
	while (i < left.left) {
		uint8_t c = left.at[i];

		if (c == '"' && !bracket) {
			struct bytes rest = bytes_part(left, i, left.left), inner;

			if (!sip_scan_quoted(&rest, &inner))
				return left.left;
			i = left.left - rest.left;
			continue;
		}
		if (c == ',' && !bracket)
			break;
		if (c == '<' || c == '>')
			bracket = c == '<';
		i++;
	}
	return i;
}

bool
sip_list_take(struct bytes *list, struct bytes *value)
{
	size_t size;

	if (list->left == 0)
		return false;
	size = value_size(*list);
	*value = bytes_trim(bytes_part(*list, 0, size));
	/* A comma at the very end has an empty value behind it, which nobody needs to see. */
	*list = bytes_part(*list, size + 1, list->left);
	return true;
}
