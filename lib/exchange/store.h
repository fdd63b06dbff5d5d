/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/store.h - calls.db: registrations and answered calls, so that a restarted `call`
 * continues them. Its one writer.
 *
 * Changes are queued and written together: many phones that register at once cost one commit.
 */
#ifndef EXCHANGE_STORE_H
#define EXCHANGE_STORE_H

#include "exchange/exchange.h"

enum { STORE_QUEUE_MOST = 4096 /* changes; then they are written at once */ };

struct store;

/* Makes or updates the file. */
enum fault store_open(struct store **store, const char *path, struct why *why) MUST_CHECK;
/* Writes what is queued, closes, frees. NULL is fine. */
void store_close(struct store *store);
/* Queues. A fault only when the queue was full and writing it failed. */
enum fault store_registration(struct store *store, enum registration_change change,
    const struct registration_record *record, struct why *why) MUST_CHECK;
enum fault store_call(struct store *store, enum call_change change,
    const struct call_record *record, struct why *why) MUST_CHECK;
bool store_is_dirty(const struct store *store);
/* What could not be written stays queued. */
enum fault store_flush(struct store *store, struct why *why) MUST_CHECK;
/* Gives everything that is remembered and not expired to a new exchange. Rows it cannot read are
 * dropped; *lost counts them. */
enum fault store_load(struct store *store, struct exchange *exchange, int64_t wall_ms, size_t *lost,
    struct why *why) MUST_CHECK;
#endif
