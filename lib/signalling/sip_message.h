/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_message.h - a SIP message as views into its bytes (RFC 3261 7).
 *
 *     struct sip_message message;                    about 13 KB: on the stack, or kept once
 *     struct sip_verdict verdict;
 *     if (sip_message_read(bytes, &message, &why) == FAULT_NONE &&
 *         sip_validate(&message, &verdict))          sip_validate.h; fills the fields below
 *             if (message.request && message.method == SIP_METHOD_REGISTER)
 *                     for (sip_values_begin(&message, SIP_HEADER_CONTACT, &values);
 *                          sip_values_next(&values, &value);)
 *                             sip_address_read(value, &contact, &why) ...
 *
 * Everything points into the input, which must outlive it.
 */
#ifndef SIGNALLING_SIP_MESSAGE_H
#define SIGNALLING_SIP_MESSAGE_H

#include "signalling/sip_header.h"
#include "signalling/sip_limits.h"
#include "signalling/sip_value.h"

struct sip_message {
	struct bytes whole;
	bool request;

	/* a request; method is also set for responses, from CSeq, once validated */
	enum sip_method method;
	struct bytes method_name;
	struct bytes request_uri; /* as it stands between the first and the last blank */

	/* a response */
	unsigned status;
	struct bytes reason;

	struct bytes version; /* "SIP/2.0" */
	struct bytes body; /* all that follows the empty line, or as long as Content-Length says */
	struct bytes rest; /* input behind the body (a datagram may be padded) */

	struct sip_header_table headers;
	struct sip_header rows[SIP_HEADERS_MOST];

	/* set by sip_validate() */
	struct sip_uri uri; /* of a request */
	struct sip_via via; /* the topmost */
	struct sip_address from, to;
	struct bytes call_id;
	struct sip_cseq cseq;
};

/*
 * Structure only: start line, header table, body. Refuses what nobody could even answer; whether
 * the rest is well is sip_validate()'s to say. Never move a sip_message that was read: copy
 * by reading again.
 */
enum fault sip_message_read(
    struct bytes input, struct sip_message *message, struct why *why) MUST_CHECK;

/* The first header of that id (or NULL), and the next of the same id. */
const struct sip_header *sip_message_header(
    const struct sip_message *message, enum sip_header_id id);
const struct sip_header *sip_message_next(
    const struct sip_message *message, const struct sip_header *header);
/* Headers we have no id for, by name; the first. */
const struct sip_header *sip_message_named(const struct sip_message *message, const char *name);
/* The value of the first; "" when absent. */
struct bytes sip_message_value(const struct sip_message *message, enum sip_header_id id);
/* A plain number: Expires, Max-Forwards, Min-SE ... absent gives otherwise. */
enum fault sip_message_number(const struct sip_message *message, enum sip_header_id id,
    uint32_t otherwise, uint32_t *number, struct why *why) MUST_CHECK;
/* Does a list header (Supported, Require, Allow ...) hold this word? Without case. */
bool sip_message_lists(const struct sip_message *message, enum sip_header_id id, const char *word);
/* Is the body of this media type ("application/sdp")? Without case; parameters do not matter. */
bool sip_message_content_is(const struct sip_message *message, const char *type);

/* All values of a list header, over all its lines, in order. */
struct sip_values {
	const struct sip_message *message;
	const struct sip_header *header;
	struct bytes left;
	size_t count; /* values given; ends at SIP_LIST_MOST */
};
void sip_values_begin(
    const struct sip_message *message, enum sip_header_id id, struct sip_values *values);
bool sip_values_next(struct sip_values *values, struct bytes *value);
#endif
