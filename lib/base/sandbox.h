/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/sandbox.h - what a process gives up before it reads the first byte from outside.
 *
 * Order: open everything, load OpenSSL's configuration and random, then sandbox_enter().
 * It drops groups and uid (when root), sets no_new_privs, restricts the file system with
 * Landlock where the kernel has it, and filters system calls with seccomp. Each line of the
 * tables in sandbox.c carries its reason. What the kernel could not enforce is reported.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>

#include "base/fault.h"

enum { SANDBOX_PATHS_MOST = 16 };

/* Sets of system calls beyond the common base (read, write, memory, time, event loop). */
enum {
	SANDBOX_NETWORK = 1,  /* accept, connect, send, receive on inherited or new sockets */
	SANDBOX_FILES = 2,    /* open, rename, unlink, sync below the paths given */
	SANDBOX_CHILDREN = 4, /* fork, exec, wait, kill: supervisors only */
	SANDBOX_AUDIO = 8,    /* ioctl on sound devices */
};

struct sandbox {
	const char *process; /* for messages */
	unsigned allow;      /* SANDBOX_... */
	struct {
		const char *path;
		bool write;
	} paths[SANDBOX_PATHS_MOST]; /* Landlock: nothing else can be opened */
	const char *user;            /* to become when root; NULL stays (demonstration) */
};

/* What was really enforced, for the log: "no_new_privs seccomp landlock-4". */
struct sandbox_report {
	char text[160];
};

/* In sanitizer builds a named wider filter is used unless RINGFENCE_SANDBOX=strict. */
enum fault sandbox_enter(
    const struct sandbox *sandbox, struct sandbox_report *report, struct why *why) MUST_CHECK;
#endif
