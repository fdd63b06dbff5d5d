/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/supervisor.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "channel/channel.h"
#include "database/database.h"
#include "directory/directory.h"
#include "keys/keeper_message.h"
#include "storage/storage.h"

enum {
	MEMBERS_MOST = 16 + SITE_EDGES_MOST,
	TICKET_SIZE = 80,                   /* one key (channel/tls.h) */
	TICKETS_ROTATE_MS = 60 * 60 * 1000, /* a ticket is good for two hours: three keys */
	GRACE_MS = 3000,                    /* to end in good order */
	HOLD_AGAIN_MS = 500,                /* until a database exists */
	DATABASES = 3,
};

static const char *const databases[DATABASES] = {"site.db", "enrolment.db", "calls.db"};

struct supervisor;

/* One process we keep. The keykeeper is one too, with kind NULL. */
struct member {
	struct supervisor *supervisor;
	const struct process_kind *kind;
	char name[START_NAME_SIZE];
	struct process *process;
	struct mailbox *mailbox; /* NULL while it is dead */
	int listens[PROCESS_LISTENS_MOST];
	/* The plan of its next start; descriptors stay open until it runs. */
	struct process_descriptor descriptors[PROCESS_DESCRIPTORS_MOST];
	const char *arguments[12];
	int mailbox_end, keys_end; /* the child's ends; -1 when closed */
};

struct supervisor {
	const char *folder, *level;
	const struct site *site;
	char program[STORAGE_PATH_MOST], keykeeper[STORAGE_PATH_MOST], keys[STORAGE_PATH_MOST];
	struct loop *loop;
	int audit;
	struct member members[MEMBERS_MOST]; /* [0] is the keykeeper */
	size_t count;
	uint8_t tickets[START_TICKETS_SIZE];
	size_t ticket_bytes;
	struct loop_timer *ticket_timer, *hold_timer;
	/* A WAL file's -shm goes with its last connection: these are never the last. */
	struct database *held[DATABASES];
};

