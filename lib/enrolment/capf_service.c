/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_service.h"

#include <stdlib.h>

struct session {
	struct capf_service *service;
	struct session *next, **link;
	struct channel *channel; /* NULL once it ended */
	struct address peer;
	struct capf_server *server;
	struct loop_timer *deadline;
};

struct capf_service {
	struct loop *loop;
	struct capf_service_plan plan;
	struct channel_listener *listener;
	struct session *sessions;
	size_t count;
	uint32_t next_session;
	const struct session *asking;
	struct buffer output;
};

/* Frees the session; its channel says goodbye by itself. */
static void
session_end(struct session *session)
{
	struct capf_service *service = session->service;

	if (session->channel != NULL) {
		channel_set_user(session->channel, NULL);
		channel_close(session->channel);
	}
	service->asking = session;
	capf_server_free(session->server);
	service->asking = NULL;
	loop_timer_free(session->deadline);
	*session->link = session->next;
	if (session->next != NULL)
		session->next->link = session->link;
	service->count--;
	free(session);
}

/* Each message leaves in one write: phones stall when its parts come apart. */
static void
session_write(struct session *session)
{
	struct buffer *output = &session->service->output;
	struct why why;

	if (output->size == 0)
		return;
	if (channel_write(session->channel, buffer_bytes_of(output), &why) != FAULT_NONE)
		capf_server_give_up(session->server, FAULT_CLOSED, &why);
	buffer_clear(output);
}

static void
on_deadline(void *arg)
{
	struct session *session = arg;
	struct why why;
	enum fault fault = explain(&why, FAULT_TIMEOUT, "the session was not over in time");

	session->service->asking = session;
	capf_server_give_up(session->server, fault, &why);
	session_end(session);
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct capf_service *service = arg;
	struct session *session = calloc(1, sizeof(*session));
	struct why why;

	(void)facts;
	buffer_clear(&service->output);
	if (session == NULL ||
	    (session->deadline = loop_timer_new(service->loop, on_deadline, session)) == NULL ||
	    capf_server_new(&session->server, service->next_session++, service->plan.owner,
		service->plan.arg, &service->output, &why) != FAULT_NONE) {
		if (session != NULL)
			loop_timer_free(session->deadline);
		free(session);
		channel_abort(channel);
		return;
	}
	session->service = service;
	session->channel = channel;
	session->peer = *channel_remote(channel);
	session->next = service->sessions;
	session->link = &service->sessions;
	if (session->next != NULL)
		session->next->link = &session->next;
	service->sessions = session;
	service->count++;
	channel_set_user(channel, session);
	loop_timer_set(session->deadline, service->plan.session_ms);
	session_write(session);
	if (capf_server_over(session->server))
		session_end(session);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct capf_service *service = arg;
	struct session *session = channel_user(channel);
	enum fault ignored;
	struct why why;

	if (session == NULL)
		return;
	buffer_clear(&service->output);
	service->asking = session;
	/* A refusal was told to the owner; what is left is to say so to the phone. */
	ignored = capf_server_receive(session->server, bytes, &service->output, &why);
	(void)ignored;
	session_write(session);
	service->asking = NULL;
	if (capf_server_over(session->server))
		session_end(session);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct capf_service *service = arg;
	struct session *session = channel_user(channel);
	enum fault fault = end->fault != FAULT_NONE ? end->fault : FAULT_CLOSED;

	if (session == NULL) {
		if (end->stage != CHANNEL_OPEN && service->plan.on_refused != NULL)
			service->plan.on_refused(service->plan.arg, end);
		return;
	}
	session->channel = NULL;
	service->asking = session;
	/* A connection that ends in good order in mid-session gets the session's own words. */
	if (end->fault != FAULT_NONE)
		capf_server_give_up(session->server, fault, &end->why);
	session_end(session);
}

static const struct channel_handlers handlers = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = on_closed};

enum fault
capf_service_new(struct capf_service **service, struct loop *loop,
    const struct capf_service_plan *plan, struct why *why)
{
	struct capf_service *making = calloc(1, sizeof(*making));
	struct channel_listen_plan listen = {.transport = TRANSPORT_TLS,
	    .fd = plan->fd,
	    .tls = plan->tls,
	    .limits = {.idle_ms = CAPF_IDLE_MS,
		.total_most = CAPF_SESSIONS_MOST,
		.per_source_most = CAPF_SESSIONS_PER_SOURCE},
	    .handlers = &handlers,
	    .arg = making};
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a CAPF service");
	making->loop = loop;
	making->plan = *plan;
	making->next_session = 1;
	if (plan->session_ms == 0)
		making->plan.session_ms = CAPF_SESSION_MS;
	buffer_init(&making->output, 2 * (CAPF_HEADER_SIZE + CAPF_ELEMENTS_MOST));
	if ((fault = channel_listen(&making->listener, loop, &listen, why))) {
		free(making);
		return fault;
	}
	*service = making;
	return FAULT_NONE;
}

void
capf_service_free(struct capf_service *service)
{
	if (service == NULL)
		return;
	channel_listener_free(service->listener);
	while (service->sessions != NULL)
		session_end(service->sessions);
	buffer_finish(&service->output);
	free(service);
}

size_t
capf_service_count(const struct capf_service *service)
{
	return service->count;
}

const struct address *
capf_service_peer(const struct capf_service *service)
{
	return service->asking != NULL ? &service->asking->peer : NULL;
}
