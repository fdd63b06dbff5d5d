/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rtcp.h"

#include <string.h>

#include "media/rtp.h"

enum {
	WORD = 4,
	PADDING = 0x20, /* first byte */
	COUNT_MASK = 0x1f,
	SDES_END = 0, /* item types */
	SDES_CNAME = 1,
	LOST_BITS = 24,
};

/* The frame of one packet of a compound: header taken apart, body without padding. */
struct frame {
	uint8_t type;
	size_t count;
	bool padded;
	struct bytes body;
};

static enum fault
take_frame(struct bytes *compound, struct frame *frame, struct why *why)
{
	uint8_t first, padding;
	uint16_t words;

	if (!bytes_take_u8(compound, &first) || !bytes_take_u8(compound, &frame->type) ||
	    !bytes_take_u16(compound, &words))
		return explain(why, FAULT_MALFORMED, "RTCP header cut short");
	if (first >> 6 != RTP_VERSION)
		return explain(why, FAULT_MALFORMED, "RTCP version %d, not 2", first >> 6);
	if (!bytes_take(compound, (size_t)words * WORD, &frame->body))
		return explain(why, FAULT_MALFORMED, "RTCP packet longer than its datagram");
	frame->count = first & COUNT_MASK;
	frame->padded = (first & PADDING) != 0;
	if (!frame->padded)
		return FAULT_NONE;
	if (compound->left > 0)
		return explain(why, FAULT_MALFORMED, "RTCP padding before the last packet");
	padding = frame->body.left > 0 ? frame->body.at[frame->body.left - 1] : 0;
	if (padding == 0 || padding % WORD != 0 || padding > frame->body.left)
		return explain(why, FAULT_MALFORMED, "RTCP padding of %u bytes", padding);
	frame->body = bytes_part(frame->body, 0, frame->body.left - padding);
	return FAULT_NONE;
}

static bool
take_report(struct bytes *body, struct rtcp_report *report)
{
	uint32_t lost;

	if (!bytes_take_u32(body, &report->ssrc) || !bytes_take_u32(body, &lost) ||
	    !bytes_take_u32(body, &report->highest) || !bytes_take_u32(body, &report->jitter) ||
	    !bytes_take_u32(body, &report->last_sr) ||
	    !bytes_take_u32(body, &report->since_last_sr))
		return false;
	report->fraction_lost = (uint8_t)(lost >> LOST_BITS);
	/* 24 bits with sign. */
	report->lost = (int32_t)((lost & 0xffffff) ^ 0x800000) - 0x800000;
	return true;
}

static bool
read_reports(struct bytes body, struct rtcp_packet *packet)
{
	struct rtcp_sender *sender = &packet->sender;

	if (!bytes_take_u32(&body, &packet->ssrc))
		return false;
	if (packet->type == RTCP_SR &&
	    (!bytes_take_u64(&body, &sender->ntp) || !bytes_take_u32(&body, &sender->timestamp) ||
		!bytes_take_u32(&body, &sender->packets) ||
		!bytes_take_u32(&body, &sender->octets)))
		return false;
	for (size_t i = 0; i < packet->count; i++)
		if (!take_report(&body, &packet->reports[i]))
			return false;
	return true; /* what is left is a profile's extension */
}

/* One SDES chunk: items up to a zero, then zeros to the next word. */
static bool
take_chunk(struct bytes *body, struct rtcp_source *source)
{
	size_t before = body->left;
	struct bytes value;
	uint8_t type, size;

	if (!bytes_take_u32(body, &source->ssrc))
		return false;
	for (;;) {
		if (!bytes_take_u8(body, &type))
			return false;
		if (type == SDES_END)
			break;
		if (!bytes_take_u8(body, &size) || !bytes_take(body, size, &value))
			return false;
		if (type == SDES_CNAME)
			source->cname = value;
	}
	return bytes_take(body, (WORD - (before - body->left) % WORD) % WORD, &value);
}

static bool
read_sources(struct bytes body, struct rtcp_packet *packet)
{
	for (size_t i = 0; i < packet->count; i++)
		if (!take_chunk(&body, &packet->sources[i]))
			return false;
	return true;
}

static bool
read_bye(struct bytes body, struct rtcp_packet *packet)
{
	uint8_t size;

	for (size_t i = 0; i < packet->count; i++)
		if (!bytes_take_u32(&body, &packet->sources[i].ssrc))
			return false;
	return body.left == 0 ||
	       (bytes_take_u8(&body, &size) && bytes_take(&body, size, &packet->reason));
}

static const struct {
	uint8_t type;
	const char *name;
	bool (*read)(struct bytes body, struct rtcp_packet *packet);
} readers[] = {
    {RTCP_SR, "sender report", read_reports},
    {RTCP_RR, "receiver report", read_reports},
    {RTCP_SDES, "source description", read_sources},
    {RTCP_BYE, "goodbye", read_bye},
};

