/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/register_message.h"

#include <stdio.h>
#include <string.h>

#include "policy/device_name.h"

/* Parameters of Contact that name a phone (Cisco, RFC 5626). */
#define DEVICE_PARAMETER   "+u.sip!devicename.ccm.cisco.com"
#define INSTANCE_PARAMETER "+sip.instance"

/* <urn:uuid:00000000-0000-0000-0000-001122334455>: the MAC is the last group. */
static const char instance_start[] = "<urn:uuid:00000000-0000-0000-0000-";

static bool
device_of_instance(struct bytes instance, struct device_name *device)
{
	size_t start = bytes_text(instance_start).left;
	struct bytes prefix = bytes_part(instance, 0, start);
	struct bytes mac = bytes_part(instance, start, MAC_SIZE * 2);

	return bytes_equal_text_nocase(prefix, instance_start) &&
	       instance.left == start + MAC_SIZE * 2 + 1 && instance.at[instance.left - 1] == '>' &&
	       device_name_from_mac(mac, device, NULL) == FAULT_NONE;
}

/* Both parameters may stand there; then they must mean the same device. */
static enum fault
read_device(const struct sip_address *contact, struct register_message *read, struct why *why)
{
	struct bytes name = bytes_of(NULL, 0), instance;
	struct device_name device;
	bool named = sip_parameter(contact->parameters, DEVICE_PARAMETER, &name);

	if (named && (name.left == 0 || !bytes_copy_text(name, read->device, sizeof(read->device))))
		return explain(why, FAULT_MALFORMED, "Device name is not usable");
	if (!sip_parameter(contact->parameters, INSTANCE_PARAMETER, &instance) ||
	    !device_of_instance(instance, &device))
		return FAULT_NONE;
	if (named && strcmp(read->device, device.text) != 0)
		return explain(why, FAULT_MALFORMED, "Instance and device name differ");
	snprintf(read->device, sizeof(read->device), "%s", device.text);
	return FAULT_NONE;
}

static enum fault
read_contact(struct bytes value, struct register_message *read, struct why *why)
{
	struct sip_address contact;
	struct bytes expires;
	enum fault fault;

	if ((fault = sip_address_read(value, &contact, why)))
		return fault;
	if (contact.star)
		return read->has_expires && read->expires_s == 0
			   ? FAULT_NONE
			   : explain(why, FAULT_MALFORMED, "Contact * needs Expires 0");
	if (contact.uri.scheme != SIP_SCHEME_SIP && contact.uri.scheme != SIP_SCHEME_SIPS)
		return explain(why, FAULT_MALFORMED, "Contact is not a SIP URI");
	if (!bytes_copy_text(contact.uri.text, read->contact, sizeof(read->contact)))
		return explain(why, FAULT_LIMIT, "Contact is too long");
	read->keep_alive = sip_parameter(contact.parameters, "cisco-keep-alive", NULL);
	if (sip_parameter(contact.parameters, "expires", &expires)) {
		if ((fault = sip_number_read(expires, &read->expires_s, why)))
			return fault;
		read->has_expires = true;
	}
	return read_device(&contact, read, why);
}

/* One phone registers one Contact; of several, those that begin to live count, the last wins. */
static enum fault
read_contacts(const struct sip_message *request, struct register_message *read, struct why *why)
{
	struct register_message base = *read;
	struct sip_values values;
	struct bytes value;
	enum fault fault;

	sip_values_begin(request, SIP_HEADER_CONTACT, &values);
	while (sip_values_next(&values, &value)) {
		struct register_message next = base;

		if ((fault = read_contact(value, &next, why)))
			return fault;
		if (read->contact[0] == '\0' || !next.has_expires || next.expires_s > 0)
			*read = next;
	}
	return FAULT_NONE;
}

static enum fault
read_expires(const struct sip_message *request, struct register_message *read, struct why *why)
{
	if (sip_message_header(request, SIP_HEADER_EXPIRES) == NULL)
		return FAULT_NONE;
	read->has_expires = true;
	return sip_message_number(request, SIP_HEADER_EXPIRES, 0, &read->expires_s, why);
}

/* Letters, digits and what numbers hold: a line that is nothing else is nobody's. */
static bool
is_line(const char *line)
{
	return line[0] != '\0' &&
	       strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789+-_.*#") == strlen(line);
}

enum fault
register_message_read(
    const struct sip_message *request, struct register_message *message, struct why *why)
{
	struct register_message read = {.cseq = request->cseq.number};
	enum fault fault;

	if (!sip_uri_user_text(&request->to.uri, read.line, sizeof(read.line)) ||
	    !is_line(read.line))
		return explain(why, FAULT_MALFORMED, "To names no line");
	if (!bytes_copy_text(request->call_id, read.call_id, sizeof(read.call_id)))
		return explain(why, FAULT_LIMIT, "Call-ID is too long");
	if (!bytes_copy_text(sip_message_value(request, SIP_HEADER_USER_AGENT), read.user_agent,
		sizeof(read.user_agent)))
		read.user_agent[0] = '\0';
	read.has_credentials = sip_message_header(request, SIP_HEADER_AUTHORIZATION) != NULL;
	if ((fault = read_expires(request, &read, why)) ||
	    (fault = read_contacts(request, &read, why)))
		return fault;
	*message = read;
	return FAULT_NONE;
}
