/* SPDX-License-Identifier: Apache-2.0 */
#include "media/media_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "media/media_session.h"
#include "media/media_socket.h"

enum {
	DATAGRAM_MOST = SRTP_PACKET_MOST,
	FIRST_REPORT_MS = 500, /* a held or silent peer proves its keys early by it */
	TICKS_LATE_MOST = 5,   /* caught up; more are skipped */
};

/* Where a burst of datagrams is received. */
struct burst {
	struct mmsghdr headers[MEDIA_BURST];
	struct iovec vectors[MEDIA_BURST];
	struct sockaddr_storage sources[MEDIA_BURST];
	uint8_t datagrams[MEDIA_BURST][DATAGRAM_MOST];
};

struct media_stream {
	struct loop *loop;
	struct media_sockets sockets;
	struct address local_rtcp, remote_rtcp;
	struct loop_watch *rtp_watch, *rtcp_watch;
	struct loop_timer *timer;
	struct audio_device *device;
	bool device_started;
	struct capture *capture;
	struct media_handlers handlers;
	struct media_session session;
	bool mute, was_secure;
	uint64_t next_tick_ms, next_report_ms;
	struct burst burst;
};

static const char *const refusal_names[MEDIA_REFUSALS] = {
    [MEDIA_REFUSED_SOURCE] = "source",
    [MEDIA_REFUSED_MALFORMED] = "malformed",
    [MEDIA_REFUSED_AUTHENTICATION] = "authentication",
    [MEDIA_REFUSED_REPLAY] = "replay",
    [MEDIA_REFUSED_PAYLOAD_TYPE] = "payload type",
    [MEDIA_REFUSED_UNEXPECTED] = "unexpected",
};

const char *
media_refusal_name(enum media_refusal refusal)
{
	return refusal_names[refusal];
}

/* Tells of a change once. The handler may not free the stream. */
static void
tell_security(struct media_stream *stream)
{
	bool secure = media_stream_secure(stream);

	if (secure == stream->was_secure)
		return;
	stream->was_secure = secure;
	if (stream->handlers.on_secure != NULL)
		stream->handlers.on_secure(stream->handlers.arg, secure);
}

static void
refuse(struct media_stream *stream, enum media_refusal cause, const struct address *from,
    const struct why *why)
{
	stream->session.statistics.refused[cause]++;
	if (stream->handlers.on_refused != NULL)
		stream->handlers.on_refused(stream->handlers.arg, cause, from, why->text);
}

static void
send_datagram(struct media_stream *stream, bool rtcp, const uint8_t *packet, size_t size)
{
	const struct address *from = rtcp ? &stream->local_rtcp : &stream->sockets.local;
	const struct address *to = rtcp ? &stream->remote_rtcp : &stream->session.plan.remote;

	capture_udp(stream->capture, clock_wall_ms(), from, to, bytes_of(packet, size));
	/* A full socket or an unreachable peer loses a packet, as the network may. */
	(void)!sendto(rtcp ? stream->sockets.rtcp : stream->sockets.rtp, packet, size, MSG_NOSIGNAL,
	    (const struct sockaddr *)&to->storage, to->size);
}

static void
handle_datagram(struct media_stream *stream, bool rtcp, uint8_t *datagram, size_t size,
    const struct address *from)
{
	const struct address *expected = rtcp ? &stream->remote_rtcp : &stream->session.plan.remote;
	enum media_refusal cause = MEDIA_REFUSED_UNEXPECTED;
	uint64_t now = clock_monotonic_ms();
	char text[ADDRESS_TEXT_SIZE];
	enum fault fault;
	struct why why;

	capture_udp(stream->capture, clock_wall_ms(), from,
	    rtcp ? &stream->local_rtcp : &stream->sockets.local, bytes_of(datagram, size));
	if (!stream->session.started) {
		fault = explain(&why, FAULT_UNEXPECTED, "media before the call was answered");
	} else if (!address_equal(from, expected)) {
		cause = MEDIA_REFUSED_SOURCE;
		fault = explain(&why, FAULT_FORBIDDEN, "media from elsewhere than %s",
		    address_text(expected, text));
	} else if (rtcp) {
		fault = media_session_receive_report(
		    &stream->session, datagram, size, now, clock_wall_ms(), &cause, &why);
	} else {
		fault = media_session_receive(&stream->session, datagram, size, now, &cause, &why);
	}
	if (fault != FAULT_NONE)
		refuse(stream, cause, from, &why);
}

