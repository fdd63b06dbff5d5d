/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * System calls by set. What stands in no allowed set fails with EPERM; what stands in
 * fatal_calls ends the process, because nothing of ours ever makes it.
 */
enum { BASE = 0, WIDER = 1 << 30 };

static const struct {
	unsigned set;
	const char *name;
} calls[] = {
    /* talk over descriptors we hold */
    {BASE, "read"},
    {BASE, "write"},
    {BASE, "readv"},
    {BASE, "writev"},
    {BASE, "pread64"},
    {BASE, "pwrite64"},
    {BASE, "recvmsg"},
    {BASE, "sendmsg"},
    {BASE, "recvfrom"},
    {BASE, "sendto"},
    {BASE, "close"},
    {BASE, "shutdown"},
    {BASE, "lseek"},
    {BASE, "fstat"},
    {BASE, "newfstatat"},
    {BASE, "fcntl"},
    {BASE, "dup"},
    {BASE, "getsockopt"},
    {BASE, "setsockopt"},
    {BASE, "getsockname"},
    {BASE, "getpeername"},
    {BASE, "ioctl"},
    {BASE, "socketpair"}, /* mailboxes for restarted neighbours */
			  /* wait for events */
    {BASE, "epoll_wait"},
    {BASE, "epoll_pwait"},
    {BASE, "epoll_pwait2"},
    {BASE, "epoll_ctl"},
    {BASE, "epoll_create1"},
    {BASE, "poll"},
    {BASE, "ppoll"},
    {BASE, "select"},
    {BASE, "pselect6"},
    {BASE, "eventfd2"},
    {BASE, "timerfd_create"},
    {BASE, "timerfd_settime"},
    {BASE, "pipe2"},
    /* memory */
    {BASE, "mmap"},
    {BASE, "munmap"},
    {BASE, "mremap"},
    {BASE, "mprotect"},
    {BASE, "brk"},
    {BASE, "madvise"},
    {BASE, "mlock"},
    {BASE, "munlock"},
    /* time, random, who am I */
    {BASE, "clock_gettime"},
    {BASE, "clock_nanosleep"},
    {BASE, "nanosleep"},
    {BASE, "gettimeofday"},
    {BASE, "time"},
    {BASE, "getrandom"},
    {BASE, "getpid"},
    {BASE, "gettid"},
    {BASE, "getuid"},
    {BASE, "geteuid"},
    {BASE, "getgid"},
    {BASE, "getegid"},
    {BASE, "getppid"},
    {BASE, "uname"},
    {BASE, "sysinfo"},
    /* threads and signals of this process, and its end */
    {BASE, "futex"},
    {BASE, "rt_sigaction"},
    {BASE, "rt_sigprocmask"},
    {BASE, "rt_sigreturn"},
    {BASE, "sigaltstack"},
    {BASE, "sched_yield"},
    {BASE, "sched_getaffinity"},
    {BASE, "set_robust_list"},
    {BASE, "rseq"},
    {BASE, "restart_syscall"},
    {BASE, "exit"},
    {BASE, "exit_group"},
    {BASE, "tgkill"},
    {BASE, "prctl"},
    {BASE, "getrlimit"},
    {BASE, "prlimit64"},
    {BASE, "getrusage"},
    /* opening: Landlock decides what; SQLite and time zones need it in every process */
    {BASE, "openat"},
    {BASE, "open"},
    {BASE, "access"},
    {BASE, "faccessat"},
    {BASE, "faccessat2"},
    {BASE, "stat"},
    {BASE, "lstat"},
    {BASE, "statx"},
    {BASE, "readlink"},
    {BASE, "getcwd"},

    {SANDBOX_NETWORK, "socket"},
    {SANDBOX_NETWORK, "connect"},
    {SANDBOX_NETWORK, "bind"},
    {SANDBOX_NETWORK, "listen"},
    {SANDBOX_NETWORK, "accept"},
    {SANDBOX_NETWORK, "accept4"},
    {SANDBOX_NETWORK, "recvmmsg"},
    {SANDBOX_NETWORK, "sendmmsg"},

    {SANDBOX_FILES, "rename"},
    {SANDBOX_FILES, "renameat"},
    {SANDBOX_FILES, "renameat2"},
    {SANDBOX_FILES, "unlink"},
    {SANDBOX_FILES, "unlinkat"},
    {SANDBOX_FILES, "fsync"},
    {SANDBOX_FILES, "fdatasync"},
    {SANDBOX_FILES, "ftruncate"},
    {SANDBOX_FILES, "mkdir"},
    {SANDBOX_FILES, "mkdirat"},
    {SANDBOX_FILES, "getdents64"},
    {SANDBOX_FILES, "fchmod"},
    {SANDBOX_FILES, "chmod"},
    {SANDBOX_FILES, "fallocate"},
    {SANDBOX_FILES, "rmdir"},
    {SANDBOX_FILES, "utimensat"},
    {SANDBOX_FILES, "fstatfs"},
    {SANDBOX_FILES, "statfs"},
    {SANDBOX_FILES, "fchown"},
    {SANDBOX_FILES, "flock"},
    {SANDBOX_FILES, "inotify_init1"},
    {SANDBOX_FILES, "inotify_add_watch"},
    {SANDBOX_FILES, "fchmodat"},

    {SANDBOX_CHILDREN, "clone"},
    {SANDBOX_CHILDREN, "clone3"},
    {SANDBOX_CHILDREN, "wait4"},
    {SANDBOX_CHILDREN, "kill"},

    /* sanitizers: leak checks stop all threads with ptrace and read /proc */
    {WIDER, "clone"},
    {WIDER, "clone3"},
    {WIDER, "wait4"},
    {WIDER, "ptrace"},
    {WIDER, "getdents"}, /* the leak checker's own, old way */
    {WIDER, "getdents64"},
    {WIDER, "kill"},
    {WIDER, "setrlimit"},
    {WIDER, "personality"},
    {WIDER, "process_vm_readv"},
    {WIDER, "arch_prctl"},
    {WIDER, "unlink"},
    {WIDER, "rename"},
    {WIDER, "mkdir"},
    {WIDER, "set_tid_address"},
};

