/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/call.c - call control: what the edges received goes into the exchange, what it says
 * goes back to them; registrations and calls are kept in calls.db. Sees no private key and no
 * media.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "exchange/store.h"
#include "manager/call_directory.h"
#include "manager/call_message.h"
#include "manager/call_status.h"
#include "manager/random_pool.h"
#include "manager/start.h"
#include "signalling/edge_message.h"
#include "storage/storage.h"

enum {
	DIRECTORY_LOOK_MS = 1000, /* how often another process's changes are looked for */
	RESTORE_MS = 10000,       /* edges that have not replayed by then are not waited for */
};

/* An edge, and what waits to be sent to it in one packet. */
struct edge {
	struct call_process *process;
	struct mailbox *mailbox; /* NULL while it is dead */
	struct buffer batch;
	bool replayed;
};

struct call_process {
	struct start *start;
	struct exchange *exchange;
	struct directory *directory;
	struct store *store;
	struct mailbox *admin;
	struct loop_timer *timer, *look, *restore;
	struct edge edges[SITE_EDGES_MOST];
	int64_t directory_version;
	struct random_pool random;
	bool flushing; /* a flush is asked for, after the present handlers */
	bool restored;
};

static void
log_why(const char *event, const struct why *why)
{
	log_error("call", event, LOG_TEXT("reason", why->text));
}

static void
send_batch(struct edge *edge)
{
	struct why why;

	if (edge->batch.size > 0 && edge->mailbox != NULL &&
	    mailbox_send(edge->mailbox, EDGE_BATCH, buffer_bytes_of(&edge->batch), NULL, 0, &why) !=
		FAULT_NONE)
		log_why("messages for an edge are lost", &why);
	if (edge->batch.size > 0)
		explicit_bzero(edge->batch.at, edge->batch.size); /* may hold SDES keys */
	buffer_clear(&edge->batch);
}

/* Everything one turn of the loop brought goes out together, and into calls.db together. */
static void
flush(void *arg)
{
	struct call_process *process = arg;
	struct why why;
	uint64_t now = clock_monotonic_ms();

	process->flushing = false;
	for (size_t i = 0; i < process->start->site.edges; i++)
		send_batch(&process->edges[i]);
	if (store_is_dirty(process->store) && store_flush(process->store, &why) != FAULT_NONE)
		log_why("calls.db not written", &why);
	loop_timer_set(process->timer, exchange_due(process->exchange, now));
}

static void
flush_later(struct call_process *process)
{
	if (process->flushing)
		return;
	process->flushing = true;
	loop_later(process->start->loop, flush, process);
}

static void
on_timer(void *arg)
{
	struct call_process *process = arg;

	exchange_tick(process->exchange, clock_monotonic_ms());
	flush_later(process);
}

/* Seams of the exchange */

static void
send_item(struct edge *edge, const struct edge_item *item)
{
	struct why why;

	flush_later(edge->process);
	if (edge_item_write(&edge->batch, item, &why) == FAULT_NONE)
		return;
	send_batch(edge);
	if (edge_item_write(&edge->batch, item, &why) != FAULT_NONE)
		log_why("a message does not fit", &why);
}

static void
on_send(void *arg, const struct flow *flow, struct bytes message)
{
	struct call_process *process = arg;
	struct edge *edge = &process->edges[flow->holder];
	struct why why;

	flush_later(process);
	if (edge_bytes_write(&edge->batch, EDGE_SEND, flow->id, message, &why) == FAULT_NONE)
		return;
	send_batch(edge);
	if (edge_bytes_write(&edge->batch, EDGE_SEND, flow->id, message, &why) != FAULT_NONE)
		log_why("a message does not fit", &why);
}

static void
on_close(void *arg, const struct flow *flow, const char *reason)
{
	struct call_process *process = arg;

	log_info("call", "connection closed", LOG_NUMBER("connection", flow->id),
	    LOG_TEXT("reason", reason));
	send_item(
	    &process->edges[flow->holder], &(struct edge_item){.kind = EDGE_CLOSE, .id = flow->id});
}

