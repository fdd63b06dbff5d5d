/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signalling/sip_scan.h"

/* The first complaint stays. */
static void
spoil(struct why *why, const char *sentence, const char *name)
{
	if (why->text[0] == '\0')
		(void)!explain(why, FAULT_MALFORMED, "%s%s", name, sentence);
}

/*
 * A value with its folds undone: CR LF and blanks become one blank. Any other CR or LF could
 * begin a header of its own somewhere, so it spoils. (A NUL may stand in a quoted string.)
 */
static void
put_value(struct buffer *out, struct why *why, const char *name, struct bytes value)
{
	value = bytes_trim(value);
	while (value.left > 0) {
		size_t count = 0;

		while (count < value.left && value.at[count] != '\r' && value.at[count] != '\n')
			count++;
		buffer_bytes(out, bytes_part(value, 0, count));
		value = bytes_part(value, count, value.left);
		if (value.left == 0)
			break;
		(void)!sip_scan_char(&value, '\r');
		if (!sip_scan_char(&value, '\n') || value.left == 0 ||
		    (value.at[0] != ' ' && value.at[0] != '\t')) {
			spoil(why, " holds a line end", name);
			return;
		}
		sip_scan_blanks(&value);
		buffer_u8(out, ' ');
	}
}

static void
put_line(struct buffer *out, struct why *why, const char *name, struct bytes value)
{
	if (name[0] == '\0' || !sip_scan_all(bytes_text(name), SIP_SCAN_TOKEN, false)) {
		spoil(why, "a header name is no token", "");
		return;
	}
	buffer_text(out, name);
	buffer_text(out, ": ");
	put_value(out, why, name, value);
	buffer_text(out, "\r\n");
}

static void PRINTF_LIKE(4, 0) put_formatted(
    struct buffer *out, struct why *why, const char *name, const char *format, va_list arguments)
{
	char *text = NULL;
	int size = vasprintf(&text, format, arguments);

	if (size < 0) {
		spoil(why, ": no memory", name);
		return;
	}
	put_line(out, why, name, bytes_of(text, (size_t)size));
	free(text);
}

static void
begin(struct sip_builder *builder)
{
	buffer_init(&builder->out, SIP_MESSAGE_MOST);
	builder->why.text[0] = '\0';
}

void
sip_builder_request(struct sip_builder *builder, const char *method, struct bytes uri)
{
	begin(builder);
	if (method[0] == '\0' || !sip_scan_all(bytes_text(method), SIP_SCAN_TOKEN, false))
		spoil(&builder->why, "the method is no token", "");
	if (uri.left == 0 || memchr(uri.at, ' ', uri.left) != NULL)
		spoil(&builder->why, "the request URI is empty or holds a blank", "");
	buffer_text(&builder->out, method);
	buffer_u8(&builder->out, ' ');
	put_value(&builder->out, &builder->why, "request URI", uri);
	buffer_text(&builder->out, " SIP/2.0\r\n");
}

static void
copy_to(struct sip_builder *builder, const struct sip_message *request, const char *to_tag)
{
	struct bytes value = sip_message_value(request, SIP_HEADER_TO);
	struct sip_address to;
	bool has_tag = sip_address_read(value, &to, NULL) == FAULT_NONE && to.tag.left > 0;

	if (sip_message_header(request, SIP_HEADER_TO) == NULL)
		return;
	if (has_tag || to_tag == NULL || to_tag[0] == '\0') {
		sip_builder_value(builder, SIP_HEADER_TO, value);
		return;
	}
	buffer_text(&builder->out, "To: ");
	put_value(&builder->out, &builder->why, "To", value);
	buffer_text(&builder->out, ";tag=");
	put_value(&builder->out, &builder->why, "To tag", bytes_text(to_tag));
	buffer_text(&builder->out, "\r\n");
}

