/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_validate.h"

#include <string.h>

#include "signalling/sip_scan.h"

static bool
answer_with(struct sip_verdict *verdict, unsigned status)
{
	verdict->judgement = SIP_ANSWER_WITH;
	verdict->status = status;
	return false;
}

/* These stand at most once (RFC 3261 7.3.1 and each header's grammar). */
static const enum sip_header_id single[] = {
    SIP_HEADER_CALL_ID,
    SIP_HEADER_CSEQ,
    SIP_HEADER_FROM,
    SIP_HEADER_TO,
    SIP_HEADER_CONTENT_LENGTH,
    SIP_HEADER_CONTENT_TYPE,
    SIP_HEADER_CONTENT_DISPOSITION,
    SIP_HEADER_CONTENT_ID,
    SIP_HEADER_DATE,
    SIP_HEADER_EVENT,
    SIP_HEADER_EXPIRES,
    SIP_HEADER_MAX_FORWARDS,
    SIP_HEADER_MIME_VERSION,
    SIP_HEADER_MIN_EXPIRES,
    SIP_HEADER_MIN_SE,
    SIP_HEADER_REFER_TO,
    SIP_HEADER_REFERRED_BY,
    SIP_HEADER_REPLACES,
    SIP_HEADER_RETRY_AFTER,
    SIP_HEADER_SESSION_EXPIRES,
    SIP_HEADER_SUBSCRIPTION_STATE,
};

static enum fault
check_lines(struct sip_message *message, struct why *why)
{
	for (size_t i = 0; i < message->headers.count; i++)
		if (message->headers.row[i].broken)
			return explain(why, FAULT_MALFORMED, "line %zu is not a header", i + 2);
	for (size_t i = 0; i < COUNT(single); i++) {
		const struct sip_header *header = sip_message_header(message, single[i]);

		if (header != NULL && header->next != 0)
			return explain(
			    why, FAULT_MALFORMED, "%s given twice", sip_header_name(single[i]));
	}
	return FAULT_NONE;
}

static enum fault
check_start(struct sip_message *message, struct why *why)
{
	enum fault fault;

	if (!message->request)
		return FAULT_NONE;
	if (!bytes_equal_text(message->version, "SIP/2.0"))
		return explain(why, FAULT_MALFORMED, "blanks behind the version");
	if ((fault = sip_uri_read(message->request_uri, &message->uri, why)) != FAULT_NONE)
		return explain_within(why, fault, "request URI: ");
	if (message->uri.headers.left > 0)
		return explain(why, FAULT_MALFORMED, "request URI: it may not carry headers");
	return FAULT_NONE;
}

static enum fault
check_via(struct sip_message *message, struct why *why)
{
	struct sip_values values;
	struct bytes value, next;

	sip_values_begin(message, SIP_HEADER_VIA, &values);
	if (!sip_values_next(&values, &value))
		return explain(why, FAULT_MALFORMED, "no Via");
	/* RFC 3261 8.1.3.3: such a response is somebody else's; nobody sends through us. */
	if (!message->request && sip_values_next(&values, &next))
		return explain(why, FAULT_UNEXPECTED, "a response to somebody else's request");
	return sip_via_read(value, &message->via, why);
}

static enum fault
check_party(
    struct sip_message *message, enum sip_header_id id, struct sip_address *party, struct why *why)
{
	const struct sip_header *header = sip_message_header(message, id);
	enum fault fault;

	if (header == NULL)
		return explain(why, FAULT_MALFORMED, "no %s", sip_header_name(id));
	if ((fault = sip_address_read(header->value, party, why)) != FAULT_NONE)
		return explain_within(why, fault, "%s: ", sip_header_name(id));
	if (party->star)
		return explain(why, FAULT_MALFORMED, "%s: * is no address", sip_header_name(id));
	return FAULT_NONE;
}

static enum fault
check_from_and_to(struct sip_message *message, struct why *why)
{
	enum fault fault = check_party(message, SIP_HEADER_FROM, &message->from, why);

	if (fault != FAULT_NONE)
		return fault;
	return check_party(message, SIP_HEADER_TO, &message->to, why);
}

static enum fault
check_call_id(struct sip_message *message, struct why *why)
{
	struct bytes value = sip_message_value(message, SIP_HEADER_CALL_ID);

	if (value.left == 0)
		return explain(why, FAULT_MALFORMED, "no Call-ID");
	if (value.left > SIP_CALL_ID_MOST)
		return explain(why, FAULT_LIMIT, "Call-ID over %d bytes", SIP_CALL_ID_MOST);
	if (!sip_scan_all(value, SIP_SCAN_WORD, false))
		return explain(why, FAULT_MALFORMED, "Call-ID holds a wrong character");
	message->call_id = value;
	return FAULT_NONE;
}

static enum fault
check_cseq(struct sip_message *message, struct why *why)
{
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_CSEQ);
	enum fault fault;

	if (header == NULL)
		return explain(why, FAULT_MALFORMED, "no CSeq");
	if ((fault = sip_cseq_read(header->value, &message->cseq, why)) != FAULT_NONE)
		return fault;
	if (!message->request)
		message->method = message->cseq.method;
	else if (!bytes_equal(message->cseq.method_name, message->method_name))
		return explain(why, FAULT_MALFORMED, "CSeq names another method than the request");
	return FAULT_NONE;
}

