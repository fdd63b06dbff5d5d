/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_uri.h"

#include <string.h>

#include "signalling/sip_limits.h"
#include "signalling/sip_scan.h"

/* The view up to the first c; the rest stays, with c. All of it when there is no c. */
static struct bytes
take_before(struct bytes *from, char c)
{
	const uint8_t *found = from->left > 0 ? memchr(from->at, c, from->left) : NULL;
	size_t count = found != NULL ? (size_t)(found - from->at) : from->left;
	struct bytes before = bytes_part(*from, 0, count);

	*from = bytes_part(*from, count, from->left);
	return before;
}

static enum fault
read_userinfo(struct bytes userinfo, struct sip_uri *uri, struct why *why)
{
	uri->user = take_before(&userinfo, ':');
	if (uri->user.left == 0)
		return explain(why, FAULT_MALFORMED, "URI with an empty user before its @");
	if (!sip_scan_all(uri->user, SIP_SCAN_USER, true))
		return explain(why, FAULT_MALFORMED, "URI user part holds a wrong character");
	if (sip_scan_char(&userinfo, ':'))
		uri->password = userinfo;
	if (!sip_scan_all(uri->password, SIP_SCAN_PASSWORD, true))
		return explain(why, FAULT_MALFORMED, "URI password holds a wrong character");
	return FAULT_NONE;
}

/* "[2001:db8::1]" off the front; nothing when it is not closed or holds what no address holds. */
static struct bytes
take_bracketed(struct bytes *from)
{
	struct bytes trying = *from, inner = take_before(&trying, ']');

	if (trying.left == 0 || inner.left < 3)
		return bytes_of(NULL, 0);
	for (size_t i = 1; i < inner.left; i++)
		if (sip_scan_hex(inner.at[i]) < 0 && inner.at[i] != ':' && inner.at[i] != '.')
			return bytes_of(NULL, 0);
	*from = bytes_part(trying, 1, trying.left);
	return bytes_of(inner.at, inner.left + 1);
}

bool
sip_host_take(struct bytes *from, struct bytes *host, uint16_t *port)
{
	struct bytes trying = *from;
	uint64_t number = 0;

	if (trying.left > 0 && trying.at[0] == '[')
		*host = take_bracketed(&trying);
	else
		*host = sip_scan_run(&trying, SIP_SCAN_HOST);
	if (host->left == 0)
		return false;
	if (sip_scan_separator(&trying, ':')) {
		struct bytes digits = sip_scan_run(&trying, SIP_SCAN_HOST);

		if (!bytes_decimal(digits, UINT16_MAX, &number) || number == 0)
			return false;
	}
	*port = (uint16_t)number;
	*from = trying;
	return true;
}

static bool
has_parameter(struct bytes parameters, struct bytes name, struct bytes *value)
{
	while (sip_scan_char(&parameters, ';')) {
		struct bytes rest = take_before(&parameters, ';'), found = take_before(&rest, '=');

		if (!bytes_equal_nocase(found, name))
			continue;
		if (value != NULL)
			*value = bytes_part(rest, 1, rest.left);
		return true;
	}
	return false;
}

/* ";name[=value]" and so on; no name twice (RFC 3261 19.1.1). */
static enum fault
read_parameters(struct bytes parameters, struct why *why)
{
	struct bytes whole = parameters;
	unsigned count = 0;

	while (parameters.left > 0) {
		struct bytes before = bytes_part(whole, 0, whole.left - parameters.left), name,
			     value;

		if (!sip_scan_char(&parameters, ';'))
			return explain(why, FAULT_MALFORMED, "URI host is followed by nonsense");
		value = take_before(&parameters, ';');
		name = take_before(&value, '=');
		if (name.left == 0 || !sip_scan_all(name, SIP_SCAN_PARAMETER, true) ||
		    !sip_scan_all(bytes_part(value, 1, value.left), SIP_SCAN_PARAMETER, true))
			return explain(
			    why, FAULT_MALFORMED, "URI parameter holds a wrong character");
		if (++count > SIP_PARAMETERS_MOST)
			return explain(
			    why, FAULT_LIMIT, "more than %d URI parameters", SIP_PARAMETERS_MOST);
		if (has_parameter(before, name, NULL))
			return explain(why, FAULT_MALFORMED, "URI parameter given twice");
	}
	return FAULT_NONE;
}

/* What follows "sip:" or "sips:". */
static enum fault
read_sip(struct bytes rest, struct sip_uri *uri, struct why *why)
{
	struct bytes userinfo = rest, parameters;

	userinfo = take_before(&rest, '@');
	if (rest.left == 0) {
		rest = userinfo;
	} else {
		enum fault fault = read_userinfo(userinfo, uri, why);

		if (fault != FAULT_NONE)
			return fault;
		rest = bytes_part(rest, 1, rest.left);
	}
	if (!sip_host_take(&rest, &uri->host, &uri->port))
		return explain(why, FAULT_MALFORMED, "URI without a proper host or port");
	parameters = take_before(&rest, '?');
	uri->parameters = parameters;
	uri->headers = bytes_part(rest, 1, rest.left);
	if (rest.left == 1 || !sip_scan_all(uri->headers, SIP_SCAN_HEADER, true))
		return explain(why, FAULT_MALFORMED, "URI headers hold a wrong character");
	return read_parameters(parameters, why);
}