enum fault
rtcp_take(struct bytes *compound, struct rtcp_packet *packet, struct why *why)
{
	struct frame frame;
	enum fault fault;

	if ((fault = take_frame(compound, &frame, why)) != FAULT_NONE)
		return fault;
	memset(packet, 0, sizeof(*packet));
	packet->type = frame.type;
	packet->count = frame.count;
	for (size_t i = 0; i < COUNT(readers); i++)
		if (readers[i].type == frame.type && !readers[i].read(frame.body, packet))
			return explain(why, FAULT_MALFORMED, "RTCP %s cut short", readers[i].name);
	return FAULT_NONE;
}

enum fault
rtcp_check(struct bytes compound, struct why *why)
{
	struct rtcp_packet packet;
	enum fault fault;

	for (size_t i = 0; i == 0 || compound.left > 0; i++) {
		if (i == RTCP_PACKETS_MOST)
			return explain(why, FAULT_LIMIT, "over %d packets in one RTCP compound",
			    RTCP_PACKETS_MOST);
		if ((fault = rtcp_take(&compound, &packet, why)) != FAULT_NONE)
			return fault;
		if (i == 0 && packet.type != RTCP_SR && packet.type != RTCP_RR)
			return explain(why, FAULT_MALFORMED,
			    "RTCP compound begins with type %u, not with a report", packet.type);
	}
	return FAULT_NONE;
}

static void
write_report(struct buffer *buffer, const struct rtcp_report *report)
{
	enum { LOST_LEAST = -0x800000, LOST_MOST = 0x7fffff };
	int32_t lost = report->lost < LOST_LEAST  ? LOST_LEAST
		       : report->lost > LOST_MOST ? LOST_MOST
						  : report->lost;

	buffer_u32(buffer, report->ssrc);
	buffer_u32(
	    buffer, (uint32_t)report->fraction_lost << LOST_BITS | ((uint32_t)lost & 0xffffff));
	buffer_u32(buffer, report->highest);
	buffer_u32(buffer, report->jitter);
	buffer_u32(buffer, report->last_sr);
	buffer_u32(buffer, report->since_last_sr);
}

static void
write_reports(struct buffer *buffer, const struct rtcp_packet *packet)
{
	buffer_u32(buffer, packet->ssrc);
	if (packet->type == RTCP_SR) {
		buffer_u64(buffer, packet->sender.ntp);
		buffer_u32(buffer, packet->sender.timestamp);
		buffer_u32(buffer, packet->sender.packets);
		buffer_u32(buffer, packet->sender.octets);
	}
	for (size_t i = 0; i < packet->count; i++)
		write_report(buffer, &packet->reports[i]);
}

static void
write_sources(struct buffer *buffer, const struct rtcp_packet *packet)
{
	for (size_t i = 0; i < packet->count; i++) {
		const struct rtcp_source *source = &packet->sources[i];
		size_t start = buffer->size;

		if (source->cname.left > RTCP_CNAME_MOST) {
			buffer->spoilt = true;
			return;
		}
		buffer_u32(buffer, source->ssrc);
		buffer_u8(buffer, SDES_CNAME);
		buffer_u8(buffer, (uint8_t)source->cname.left);
		buffer_bytes(buffer, source->cname);
		do
			buffer_u8(buffer, SDES_END);
		while (!buffer->spoilt && (buffer->size - start) % WORD != 0);
	}
}

static void
write_bye(struct buffer *buffer, const struct rtcp_packet *packet)
{
	size_t start = buffer->size;

	for (size_t i = 0; i < packet->count; i++)
		buffer_u32(buffer, packet->sources[i].ssrc);
	if (packet->reason.left == 0)
		return;
	buffer_u8(buffer, (uint8_t)packet->reason.left);
	buffer_bytes(buffer, bytes_part(packet->reason, 0, UINT8_MAX));
	while (!buffer->spoilt && (buffer->size - start) % WORD != 0)
		buffer_u8(buffer, 0);
}

void
rtcp_write(struct buffer *buffer, const struct rtcp_packet *packet)
{
	size_t start = buffer->size, words;

	if (packet->count > COUNT_MASK || packet->type < RTCP_SR || packet->type > RTCP_BYE ||
	    packet->reason.left > UINT8_MAX) {
		buffer->spoilt = true;
		return;
	}
	buffer_u8(buffer, (uint8_t)(RTP_VERSION << 6 | packet->count));
	buffer_u8(buffer, packet->type);
	buffer_u16(buffer, 0); /* length: below */
	if (packet->type == RTCP_SDES)
		write_sources(buffer, packet);
	else if (packet->type == RTCP_BYE)
		write_bye(buffer, packet);
	else
		write_reports(buffer, packet);
	if (!buffer_ok(buffer))
		return;
	words = (buffer->size - start) / WORD - 1;
	buffer->at[start + 2] = (uint8_t)(words >> 8);
	buffer->at[start + 3] = (uint8_t)words;
}

uint64_t
rtcp_ntp(int64_t wall_ms)
{
	const uint64_t since_1900 = 2208988800U;
	uint64_t seconds = (uint64_t)(wall_ms / 1000) + since_1900;
	uint64_t fraction = ((uint64_t)(wall_ms % 1000) << 32) / 1000;

	return seconds << 32 | fraction;
}
