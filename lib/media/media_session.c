/* SPDX-License-Identifier: Apache-2.0 */
#include "media/media_session.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

enum {
	CONCEAL_MOST = 10,       /* frames made up in a row; then silence */
	FRAMES_AT_ONCE_MOST = 8, /* packets decoded for one tick */
};

enum fault
media_session_init(struct media_session *session, const char *cname,
    const struct srtp_backend *backend, struct why *why)
{
	uint8_t name[12];

	memset(session, 0, sizeof(*session));
	session->backend = backend;
	if (cname != NULL) {
		snprintf(session->cname, sizeof(session->cname), "%s", cname);
		return FAULT_NONE;
	}
	/* A random name tells nobody who we are (RFC 7022). */
	if (RAND_bytes(name, sizeof(name)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes for an RTCP name");
	for (size_t i = 0; i < sizeof(name); i++)
		snprintf(session->cname + 2 * i, 3, "%02x", name[i]);
	return FAULT_NONE;
}

void
media_session_finish(struct media_session *session)
{
	srtp_free(session->send);
	srtp_free(session->receive);
	srtp_free(session->old_receive);
	encoder_free(session->encoder);
	decoder_free(session->decoder);
	jitter_free(session->jitter);
	explicit_bzero(session, sizeof(*session));
}

enum fault
media_session_send(struct media_session *session, const int16_t *samples,
    uint8_t packet[RTP_PACKET_MOST], size_t *size, struct why *why)
{
	uint8_t payload[CODEC_PAYLOAD_MOST];
	struct rtp_packet rtp = {
	    .marker = !session->talking,
	    .payload_type = session->plan.send_payload_type,
	    .sequence = session->sequence,
	    .timestamp = session->timestamp,
	    .ssrc = session->ssrc,
	};
	struct buffer buffer;
	size_t payload_size;
	enum fault fault;

	*size = 0;
	session->timestamp += codec_facts(session->plan.codec)->packet_samples;
	session->talking = samples != NULL;
	if (samples == NULL)
		return FAULT_NONE;
	if ((fault = encoder_run(session->encoder, samples, payload, &payload_size, why)) !=
	    FAULT_NONE)
		return fault;
	rtp.payload = bytes_of(payload, payload_size);
	buffer_init(&buffer, RTP_PACKET_MOST - SRTP_GROWTH_MOST);
	rtp_write(&buffer, &rtp);
	if (buffer_ok(&buffer)) {
		*size = buffer.size;
		memcpy(packet, buffer.at, buffer.size);
		session->sequence++;
		if (session->plan.secure)
			fault = srtp_seal(session->send, packet, size, RTP_PACKET_MOST, why);
	} else {
		fault = explain(why, FAULT_LIMIT, "RTP packet too large");
	}
	buffer_wipe(&buffer);
	explicit_bzero(payload, sizeof(payload));
	if (fault == FAULT_NONE) {
		session->statistics.sent++;
		session->statistics.sent_octets += payload_size;
	}
	return fault;
}

static const struct {
	enum fault fault;
	enum media_refusal cause;
} causes[] = {
    {FAULT_MALFORMED, MEDIA_REFUSED_MALFORMED},
    {FAULT_UNTRUSTED, MEDIA_REFUSED_AUTHENTICATION},
    {FAULT_FORBIDDEN, MEDIA_REFUSED_AUTHENTICATION}, /* SRTCP in clear */
    {FAULT_UNEXPECTED, MEDIA_REFUSED_REPLAY},
};

static enum media_refusal
cause_of(enum fault fault)
{
	for (size_t i = 0; i < COUNT(causes); i++)
		if (causes[i].fault == fault)
			return causes[i].cause;
	return MEDIA_REFUSED_UNEXPECTED;
}

static enum fault
open_under(struct srtp *srtp, bool rtcp, uint8_t *datagram, size_t *size, struct why *why)
{
	return rtcp ? srtcp_open(srtp, datagram, size, why) : srtp_open(srtp, datagram, size, why);
}

enum fault
media_session_open(struct media_session *session, bool rtcp, uint8_t *datagram, size_t *size,
    uint64_t now_ms, enum media_refusal *cause, struct why *why)
{
	uint8_t copy[SRTP_PACKET_MOST];
	size_t copy_size = *size;
	struct why ignored;
	enum fault fault;

	if (session->old_receive != NULL && now_ms >= session->old_until_ms) {
		srtp_free(session->old_receive);
		session->old_receive = NULL;
	}
	if (copy_size > sizeof(copy)) {
		*cause = MEDIA_REFUSED_MALFORMED;
		return explain(why, FAULT_MALFORMED, "datagram of %zu bytes", copy_size);
	}
	if (session->old_receive != NULL)
		memcpy(copy, datagram, copy_size);
	fault = open_under(session->receive, rtcp, datagram, size, why);
	if (fault == FAULT_NONE) {
		session->authenticated = true;
	} else if (fault == FAULT_UNTRUSTED && session->old_receive != NULL &&
		   open_under(session->old_receive, rtcp, copy, &copy_size, &ignored) ==
		       FAULT_NONE) {
		memcpy(datagram, copy, copy_size);
		*size = copy_size;
		fault = FAULT_NONE;
	}
	if (fault != FAULT_NONE) {
		*cause = cause_of(fault);
		return fault;
	}
	session->statistics.authenticated++;
	session->statistics.last_authenticated_ms = now_ms;
	return FAULT_NONE;
}

/* Counts for the reports; a new SSRC of the peer begins anew. */
static void
note_source(struct media_session *session, const struct rtp_packet *rtp)
{
	struct media_source *source = &session->source;
	uint64_t index;

	if (!source->any || source->ssrc != rtp->ssrc) {
		if (source->any)
			jitter_reset(session->jitter);
		*source = (struct media_source){.any = true, .ssrc = rtp->ssrc};
		source->first = source->highest = rtp->sequence;
	}
	index = rtp_index(source->highest, rtp->sequence);
	if (index > source->highest)
		source->highest = index;
	source->received++;
}

enum fault
media_session_receive(struct media_session *session, uint8_t *datagram, size_t size,
    uint64_t now_ms, enum media_refusal *cause, struct why *why)
{
	struct rtp_packet rtp;
	enum fault fault;

	if (session->plan.secure && (fault = media_session_open(session, false, datagram, &size,
					 now_ms, cause, why)) != FAULT_NONE)
		return fault;
	if ((fault = rtp_read(bytes_of(datagram, size), &rtp, why)) != FAULT_NONE) {
		*cause = MEDIA_REFUSED_MALFORMED;
		return fault;
	}
	if (rtp.payload_type != session->plan.receive_payload_type) {
		*cause = MEDIA_REFUSED_PAYLOAD_TYPE;
		return explain(why, FAULT_FORBIDDEN, "RTP payload type %u, not %u",
		    rtp.payload_type, session->plan.receive_payload_type);
	}
	note_source(session, &rtp);
	session->statistics.received++;
	session->statistics.received_octets += rtp.payload.left;
	if (session->plan.receive)
		jitter_put(session->jitter, rtp.sequence, rtp.timestamp, now_ms, rtp.payload);
	return FAULT_NONE;
}

static void
conceal(struct media_session *session, struct bytes next)
{
	size_t frame = codec_frame(session->plan.codec);
	int16_t *at = session->sound + session->sound_count;

	if (session->heard && session->silent < CONCEAL_MOST) {
		decoder_conceal(session->decoder, next, at);
		session->statistics.concealed++;
		session->silent++;
	} else {
		memset(at, 0, frame * sizeof(*at));
	}
	session->sound_count += frame;
}

/* One step of the jitter buffer becomes sound, at least a frame or at most one payload. */
static void
decode_next(struct media_session *session, uint64_t now_ms)
{
	struct bytes payload;
	struct why why;
	size_t count;

	switch (jitter_get(session->jitter, now_ms, &payload)) {
	case JITTER_FRAME:
		if (decoder_run(session->decoder, payload, session->sound + session->sound_count,
			&count, &why) == FAULT_NONE) {
			session->sound_count += count;
			session->heard = true;
			session->silent = 0;
		} else {
			session->statistics.refused[MEDIA_REFUSED_MALFORMED]++;
			conceal(session, bytes_of(NULL, 0));
		}
		break;
	case JITTER_LOST:
		conceal(session, payload);
		break;
	case JITTER_WAIT:
		conceal(session, bytes_of(NULL, 0));
		break;
	}
}

void
media_session_sound(struct media_session *session, uint64_t now_ms, int16_t *samples)
{
	size_t frame = codec_frame(session->plan.codec);

	if (!session->plan.receive) {
		memset(samples, 0, frame * sizeof(*samples));
		return;
	}
	for (unsigned i = 0; i < FRAMES_AT_ONCE_MOST && session->sound_count < frame; i++)
		decode_next(session, now_ms);
	if (session->sound_count < frame)
		conceal(session, bytes_of(NULL, 0));
	memcpy(samples, session->sound, frame * sizeof(*samples));
	session->sound_count -= frame;
	memmove(session->sound, session->sound + frame, session->sound_count * sizeof(*samples));
}

void
media_session_statistics(const struct media_session *session, struct media_statistics *statistics)
{
	struct jitter_facts facts = {0};
	unsigned clock_rate = codec_facts(session->plan.codec)->clock_rate;

	*statistics = session->statistics;
	if (session->jitter == NULL)
		return;
	jitter_facts(session->jitter, &facts);
	statistics->lost = facts.lost;
	statistics->late = facts.late;
	statistics->jitter_ms = (unsigned)((uint64_t)facts.jitter * 1000 / clock_rate);
	statistics->buffered_ms = (unsigned)(facts.held * CODEC_FRAME_MS);
}

void
media_session_security(
    const struct media_session *session, uint64_t now_ms, struct media_security *security)
{
	uint64_t last = session->statistics.last_authenticated_ms;

	*security = (struct media_security){0};
	if (!session->started || !session->plan.secure)
		return;
	security->encrypts = session->send != NULL;
	security->authenticates = session->authenticated;
	security->fresh = session->authenticated && now_ms - last <= MEDIA_FRESH_MS;
	security->suite = session->plan.send_key.suite;
}
