/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_inner.h - what the files of the channel share; for nobody else. */
#ifndef CHANNEL_CHANNEL_INNER_H
#define CHANNEL_CHANNEL_INNER_H

#include "channel/channel.h"
#include "channel/deadlines.h"
#include "channel/sources.h"

/* What came of an attempt to move bytes. */
enum carried {
	CARRIED,          /* done, or some of it */
	CARRY_WANT_READ,  /* try again when the socket is readable */
	CARRY_WANT_WRITE, /* ... writable */
	CARRY_WAIT,       /* ... when the approver knows more */
	CARRY_ENDED,      /* it is over: *end says why */
};

/* One a transport: how bytes get across. */
struct carrier {
	/* Shakes hands. */
	enum carried (*open)(struct channel *channel, struct channel_end *end);
	/* *more: bytes wait in memory, and the socket will not become readable for them. */
	enum carried (*read)(struct channel *channel, uint8_t *room, size_t size, size_t *got,
	    bool *more, struct channel_end *end);
	enum carried (*write)(
	    struct channel *channel, struct bytes bytes, size_t *sent, struct channel_end *end);
	void (*goodbye)(struct channel *channel);
};
extern const struct carrier carrier_tls, carrier_tcp, carrier_datagram;

/* What the channels of one listener (or one connector) have in common. */
struct channel_group {
	struct loop *loop;
	unsigned references;               /* the listener, and each channel */
	struct channel_listener *listener; /* NULL: freed, or a connector's */
	struct tls *tls;
	struct channel_limits limits; /* filled in */
	const struct channel_handlers *handlers;
	void *arg;
	struct deadlines handshake, idle, closing;
	struct sources sources;
	size_t count;
};

/* Lives from the socket's birth until the handshake succeeded or failed. */
struct handshake {
	struct peer_verdict verdict;
	struct why refusal;
	bool asked, has_card;
	struct peer_card card;
	char *expected_name;
};

struct channel {
	struct deadline deadline;
	struct channel_group *group;
	const struct carrier *carrier;
	struct loop_watch *watch; /* NULL: the listener reads (UDP) */
	SSL *ssl;
	struct tls *tls;
	struct handshake *shaking;
	struct source *source;
	struct channel *next_datagram; /* in the UDP listener's bucket */
	void *user;
	char *trusted_by;           /* the approver's words, or NULL */
	struct channel_end *broken; /* writing found that it is over; not told yet */
	struct buffer queue;
	struct address remote;
	int fd;
	unsigned holds; /* one for its existence, one for each function that works on it */
	uint8_t transport, stage, waiting; /* enum transport, channel_stage, carried */
	int16_t alert_sent, alert_seen;    /* -1: none */
	bool server, reading;
	bool ended;     /* no handler may run any more */
	bool closing;   /* sends what is queued, then says goodbye */
	bool lingering; /* waits for the peer to have read our last words */
	bool destroyed;
};

/* channel_group.c */
enum fault channel_group_new(struct channel_group **group, struct loop *loop, struct tls *tls,
    const struct channel_limits *limits, const struct channel_handlers *handlers, void *arg,
    struct why *why) MUST_CHECK;
void channel_group_release(struct channel_group *group);
/* Ends, in silence, what nobody was told of yet. */
void channel_group_drop_handshakes(struct channel_group *group);

/* channel.c */
/* Takes fd over on success, and one reference of the group. */
enum fault channel_new(struct channel **channel, struct channel_group *group,
    enum transport transport, int fd, bool own_watch, const struct address *remote, bool server,
    struct why *why) MUST_CHECK;
struct channel *channel_hold(struct channel *channel);
void channel_release(struct channel *channel);
/* Goes on from whatever stage it is in. */
void channel_advance(struct channel *channel);
/* Begins its stage from the loop, not inside the call. */
void channel_start(struct channel *channel);
/* It is over: tells the user, lets the peer read our alert, frees. */
void channel_finish(struct channel *channel, const struct channel_end *end);
void channel_destroy(struct channel *channel);
/* Hands bytes to the user; the channel may be gone afterwards (hold it). */
void channel_deliver(struct channel *channel, struct bytes bytes);

/* channel_tls.c */
/* Makes the channel's TLS state; plan is NULL for accepted connections. */
enum fault channel_tls_start(
    struct channel *channel, const struct channel_connect_plan *plan, struct why *why) MUST_CHECK;
void channel_tls_facts(struct channel *channel, struct peer_facts *facts, struct buffer *der);

/* channel_datagram.c: the table of a UDP listener's channels. */
struct datagrams;
enum fault datagrams_new(struct datagrams **datagrams, struct why *why) MUST_CHECK;
void datagrams_free(struct datagrams *datagrams);
void datagrams_remove(struct datagrams *datagrams, struct channel *channel);
void datagrams_ready(struct datagrams *datagrams, struct channel_group *group, int fd);
enum fault datagrams_reach(struct datagrams *datagrams, struct channel_group *group, int fd,
    const struct address *remote, struct channel **channel, struct why *why) MUST_CHECK;
/* channel_listener.c */
struct datagrams *channel_listener_datagrams(struct channel_listener *listener);
/* Room for one more connection of this host? Counts the refusal if not. */
enum fault channel_group_admit(struct channel_group *group, const struct address *remote,
    struct source **source, struct why *why) MUST_CHECK;

/* channel_end.c */
const char *alert_name(int alert);
/* Fills end for a TLS operation that failed just now. */
void tls_end_read(struct channel *channel, int result, struct channel_end *end);
/* For a socket call that failed with errno. */
void socket_end_read(const char *what, struct channel_end *end);

/* tap.c: tells the tap, if there is one. */
void tap_tell(const struct channel *channel, bool sent, struct bytes bytes);
/* The same for what OpenSSL moves by itself; after SSL_set_fd(). */
void tap_tls(struct channel *channel);
#endif
