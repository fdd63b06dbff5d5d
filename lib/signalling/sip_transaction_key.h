/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_transaction_key.h - to which transaction a message belongs (RFC 3261 17.1.3,
 * 17.2.3), as 128 secret-keyed bits.
 */
#ifndef SIGNALLING_SIP_TRANSACTION_KEY_H
#define SIGNALLING_SIP_TRANSACTION_KEY_H

#include "signalling/sip_hash.h"
#include "signalling/sip_message.h"

struct sip_transaction_key {
	uint64_t low, high;
};

/* Two hash keys: one for each half. */
struct sip_transaction_key_maker {
	struct sip_hash_key low, high;
};

void sip_transaction_key_init(struct sip_transaction_key_maker *maker);
/*
 * The server transaction of a request, as if its method were method (an ACK looks for its INVITE,
 * so does a CANCEL). Without the branch of RFC 3261, what RFC 2543 compared is used.
 */
void sip_transaction_key_server(const struct sip_transaction_key_maker *maker, uint64_t flow,
    const struct sip_message *request, enum sip_method method, struct sip_transaction_key *key);
/* The client transaction of a request of ours, or of a response to it. */
void sip_transaction_key_client(const struct sip_transaction_key_maker *maker, uint64_t flow,
    const struct sip_message *message, struct sip_transaction_key *key);
bool sip_transaction_key_equal(
    const struct sip_transaction_key *a, const struct sip_transaction_key *b);
#endif
