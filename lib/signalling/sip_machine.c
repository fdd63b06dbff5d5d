/* SPDX-License-Identifier: Apache-2.0 */
/* The four machines of RFC 3261 17 as RFC 6026 corrects them, as two tables. */
#include "signalling/sip_builder.h"
#include "signalling/sip_transaction_private.h"

enum { NEVER = 0xffffffff, KEEP = 0xfffffffe, AT_ONCE = 0, T1_64 = 64 * SIP_T1_MS };

/* On entering a state. */
static const struct {
	uint16_t repeat; /* ms to the first repeat when unreliable; 0: none */
	uint32_t end_unreliable, end_reliable;
} clocks[KINDS][STATES] = {
    [CLIENT_INVITE] =
	{
	    [CALLING] = {SIP_T1_MS, T1_64, T1_64}, /* A, B */
	    [PROCEEDING] = {0, NEVER, NEVER},
	    [COMPLETED] = {0, SIP_TIMER_D_MS, AT_ONCE}, /* D */
	    [ACCEPTED] = {0, T1_64, T1_64},             /* M */
	},
    [CLIENT_OTHER] =
	{
	    [CALLING] = {SIP_T1_MS, T1_64, T1_64}, /* E, F */
	    [PROCEEDING] = {SIP_T2_MS, KEEP, KEEP},
	    [COMPLETED] = {0, SIP_T4_MS, AT_ONCE}, /* K */
	},
    [SERVER_INVITE] =
	{
	    [PROCEEDING] = {0, NEVER, NEVER},
	    [COMPLETED] = {SIP_T1_MS, T1_64, T1_64}, /* G, H */
	    [ACCEPTED] = {0, T1_64, T1_64},          /* L */
	    [CONFIRMED] = {0, SIP_T4_MS, AT_ONCE},   /* I */
	},
    [SERVER_OTHER] =
	{
	    [CALLING] = {0, NEVER, NEVER},
	    [PROCEEDING] = {0, NEVER, NEVER},
	    [COMPLETED] = {0, T1_64, AT_ONCE}, /* J */
	},
};

static void
set_timer(struct sip_transaction *t)
{
	uint64_t due = t->repeat_at < t->end_at ? t->repeat_at : t->end_at;

	if (due == UINT64_MAX)
		sip_timers_clear(&t->table->timers, &t->timer);
	else
		/* Room was reserved when the transaction was made. */
		(void)!sip_timers_set(&t->table->timers, &t->timer, due);
}

static void
enter(struct sip_transaction *t, enum state state, uint64_t now)
{
	uint32_t end = t->reliable ? clocks[t->kind][state].end_reliable
				   : clocks[t->kind][state].end_unreliable;

	t->state = (uint8_t)state;
	t->interval_ms = t->reliable ? 0 : clocks[t->kind][state].repeat;
	t->repeat_at = t->interval_ms > 0 ? now + t->interval_ms : UINT64_MAX;
	if (end != KEEP)
		t->end_at = end == NEVER ? UINT64_MAX : now + end;
	set_timer(t);
}

static void
send_kept(struct sip_transaction *t, const uint8_t *at, uint32_t size)
{
	if (size > 0)
		t->table->seams.send(t->table->seams.arg, t->flow, bytes_of(at, size));
}

/* --- actions: what a move does besides changing the state ------------------------------- */

static void
nothing(struct sip_transaction *t, const struct happening *h)
{
	(void)t;
	(void)h;
}

static void
deliver(struct sip_transaction *t, const struct happening *h)
{
	t->table->seams.on_response(t->table->seams.arg, t->flow, t, h->message);
}

static void
repeat_request(struct sip_transaction *t, const struct happening *h)
{
	/* A doubles without end, E up to T2 (in PROCEEDING it is T2 already). */
	uint32_t interval = t->interval_ms * 2u;

	if (t->kind == CLIENT_OTHER && interval > SIP_T2_MS)
		interval = SIP_T2_MS;
	t->interval_ms = (uint16_t)(interval < UINT16_MAX ? interval : UINT16_MAX);
	t->repeat_at = h->now + t->interval_ms;
	set_timer(t);
	send_kept(t, t->request, t->request_size);
}

static void
repeat_response(struct sip_transaction *t, const struct happening *h)
{
	(void)h;
	send_kept(t, t->response, t->response_size);
}

/* Timer G. */
static void
repeat_failure(struct sip_transaction *t, const struct happening *h)
{
	uint32_t interval = t->interval_ms * 2u;

	t->interval_ms = (uint16_t)(interval < SIP_T2_MS ? interval : SIP_T2_MS);
	t->repeat_at = h->now + t->interval_ms;
	set_timer(t);
	send_kept(t, t->response, t->response_size);
}

