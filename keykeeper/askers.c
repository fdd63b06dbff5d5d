/* SPDX-License-Identifier: Apache-2.0 */
#include "keykeeper/askers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "base/process.h"
#include "keykeeper/worker.h"

void
askers_init(struct askers *askers, const char *directory)
{
	*askers = (struct askers){.directory = directory, .hidden = {-1, -1}};
	for (size_t i = 0; i < ASKERS_MOST; i++)
		askers->asker[i].fd = -1;
}

/* A worker holds no other asker's socket: it would keep it open, and could listen in. */
static _Noreturn void
become_worker(const struct askers *askers, const struct asker *self, pid_t parent, bool lost)
{
	sigset_t none;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < ASKERS_MOST; i++)
		if (&askers->asker[i] != self && askers->asker[i].fd != -1)
			close(askers->asker[i].fd);
	for (size_t i = 0; i < COUNT(askers->hidden); i++)
		if (askers->hidden[i] != -1)
			close(askers->hidden[i]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	exit(worker_run(self->role, self->fd, askers->directory, lost));
}

static enum fault
start_worker(struct askers *askers, struct asker *asker, bool lost, struct why *why)
{
	pid_t parent = getpid(), child = fork();

	if (child == -1)
		return explain_errno(why, "cannot start a worker");
	if (child == 0)
		become_worker(askers, asker, parent, lost);
	asker->worker = child;
	return FAULT_NONE;
}

static void
drop(struct asker *asker)
{
	close(asker->fd);
	*asker = (struct asker){.fd = -1};
}

enum fault
askers_add(struct askers *askers, enum keeper_role role, int fd, struct why *why)
{
	for (size_t i = 0; i < ASKERS_MOST; i++) {
		struct asker *asker = &askers->asker[i];
		enum fault fault;

		if (asker->fd != -1)
			continue;
		*asker = (struct asker){.role = role, .fd = fd};
		if ((fault = start_worker(askers, asker, false, why)))
			drop(asker);
		return fault;
	}
	close(fd);
	return explain(why, FAULT_LIMIT, "over %d askers", ASKERS_MOST);
}

enum fault
askers_inherit(struct askers *askers, struct why *why)
{
	for (unsigned role = 0; role < ROLE_COUNT; role++)
		for (int number = -1; number < ASKERS_PER_ROLE_MOST; number++) {
			const char *word = keeper_role_name((enum keeper_role)role);
			enum fault fault;
			char name[48];
			int fd;

			if (number < 0)
				snprintf(name, sizeof(name), "ask-%s", word);
			else
				snprintf(name, sizeof(name), "ask-%s-%d", word, number);
			if ((fd = process_descriptor(name)) == -1)
				continue;
			if ((fault = askers_add(askers, (enum keeper_role)role, fd, why)))
				return fault;
		}
	return FAULT_NONE;
}

static void
replace_worker(struct askers *askers, struct asker *asker, int status)
{
	const char *role = keeper_role_name(asker->role);
	struct why why;

	asker->deaths++;
	audit_write(&(struct audit_record){.event = "key worker died",
	    .peer = role,
	    .reason = WIFSIGNALED(status) ? "killed by a signal" : "it gave up",
	    .fields =
		(const struct log_field[]){LOG_NUMBER(WIFSIGNALED(status) ? "signal" : "status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status))},
	    .count = 1});
	if (asker->deaths > ASKER_DEATHS_MOST) {
		log_error("keykeeper", "asker given up", LOG_TEXT("asker", role));
		drop(asker);
	} else if (start_worker(askers, asker, true, &why) != FAULT_NONE) {
		log_error("keykeeper", "asker given up", LOG_TEXT("asker", role),
		    LOG_TEXT("reason", why.text));
		drop(asker);
	}
}

void
askers_reap(struct askers *askers)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < ASKERS_MOST; i++) {
			struct asker *asker = &askers->asker[i];

			if (asker->fd == -1 || asker->worker != pid)
				continue;
			if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
				drop(asker); /* the asker closed its end */
			else
				replace_worker(askers, asker, status);
		}
}

size_t
askers_count(const struct askers *askers)
{
	size_t count = 0;

	for (size_t i = 0; i < ASKERS_MOST; i++)
		count += askers->asker[i].fd != -1;
	return count;
}
