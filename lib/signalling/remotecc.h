/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/remotecc.h - the XML bodies phones of this family put into REGISTER and REFER:
 * only as far as needed to answer them sensibly.
 */
#ifndef SIGNALLING_REMOTECC_H
#define SIGNALLING_REMOTECC_H

#include "base/buffer.h"
#include "signalling/sip_message.h"

#define REMOTECC_REQUEST_TYPE  "application/x-cisco-remotecc-request+xml"
#define REMOTECC_RESPONSE_TYPE "application/x-cisco-remotecc-response+xml"

/* What a REGISTER asks for in its body. */
struct remotecc_register {
	bool bulk;    /* bulkregisterreq: register all lines of the phone */
	bool options; /* optionsindreq: answer with what we can do */
};
/* No body, or another type: all false. Never refuses a REGISTER for its XML. */
void remotecc_register_read(const struct sip_message *request, struct remotecc_register *asked);
/* The body of the 200: response/code 200 and, if asked, optionsind. */
void remotecc_register_write(const struct remotecc_register *asked, struct buffer *body);

/* Reason: SIP;cause=200;text="cisco-alarm:25 Name=SEP.. ActiveLoad=.. InactiveLoad=.. Last=.." */
struct remotecc_alarm {
	uint32_t number;
	struct bytes name, active_load, inactive_load, last; /* "" when not said */
};
bool remotecc_alarm_read(struct bytes reason, struct remotecc_alarm *alarm);

/* What kind of REFER a phone sent; TOKEN and ALARM are answered 202 and forgotten. */
enum remotecc_refer { REMOTECC_TOKEN, REMOTECC_ALARM, REMOTECC_REQUEST, REMOTECC_NONE };
enum remotecc_refer remotecc_refer_kind(const struct sip_message *request);
#endif
