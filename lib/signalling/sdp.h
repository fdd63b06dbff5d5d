/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sdp.h - session descriptions (RFC 8866) and offer/answer (RFC 3264) for one audio
 * stream; every other stream is refused with port 0.
 *
 * Calling:   sdp_offer_write(&local, &body)                     then, with the answer,
 *            sdp_read(answer, &remote); sdp_answer_agree(&local, &remote, &agreed, &why)
 * Called:    sdp_read(offer, &remote); sdp_offer_agree(&local, &remote, &agreed, &why);
 *            sdp_answer_write(&local, &remote, &agreed, &body)
 * local and agreed hold SRTP keys: sdp_local_wipe(), sdp_agreed_wipe().
 */
#ifndef SIGNALLING_SDP_H
#define SIGNALLING_SDP_H

#include "policy/address.h"
#include "policy/codec.h"
#include "signalling/sdp_crypto.h"

enum {
	SDP_MOST = 32768, /* bytes of a description */
	SDP_LINE_MOST = 2048,
	SDP_LINES_MOST = 1024,
	SDP_MEDIA_MOST = 16,
	SDP_FORMATS_MOST = 32, /* payload types of one stream */
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };
/* "sendrecv" */
const char *sdp_direction_name(enum sdp_direction direction);
/* As the other side writes it: sendonly and recvonly change places. */
enum sdp_direction sdp_direction_reverse(enum sdp_direction direction);
/* RFC 3264 6.1: the direction to answer, given what is offered and what we want. */
enum sdp_direction sdp_direction_answer(enum sdp_direction offered, enum sdp_direction wanted);

struct sdp_format {
	uint8_t payload_type;
	struct bytes name; /* of the rtpmap, or of RFC 3551 for static ones; "" unknown */
	uint32_t clock_rate;
	uint32_t channels; /* 1 when not said */
	struct bytes fmtp; /* "" when absent */
};

struct sdp_media {
	struct bytes kind;    /* "audio" */
	uint16_t port;        /* 0: refused or ended */
	struct bytes profile; /* "RTP/SAVP" */
	bool secure;          /* RTP/SAVP or RTP/SAVPF */
	struct bytes formats_text;
	struct sdp_format format[SDP_FORMATS_MOST];
	size_t formats;
	struct bytes connection_host; /* its own c=, or the session's; "" when neither */
	enum sdp_direction
	    direction;  /* its own, or the session's; c= of 0.0.0.0 takes receiving away */
	uint32_t ptime; /* ms; 0: not said */
	struct bytes crypto[SDP_CRYPTO_MOST]; /* values of a=crypto, in order: secrets */
	size_t cryptos;
};

/* Views into the body. */
struct sdp {
	struct bytes origin_user, origin_id, origin_version, origin_host;
	struct bytes name;
	struct sdp_media media[SDP_MEDIA_MOST];
	size_t medias;
};

enum fault sdp_read(struct bytes body, struct sdp *sdp, struct why *why) MUST_CHECK;
/* The first audio stream with a port, or NULL. */
const struct sdp_media *sdp_audio(const struct sdp *sdp);

/* What we want, and are. */
struct sdp_local {
	const char *user;     /* of o=; "-" */
	uint64_t id, version; /* of o=; count version up with every change */
	struct address media; /* where we receive RTP */
	unsigned codecs;      /* a set of 1 << enum codec, offered in the order of policy/codec.h */
	uint32_t ptime;       /* 0: 20 */
	enum sdp_direction direction;
	bool secure;   /* offer RTP/SAVP; answering: refuse what is not (unless fallback) */
	bool fallback; /* X-cisco-srtp-fallback: RTP/AVP may be answered or accepted */
	struct sdp_crypto crypto[SUITE_COUNT]; /* offer: one a suite, each its own key */
	size_t cryptos;
};
void sdp_local_wipe(struct sdp_local *local);

/* What both agree on. */
struct sdp_agreed {
	bool refused; /* the stream has port 0 */
	enum codec codec;
	uint8_t send_payload_type, receive_payload_type;
	struct address remote;        /* where we send RTP */
	enum sdp_direction direction; /* ours */
	uint32_t ptime;
	bool secure;
	struct sdp_crypto ours, theirs; /* when secure: key we send with, key they send with */
};
void sdp_agreed_wipe(struct sdp_agreed *agreed);

/* Adds a crypto line to local with this key and salt (as long as the suite says); tags count
 * from 1. */
enum fault sdp_local_add_key(struct sdp_local *local, enum suite suite, struct bytes key_and_salt,
    struct why *why) MUST_CHECK;
enum fault sdp_offer_write(
    const struct sdp_local *local, struct buffer *body, struct why *why) MUST_CHECK;
/*
 * An offer reached us: choose codec and suite. local->crypto gives one key for each suite we
 * allow; the one of the chosen suite becomes ours. FAULT_FORBIDDEN: security does not meet (488);
 * FAULT_UNEXPECTED: no common codec, no audio (488).
 */
enum fault sdp_offer_agree(const struct sdp_local *local, const struct sdp *offer,
    struct sdp_agreed *agreed, struct why *why) MUST_CHECK;
/* As many m= lines as the offer has. */
enum fault sdp_answer_write(const struct sdp_local *local, const struct sdp *offer,
    const struct sdp_agreed *agreed, struct buffer *body, struct why *why) MUST_CHECK;
/* The answer to our offer. The same faults. */
enum fault sdp_answer_agree(const struct sdp_local *local, const struct sdp *answer,
    struct sdp_agreed *agreed, struct why *why) MUST_CHECK;
#endif
