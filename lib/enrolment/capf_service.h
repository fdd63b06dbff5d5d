/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_service.h - CAPF for many phones at once: TLS connections (server
 * certificate only; the phone proves itself inside), one session each.
 */
#ifndef ENROLMENT_CAPF_SERVICE_H
#define ENROLMENT_CAPF_SERVICE_H

#include "channel/channel.h"
#include "enrolment/capf_server.h"

enum {
	CAPF_SESSION_MS = 180 * 1000, /* a whole session: slow phones make keys for minutes */
	CAPF_IDLE_MS = 120 * 1000,    /* nothing heard */
	CAPF_SESSIONS_MOST = 4096,
	CAPF_SESSIONS_PER_SOURCE = 64,
};

struct capf_service;

struct capf_service_plan {
	int fd; /* bound and listening; owned by the service on success */
	struct tls *tls;
	const struct capf_server_owner *owner; /* kept, not copied */
	void *arg;                             /* of owner */
	/* A connection that was refused or broke before its session began; may be NULL. */
	void (*on_refused)(void *arg, const struct channel_end *end);
	uint32_t session_ms; /* 0: CAPF_SESSION_MS */
};

enum fault capf_service_new(struct capf_service **service, struct loop *loop,
    const struct capf_service_plan *plan, struct why *why) MUST_CHECK;
/* Ends all sessions; each is told to the owner. */
void capf_service_free(struct capf_service *service);
/* Sessions in progress. */
size_t capf_service_count(const struct capf_service *service);
/* The address of the session the owner is being asked about; NULL outside of that. */
const struct address *capf_service_peer(const struct capf_service *service);
#endif