/* RFC 3261 17.1.1.3: the ACK for a failure, from the INVITE and the To of its answer. */
static void
send_ack(struct sip_transaction *t, const struct sip_message *response)
{
	struct sip_message *invite = &t->table->scratch;
	struct sip_builder builder;
	struct sip_cseq cseq;
	struct bytes ack;

	if (sip_message_read(bytes_of(t->request, t->request_size), invite, NULL) != FAULT_NONE ||
	    sip_cseq_read(sip_message_value(invite, SIP_HEADER_CSEQ), &cseq, NULL) != FAULT_NONE)
		return;
	sip_builder_request(&builder, "ACK", invite->request_uri);
	sip_builder_value(&builder, SIP_HEADER_VIA, sip_message_value(invite, SIP_HEADER_VIA));
	sip_builder_header(&builder, SIP_HEADER_MAX_FORWARDS, "70");
	sip_builder_copy(&builder, invite, SIP_HEADER_ROUTE);
	sip_builder_copy(&builder, invite, SIP_HEADER_FROM);
	sip_builder_copy(&builder, response, SIP_HEADER_TO);
	sip_builder_copy(&builder, invite, SIP_HEADER_CALL_ID);
	sip_builder_header(&builder, SIP_HEADER_CSEQ, "%u ACK", cseq.number);
	if (sip_builder_finish(&builder, NULL, bytes_of(NULL, 0), &ack, NULL) == FAULT_NONE) {
		sip_transaction_keep(&t->response, &t->response_size, ack);
		t->table->seams.send(t->table->seams.arg, t->flow, ack);
	}
	sip_builder_free(&builder);
}

static void
ack_and_deliver(struct sip_transaction *t, const struct happening *h)
{
	send_ack(t, h->message);
	deliver(t, h);
}

static void
answer(struct sip_transaction *t, const struct happening *h)
{
	/* Over a reliable flow nobody asks again. */
	if (!t->reliable)
		sip_transaction_keep(&t->response, &t->response_size, h->answer);
	t->table->seams.send(t->table->seams.arg, t->flow, h->answer);
}

/* RFC 6026 7.1: in ACCEPTED the user repeats; requests that come again get nothing. */
static void
answer_accepting(struct sip_transaction *t, const struct happening *h)
{
	sip_transaction_keep(&t->response, &t->response_size, bytes_of(NULL, 0));
	t->table->seams.send(t->table->seams.arg, t->flow, h->answer);
}

static void
pass_ack(struct sip_transaction *t, const struct happening *h)
{
	t->table->seams.on_ack(t->table->seams.arg, t->flow, h->message);
}

static void
time_out(struct sip_transaction *t, const struct happening *h)
{
	(void)h;
	sip_transaction_end(t, SIP_END_TIMEOUT);
}

static void
finish(struct sip_transaction *t, const struct happening *h)
{
	(void)h;
	sip_transaction_end(t, SIP_END_DONE);
}

