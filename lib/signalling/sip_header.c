/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_header.h"

#include <string.h>

#include "signalling/sip_limits.h"
#include "signalling/sip_scan.h"

static const struct {
	const char *name, *compact;
} names[SIP_HEADERS] = {
    [SIP_HEADER_OTHER] = {"", NULL},
    [SIP_HEADER_ACCEPT] = {"Accept", NULL},
    [SIP_HEADER_ALERT_INFO] = {"Alert-Info", NULL},
    [SIP_HEADER_ALLOW] = {"Allow", NULL},
    [SIP_HEADER_ALLOW_EVENTS] = {"Allow-Events", "u"},
    [SIP_HEADER_AUTHENTICATION_INFO] = {"Authentication-Info", NULL},
    [SIP_HEADER_AUTHORIZATION] = {"Authorization", NULL},
    [SIP_HEADER_CALL_ID] = {"Call-ID", "i"},
    [SIP_HEADER_CALL_INFO] = {"Call-Info", NULL},
    [SIP_HEADER_CONTACT] = {"Contact", "m"},
    [SIP_HEADER_CONTENT_DISPOSITION] = {"Content-Disposition", NULL},
    [SIP_HEADER_CONTENT_ENCODING] = {"Content-Encoding", "e"},
    [SIP_HEADER_CONTENT_ID] = {"Content-ID", NULL},
    [SIP_HEADER_CONTENT_LENGTH] = {"Content-Length", "l"},
    [SIP_HEADER_CONTENT_TYPE] = {"Content-Type", "c"},
    [SIP_HEADER_CSEQ] = {"CSeq", NULL},
    [SIP_HEADER_DATE] = {"Date", NULL},
    [SIP_HEADER_DIVERSION] = {"Diversion", NULL},
    [SIP_HEADER_EVENT] = {"Event", "o"},
    [SIP_HEADER_EXPIRES] = {"Expires", NULL},
    [SIP_HEADER_FROM] = {"From", "f"},
    [SIP_HEADER_JOIN] = {"Join", NULL},
    [SIP_HEADER_MAX_FORWARDS] = {"Max-Forwards", NULL},
    [SIP_HEADER_MIME_VERSION] = {"MIME-Version", NULL},
    [SIP_HEADER_MIN_EXPIRES] = {"Min-Expires", NULL},
    [SIP_HEADER_MIN_SE] = {"Min-SE", NULL},
    [SIP_HEADER_P_ASSERTED_IDENTITY] = {"P-Asserted-Identity", NULL},
    [SIP_HEADER_PATH] = {"Path", NULL},
    [SIP_HEADER_PROXY_AUTHENTICATE] = {"Proxy-Authenticate", NULL},
    [SIP_HEADER_PROXY_AUTHORIZATION] = {"Proxy-Authorization", NULL},
    [SIP_HEADER_PROXY_REQUIRE] = {"Proxy-Require", NULL},
    [SIP_HEADER_RACK] = {"RAck", NULL},
    [SIP_HEADER_REASON] = {"Reason", NULL},
    [SIP_HEADER_RECORD_ROUTE] = {"Record-Route", NULL},
    [SIP_HEADER_REFER_TO] = {"Refer-To", "r"},
    [SIP_HEADER_REFERRED_BY] = {"Referred-By", "b"},
    [SIP_HEADER_REMOTE_PARTY_ID] = {"Remote-Party-ID", NULL},
    [SIP_HEADER_REPLACES] = {"Replaces", NULL},
    [SIP_HEADER_REQUIRE] = {"Require", NULL},
    [SIP_HEADER_RETRY_AFTER] = {"Retry-After", NULL},
    [SIP_HEADER_ROUTE] = {"Route", NULL},
    [SIP_HEADER_RSEQ] = {"RSeq", NULL},
    [SIP_HEADER_SERVER] = {"Server", NULL},
    [SIP_HEADER_SESSION_EXPIRES] = {"Session-Expires", "x"},
    [SIP_HEADER_SUBJECT] = {"Subject", "s"},
    [SIP_HEADER_SUBSCRIPTION_STATE] = {"Subscription-State", NULL},
    [SIP_HEADER_SUPPORTED] = {"Supported", "k"},
    [SIP_HEADER_TIMESTAMP] = {"Timestamp", NULL},
    [SIP_HEADER_TO] = {"To", "t"},
    [SIP_HEADER_UNSUPPORTED] = {"Unsupported", NULL},
    [SIP_HEADER_USER_AGENT] = {"User-Agent", NULL},
    [SIP_HEADER_VIA] = {"Via", "v"},
    [SIP_HEADER_WARNING] = {"Warning", NULL},
    [SIP_HEADER_WWW_AUTHENTICATE] = {"WWW-Authenticate", NULL},
};

