/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log.h"

/* The child finds its descriptors through this variable: "mailbox=3 listen-sip-tls=4". */
#define DESCRIPTORS_VARIABLE "RINGFENCE_DESCRIPTORS"
enum { FIRST_DESCRIPTOR = 3, VARIABLE_SIZE = 4096, GONE_WAIT_MS = 5 };

/* What a child may keep of our environment, and why. */
static const char *const kept_variables[] = {
    "PATH",       /* none is needed, but tools expect one */
    "TZ", "LANG", /* how times and messages are written */
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LLVM_PROFILE_FILE", "GCOV_PREFIX",
    "RINGFENCE_TEST_CLOCK", /* test builds only (base/clock.h) */
    "RINGFENCE_SANDBOX",    /* strict in sanitizer builds (base/sandbox.h) */
    "OPENSSL_CONF",         /* FIPS providers */
};

static bool
write_variable(char variable[VARIABLE_SIZE], const struct process_plan *plan)
{
	size_t size = (size_t)snprintf(variable, VARIABLE_SIZE, DESCRIPTORS_VARIABLE "=");

	for (size_t i = 0; i < plan->count; i++) {
		int wrote = snprintf(variable + size, VARIABLE_SIZE - size, "%s=%zu ",
		    plan->descriptors[i].name, FIRST_DESCRIPTOR + i);

		if (wrote < 0 || (size_t)wrote >= VARIABLE_SIZE - size)
			return false;
		size += (size_t)wrote;
	}
	return true;
}

/*
 * After fork: the named descriptors move to 3, 4, ... in order. They are first copied above
 * the target range, so that no move overwrites one that is still to come.
 */
