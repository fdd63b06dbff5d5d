/* SPDX-License-Identifier: Apache-2.0 */
/* Reading session descriptions (RFC 8866). */
#include "signalling/sdp.h"

#include <string.h>

/* Sets of what flows: the bits of enum sdp_direction as seen by who writes it. */
enum { SENDS = 1, RECEIVES = 2 };

static const unsigned flows[] = {
    [SDP_SENDRECV] = SENDS | RECEIVES,
    [SDP_SENDONLY] = SENDS,
    [SDP_RECVONLY] = RECEIVES,
    [SDP_INACTIVE] = 0,
};

static const char *const direction_names[] = {
    [SDP_SENDRECV] = "sendrecv",
    [SDP_SENDONLY] = "sendonly",
    [SDP_RECVONLY] = "recvonly",
    [SDP_INACTIVE] = "inactive",
};

static enum sdp_direction
direction_of(unsigned set)
{
	for (size_t i = 0; i < COUNT(flows); i++)
		if (flows[i] == set)
			return (enum sdp_direction)i;
	return SDP_INACTIVE;
}

const char *
sdp_direction_name(enum sdp_direction direction)
{
	return direction_names[direction];
}

enum sdp_direction
sdp_direction_reverse(enum sdp_direction direction)
{
	unsigned set = flows[direction];

	return direction_of((set & SENDS ? RECEIVES : 0u) | (set & RECEIVES ? SENDS : 0u));
}

enum sdp_direction
sdp_direction_answer(enum sdp_direction offered, enum sdp_direction wanted)
{
	return direction_of(flows[sdp_direction_reverse(offered)] & flows[wanted]);
}

/* RFC 3551 6, those one still meets. */
static const struct {
	uint8_t payload_type;
	const char *name;
} static_formats[] = {
    {0, "PCMU"},
    {3, "GSM"},
    {8, "PCMA"},
    {9, "G722"},
    {18, "G729"},
};

/* What is being read: the session's own lines stand before the first m=. */
struct reader {
	struct sdp *sdp;
	struct sdp_media *media; /* NULL: in the session part */
	struct bytes session_host;
	enum sdp_direction session_direction;
	bool seen_version, seen_origin;
};

static struct bytes
take_word(struct bytes *from)
{
	struct bytes word;

	if (!bytes_take_until(from, ' ', &word))
		word = bytes_take_rest(from);
	return word;
}

static enum fault
read_origin(struct reader *reader, struct bytes value, struct why *why)
{
	struct sdp *sdp = reader->sdp;

	sdp->origin_user = take_word(&value);
	sdp->origin_id = take_word(&value);
	sdp->origin_version = take_word(&value);
	(void)take_word(&value);
	(void)take_word(&value);
	sdp->origin_host = take_word(&value);
	reader->seen_origin = true;
	if (sdp->origin_host.left == 0)
		return explain(why, FAULT_MALFORMED, "SDP origin is not whole");
	return FAULT_NONE;
}

/* "IN IP4 192.0.2.1[/ttl]" */
static enum fault
read_connection(struct reader *reader, struct bytes value, struct why *why)
{
	struct bytes net = take_word(&value), kind = take_word(&value), host = take_word(&value),
		     address;

	if (!bytes_equal_text(net, "IN") ||
	    (!bytes_equal_text(kind, "IP4") && !bytes_equal_text(kind, "IP6")) || host.left == 0)
		return explain(why, FAULT_MALFORMED, "SDP connection is not IN IP4 or IN IP6");
	if (bytes_take_until(&host, '/', &address))
		host = address;
	if (reader->media != NULL)
		reader->media->connection_host = host;
	else
		reader->session_host = host;
	return FAULT_NONE;
}

static void
add_format(struct sdp_media *media, uint8_t payload_type)
{
	struct sdp_format *format = &media->format[media->formats++];

	*format = (struct sdp_format){.payload_type = payload_type, .channels = 1};
	for (size_t i = 0; i < COUNT(static_formats); i++)
		if (static_formats[i].payload_type == payload_type) {
			format->name = bytes_text(static_formats[i].name);
			format->clock_rate = 8000;
		}
}