static enum fault
on_find(
    void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why)
{
	struct call_process *process = arg;

	return call_directory_find(process->directory, device, line, found, why);
}

static bool
on_line_exists(void *arg, struct bytes line)
{
	struct call_process *process = arg;

	return call_directory_line_exists(process->directory, line);
}

static void
on_random(void *arg, uint8_t *bytes, size_t count)
{
	struct call_process *process = arg;

	random_pool_take(&process->random, bytes, count);
}

static void
on_audit(void *arg, const struct audit_record *record)
{
	(void)arg;
	audit_write(record);
}

static void
on_log(void *arg, enum log_level level, const char *event, const struct log_field *fields,
    size_t count)
{
	(void)arg;
	log_write(level, "call", event, fields, count);
}

static void
on_registration(
    void *arg, enum registration_change change, const struct registration_record *record)
{
	struct call_process *process = arg;
	struct why why;

	if (store_registration(process->store, change, record, &why) != FAULT_NONE)
		log_why("a registration is not remembered", &why);
	flush_later(process);
}

static void
on_call(void *arg, enum call_change change, const struct call_record *record)
{
	struct call_process *process = arg;
	struct why why;

	if (store_call(process->store, change, record, &why) != FAULT_NONE)
		log_why("a call is not remembered", &why);
	flush_later(process);
}

/* What the edges say */

static void
fill_flow(const struct edge *edge, const struct edge_item *item, struct flow *flow)
{
	const struct peer_facts *facts = &item->facts;

	*flow = (struct flow){
	    .id = item->id,
	    .holder = (unsigned)(edge - edge->process->edges),
	    .transport = facts->transport,
	    .local = facts->local,
	    .remote = facts->remote,
	    .certificate = facts->has_certificate,
	};
	if (!facts->has_certificate)
		return;
	snprintf(flow->common_name, sizeof(flow->common_name), "%s", facts->card.name);
	snprintf(flow->serial, sizeof(flow->serial), "%s", facts->card.serial);
	snprintf(flow->trusted_by, sizeof(flow->trusted_by), "%s", facts->trusted_by);
}

static void
on_connection(struct edge *edge, const struct edge_item *item)
{
	struct call_process *process = edge->process;
	struct flow flow;
	struct why why;

	fill_flow(edge, item, &flow);
	if (exchange_open(process->exchange, &flow, clock_monotonic_ms(), &why) != FAULT_NONE)
		on_close(process, &flow, why.text);
}

static void
all_restored(struct call_process *process)
{
	if (process->restored)
		return;
	process->restored = true;
	loop_timer_stop(process->restore);
	exchange_restored(process->exchange, clock_monotonic_ms());
}

static void
on_restore_late(void *arg)
{
	struct call_process *process = arg;

	log_warning("call", "not every edge has replayed its connections");
	all_restored(process);
	flush_later(process);
}

static void
on_replayed(struct edge *edge)
{
	struct call_process *process = edge->process;

	edge->replayed = true;
	for (size_t i = 0; i < process->start->site.edges; i++)
		if (!process->edges[i].replayed)
			return;
	all_restored(process);
}

static void
on_item(struct edge *edge, const struct edge_item *item)
{
	struct exchange *exchange = edge->process->exchange;
	uint64_t now = clock_monotonic_ms();

	switch (item->kind) {
	case EDGE_CONNECTION:
		on_connection(edge, item);
		break;
	case EDGE_MESSAGE:
		exchange_message(exchange, item->id, item->bytes, now);
		break;
	case EDGE_CLOSED:
		exchange_closed(exchange, item->id, item->reason.text, now);
		break;
	case EDGE_REPLAYED:
		on_replayed(edge);
		break;
	default:
		log_error("call", "unexpected item of an edge",
		    LOG_TEXT("kind", edge_kind_name(item->kind)));
	}
}