/* The topmost Via, with where the request really came from (RFC 3261 18.2.1, RFC 3581 4). */
static void
put_top_via(struct sip_builder *builder, struct bytes value, const char *host, uint16_t port)
{
	struct sip_parameter parameter;
	struct sip_via via;
	struct bytes left;
	bool said = false, differs;

	if (host == NULL || sip_via_read(value, &via, NULL) != FAULT_NONE) {
		sip_builder_value(builder, SIP_HEADER_VIA, value);
		return;
	}
	differs = !bytes_equal_text(via.host, host);
	buffer_text(&builder->out, "Via: ");
	put_value(&builder->out, &builder->why, "Via",
	    bytes_part(via.text, 0, via.text.left - via.parameters.left));
	for (left = via.parameters; sip_parameter_next(&left, &parameter);) {
		bool rport = bytes_equal_text_nocase(parameter.name, "rport");

		if (bytes_equal_text_nocase(parameter.name, "received"))
			continue;
		buffer_u8(&builder->out, ';');
		buffer_bytes(&builder->out, parameter.name);
		if (rport) {
			buffer_format(&builder->out, "=%u", port);
			said = true;
		} else if (parameter.value.left > 0 || parameter.quoted) {
			buffer_text(&builder->out, parameter.quoted ? "=\"" : "=");
			put_value(&builder->out, &builder->why, "Via", parameter.value);
			buffer_text(&builder->out, parameter.quoted ? "\"" : "");
		}
	}
	if (differs || said)
		buffer_format(&builder->out, ";received=%s", host);
	buffer_text(&builder->out, "\r\n");
}

static void
copy_via(
    struct sip_builder *builder, const struct sip_message *request, const char *host, uint16_t port)
{
	struct sip_values values;
	struct bytes value;
	bool top = true;

	sip_values_begin(request, SIP_HEADER_VIA, &values);
	while (sip_values_next(&values, &value)) {
		if (top)
			put_top_via(builder, value, host, port);
		else if (value.left > 0)
			sip_builder_value(builder, SIP_HEADER_VIA, value);
		top = false;
	}
}

void
sip_builder_response_to(struct sip_builder *builder, const struct sip_message *request,
    const char *from_host, uint16_t from_port, unsigned status, const char *reason,
    const char *to_tag)
{
	bool dialog = request->method == SIP_METHOD_INVITE ||
		      request->method == SIP_METHOD_SUBSCRIBE ||
		      request->method == SIP_METHOD_REFER;

	begin(builder);
	if (status < 100 || status > 699)
		spoil(&builder->why, "a status is 100 to 699", "");
	buffer_format(&builder->out, "SIP/2.0 %03u ", status);
	put_value(&builder->out, &builder->why, "reason phrase",
	    bytes_text(reason != NULL ? reason : sip_reason_phrase(status)));
	buffer_text(&builder->out, "\r\n");
	copy_via(builder, request, from_host, from_port);
	sip_builder_copy(builder, request, SIP_HEADER_FROM);
	copy_to(builder, request, status > 100 ? to_tag : "");
	sip_builder_copy(builder, request, SIP_HEADER_CALL_ID);
	sip_builder_copy(builder, request, SIP_HEADER_CSEQ);
	if (status == 100)
		sip_builder_copy(builder, request, SIP_HEADER_TIMESTAMP);
	if (dialog && status > 100 && status < 300)
		sip_builder_copy(builder, request, SIP_HEADER_RECORD_ROUTE);
}

void
sip_builder_response(struct sip_builder *builder, const struct sip_message *request,
    unsigned status, const char *reason, const char *to_tag)
{
	sip_builder_response_to(builder, request, NULL, 0, status, reason, to_tag);
}

void
sip_builder_header(struct sip_builder *builder, enum sip_header_id id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_formatted(&builder->out, &builder->why, sip_header_name(id), format, arguments);
	va_end(arguments);
}

void
sip_builder_named(struct sip_builder *builder, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_formatted(&builder->out, &builder->why, name, format, arguments);
	va_end(arguments);
}

