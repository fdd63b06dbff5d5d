/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database/database.h"
#include "exchange/record.h"

/* One row a binding and one a call; the record itself is JSON (exchange/record.h). */
static const struct migration migrations[] = {
    {"CREATE TABLE registrations ("
     " line TEXT NOT NULL, device TEXT NOT NULL, expires INTEGER NOT NULL, record TEXT NOT NULL,"
     " PRIMARY KEY (line, device)) WITHOUT ROWID;"
     "CREATE TABLE calls (id INTEGER PRIMARY KEY, record TEXT NOT NULL);"},
};

struct change {
	char *json;    /* NULL: remove */
	uint64_t call; /* 0: a registration */
	int64_t expires;
	char line[SUBSCRIBER_LINE_SIZE], device[SUBSCRIBER_DEVICE_SIZE];
};

struct store {
	struct database *database;
	struct change *queue;
	size_t count;
};

enum fault
store_open(struct store **store, const char *path, struct why *why)
{
	struct store *new = calloc(1, sizeof(*new));
	enum fault fault;

	if (new == NULL || (new->queue = calloc(STORE_QUEUE_MOST, sizeof(*new->queue))) == NULL) {
		free(new);
		return explain(why, FAULT_SYSTEM, "no memory for calls.db");
	}
	if ((fault = database_open(
		 &new->database, path, DATABASE_WRITE, migrations, COUNT(migrations), why))) {
		free(new->queue);
		free(new);
		return fault;
	}
	*store = new;
	return FAULT_NONE;
}

void
store_close(struct store *store)
{
	struct why why;

	if (store == NULL)
		return;
	if (store_flush(store, &why) != FAULT_NONE)
		for (size_t i = 0; i < store->count; i++)
			free(store->queue[i].json);
	database_close(store->database);
	free(store->queue);
	free(store);
}

bool
store_is_dirty(const struct store *store)
{
	return store->count > 0;
}

static enum fault
write_change(struct database *database, const struct change *change, struct why *why)
{
	if (change->call != 0 && change->json != NULL)
		return database_do(database, NULL, why,
		    "INSERT INTO calls (id, record) VALUES (?, ?)"
		    " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
		    "nt", (int64_t)change->call, change->json);
	if (change->call != 0)
		return database_do(database, NULL, why, "DELETE FROM calls WHERE id = ?", "n",
		    (int64_t)change->call);
	if (change->json != NULL)
		return database_do(database, NULL, why,
		    "INSERT INTO registrations (line, device, expires, record) VALUES (?, ?, ?, ?)"
		    " ON CONFLICT (line, device) DO UPDATE"
		    " SET expires = excluded.expires, record = excluded.record",
		    "ttnt", change->line, change->device, change->expires, change->json);
	return database_do(database, NULL, why,
	    "DELETE FROM registrations WHERE line = ? AND device = ?", "tt", change->line,
	    change->device);
}

static enum fault
write_queue(void *arg, struct database *database, struct why *why)
{
	const struct store *store = arg;
	enum fault fault;

	for (size_t i = 0; i < store->count; i++)
		if ((fault = write_change(database, &store->queue[i], why)))
			return fault;
	return FAULT_NONE;
}

enum fault
store_flush(struct store *store, struct why *why)
{
	enum fault fault;

	if (store->count == 0)
		return FAULT_NONE;
	if ((fault = database_transaction(store->database, write_queue, store, why)))
		return fault;
	for (size_t i = 0; i < store->count; i++)
		free(store->queue[i].json);
	store->count = 0;
	return FAULT_NONE;
}

/* Takes json, which may be NULL to remove. */
static enum fault
queue(struct store *store, struct change change, json_t *json, bool keep, struct why *why)
{
	enum fault fault;

	if (keep)
		change.json = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	json_decref(json);
	if (keep && change.json == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a record");
	if (store->count == STORE_QUEUE_MOST && (fault = store_flush(store, why))) {
		free(change.json);
		return fault;
	}
	store->queue[store->count++] = change;
	return FAULT_NONE;
}

enum fault
store_registration(struct store *store, enum registration_change change,
    const struct registration_record *record, struct why *why)
{
	bool keep = change != REGISTRATION_REMOVED;
	struct change entry = {.expires = record->expires_wall_ms};

	snprintf(entry.line, sizeof(entry.line), "%s", record->line);
	snprintf(entry.device, sizeof(entry.device), "%s", record->device);
	return queue(store, entry, keep ? registration_write(record) : NULL, keep, why);
}

/* A call that nobody answered yet dies with its process; there is nothing to continue. */
enum fault
store_call(
    struct store *store, enum call_change change, const struct call_record *record, struct why *why)
{
	bool keep = change == CALL_ANSWERED || change == CALL_CHANGED;
	struct change entry = {.call = record->id};

	if (change == CALL_STARTED || (change == CALL_ENDED && record->answered_wall_ms == 0))
		return FAULT_NONE;
	return queue(store, entry, keep ? call_write(record) : NULL, keep, why);
}

struct loading {
	struct exchange *exchange;
	int64_t wall_ms;
	size_t *lost;
};

static enum fault
load_registration(void *arg, const struct row *row, struct why *why)
{
	const struct loading *loading = arg;
	json_t *json = json_loads(row_text(row, 0), JSON_REJECT_DUPLICATES, NULL);
	struct registration_record record;

	if (registration_read(json, &record, why) != FAULT_NONE ||
	    exchange_restore_registration(loading->exchange, &record, why) != FAULT_NONE)
		++*loading->lost;
	json_decref(json);
	return FAULT_NONE;
}

static enum fault
load_call(void *arg, const struct row *row, struct why *why)
{
	const struct loading *loading = arg;
	json_t *json = json_loads(row_text(row, 0), JSON_REJECT_DUPLICATES, NULL);
	struct call_record record;

	if (call_read(json, &record, why) != FAULT_NONE ||
	    exchange_restore_call(loading->exchange, &record, why) != FAULT_NONE)
		++*loading->lost;
	json_decref(json);
	return FAULT_NONE;
}

enum fault
store_load(
    struct store *store, struct exchange *exchange, int64_t wall_ms, size_t *lost, struct why *why)
{
	struct loading loading = {exchange, wall_ms, lost};
	enum fault fault;

	*lost = 0;
	if ((fault = database_do(store->database, NULL, why,
		 "DELETE FROM registrations WHERE expires <= ?", "n", wall_ms)) ||
	    (fault = database_query(store->database, load_registration, &loading, why,
		 "SELECT record FROM registrations", "")) ||
	    (fault = database_query(
		 store->database, load_call, &loading, why, "SELECT record FROM calls", "")))
		return fault;
	return FAULT_NONE;
}
