/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/media_relay.h"

/* The profiles with and without SRTP that stand for each other (RFC 3711, 5124). */
static const struct {
	const char *secure, *clear;
} profiles[] = {
    {"RTP/SAVP", "RTP/AVP"},
    {"RTP/SAVPF", "RTP/AVPF"},
};

/* Words of attributes that carry a key; also misspelt ones, which a lenient phone might read. */
static const char *const key_words[] = {"crypto", "key-mgmt", "inline:"};

/* The description is read twice: first what will be passed on, then the writing of it. */
struct passage {
	const struct media_end *from, *to;
	struct media_facts facts;
	struct buffer *out;
	size_t at; /* m= lines seen in this reading */
};

static bool
is_lower(uint8_t character)
{
	return character >= 'a' && character <= 'z';
}

static bool
starts_nocase(struct bytes line, const char *prefix)
{
	return bytes_equal_text_nocase(bytes_part(line, 0, bytes_text(prefix).left), prefix);
}

/* A whole line without its end; refuses what some receiver could read as two lines. */
static enum fault
take_line(struct bytes *sdp, struct bytes *line, struct why *why)
{
	struct bytes rest;

	if (!bytes_take_until(sdp, '\n', line))
		*line = bytes_take_rest(sdp); /* the last may lack its end */
	if (line->left > 0 && line->at[line->left - 1] == '\r')
		line->left--;
	for (rest = *line; rest.left > 0; rest.at++, rest.left--)
		if (rest.at[0] == '\r' || rest.at[0] == '\0')
			return explain(why, FAULT_MALFORMED, "SDP: a control character in a line");
	if (line->left > 0 && (line->left < 2 || !is_lower(line->at[0]) || line->at[1] != '='))
		return explain(why, FAULT_MALFORMED, "SDP: a line is not type=value");
	return FAULT_NONE;
}

static bool
take_word(struct bytes *from, struct bytes *word)
{
	bytes_skip_any(from, " ");
	if (!bytes_take_until(from, ' ', word))
		*word = bytes_take_rest(from);
	return word->left > 0;
}

/* m=audio 20000 RTP/SAVP 0 8 */
struct media_line {
	struct bytes media, port, proto, formats;
};

static enum fault
read_media_line(struct bytes line, struct media_line *media, struct why *why)
{
	struct bytes rest = bytes_part(line, 2, line.left);

	if (!take_word(&rest, &media->media) || !take_word(&rest, &media->port) ||
	    !take_word(&rest, &media->proto))
		return explain(why, FAULT_MALFORMED, "SDP: m= line cut short");
	media->formats = rest;
	return FAULT_NONE;
}

static const char *
clear_of(struct bytes proto)
{
	for (size_t i = 0; i < COUNT(profiles); i++)
		if (bytes_equal_text_nocase(proto, profiles[i].secure))
			return profiles[i].clear;
	return NULL;
}

static bool
port_is_zero(struct bytes port)
{
	bytes_skip_any(&port, "0");
	return port.left == 0;
}

/* a=crypto:TAG SUITE inline:... ; only what we know whole is passed on. */
static bool
read_crypto(struct bytes line, uint32_t *tag, enum suite *suite)
{
	struct bytes rest = line, word;
	uint64_t number;

	if (!starts_nocase(line, "a=crypto:"))
		return false;
	rest = bytes_part(rest, bytes_text("a=crypto:").left, rest.left);
	if (!take_word(&rest, &word) || !bytes_decimal(word, 999999999, &number))
		return false;
	*tag = (uint32_t)number;
	return take_word(&rest, &word) && suite_from_name(word, suite) && take_word(&rest, &word) &&
	       starts_nocase(word, "inline:");
}

static bool
may_pass(const struct passage *passage, enum suite suite)
{
	return passage->from->tls && passage->to->tls &&
	       (passage->from->suites & passage->to->suites & 1u << suite) != 0;
}

static enum fault
note_media(struct passage *passage, struct bytes line, struct why *why)
{
	struct media_facts *facts = &passage->facts;
	struct media_line media;
	enum fault fault;

	if ((fault = read_media_line(line, &media, why)))
		return fault;
	if (facts->count == MEDIA_LINES_MOST)
		return explain(why, FAULT_LIMIT, "SDP: more than %d m= lines", MEDIA_LINES_MOST);
	facts->line[facts->count].active = !port_is_zero(media.port);
	facts->line[facts->count].secure_before = clear_of(media.proto) != NULL;
	facts->count++;
	return FAULT_NONE;
}

/* Keys of the session level, before any m= line, do not exist (RFC 4568 5). */
static void
note_crypto(struct passage *passage, struct bytes line)
{
	struct media_facts *facts = &passage->facts;
	size_t at = facts->count - 1, next;
	enum suite suite;
	uint32_t tag;

	if (facts->count == 0 || !read_crypto(line, &tag, &suite) || !may_pass(passage, suite))
		return;
	next = facts->line[at].cryptos;
	if (next == MEDIA_CRYPTOS_MOST)
		return;
	facts->line[at].crypto[next].tag = tag;
	facts->line[at].crypto[next].suite = suite;
	facts->line[at].cryptos++;
	facts->line[at].secure = facts->line[at].secure_before;
}

