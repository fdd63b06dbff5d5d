/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/admin.c - the operator's view: writes site.db, answers the control socket, and asks
 * `call` what only it knows.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "administration/administration.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "manager/admin_message.h"
#include "manager/call_message.h"
#include "manager/start.h"
#include "storage/storage.h"

enum { QUERIES_MOST = 64, QUERY_MS = 5000, NEIGHBOURS_MOST = 3, COMMANDS_MOST = 40 };

/* A question to `call` that waits for its answer. */
struct query {
	struct admin *admin;
	uint32_t ticket; /* 0: free */
	struct control_request *request;
	struct loop_timer *timer;
};

struct neighbour {
	const char *name;
	struct mailbox *mailbox; /* NULL while it is dead */
};

struct admin {
	struct administration administration; /* first: the arg of its actions too */
	struct start *start;
	char audit_path[STORAGE_PATH_MOST], enrolment_path[STORAGE_PATH_MOST];
	struct control_server *server;
	struct control_command commands[COMMANDS_MOST];
	size_t command_count;
	struct neighbour neighbours[NEIGHBOURS_MOST];
	struct query queries[QUERIES_MOST];
	uint32_t last_ticket;
};

static struct neighbour *
neighbour_find(struct admin *admin, const char *name)
{
	for (size_t i = 0; i < NEIGHBOURS_MOST; i++)
		if (strcmp(admin->neighbours[i].name, name) == 0)
			return &admin->neighbours[i];
	return NULL;
}

static void
query_end(struct query *query)
{
	loop_timer_free(query->timer);
	*query = (struct query){.admin = query->admin};
}

static void
query_refuse(struct query *query, enum fault fault, const char *sentence)
{
	struct why why;

	fault = explain(&why, fault, "%s", sentence);
	control_refuse(query->request, fault, &why);
	query_end(query);
}

static void
on_query_late(void *arg)
{
	query_refuse(arg, FAULT_TIMEOUT, "call control did not answer in time");
}

static void
on_asker_gone(void *arg, struct control_request *request)
{
	(void)request;
	query_end(arg);
}

static void
answer_query(struct admin *admin, const struct call_answer *answer)
{
	for (size_t i = 0; i < QUERIES_MOST; i++) {
		struct query *query = &admin->queries[i];
		json_t *result;
		struct why why;

		if (query->ticket == 0 || query->ticket != answer->ticket)
			continue;
		if (answer->fault != FAULT_NONE) {
			enum fault fault = explain(&why, answer->fault, "%.*s",
			    (int)answer->text.left, (const char *)answer->text.at);

			control_refuse(query->request, fault, &why);
			query_end(query);
			return;
		}
		result = json_loadb((const char *)answer->text.at, answer->text.left, 0, NULL);
		if (result == NULL) {
			query_refuse(query, FAULT_MALFORMED, "call control's answer is no JSON");
			return;
		}
		control_answer(query->request, result);
		query_end(query);
		return;
	}
}

static void
on_neighbour_message(void *arg, const struct mailbox_message *message)
{
	struct admin *admin = arg;
	struct call_answer answer;
	struct why why;

	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
	if (message->type == CALL_ANSWER &&
	    call_answer_read(message->body, &answer, &why) == FAULT_NONE)
		answer_query(admin, &answer);
	else
		log_error("admin", "unexpected message", LOG_NUMBER("type", message->type));
}

/* The supervisor sends a new end when the other one is back. */
static void
on_neighbour_closed(void *arg, const struct why *why)
{
	(void)arg;
	(void)why;
}

static void
on_link(void *arg, const char *peer, int fd)
{
	struct admin *admin = arg;
	struct neighbour *neighbour = neighbour_find(admin, peer);
	struct why why;

	if (neighbour == NULL) {
		log_error("admin", "unexpected link", LOG_TEXT("peer", peer));
		close(fd);
		return;
	}
	mailbox_free(neighbour->mailbox);
	neighbour->mailbox = NULL;
	if (mailbox_new(&neighbour->mailbox, admin->start->loop, fd, on_neighbour_message,
		on_neighbour_closed, admin, &why) != FAULT_NONE)
		log_error(
		    "admin", "cannot link", LOG_TEXT("peer", peer), LOG_TEXT("reason", why.text));
}

/* `files` builds the phone's files anew, `enrolment` reads its CAPF wish. device NULL: all. */
static void
on_changed(void *arg, const char *device)
{
	struct admin *admin = arg;

	for (size_t i = 0; i < NEIGHBOURS_MOST; i++) {
		struct neighbour *neighbour = &admin->neighbours[i];
		struct why why;

		if (neighbour->mailbox == NULL || strcmp(neighbour->name, "call") == 0)
			continue;
		if (mailbox_send(neighbour->mailbox, ADMIN_CHANGED, bytes_text(device), NULL, 0,
			&why) != FAULT_NONE)
			log_warning("admin", "cannot tell a change",
			    LOG_TEXT("peer", neighbour->name), LOG_TEXT("reason", why.text));
	}
}