static int
receive_burst(struct media_stream *stream, int fd)
{
	struct burst *burst = &stream->burst;

	for (size_t i = 0; i < MEDIA_BURST; i++) {
		burst->vectors[i] = (struct iovec){burst->datagrams[i], DATAGRAM_MOST};
		burst->headers[i].msg_hdr = (struct msghdr){
		    .msg_name = &burst->sources[i],
		    .msg_namelen = sizeof(burst->sources[i]),
		    .msg_iov = &burst->vectors[i],
		    .msg_iovlen = 1,
		};
	}
	return recvmmsg(fd, burst->headers, MEDIA_BURST, MSG_DONTWAIT, NULL);
}

/* One burst a call: a flood leaves the loop its turn. */
static void
on_readable(int fd, int ready, void *arg)
{
	struct media_stream *stream = arg;
	int count = receive_burst(stream, fd);

	(void)ready;
	for (int i = 0; i < count; i++) {
		const struct msghdr *header = &stream->burst.headers[i].msg_hdr;
		struct address from = {.size = header->msg_namelen};

		memcpy(&from.storage, &stream->burst.sources[i], sizeof(from.storage));
		handle_datagram(stream, fd == stream->sockets.rtcp, stream->burst.datagrams[i],
		    stream->burst.headers[i].msg_len, &from);
	}
	if (count > 0)
		tell_security(stream);
}

static void
send_report(struct media_stream *stream, uint64_t now, bool bye)
{
	uint8_t packet[RTP_PACKET_MOST];
	struct why why;
	size_t size;

	if (media_session_report(
		&stream->session, now, clock_wall_ms(), bye, packet, &size, &why) == FAULT_NONE)
		send_datagram(stream, true, packet, size);
	stream->next_report_ms = now + MEDIA_RTCP_MS;
}

/* 20 ms of sound each way. */
static void
tick(struct media_stream *stream, uint64_t now)
{
	struct media_session *session = &stream->session;
	size_t frame = codec_frame(session->plan.codec), size;
	int16_t samples[CODEC_FRAME_MOST] = {0};
	uint8_t packet[RTP_PACKET_MOST];
	struct why why;

	media_session_sound(session, now, samples);
	if (stream->device_started)
		audio_device_play(stream->device, samples, frame);
	memset(samples, 0, sizeof(samples));
	if (stream->device_started)
		audio_device_capture(stream->device, samples, frame);
	if (stream->mute)
		memset(samples, 0, sizeof(samples));
	if (media_session_send(session, session->plan.send ? samples : NULL, packet, &size, &why) ==
		FAULT_NONE &&
	    size > 0)
		send_datagram(stream, false, packet, size);
	explicit_bzero(samples, sizeof(samples));
	if (now >= stream->next_report_ms)
		send_report(stream, now, false);
}

/* Ticks are due at fixed times, so that a late timer shifts none of the following. */
static void
on_timer(void *arg)
{
	struct media_stream *stream = arg;
	uint64_t now = clock_monotonic_ms();

	for (unsigned i = 0; i < TICKS_LATE_MOST && now >= stream->next_tick_ms; i++) {
		tick(stream, now);
		stream->next_tick_ms += MEDIA_TICK_MS;
	}
	if (now >= stream->next_tick_ms)
		stream->next_tick_ms = now + MEDIA_TICK_MS;
	loop_timer_set(stream->timer, stream->next_tick_ms - now);
	tell_security(stream);
}

