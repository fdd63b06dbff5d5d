/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/media_session.h - the core of a call leg's media: speech to packets and back, keys,
 * counts and RTCP. No I/O and no clock: media_stream.c brings both. Inside lib/media only.
 */
#ifndef MEDIA_MEDIA_SESSION_H
#define MEDIA_MEDIA_SESSION_H

#include "base/buffer.h"
#include "media/jitter.h"
#include "media/media_stream.h"
#include "media/rtcp.h"
#include "media/rtp.h"

/* The peer's present SSRC, for the reports about it (RFC 3550 A.3). */
struct media_source {
	bool any;
	uint32_t ssrc;
	uint64_t first, highest; /* extended sequence numbers */
	uint64_t received;
	uint64_t expected_before, received_before; /* at the last report */
	uint32_t last_sr;
	uint64_t last_sr_ms; /* monotonic */
};

struct media_session {
	bool started;
	struct media_plan plan;
	const struct srtp_backend *backend;
	char cname[64];
	struct srtp *send, *receive;
	struct srtp *old_receive; /* until old_until_ms: packets that were on their way */
	uint64_t old_until_ms;
	bool authenticated; /* a packet under receive has */
	struct encoder *encoder;
	struct decoder *decoder;
	struct jitter *jitter;
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	bool talking; /* the last tick sent: the next packet needs no marker */
	struct media_source source;
	int16_t sound[CODEC_DECODED_MOST + CODEC_FRAME_MOST]; /* decoded, not yet played */
	size_t sound_count;
	bool heard;
	unsigned silent;      /* frames in a row for which nothing came */
	uint64_t sent_before; /* at the last report */
	struct media_statistics statistics;
};

enum fault media_session_init(struct media_session *session, const char *cname,
    const struct srtp_backend *backend, struct why *why) MUST_CHECK;
/* Wipes. */
void media_session_finish(struct media_session *session);
enum fault media_plan_check(const struct media_plan *plan, struct why *why) MUST_CHECK;
/* Start or change; refused: nothing changes. */
enum fault media_session_apply(struct media_session *session, const struct media_plan *plan,
    uint64_t now_ms, struct why *why) MUST_CHECK;

/*
 * One frame of sound becomes a packet of *size bytes in packet, protected if the plan says so.
 * samples NULL: the time passes without a packet (hold).
 */
enum fault media_session_send(struct media_session *session, const int16_t *samples,
    uint8_t packet[RTP_PACKET_MOST], size_t *size, struct why *why) MUST_CHECK;
/* A datagram of the peer, changed in place. *cause is set when refused. */
enum fault media_session_receive(struct media_session *session, uint8_t *datagram, size_t size,
    uint64_t now_ms, enum media_refusal *cause, struct why *why) MUST_CHECK;
/* The next frame to play: codec_frame() samples. */
void media_session_sound(struct media_session *session, uint64_t now_ms, int16_t *samples);

enum fault media_session_report(struct media_session *session, uint64_t now_ms, int64_t wall_ms,
    bool bye, uint8_t packet[RTP_PACKET_MOST], size_t *size, struct why *why) MUST_CHECK;
enum fault media_session_receive_report(struct media_session *session, uint8_t *datagram,
    size_t size, uint64_t now_ms, int64_t wall_ms, enum media_refusal *cause,
    struct why *why) MUST_CHECK;

void media_session_statistics(
    const struct media_session *session, struct media_statistics *statistics);
void media_session_security(
    const struct media_session *session, uint64_t now_ms, struct media_security *security);

/* For both ways in: opens a protected datagram under the present key, or the old one for a while.
 */
enum fault media_session_open(struct media_session *session, bool rtcp, uint8_t *datagram,
    size_t *size, uint64_t now_ms, enum media_refusal *cause, struct why *why) MUST_CHECK;
#endif
