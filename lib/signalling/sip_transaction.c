/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_transaction.h"

#include <stdlib.h>
#include <string.h>

#include "signalling/sip_transaction_private.h"
#include "signalling/sip_validate.h"

enum { FLOW_BUCKETS = 4096 };

enum fault
sip_transactions_new(struct sip_transactions **table, size_t most,
    const struct sip_transaction_seams *seams, struct why *why)
{
	struct sip_transactions *making = calloc(1, sizeof(*making));

	if (making == NULL || !sip_table_init(&making->table) ||
	    (making->flow_bucket = calloc(FLOW_BUCKETS, sizeof(struct sip_transaction *))) ==
		NULL) {
		sip_transactions_free(making);
		return explain(why, FAULT_SYSTEM, "no memory for SIP transactions");
	}
	making->flow_buckets = FLOW_BUCKETS;
	making->seams = *seams;
	making->most = most;
	sip_transaction_key_init(&making->keys);
	*table = making;
	return FAULT_NONE;
}

static void
wipe_and_free(uint8_t *at, uint32_t size)
{
	if (at != NULL)
		explicit_bzero(at, size);
	free(at);
}

/* Requests and answers may carry SDES keys. */
static void
free_one(struct sip_transaction *t)
{
	wipe_and_free(t->request, t->request_size);
	wipe_and_free(t->response, t->response_size);
	free(t);
}

static void
unlink_one(struct sip_transaction *t)
{
	sip_table_remove(&t->table->table, &t->by_key);
	sip_timers_clear(&t->table->timers, &t->timer);
	*t->flow_place = t->flow_next;
	if (t->flow_next != NULL)
		t->flow_next->flow_place = t->flow_place;
}

void
sip_transactions_free(struct sip_transactions *table)
{
	struct sip_link *link;

	if (table == NULL)
		return;
	while ((link = sip_table_any(&table->table)) != NULL) {
		struct sip_transaction *t = sip_holder(struct sip_transaction, by_key, link);

		unlink_one(t);
		free_one(t);
	}
	sip_table_finish(&table->table);
	sip_timers_finish(&table->timers);
	free(table->flow_bucket);
	explicit_bzero(&table->keys, sizeof(table->keys));
	free(table);
}

void
sip_transaction_keep(uint8_t **at, uint32_t *size, struct bytes bytes)
{
	wipe_and_free(*at, *size);
	*at = bytes.left > 0 ? malloc(bytes.left) : NULL;
	*size = *at != NULL ? (uint32_t)bytes.left : 0;
	if (*at != NULL)
		memcpy(*at, bytes.at, bytes.left);
}

void
sip_transaction_hold(struct sip_transaction *t)
{
	t->held++;
}

bool
sip_transaction_release(struct sip_transaction *t)
{
	if (--t->held > 0 || !t->dead)
		return true;
	free_one(t);
	return false;
}

void
sip_transaction_end(struct sip_transaction *t, enum sip_transaction_end end)
{
	if (t->dead)
		return;
	t->dead = true;
	unlink_one(t);
	t->held++;
	t->table->seams.on_end(t->table->seams.arg, t, end);
	(void)sip_transaction_release(t);
}

static struct sip_transaction *
find(const struct sip_transactions *table, const struct sip_transaction_key *key)
{
	struct sip_link *link = sip_table_find(&table->table, key->low);

	for (; link != NULL; link = sip_table_again(link)) {
		struct sip_transaction *t = sip_holder(struct sip_transaction, by_key, link);

		if (t->key_high == key->high)
			return t;
	}
	return NULL;
}

static struct sip_transaction **
flow_list(struct sip_transactions *table, uint64_t flow)
{
	return &table->flow_bucket[(flow * 0x9e3779b97f4a7c15U >> 40) % table->flow_buckets];
}

