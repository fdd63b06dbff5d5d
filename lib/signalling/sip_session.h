/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_session.h - session timers (RFC 4028): who refreshes, when, and when the
 * call is dead. Pure state.
 */
#ifndef SIGNALLING_SIP_SESSION_H
#define SIGNALLING_SIP_SESSION_H

#include "signalling/sip_builder.h"

enum { SIP_SESSION_LEAST_S = 90, SIP_SESSION_DEFAULT_S = 1800 };

struct sip_session {
	uint32_t wanted_s; /* what we ask for; 0: we do not ask */
	uint32_t least_s;  /* our Min-SE */
	uint32_t agreed_s; /* 0: no session timer */
	bool ours;         /* we refresh */
	bool peer_can;     /* the peer said Supported: timer */
	bool told;         /* SIP_SESSION_REFRESH was said since then */
	uint64_t since_ms; /* of the last refresh */
};

enum sip_session_event { SIP_SESSION_QUIET, SIP_SESSION_REFRESH, SIP_SESSION_EXPIRED };

void sip_session_init(struct sip_session *session, uint32_t wanted_s, uint32_t least_s);
/* For an INVITE or UPDATE of ours: Supported: timer, Session-Expires, Min-SE. */
void sip_session_offer(const struct sip_session *session, struct sip_extra *extra);
/* A request of the peer's: FAULT_LIMIT when it asks for less than least_s: answer 422 + Min-SE. */
enum fault sip_session_asked(struct sip_session *session, const struct sip_message *request,
    uint64_t now, struct why *why) MUST_CHECK;
/* For our 2xx to it: Session-Expires with refresher, Require: timer. */
void sip_session_answer(const struct sip_session *session, struct sip_extra *extra);
/* A 2xx to our INVITE or UPDATE. */
void sip_session_answered(
    struct sip_session *session, const struct sip_message *response, uint64_t now);
/* A 422: wanted_s becomes the Min-SE it names. False: it names none; give up. */
bool sip_session_too_small(struct sip_session *session, const struct sip_message *response);
/* When to look again; UINT64_MAX: never. We refresh at half time; the other side expires
 * min(32 s, a third) before the end. */
uint64_t sip_session_due(const struct sip_session *session);
enum sip_session_event sip_session_look(const struct sip_session *session, uint64_t now);
#endif
