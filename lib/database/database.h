/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/database/database.h - statements and migrations; SQLite (WAL) underneath.
 *
 * One process writes each file, the others read it. Values are always bound, never pasted into
 * SQL. Formats for binding, one letter a value:
 *     t  const char * (NULL binds NULL)   b  struct bytes   n  int64_t (cast it!)
 */
#ifndef DATABASE_DATABASE_H
#define DATABASE_DATABASE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/fault.h"

struct database;
struct row;

enum { DATABASE_BUSY_MS = 2000 }; /* how long to wait for another process's lock */

/* Step i of the list brings a file from version i to i + 1. Never edit one that was released. */
struct migration {
	const char *sql;
};

enum database_access { DATABASE_READ, DATABASE_WRITE };

/*
 * The writer creates the file (0600, WAL) and brings it up to date in one transaction; a file
 * of a later version is refused. A reader refuses a file that is missing or not up to date.
 */
enum fault database_open(struct database **database, const char *path, enum database_access access,
    const struct migration *migrations, size_t count, struct why *why) MUST_CHECK;
void database_close(struct database *database);
/* One idle connection, so that the file's -shm outlives the clean exit of its writer: readers of a
 * WAL file would fail without it. The supervisor's; answers no queries. */
enum fault database_hold(struct database **database, const char *path, struct why *why) MUST_CHECK;

/* One statement that gives no rows. *changed (may be NULL): rows it touched. */
enum fault database_do(struct database *database, int64_t *changed, struct why *why,
    const char *sql, const char *format, ...) MUST_CHECK;

/* Called for each row; views are valid during the call. Return a fault to stop. */
typedef enum fault database_row_handler(void *arg, const struct row *row, struct why *why);
/* FAULT_NONE also when there is no row. */
enum fault database_query(struct database *database, database_row_handler *handler, void *arg,
    struct why *why, const char *sql, const char *format, ...) MUST_CHECK;

/* Columns from 0. NULL reads as empty and 0. */
struct bytes row_bytes(const struct row *row, int column);
const char *row_text(const struct row *row, int column); /* "" for NULL; ends with a NUL */
int64_t row_number(const struct row *row, int column);
bool row_is_null(const struct row *row, int column);

/* All or nothing: what handler does is one transaction. Not nested. */
typedef enum fault database_work(void *arg, struct database *database, struct why *why);
enum fault database_transaction(
    struct database *database, database_work *work, void *arg, struct why *why) MUST_CHECK;

/* Differs from an earlier answer when another process has committed since. */
enum fault database_version(
    struct database *database, int64_t *version, struct why *why) MUST_CHECK;
#endif
