/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keykeeper/main.c - ringfence-keykeeper: starts a worker for each asker, and hears from the
 * supervisor about new ones. It reads no key itself, and nothing from an asker.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/process.h"
#include "keykeeper/askers.h"
#include "keykeeper/key_store.h"
#include "keys/keeper_message.h"

struct keeper {
	struct askers askers;
	int mailbox; /* from the supervisor; -1: started by a tool or a phone */
	int signals;
	bool stop;
};

/*
 * No core file, no debugger, no other process of this user that reads our memory. The leak
 * checker is a debugger; so builds with sanitizers do this only when asked, like the sandbox.
 */
static enum fault
harden(struct why *why)
{
	struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return explain_errno(why, "cannot forbid core files");
#ifdef RINGFENCE_SANITIZED
	const char *wish = getenv("RINGFENCE_SANDBOX");

	if (wish == NULL || strcmp(wish, "strict") != 0)
		return FAULT_NONE;
#endif
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		return explain_errno(why, "cannot close the memory to debuggers");
	umask(077);
	return FAULT_NONE;
}

static enum fault
watch_signals(struct keeper *keeper, struct why *why)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 ||
	    (keeper->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return explain_errno(why, "cannot watch signals");
	return FAULT_NONE;
}

static void
on_signals(struct keeper *keeper)
{
	struct signalfd_siginfo got;

	while (read(keeper->signals, &got, sizeof(got)) == sizeof(got))
		if (got.ssi_signo != SIGCHLD)
			keeper->stop = true;
	askers_reap(&keeper->askers);
}

/* The supervisor restarted a process, and sends the keykeeper's end of its new socket. */
static void
take_new_asker(struct keeper *keeper, const struct mailbox_message *message)
{
	enum keeper_role role;
	struct why why;
	enum fault fault;

	if (message->type != KEEPER_NEW_ASKER || message->descriptor_count != 1) {
		for (size_t i = 0; i < message->descriptor_count; i++)
			close(message->descriptors[i]);
		fault = explain(&why, FAULT_MALFORMED, "a message of type %u with %zu descriptors",
		    message->type, message->descriptor_count);
	} else if ((fault = keeper_new_asker_read(message->body, &role, &why))) {
		close(message->descriptors[0]);
	} else {
		fault = askers_add(&keeper->askers, role, message->descriptors[0], &why);
	}
	if (fault != FAULT_NONE)
		log_error("keykeeper", "asker not added", LOG_TEXT("reason", why.text));
}

static void
on_mailbox(struct keeper *keeper)
{
	static uint8_t packet[KEEPER_PACKET_MOST];
	struct mailbox_message message;
	struct why why;
	enum fault fault = mailbox_read(keeper->mailbox, packet, sizeof(packet), 0, &message, &why);

	if (fault == FAULT_NONE)
		take_new_asker(keeper, &message);
	else if (fault == FAULT_CLOSED)
		keeper->stop = true;
	else if (fault != FAULT_TIMEOUT)
		log_error(
		    "keykeeper", "supervisor's message refused", LOG_TEXT("reason", why.text));
}

/* Until told to stop, or, without a supervisor, until nobody is left who could ask. */
static void
run(struct keeper *keeper)
{
	while (!keeper->stop && (keeper->mailbox != -1 || askers_count(&keeper->askers) > 0)) {
		struct pollfd wait[] = {
		    {.fd = keeper->signals, .events = POLLIN},
		    {.fd = keeper->mailbox, .events = POLLIN},
		};

		if (poll(wait, COUNT(wait), -1) == -1 && errno != EINTR)
			return;
		if (wait[0].revents != 0)
			on_signals(keeper);
		if (wait[1].revents != 0)
			on_mailbox(keeper);
	}
}

static enum fault
start(struct keeper *keeper, const char *directory, struct why *why)
{
	enum fault fault;

	audit_open_fd(process_descriptor("audit"));
	keeper->mailbox = process_descriptor("mailbox");
	askers_init(&keeper->askers, directory);
	if ((fault = harden(why)) || (fault = key_store_check(directory, why)) ||
	    (fault = storage_tidy(directory, why)) || (fault = watch_signals(keeper, why)))
		return fault;
	keeper->askers.hidden[0] = keeper->mailbox;
	keeper->askers.hidden[1] = keeper->signals;
	return askers_inherit(&keeper->askers, why);
}

/* The directory, or NULL when the command line makes no sense. */
static const char *
read_arguments(int count, char **arguments, enum log_level *level)
{
	static const struct option options[] = {
	    {"keys", required_argument, NULL, 'k'},
	    {"log", required_argument, NULL, 'l'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	const char *directory = NULL;
	int option;

	while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
		if (option == 'V') {
			puts("ringfence-keykeeper " RINGFENCE_VERSION);
			exit(0);
		}
		if (option == 'k')
			directory = optarg;
		else if (option != 'l' || !log_level_from_name(optarg, level))
			return NULL;
	}
	return optind == count ? directory : NULL;
}

int
main(int count, char **arguments)
{
	static struct keeper keeper;
	enum log_level level = LOG_LEVEL_INFO;
	const char *directory = read_arguments(count, arguments, &level);
	struct why why;

	log_open("keykeeper", level, STDERR_FILENO);
	if (directory == NULL) {
		fputs("usage: ringfence-keykeeper --keys DIRECTORY [--log LEVEL]\n"
		      "It is started by the programs that need its keys, not by hand.\n",
		    stderr);
		return 2;
	}
	if (start(&keeper, directory, &why) != FAULT_NONE) {
		log_error("keykeeper", "not started", LOG_TEXT("reason", why.text));
		return 1;
	}
	if (keeper.mailbox == -1 && askers_count(&keeper.askers) == 0) {
		log_error("keykeeper", "not started", LOG_TEXT("reason", "nobody asks"));
		return 1;
	}
	run(&keeper);
	return 0;
}