static void
close_descriptors(const struct mailbox_message *message)
{
	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
}

static void
on_edge_message(void *arg, const struct mailbox_message *message)
{
	struct edge *edge = arg;
	struct bytes packet = message->body;
	struct edge_item item;
	struct why why;

	close_descriptors(message);
	while (message->type == EDGE_BATCH && packet.left > 0) {
		if (edge_item_read(&packet, &item, &why) != FAULT_NONE) {
			log_why("an edge broke the format", &why);
			break;
		}
		on_item(edge, &item);
	}
	flush_later(edge->process);
}

/* An edge that died took its connections with it; a new one has none. */
static void
on_edge_closed(void *arg, const struct why *why)
{
	struct edge *edge = arg;

	log_why("an edge is gone", why);
	exchange_closed_holder(edge->process->exchange, (unsigned)(edge - edge->process->edges),
	    "its edge ended", clock_monotonic_ms());
	flush_later(edge->process);
}

/* Links */

static void
on_admin_message(void *arg, const struct mailbox_message *message)
{
	struct call_process *process = arg;
	struct call_answer answer = {.fault = FAULT_NONE};
	struct call_query query;
	struct buffer json, body;
	struct why why;

	close_descriptors(message);
	if (message->type != CALL_QUERY ||
	    call_query_read(message->body, &query, &why) != FAULT_NONE)
		return;
	buffer_init(&json, MAILBOX_BODY_MOST);
	buffer_init(&body, MAILBOX_BODY_MOST);
	answer.ticket = query.ticket;
	answer.fault = call_status_answer(process->exchange, &query, clock_wall_ms(), &json, &why);
	answer.text = answer.fault == FAULT_NONE ? buffer_bytes_of(&json) : bytes_text(why.text);
	call_answer_write(&body, &answer);
	if (mailbox_send(process->admin, CALL_ANSWER, buffer_bytes_of(&body), NULL, 0, &why) !=
	    FAULT_NONE)
		log_why("no answer to admin", &why);
	buffer_finish(&json);
	buffer_finish(&body);
}

static void
on_admin_closed(void *arg, const struct why *why)
{
	(void)arg;
	(void)why; /* the supervisor links us again */
}

static void
link_edge(struct call_process *process, unsigned index, int fd)
{
	struct edge *edge = &process->edges[index];
	struct why why;

	mailbox_free(edge->mailbox);
	edge->mailbox = NULL;
	buffer_clear(&edge->batch);
	if (mailbox_new(&edge->mailbox, process->start->loop, fd, on_edge_message, on_edge_closed,
		edge, &why) != FAULT_NONE)
		log_why("an edge cannot be linked", &why);
}

static void
on_link(void *arg, const char *peer, int fd)
{
	struct call_process *process = arg;
	struct why why;
	unsigned index;

	if (sscanf(peer, "edge-%u", &index) == 1 && index < process->start->site.edges) {
		link_edge(process, index, fd);
	} else if (strcmp(peer, "admin") == 0) {
		mailbox_free(process->admin);
		process->admin = NULL;
		if (mailbox_new(&process->admin, process->start->loop, fd, on_admin_message,
			on_admin_closed, process, &why) != FAULT_NONE)
			log_why("admin cannot be linked", &why);
	} else {
		log_error("call", "unexpected link", LOG_TEXT("peer", peer));
		close(fd);
	}
}

/* Another process wrote site.db: what is registered is judged anew. */
static void
on_look(void *arg)
{
	struct call_process *process = arg;
	int64_t version;
	struct why why;

	if (directory_version(process->directory, &version, &why) != FAULT_NONE) {
		log_why("the directory cannot be read", &why);
	} else if (version != process->directory_version) {
		process->directory_version = version;
		exchange_configuration_changed(process->exchange);
	}
	loop_timer_set(process->look, DIRECTORY_LOOK_MS);
}

