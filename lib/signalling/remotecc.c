/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/remotecc.h"

#include "signalling/multipart.h"

/*
 * An element of that name somewhere in a body we otherwise do not read: what hangs on it is only
 * which courtesies the 200 carries.
 */
static bool
mentions(struct bytes xml, const char *element)
{
	size_t at;

	return bytes_find(xml, bytes_text(element), &at);
}

static void
read_part(struct bytes type, struct bytes xml, struct remotecc_register *asked)
{
	if (!bytes_equal_text_nocase(type, REMOTECC_REQUEST_TYPE))
		return;
	asked->bulk = asked->bulk || mentions(xml, "<bulkregisterreq");
	asked->options = asked->options || mentions(xml, "<optionsindreq");
}

void
remotecc_register_read(const struct sip_message *request, struct remotecc_register *asked)
{
	struct sip_token_value value;
	struct multipart multipart;
	struct bytes boundary;

	*asked = (struct remotecc_register){0};
	if (request->body.left == 0 ||
	    sip_token_value_read(
		sip_message_value(request, SIP_HEADER_CONTENT_TYPE), &value, NULL) != FAULT_NONE)
		return;
	read_part(value.token, request->body, asked);
	if (!sip_parameter(value.parameters, "boundary", &boundary) ||
	    multipart_read(request->body, boundary, &multipart, NULL) != FAULT_NONE)
		return;
	for (size_t i = 0; i < multipart.parts; i++)
		read_part(multipart.part[i].type, multipart.part[i].content, asked);
}

void
remotecc_register_write(const struct remotecc_register *asked, struct buffer *body)
{
	buffer_text(body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			  "<x-cisco-remotecc-response>\n"
			  "<response>\n"
			  "<code>200</code>\n");
	/* What we can do of what there is: tell a phone about its calls' status. */
	if (asked->options)
		buffer_text(body, "<optionsind>\n"
				  "<combine max=\"1\">\n"
				  "<remotecc><status/></remotecc>\n"
				  "<service-control/>\n"
				  "</combine>\n"
				  "</optionsind>\n");
	buffer_text(body, "</response>\n"
			  "</x-cisco-remotecc-response>\n");
}

/* The word behind "Name=" in the text of an alarm. */
static void
find_word(struct bytes text, const char *name, struct bytes *word)
{
	struct bytes left = text;
	size_t at;

	if (!bytes_find(text, bytes_text(name), &at))
		return;
	left = bytes_part(text, at + bytes_text(name).left, text.left);
	if (!bytes_take_until(&left, ' ', word))
		*word = bytes_take_rest(&left);
}

bool
remotecc_alarm_read(struct bytes reason, struct remotecc_alarm *alarm)
{
	struct remotecc_alarm read = {0};
	struct sip_token_value value;
	struct bytes text, number;
	uint64_t count;

	if (sip_token_value_read(reason, &value, NULL) != FAULT_NONE ||
	    !sip_parameter(value.parameters, "text", &text) ||
	    !bytes_start_with(text, bytes_text("cisco-alarm:")))
		return false;
	text = bytes_part(text, 12, text.left);
	if (!bytes_take_until(&text, ' ', &number))
		number = bytes_take_rest(&text);
	if (!bytes_decimal(number, UINT32_MAX, &count))
		return false;
	read.number = (uint32_t)count;
	find_word(text, "Name=", &read.name);
	find_word(text, "InactiveLoad=", &read.inactive_load);
	find_word(text, "Last=", &read.last);
	/* "ActiveLoad=" also ends "InactiveLoad=", with a small a there. */
	find_word(text, "ActiveLoad=", &read.active_load);
	*alarm = read;
	return true;
}

enum remotecc_refer
remotecc_refer_kind(const struct sip_message *request)
{
	static const struct {
		const char *words;
		enum remotecc_refer kind;
	} targets[] = {
	    {"urn:x-cisco-remotecc:token-registration", REMOTECC_TOKEN},
	    {"urn:x-cisco-remotecc:alarm", REMOTECC_ALARM},
	    {"urn:x-cisco-remotecc:unsolicited", REMOTECC_ALARM},
	};
	struct bytes to = sip_message_value(request, SIP_HEADER_REFER_TO), content;
	size_t at;

	for (size_t i = 0; i < COUNT(targets); i++)
		if (bytes_find(to, bytes_text(targets[i].words), &at))
			return targets[i].kind;
	if (sip_message_part(request, "application/x-cisco-alarm+xml", &content, NULL) ==
	    FAULT_NONE)
		return REMOTECC_ALARM;
	if (sip_message_part(request, REMOTECC_REQUEST_TYPE, &content, NULL) == FAULT_NONE)
		return REMOTECC_REQUEST;
	return REMOTECC_NONE;
}
