/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/enrolment_store.h"

#include <stdlib.h>
#include <string.h>

struct enrolment_store {
	struct database *database;
};

static const struct migration migrations[] = {
    {"CREATE TABLE capf_operation ("
     " device TEXT PRIMARY KEY, wish INTEGER NOT NULL, operation TEXT NOT NULL,"
     " state TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL,"
     " at INTEGER NOT NULL) STRICT;"
     "CREATE TABLE certificate ("
     " serial TEXT NOT NULL, issuer TEXT NOT NULL, device TEXT NOT NULL, sha256 TEXT NOT NULL,"
     " not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, issued INTEGER NOT NULL,"
     " der BLOB NOT NULL, PRIMARY KEY (issuer, serial)) STRICT;"
     "CREATE INDEX certificate_of_device ON certificate (device, issued);"},
    {"ALTER TABLE certificate ADD COLUMN installed INTEGER NOT NULL DEFAULT 0;"},
};

static const char *const state_names[ENROLMENT_STATES] = {
    [ENROLMENT_WAITING] = "waiting",
    [ENROLMENT_DONE] = "done",
    [ENROLMENT_FAILED] = "failed",
    [ENROLMENT_LOCKED] = "locked",
};

const char *
enrolment_state_name(enum enrolment_state state)
{
	return state_names[state];
}

enum fault
enrolment_store_open(
    struct enrolment_store **store, const char *path, enum database_access access, struct why *why)
{
	struct enrolment_store *opening = calloc(1, sizeof(*opening));
	enum fault fault;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a database");
	fault = database_open(&opening->database, path, access, migrations, COUNT(migrations), why);
	if (fault != FAULT_NONE) {
		free(opening);
		return fault;
	}
	*store = opening;
	return FAULT_NONE;
}

void
enrolment_store_close(struct enrolment_store *store)
{
	if (store == NULL)
		return;
	database_close(store->database);
	free(store);
}

/* What stands in the file is checked like everything else that is read. */
static enum fault
read_row(const struct row *row, struct enrolment_record *record, struct why *why)
{
	struct enrolment_record read = {.wish = row_number(row, 1),
	    .state = ENROLMENT_STATES,
	    .attempts = (unsigned)row_number(row, 4),
	    .at = row_number(row, 6)};

	for (enum enrolment_state i = 0; i < ENROLMENT_STATES; i++)
		if (strcmp(row_text(row, 3), state_names[i]) == 0)
			read.state = i;
	if (read.state == ENROLMENT_STATES ||
	    !bytes_copy_text(row_bytes(row, 0), read.device, sizeof(read.device)) ||
	    !bytes_copy_text(row_bytes(row, 2), read.operation, sizeof(read.operation)) ||
	    !bytes_copy_text(row_bytes(row, 5), read.reason, sizeof(read.reason)))
		return explain(why, FAULT_MALFORMED, "enrolment.db: a row that makes no sense");
	*record = read;
	return FAULT_NONE;
}

struct finding {
	struct enrolment_record *record;
	bool found;
};

static enum fault
on_found(void *arg, const struct row *row, struct why *why)
{
	struct finding *finding = arg;

	finding->found = true;
	return read_row(row, finding->record, why);
}

#define COLUMNS "device, wish, operation, state, attempts, reason, at"

enum fault
enrolment_store_find(struct enrolment_store *store, const char *device,
    struct enrolment_record *record, struct why *why)
{
	struct finding finding = {.record = record};
	enum fault fault;

	fault = database_query(store->database, on_found, &finding, why,
	    "SELECT " COLUMNS " FROM capf_operation WHERE device = ?", "t", device);
	if (fault == FAULT_NONE && !finding.found)
		return explain(why, FAULT_MISSING, "nothing was done about %s yet", device);
	return fault;
}

enum fault
enrolment_store_put(
    struct enrolment_store *store, const struct enrolment_record *record, struct why *why)
{
	return database_do(store->database, NULL, why,
	    "INSERT OR REPLACE INTO capf_operation (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)",
	    "tnttntn", record->device, record->wish, record->operation, state_names[record->state],
	    (int64_t)record->attempts, record->reason, record->at);
}

struct each {
	enrolment_record_handler *handler;
	void *arg;
};

static enum fault
on_each(void *arg, const struct row *row, struct why *why)
{
	const struct each *each = arg;
	struct enrolment_record record;
	enum fault fault;

	if ((fault = read_row(row, &record, why)))
		return fault;
	return each->handler(each->arg, &record, why);
}

enum fault
enrolment_store_each(
    struct enrolment_store *store, enrolment_record_handler *handler, void *arg, struct why *why)
{
	struct each each = {handler, arg};

	return database_query(store->database, on_each, &each, why,
	    "SELECT " COLUMNS " FROM capf_operation ORDER BY device", "");
}

enum fault
enrolment_store_issued(struct enrolment_store *store, const char *device, X509 *certificate,
    int64_t now, struct why *why)
{
	struct certificate_facts *facts = calloc(1, sizeof(*facts));
	struct buffer der;
	enum fault fault;

	buffer_init(&der, CERTIFICATE_MOST);
	if (facts == NULL)
		fault = explain(why, FAULT_SYSTEM, "no memory for a certificate");
	else if ((fault = certificate_describe(certificate, facts, why)) == FAULT_NONE &&
		 (fault = certificate_write_der(certificate, &der, why)) == FAULT_NONE)
		fault = database_do(store->database, NULL, why,
		    "INSERT INTO certificate (serial, issuer, device, sha256, not_before, "
		    "not_after,"
		    " issued, der) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		    "ttttnnnb", facts->serial, facts->issuer, device, facts->sha256,
		    facts->not_before, facts->not_after, now, buffer_bytes_of(&der));
	buffer_finish(&der);
	free(facts);
	return fault;
}

enum fault
enrolment_store_set_installed(
    struct enrolment_store *store, const char *device, struct bytes certificate, struct why *why)
{
	return database_do(store->database, NULL, why,
	    "UPDATE certificate SET installed = (der = ?) WHERE device = ?", "bt", certificate,
	    device);
}

static enum fault
on_installed(void *arg, const struct row *row, struct why *why)
{
	struct enrolment_certificate *certificate = arg;

	certificate->not_after = row_number(row, 1);
	if (!bytes_copy_text(row_bytes(row, 0), certificate->serial, sizeof(certificate->serial)))
		return explain(why, FAULT_MALFORMED, "enrolment.db: a serial that makes no sense");
	return FAULT_NONE;
}

enum fault
enrolment_store_installed(struct enrolment_store *store, const char *device,
    struct enrolment_certificate *certificate, struct why *why)
{
	struct enrolment_certificate found = {.serial = ""};
	enum fault fault = database_query(store->database, on_installed, &found, why,
	    "SELECT serial, not_after FROM certificate WHERE device = ? AND installed = 1", "t",
	    device);

	if (fault == FAULT_NONE && found.serial[0] == '\0')
		return explain(why, FAULT_MISSING, "%s has no LSC that we know of", device);
	if (fault == FAULT_NONE)
		*certificate = found;
	return fault;
}

static enum fault
on_count(void *arg, const struct row *row, struct why *why)
{
	int64_t *count = arg;

	(void)why;
	*count = row_number(row, 0);
	return FAULT_NONE;
}

enum fault
enrolment_store_issued_count(
    struct enrolment_store *store, const char *device, int64_t *count, struct why *why)
{
	return database_query(store->database, on_count, count, why,
	    "SELECT count(*) FROM certificate WHERE device = ?", "t", device);
}