/* Beginning and end */

static enum fault
open_files(struct call_process *process, struct why *why)
{
	char site_db[STORAGE_PATH_MOST], calls_db[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = start_path(process->start, "site.db", site_db, why)) ||
	    (fault = start_path(process->start, "calls.db", calls_db, why)) ||
	    (fault = directory_open(&process->directory, site_db, DATABASE_READ, why)) ||
	    (fault = directory_version(process->directory, &process->directory_version, why)) ||
	    (fault = store_open(&process->store, calls_db, why)))
		return fault;
	return FAULT_NONE;
}

static enum fault
make_exchange(struct call_process *process, struct why *why)
{
	const struct exchange_plan plan = {
	    .domain = process->start->site.host,
	    .realm = DIRECTORY_REALM,
	    .limits = exchange_limits_default,
	    .seams = {process, on_send, on_close, on_find, on_line_exists, on_random, on_audit,
		on_log, on_registration, on_call},
	};
	int64_t wall_ms = clock_wall_ms();
	size_t lost;
	enum fault fault;

	if ((fault = exchange_new(&process->exchange, &plan, clock_monotonic_ms(), wall_ms, why)) ||
	    (fault = store_load(process->store, process->exchange, wall_ms, &lost, why)))
		return fault;
	if (lost > 0)
		log_warning("call", "remembered entries were dropped", LOG_NUMBER("count", lost));
	return FAULT_NONE;
}

static enum fault
make_timers(struct call_process *process, struct why *why)
{
	struct loop *loop = process->start->loop;

	process->timer = loop_timer_new(loop, on_timer, process);
	process->look = loop_timer_new(loop, on_look, process);
	process->restore = loop_timer_new(loop, on_restore_late, process);
	if (process->timer == NULL || process->look == NULL || process->restore == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for timers");
	loop_timer_set(process->timer, 0);
	loop_timer_set(process->look, DIRECTORY_LOOK_MS);
	loop_timer_set(process->restore, RESTORE_MS);
	return FAULT_NONE;
}

static enum fault
close_off(struct call_process *process, struct why *why)
{
	static const char *const readable[] = {NULL};
	static const char *const writable[] = {"", NULL}; /* SQLite's files beside calls.db */

	return start_sandbox(process->start, SANDBOX_FILES, readable, writable, why);
}

static void
finish(struct call_process *process)
{
	struct why why;

	if (process->store != NULL && store_flush(process->store, &why) != FAULT_NONE)
		log_why("calls.db not written", &why);
	loop_timer_free(process->timer);
	loop_timer_free(process->look);
	loop_timer_free(process->restore);
	exchange_free(process->exchange);
	for (size_t i = 0; i < SITE_EDGES_MOST; i++) {
		send_batch(&process->edges[i]);
		mailbox_free(process->edges[i].mailbox);
		buffer_wipe(&process->edges[i].batch);
	}
	mailbox_free(process->admin);
	store_close(process->store);
	directory_close(process->directory);
}

int call_main(struct start *start);

int
call_main(struct start *start)
{
	static struct call_process process;
	enum fault fault;
	struct why why;

	process.start = start;
	for (size_t i = 0; i < SITE_EDGES_MOST; i++) {
		process.edges[i].process = &process;
		buffer_init(&process.edges[i].batch, EDGE_BATCH_MOST);
	}
	start->on_link = on_link;
	start->arg = &process;
	if ((fault = open_files(&process, &why)) == FAULT_NONE &&
	    (fault = make_exchange(&process, &why)) == FAULT_NONE &&
	    (fault = make_timers(&process, &why)) == FAULT_NONE &&
	    (fault = close_off(&process, &why)) == FAULT_NONE)
		start_run(start);
	if (fault != FAULT_NONE)
		log_why("cannot run", &why);
	finish(&process);
	return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
