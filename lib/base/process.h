/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/process.h - start a process by fork and exec with exactly the descriptors it may
 * use, each under a name, and start it again with back-off when it dies.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/loop.h"

enum {
	PROCESS_DESCRIPTORS_MOST = 64,
	PROCESS_ARGUMENTS_MOST = 32,
	PROCESS_BACKOFF_FIRST_MS = 20, /* restart after the first death */
	PROCESS_BACKOFF_MOST_MS = 30000,
	PROCESS_STEADY_MS = 10000, /* lived so long: the back-off starts over */
};

/* A descriptor the child inherits, and the name it finds it by. */
struct process_descriptor {
	const char *name; /* "mailbox", "listen-sip-tls" */
	int fd;
};

struct process_plan {
	const char *program;          /* absolute path */
	const char *const *arguments; /* argv, NULL-terminated */
	const struct process_descriptor *descriptors;
	size_t count;
};

/* The child gets stdin from /dev/null, stdout and stderr as ours, a clean environment, and
 * dies with its parent. */
enum fault process_start(const struct process_plan *plan, pid_t *pid, struct why *why) MUST_CHECK;
/* In the child: the descriptor of that name, or -1. Marked close-on-exec from then on. */
int process_descriptor(const char *name);

/* Root becomes the user and group that own path, for good and without other groups, unless that is
 * root too; everybody else stays. Clears PR_SET_PDEATHSIG, so it is for those without a parent
 * of ours. */
enum fault process_become_owner(const char *path, struct why *why) MUST_CHECK;

/* One kept child. */
struct process;
/* Asked before each start (also the first): fills the plan. Sockets it makes are the handler's. */
typedef enum fault process_plan_handler(void *arg, struct process_plan *plan, struct why *why);
/* It runs now (pid > 0), or it ended (pid 0; status as waitpid). */
typedef void process_change_handler(void *arg, pid_t pid, int status);

enum fault process_keep(struct process **process, struct loop *loop, const char *name,
    process_plan_handler *on_plan, process_change_handler *on_change, void *arg,
    struct why *why) MUST_CHECK;
pid_t process_pid(const struct process *process);
/* SIGTERM, then SIGKILL after grace; then frees. */
void process_stop(struct process *process, unsigned grace_ms);
#endif