enum fault
media_stream_new(struct media_stream **stream, struct loop *loop,
    const struct media_options *options, struct why *why)
{
	struct media_stream *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	making->loop = loop;
	making->device = options->device;
	making->capture = options->capture;
	making->handlers = options->handlers;
	making->sockets.rtp = making->sockets.rtcp = -1;
	if ((fault = media_session_init(&making->session, options->cname, options->backend, why)) !=
		FAULT_NONE ||
	    (fault = media_sockets_open(&making->sockets, &options->local, options->first_port,
		 options->last_port, why)) != FAULT_NONE)
		goto done;
	making->local_rtcp = making->sockets.local;
	address_set_port(&making->local_rtcp, (uint16_t)(address_port(&making->sockets.local) + 1));
	making->rtp_watch =
	    loop_watch_new(loop, making->sockets.rtp, LOOP_READ, on_readable, making);
	making->rtcp_watch =
	    loop_watch_new(loop, making->sockets.rtcp, LOOP_READ, on_readable, making);
	making->timer = loop_timer_new(loop, on_timer, making);
	if (making->rtp_watch == NULL || making->rtcp_watch == NULL || making->timer == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory");
		goto done;
	}
	*stream = making;
	making = NULL; /* handed over */
done:
	media_stream_free(making);
	return fault;
}

void
media_stream_free(struct media_stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->session.started)
		send_report(stream, clock_monotonic_ms(), true);
	if (stream->device_started)
		audio_device_stop(stream->device);
	loop_watch_free(stream->rtp_watch);
	loop_watch_free(stream->rtcp_watch);
	loop_timer_free(stream->timer);
	media_sockets_close(&stream->sockets);
	media_session_finish(&stream->session);
	explicit_bzero(stream, sizeof(*stream));
	free(stream);
}

const struct address *
media_stream_local(const struct media_stream *stream)
{
	return &stream->sockets.local;
}

/* The device at the codec's rate; it goes on as it is if that rate stays. */
static enum fault
start_device(struct media_stream *stream, enum codec codec, struct why *why)
{
	bool same =
	    stream->session.started && codec_rate(stream->session.plan.codec) == codec_rate(codec);
	enum fault fault;

	if (stream->device == NULL || same)
		return FAULT_NONE;
	fault = audio_device_start(stream->device, codec_rate(codec), why);
	stream->device_started = fault == FAULT_NONE;
	return fault;
}

enum fault
media_stream_start(struct media_stream *stream, const struct media_plan *plan, struct why *why)
{
	enum fault fault;

	if (stream->session.started)
		return explain(why, FAULT_UNEXPECTED, "media is started already");
	if ((fault = media_stream_change(stream, plan, why)) != FAULT_NONE)
		return fault;
	stream->next_tick_ms = clock_monotonic_ms() + MEDIA_TICK_MS;
	stream->next_report_ms = clock_monotonic_ms() + FIRST_REPORT_MS;
	loop_timer_set(stream->timer, MEDIA_TICK_MS);
	return FAULT_NONE;
}

enum fault
media_stream_change(struct media_stream *stream, const struct media_plan *plan, struct why *why)
{
	bool before = stream->session.started;
	enum fault fault;

	if ((fault = media_plan_check(plan, why)) != FAULT_NONE ||
	    (fault = start_device(stream, plan->codec, why)) != FAULT_NONE)
		return fault;
	fault = media_session_apply(&stream->session, plan, clock_monotonic_ms(), why);
	if (fault != FAULT_NONE) {
		if (!before && stream->device_started)
			audio_device_stop(stream->device);
		stream->device_started = before && stream->device_started;
		return fault;
	}
	stream->remote_rtcp = plan->remote;
	address_set_port(&stream->remote_rtcp, (uint16_t)(address_port(&plan->remote) + 1));
	tell_security(stream);
	return FAULT_NONE;
}

void
media_stream_direct(struct media_stream *stream, bool send, bool receive)
{
	stream->session.plan.send = send;
	stream->session.plan.receive = receive;
}

void
media_stream_mute(struct media_stream *stream, bool mute)
{
	stream->mute = mute;
}

bool
media_stream_started(const struct media_stream *stream)
{
	return stream->session.started;
}

void
media_stream_statistics(const struct media_stream *stream, struct media_statistics *statistics)
{
	media_session_statistics(&stream->session, statistics);
}

void
media_stream_security(const struct media_stream *stream, struct media_security *security)
{
	media_session_security(&stream->session, clock_monotonic_ms(), security);
}

bool
media_stream_secure(const struct media_stream *stream)
{
	struct media_security security;

	media_stream_security(stream, &security);
	return security.encrypts && security.authenticates && security.fresh;
}
