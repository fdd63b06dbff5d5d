/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/location.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 256, SWEEP_PARTS = 16 };

/* FNV-1a from a secret start. Only configured lines are ever kept, so nobody can choose keys. */
static uint64_t
hash_bytes(uint64_t seed, struct bytes bytes)
{
	uint64_t hash = seed ^ 0xcbf29ce484222325u;

	for (; bytes.left > 0; bytes.at++, bytes.left--)
		hash = (hash ^ bytes.at[0]) * 0x100000001b3u;
	return hash ^ hash >> 29;
}

static uint64_t
hash_id(uint64_t seed, uint64_t id)
{
	id = (id ^ seed) * 0x9e3779b97f4a7c15u;
	return id ^ id >> 31;
}

static struct registration **
line_bucket(const struct location *location, struct bytes line)
{
	return &location->lines[hash_bytes(location->seed, line) & (location->line_buckets - 1)];
}

static struct connection **
connection_bucket(const struct location *location, uint64_t id)
{
	return &location
		    ->connections[hash_id(location->seed, id) & (location->connection_buckets - 1)];
}

enum fault
location_init(struct location *location, uint64_t seed, struct why *why)
{
	struct location new = {.seed = seed};

	new.connections = calloc(BUCKETS_FIRST, sizeof(*new.connections));
	new.lines = calloc(BUCKETS_FIRST, sizeof(*new.lines));
	if (new.connections == NULL || new.lines == NULL) {
		free(new.connections);
		free(new.lines);
		return explain(why, FAULT_SYSTEM, "no memory for the tables of registrations");
	}
	new.connection_buckets = new.line_buckets = BUCKETS_FIRST;
	*location = new;
	return FAULT_NONE;
}

void
location_finish(struct location *location)
{
	for (size_t i = 0; i < location->line_buckets; i++)
		while (location->lines[i] != NULL)
			location_remove(location, location->lines[i]);
	for (size_t i = 0; i < location->connection_buckets; i++)
		while (location->connections[i] != NULL)
			location_close(location, location->connections[i]);
	free(location->connections);
	free(location->lines);
	*location = (struct location){0};
}

/* Twice the buckets when there is more than one entry a bucket; stays as it is without memory. */
static void
grow_connections(struct location *location)
{
	struct connection **old = location->connections, **wide;
	size_t count = location->connection_buckets;

	if (location->connection_count < count || (wide = calloc(count * 2, sizeof(*wide))) == NULL)
		return;
	location->connections = wide;
	location->connection_buckets = count * 2;
	for (size_t i = 0; i < count; i++)
		while (old[i] != NULL) {
			struct connection *moving = old[i];
			struct connection **bucket = connection_bucket(location, moving->flow.id);

			old[i] = moving->next_of_bucket;
			moving->next_of_bucket = *bucket;
			*bucket = moving;
		}
	free(old);
}

static void
grow_lines(struct location *location)
{
	struct registration **old = location->lines, **wide;
	size_t count = location->line_buckets;

	if (location->registration_count < count ||
	    (wide = calloc(count * 2, sizeof(*wide))) == NULL)
		return;
	location->lines = wide;
	location->line_buckets = count * 2;
	for (size_t i = 0; i < count; i++)
		while (old[i] != NULL) {
			struct registration *moving = old[i];
			struct registration **bucket =
			    line_bucket(location, bytes_text(moving->record.line));

			old[i] = moving->next_of_bucket;
			moving->next_of_bucket = *bucket;
			*bucket = moving;
		}
	free(old);
}

struct connection *
location_connection(const struct location *location, uint64_t id)
{
	struct connection *found = *connection_bucket(location, id);

	while (found != NULL && found->flow.id != id)
		found = found->next_of_bucket;
	return found;
}

enum fault
location_open(
    struct location *location, const struct flow *flow, struct connection **opened, struct why *why)
{
	struct connection *connection, **bucket;

