/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_session.h"

void
sip_session_init(struct sip_session *session, uint32_t wanted_s, uint32_t least_s)
{
	*session = (struct sip_session){
	    .wanted_s = wanted_s,
	    .least_s = least_s > SIP_SESSION_LEAST_S ? least_s : SIP_SESSION_LEAST_S,
	};
	if (wanted_s > 0 && wanted_s < session->least_s)
		session->wanted_s = session->least_s;
}

void
sip_session_offer(const struct sip_session *session, struct sip_extra *extra)
{
	uint32_t seconds = session->agreed_s > 0 ? session->agreed_s : session->wanted_s;

	sip_extra_header(extra, SIP_HEADER_SUPPORTED, "timer");
	if (seconds == 0)
		return;
	/* A refresh leaves the roles as they are (RFC 4028 7.4). */
	if (session->agreed_s > 0)
		sip_extra_header(extra, SIP_HEADER_SESSION_EXPIRES, "%u;refresher=%s", seconds,
		    session->ours ? "uac" : "uas");
	else
		sip_extra_header(extra, SIP_HEADER_SESSION_EXPIRES, "%u", seconds);
	if (session->least_s > SIP_SESSION_LEAST_S)
		sip_extra_header(extra, SIP_HEADER_MIN_SE, "%u", session->least_s);
}

static bool
read_expires(const struct sip_message *message, struct sip_session_expires *expires)
{
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_SESSION_EXPIRES);

	return header != NULL &&
	       sip_session_expires_read(header->value, expires, NULL) == FAULT_NONE;
}

/* What we answer with, when the request asks for asked seconds (0: it does not ask). */
static uint32_t
choose_seconds(const struct sip_session *session, uint32_t asked, uint32_t min_se)
{
	uint32_t seconds = asked;

	if (seconds == 0 || (session->wanted_s > 0 && session->wanted_s < seconds))
		seconds = session->wanted_s;
	return seconds > 0 && seconds < min_se ? min_se : seconds;
}

enum fault
sip_session_asked(
    struct sip_session *session, const struct sip_message *request, uint64_t now, struct why *why)
{
	struct sip_session_expires expires = {0};
	bool can = sip_message_lists(request, SIP_HEADER_SUPPORTED, "timer");
	uint32_t min_se;

	(void)read_expires(request, &expires);
	if (can && expires.seconds > 0 && expires.seconds < session->least_s)
		return explain(why, FAULT_LIMIT, "session of %u s is under %u s", expires.seconds,
		    session->least_s);
	if (sip_message_number(request, SIP_HEADER_MIN_SE, 0, &min_se, NULL) != FAULT_NONE)
		min_se = 0;
	session->peer_can = can;
	session->agreed_s = choose_seconds(session, expires.seconds, min_se);
	session->ours = !can || expires.refresher == SIP_REFRESHER_UAS;
	session->since_ms = now;
	session->told = false;
	return FAULT_NONE;
}

void
sip_session_answer(const struct sip_session *session, struct sip_extra *extra)
{
	if (session->agreed_s == 0)
		return;
	sip_extra_header(extra, SIP_HEADER_SESSION_EXPIRES, "%u;refresher=%s", session->agreed_s,
	    session->ours ? "uas" : "uac");
	if (!session->ours)
		sip_extra_header(extra, SIP_HEADER_REQUIRE, "timer");
}

void
sip_session_answered(struct sip_session *session, const struct sip_message *response, uint64_t now)
{
	struct sip_session_expires expires = {0};

	session->since_ms = now;
	session->told = false;
	if (!read_expires(response, &expires)) {
		/* The peer does not do this: we refresh alone (RFC 4028 7.2). */
		session->peer_can = false;
		session->agreed_s = session->wanted_s;
		session->ours = true;
		return;
	}
	session->peer_can = true;
	session->agreed_s = expires.seconds;
	session->ours = expires.refresher != SIP_REFRESHER_UAS;
}

bool
sip_session_too_small(struct sip_session *session, const struct sip_message *response)
{
	uint32_t least;

	if (sip_message_number(response, SIP_HEADER_MIN_SE, 0, &least, NULL) != FAULT_NONE ||
	    least <= session->wanted_s)
		return false;
	session->wanted_s = least;
	return true;
}

/* RFC 4028 10: BYE this long before the end. */
static uint64_t
expiry(const struct sip_session *session)
{
	uint64_t whole = (uint64_t)session->agreed_s * 1000;
	uint64_t before = whole / 3 < 32000 ? whole / 3 : 32000;

	return session->since_ms + whole - before;
}

uint64_t
sip_session_due(const struct sip_session *session)
{
	if (session->agreed_s == 0)
		return UINT64_MAX;
	if (session->ours && !session->told)
		return session->since_ms + (uint64_t)session->agreed_s * 500;
	return expiry(session);
}

enum sip_session_event
sip_session_look(const struct sip_session *session, uint64_t now)
{
	if (session->agreed_s == 0 || now < sip_session_due(session))
		return SIP_SESSION_QUIET;
	return now >= expiry(session) ? SIP_SESSION_EXPIRED : SIP_SESSION_REFRESH;
}
