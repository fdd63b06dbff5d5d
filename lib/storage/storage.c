/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_MARK ".new-"

struct bytes
content_bytes(const struct content *content)
{
	return bytes_of(content->at, content->size);
}

void
content_free(struct content *content)
{
	free(content->at);
	*content = (struct content){0};
}

void
content_wipe(struct content *content)
{
	if (content->at != NULL)
		explicit_bzero(content->at, content->size);
	content_free(content);
}

/* Reads until the end; the file may have grown or shrunk since it was measured. */
static enum fault
read_whole(int fd, const char *path, size_t most, struct content *content, struct why *why)
{
	size_t room = content->size;
	ssize_t got;

	content->size = 0;
	while (content->size < room) {
		got = read(fd, content->at + content->size, room - content->size);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return explain_errno(why, "cannot read %s", path);
		if (got == 0)
			return FAULT_NONE;
		content->size += (size_t)got;
	}
	return explain(why, FAULT_LIMIT, "%s has over %zu bytes", path, most);
}

enum fault
storage_read(const char *path, size_t most, struct content *content, struct why *why)
{
	struct content reading = {0};
	enum fault fault;
	struct stat about;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return explain_errno(why, "cannot open %s", path);
	if (fstat(fd, &about) == -1) {
		fault = explain_errno(why, "cannot measure %s", path);
	} else if (!S_ISREG(about.st_mode)) {
		fault = explain(why, FAULT_MALFORMED, "%s is not a regular file", path);
	} else if ((uint64_t)about.st_size > most) {
		fault = explain(why, FAULT_LIMIT, "%s has %lld bytes, more than %zu", path,
		    (long long)about.st_size, most);
	} else {
		/* One byte of room more than most allows proves that the end was seen. */
		reading.size = (size_t)about.st_size + 1;
		if ((reading.at = malloc(reading.size)) == NULL)
			fault = explain(why, FAULT_SYSTEM, "out of memory reading %s", path);
		else
			fault = read_whole(fd, path, most, &reading, why);
	}
	close(fd);
	if (fault != FAULT_NONE) {
		content_wipe(&reading);
		return fault;
	}
	*content = reading;
	return FAULT_NONE;
}

static enum fault
write_whole(int fd, const char *path, struct bytes content, struct why *why)
{
	while (content.left > 0) {
		ssize_t wrote = write(fd, content.at, content.left);
		struct bytes done;

		if (wrote == -1 && errno == EINTR)
			continue;
		if (wrote == -1)
			return explain_errno(why, "cannot write %s", path);
		if (!bytes_take(&content, (size_t)wrote, &done))
			break;
	}
	return fsync(fd) == -1 ? explain_errno(why, "cannot flush %s to disk", path) : FAULT_NONE;
}

/* The folder that holds path, flushed, so that a rename in it survives a power cut. */
static enum fault
flush_folder(const char *path, struct why *why)
{
	char folder[STORAGE_PATH_MOST];
	const char *slash = strrchr(path, '/');
	enum fault fault = FAULT_NONE;
	int fd;

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path + 1), path);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return explain_errno(why, "cannot open the folder %s", folder);
	if (fsync(fd) == -1)
		fault = explain_errno(why, "cannot flush the folder %s", folder);
	close(fd);
	return fault;
}

enum fault
storage_replace(const char *path, struct bytes content, mode_t mode, struct why *why)
{
	char beside[STORAGE_PATH_MOST + 32];
	uint64_t random;
	enum fault fault;
	int fd;

	if (strlen(path) >= STORAGE_PATH_MOST)
		return explain(why, FAULT_LIMIT, "a path of over %d characters", STORAGE_PATH_MOST);
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return explain_errno(why, "no random bytes");
	snprintf(beside, sizeof(beside), "%s" NEW_MARK "%016llx", path, (unsigned long long)random);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd == -1)
		return explain_errno(why, "cannot create %s", beside);
	fault = write_whole(fd, beside, content, why);
	close(fd);
	if (fault == FAULT_NONE && rename(beside, path) == -1)
		fault = explain_errno(why, "cannot put %s in place", path);
	if (fault != FAULT_NONE) {
		unlink(beside);
		return fault;
	}
	return flush_folder(path, why);
}

enum fault
storage_remove(const char *path, struct why *why)
{
	if (unlink(path) == -1)
		return errno == ENOENT ? FAULT_NONE : explain_errno(why, "cannot remove %s", path);
	return flush_folder(path, why);
}

bool
storage_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

enum fault
storage_folder(const char *path, mode_t mode, struct why *why)
{
	char part[STORAGE_PATH_MOST];
	size_t size = strlen(path);

	if (size >= sizeof(part) || size == 0)
		return explain(why, FAULT_LIMIT, "a path of %zu characters", size);
	for (size_t i = 1; i <= size; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (mkdir(part, i == size ? mode : 0755) == -1 && errno != EEXIST)
			return explain_errno(why, "cannot make the folder %s", part);
	}
	return FAULT_NONE;
}

enum fault
storage_path(char path[STORAGE_PATH_MOST], const char *folder, const char *name, struct why *why)
{
	int size = snprintf(path, STORAGE_PATH_MOST, "%s/%s", folder, name);

	if (size < 0 || size >= STORAGE_PATH_MOST)
		return explain(why, FAULT_LIMIT, "a path of over %d characters", STORAGE_PATH_MOST);
	return FAULT_NONE;
}

bool
storage_name_ok(struct bytes name)
{
	if (name.left == 0 || name.left > STORAGE_NAME_MOST || name.at[0] == '.')
		return false;
	for (size_t i = 0; i < name.left; i++)
		if (name.at[i] <= ' ' || name.at[i] > '~' || name.at[i] == '/' ||
		    name.at[i] == '\\')
			return false;
	return true;
}

static int
visible_files(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
}

enum fault
storage_each(
    const char *folder, void (*each)(void *arg, const char *name), void *arg, struct why *why)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, visible_files, alphasort);

	if (count == -1)
		return explain_errno(why, "cannot list the folder %s", folder);
	for (int i = 0; i < count; i++) {
		each(arg, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return FAULT_NONE;
}

struct tidying {
	const char *folder;
	struct why *why;
	enum fault fault;
};

static void
tidy_one(void *arg, const char *name)
{
	struct tidying *tidying = arg;
	char path[STORAGE_PATH_MOST];

	if (strstr(name, NEW_MARK) == NULL || tidying->fault != FAULT_NONE)
		return;
	if ((tidying->fault = storage_path(path, tidying->folder, name, tidying->why)))
		return;
	tidying->fault = storage_remove(path, tidying->why);
}

enum fault
storage_tidy(const char *folder, struct why *why)
{
	struct tidying tidying = {folder, why, FAULT_NONE};
	enum fault fault = storage_each(folder, tidy_one, &tidying, why);

	return fault != FAULT_NONE ? fault : tidying.fault;
}