/*
 * Where a name stands in slots: from its first, middle and last letter and its length. The
 * factors were searched so that no two names share a slot (the unit test looks up every name, and
 * the compiler warns about a slot given twice).
 */
#define SLOT(first, middle, last, length)                                                          \
	((((first)*25) + ((middle)*86) + ((last)*68) + ((length)*57)) & 255)

/* clang-format off */
static const uint8_t slots[256] = {
	[SLOT('a', 'e', 't', 6)] = SIP_HEADER_ACCEPT,
	[SLOT('a', '-', 'o', 10)] = SIP_HEADER_ALERT_INFO,
	[SLOT('a', 'l', 'w', 5)] = SIP_HEADER_ALLOW,
	[SLOT('a', 'e', 's', 12)] = SIP_HEADER_ALLOW_EVENTS,
	[SLOT('u', 'u', 'u', 1)] = SIP_HEADER_ALLOW_EVENTS,
	[SLOT('a', 'a', 'o', 19)] = SIP_HEADER_AUTHENTICATION_INFO,
	[SLOT('a', 'i', 'n', 13)] = SIP_HEADER_AUTHORIZATION,
	[SLOT('c', 'l', 'd', 7)] = SIP_HEADER_CALL_ID,
	[SLOT('i', 'i', 'i', 1)] = SIP_HEADER_CALL_ID,
	[SLOT('c', '-', 'o', 9)] = SIP_HEADER_CALL_INFO,
	[SLOT('c', 't', 't', 7)] = SIP_HEADER_CONTACT,
	[SLOT('m', 'm', 'm', 1)] = SIP_HEADER_CONTACT,
	[SLOT('c', 'i', 'n', 19)] = SIP_HEADER_CONTENT_DISPOSITION,
	[SLOT('c', 'e', 'g', 16)] = SIP_HEADER_CONTENT_ENCODING,
	[SLOT('e', 'e', 'e', 1)] = SIP_HEADER_CONTENT_ENCODING,
	[SLOT('c', 'n', 'd', 10)] = SIP_HEADER_CONTENT_ID,
	[SLOT('c', '-', 'h', 14)] = SIP_HEADER_CONTENT_LENGTH,
	[SLOT('l', 'l', 'l', 1)] = SIP_HEADER_CONTENT_LENGTH,
	[SLOT('c', 't', 'e', 12)] = SIP_HEADER_CONTENT_TYPE,
	[SLOT('c', 'c', 'c', 1)] = SIP_HEADER_CONTENT_TYPE,
	[SLOT('c', 'e', 'q', 4)] = SIP_HEADER_CSEQ,
	[SLOT('d', 't', 'e', 4)] = SIP_HEADER_DATE,
	[SLOT('d', 'r', 'n', 9)] = SIP_HEADER_DIVERSION,
	[SLOT('e', 'e', 't', 5)] = SIP_HEADER_EVENT,
	[SLOT('o', 'o', 'o', 1)] = SIP_HEADER_EVENT,
	[SLOT('e', 'i', 's', 7)] = SIP_HEADER_EXPIRES,
	[SLOT('f', 'o', 'm', 4)] = SIP_HEADER_FROM,
	[SLOT('f', 'f', 'f', 1)] = SIP_HEADER_FROM,
	[SLOT('j', 'i', 'n', 4)] = SIP_HEADER_JOIN,
	[SLOT('m', 'r', 's', 12)] = SIP_HEADER_MAX_FORWARDS,
	[SLOT('m', 'e', 'n', 12)] = SIP_HEADER_MIME_VERSION,
	[SLOT('m', 'x', 's', 11)] = SIP_HEADER_MIN_EXPIRES,
	[SLOT('m', '-', 'e', 6)] = SIP_HEADER_MIN_SE,
	[SLOT('p', 'd', 'y', 19)] = SIP_HEADER_P_ASSERTED_IDENTITY,
	[SLOT('p', 't', 'h', 4)] = SIP_HEADER_PATH,
	[SLOT('p', 'h', 'e', 18)] = SIP_HEADER_PROXY_AUTHENTICATE,
	[SLOT('p', 'h', 'n', 19)] = SIP_HEADER_PROXY_AUTHORIZATION,
	[SLOT('p', 'r', 'e', 13)] = SIP_HEADER_PROXY_REQUIRE,
	[SLOT('r', 'c', 'k', 4)] = SIP_HEADER_RACK,
	[SLOT('r', 's', 'n', 6)] = SIP_HEADER_REASON,
	[SLOT('r', '-', 'e', 12)] = SIP_HEADER_RECORD_ROUTE,
	[SLOT('r', 'r', 'o', 8)] = SIP_HEADER_REFER_TO,
	[SLOT('r', 'r', 'r', 1)] = SIP_HEADER_REFER_TO,
	[SLOT('r', 'r', 'y', 11)] = SIP_HEADER_REFERRED_BY,
	[SLOT('b', 'b', 'b', 1)] = SIP_HEADER_REFERRED_BY,
	[SLOT('r', 'p', 'd', 15)] = SIP_HEADER_REMOTE_PARTY_ID,
	[SLOT('r', 'a', 's', 8)] = SIP_HEADER_REPLACES,
	[SLOT('r', 'u', 'e', 7)] = SIP_HEADER_REQUIRE,
	[SLOT('r', '-', 'r', 11)] = SIP_HEADER_RETRY_AFTER,
	[SLOT('r', 'u', 'e', 5)] = SIP_HEADER_ROUTE,
	[SLOT('r', 'e', 'q', 4)] = SIP_HEADER_RSEQ,
	[SLOT('s', 'v', 'r', 6)] = SIP_HEADER_SERVER,
	[SLOT('s', '-', 's', 15)] = SIP_HEADER_SESSION_EXPIRES,
	[SLOT('x', 'x', 'x', 1)] = SIP_HEADER_SESSION_EXPIRES,
	[SLOT('s', 'j', 't', 7)] = SIP_HEADER_SUBJECT,
	[SLOT('s', 's', 's', 1)] = SIP_HEADER_SUBJECT,
	[SLOT('s', 'i', 'e', 18)] = SIP_HEADER_SUBSCRIPTION_STATE,
	[SLOT('s', 'o', 'd', 9)] = SIP_HEADER_SUPPORTED,
	[SLOT('k', 'k', 'k', 1)] = SIP_HEADER_SUPPORTED,
	[SLOT('t', 's', 'p', 9)] = SIP_HEADER_TIMESTAMP,
	[SLOT('t', 'o', 'o', 2)] = SIP_HEADER_TO,
	[SLOT('t', 't', 't', 1)] = SIP_HEADER_TO,
	[SLOT('u', 'p', 'd', 11)] = SIP_HEADER_UNSUPPORTED,
	[SLOT('u', 'a', 't', 10)] = SIP_HEADER_USER_AGENT,
	[SLOT('v', 'i', 'a', 3)] = SIP_HEADER_VIA,
	[SLOT('v', 'v', 'v', 1)] = SIP_HEADER_VIA,
	[SLOT('w', 'n', 'g', 7)] = SIP_HEADER_WARNING,
	[SLOT('w', 'e', 'e', 16)] = SIP_HEADER_WWW_AUTHENTICATE,
};
/* clang-format on */