static const char *const fatal_calls[] = {"execve", "execveat", "init_module", "finit_module",
    "kexec_load", "mount", "pivot_root", "chroot", "bpf", "userfaultfd", "keyctl", "add_key",
    "open_by_handle_at", "perf_event_open", "process_vm_writev", "setns", "unshare"};

static bool
wider_wanted(void)
{
#ifdef RINGFENCE_SANITIZED
	const char *wish = getenv("RINGFENCE_SANDBOX");

	return wish == NULL || strcmp(wish, "strict") != 0;
#else
	return false;
#endif
}

static enum fault
filter_calls(unsigned allow, struct why *why)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int failed = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < COUNT(calls) && failed == 0; i++) {
		int number = seccomp_syscall_resolve_name(calls[i].name);

		if (number < 0 || (calls[i].set != BASE && !(calls[i].set & allow)))
			continue; /* this machine has no such call, or it is not allowed */
		failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	for (size_t i = 0; i < COUNT(fatal_calls) && failed == 0; i++) {
		int number = seccomp_syscall_resolve_name(fatal_calls[i]);

		if (number >= 0)
			failed = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, number, 0);
	}
	if (failed == 0)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	if (failed != 0)
		return explain(
		    why, FAULT_SYSTEM, "cannot filter system calls: %s", strerror(-failed));
	return FAULT_NONE;
}

