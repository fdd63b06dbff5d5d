/* SPDX-License-Identifier: Apache-2.0 */
/* Taking key material out of SDP, and out of anything that is to be logged. */
#include "signalling/sdp_crypto.h"
#include "signalling/sip_scan.h"

static bool
begins_nocase(struct bytes line, const char *prefix)
{
	struct bytes expected = bytes_text(prefix);

	return bytes_equal_nocase(bytes_part(line, 0, expected.left), expected);
}

/* Lines that are nothing but keys. Blanks around '=' and names in any case count as well. */
static bool
is_key_line(struct bytes line)
{
	struct bytes rest = line;

	(void)bytes_skip_any(&rest, " \t");
	if (begins_nocase(rest, "k="))
		return true;
	if (rest.left == 0 || sip_scan_lower(rest.at[0]) != 'a')
		return false;
	rest = bytes_part(rest, 1, rest.left);
	if (!sip_scan_separator(&rest, '='))
		return false;
	return begins_nocase(rest, "crypto") || begins_nocase(rest, "key-mgmt");
}

/* A line without its end; a bare CR ends one too. *end: what ended it. */
static struct bytes
take_line(struct bytes *from, struct bytes *end)
{
	size_t count = 0, size;
	struct bytes line;

	while (count < from->left && from->at[count] != '\n' && from->at[count] != '\r')
		count++;
	line = bytes_part(*from, 0, count);
	*from = bytes_part(*from, count, from->left);
	size = from->left > 1 && from->at[0] == '\r' && from->at[1] == '\n' ? 2 : 1;
	*end = bytes_part(*from, 0, size);
	*from = bytes_part(*from, size, from->left);
	return line;
}

bool
sdp_has_keys(struct bytes sdp)
{
	struct bytes end;

	while (sdp.left > 0)
		if (is_key_line(take_line(&sdp, &end)))
			return true;
	return false;
}

static bool
is_media_line(struct bytes line)
{
	return begins_nocase(line, "m=");
}

/* "m=audio 20000 RTP/SAVP 0" becomes "m=audio 20000 RTP/AVP 0". */
static void
put_media_line(struct buffer *out, struct bytes line)
{
	size_t at;

	if (bytes_find(line, bytes_text(" RTP/SAVP"), &at)) {
		buffer_bytes(out, bytes_part(line, 0, at));
		buffer_text(out, " RTP/AVP");
		line = bytes_part(line, at + 9, line.left);
	}
	buffer_bytes(out, line);
}

enum fault
sdp_strip_keys(struct bytes sdp, struct buffer *out, struct why *why)
{
	struct bytes line, end;

	while (sdp.left > 0) {
		line = take_line(&sdp, &end);
		if (is_key_line(line))
			continue;
		if (is_media_line(line))
			put_media_line(out, line);
		else
			buffer_bytes(out, line);
		buffer_bytes(out, end);
	}
	if (!buffer_ok(out))
		return explain(why, FAULT_LIMIT, "session description too large");
	/* Believe it only when looked at again. */
	if (sdp_has_keys(buffer_bytes_of(out)))
		return explain(why, FAULT_MALFORMED, "keys could not be taken out");
	return FAULT_NONE;
}

/* A line in which what follows each "inline:" up to a blank is masked. */
static void
put_masked(struct buffer *out, struct bytes line)
{
	static const char word[] = "inline:";
	size_t i = 0;

	while (i < line.left) {
		if (!begins_nocase(bytes_part(line, i, line.left), word)) {
			buffer_u8(out, line.at[i++]);
			continue;
		}
		buffer_text(out, "inline:***");
		i += sizeof(word) - 1;
		while (i < line.left && line.at[i] != ' ' && line.at[i] != '\t')
			i++;
	}
}

void
sdp_mask_keys(struct bytes text, struct buffer *out)
{
	struct bytes line, end;

	while (text.left > 0) {
		line = take_line(&text, &end);
		if (is_key_line(line)) {
			struct bytes rest = line, shown;

			/* As much as says what it is: "a=crypto:1 SUITE inline:***", "k=***". */
			if (begins_nocase(line, "a=crypto"))
				put_masked(out, line);
			else if (bytes_take_until(&rest, '=', &shown)) {
				buffer_bytes(out, shown);
				buffer_text(out, "=***");
			}
		} else {
			put_masked(out, line);
		}
		buffer_bytes(out, end);
	}
}