static enum fault
read_formats(struct sdp_media *media, struct bytes value, struct why *why)
{
	media->formats_text = value;
	if (!bytes_start_with(media->profile, bytes_text("RTP/")))
		return FAULT_NONE;
	while (value.left > 0) {
		struct bytes word = take_word(&value);
		uint64_t number;

		if (word.left == 0)
			continue;
		if (!bytes_decimal(word, 127, &number))
			return explain(why, FAULT_MALFORMED, "SDP payload type is not 0 to 127");
		if (media->formats == SDP_FORMATS_MOST)
			return explain(
			    why, FAULT_LIMIT, "more than %d payload types", SDP_FORMATS_MOST);
		add_format(media, (uint8_t)number);
	}
	return FAULT_NONE;
}

/* "audio 20000[/2] RTP/SAVP 0 101" */
static enum fault
read_media(struct reader *reader, struct bytes value, struct why *why)
{
	struct sdp_media *media;
	struct bytes port, before;
	uint64_t number;

	if (reader->sdp->medias == SDP_MEDIA_MOST)
		return explain(why, FAULT_LIMIT, "more than %d streams", SDP_MEDIA_MOST);
	media = &reader->sdp->media[reader->sdp->medias++];
	reader->media = media;
	memset(media, 0, sizeof(*media));
	media->direction = reader->session_direction;
	media->connection_host = reader->session_host;
	media->kind = take_word(&value);
	port = take_word(&value);
	if (bytes_take_until(&port, '/', &before))
		port = before;
	if (media->kind.left == 0 || !bytes_decimal(port, UINT16_MAX, &number))
		return explain(why, FAULT_MALFORMED, "SDP stream without a kind or port");
	media->port = (uint16_t)number;
	media->profile = take_word(&value);
	media->secure = bytes_equal_text(media->profile, "RTP/SAVP") ||
			bytes_equal_text(media->profile, "RTP/SAVPF");
	if (media->profile.left == 0 || value.left == 0)
		return explain(why, FAULT_MALFORMED, "SDP stream without a profile or formats");
	return read_formats(media, value, why);
}

static struct sdp_format *
find_format(struct sdp_media *media, struct bytes number)
{
	uint64_t payload_type;

	if (!bytes_decimal(number, 127, &payload_type))
		return NULL;
	for (size_t i = 0; i < media->formats; i++)
		if (media->format[i].payload_type == payload_type)
			return &media->format[i];
	return NULL;
}

/* "96 opus/48000/2" */
static enum fault
read_rtpmap(struct reader *reader, struct bytes value, struct why *why)
{
	struct sdp_format *format = find_format(reader->media, take_word(&value));
	struct bytes name, rate;
	uint64_t number;

	/* A map of a payload type that the stream does not list means nothing. */
	if (format == NULL)
		return FAULT_NONE;
	if (!bytes_take_until(&value, '/', &name) || name.left == 0)
		return explain(why, FAULT_MALFORMED, "rtpmap without a clock rate");
	if (!bytes_take_until(&value, '/', &rate))
		rate = bytes_take_rest(&value);
	if (!bytes_decimal(bytes_trim(rate), UINT32_MAX, &number) || number == 0)
		return explain(why, FAULT_MALFORMED, "rtpmap without a clock rate");
	format->name = name;
	format->clock_rate = (uint32_t)number;
	format->channels = 1;
	if (value.left > 0 && bytes_decimal(bytes_trim(value), 255, &number))
		format->channels = (uint32_t)number;
	return FAULT_NONE;
}

static enum fault
read_fmtp(struct reader *reader, struct bytes value, struct why *why)
{
	struct sdp_format *format = find_format(reader->media, take_word(&value));

	(void)why;
	if (format != NULL)
		format->fmtp = value;
	return FAULT_NONE;
}

static enum fault
read_ptime(struct reader *reader, struct bytes value, struct why *why)
{
	uint64_t number;

	(void)why;
	/* Fractions and nonsense are as if nothing was said. */
	if (bytes_decimal(bytes_trim(value), 1000, &number))
		reader->media->ptime = (uint32_t)number;
	return FAULT_NONE;
}

static enum fault
read_crypto(struct reader *reader, struct bytes value, struct why *why)
{
	struct sdp_media *media = reader->media;

	if (media->cryptos == SDP_CRYPTO_MOST)
		return explain(why, FAULT_LIMIT, "more than %d crypto lines", SDP_CRYPTO_MOST);
	media->crypto[media->cryptos++] = value;
	return FAULT_NONE;
}

