/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/leg_message.h"

#include <stdio.h>

#include "exchange/call.h"
#include "exchange/core.h"
#include "signalling/call_info.h"
#include "signalling/multipart.h"

static const char supported[] = "X-cisco-callinfo, X-cisco-srtp-fallback";

/* "Ann" <sip:1001@domain>, or <sip:1001@domain>. */
static void
write_name(const struct leg *leg, const char *display, const char *line, char *text, size_t room)
{
	char quoted[SUBSCRIBER_DISPLAY_SIZE * 2 + 3];

	if (display[0] == '\0')
		snprintf(text, room, "<sip:%s@%s>", line, leg->exchange->domain);
	else
		snprintf(text, room, "%s <sip:%s@%s>",
		    sip_quote(bytes_text(display), quoted, sizeof(quoted)), line,
		    leg->exchange->domain);
}

struct leg_naming
leg_message_naming(const struct leg *leg)
{
	const struct leg *caller = leg->call->caller;
	struct leg_naming naming;

	write_name(leg, caller->display, caller->line, naming.from, sizeof(naming.from));
	write_name(leg, "", leg->line, naming.to, sizeof(naming.to));
	return naming;
}

/* Only what was judged is said; while nobody has answered, nothing is known. */
static void
add_call_info(const struct leg *leg, struct sip_extra *extra)
{
	bool calling = leg == leg->call->caller;
	const char *security =
	    leg->call->decided == NULL ? "Unknown" : level_call_info(leg->call->level);

	sip_extra_header(extra, SIP_HEADER_CALL_INFO,
	    "<urn:x-cisco-remotecc:callinfo>;orientation=%s;security=%s;call-instance=1",
	    calling ? "to" : "from", security);
}

/* Who is at the other end, for the screen. */
static void
add_party(const struct leg *leg, struct sip_extra *extra)
{
	const struct leg *other = call_other(leg->call, leg);
	char name[512];

	if (other == NULL)
		return;
	write_name(leg, other->display, other->line, name, sizeof(name));
	sip_extra_header(extra, SIP_HEADER_REMOTE_PARTY_ID, "%s;party=%s;privacy=off;screen=yes",
	    name, leg == leg->call->caller ? "called" : "calling");
}

void
leg_message_extra(
    const struct leg *leg, struct sip_extra *extra, enum leg_says says, struct bytes sdp)
{
	sip_extra_init(extra);
	add_call_info(leg, extra);
	add_party(leg, extra);
	if (says == LEG_SAYS_INVITE || says == LEG_SAYS_ANSWER)
		sip_extra_header(extra, SIP_HEADER_SUPPORTED, "%s", supported);
	if (sdp.left > 0)
		sip_extra_body(extra, LEG_SDP_TYPE, sdp);
}

void
leg_message_warning(const struct leg *leg, struct sip_extra *extra, const char *reason)
{
	char quoted[WHY_SIZE * 2 + 3];

	if (reason == NULL || reason[0] == '\0')
		return;
	sip_extra_header(extra, SIP_HEADER_WARNING, "399 %s %s", leg->exchange->domain,
	    sip_quote(bytes_text(reason), quoted, sizeof(quoted)));
}

/* A phone that does not list what it allows is believed to know UPDATE if it knows Call-Info. */
void
leg_message_abilities(struct leg *leg, const struct sip_message *message)
{
	bool lists = sip_message_header(message, SIP_HEADER_ALLOW) != NULL;

	if (sip_message_lists(message, SIP_HEADER_SUPPORTED, "X-cisco-callinfo"))
		leg->callinfo = true;
	if (sip_message_lists(message, SIP_HEADER_SUPPORTED, "X-cisco-srtp-fallback"))
		leg->srtp_fallback = true;
	leg->update =
	    lists ? sip_message_lists(message, SIP_HEADER_ALLOW, "UPDATE") : leg->callinfo;
}

struct bytes
leg_message_sdp(const struct sip_message *message)
{
	struct bytes sdp;

	if (sip_message_part(message, LEG_SDP_TYPE, &sdp, NULL) != FAULT_NONE)
		return bytes_of(NULL, 0);
	return sdp;
}
