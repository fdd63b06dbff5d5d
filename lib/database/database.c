/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATEMENTS_KEPT = 64 };

struct database {
	sqlite3 *handle;
	char path[256];
	/* Prepared statements by their text: SQL is written in the program, so the pointer of a
	 * literal is a sound key; the text is compared as well. */
	struct {
		const char *sql;
		sqlite3_stmt *statement;
	} kept[STATEMENTS_KEPT];
	size_t next;
};

/* struct row is never defined: a row is the statement that stands on it. */
static sqlite3_stmt *
statement_of(const struct row *row)
{
	sqlite3_stmt *statement;

	memcpy(&statement, &row, sizeof(statement));
	return statement;
}

static enum fault
explain_sqlite(const struct database *database, struct why *why, const char *what)
{
	int code = sqlite3_errcode(database->handle) & 0xff;
	enum fault fault = code == SQLITE_BUSY || code == SQLITE_LOCKED      ? FAULT_BUSY
			   : code == SQLITE_CONSTRAINT                       ? FAULT_FORBIDDEN
			   : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? FAULT_MALFORMED
									     : FAULT_SYSTEM;

	return explain(
	    why, fault, "%s: %s: %s", database->path, what, sqlite3_errmsg(database->handle));
}

static enum fault
run_script(struct database *database, const char *sql, struct why *why)
{
	if (sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return explain_sqlite(database, why, "cannot run a statement");
	return FAULT_NONE;
}

static enum fault
prepare(struct database *database, const char *sql, sqlite3_stmt **statement, struct why *why)
{
	for (size_t i = 0; i < STATEMENTS_KEPT; i++)
		if (database->kept[i].sql != NULL && strcmp(database->kept[i].sql, sql) == 0 &&
		    !sqlite3_stmt_busy(database->kept[i].statement)) {
			*statement = database->kept[i].statement;
			return FAULT_NONE;
		}
	if (sqlite3_prepare_v3(
		database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
		return explain_sqlite(database, why, "cannot prepare a statement");
	/* A place whose statement is in use higher up the stack is passed over. */
	for (size_t tries = 0; tries < STATEMENTS_KEPT; tries++) {
		size_t at = database->next++ % STATEMENTS_KEPT;

		if (database->kept[at].statement != NULL &&
		    sqlite3_stmt_busy(database->kept[at].statement))
			continue;
		sqlite3_finalize(database->kept[at].statement);
		database->kept[at].sql = sql;
		database->kept[at].statement = *statement;
		return FAULT_NONE;
	}
	sqlite3_finalize(*statement);
	return explain(why, FAULT_LIMIT, "%s: %d statements are in use at once", database->path,
	    STATEMENTS_KEPT);
}

static int
bind_bytes(sqlite3_stmt *statement, int index, struct bytes value)
{
	if (value.left == 0)
		return sqlite3_bind_zeroblob(statement, index, 0);
	return sqlite3_bind_blob64(statement, index, value.at, value.left, SQLITE_TRANSIENT);
}

static enum fault
bind_all(struct database *database, sqlite3_stmt *statement, const char *format, va_list arguments,
    struct why *why)
{
	if (sqlite3_bind_parameter_count(statement) != (int)strlen(format))
		return explain(why, FAULT_UNEXPECTED, "%zu values for %d places in: %.100s",
		    strlen(format), sqlite3_bind_parameter_count(statement),
		    sqlite3_sql(statement));
	for (int i = 0; format[i] != '\0'; i++) {
		int result = SQLITE_MISUSE;

		if (format[i] == 't')
			result = sqlite3_bind_text(statement, i + 1,
			    va_arg(arguments, const char *), -1, SQLITE_TRANSIENT);
		else if (format[i] == 'n')
			result = sqlite3_bind_int64(statement, i + 1, va_arg(arguments, int64_t));
		else if (format[i] == 'b')
			result = bind_bytes(statement, i + 1, va_arg(arguments, struct bytes));
		if (result != SQLITE_OK)
			return explain_sqlite(database, why, "cannot bind a value");
	}
	return FAULT_NONE;
}

static enum fault
step_all(struct database *database, sqlite3_stmt *statement, database_row_handler *handler,
    void *arg, struct why *why)
{
	int result;

	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		const struct row *row;
		enum fault fault = FAULT_NONE;

		memcpy(&row, &statement, sizeof(row));
		if (handler != NULL && (fault = handler(arg, row, why)) != FAULT_NONE)
			return fault;
	}
	return result == SQLITE_DONE ? FAULT_NONE
				     : explain_sqlite(database, why, "a statement failed");
}

static enum fault
run(struct database *database, database_row_handler *handler, void *arg, struct why *why,
    const char *sql, const char *format, va_list arguments)
{
	sqlite3_stmt *statement;
	enum fault fault = prepare(database, sql, &statement, why);

	if (fault != FAULT_NONE)
		return fault;
	if ((fault = bind_all(database, statement, format, arguments, why)) == FAULT_NONE)
		fault = step_all(database, statement, handler, arg, why);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement); /* may have held a secret's hash */
	return fault;
}

enum fault
database_do(struct database *database, int64_t *changed, struct why *why, const char *sql,
    const char *format, ...)
{
	va_list arguments;
	enum fault fault;

	va_start(arguments, format);
	fault = run(database, NULL, NULL, why, sql, format, arguments);
	va_end(arguments);
	if (fault == FAULT_NONE && changed != NULL)
		*changed = sqlite3_changes64(database->handle);
	return fault;
}

enum fault
database_query(struct database *database, database_row_handler *handler, void *arg, struct why *why,
    const char *sql, const char *format, ...)
{
	va_list arguments;
	enum fault fault;

	va_start(arguments, format);
	fault = run(database, handler, arg, why, sql, format, arguments);
	va_end(arguments);
	return fault;
}

struct bytes
row_bytes(const struct row *row, int column)
{
	sqlite3_stmt *statement = statement_of(row);
	const void *at = sqlite3_column_blob(statement, column);

	return bytes_of(at, (size_t)sqlite3_column_bytes(statement, column));
}

const char *
row_text(const struct row *row, int column)
{
	const unsigned char *text = sqlite3_column_text(statement_of(row), column);

	return text != NULL ? (const char *)text : "";
}

int64_t
row_number(const struct row *row, int column)
{
	return sqlite3_column_int64(statement_of(row), column);
}

bool
row_is_null(const struct row *row, int column)
{
	return sqlite3_column_type(statement_of(row), column) == SQLITE_NULL;
}

enum fault
database_transaction(struct database *database, database_work *work, void *arg, struct why *why)
{
	enum fault fault = run_script(database, "BEGIN IMMEDIATE", why);
	struct why ignored;

	if (fault != FAULT_NONE)
		return fault;
	if ((fault = work(arg, database, why)) == FAULT_NONE &&
	    (fault = run_script(database, "COMMIT", why)) == FAULT_NONE)
		return FAULT_NONE;
	/* The first fault is the one to tell; SQLite may have rolled back by itself. */
	(void)!run_script(database, "ROLLBACK", &ignored);
	return fault;
}

static enum fault
take_number(void *arg, const struct row *row, struct why *why)
{
	(void)why;
	*(int64_t *)arg = row_number(row, 0);
	return FAULT_NONE;
}

enum fault
database_version(struct database *database, int64_t *version, struct why *why)
{
	return database_query(database, take_number, version, why, "PRAGMA data_version", "");
}

struct upgrade {
	const struct migration *migrations;
	size_t count;
	int64_t version;
};

static enum fault
upgrade(void *arg, struct database *database, struct why *why)
{
	struct upgrade *upgrade = arg;
	char set[64];
	enum fault fault = FAULT_NONE;

	for (size_t i = (size_t)upgrade->version; i < upgrade->count && fault == FAULT_NONE; i++)
		fault = run_script(database, upgrade->migrations[i].sql, why);
	if (fault != FAULT_NONE)
		return fault;
	snprintf(set, sizeof(set), "PRAGMA user_version = %zu", upgrade->count);
	return run_script(database, set, why);
}

static enum fault
bring_up_to_date(struct database *database, enum database_access access,
    const struct migration *migrations, size_t count, struct why *why)
{
	struct upgrade todo = {migrations, count, 0};
	enum fault fault =
	    database_query(database, take_number, &todo.version, why, "PRAGMA user_version", "");

	if (fault != FAULT_NONE)
		return fault;
	if (todo.version < 0 || (uint64_t)todo.version > count)
		return explain(why, FAULT_UNEXPECTED,
		    "%s was written by a later version of Ringfence (its format %lld, ours %zu)",
		    database->path, (long long)todo.version, count);
	if ((size_t)todo.version == count)
		return FAULT_NONE;
	if (access == DATABASE_READ)
		return explain(why, FAULT_BUSY, "%s is not up to date yet: its writer has not run",
		    database->path);
	return database_transaction(database, upgrade, &todo, why);
}

enum fault
database_open(struct database **database, const char *path, enum database_access access,
    const struct migration *migrations, size_t count, struct why *why)
{
	int flags = access == DATABASE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					     : SQLITE_OPEN_READWRITE;
	struct database *opening = calloc(1, sizeof(*opening));
	enum fault fault;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory opening %s", path);
	snprintf(opening->path, sizeof(opening->path), "%s", path);
	if (access == DATABASE_WRITE) { /* made here, so that nobody else ever could read it */
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

		if (fd == -1) {
			free(opening);
			return explain_errno(why, "cannot open %s", path);
		}
		close(fd);
	}
	/* A reader of a WAL file must be able to write its -shm: query_only keeps it honest. */
	if (sqlite3_open_v2(path, &opening->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		fault = explain_sqlite(opening, why, "cannot open");
	else if (sqlite3_busy_timeout(opening->handle, DATABASE_BUSY_MS) != SQLITE_OK)
		fault = explain_sqlite(opening, why, "cannot set the waiting time");
	else if ((fault = run_script(opening,
		      access == DATABASE_WRITE
			  ? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF"
			  : "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF",
		      why)) == FAULT_NONE)
		fault = bring_up_to_date(opening, access, migrations, count, why);
	if (fault != FAULT_NONE) {
		database_close(opening);
		return fault;
	}
	*database = opening;
	return FAULT_NONE;
}

enum fault
database_hold(struct database **database, const char *path, struct why *why)
{
	struct database *opening = calloc(1, sizeof(*opening));
	int64_t pages;
	enum fault fault;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory opening %s", path);
	snprintf(opening->path, sizeof(opening->path), "%s", path);
	if (sqlite3_open_v2(path, &opening->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK)
		fault = explain_sqlite(opening, why, "cannot open");
	else if (sqlite3_busy_timeout(opening->handle, DATABASE_BUSY_MS) != SQLITE_OK)
		fault = explain_sqlite(opening, why, "cannot set the waiting time");
	else /* the first read maps the -shm */
		fault = database_query(
		    opening, take_number, &pages, why, "SELECT count(*) FROM sqlite_schema", "");
	if (fault != FAULT_NONE) {
		database_close(opening);
		return fault;
	}
	*database = opening;
	return FAULT_NONE;
}

void
database_close(struct database *database)
{
	if (database == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS_KEPT; i++)
		sqlite3_finalize(database->kept[i].statement);
	sqlite3_close(database->handle);
	free(database);
}
