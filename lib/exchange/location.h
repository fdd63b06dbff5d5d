/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/location.h - the tables of connections and of what is registered on them. Found
 * by connection id, by line, by line and device; nothing here grows with time.
 */
#ifndef EXCHANGE_LOCATION_H
#define EXCHANGE_LOCATION_H

#include "exchange/exchange.h"
#include "signalling/sip_digest.h"

struct connection;
struct leg;

struct registration {
	struct registration_record record;
	struct connection *connection; /* NULL while its connection was not (yet) replayed */
	uint64_t expires_ms;
	uint64_t told_ms;    /* when calls.db last heard of it */
	uint32_t generation; /* of the configuration it was checked against */
	struct registration *next_of_bucket, *next_of_connection;
};

/* awaited: remembered from before a restart and not replayed yet; flow holds what it must be. */
struct connection {
	struct flow flow;
	bool awaited, closing;
	char remote[ADDRESS_TEXT_SIZE]; /* of flow.remote */
	struct registration *registrations;
	size_t registered;
	struct leg *legs; /* by next_of_connection; core.h places them */
	struct sip_nonce_window nonce_window;
	unsigned digests_refused;
	struct connection *next_of_bucket;
};

struct location {
	struct connection **connections;
	struct registration **lines;
	size_t connection_buckets, line_buckets; /* powers of two */
	size_t connection_count, registration_count;
	size_t swept; /* bucket of lines where the sweep goes on */
	uint64_t seed;
};

enum fault location_init(struct location *location, uint64_t seed, struct why *why) MUST_CHECK;
void location_finish(struct location *location);

struct connection *location_connection(const struct location *location, uint64_t id);
/* FAULT_UNEXPECTED if the id exists. */
enum fault location_open(struct location *location, const struct flow *flow,
    struct connection **opened, struct why *why) MUST_CHECK;
/* Its registrations stay, without a connection. */
void location_close(struct location *location, struct connection *connection);

/* Ends every connection that is still awaited. */
void location_drop_awaited(struct location *location);

struct registration *location_find(
    const struct location *location, struct bytes line, struct bytes device);
/* The registration of a line on a connection; line empty: the first one. */
struct registration *location_on(const struct connection *connection, struct bytes line);
/* The next registration of a line after the given one (NULL: the first). */
struct registration *location_next(
    const struct location *location, struct bytes line, const struct registration *after);
/* A copy of record, on connection (may be NULL). */
enum fault location_add(struct location *location, const struct registration_record *record,
    struct connection *connection, struct registration **added, struct why *why) MUST_CHECK;
/* It moves to another connection (NULL: to none). */
void location_attach(struct registration *registration, struct connection *connection);
void location_remove(struct location *location, struct registration *registration);

/* Every registration; the handler may remove the one it is given. */
void location_each(struct location *location,
    bool (*handler)(void *arg, struct registration *registration), void *arg);
/* The same for the next part of the table only, a sixteenth of it. */
void location_sweep(struct location *location,
    bool (*handler)(void *arg, struct registration *registration), void *arg);
#endif
