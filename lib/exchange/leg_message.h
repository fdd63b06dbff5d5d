/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/leg_message.h - the words of a leg's messages: names, Call-Info, warnings, the
 * description. Only lib/exchange/leg.c includes this.
 */
#ifndef EXCHANGE_LEG_MESSAGE_H
#define EXCHANGE_LEG_MESSAGE_H

#include "exchange/leg.h"

#define LEG_SDP_TYPE "application/sdp"

enum leg_says {
	LEG_SAYS_INVITE,
	LEG_SAYS_RINGING,
	LEG_SAYS_ANSWER,
	LEG_SAYS_OFFER,
	LEG_SAYS_LEVEL,
};

/* From and To of the INVITE to a phone: who calls, and the line. */
struct leg_naming {
	char from[512], to[192];
};
struct leg_naming leg_message_naming(const struct leg *leg);
/* Fills *extra; sip_extra_finish() it (it may hold keys). */
void leg_message_extra(
    const struct leg *leg, struct sip_extra *extra, enum leg_says says, struct bytes sdp);
/* Warning: 399 with a sentence; reason may be NULL. */
void leg_message_warning(const struct leg *leg, struct sip_extra *extra, const char *reason);
/* What the phone says it can do, in its INVITE or 2xx. */
void leg_message_abilities(struct leg *leg, const struct sip_message *message);
/* The session description of a message; empty when it has none. */
struct bytes leg_message_sdp(const struct sip_message *message);
#endif