static enum fault
add(struct sip_transactions *table, const struct sip_transaction_key *key,
    const struct sip_transaction *model, struct sip_transaction **added, struct why *why)
{
	struct sip_transaction *t, **list = flow_list(table, model->flow);

	if (table->table.count >= table->most)
		return explain(why, FAULT_LIMIT, "%zu transactions at once", table->most);
	if (!sip_timers_reserve(&table->timers, table->table.count + 1) ||
	    (t = malloc(sizeof(*t))) == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a transaction");
	*t = *model;
	t->table = table;
	t->key_high = key->high;
	t->repeat_at = t->end_at = UINT64_MAX;
	sip_table_add(&table->table, &t->by_key, key->low);
	t->flow_place = list;
	t->flow_next = *list;
	if (*list != NULL)
		(*list)->flow_place = &t->flow_next;
	*list = t;
	*added = t;
	return FAULT_NONE;
}

enum fault
sip_transactions_request(struct sip_transactions *table, uint64_t flow, bool reliable,
    struct bytes request, void *user, uint64_t now, struct sip_transaction **client,
    struct why *why)
{
	struct sip_transaction model = {.flow = flow, .reliable = reliable, .user = user}, *t;
	struct sip_transaction_key key;
	struct sip_verdict verdict;
	enum fault fault;

	if ((fault = sip_message_read(request, &table->scratch, why)) != FAULT_NONE)
		return fault;
	if (!sip_validate(&table->scratch, &verdict) || !sip_via_has_cookie(&table->scratch.via))
		return explain(why, FAULT_MALFORMED, "our own request is wrong: %s",
		    verdict.why.text[0] != '\0' ? verdict.why.text : "its branch lacks the cookie");
	if (!table->scratch.request || table->scratch.method == SIP_METHOD_ACK)
		return explain(why, FAULT_UNEXPECTED, "an ACK or response makes no transaction");
	model.method = (uint8_t)table->scratch.method;
	model.kind = model.method == SIP_METHOD_INVITE ? CLIENT_INVITE : CLIENT_OTHER;
	sip_transaction_key_client(&table->keys, flow, &table->scratch, &key);
	if (find(table, &key) != NULL)
		return explain(why, FAULT_UNEXPECTED, "this branch was used before");
	if ((fault = add(table, &key, &model, &t, why)) != FAULT_NONE)
		return fault;
	if (!reliable || t->kind == CLIENT_INVITE)
		sip_transaction_keep(&t->request, &t->request_size, request);
	sip_machine_begin(t, now);
	if (client != NULL)
		*client = t;
	sip_transaction_hold(t);
	table->seams.send(table->seams.arg, flow, request);
	if (!sip_transaction_release(t) && client != NULL)
		*client = NULL;
	return FAULT_NONE;
}

static enum event
event_of_status(unsigned status)
{
	return status < 200 ? PROVISIONAL : status < 300 ? SUCCESS : FAILURE;
}

static enum fault
receive_response(struct sip_transactions *table, uint64_t flow, const struct sip_message *message,
    uint64_t now, struct why *why)
{
	struct happening happening = {.message = message, .now = now};
	struct sip_transaction_key key;
	struct sip_transaction *t;

	sip_transaction_key_client(&table->keys, flow, message, &key);
	if ((t = find(table, &key)) != NULL) {
		(void)sip_machine_run(t, event_of_status(message->status), &happening);
		return FAULT_NONE;
	}
	if (message->cseq.method == SIP_METHOD_INVITE && message->status / 100 == 2) {
		table->seams.on_response(table->seams.arg, flow, NULL, message);
		return FAULT_NONE;
	}
	return explain(why, FAULT_UNEXPECTED, "a response to nothing we asked");
}

/* An ACK ends a failure's transaction, or goes to the user. */
static void
receive_ack(
    struct sip_transactions *table, uint64_t flow, const struct sip_message *message, uint64_t now)
{
	struct happening happening = {.message = message, .now = now};
	struct sip_transaction_key key;
	struct sip_transaction *t;

	sip_transaction_key_server(&table->keys, flow, message, SIP_METHOD_INVITE, &key);
	if ((t = find(table, &key)) != NULL)
		(void)sip_machine_run(t, ACK, &happening);
	else
		table->seams.on_ack(table->seams.arg, flow, message);
}

static enum fault
receive_request(struct sip_transactions *table, uint64_t flow, bool reliable,
    const struct sip_message *message, uint64_t now, struct why *why)
{
	struct sip_transaction model = {.flow = flow, .reliable = reliable};
	struct happening happening = {.message = message, .now = now};
	struct sip_transaction *t, *invite = NULL;
	struct sip_transaction_key key;
	enum fault fault;

	sip_transaction_key_server(&table->keys, flow, message, message->method, &key);
	if ((t = find(table, &key)) != NULL) {
		(void)sip_machine_run(t, REQUEST, &happening);
		return FAULT_NONE;
	}
	model.method = (uint8_t)message->method;
	model.kind = message->method == SIP_METHOD_INVITE ? SERVER_INVITE : SERVER_OTHER;
	if ((fault = add(table, &key, &model, &t, why)) != FAULT_NONE)
		return fault;
	sip_machine_begin(t, now);
	if (message->method == SIP_METHOD_CANCEL) {
		sip_transaction_key_server(&table->keys, flow, message, SIP_METHOD_INVITE, &key);
		invite = find(table, &key);
	}
	sip_transaction_hold(t);
	table->seams.on_request(table->seams.arg, t, message, invite);
	(void)sip_transaction_release(t);
	return FAULT_NONE;
}

enum fault
sip_transactions_receive(struct sip_transactions *table, uint64_t flow, bool reliable,
    const struct sip_message *message, uint64_t now, struct why *why)
{
	if (!message->request)
		return receive_response(table, flow, message, now, why);
	if (message->method != SIP_METHOD_ACK)
		return receive_request(table, flow, reliable, message, now, why);
	receive_ack(table, flow, message, now);
	return FAULT_NONE;
}

enum fault
sip_transaction_respond(struct sip_transaction *server, unsigned status, struct bytes response,
    uint64_t now, struct why *why)
{
	struct happening happening = {.answer = response, .now = now};

	if (!sip_machine_run(server, event_of_status(status), &happening))
		return explain(why, FAULT_UNEXPECTED, "a request is answered only once");
	return FAULT_NONE;
}

void
sip_transactions_flow_closed(struct sip_transactions *table, uint64_t flow)
{
	struct sip_transaction *t = *flow_list(table, flow);

	while (t != NULL) {
		if (t->flow != flow) {
			t = t->flow_next;
			continue;
		}
		sip_transaction_end(t, SIP_END_TRANSPORT);
		/* Its handler may have ended others: begin again. */
		t = *flow_list(table, flow);
	}
}

uint64_t
sip_transactions_due(const struct sip_transactions *table)
{
	return sip_timers_due(&table->timers);
}

void
sip_transactions_tick(struct sip_transactions *table, uint64_t now)
{
	struct happening happening = {.now = now};

	while (sip_timers_due(&table->timers) <= now) {
		struct sip_transaction *t =
		    sip_holder(struct sip_transaction, timer, sip_timers_first(&table->timers));

		if (!sip_machine_run(t, t->end_at <= now ? END : REPEAT, &happening))
			sip_timers_clear(&table->timers, &t->timer);
	}
}

void
sip_transaction_abandon(struct sip_transaction *transaction)
{
	sip_transaction_end(transaction, SIP_END_TIMEOUT);
}

size_t
sip_transactions_count(const struct sip_transactions *table)
{
	return table->table.count;
}

void *
sip_transaction_user(const struct sip_transaction *transaction)
{
	return transaction->user;
}

void
sip_transaction_set_user(struct sip_transaction *transaction, void *user)
{
	transaction->user = user;
}

uint64_t
sip_transaction_flow(const struct sip_transaction *transaction)
{
	return transaction->flow;
}

bool
sip_transaction_is_client(const struct sip_transaction *transaction)
{
	return transaction->kind == CLIENT_INVITE || transaction->kind == CLIENT_OTHER;
}

enum sip_method
sip_transaction_method(const struct sip_transaction *transaction)
{
	return (enum sip_method)transaction->method;
}

struct bytes
sip_transaction_request(const struct sip_transaction *transaction)
{
	return bytes_of(transaction->request, transaction->request_size);
}

const char *
sip_transaction_state(const struct sip_transaction *transaction)
{
	static const char *const names[STATES] = {
	    [CALLING] = "trying",
	    [PROCEEDING] = "proceeding",
	    [COMPLETED] = "completed",
	    [ACCEPTED] = "accepted",
	    [CONFIRMED] = "confirmed",
	};

	if (transaction->dead)
		return "terminated";
	return transaction->kind == CLIENT_INVITE && transaction->state == CALLING
		   ? "calling"
		   : names[transaction->state];
}

bool
sip_transaction_may_cancel(const struct sip_transaction *transaction)
{
	return transaction->kind == CLIENT_INVITE && transaction->state == PROCEEDING;
}
