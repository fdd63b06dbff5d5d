/* SPDX-License-Identifier: Apache-2.0 */
/* lib/media/rtp.h - RTP packets (RFC 3550 5.1, 5.3.1), bytes in and bytes out. */
#ifndef MEDIA_RTP_H
#define MEDIA_RTP_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/fault.h"

enum {
	RTP_VERSION = 2,
	RTP_HEADER_LEAST = 12, /* bytes */
	RTP_CSRC_MOST = 15,
	RTP_PACKET_MOST = 1500, /* what we write, with its SRTP tag, stays below */
};

/* The views lie in the packet that was read; keep it alive. */
struct rtp_packet {
	bool marker;
	uint8_t payload_type; /* 0..127 */
	uint16_t sequence;
	uint32_t timestamp; /* units of the codec's clock rate */
	uint32_t ssrc;
	uint32_t csrc[RTP_CSRC_MOST];
	size_t csrc_count;
	bool has_extension;
	uint16_t extension_profile;
	struct bytes extension; /* without its header; a multiple of 4 bytes */
	struct bytes payload;   /* without padding */
};

/* One whole datagram, plain (after SRTP). *packet is untouched if refused. */
enum fault rtp_read(struct bytes datagram, struct rtp_packet *packet, struct why *why) MUST_CHECK;
/* Never writes padding. Spoils the buffer if a field is out of range. */
void rtp_write(struct buffer *buffer, const struct rtp_packet *packet);
/* What SRTP needs to know of a packet whose payload it cannot read yet. */
struct rtp_outline {
	size_t header; /* bytes with CSRCs and extension, which SRTP leaves in clear */
	uint16_t sequence;
	uint32_t ssrc;
};
bool rtp_outline_read(struct bytes datagram, struct rtp_outline *outline) MUST_CHECK;
/* RTP and RTCP on one port tell apart by the second byte (RFC 5761 4). */
bool rtp_looks_like_rtcp(struct bytes datagram);

/*
 * The 48-bit index nearest to newest whose low 16 bits are sequence (RFC 3711 3.3.1); counts
 * roll-overs for SRTP, the jitter buffer and loss statistics alike.
 */
uint64_t rtp_index(uint64_t newest, uint16_t sequence);
#endif