void
sip_builder_value(struct sip_builder *builder, enum sip_header_id id, struct bytes value)
{
	put_line(&builder->out, &builder->why, sip_header_name(id), value);
}

void
sip_builder_copy(struct sip_builder *builder, const struct sip_message *from, enum sip_header_id id)
{
	const struct sip_header *header = sip_message_header(from, id);

	for (; header != NULL; header = sip_message_next(from, header))
		sip_builder_value(builder, id, header->value);
}

enum fault
sip_builder_finish(struct sip_builder *builder, const char *content_type, struct bytes body,
    struct bytes *message, struct why *why)
{
	if (content_type != NULL)
		put_line(&builder->out, &builder->why, "Content-Type", bytes_text(content_type));
	buffer_format(&builder->out, "Content-Length: %zu\r\n\r\n", body.left);
	buffer_bytes(&builder->out, body);
	if (builder->why.text[0] != '\0')
		return explain(
		    why, FAULT_MALFORMED, "cannot write this message: %s", builder->why.text);
	if (!buffer_ok(&builder->out))
		return explain(why, FAULT_LIMIT, "message over %d bytes", SIP_MESSAGE_MOST);
	*message = buffer_bytes_of(&builder->out);
	return FAULT_NONE;
}

void
sip_builder_free(struct sip_builder *builder)
{
	buffer_wipe(&builder->out);
}

void
sip_extra_init(struct sip_extra *extra)
{
	buffer_init(&extra->headers, SIP_EXTRA_MOST);
	buffer_init(&extra->body, SIP_MESSAGE_MOST);
	extra->content_type[0] = '\0';
	extra->why.text[0] = '\0';
}

void
sip_extra_header(struct sip_extra *extra, enum sip_header_id id, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_formatted(&extra->headers, &extra->why, sip_header_name(id), format, arguments);
	va_end(arguments);
}

void
sip_extra_named(struct sip_extra *extra, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_formatted(&extra->headers, &extra->why, name, format, arguments);
	va_end(arguments);
}

void
sip_extra_body(struct sip_extra *extra, const char *content_type, struct bytes body)
{
	if (!bytes_copy_text(
		bytes_text(content_type), extra->content_type, sizeof(extra->content_type)))
		spoil(&extra->why, "the content type is too long", "");
	buffer_clear(&extra->body);
	buffer_bytes(&extra->body, body);
}

void
sip_extra_finish(struct sip_extra *extra)
{
	buffer_wipe(&extra->headers);
	buffer_wipe(&extra->body);
}

enum fault
sip_builder_finish_with(struct sip_builder *builder, const struct sip_extra *extra,
    struct bytes *message, struct why *why)
{
	if (extra == NULL)
		return sip_builder_finish(builder, NULL, bytes_of(NULL, 0), message, why);
	if (extra->why.text[0] != '\0')
		spoil(&builder->why, extra->why.text, "");
	if (!buffer_ok(&extra->headers) || !buffer_ok(&extra->body))
		spoil(&builder->why, "headers or body are too large", "");
	buffer_bytes(&builder->out, buffer_bytes_of(&extra->headers));
	return sip_builder_finish(builder,
	    extra->content_type[0] != '\0' ? extra->content_type : NULL,
	    buffer_bytes_of(&extra->body), message, why);
}

const char *
sip_quote(struct bytes text, char *quoted, size_t room)
{
	size_t size = 0;

	if (room < 3)
		return "";
	quoted[size++] = '"';
	for (size_t i = 0; i < text.left && size + 3 < room; i++) {
		uint8_t c = text.at[i];

		if (c < ' ' || c == 0x7f)
			continue;
		if (c == '"' || c == '\\')
			quoted[size++] = '\\';
		quoted[size++] = (char)c;
	}
	quoted[size++] = '"';
	quoted[size] = '\0';
	return quoted;
}
