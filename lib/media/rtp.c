/* SPDX-License-Identifier: Apache-2.0 */
#include "media/rtp.h"

enum {
	PADDING = 0x20, /* first byte */
	EXTENSION = 0x10,
	CSRC_COUNT = 0x0f,
	MARKER = 0x80, /* second byte */
	PAYLOAD_TYPE = 0x7f,
	WORD = 4,
};

/* Header, CSRCs and extension taken off datagram; first is the header's first byte. */
static enum fault
take_header(struct bytes *datagram, uint8_t *first, struct rtp_packet *packet, struct why *why)
{
	uint8_t second;
	uint16_t words;

	if (!bytes_take_u8(datagram, first) || !bytes_take_u8(datagram, &second) ||
	    !bytes_take_u16(datagram, &packet->sequence) ||
	    !bytes_take_u32(datagram, &packet->timestamp) ||
	    !bytes_take_u32(datagram, &packet->ssrc))
		return explain(why, FAULT_MALFORMED, "RTP header cut short");
	if (*first >> 6 != RTP_VERSION)
		return explain(why, FAULT_MALFORMED, "RTP version %d, not 2", *first >> 6);
	packet->marker = (second & MARKER) != 0;
	packet->payload_type = second & PAYLOAD_TYPE;
	packet->csrc_count = *first & CSRC_COUNT;
	for (size_t i = 0; i < packet->csrc_count; i++)
		if (!bytes_take_u32(datagram, &packet->csrc[i]))
			return explain(why, FAULT_MALFORMED, "RTP CSRC list cut short");
	packet->has_extension = (*first & EXTENSION) != 0;
	if (packet->has_extension &&
	    (!bytes_take_u16(datagram, &packet->extension_profile) ||
		!bytes_take_u16(datagram, &words) ||
		!bytes_take(datagram, (size_t)words * WORD, &packet->extension)))
		return explain(why, FAULT_MALFORMED, "RTP header extension cut short");
	return FAULT_NONE;
}

enum fault
rtp_read(struct bytes datagram, struct rtp_packet *packet, struct why *why)
{
	struct rtp_packet read = {0};
	enum fault fault;
	uint8_t first, padding = 0;

	if ((fault = take_header(&datagram, &first, &read, why)) != FAULT_NONE)
		return fault;
	if (first & PADDING) {
		if (datagram.left > 0)
			padding = datagram.at[datagram.left - 1];
		if (padding == 0 || padding > datagram.left)
			return explain(why, FAULT_MALFORMED, "RTP padding of %u bytes in %zu",
			    padding, datagram.left);
	}
	read.payload = bytes_part(datagram, 0, datagram.left - padding);
	*packet = read;
	return FAULT_NONE;
}

void
rtp_write(struct buffer *buffer, const struct rtp_packet *packet)
{
	if (packet->csrc_count > RTP_CSRC_MOST || packet->payload_type > PAYLOAD_TYPE ||
	    packet->extension.left % WORD != 0 || packet->extension.left / WORD > UINT16_MAX) {
		buffer->spoilt = true;
		return;
	}
	buffer_u8(buffer, (uint8_t)(RTP_VERSION << 6 | (packet->has_extension ? EXTENSION : 0) |
				    packet->csrc_count));
	buffer_u8(buffer, (uint8_t)((packet->marker ? MARKER : 0) | packet->payload_type));
	buffer_u16(buffer, packet->sequence);
	buffer_u32(buffer, packet->timestamp);
	buffer_u32(buffer, packet->ssrc);
	for (size_t i = 0; i < packet->csrc_count; i++)
		buffer_u32(buffer, packet->csrc[i]);
	if (packet->has_extension) {
		buffer_u16(buffer, packet->extension_profile);
		buffer_u16(buffer, (uint16_t)(packet->extension.left / WORD));
		buffer_bytes(buffer, packet->extension);
	}
	buffer_bytes(buffer, packet->payload);
}

/* CSRCs and extension, rare in what we carry. */
static bool
skip_optional(struct bytes *datagram, uint8_t first)
{
	struct bytes ignored;
	uint16_t profile, words;

	if (!bytes_take(datagram, (size_t)(first & CSRC_COUNT) * WORD, &ignored))
		return false;
	return !(first & EXTENSION) ||
	       (bytes_take_u16(datagram, &profile) && bytes_take_u16(datagram, &words) &&
		   bytes_take(datagram, (size_t)words * WORD, &ignored));
}

/* One take for the fixed header: this runs for every packet that is protected. */
bool
rtp_outline_read(struct bytes datagram, struct rtp_outline *outline)
{
	size_t whole = datagram.left;
	struct bytes fixed;

	if (!bytes_take(&datagram, RTP_HEADER_LEAST, &fixed) || fixed.at[0] >> 6 != RTP_VERSION ||
	    (fixed.at[0] & (CSRC_COUNT | EXTENSION) && !skip_optional(&datagram, fixed.at[0])))
		return false;
	outline->header = whole - datagram.left;
	outline->sequence = (uint16_t)(fixed.at[2] << 8 | fixed.at[3]);
	outline->ssrc = (uint32_t)fixed.at[8] << 24 | (uint32_t)fixed.at[9] << 16 |
			(uint32_t)fixed.at[10] << 8 | fixed.at[11];
	return true;
}

bool
rtp_looks_like_rtcp(struct bytes datagram)
{
	enum { LOWEST = 192, HIGHEST = 223 };

	return datagram.left >= 2 && datagram.at[1] >= LOWEST && datagram.at[1] <= HIGHEST;
}

uint64_t
rtp_index(uint64_t newest, uint16_t sequence)
{
	enum { HALF = 1 << 15, WHOLE = 1 << 16 };
	uint64_t index = (newest & ~(uint64_t)UINT16_MAX) | sequence;

	if (index + HALF < newest)
		index += WHOLE;
	else if (index > newest + HALF && index >= WHOLE)
		index -= WHOLE;
	return index;
}