	if (location_connection(location, flow->id) != NULL)
		return explain(why, FAULT_UNEXPECTED, "connection %llu exists already",
		    (unsigned long long)flow->id);
	if ((connection = calloc(1, sizeof(*connection))) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a connection");
	grow_connections(location);
	bucket = connection_bucket(location, flow->id);
	connection->flow = *flow;
	connection->next_of_bucket = *bucket;
	*bucket = connection;
	location->connection_count++;
	*opened = connection;
	return FAULT_NONE;
}

void
location_close(struct location *location, struct connection *connection)
{
	struct connection **from = connection_bucket(location, connection->flow.id);

	while (connection->registrations != NULL)
		location_attach(connection->registrations, NULL);
	while (*from != connection)
		from = &(*from)->next_of_bucket;
	*from = connection->next_of_bucket;
	location->connection_count--;
	free(connection);
}

void
location_drop_awaited(struct location *location)
{
	for (size_t i = 0; i < location->connection_buckets; i++) {
		struct connection *at = location->connections[i], *next;

		for (; at != NULL; at = next) {
			next = at->next_of_bucket;
			if (at->awaited)
				location_close(location, at);
		}
	}
}

struct registration *
location_find(const struct location *location, struct bytes line, struct bytes device)
{
	struct registration *found = NULL;

	while ((found = location_next(location, line, found)) != NULL)
		if (bytes_equal_text(device, found->record.device))
			return found;
	return NULL;
}

struct registration *
location_on(const struct connection *connection, struct bytes line)
{
	struct registration *found = connection->registrations;

	while (found != NULL && line.left > 0 && !bytes_equal_text(line, found->record.line))
		found = found->next_of_connection;
	return found;
}

struct registration *
location_next(const struct location *location, struct bytes line, const struct registration *after)
{
	struct registration *next =
	    after == NULL ? *line_bucket(location, line) : after->next_of_bucket;

	while (next != NULL && !bytes_equal_text(line, next->record.line))
		next = next->next_of_bucket;
	return next;
}

enum fault
location_add(struct location *location, const struct registration_record *record,
    struct connection *connection, struct registration **added, struct why *why)
{
	struct registration *registration = calloc(1, sizeof(*registration)), **bucket;

	if (registration == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a registration");
	grow_lines(location);
	registration->record = *record;
	bucket = line_bucket(location, bytes_text(record->line));
	registration->next_of_bucket = *bucket;
	*bucket = registration;
	location->registration_count++;
	location_attach(registration, connection);
	*added = registration;
	return FAULT_NONE;
}

static void
detach(struct registration *registration)
{
	struct registration **from = &registration->connection->registrations;

	while (*from != registration)
		from = &(*from)->next_of_connection;
	*from = registration->next_of_connection;
	registration->connection->registered--;
	registration->connection = NULL;
	registration->next_of_connection = NULL;
}

void
location_attach(struct registration *registration, struct connection *connection)
{
	if (registration->connection == connection)
		return;
	if (registration->connection != NULL)
		detach(registration);
	registration->record.flow = connection == NULL ? 0 : connection->flow.id;
	if (connection == NULL)
		return;
	registration->connection = connection;
	registration->next_of_connection = connection->registrations;
	connection->registrations = registration;
	connection->registered++;
}

void
location_remove(struct location *location, struct registration *registration)
{
	struct registration **from = line_bucket(location, bytes_text(registration->record.line));

	location_attach(registration, NULL);
	while (*from != registration)
		from = &(*from)->next_of_bucket;
	*from = registration->next_of_bucket;
	location->registration_count--;
	free(registration);
}

static bool
each_of_bucket(struct location *location, size_t bucket,
    bool (*handler)(void *arg, struct registration *registration), void *arg)
{
	struct registration *at = location->lines[bucket], *next;

	for (; at != NULL; at = next) {
		next = at->next_of_bucket;
		if (!handler(arg, at))
			return false;
	}
	return true;
}

void
location_each(struct location *location,
    bool (*handler)(void *arg, struct registration *registration), void *arg)
{
	for (size_t i = 0; i < location->line_buckets; i++)
		if (!each_of_bucket(location, i, handler, arg))
			return;
}

void
location_sweep(struct location *location,
    bool (*handler)(void *arg, struct registration *registration), void *arg)
{
	for (size_t i = 0; i < location->line_buckets / SWEEP_PARTS; i++) {
		location->swept = (location->swept + 1) & (location->line_buckets - 1);
		if (!each_of_bucket(location, location->swept, handler, arg))
			return;
	}
}
