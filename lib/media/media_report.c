/* SPDX-License-Identifier: Apache-2.0 */
/* The RTCP of a call leg: what we report, and what the peer reports about us (RFC 3550 6.4, A.3).
 */
#include <string.h>

#include "media/media_session.h"

static unsigned
clock_rate(const struct media_session *session)
{
	return codec_facts(session->plan.codec)->clock_rate;
}

/* The 32 bits in the middle of an NTP time: seconds modulo 65,536 and 1/65,536. */
static uint32_t
middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

/* How we receive the peer since the last report. */
static void
fill_report(struct media_session *session, uint64_t now_ms, struct rtcp_report *report)
{
	struct media_source *source = &session->source;
	uint64_t expected = source->highest - source->first + 1;
	uint64_t expected_now = expected - source->expected_before;
	uint64_t received_now = source->received - source->received_before;
	struct jitter_facts facts;

	jitter_facts(session->jitter, &facts);
	*report = (struct rtcp_report){
	    .ssrc = source->ssrc,
	    .lost = (int32_t)((int64_t)expected - (int64_t)source->received),
	    .highest = (uint32_t)source->highest,
	    .jitter = facts.jitter,
	    .last_sr = source->last_sr,
	};
	if (expected_now > received_now)
		report->fraction_lost =
		    (uint8_t)((expected_now - received_now) * 255 / expected_now);
	if (source->last_sr != 0)
		report->since_last_sr = (uint32_t)((now_ms - source->last_sr_ms) * 65536 / 1000);
	source->expected_before = expected;
	source->received_before = source->received;
}

static void
write_compound(struct media_session *session, uint64_t now_ms, int64_t wall_ms, bool bye,
    struct buffer *buffer)
{
	struct rtcp_packet packet = {.ssrc = session->ssrc};

	packet.type = session->statistics.sent > session->sent_before ? RTCP_SR : RTCP_RR;
	packet.sender = (struct rtcp_sender){
	    .ntp = rtcp_ntp(wall_ms),
	    .timestamp = session->timestamp,
	    .packets = (uint32_t)session->statistics.sent,
	    .octets = (uint32_t)session->statistics.sent_octets,
	};
	if (session->source.any) {
		packet.count = 1;
		fill_report(session, now_ms, &packet.reports[0]);
	}
	rtcp_write(buffer, &packet);
	packet = (struct rtcp_packet){.type = RTCP_SDES, .count = 1};
	packet.sources[0] = (struct rtcp_source){session->ssrc, bytes_text(session->cname)};
	rtcp_write(buffer, &packet);
	if (bye) {
		packet.type = RTCP_BYE;
		rtcp_write(buffer, &packet);
	}
	session->sent_before = session->statistics.sent;
}

enum fault
media_session_report(struct media_session *session, uint64_t now_ms, int64_t wall_ms, bool bye,
    uint8_t packet[RTP_PACKET_MOST], size_t *size, struct why *why)
{
	struct buffer buffer;
	enum fault fault = FAULT_NONE;

	buffer_init(&buffer, RTCP_COMPOUND_MOST);
	write_compound(session, now_ms, wall_ms, bye, &buffer);
	if (buffer_ok(&buffer)) {
		*size = buffer.size;
		memcpy(packet, buffer.at, buffer.size);
		if (session->plan.secure)
			fault = srtcp_seal(session->send, packet, size, RTP_PACKET_MOST, why);
	} else {
		fault = explain(why, FAULT_LIMIT, "RTCP report too large");
	}
	buffer_finish(&buffer);
	if (fault == FAULT_NONE)
		session->statistics.rtcp_sent++;
	return fault;
}

/* What the peer says about how it hears us. */
static void
note_report(struct media_session *session, const struct rtcp_report *report, int64_t wall_ms)
{
	struct media_statistics *statistics = &session->statistics;
	uint32_t trip;

	if (report->ssrc != session->ssrc)
		return;
	statistics->peer_lost = report->lost > 0 ? (uint64_t)report->lost : 0;
	statistics->peer_jitter_ms =
	    (unsigned)((uint64_t)report->jitter * 1000 / clock_rate(session));
	if (report->last_sr == 0)
		return;
	trip = middle(rtcp_ntp(wall_ms)) - report->last_sr - report->since_last_sr;
	if (trip < UINT32_MAX / 2)
		statistics->round_trip_ms = (unsigned)((uint64_t)trip * 1000 / 65536);
}

static void
note_packet(struct media_session *session, const struct rtcp_packet *packet, uint64_t now_ms,
    int64_t wall_ms)
{
	if (packet->type != RTCP_SR && packet->type != RTCP_RR)
		return;
	if (packet->type == RTCP_SR && session->source.any &&
	    packet->ssrc == session->source.ssrc) {
		session->source.last_sr = middle(packet->sender.ntp);
		session->source.last_sr_ms = now_ms;
	}
	for (size_t i = 0; i < packet->count; i++)
		note_report(session, &packet->reports[i], wall_ms);
}

enum fault
media_session_receive_report(struct media_session *session, uint8_t *datagram, size_t size,
    uint64_t now_ms, int64_t wall_ms, enum media_refusal *cause, struct why *why)
{
	struct rtcp_packet packet;
	struct bytes compound;
	enum fault fault;

	if (session->plan.secure && (fault = media_session_open(session, true, datagram, &size,
					 now_ms, cause, why)) != FAULT_NONE)
		return fault;
	compound = bytes_of(datagram, size);
	if ((fault = rtcp_check(compound, why)) != FAULT_NONE) {
		*cause = MEDIA_REFUSED_MALFORMED;
		return fault;
	}
	while (compound.left > 0 && rtcp_take(&compound, &packet, why) == FAULT_NONE)
		note_packet(session, &packet, now_ms, wall_ms);
	session->statistics.rtcp_received++;
	return FAULT_NONE;
}