static struct query *
query_new(struct admin *admin, struct control_request *request)
{
	for (size_t i = 0; i < QUERIES_MOST; i++) {
		struct query *query = &admin->queries[i];

		if (query->ticket != 0)
			continue;
		query->admin = admin;
		query->timer = loop_timer_new(admin->start->loop, on_query_late, query);
		if (query->timer == NULL)
			return NULL;
		if (++admin->last_ticket == 0)
			admin->last_ticket = 1;
		query->ticket = admin->last_ticket;
		query->request = request;
		loop_timer_set(query->timer, QUERY_MS);
		return query;
	}
	return NULL;
}

static void
ask_call(struct admin *admin, struct control_request *request, enum call_question question,
    struct bytes argument)
{
	struct mailbox *call = neighbour_find(admin, "call")->mailbox;
	struct query *query = query_new(admin, request);
	struct buffer body;
	struct why why;

	if (query == NULL) {
		(void)!explain(&why, FAULT_BUSY, "%d questions wait already", QUERIES_MOST);
		control_refuse(request, FAULT_BUSY, &why);
		return;
	}
	buffer_init(&body, MAILBOX_BODY_MOST);
	call_query_write(&body, &(struct call_query){query->ticket, question, argument});
	if (call == NULL ||
	    mailbox_send(call, CALL_QUERY, buffer_bytes_of(&body), NULL, 0, &why) != FAULT_NONE)
		query_refuse(query, FAULT_BUSY, "call control does not run at this moment");
	else
		control_on_gone(request, on_asker_gone, query);
	buffer_finish(&body);
}

static void
registration_list(void *arg, struct control_request *request, const json_t *arguments)
{
	const char *of = json_string_value(json_object_get(arguments, "device"));

	ask_call(arg, request, CALL_ASK_REGISTRATIONS, bytes_text(of));
}

static void
call_list(void *arg, struct control_request *request, const json_t *arguments)
{
	(void)arguments;
	ask_call(arg, request, CALL_ASK_CALLS, bytes_of(NULL, 0));
}

static void
call_why(void *arg, struct control_request *request, const json_t *arguments)
{
	const char *id = json_string_value(json_object_get(arguments, "call"));

	ask_call(arg, request, CALL_ASK_WHY, bytes_text(id));
}

static const struct control_command asking_commands[] = {
    {"registration list", NULL, registration_list},
    {"call list", NULL, call_list},
    {"call why", NULL, call_why},
};

static void
add_commands(struct admin *admin, const struct control_command *commands, size_t count)
{
	for (size_t i = 0; i < count && admin->command_count < COMMANDS_MOST; i++)
		admin->commands[admin->command_count++] = commands[i];
}

static enum fault
open_all(struct admin *admin, struct why *why)
{
	static const struct administration_table *const tables[] = {
	    &phone_actions, &profile_actions, &user_actions, &audit_actions, &capf_actions};
	char path[STORAGE_PATH_MOST], control[STORAGE_PATH_MOST];
	struct control_server_plan plan = {
	    .path = control, .commands = admin->commands, .arg = admin};
	enum fault fault;

	for (size_t i = 0; i < COUNT(tables); i++)
		add_commands(admin, tables[i]->entries, tables[i]->count);
	add_commands(admin, asking_commands, COUNT(asking_commands));
	plan.count = admin->command_count;
	if ((fault = start_path(admin->start, "site.db", path, why)) ||
	    (fault = start_path(admin->start, "audit.log", admin->audit_path, why)) ||
	    (fault = start_path(admin->start, "enrolment.db", admin->enrolment_path, why)) ||
	    (fault = start_path(admin->start, "run/control.sock", control, why)) ||
	    (fault = directory_open(&admin->administration.directory, path, DATABASE_WRITE, why)))
		return fault;
	return control_server_new(&admin->server, admin->start->loop, &plan, why);
}

/* SQLite makes its -wal and -shm beside site.db; Landlock rights are by folder. */
static enum fault
close_off(struct admin *admin, struct why *why)
{
	static const char *const readable[] = {NULL};
	static const char *const writable[] = {"", NULL};

	return start_sandbox(
	    admin->start, SANDBOX_NETWORK | SANDBOX_FILES, readable, writable, why);
}

int admin_main(struct start *start);

int
admin_main(struct start *start)
{
	static struct admin admin;
	enum fault fault;
	struct why why;

	admin.start = start;
	admin.neighbours[0].name = "call";
	admin.neighbours[1].name = "files";
	admin.neighbours[2].name = "enrolment";
	admin.administration = (struct administration){.site = &start->site,
	    .audit_path = admin.audit_path,
	    .enrolment_path = admin.enrolment_path,
	    .changed = on_changed,
	    .arg = &admin};
	start->on_link = on_link;
	start->arg = &admin;
	if ((fault = open_all(&admin, &why)) == FAULT_NONE &&
	    (fault = close_off(&admin, &why)) == FAULT_NONE)
		start_run(start);
	if (fault != FAULT_NONE)
		log_error("admin", "cannot run", LOG_TEXT("reason", why.text));
	control_server_free(admin.server);
	for (size_t i = 0; i < NEIGHBOURS_MOST; i++)
		mailbox_free(admin.neighbours[i].mailbox);
	directory_close(admin.administration.directory);
	return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
