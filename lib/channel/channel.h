/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/channel.h - connections on the event loop: TLS with our own handshake driver,
 * plain TCP, and UDP, behind one interface.
 *
 * UDP: a listener makes one channel per remote address, on_bytes gets one whole datagram, and
 * a channel_write() sends one. Everything else is the same.
 *
 * Every handler runs from the loop. Exactly one of these ends a channel: channel_close() by its
 * user (no handler runs any more), or on_closed (after which the library frees it).
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "base/buffer.h"
#include "base/loop.h"
#include "channel/peer.h"
#include "channel/tls.h"

enum {
	CHANNEL_BACKLOG = 4096,
	CHANNEL_ACCEPT_BATCH = 64,         /* connections accepted before others get a turn */
	CHANNEL_READ_MOST = 16 * 1024,     /* bytes handed to on_bytes at once, TCP and TLS */
	CHANNEL_DATAGRAM_MOST = 64 * 1024, /* bytes of a datagram, both ways */
	CHANNEL_DATAGRAM_BATCH = 64,       /* datagrams read before others get a turn */
	CHANNEL_QUEUE_MOST = 256 * 1024,   /* bytes waiting for a slow peer, unless planned */
	CHANNEL_HANDSHAKE_MS = 10 * 1000,  /* to connect and shake hands, unless planned */
	CHANNEL_CLOSE_MS = 2 * 1000,       /* to take what is queued after channel_close() */
	CHANNEL_TOTAL_MOST = 20000,        /* connections of a listener, unless planned */
	CHANNEL_PER_SOURCE_MOST = 20000,   /* of one source address, unless planned */
};

struct channel;
struct channel_listener;

/* How far a connection had come when it ended. */
enum channel_stage { CHANNEL_CONNECTING, CHANNEL_HANDSHAKING, CHANNEL_OPEN, CHANNEL_STAGE_COUNT };

/* Why it ended, for people, logs and the audit. */
struct channel_end {
	enum fault fault;         /* FAULT_NONE: the peer closed in good order */
	enum channel_stage stage; /* how far it had come */
	struct address remote;
	bool truncated;         /* TLS ended without close_notify: the last bytes may be missing */
	bool security;          /* worth an audit record: a rule about TLS or trust refused it */
	const char *alert_sent; /* "certificate_expired", or NULL */
	const char *alert_seen; /* what the peer said in its alert, or NULL */
	enum peer_rule rule;    /* if a certificate was refused */
	bool has_card;
	struct peer_card card; /* the certificate the peer presented */
	struct why why;        /* what happened, in one sentence */
	const char *next_step; /* what the operator should do, or NULL */
};

enum { CHANNEL_END_TEXT_SIZE = 1536 };
/* Stage, peer, what happened, the certificate, the next step: the whole sentence. */
const char *channel_end_text(const struct channel_end *end, char text[CHANNEL_END_TEXT_SIZE]);
const char *channel_stage_name(enum channel_stage stage);

struct channel_handlers {
	/* The connection may be used from now on. facts are valid during the call. */
	void (*on_open)(void *arg, struct channel *channel, const struct peer_facts *facts);
	/* A view, valid during the call. */
	void (*on_bytes)(void *arg, struct channel *channel, struct bytes bytes);
	/* Refused, failed or ended, also before on_open. Do not use the channel afterwards. */
	void (*on_closed)(void *arg, struct channel *channel, const struct channel_end *end);
	/* The write queue became empty again. May be NULL. */
	void (*on_drained)(void *arg, struct channel *channel);
	/* TLS: decides about the peer's certificate. NULL refuses every certificate. */
	peer_approve *approve;
};

/* What listeners and connectors share. Zero means the constant above. */
struct channel_limits {
	uint32_t handshake_ms;
	uint32_t idle_ms; /* nothing received for so long: closed; 0 never */
	uint32_t queue_most;
	uint32_t total_most, per_source_most; /* listeners only */
};

