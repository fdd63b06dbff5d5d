/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/srtp.h - SRTP and SRTCP (RFC 3711, RFC 7714): packets protected and unprotected in
 * place, under one master key, in one direction.
 *
 * A call leg has two of these: one sends (srtp_seal, srtcp_seal), one receives
 * (srtp_open, srtcp_open). The receiver's replay window and roll-over counter move
 * only after a packet has authenticated; a refused packet changes nothing but the counts.
 * The contents of the packet buffer are undefined after a refusal: nothing of it may be used.
 * No I/O, no clock. Not for several threads at once.
 */
#ifndef MEDIA_SRTP_H
#define MEDIA_SRTP_H

#include "media/srtp_backend.h"
#include "media/srtp_keys.h"

enum {
	SRTP_WINDOW = 128,      /* how far behind the newest a packet may come, in packets */
	SRTP_STREAMS_MOST = 16, /* SSRCs under one key; unauthenticated ones take no place */
	SRTP_GROWTH_MOST =
	    SUITE_TAG_MOST + 4,  /* what protecting adds at most (SRTCP: tag, index) */
	SRTP_PACKET_MOST = 2048, /* largest packet we protect or accept, bytes */
};

/* Why a packet was refused, for statistics and audit. */
enum srtp_refusal {
	SRTP_REFUSED_MALFORMED,      /* not an RTP or RTCP packet, or too short for its tag */
	SRTP_REFUSED_AUTHENTICATION, /* the tag is wrong: forged, damaged, or another key */
	SRTP_REFUSED_REPLAY,         /* seen before, or older than the window */
	SRTP_REFUSED_PLAIN,          /* SRTCP without encryption, where we want it encrypted */
	SRTP_REFUSED_LIMIT,          /* too many SSRCs, or the key is used up */
	SRTP_REFUSALS
};

struct srtp_counts {
	uint64_t done;                   /* packets protected, or authenticated */
	uint64_t refused[SRTP_REFUSALS]; /* by cause */
};

struct srtp;

/* "authentication", "replay" ... */
const char *srtp_refusal_name(enum srtp_refusal refusal);

/* backend NULL: srtp_backend_best(). The master key is copied nowhere: session keys are derived. */
enum fault srtp_new(struct srtp **srtp, const struct srtp_master *master,
    const struct srtp_backend *backend, struct why *why) MUST_CHECK;
/* The same from session keys that are already derived: what the test vectors give. */
enum fault srtp_new_session(struct srtp **srtp, const struct srtp_keys *keys,
    const struct srtp_backend *backend, struct why *why) MUST_CHECK;
/* Wipes. NULL is fine. */
void srtp_free(struct srtp *srtp);

/*
 * packet holds *size bytes of plain RTP or RTCP and has room for SRTP_GROWTH_MOST more (room is
 * the whole); *size becomes the protected size. Refused: FAULT_MALFORMED; FAULT_LIMIT (no room,
 * too many SSRCs, key used up); FAULT_UNEXPECTED for a sequence number this key has already
 * protected (a second use would give the key away under GCM).
 */
enum fault srtp_seal(
    struct srtp *srtp, uint8_t *packet, size_t *size, size_t room, struct why *why) MUST_CHECK;
enum fault srtcp_seal(
    struct srtp *srtp, uint8_t *packet, size_t *size, size_t room, struct why *why) MUST_CHECK;
/*
 * *size becomes the size of the plain packet. Refused: FAULT_MALFORMED, FAULT_UNTRUSTED (does
 * not authenticate), FAULT_UNEXPECTED (replay), FAULT_FORBIDDEN (SRTCP with E = 0), FAULT_LIMIT.
 */
enum fault srtp_open(struct srtp *srtp, uint8_t *packet, size_t *size, struct why *why) MUST_CHECK;
enum fault srtcp_open(struct srtp *srtp, uint8_t *packet, size_t *size, struct why *why) MUST_CHECK;

/* RTP, then RTCP. Valid as long as srtp. */
const struct srtp_counts *srtp_counts_rtp(const struct srtp *srtp);
const struct srtp_counts *srtp_counts_rtcp(const struct srtp *srtp);
enum suite srtp_suite(const struct srtp *srtp);
const struct srtp_backend *srtp_backend_of(const struct srtp *srtp);
/* The roll-over counter and highest sequence number of an SSRC; false if it is unknown. */
bool srtp_stream_index(const struct srtp *srtp, uint32_t ssrc, uint64_t *index);
#endif