/* Rights by Landlock version; the headers of Debian 12 end at version 2. */
enum {
	READ_FILE_RIGHTS = LANDLOCK_ACCESS_FS_READ_FILE,
	READ_RIGHTS = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	WRITE_FILE_RIGHTS = READ_FILE_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE,
	WRITE_RIGHTS = READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE |
		       LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
		       LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_DIR |
		       LANDLOCK_ACCESS_FS_REMOVE_DIR,
	HANDLED = WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
		  LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		  LANDLOCK_ACCESS_FS_MAKE_SYM,
};

/* Read by libraries in every process: time zones, resolver files, OpenSSL's configuration. */
static const char *const common_paths[] = {"/usr/share/zoneinfo", "/etc/localtime", "/dev/null",
    "/dev/urandom", "/etc/ssl/openssl.cnf", "/usr/lib/ssl/openssl.cnf"};

static enum fault
allow_path(int rules, const char *path, bool write, struct why *why)
{
	struct landlock_path_beneath_attr rule = {0};
	struct stat about;
	enum fault fault = FAULT_NONE;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &about) == -1) {
		if (fd != -1)
			close(fd);
		return explain_errno(why, "cannot allow %s", path);
	}
	rule.parent_fd = fd;
	if (S_ISDIR(about.st_mode))
		rule.allowed_access = write ? WRITE_RIGHTS : READ_RIGHTS;
	else
		rule.allowed_access = write ? WRITE_FILE_RIGHTS : READ_FILE_RIGHTS;
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == -1)
		fault = explain_errno(why, "cannot allow %s", path);
	close(fd);
	return fault;
}

/* *version is 0 where the kernel has no Landlock: said in the report, not a fault. */
static enum fault
restrict_files(const struct sandbox *sandbox, long *version, struct why *why)
{
	struct landlock_ruleset_attr handled = {.handled_access_fs = HANDLED};
	enum fault fault = FAULT_NONE;
	struct why ignored;
	int rules;

	*version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*version <= 0) {
		*version = 0;
		return FAULT_NONE;
	}
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	if (rules == -1)
		return explain_errno(why, "cannot make file rules");
	for (size_t i = 0; i < COUNT(common_paths); i++)
		(void)!allow_path(rules, common_paths[i], false, &ignored);
	for (size_t i = 0;
	     i < SANDBOX_PATHS_MOST && sandbox->paths[i].path != NULL && fault == FAULT_NONE; i++)
		fault = allow_path(rules, sandbox->paths[i].path, sandbox->paths[i].write, why);
	if (wider_wanted())
		(void)!allow_path(rules, "/proc", false, &ignored); /* leak checks read it */
	if (fault == FAULT_NONE && syscall(SYS_landlock_restrict_self, rules, 0) == -1)
		fault = explain_errno(why, "cannot restrict files");
	close(rules);
	return fault;
}

static enum fault
drop_user(const char *user, struct why *why)
{
	struct passwd *entry;

	if (user == NULL || geteuid() != 0)
		return FAULT_NONE;
	if ((entry = getpwnam(user)) == NULL)
		return explain(why, FAULT_MISSING, "there is no user %s to become", user);
	if (setgroups(0, NULL) == -1 ||
	    setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) == -1 ||
	    setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) == -1)
		return explain_errno(why, "cannot become %s", user);
	return FAULT_NONE;
}

enum fault
sandbox_enter(const struct sandbox *sandbox, struct sandbox_report *report, struct why *why)
{
	bool wider = wider_wanted();
	long landlock;
	enum fault fault;

	if ((fault = drop_user(sandbox->user, why)))
		return fault;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return explain_errno(why, "cannot give up new privileges");
	if ((fault = restrict_files(sandbox, &landlock, why)) ||
	    (fault = filter_calls(sandbox->allow | (wider ? (unsigned)WIDER : 0u), why)))
		return fault;
	snprintf(report->text, sizeof(report->text), "no_new_privs seccomp%s %s%ld%s",
	    wider ? "-wider" : "", landlock > 0 ? "landlock-" : "landlock-missing-", landlock,
	    sandbox->user != NULL ? " user" : "");
	return FAULT_NONE;
}