static enum fault
check_length(struct sip_message *message, struct why *why)
{
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_CONTENT_LENGTH);
	uint64_t length;

	if (header == NULL)
		return FAULT_NONE;
	if (!bytes_decimal(header->value, SIP_MESSAGE_MOST, &length))
		return explain(why, FAULT_MALFORMED, "Content-Length is not a number up to %d",
		    SIP_MESSAGE_MOST);
	if (length > message->body.left)
		return explain(why, FAULT_MALFORMED, "body shorter than Content-Length says");
	return FAULT_NONE;
}

static enum fault
check_content_type(struct sip_message *message, struct why *why)
{
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_CONTENT_TYPE);
	struct sip_token_value value;
	enum fault fault;

	if (header == NULL)
		return FAULT_NONE;
	if ((fault = sip_token_value_read(header->value, &value, why)) != FAULT_NONE)
		return explain_within(why, fault, "Content-Type: ");
	if (memchr(value.token.at, '/', value.token.left) == NULL)
		return explain(why, FAULT_MALFORMED, "Content-Type is no media type");
	return FAULT_NONE;
}

static enum fault
check_max_forwards(struct sip_message *message, struct why *why)
{
	uint32_t number;
	enum fault fault = sip_message_number(message, SIP_HEADER_MAX_FORWARDS, 70, &number, why);

	if (fault != FAULT_NONE)
		return fault;
	return number <= 255 ? FAULT_NONE
			     : explain(why, FAULT_MALFORMED, "Max-Forwards is over 255");
}

/* "Sat, 13 Nov 2010 23:29:00 GMT": always GMT (RFC 3261 20.17). */
static enum fault
check_date(struct sip_message *message, struct why *why)
{
	static const char shape[] = "Aaa, 00 Aaa 0000 00:00:00 GMT";
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_DATE);
	bool good = header == NULL || header->value.left == sizeof(shape) - 1;

	if (header == NULL)
		return FAULT_NONE;
	for (size_t i = 0; good && i < sizeof(shape) - 1; i++) {
		uint8_t c = header->value.at[i], lower = sip_scan_lower(c);

		if (shape[i] == 'A' || shape[i] == 'a')
			good = lower >= 'a' && lower <= 'z';
		else if (shape[i] == '0')
			good = c >= '0' && c <= '9';
		else
			good = c == (uint8_t)shape[i];
	}
	return good ? FAULT_NONE
		    : explain(why, FAULT_MALFORMED, "Date is not as RFC 3261 writes it, in GMT");
}

/* Lists of addresses that every element reads. */
static enum fault
check_addresses(struct sip_message *message, struct why *why)
{
	static const enum sip_header_id lists[] = {
	    SIP_HEADER_CONTACT, SIP_HEADER_ROUTE, SIP_HEADER_RECORD_ROUTE};
	struct sip_values values;
	struct sip_address address;
	struct bytes value;
	enum fault fault;

	for (size_t i = 0; i < COUNT(lists); i++) {
		sip_values_begin(message, lists[i], &values);
		while (sip_values_next(&values, &value)) {
			if ((fault = sip_address_read(value, &address, why)) != FAULT_NONE)
				return explain_within(
				    why, fault, "%s: ", sip_header_name(lists[i]));
			if (address.star && lists[i] != SIP_HEADER_CONTACT)
				return explain(why, FAULT_MALFORMED, "%s: * is no address",
				    sip_header_name(lists[i]));
		}
	}
	return FAULT_NONE;
}

static enum fault (*const checks[])(struct sip_message *, struct why *) = {
    check_lines,
    check_start,
    check_via,
    check_from_and_to,
    check_call_id,
    check_cseq,
    check_length,
    check_content_type,
    check_max_forwards,
    check_date,
    check_addresses,
};

/* May this message be answered at all? ACK and responses never are, nor what has no Via. */
static bool
is_answerable(const struct sip_message *message)
{
	return message->request && message->method != SIP_METHOD_ACK &&
	       sip_message_header(message, SIP_HEADER_VIA) != NULL;
}

bool
sip_validate(struct sip_message *message, struct sip_verdict *verdict)
{
	bool other = !bytes_equal_text(bytes_part(bytes_trim(message->version), 0, 7), "SIP/2.0");

	verdict->judgement = SIP_ACCEPTED;
	verdict->status = 0;
	verdict->why.text[0] = '\0';
	verdict->value[0] = '\0';
	verdict->header = SIP_HEADER_OTHER;
	if (other) {
		(void)!explain(&verdict->why, FAULT_MALFORMED, "only SIP/2.0 is spoken here");
		answer_with(verdict, 505);
	}
	for (size_t i = 0; verdict->judgement == SIP_ACCEPTED && i < COUNT(checks); i++)
		if (checks[i](message, &verdict->why) != FAULT_NONE)
			answer_with(verdict, 400);
	if (verdict->judgement != SIP_ACCEPTED && !is_answerable(message))
		verdict->judgement = SIP_DROPPED;
	return verdict->judgement == SIP_ACCEPTED;
}
