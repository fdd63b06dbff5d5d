/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/storage/storage.h - files whole or not at all.
 *
 * A file is replaced by writing a new one beside it (mode 0600 or as asked), flushing it to
 * disk, and renaming; the folder is flushed too. After a power cut the old or the new content
 * is there, never a mixture. Left-over "<name>.new-*" files are removed by storage_tidy().
 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/fault.h"

enum { STORAGE_PATH_MOST = 1024, STORAGE_NAME_MOST = 128 };

/* A file's bytes in memory, owned. */
struct content {
	uint8_t *at;
	size_t size;
};

struct bytes content_bytes(const struct content *content);
void content_free(struct content *content);
/* For secrets: overwrites, then frees. */
void content_wipe(struct content *content);

/* Whole file of at most most bytes; FAULT_MISSING if there is none, FAULT_LIMIT if larger. */
enum fault storage_read(
    const char *path, size_t most, struct content *content, struct why *why) MUST_CHECK;
enum fault storage_replace(
    const char *path, struct bytes content, mode_t mode, struct why *why) MUST_CHECK;
/* No file is no fault. The folder is flushed. */
enum fault storage_remove(const char *path, struct why *why) MUST_CHECK;
bool storage_exists(const char *path);
/* Makes the folder and its parents; an existing one is no fault. */
enum fault storage_folder(const char *path, mode_t mode, struct why *why) MUST_CHECK;
/* Removes what an interrupted storage_replace() left in a folder. */
enum fault storage_tidy(const char *folder, struct why *why) MUST_CHECK;
/* "folder/name", checked: FAULT_LIMIT if too long. */
enum fault storage_path(
    char path[STORAGE_PATH_MOST], const char *folder, const char *name, struct why *why) MUST_CHECK;
/* A name from outside that may be used as a file name: no '/', no leading '.', printable ASCII. */
bool storage_name_ok(struct bytes name);
/* Calls back for each regular file of the folder, in name order. */
enum fault storage_each(const char *folder, void (*each)(void *arg, const char *name), void *arg,
    struct why *why) MUST_CHECK;
#endif
