/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/directory.h"

#include <stdlib.h>
#include <string.h>

#include "directory/directory_schema.h"

/* Step by step; a step that was released is never edited. */
const struct migration directory_migrations[] = {
    {"CREATE TABLE parameter (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
     "CREATE TABLE profile (name TEXT PRIMARY KEY, mode TEXT NOT NULL,"
     " transports INTEGER NOT NULL, suites INTEGER NOT NULL, third_party INTEGER NOT NULL,"
     " digest INTEGER NOT NULL, digest_counts INTEGER NOT NULL);"
     "CREATE TABLE digest_user (name TEXT PRIMARY KEY, ha1_md5 TEXT NOT NULL,"
     " ha1_sha256 TEXT NOT NULL);"
     "CREATE TABLE phone (device TEXT PRIMARY KEY, description TEXT NOT NULL,"
     " model TEXT NOT NULL, profile TEXT NOT NULL REFERENCES profile(name),"
     " user TEXT REFERENCES digest_user(name), capf_operation INTEGER NOT NULL,"
     " capf_mode INTEGER NOT NULL, capf_key TEXT NOT NULL, capf_string_hash TEXT NOT NULL,"
     " capf_string_salt TEXT NOT NULL, capf_until INTEGER NOT NULL,"
     " capf_serial INTEGER NOT NULL);"
     "CREATE TABLE line (device TEXT NOT NULL REFERENCES phone(device) ON DELETE CASCADE,"
     " position INTEGER NOT NULL, number TEXT NOT NULL, display TEXT NOT NULL,"
     " PRIMARY KEY (device, position));"
     "CREATE INDEX line_number ON line (number);"
     "CREATE INDEX phone_user ON phone (user);"},
};
const size_t directory_migration_count = COUNT(directory_migrations);

/* The standard profiles are made with the file, and again if one should be missing. */
static enum fault
add_standard_profiles(struct directory *directory, struct why *why)
{
	for (int i = 0; i < PROFILE_STANDARD_COUNT; i++) {
		const struct profile *profile = profile_standard((enum profile_standard)i);
		enum fault fault = database_do(directory->database, NULL, why,
		    "INSERT OR IGNORE INTO profile VALUES (?, ?, ?, ?, ?, ?, ?)", "ttnnnnn",
		    profile->name, level_name(profile->mode), (int64_t)profile->transports,
		    (int64_t)profile->suites, (int64_t)profile->third_party,
		    (int64_t)profile->digest, (int64_t)profile->digest_counts);

		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

enum fault
directory_open(
    struct directory **directory, const char *path, enum database_access access, struct why *why)
{
	struct directory *opening = calloc(1, sizeof(*opening));
	enum fault fault;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory opening %s", path);
	fault = database_open(
	    &opening->database, path, access, directory_migrations, directory_migration_count, why);
	if (fault == FAULT_NONE && access == DATABASE_WRITE)
		fault = add_standard_profiles(opening, why);
	if (fault != FAULT_NONE) {
		directory_close(opening);
		return fault;
	}
	*directory = opening;
	return FAULT_NONE;
}

void
directory_close(struct directory *directory)
{
	if (directory == NULL)
		return;
	database_close(directory->database);
	free(directory);
}

enum fault
directory_version(struct directory *directory, int64_t *version, struct why *why)
{
	return database_version(directory->database, version, why);
}

enum fault
directory_take_text(
    const struct row *row, int column, char *text, size_t room, const char *what, struct why *why)
{
	if (!bytes_copy_text(row_bytes(row, column), text, room))
		return explain(
		    why, FAULT_LIMIT, "the stored %s has over %zu characters", what, room - 1);
	return FAULT_NONE;
}

struct parameter_wanted {
	char *value;
	bool found;
};

static enum fault
take_parameter(void *arg, const struct row *row, struct why *why)
{
	struct parameter_wanted *wanted = arg;

	wanted->found = true;
	return directory_take_text(row, 0, wanted->value, DIRECTORY_TEXT_SIZE, "parameter", why);
}

enum fault
directory_parameter(
    struct directory *directory, const char *name, char value[DIRECTORY_TEXT_SIZE], struct why *why)
{
	struct parameter_wanted wanted = {value, false};
	enum fault fault = database_query(directory->database, take_parameter, &wanted, why,
	    "SELECT value FROM parameter WHERE name = ?", "t", name);

	if (fault == FAULT_NONE && !wanted.found)
		return explain(why, FAULT_MISSING, "the parameter %s was never set", name);
	return fault;
}

enum fault
directory_set_parameter(
    struct directory *directory, const char *name, const char *value, struct why *why)
{
	if (strlen(value) >= DIRECTORY_TEXT_SIZE)
		return explain(why, FAULT_LIMIT, "the parameter %s has over %d characters", name,
		    DIRECTORY_TEXT_SIZE - 1);
	return database_do(directory->database, NULL, why,
	    "INSERT INTO parameter VALUES (?1, ?2)"
	    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	    "tt", name, value);
}
