/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/channel_kit.h - certificates made on the spot, and two ends on one loop. */
#ifndef TESTS_CHANNEL_KIT_H
#define TESTS_CHANNEL_KIT_H

#include "tests.h"

#include "base/clock.h"
#include "channel/channel.h"

enum { KIT_DAY = 24 * 3600, KIT_GUARD_MS = 20000 };

struct kit_certificate {
	X509 *certificate;
	EVP_PKEY *key;
};

/* "RSA:2048", "P-256"; issuer NULL: self-signed. Dates are days from now. name may hold a host
 * or address for subjectAltName after a '|'. */
void kit_make(struct kit_certificate *made, const char *kind, const char *name,
    const struct kit_certificate *issuer, int from_days, int until_days);
void kit_forget(struct kit_certificate *certificate);

/* One end: what it was told. */
struct kit_end {
	struct channel *channel; /* the last one opened */
	struct peer_facts facts;
	bool opened, closed, has_end;
	unsigned open_count, closed_count;
	struct channel_end end;
	char received[4096];
	size_t received_size; /* all of it; received holds the first part */
	unsigned drained;
	bool echo;
	/* What approve() answers; 0 approves. busy_times: how often it says "later" before. */
	enum peer_rule refuse;
	unsigned busy_times, asked;
	struct kit *kit;
};

struct kit {
	struct loop *loop;
	struct loop_timer *guard;
	struct tls *server_tls, *client_tls;
	struct channel_listener *listener;
	struct address address;
	struct kit_end server, client;
	struct channel_handlers handlers;
	struct channel_limits limits; /* for the listener */
	bool (*done)(struct kit *kit);
};

extern struct kit_certificate kit_ca, kit_rsa, kit_ec, kit_phone;
/* cmocka group fixtures: make and forget the certificates above. */
int kit_setup(void **state);
int kit_teardown(void **state);

void kit_init(struct kit *kit);
void kit_finish(struct kit *kit);
/* A plan with one identity (NULL: none). */
struct tls_plan kit_plan(enum tls_side side, const struct kit_certificate *identity);
void kit_tls(struct tls **tls, const struct tls_plan *plan);
void kit_listen(struct kit *kit, enum transport transport);
struct channel *kit_connect(struct kit *kit, enum transport transport, SSL_SESSION *session);
/* Runs until done() or the guard (which fails the test). */
void kit_run(struct kit *kit, bool (*done)(struct kit *kit));
/* Waits for one event and handles it. */
void kit_turn(struct loop *loop);
/* The usual ends of waiting. */
bool kit_both_open(struct kit *kit);
bool kit_client_open(struct kit *kit);
bool kit_both_closed(struct kit *kit);
bool kit_server_closed(struct kit *kit);
bool kit_client_closed(struct kit *kit);
bool kit_client_received(struct kit *kit);
bool kit_server_received(struct kit *kit);
/* A plain blocking socket connected to the listener. */
int kit_raw_connect(const struct kit *kit);
#endif