static enum fault
note_line(struct passage *passage, struct bytes line, struct why *why)
{
	if (starts_nocase(line, "m="))
		return note_media(passage, line, why);
	note_crypto(passage, line);
	return FAULT_NONE;
}

static enum fault
write_media(struct passage *passage, struct bytes line, struct why *why)
{
	struct media_line media;
	enum fault fault = read_media_line(line, &media, why);
	const char *clear;

	if (fault)
		return fault;
	clear = clear_of(media.proto);
	if (clear == NULL || passage->facts.line[passage->at].secure) {
		buffer_bytes(passage->out, line);
	} else {
		buffer_text(passage->out, "m=");
		buffer_bytes(passage->out, media.media);
		buffer_text(passage->out, " ");
		buffer_bytes(passage->out, media.port);
		buffer_format(passage->out, " %s ", clear);
		buffer_bytes(passage->out, media.formats);
	}
	buffer_text(passage->out, "\r\n");
	passage->at++;
	return FAULT_NONE;
}

/* The tag stands among those noted: the same line passes in both readings, or in none. */
static bool
crypto_passes(const struct passage *passage, struct bytes line)
{
	enum suite suite;
	uint32_t tag;

	if (passage->at == 0 || !read_crypto(line, &tag, &suite) || !may_pass(passage, suite))
		return false;
	for (size_t i = 0; i < passage->facts.line[passage->at - 1].cryptos; i++)
		if (passage->facts.line[passage->at - 1].crypto[i].tag == tag &&
		    passage->facts.line[passage->at - 1].crypto[i].suite == suite)
			return true;
	return false;
}

static bool
contains_nocase(struct bytes line, const char *word)
{
	for (; line.left > 0; line.at++, line.left--)
		if (starts_nocase(line, word))
			return true;
	return false;
}

static bool
holds_key(struct bytes line)
{
	if (line.at[0] == 'k')
		return true;
	for (size_t i = 0; i < COUNT(key_words); i++)
		if (contains_nocase(line, key_words[i]))
			return true;
	return false;
}

static enum fault
write_line(struct passage *passage, struct bytes line, struct why *why)
{
	bool media = starts_nocase(line, "m=");

	if (holds_key(line) && !crypto_passes(passage, line))
		return media ? explain(why, FAULT_MALFORMED, "SDP: a key in an m= line")
			     : FAULT_NONE;
	if (media)
		return write_media(passage, line, why);
	buffer_bytes(passage->out, line);
	buffer_text(passage->out, "\r\n");
	return FAULT_NONE;
}

static enum fault
each_line(struct passage *passage, struct bytes sdp,
    enum fault (*handle)(struct passage *, struct bytes, struct why *), struct why *why)
{
	struct bytes line;
	enum fault fault;

	while (sdp.left > 0) {
		if ((fault = take_line(&sdp, &line, why)))
			return fault;
		if (line.left > 0 && (fault = handle(passage, line, why)))
			return fault;
	}
	return FAULT_NONE;
}

enum fault
media_relay(struct bytes sdp, const struct media_end *from, const struct media_end *to,
    struct buffer *out, struct media_facts *facts, struct why *why)
{
	struct passage passage = {.from = from, .to = to, .out = out};
	enum fault fault;

	if (sdp.left > MEDIA_SIZE_MOST)
		return explain(why, FAULT_LIMIT, "SDP of %zu bytes", sdp.left);
	if (!starts_nocase(sdp, "v=0"))
		return explain(why, FAULT_MALFORMED, "SDP does not begin with v=0");
	if ((fault = each_line(&passage, sdp, note_line, why)) ||
	    (fault = each_line(&passage, sdp, write_line, why)))
		return fault;
	if (!buffer_ok(out))
		return explain(why, FAULT_LIMIT, "SDP has no room");
	*facts = passage.facts;
	return FAULT_NONE;
}

bool
media_downgraded(const struct media_facts *offer)
{
	for (size_t i = 0; i < offer->count; i++)
		if (offer->line[i].active && offer->line[i].secure_before && !offer->line[i].secure)
			return true;
	return false;
}

bool
media_answered_in_clear(const struct media_facts *offer, const struct media_facts *answer)
{
	for (size_t i = 0; i < offer->count && i < answer->count; i++)
		if (answer->line[i].active && offer->line[i].secure_before &&
		    !answer->line[i].secure)
			return true;
	return false;
}

/* The one key of the answer must be a choice among the offer's (RFC 4568 5.1.2). */
static bool
chosen(const struct media_facts *offer, const struct media_facts *answer, size_t line)
{
	if (answer->line[line].cryptos != 1)
		return false;
	for (size_t i = 0; i < offer->line[line].cryptos; i++)
		if (offer->line[line].crypto[i].tag == answer->line[line].crypto[0].tag &&
		    offer->line[line].crypto[i].suite == answer->line[line].crypto[0].suite)
			return true;
	return false;
}

bool
media_is_srtp(const struct media_facts *offer, const struct media_facts *answer)
{
	bool any = false;

	if (offer->count != answer->count)
		return false;
	for (size_t i = 0; i < offer->count; i++) {
		if (!offer->line[i].active || !answer->line[i].active)
			continue;
		if (!offer->line[i].secure || !answer->line[i].secure || !chosen(offer, answer, i))
			return false;
		any = true;
	}
	return any;
}