struct channel_listen_plan {
	enum transport transport;
	int fd;          /* bound (and listening, unless UDP); the listener owns it from now on */
	struct tls *tls; /* TRANSPORT_TLS; the listener takes its own reference */
	struct channel_limits limits;
	const struct channel_handlers *handlers; /* kept, not copied */
	void *arg;
};

/* If refused, fd is still the caller's. */
enum fault channel_listen(struct channel_listener **listener, struct loop *loop,
    const struct channel_listen_plan *plan, struct why *why) MUST_CHECK;
/* Stops accepting. Its open channels live on; those that still shake hands, and UDP's, end in
 * silence. */
void channel_listener_free(struct channel_listener *listener);
/* New handshakes use tls; open connections keep what they have. */
void channel_listener_set_tls(struct channel_listener *listener, struct tls *tls);
size_t channel_listener_count(const struct channel_listener *listener);
/* UDP: a channel to an address we speak to first (or the one that exists). */
enum fault channel_listener_reach(struct channel_listener *listener, const struct address *remote,
    struct channel **channel, struct why *why) MUST_CHECK;

/* A non-blocking, close-on-exec socket bound to address; listening with CHANNEL_BACKLOG unless
 * UDP; TCP_NODELAY. shared: SO_REUSEPORT, one per edge. Port 0 picks one, told in *bound. */
enum fault channel_bind(enum transport transport, const struct address *address, bool shared,
    int *fd, struct address *bound, struct why *why) MUST_CHECK;

struct channel_connect_plan {
	enum transport transport;
	struct address remote;
	const struct address *local; /* to bind to first, or NULL; port 0 picks one */
	struct tls *tls;             /* TRANSPORT_TLS */
	const char *expected_name;   /* given to approve and sent as SNI if a host name; or NULL */
	SSL_SESSION *session;        /* to resume, or NULL; stays the caller's */
	struct channel_limits limits;
	const struct channel_handlers *handlers;
	void *arg;
};

/* Success means only "started": on_open or on_closed follows. */
enum fault channel_connect(struct channel **channel, struct loop *loop,
    const struct channel_connect_plan *plan, struct why *why) MUST_CHECK;
/* Takes over a connected stream socket (a socketpair in tests). server: we answer. */
enum fault channel_adopt(struct channel **channel, struct loop *loop, int fd, bool server,
    const struct channel_connect_plan *plan, struct why *why) MUST_CHECK;

/* Sends now what the socket takes and queues the rest; FAULT_LIMIT when the queue is full (the
 * bytes are not taken), FAULT_UNEXPECTED before on_open. */
enum fault channel_write(struct channel *channel, struct bytes bytes, struct why *why) MUST_CHECK;
size_t channel_queued(const struct channel *channel);
/* false stops reading (and the idle deadline) until true. */
void channel_set_reading(struct channel *channel, bool reading);
/* Sends what is queued within CHANNEL_CLOSE_MS, says goodbye, frees. NULL is fine. */
void channel_close(struct channel *channel);
/* The same, at once: what is queued is lost. */
void channel_abort(struct channel *channel);
/* After approve() said FAULT_BUSY: asks it again. */
void channel_approve_again(struct channel *channel);

/* The user's own pointer, NULL at first; arg above is the listener's or connector's. */
void channel_set_user(struct channel *channel, void *user);
void *channel_user(const struct channel *channel);
const struct address *channel_remote(const struct channel *channel);
/* Computed anew; facts->certificate is copied into der (cleared first, kept by the caller). */
void channel_facts(struct channel *channel, struct peer_facts *facts, struct buffer *der);
/* How many exist in this process, with those that still say goodbye. A program that stops in good
 * order runs its loop until none does (CHANNEL_CLOSE_MS at most). */
size_t channel_alive(void);
/* That: runs the loop until none exists, at most CHANNEL_CLOSE_MS. */
void channel_settle(struct loop *loop);
/* A new reference for channel_connect_plan.session, or NULL. */
SSL_SESSION *channel_session(struct channel *channel);
#endif