const char *
sip_header_name(enum sip_header_id id)
{
	return (unsigned)id < SIP_HEADERS ? names[id].name : "";
}

enum sip_header_id
sip_header_id_of(struct bytes name)
{
	enum sip_header_id id;

	if (name.left == 0)
		return SIP_HEADER_OTHER;
	id = (enum sip_header_id)
	    slots[SLOT(sip_scan_lower(name.at[0]), sip_scan_lower(name.at[name.left / 2]),
		sip_scan_lower(name.at[name.left - 1]), name.left)];
	if (id == SIP_HEADER_OTHER || bytes_equal_text_nocase(name, names[id].name))
		return id;
	if (names[id].compact != NULL && bytes_equal_text_nocase(name, names[id].compact))
		return id;
	return SIP_HEADER_OTHER;
}

/* One header with its folds, without its line end. False: no line end left. */
static bool
take_header(struct bytes *from, struct bytes *line)
{
	struct bytes whole = *from, piece;
	size_t size = 0;

	do {
		if (!bytes_take_until(from, '\n', &piece))
			return false;
		size += piece.left + 1;
	} while (size > 2 && from->left > 0 && (from->at[0] == ' ' || from->at[0] == '\t') &&
		 size <= SIP_HEADER_LINE_MOST);
	size--;
	if (size > 0 && whole.at[size - 1] == '\r')
		size--;
	*line = bytes_part(whole, 0, size);
	return true;
}