static bool
place_descriptors(const struct process_plan *plan)
{
	int high[PROCESS_DESCRIPTORS_MOST];
	int floor = FIRST_DESCRIPTOR + (int)plan->count, null = open("/dev/null", O_RDONLY);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1)
		return false;
	for (size_t i = 0; i < plan->count; i++)
		if ((high[i] = fcntl(plan->descriptors[i].fd, F_DUPFD, floor)) == -1)
			return false;
	for (size_t i = 0; i < plan->count; i++)
		if (dup2(high[i], FIRST_DESCRIPTOR + (int)i) == -1)
			return false;
	return syscall(SYS_close_range, (unsigned)floor, ~0u, 0) == 0;
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
become_child(const struct process_plan *plan, pid_t parent, char *const *environment)
{
	char *arguments[PROCESS_ARGUMENTS_MOST + 1] = {NULL};

	reset_signals();
	/* Die with the parent; it may be dead already. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    !place_descriptors(plan))
		_exit(126);
	for (size_t i = 0; i < PROCESS_ARGUMENTS_MOST && plan->arguments[i] != NULL; i++)
		memcpy(&arguments[i], &plan->arguments[i], sizeof(char *));
	execve(plan->program, arguments, environment);
	_exit(127);
}

enum fault
process_start(const struct process_plan *plan, pid_t *pid, struct why *why)
{
	char variable[VARIABLE_SIZE], kept[COUNT(kept_variables)][512];
	char *environment[COUNT(kept_variables) + 2];
	size_t count = 0;
	pid_t parent = getpid(), child;

	if (plan->count > PROCESS_DESCRIPTORS_MOST || !write_variable(variable, plan))
		return explain(why, FAULT_LIMIT, "too many descriptors for %s", plan->program);
	if (access(plan->program, X_OK) == -1)
		return explain_errno(why, "cannot start %s", plan->program);
	environment[count++] = variable;
	for (size_t i = 0; i < COUNT(kept_variables); i++) {
		const char *value = getenv(kept_variables[i]);

		if (value != NULL && (size_t)snprintf(kept[i], sizeof(kept[i]), "%s=%s",
					 kept_variables[i], value) < sizeof(kept[i]))
			environment[count++] = kept[i];
	}
	environment[count] = NULL;
	if ((child = fork()) == -1)
		return explain_errno(why, "cannot fork for %s", plan->program);
	if (child == 0)
		become_child(plan, parent, environment);
	*pid = child;
	return FAULT_NONE;
}

int
process_descriptor(const char *name)
{
	const char *list = getenv(DESCRIPTORS_VARIABLE);
	struct bytes rest = bytes_text(list), entry;

	while (bytes_take_until(&rest, ' ', &entry)) {
		struct bytes key;
		uint64_t fd;

		if (!bytes_take_until(&entry, '=', &key) || !bytes_equal_text(key, name) ||
		    !bytes_decimal(entry, 1024, &fd))
			continue;
		if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) == -1)
			return -1;
		return (int)fd;
	}
	return -1;
}

enum fault
process_become_owner(const char *path, struct why *why)
{
	struct stat about;

	if (stat(path, &about) == -1)
		return explain_errno(why, "cannot tell the owner of %s", path);
	if (geteuid() != 0 || about.st_uid == 0)
		return FAULT_NONE;
	if (setgroups(0, NULL) == -1 || setresgid(about.st_gid, about.st_gid, about.st_gid) == -1 ||
	    setresuid(about.st_uid, about.st_uid, about.st_uid) == -1)
		return explain_errno(why, "cannot become the owner of %s", path);
	return FAULT_NONE;
}

struct process {
	struct process *next;
	struct loop *loop;
	struct loop_timer *timer;
	char name[64];
	process_plan_handler *on_plan;
	process_change_handler *on_change;
	void *arg;
	pid_t pid;
	uint64_t started_ms, backoff_ms;
};

/* All kept children; one SIGCHLD handler serves them. */
static struct process *kept;
static struct loop *kept_loop;

static void
start_again_later(struct process *process)
{
	uint64_t now = clock_monotonic_ms();

	if (now - process->started_ms >= PROCESS_STEADY_MS)
		process->backoff_ms = PROCESS_BACKOFF_FIRST_MS;
	loop_timer_set(process->timer, process->backoff_ms);
	process->backoff_ms *= 2;
	if (process->backoff_ms > PROCESS_BACKOFF_MOST_MS)
		process->backoff_ms = PROCESS_BACKOFF_MOST_MS;
}

static enum fault
start_now(struct process *process, struct why *why)
{
	struct process_plan plan = {0};
	enum fault fault;

	process->started_ms = clock_monotonic_ms();
	if ((fault = process->on_plan(process->arg, &plan, why)) ||
	    (fault = process_start(&plan, &process->pid, why)))
		return fault;
	log_info("supervisor", "process started", LOG_TEXT("name", process->name),
	    LOG_NUMBER("pid", process->pid));
	process->on_change(process->arg, process->pid, 0);
	return FAULT_NONE;
}

static void
on_due(void *arg)
{
	struct process *process = arg;
	struct why why;

	if (start_now(process, &why) != FAULT_NONE) {
		log_error("supervisor", "process not started", LOG_TEXT("name", process->name),
		    LOG_TEXT("reason", why.text));
		start_again_later(process);
	}
}

static void
on_death(struct process *process, int status)
{
	log_warning("supervisor", "process ended", LOG_TEXT("name", process->name),
	    LOG_NUMBER("pid", process->pid),
	    WIFSIGNALED(status) ? LOG_NUMBER("signal", WTERMSIG(status))
				: LOG_NUMBER("status", WEXITSTATUS(status)));
	process->pid = 0;
	process->on_change(process->arg, 0, status);
	start_again_later(process);
}

static void
on_child_signal(void *arg)
{
	(void)arg;
	for (struct process *process = kept; process != NULL; process = process->next) {
		int status;

		if (process->pid > 0 && waitpid(process->pid, &status, WNOHANG) == process->pid)
			on_death(process, status);
	}
}

enum fault
process_keep(struct process **process, struct loop *loop, const char *name,
    process_plan_handler *on_plan, process_change_handler *on_change, void *arg, struct why *why)
{
	struct process *making;
	enum fault fault;

	if (kept_loop != loop) {
		if ((fault = loop_on_signal(loop, SIGCHLD, on_child_signal, NULL, why)))
			return fault;
		kept_loop = loop;
	}
	if ((making = calloc(1, sizeof(*making))) == NULL ||
	    (making->timer = loop_timer_new(loop, on_due, making)) == NULL) {
		free(making);
		return explain(why, FAULT_SYSTEM, "cannot keep %s: out of memory", name);
	}
	snprintf(making->name, sizeof(making->name), "%s", name);
	making->loop = loop;
	making->on_plan = on_plan;
	making->on_change = on_change;
	making->arg = arg;
	making->backoff_ms = PROCESS_BACKOFF_FIRST_MS;
	if ((fault = start_now(making, why))) {
		loop_timer_free(making->timer);
		free(making);
		return fault;
	}
	making->next = kept;
	kept = making;
	*process = making;
	return FAULT_NONE;
}

pid_t
process_pid(const struct process *process)
{
	return process->pid;
}

/* Waits for the child in small steps; false when it still lives after grace. */
static bool
gone_within(pid_t pid, unsigned grace_ms)
{
	for (unsigned waited = 0; waited <= grace_ms; waited += GONE_WAIT_MS) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return true;
		usleep(GONE_WAIT_MS * 1000);
	}
	return false;
}

void
process_stop(struct process *process, unsigned grace_ms)
{
	if (process == NULL)
		return;
	for (struct process **at = &kept; *at != NULL; at = &(*at)->next)
		if (*at == process) {
			*at = process->next;
			break;
		}
	if (process->pid > 0) {
		kill(process->pid, SIGTERM);
		if (!gone_within(process->pid, grace_ms)) {
			kill(process->pid, SIGKILL);
			waitpid(process->pid, NULL, 0);
		}
	}
	loop_timer_free(process->timer);
	free(process);
}
