/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_header.h - header names, their compact forms, and the table one pass over
 * the bytes fills.
 */
#ifndef SIGNALLING_SIP_HEADER_H
#define SIGNALLING_SIP_HEADER_H

#include "base/bytes.h"
#include "base/fault.h"

enum sip_header_id {
	SIP_HEADER_OTHER, /* some name we do not know; look at the name */
	SIP_HEADER_ACCEPT,
	SIP_HEADER_ALERT_INFO,
	SIP_HEADER_ALLOW,
	SIP_HEADER_ALLOW_EVENTS,
	SIP_HEADER_AUTHENTICATION_INFO,
	SIP_HEADER_AUTHORIZATION,
	SIP_HEADER_CALL_ID,
	SIP_HEADER_CALL_INFO,
	SIP_HEADER_CONTACT,
	SIP_HEADER_CONTENT_DISPOSITION,
	SIP_HEADER_CONTENT_ENCODING,
	SIP_HEADER_CONTENT_ID,
	SIP_HEADER_CONTENT_LENGTH,
	SIP_HEADER_CONTENT_TYPE,
	SIP_HEADER_CSEQ,
	SIP_HEADER_DATE,
	SIP_HEADER_DIVERSION,
	SIP_HEADER_EVENT,
	SIP_HEADER_EXPIRES,
	SIP_HEADER_FROM,
	SIP_HEADER_JOIN,
	SIP_HEADER_MAX_FORWARDS,
	SIP_HEADER_MIME_VERSION,
	SIP_HEADER_MIN_EXPIRES,
	SIP_HEADER_MIN_SE,
	SIP_HEADER_P_ASSERTED_IDENTITY,
	SIP_HEADER_PATH,
	SIP_HEADER_PROXY_AUTHENTICATE,
	SIP_HEADER_PROXY_AUTHORIZATION,
	SIP_HEADER_PROXY_REQUIRE,
	SIP_HEADER_RACK,
	SIP_HEADER_REASON,
	SIP_HEADER_RECORD_ROUTE,
	SIP_HEADER_REFER_TO,
	SIP_HEADER_REFERRED_BY,
	SIP_HEADER_REMOTE_PARTY_ID,
	SIP_HEADER_REPLACES,
	SIP_HEADER_REQUIRE,
	SIP_HEADER_RETRY_AFTER,
	SIP_HEADER_ROUTE,
	SIP_HEADER_RSEQ,
	SIP_HEADER_SERVER,
	SIP_HEADER_SESSION_EXPIRES,
	SIP_HEADER_SUBJECT,
	SIP_HEADER_SUBSCRIPTION_STATE,
	SIP_HEADER_SUPPORTED,
	SIP_HEADER_TIMESTAMP,
	SIP_HEADER_TO,
	SIP_HEADER_UNSUPPORTED,
	SIP_HEADER_USER_AGENT,
	SIP_HEADER_VIA,
	SIP_HEADER_WARNING,
	SIP_HEADER_WWW_AUTHENTICATE,
	SIP_HEADERS
};

/* "Call-ID"; "" for SIP_HEADER_OTHER. */
const char *sip_header_name(enum sip_header_id id);
/* Long or compact, without case. */
enum sip_header_id sip_header_id_of(struct bytes name);

struct sip_header {
	enum sip_header_id id;
	uint32_t next; /* index + 1 of the next with this id (not kept for OTHER); 0: the last */
	struct bytes name;
	struct bytes value; /* trimmed; folds still inside */
	bool broken;        /* no ':' or no name: value holds the whole line */
};

struct sip_header_table {
	struct sip_header *row;
	size_t room, count;
	uint32_t first[SIP_HEADERS]; /* index + 1; 0: absent */
};

/*
 * Takes header lines off *from up to and with the empty line. Bare LF ends a line too (and is
 * read as RFC 3261 never wrote it, but phones do). FAULT_LIMIT: more rows than room or a
 * line too long; FAULT_MALFORMED: the empty line is missing.
 */
enum fault sip_header_table_read(
    struct bytes *from, struct sip_header_table *table, struct why *why) MUST_CHECK;
#endif
