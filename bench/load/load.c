/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "signalling/sip_framing.h"

enum { RAMP = 64 /* phones that connect at once before LOAD_REFRESHES */ };

struct phone {
	struct load *load;
	const struct load_identity *identity;
	struct channel *channel;
	struct sip_framing framing;
	struct tls *tls;
	unsigned number;
	uint32_t cseq;
	char local[ADDRESS_TEXT_SIZE];
};

struct load {
	const struct load_plan *plan;
	struct load_result *result;
	struct loop *loop;
	struct loop_timer *timer;
	struct channel_handlers handlers;
	struct phone *phones;
	struct tls **tls;             /* one an identity */
	size_t connecting, ready;     /* LOAD_REFRESHES: begun, and registered */
	uint64_t born_ns, started_ns; /* born: makes the Call-IDs of this run its own */
	bool measuring, over;
};

static void
on_over(void *arg)
{
	struct load *load = arg;

	load->over = true;
	if (load->plan->on_end != NULL)
		load->plan->on_end(load->plan->arg);
	loop_stop(load->loop);
}

static void
start_measuring(struct load *load)
{
	load->measuring = true;
	if (load->plan->on_start != NULL)
		load->plan->on_start(load->plan->arg);
	load->started_ns = clock_monotonic_ns();
	loop_timer_set(load->timer, load->plan->seconds * 1000);
}

static void
send_register(struct phone *phone)
{
	const struct load_identity *identity = phone->identity;
	char text[1024];
	int size;

	phone->cseq++;
	size = snprintf(text, sizeof(text),
	    "REGISTER sip:manager SIP/2.0\r\n"
	    "Via: SIP/2.0/TLS %s;branch=z9hG4bK%u.%u;rport\r\n"
	    "Max-Forwards: 70\r\n"
	    "From: <sip:%s@manager>;tag=%u\r\n"
	    "To: <sip:%s@manager>\r\n"
	    "Call-ID: %llx-%u@bench\r\n"
	    "CSeq: %u REGISTER\r\n"
	    "Contact: <sip:%s@%s;transport=tls>;+sip.instance=\"<urn:uuid:00000000-0000-0000-0000-"
	    "%.12s>\"\r\n"
	    "Expires: 3600\r\n"
	    "Content-Length: 0\r\n\r\n",
	    phone->local, phone->number, phone->cseq, identity->line, phone->number, identity->line,
	    (unsigned long long)phone->load->born_ns, phone->number, phone->cseq, identity->line,
	    phone->local, identity->device + 3);
	if (channel_write(phone->channel, bytes_of(text, (size_t)size), NULL) != FAULT_NONE)
		phone->load->result->failed++;
}

static void connect_phone(struct phone *phone);

/* Before measuring: this phone is registered. The next one connects; after the last one all
 * refresh. */
static void
phone_ready(struct load *load)
{
	if (load->connecting < load->plan->phones)
		connect_phone(&load->phones[load->connecting++]);
	if (++load->ready < load->plan->phones)
		return;
	start_measuring(load);
	for (size_t i = 0; i < load->plan->phones; i++)
		for (uint32_t j = 0; j < load->plan->window; j++)
			send_register(&load->phones[i]);
}

static void
count_answer(struct phone *phone, struct bytes answer)
{
	struct load *load = phone->load;

	if (!load->measuring)
		return;
	if (bytes_start_with(answer, bytes_text("SIP/2.0 200")))
		load->result->done++;
	else if (!bytes_start_with(answer, bytes_text("SIP/2.0 1")))
		load->result->refused++;
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct phone *phone = arg;

	phone->channel = channel;
	address_text(&facts->local, phone->local);
	send_register(phone);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct phone *phone = arg;
	struct sip_frame frame;

	while (sip_framing_next(&phone->framing, &bytes, &frame, NULL) == FAULT_NONE &&
	       frame.kind != SIP_FRAME_MORE) {
		if (frame.kind != SIP_FRAME_MESSAGE)
			continue;
		count_answer(phone, frame.bytes);
		if (phone->load->plan->kind == LOAD_REFRESHES) {
			if (phone->load->measuring)
				send_register(phone);
			else
				phone_ready(phone->load);
			continue;
		}
		channel_abort(channel);
		connect_phone(phone);
		return;
	}
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct phone *phone = arg;
	struct load_result *result = phone->load->result;

	(void)channel;
	phone->channel = NULL;
	if (result->failed++ == 0)
		result->why = end->why;
	if (result->failed < phone->load->plan->phones)
		connect_phone(phone);
	else
		loop_stop(phone->load->loop);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	(void)arg, (void)chain, (void)verdict, (void)why;
	return FAULT_NONE; /* what a phone thinks of a server is not what is measured here */
}

