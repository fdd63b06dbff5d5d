/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/keys_start.c - a keykeeper of our own, for tools and the phone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mailbox.h"
#include "base/process.h"
#include "keys/keys.h"
#include "storage/storage.h"

#define PROGRAM "ringfence-keykeeper"

enum fault
keys_program(char path[], struct why *why)
{
	const char *folder = getenv("RINGFENCE_PROGRAMS");
	char self[STORAGE_PATH_MOST], *slash;
	ssize_t size;

	if (folder != NULL)
		return storage_path(path, folder, PROGRAM, why);
	size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (size == -1)
		return explain_errno(why, "cannot tell where this program stands");
	self[size] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	return storage_path(path, self, PROGRAM, why);
}

enum fault
keys_start(
    struct keys **keys, const char *directory, enum keeper_role role, pid_t *pid, struct why *why)
{
	char program[STORAGE_PATH_MOST], name[32];
	const char *arguments[] = {
	    PROGRAM, "--keys", directory, "--log", log_level_name(log_least()), NULL};
	struct process_descriptor ask = {.name = name};
	struct process_plan plan = {
	    .program = program, .arguments = arguments, .descriptors = &ask, .count = 1};
	int ends[2] = {-1, -1};
	enum fault fault;

	if ((fault = keys_program(program, why)) ||
	    (fault = storage_folder(directory, 0700, why)) || (fault = mailbox_pair(ends, why)))
		return fault;
	snprintf(name, sizeof(name), "ask-%s", keeper_role_name(role));
	ask.fd = ends[1];
	fault = process_start(&plan, pid, why);
	close(ends[1]);
	if (fault != FAULT_NONE) {
		close(ends[0]);
		return fault;
	}
	if ((fault = keys_open(keys, ends[0], why)))
		keys_stop(NULL, *pid);
	return fault;
}

void
keys_stop(struct keys *keys, pid_t pid)
{
	keys_close(keys);
	while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}