/* A CR that no LF follows: some readers would take it for a line end. */
static bool
has_stray_cr(struct bytes value)
{
	const uint8_t *found;

	while (value.left > 0 && (found = memchr(value.at, '\r', value.left)) != NULL) {
		value = bytes_part(value, (size_t)(found - value.at) + 1, value.left);
		if (value.left == 0 || value.at[0] != '\n')
			return true;
	}
	return false;
}

static void
read_row(struct bytes line, struct sip_header *row)
{
	struct bytes rest = line;

	row->name = sip_scan_run(&rest, SIP_SCAN_TOKEN);
	row->next = 0;
	row->broken = false;
	if (row->name.left == 0 || !sip_scan_separator(&rest, ':') || has_stray_cr(rest)) {
		row->id = SIP_HEADER_OTHER;
		row->broken = true;
		row->name = bytes_of(NULL, 0);
		row->value = line;
		return;
	}
	row->id = sip_header_id_of(row->name);
	row->value = bytes_trim(rest);
}

enum fault
sip_header_table_read(struct bytes *from, struct sip_header_table *table, struct why *why)
{
	uint32_t last[SIP_HEADERS] = {0};
	struct bytes left = *from, line;

	table->count = 0;
	memset(table->first, 0, sizeof(table->first));
	for (;;) {
		struct sip_header *row;

		if (!take_header(&left, &line))
			return explain(
			    why, FAULT_MALFORMED, "header without the empty line that ends it");
		if (line.left == 0)
			break;
		if (line.left > SIP_HEADER_LINE_MOST)
			return explain(
			    why, FAULT_LIMIT, "header line over %d bytes", SIP_HEADER_LINE_MOST);
		if (table->count == table->room)
			return explain(why, FAULT_LIMIT, "more than %zu headers", table->room);
		row = &table->row[table->count++];
		read_row(line, row);
		if (row->id == SIP_HEADER_OTHER)
			continue;
		if (last[row->id] == 0)
			table->first[row->id] = (uint32_t)table->count;
		else
			table->row[last[row->id] - 1].next = (uint32_t)table->count;
		last[row->id] = (uint32_t)table->count;
	}
	*from = left;
	return FAULT_NONE;
}