/* What follows "tel:". */
static enum fault
read_tel(struct bytes rest, struct sip_uri *uri, struct why *why)
{
	uri->user = take_before(&rest, ';');
	uri->parameters = rest;
	if (uri->user.left == 0 || !sip_scan_all(uri->user, SIP_SCAN_USER, true))
		return explain(why, FAULT_MALFORMED, "telephone URI without a proper number");
	return read_parameters(rest, why);
}

/* Of a URI we do not know: no blanks, brackets or controls. */
static enum fault
read_other(struct bytes rest, struct why *why)
{
	for (size_t i = 0; i < rest.left; i++)
		if (rest.at[i] <= ' ' || rest.at[i] >= 0x7f || strchr("<>\"", rest.at[i]) != NULL)
			return explain(why, FAULT_MALFORMED, "URI holds a wrong character");
	return FAULT_NONE;
}

static const struct {
	const char *name;
	enum sip_scheme scheme;
} schemes[] = {
    {"sip", SIP_SCHEME_SIP},
    {"sips", SIP_SCHEME_SIPS},
    {"tel", SIP_SCHEME_TEL},
};

static enum sip_scheme
scheme_of(struct bytes name)
{
	for (size_t i = 0; i < COUNT(schemes); i++)
		if (bytes_equal_text_nocase(name, schemes[i].name))
			return schemes[i].scheme;
	return SIP_SCHEME_OTHER;
}

enum fault
sip_uri_read(struct bytes text, struct sip_uri *uri, struct why *why)
{
	struct sip_uri read = {.text = text};
	struct bytes rest = text;
	enum fault fault;

	if (text.left > SIP_URI_MOST)
		return explain(why, FAULT_LIMIT, "URI of %zu bytes", text.left);
	read.scheme_name = sip_scan_run(&rest, SIP_SCAN_SCHEME);
	if (read.scheme_name.left == 0 || !sip_scan_char(&rest, ':'))
		return explain(why, FAULT_MALFORMED, "URI without a scheme");
	read.scheme = scheme_of(read.scheme_name);
	if (read.scheme == SIP_SCHEME_OTHER)
		fault = read_other(rest, why);
	else if (read.scheme == SIP_SCHEME_TEL)
		fault = read_tel(rest, &read, why);
	else
		fault = read_sip(rest, &read, why);
	if (fault == FAULT_NONE)
		*uri = read;
	return fault;
}

bool
sip_uri_parameter(const struct sip_uri *uri, const char *name, struct bytes *value)
{
	return has_parameter(uri->parameters, bytes_text(name), value);
}

/* One character, %XX undone. */
static uint8_t
take_unescaped(struct bytes *from)
{
	uint8_t c = from->at[0];
	size_t size = 1;

	if (c == '%' && from->left >= 3) {
		c = (uint8_t)(sip_scan_hex(from->at[1]) << 4 | sip_scan_hex(from->at[2]));
		size = 3;
	}
	*from = bytes_part(*from, size, from->left);
	return c;
}

static bool
equal_escaped(struct bytes a, struct bytes b, bool nocase)
{
	while (a.left > 0 && b.left > 0) {
		uint8_t x = take_unescaped(&a), y = take_unescaped(&b);

		if (x != y && (!nocase || sip_scan_lower(x) != sip_scan_lower(y)))
			return false;
	}
	return a.left == 0 && b.left == 0;
}

/* Parameters that count as different even when only one side has them (RFC 3261 19.1.4). */
static const char *const decisive[] = {"user", "ttl", "method", "maddr", "transport"};

static bool
is_decisive(struct bytes name)
{
	for (size_t i = 0; i < COUNT(decisive); i++)
		if (bytes_equal_text_nocase(name, decisive[i]))
			return true;
	return false;
}

static bool
parameters_agree(const struct sip_uri *a, const struct sip_uri *b)
{
	struct bytes left = a->parameters;
	unsigned count = 0;

	while (sip_scan_char(&left, ';') && count++ < SIP_PARAMETERS_MOST) {
		struct bytes value = take_before(&left, ';'), name = take_before(&value, '='),
			     other;

		if (has_parameter(b->parameters, name, &other)) {
			if (!equal_escaped(bytes_part(value, 1, value.left), other, true))
				return false;
		} else if (is_decisive(name)) {
			return false;
		}
	}
	return true;
}

bool
sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	if (a->scheme == SIP_SCHEME_OTHER)
		return bytes_equal(a->text, b->text);
	return equal_escaped(a->user, b->user, false) &&
	       equal_escaped(a->password, b->password, false) &&
	       bytes_equal_nocase(a->host, b->host) && a->port == b->port &&
	       equal_escaped(a->headers, b->headers, true) && parameters_agree(a, b) &&
	       parameters_agree(b, a);
}

bool
sip_uri_user_text(const struct sip_uri *uri, char *text, size_t room)
{
	struct bytes left = uri->user;
	size_t size = 0;

	while (left.left > 0) {
		uint8_t c = take_unescaped(&left);

		if (size + 1 >= room || c < ' ' || c == 0x7f)
			return false;
		text[size++] = (char)c;
	}
	if (room == 0)
		return false;
	text[size] = '\0';
	return true;
}