/* Attributes of a stream. */
static const struct {
	const char *name;
	enum fault (*read)(struct reader *, struct bytes, struct why *);
} attributes[] = {
    {"rtpmap", read_rtpmap},
    {"fmtp", read_fmtp},
    {"ptime", read_ptime},
    {"crypto", read_crypto},
};

static bool
read_direction(struct reader *reader, struct bytes name)
{
	for (size_t i = 0; i < COUNT(direction_names); i++) {
		if (!bytes_equal_text_nocase(name, direction_names[i]))
			continue;
		if (reader->media != NULL)
			reader->media->direction = (enum sdp_direction)i;
		else
			reader->session_direction = (enum sdp_direction)i;
		return true;
	}
	return false;
}

static enum fault
read_attribute(struct reader *reader, struct bytes value, struct why *why)
{
	struct bytes name;

	if (!bytes_take_until(&value, ':', &name))
		name = bytes_take_rest(&value);
	if (read_direction(reader, name) || reader->media == NULL)
		return FAULT_NONE;
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (bytes_equal_text_nocase(name, attributes[i].name))
			return attributes[i].read(reader, value, why);
	return FAULT_NONE;
}

static enum fault
read_line(struct reader *reader, struct bytes line, struct why *why)
{
	struct bytes value = bytes_part(line, 2, line.left);

	if (line.left < 2 || line.at[1] != '=')
		return explain(why, FAULT_MALFORMED, "SDP line is not letter=value");
	if (!reader->seen_version && line.at[0] != 'v')
		return explain(why, FAULT_MALFORMED, "SDP does not begin with v=0");
	switch (line.at[0]) {
	case 'v':
		if (reader->seen_version || !bytes_equal_text(value, "0"))
			return explain(why, FAULT_MALFORMED, "SDP version is not 0, once");
		reader->seen_version = true;
		return FAULT_NONE;
	case 'o':
		return read_origin(reader, value, why);
	case 's':
		reader->sdp->name = value;
		return FAULT_NONE;
	case 'c':
		return read_connection(reader, value, why);
	case 'm':
		return read_media(reader, value, why);
	case 'a':
		return read_attribute(reader, value, why);
	default:
		return FAULT_NONE;
	}
}

/* RFC 2543's way of hold: whoever gives no address does not want to receive. */
static void
mind_old_hold(struct sdp_media *media)
{
	if (bytes_equal_text(media->connection_host, "0.0.0.0"))
		media->direction = direction_of(flows[media->direction] & SENDS);
}

enum fault
sdp_read(struct bytes body, struct sdp *sdp, struct why *why)
{
	struct reader reader = {.sdp = sdp};
	enum fault fault = FAULT_NONE;
	unsigned lines = 0;

	memset(sdp, 0, offsetof(struct sdp, media));
	sdp->medias = 0;
	if (body.left > SDP_MOST)
		return explain(why, FAULT_LIMIT, "SDP of %zu bytes", body.left);
	while (fault == FAULT_NONE && body.left > 0) {
		struct bytes line;

		if (!bytes_take_until(&body, '\n', &line))
			line = bytes_take_rest(&body);
		if (line.left > 0 && line.at[line.left - 1] == '\r')
			line.left--;
		if (line.left > SDP_LINE_MOST || ++lines > SDP_LINES_MOST)
			return explain(why, FAULT_LIMIT, "SDP line too long, or too many");
		if (line.left > 0)
			fault = read_line(&reader, line, why);
	}
	if (fault == FAULT_NONE && (!reader.seen_version || !reader.seen_origin))
		fault = explain(why, FAULT_MALFORMED, "SDP without v= or o=");
	for (size_t i = 0; fault == FAULT_NONE && i < sdp->medias; i++)
		mind_old_hold(&sdp->media[i]);
	return fault;
}

const struct sdp_media *
sdp_audio(const struct sdp *sdp)
{
	for (size_t i = 0; i < sdp->medias; i++)
		if (bytes_equal_text(sdp->media[i].kind, "audio") && sdp->media[i].port != 0)
			return &sdp->media[i];
	return NULL;
}