static void
close_end(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
complain(const char *what, const struct member *member, const struct why *why)
{
	log_error(
	    "supervisor", what, LOG_TEXT("name", member->name), LOG_TEXT("reason", why->text));
}

/* Processes say nothing to the supervisor yet. */
static void
on_message(void *arg, const struct mailbox_message *message)
{
	const struct member *member = arg;

	log_warning("supervisor", "unexpected message", LOG_TEXT("name", member->name),
	    LOG_NUMBER("type", message->type));
	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
}

static void
on_closed(void *arg, const struct why *why)
{
	(void)arg; /* its death is told by SIGCHLD */
	(void)why;
}

static void
send_with(struct member *member, uint16_t type, struct bytes body, int fd)
{
	struct why why;

	if (member->mailbox != NULL &&
	    mailbox_send(member->mailbox, type, body, &fd, fd != -1 ? 1 : 0, &why) != FAULT_NONE)
		complain("cannot tell a process", member, &why);
}

/* Both get a fresh end of a mailbox between them. */
static void
link_members(struct member *left, struct member *right)
{
	struct why why;
	int ends[2];

	if (left->mailbox == NULL || right->mailbox == NULL)
		return;
	if (mailbox_pair(ends, &why) != FAULT_NONE) {
		complain("cannot link a process", left, &why);
		return;
	}
	send_with(left, START_LINK, bytes_text(right->name), ends[0]);
	send_with(right, START_LINK, bytes_text(left->name), ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static bool
are_linked(const struct member *left, const struct member *right)
{
	for (size_t i = 0; i < process_link_count; i++)
		if ((strcmp(process_links[i].left, left->kind->name) == 0 &&
			strcmp(process_links[i].right, right->kind->name) == 0) ||
		    (strcmp(process_links[i].right, left->kind->name) == 0 &&
			strcmp(process_links[i].left, right->kind->name) == 0))
			return true;
	return false;
}

static void
link_to_all(struct supervisor *supervisor, struct member *member)
{
	for (size_t i = 1; i < supervisor->count; i++)
		if (&supervisor->members[i] != member &&
		    are_linked(member, &supervisor->members[i]))
			link_members(member, &supervisor->members[i]);
}

/* A fresh socket between a process and the (new) keykeeper. */
static void
give_keys(struct supervisor *supervisor, struct member *member)
{
	struct member *keykeeper = &supervisor->members[0];
	struct buffer body;
	struct why why;
	int ends[2];

	if (!member->kind->asks || keykeeper->mailbox == NULL || member->mailbox == NULL)
		return;
	if (mailbox_pair(ends, &why) != FAULT_NONE) {
		complain("cannot link to the keykeeper", member, &why);
		return;
	}
	buffer_init(&body, 256);
	keeper_new_asker_write(&body, member->kind->role);
	send_with(keykeeper, KEEPER_NEW_ASKER, buffer_bytes_of(&body), ends[0]);
	send_with(member, START_KEYS, bytes_of(NULL, 0), ends[1]);
	buffer_finish(&body);
	close(ends[0]);
	close(ends[1]);
}

static void
add_descriptor(struct member *member, struct process_plan *plan, const char *name, int fd)
{
	member->descriptors[plan->count++] = (struct process_descriptor){name, fd};
}

/* The process's own end to the keykeeper comes with its start: it loads keys before it runs. */
static enum fault
plan_keys(struct member *member, struct process_plan *plan, struct why *why)
{
	struct supervisor *supervisor = member->supervisor;
	struct member *keykeeper = &supervisor->members[0];
	struct buffer body;
	enum fault fault;
	int ends[2];

	if (keykeeper->mailbox == NULL)
		return explain(why, FAULT_BUSY, "the keykeeper does not run yet");
	if ((fault = mailbox_pair(ends, why)))
		return fault;
	buffer_init(&body, 256);
	keeper_new_asker_write(&body, member->kind->role);
	fault = mailbox_send(
	    keykeeper->mailbox, KEEPER_NEW_ASKER, buffer_bytes_of(&body), ends, 1, why);
	buffer_finish(&body);
	close(ends[0]);
	if (fault != FAULT_NONE) {
		close(ends[1]);
		return fault;
	}
	close_end(&member->keys_end);
	member->keys_end = ends[1];
	add_descriptor(member, plan, "keys", ends[1]);
	return FAULT_NONE;
}

static enum fault
plan_mailbox(struct member *member, struct process_plan *plan, struct why *why)
{
	enum fault fault;
	int ends[2];

	mailbox_free(member->mailbox);
	member->mailbox = NULL;
	if ((fault = mailbox_pair(ends, why)))
		return fault;
	if ((fault = mailbox_new(&member->mailbox, member->supervisor->loop, ends[0], on_message,
		 on_closed, member, why))) {
		close(ends[0]);
		close(ends[1]);
		return fault;
	}
	close_end(&member->mailbox_end);
	member->mailbox_end = ends[1];
	add_descriptor(member, plan, "mailbox", ends[1]);
	add_descriptor(member, plan, "audit", member->supervisor->audit);
	return FAULT_NONE;
}

static enum fault
on_plan(void *arg, struct process_plan *plan, struct why *why)
{
	struct member *member = arg;
	struct supervisor *supervisor = member->supervisor;
	enum fault fault;

	*plan = (struct process_plan){.program = supervisor->program,
	    .arguments = member->arguments,
	    .descriptors = member->descriptors};
	if ((fault = plan_mailbox(member, plan, why)))
		return fault;
	if (member->kind == NULL) {
		plan->program = supervisor->keykeeper;
		member->arguments[0] = "ringfence-keykeeper";
		member->arguments[1] = "--keys";
		member->arguments[2] = supervisor->keys;
		member->arguments[3] = "--log";
		member->arguments[4] = supervisor->level;
		return FAULT_NONE;
	}
	for (size_t i = 0; i < PROCESS_LISTENS_MOST; i++)
		if (member->kind->listens[i].descriptor != NULL)
			add_descriptor(
			    member, plan, member->kind->listens[i].descriptor, member->listens[i]);
	memcpy(member->arguments,
	    (const char *[]){"ringfence-manager", "--site", supervisor->folder, "--process",
		member->name, "--log", supervisor->level, NULL},
	    8 * sizeof(char *));
	return member->kind->asks ? plan_keys(member, plan, why) : FAULT_NONE;
}

static void
on_change(void *arg, pid_t pid, int status)
{
	struct member *member = arg;
	struct supervisor *supervisor = member->supervisor;

	(void)status; /* logged by process.c */
	close_end(&member->mailbox_end);
	close_end(&member->keys_end);
	if (pid == 0) {
		mailbox_free(member->mailbox);
		member->mailbox = NULL;
		return;
	}
	if (member->kind == NULL) { /* a new keykeeper: everyone asks that one from now on */
		for (size_t i = 1; i < supervisor->count; i++)
			give_keys(supervisor, &supervisor->members[i]);
		return;
	}
	if (member->kind->tickets)
		send_with(member, START_TICKETS,
		    bytes_of(supervisor->tickets, supervisor->ticket_bytes), -1);
	link_to_all(supervisor, member);
}

/* The newest key in front; the oldest falls off. */
static enum fault
new_ticket_key(struct supervisor *supervisor, struct why *why)
{
	memmove(supervisor->tickets + TICKET_SIZE, supervisor->tickets,
	    sizeof(supervisor->tickets) - TICKET_SIZE);
	if (RAND_priv_bytes(supervisor->tickets, TICKET_SIZE) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes for session tickets");
	if (supervisor->ticket_bytes < sizeof(supervisor->tickets))
		supervisor->ticket_bytes += TICKET_SIZE;
	return FAULT_NONE;
}

static void
rotate_tickets(void *arg)
{
	struct supervisor *supervisor = arg;
	struct why why;

	loop_timer_set(supervisor->ticket_timer, TICKETS_ROTATE_MS);
	if (new_ticket_key(supervisor, &why) != FAULT_NONE) {
		log_error(
		    "supervisor", "session tickets not renewed", LOG_TEXT("reason", why.text));
		return;
	}
	for (size_t i = 1; i < supervisor->count; i++)
		if (supervisor->members[i].kind->tickets)
			send_with(&supervisor->members[i], START_TICKETS,
			    bytes_of(supervisor->tickets, supervisor->ticket_bytes), -1);
}

static void
hold_databases(void *arg)
{
	struct supervisor *supervisor = arg;
	char path[STORAGE_PATH_MOST];
	bool all = true;
	struct why why;

	for (size_t i = 0; i < DATABASES; i++) {
		if (supervisor->held[i] != NULL)
			continue;
		if (storage_path(path, supervisor->folder, databases[i], &why) != FAULT_NONE ||
		    !storage_exists(path) ||
		    database_hold(&supervisor->held[i], path, &why) != FAULT_NONE)
			all = false;
	}
	if (!all)
		loop_timer_set(supervisor->hold_timer, HOLD_AGAIN_MS);
}

/* Every process reads site.db: it is brought up to date before any of them runs. */
static enum fault
prepare_directory(const struct supervisor *supervisor, struct why *why)
{
	struct directory *directory = NULL;
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = storage_path(path, supervisor->folder, databases[0], why)) == FAULT_NONE)
		fault = directory_open(&directory, path, DATABASE_WRITE, why);
	directory_close(directory);
	return fault;
}

static enum fault
bind_listens(struct supervisor *supervisor, struct member *member, struct why *why)
{
	for (size_t i = 0; i < PROCESS_LISTENS_MOST; i++) {
		const struct listen_plan *listen = &member->kind->listens[i];
		struct address address, bound;
		enum fault fault;

		member->listens[i] = -1;
		if (listen->descriptor == NULL)
			continue;
		if ((fault = site_address(supervisor->site, listen->port, &address, why)) ||
		    (fault = channel_bind(listen->transport, &address, member->kind->per_edge,
			 &member->listens[i], &bound, why)))
			return explain_within(why, fault, "%s: ", listen->descriptor);
	}
	return FAULT_NONE;
}

static struct member *
add_member(struct supervisor *supervisor, const struct process_kind *kind)
{
	struct member *member = &supervisor->members[supervisor->count++];

	*member = (struct member){
	    .supervisor = supervisor, .kind = kind, .mailbox_end = -1, .keys_end = -1};
	return member;
}

static enum fault
add_members(struct supervisor *supervisor, struct why *why)
{
	snprintf(add_member(supervisor, NULL)->name, START_NAME_SIZE, "keykeeper");
	for (size_t i = 0; i < process_kind_count; i++) {
		const struct process_kind *kind = &process_kinds[i];
		unsigned instances = kind->per_edge ? supervisor->site->edges : 1;

		for (unsigned number = 0; number < instances; number++) {
			struct member *member = add_member(supervisor, kind);
			enum fault fault;

			if (kind->per_edge)
				snprintf(member->name, sizeof(member->name), "%s-%u", kind->name,
				    number);
			else
				snprintf(member->name, sizeof(member->name), "%s", kind->name);
			if ((fault = bind_listens(supervisor, member, why)))
				return fault;
		}
	}
	return FAULT_NONE;
}

static enum fault
start_members(struct supervisor *supervisor, struct why *why)
{
	for (size_t i = 0; i < supervisor->count; i++) {
		struct member *member = &supervisor->members[i];
		enum fault fault = process_keep(&member->process, supervisor->loop, member->name,
		    on_plan, on_change, member, why);

		if (fault != FAULT_NONE)
			return explain_within(why, fault, "%s: ", member->name);
	}
	return FAULT_NONE;
}

static void
stop(void *arg)
{
	loop_stop(((struct supervisor *)arg)->loop);
}

/* Whoever asks ends before who answers. */
static void
stop_members(struct supervisor *supervisor)
{
	for (size_t i = supervisor->count; i > 0; i--) {
		struct member *member = &supervisor->members[i - 1];

		process_stop(member->process, GRACE_MS);
		mailbox_free(member->mailbox);
		close_end(&member->mailbox_end);
		close_end(&member->keys_end);
		for (size_t j = 0; member->kind != NULL && j < PROCESS_LISTENS_MOST; j++)
			if (member->kind->listens[j].descriptor != NULL)
				close_end(&member->listens[j]);
	}
}

static enum fault
prepare(struct supervisor *supervisor, struct why *why)
{
	ssize_t size =
	    readlink("/proc/self/exe", supervisor->program, sizeof(supervisor->program) - 1);
	enum fault fault;

	if (size <= 0)
		return explain_errno(why, "cannot find this program");
	if ((fault = keys_program(supervisor->keykeeper, why)) ||
	    (fault = storage_path(supervisor->keys, supervisor->folder, "keys", why)) ||
	    (fault = loop_new(&supervisor->loop, why)) ||
	    (fault = loop_on_signal(supervisor->loop, SIGTERM, stop, supervisor, why)) ||
	    (fault = loop_on_signal(supervisor->loop, SIGINT, stop, supervisor, why)) ||
	    (fault = new_ticket_key(supervisor, why)))
		return fault;
	supervisor->ticket_timer = loop_timer_new(supervisor->loop, rotate_tickets, supervisor);
	supervisor->hold_timer = loop_timer_new(supervisor->loop, hold_databases, supervisor);
	if (supervisor->ticket_timer == NULL || supervisor->hold_timer == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for timers");
	loop_timer_set(supervisor->ticket_timer, TICKETS_ROTATE_MS);
	loop_timer_set(supervisor->hold_timer, HOLD_AGAIN_MS);
	return FAULT_NONE;
}

/* The ports are bound, nothing else needs root: from here on this and every process is the user
 * the site belongs to, so what they make in the site is that user's too. */
static enum fault
enter_site(struct supervisor *supervisor, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = process_become_owner(supervisor->folder, why)) ||
	    (fault = storage_path(path, supervisor->folder, "run", why)) ||
	    (fault = storage_folder(path, 0700, why)) ||
	    (fault = storage_path(path, supervisor->folder, "audit.log", why)))
		return fault;
	supervisor->audit = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (supervisor->audit == -1)
		return explain_errno(why, "cannot open %s", path);
	audit_open_fd(supervisor->audit);
	return FAULT_NONE;
}

enum fault
supervisor_run(const char *folder, const struct site *site, const char *level, struct why *why)
{
	struct supervisor *supervisor = calloc(1, sizeof(*supervisor));
	enum fault fault;

	if (supervisor == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	supervisor->folder = folder;
	supervisor->site = site;
	supervisor->level = level;
	supervisor->audit = -1;
	if ((fault = prepare(supervisor, why)) == FAULT_NONE &&
	    (fault = prepare_directory(supervisor, why)) == FAULT_NONE &&
	    (fault = add_members(supervisor, why)) == FAULT_NONE &&
	    (fault = enter_site(supervisor, why)) == FAULT_NONE &&
	    (fault = start_members(supervisor, why)) == FAULT_NONE) {
		log_info("supervisor", "the manager runs", LOG_TEXT("site", site->name),
		    LOG_TEXT("address", site->address), LOG_NUMBER("user", geteuid()));
		loop_run(supervisor->loop);
		log_info("supervisor", "the manager stops");
	}
	stop_members(supervisor);
	for (size_t i = 0; i < DATABASES; i++)
		database_close(supervisor->held[i]);
	loop_timer_free(supervisor->ticket_timer);
	loop_timer_free(supervisor->hold_timer);
	loop_free(supervisor->loop);
	close_end(&supervisor->audit);
	explicit_bzero(supervisor->tickets, sizeof(supervisor->tickets));
	free(supervisor);
	return fault;
}
