/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/media_stream.h - one call leg's media: an RTP socket (RTCP on the next port), keys
 * both ways, a codec, a jitter buffer, and the audio device, on the event loop.
 *
 *     media_stream_new(&stream, loop, &options, &why);      binds; the port goes into the SDP
 *     media_stream_start(stream, &plan, &why);              both ends are known: sound flows
 *     media_stream_change(stream, &plan, &why);             re-INVITE: keys, address, hold ...
 *     media_stream_free(stream);                            BYE; wipes the keys
 *
 * Only packets from the negotiated address count as the peer's. Nothing that did not
 * authenticate is heard, on a secure stream.
 */
#ifndef MEDIA_MEDIA_STREAM_H
#define MEDIA_MEDIA_STREAM_H

#include "base/loop.h"
#include "media/audio_device.h"
#include "media/capture.h"
#include "media/codec.h"
#include "media/srtp.h"
#include "policy/address.h"

enum {
	MEDIA_TICK_MS = 20,
	MEDIA_RTCP_MS = 5000,   /* between our reports */
	MEDIA_FRESH_MS = 12000, /* authenticated packets older than this no longer light a lock */
	MEDIA_KEY_GRACE_MS = 1000, /* after a change, packets under the old key still count */
	MEDIA_BURST = 16,          /* datagrams taken at once */
	MEDIA_PORTS_TRIED_MOST = 4096,
};

struct media_stream;

/* Why a datagram was not used. */
enum media_refusal {
	MEDIA_REFUSED_SOURCE,         /* not from the negotiated address */
	MEDIA_REFUSED_MALFORMED,      /* no RTP, RTCP or payload of the codec */
	MEDIA_REFUSED_AUTHENTICATION, /* SRTP tag wrong */
	MEDIA_REFUSED_REPLAY,         /* seen before or too old */
	MEDIA_REFUSED_PAYLOAD_TYPE,   /* not the negotiated one */
	MEDIA_REFUSED_UNEXPECTED,     /* we do not receive now, or a limit was reached */
	MEDIA_REFUSALS
};

struct media_handlers {
	/* media_stream_secure() changed. May be NULL. */
	void (*on_secure)(void *arg, bool secure);
	/* A datagram was refused; for the audit (which counts repeats). May be NULL. */
	void (*on_refused)(
	    void *arg, enum media_refusal cause, const struct address *from, const char *sentence);
	void *arg;
};

struct media_options {
	struct address local;               /* its port is not used */
	uint16_t first_port, last_port;     /* an even one of these is bound, RTCP on the next */
	struct audio_device *device;        /* not owned; NULL: silence, nothing played */
	struct capture *capture;            /* not owned; NULL: none */
	const char *cname;                  /* RTCP name; copied; NULL: random */
	const struct srtp_backend *backend; /* NULL: the best */
	struct media_handlers handlers;
};

/* What both ends agreed on. Copied; the caller wipes its own. */
struct media_plan {
	struct address remote; /* RTP; RTCP goes to the next port */
	enum codec codec;
	uint8_t send_payload_type, receive_payload_type;
	bool send, receive; /* hold: false and false, or as agreed */
	bool secure;        /* SRTP both ways with the keys below; else plain RTP */
	struct srtp_master send_key, receive_key;
};

void media_plan_wipe(struct media_plan *plan);

struct media_statistics {
	uint64_t sent, sent_octets;         /* RTP packets; payload bytes */
	uint64_t received, received_octets; /* RTP packets used: after authentication, if secure */
	uint64_t authenticated;             /* SRTP and SRTCP packets whose tag was right */
	uint64_t refused[MEDIA_REFUSALS];
	uint64_t last_authenticated_ms; /* monotonic; 0: never */
	uint64_t rtcp_sent, rtcp_received;
	uint64_t lost, late, concealed; /* packets that never came; came too late; frames made up */
	unsigned jitter_ms;             /* of arrival, RFC 3550 6.4.1 */
	unsigned buffered_ms;           /* what the jitter buffer holds back now */
	uint64_t peer_lost;             /* as the peer reports by RTCP */
	unsigned peer_jitter_ms, round_trip_ms;
};

/* The facts behind the lock. */
struct media_security {
	bool encrypts;      /* all we send is SRTP */
	bool authenticates; /* a packet under the present receive key has authenticated */
	bool fresh;         /* and one did within MEDIA_FRESH_MS */
	enum suite suite;   /* meaningful when encrypts */
};

/* Binds. FAULT_BUSY when no pair of ports in the range is free. */
enum fault media_stream_new(struct media_stream **stream, struct loop *loop,
    const struct media_options *options, struct why *why) MUST_CHECK;
/* Sends RTCP BYE if started, closes, wipes. NULL is fine. */
void media_stream_free(struct media_stream *stream);
/* Where we listen for RTP: local address with the bound port. */
const struct address *media_stream_local(const struct media_stream *stream);

enum fault media_stream_start(
    struct media_stream *stream, const struct media_plan *plan, struct why *why) MUST_CHECK;
/* Keys that did not change keep their counters; new ones begin anew. Refused: all stays as it was.
 */
enum fault media_stream_change(
    struct media_stream *stream, const struct media_plan *plan, struct why *why) MUST_CHECK;
/* Hold and resume without touching anything else. */
void media_stream_direct(struct media_stream *stream, bool send, bool receive);
/* Sends silence in place of the device's sound. */
void media_stream_mute(struct media_stream *stream, bool mute);
bool media_stream_started(const struct media_stream *stream);

void media_stream_statistics(
    const struct media_stream *stream, struct media_statistics *statistics);
void media_stream_security(const struct media_stream *stream, struct media_security *security);
/* May this leg light the lock: encrypts && authenticates && fresh. */
bool media_stream_secure(const struct media_stream *stream);
/* "source", "authentication" ... */
const char *media_refusal_name(enum media_refusal refusal);
#endif