/* Every move there is. A row whose state stays leaves its timers alone. */
static const struct {
	enum kind kind;
	enum state from;
	enum event on;
	void (*act)(struct sip_transaction *, const struct happening *);
	enum state to;
} moves[] = {
    {CLIENT_INVITE, CALLING, PROVISIONAL, deliver, PROCEEDING},
    {CLIENT_INVITE, CALLING, SUCCESS, deliver, ACCEPTED},
    {CLIENT_INVITE, CALLING, FAILURE, ack_and_deliver, COMPLETED},
    {CLIENT_INVITE, CALLING, REPEAT, repeat_request, CALLING},
    {CLIENT_INVITE, CALLING, END, time_out, CALLING},
    {CLIENT_INVITE, PROCEEDING, PROVISIONAL, deliver, PROCEEDING},
    {CLIENT_INVITE, PROCEEDING, SUCCESS, deliver, ACCEPTED},
    {CLIENT_INVITE, PROCEEDING, FAILURE, ack_and_deliver, COMPLETED},
    {CLIENT_INVITE, COMPLETED, FAILURE, repeat_response, COMPLETED},
    {CLIENT_INVITE, COMPLETED, END, finish, COMPLETED},
    {CLIENT_INVITE, ACCEPTED, SUCCESS, deliver, ACCEPTED},
    {CLIENT_INVITE, ACCEPTED, END, finish, ACCEPTED},

    {CLIENT_OTHER, CALLING, PROVISIONAL, deliver, PROCEEDING},
    {CLIENT_OTHER, CALLING, SUCCESS, deliver, COMPLETED},
    {CLIENT_OTHER, CALLING, FAILURE, deliver, COMPLETED},
    {CLIENT_OTHER, CALLING, REPEAT, repeat_request, CALLING},
    {CLIENT_OTHER, CALLING, END, time_out, CALLING},
    {CLIENT_OTHER, PROCEEDING, PROVISIONAL, deliver, PROCEEDING},
    {CLIENT_OTHER, PROCEEDING, SUCCESS, deliver, COMPLETED},
    {CLIENT_OTHER, PROCEEDING, FAILURE, deliver, COMPLETED},
    {CLIENT_OTHER, PROCEEDING, REPEAT, repeat_request, PROCEEDING},
    {CLIENT_OTHER, PROCEEDING, END, time_out, PROCEEDING},
    {CLIENT_OTHER, COMPLETED, END, finish, COMPLETED},

    {SERVER_INVITE, PROCEEDING, REQUEST, repeat_response, PROCEEDING},
    {SERVER_INVITE, PROCEEDING, PROVISIONAL, answer, PROCEEDING},
    {SERVER_INVITE, PROCEEDING, SUCCESS, answer_accepting, ACCEPTED},
    {SERVER_INVITE, PROCEEDING, FAILURE, answer, COMPLETED},
    {SERVER_INVITE, COMPLETED, REQUEST, repeat_response, COMPLETED},
    {SERVER_INVITE, COMPLETED, REPEAT, repeat_failure, COMPLETED},
    {SERVER_INVITE, COMPLETED, ACK, nothing, CONFIRMED},
    {SERVER_INVITE, COMPLETED, END, time_out, COMPLETED},
    {SERVER_INVITE, CONFIRMED, REQUEST, nothing, CONFIRMED},
    {SERVER_INVITE, CONFIRMED, ACK, nothing, CONFIRMED},
    {SERVER_INVITE, CONFIRMED, END, finish, CONFIRMED},
    {SERVER_INVITE, ACCEPTED, REQUEST, nothing, ACCEPTED},
    {SERVER_INVITE, ACCEPTED, SUCCESS, answer_accepting, ACCEPTED},
    {SERVER_INVITE, ACCEPTED, ACK, pass_ack, ACCEPTED},
    {SERVER_INVITE, ACCEPTED, END, finish, ACCEPTED},

    {SERVER_OTHER, CALLING, REQUEST, nothing, CALLING},
    {SERVER_OTHER, CALLING, PROVISIONAL, answer, PROCEEDING},
    {SERVER_OTHER, CALLING, SUCCESS, answer, COMPLETED},
    {SERVER_OTHER, CALLING, FAILURE, answer, COMPLETED},
    {SERVER_OTHER, PROCEEDING, REQUEST, repeat_response, PROCEEDING},
    {SERVER_OTHER, PROCEEDING, PROVISIONAL, answer, PROCEEDING},
    {SERVER_OTHER, PROCEEDING, SUCCESS, answer, COMPLETED},
    {SERVER_OTHER, PROCEEDING, FAILURE, answer, COMPLETED},
    {SERVER_OTHER, COMPLETED, REQUEST, repeat_response, COMPLETED},
    {SERVER_OTHER, COMPLETED, END, finish, COMPLETED},
};

static bool
lasts_no_time(const struct sip_transaction *t, enum state state)
{
	return t->reliable && clocks[t->kind][state].end_reliable == AT_ONCE;
}

/* A state that lasts no time (reliable flows: D, I, J, K) ends here. */
static bool
make_move(struct sip_transaction *t, size_t move, const struct happening *h)
{
	struct happening end = {.now = h->now};
	bool entered = moves[move].to != moves[move].from;

	sip_transaction_hold(t);
	if (entered)
		enter(t, moves[move].to, h->now);
	moves[move].act(t, h);
	if (!t->dead && entered && lasts_no_time(t, moves[move].to))
		finish(t, &end);
	(void)sip_transaction_release(t);
	return true;
}

bool
sip_machine_run(struct sip_transaction *t, enum event event, const struct happening *h)
{
	if (t->dead)
		return false;
	for (size_t i = 0; i < COUNT(moves); i++)
		if (moves[i].kind == t->kind && moves[i].from == t->state && moves[i].on == event)
			return make_move(t, i, h);
	return false;
}

void
sip_machine_begin(struct sip_transaction *t, uint64_t now)
{
	enter(t, t->kind == SERVER_INVITE ? PROCEEDING : CALLING, now);
}