static void
connect_phone(struct phone *phone)
{
	struct load *load = phone->load;
	struct channel_connect_plan plan = {.transport = TRANSPORT_TLS,
	    .remote = load->plan->server,
	    .tls = phone->tls,
	    .handlers = &load->handlers,
	    .arg = phone};
	struct why why;

	sip_framing_finish(&phone->framing);
	sip_framing_init(&phone->framing);
	if (!load->over &&
	    channel_connect(&phone->channel, load->loop, &plan, &why) != FAULT_NONE) {
		if (load->result->failed++ == 0)
			load->result->why = why;
	}
}

static enum fault
make_tls(struct load *load, struct why *why)
{
	enum fault fault = FAULT_NONE;

	load->tls = calloc(load->plan->identity_count, sizeof(*load->tls));
	for (size_t i = 0; load->tls != NULL && i < load->plan->identity_count && !fault; i++) {
		struct tls_plan plan = {.side = TLS_CLIENT, .identity_count = 1};

		plan.identities[0].certificate = load->plan->identities[i].certificate;
		plan.identities[0].key = load->plan->identities[i].key;
		fault = tls_new(&load->tls[i], &plan, why);
		if (fault == FAULT_NONE && load->plan->suites != NULL &&
		    SSL_CTX_set_cipher_list(tls_context(load->tls[i]), load->plan->suites) != 1)
			fault = explain(why, FAULT_MALFORMED, "no suites: %s", load->plan->suites);
	}
	return fault;
}

static enum fault
make_phones(struct load *load, struct why *why)
{
	const struct load_plan *plan = load->plan;

	load->phones = calloc(plan->phones, sizeof(*load->phones));
	if (load->phones == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for %zu phones", plan->phones);
	for (size_t i = 0; i < plan->phones; i++) {
		struct phone *phone = &load->phones[i];

		phone->load = load;
		phone->number = (unsigned)i;
		phone->identity = &plan->identities[i % plan->identity_count];
		phone->tls = load->tls[i % plan->identity_count];
		sip_framing_init(&phone->framing);
	}
	load->connecting =
	    plan->kind == LOAD_REFRESHES && plan->phones > RAMP ? RAMP : plan->phones;
	for (size_t i = 0; i < load->connecting; i++)
		connect_phone(&load->phones[i]);
	return FAULT_NONE;
}

static void
finish(struct load *load)
{
	for (size_t i = 0; load->phones != NULL && i < load->plan->phones; i++) {
		channel_abort(load->phones[i].channel);
		sip_framing_finish(&load->phones[i].framing);
	}
	for (size_t i = 0; load->tls != NULL && i < load->plan->identity_count; i++)
		tls_free(load->tls[i]);
	loop_timer_free(load->timer);
	loop_free(load->loop);
	free(load->phones);
	free(load->tls);
}

enum fault
load_run(const struct load_plan *plan, struct load_result *result, struct why *why)
{
	struct load load = {.plan = plan, .result = result};
	enum fault fault;

	*result = (struct load_result){0};
	load.born_ns = clock_monotonic_ns();
	load.handlers = (struct channel_handlers){on_open, on_bytes, on_closed, NULL, approve};
	if ((fault = loop_new(&load.loop, why)))
		return fault;
	load.timer = loop_timer_new(load.loop, on_over, &load);
	if ((fault = make_tls(&load, why)) || (fault = make_phones(&load, why)))
		goto done;
	if (plan->kind == LOAD_NEW)
		start_measuring(&load);
	loop_run(load.loop);
	if (load.measuring)
		result->seconds = (double)(clock_monotonic_ns() - load.started_ns) / 1e9;
	if (!load.over)
		fault = explain_within(
		    why, explain(why, FAULT_CLOSED, "%s", result->why.text), "phones gave up: ");
done:
	finish(&load);
	return fault;
}
