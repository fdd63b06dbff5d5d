/* SPDX-License-Identifier: Apache-2.0 */
/* lib/directory/directory_schema.h - the tables of site.db. Private to directory/. */
#ifndef DIRECTORY_DIRECTORY_SCHEMA_H
#define DIRECTORY_DIRECTORY_SCHEMA_H

#include "directory/directory.h"

struct directory {
	struct database *database;
};

extern const struct migration directory_migrations[];
extern const size_t directory_migration_count;

/* Copies a column into a fixed text; FAULT_LIMIT names the column. */
enum fault directory_take_text(const struct row *row, int column, char *text, size_t room,
    const char *what, struct why *why) MUST_CHECK;
#endif
