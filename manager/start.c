/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/start.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "storage/storage.h"

enum { AUDIT_FLUSH_MS = 5000 };

static void
on_message(void *arg, const struct mailbox_message *message)
{
	struct start *start = arg;
	int fd = message->descriptor_count == 1 ? message->descriptors[0] : -1;
	char peer[START_NAME_SIZE];

	if (message->type == START_KEYS && fd != -1 && start->keys != NULL) {
		keys_reopen(start->keys, fd);
	} else if (message->type == START_LINK && fd != -1 && start->on_link != NULL &&
		   bytes_copy_text(message->body, peer, sizeof(peer))) {
		start->on_link(start->arg, peer, fd);
	} else if (message->type == START_TICKETS && start->on_tickets != NULL) {
		start->on_tickets(start->arg, message->body);
	} else {
		log_error("start", "unexpected message of the supervisor",
		    LOG_NUMBER("type", message->type));
		for (size_t i = 0; i < message->descriptor_count; i++)
			close(message->descriptors[i]);
	}
}

static void
stop(void *arg)
{
	struct start *start = arg;

	if (start->on_stop != NULL)
		start->on_stop(start->arg);
	loop_stop(start->loop);
}

/* Without the supervisor nobody would start us again after a fault: end with it. */
static void
on_closed(void *arg, const struct why *why)
{
	log_info("start", "the supervisor is gone", LOG_TEXT("reason", why->text));
	stop(arg);
}

enum fault
start_path(const struct start *start, const char *name, char path[], struct why *why)
{
	return storage_path(path, start->folder, name, why);
}

enum fault
start_descriptor(const struct start *start, const char *name, int *fd, struct why *why)
{
	int found = process_descriptor(name);

	if (found == -1)
		return explain(
		    why, FAULT_MISSING, "%s was given no descriptor '%s'", start->process, name);
	*fd = found;
	return FAULT_NONE;
}

enum fault
start_sandbox(struct start *start, unsigned allow, const char *const *readable,
    const char *const *writable, struct why *why)
{
	static char paths[SANDBOX_PATHS_MOST][STORAGE_PATH_MOST];
	struct sandbox sandbox = {.process = start->process, .allow = allow};
	const char *const *const sets[] = {readable, writable};
	struct sandbox_report report;
	size_t count = 0;
	enum fault fault;

	for (size_t set = 0; set < COUNT(sets); set++)
		for (const char *const *name = sets[set]; name != NULL && *name != NULL; name++) {
			if (count == SANDBOX_PATHS_MOST)
				return explain(
				    why, FAULT_LIMIT, "more than %d paths", SANDBOX_PATHS_MOST);
			if ((fault = storage_path(paths[count], start->folder, *name, why)))
				return fault;
			sandbox.paths[count].path = paths[count];
			sandbox.paths[count].write = set == 1;
			count++;
		}
	(void)clock_wall(); /* a test's clock is a file, and opened at its first use */
	if ((fault = sandbox_enter(&sandbox, &report, why)))
		return fault;
	log_info("start", "sandbox entered", LOG_TEXT("enforced", report.text));
	return FAULT_NONE;
}

static void
flush_audit(void *arg)
{
	audit_flush(false);
	loop_timer_set(*(struct loop_timer **)arg, AUDIT_FLUSH_MS);
}

void
start_run(struct start *start)
{
	struct loop_timer *timer = NULL;
	struct why why;
	int fd;

	if (start_descriptor(start, "mailbox", &fd, &why) != FAULT_NONE ||
	    mailbox_new(&start->supervisor, start->loop, fd, on_message, on_closed, start, &why) !=
		FAULT_NONE ||
	    loop_on_signal(start->loop, SIGTERM, stop, start, &why) != FAULT_NONE) {
		log_error("start", "cannot listen to the supervisor", LOG_TEXT("reason", why.text));
		return;
	}
	if ((timer = loop_timer_new(start->loop, flush_audit, &timer)) != NULL)
		loop_timer_set(timer, AUDIT_FLUSH_MS);
	loop_run(start->loop);
	audit_flush(true);
	loop_timer_free(timer);
	mailbox_free(start->supervisor);
	start->supervisor = NULL;
}
