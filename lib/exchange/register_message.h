/* SPDX-License-Identifier: Apache-2.0 */
/* lib/exchange/register_message.h - what a REGISTER says: claims only, nothing is believed yet. */
#ifndef EXCHANGE_REGISTER_MESSAGE_H
#define EXCHANGE_REGISTER_MESSAGE_H

#include "exchange/exchange.h"
#include "signalling/sip_message.h"

struct register_message {
	char line[SUBSCRIBER_LINE_SIZE];     /* user part of To */
	char device[SUBSCRIBER_DEVICE_SIZE]; /* claimed; "" if it names none */
	char contact[256];                   /* URI; "" for a query or "*" */
	char call_id[128], user_agent[96];
	uint32_t cseq, expires_s;
	bool has_expires;
	bool keep_alive; /* cisco-keep-alive: says it is there, changes nothing */
	bool has_credentials;
};

enum fault register_message_read(
    const struct sip_message *request, struct register_message *read, struct why *why) MUST_CHECK;
#endif
