/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/sip_transaction_private.h - inside a transaction; for sip_transaction*.c only. */
#ifndef SIGNALLING_SIP_TRANSACTION_PRIVATE_H
#define SIGNALLING_SIP_TRANSACTION_PRIVATE_H

#include "signalling/sip_table.h"
#include "signalling/sip_timers.h"
#include "signalling/sip_transaction.h"
#include "signalling/sip_transaction_key.h"

enum kind { CLIENT_INVITE, CLIENT_OTHER, SERVER_INVITE, SERVER_OTHER, KINDS };

/* CALLING is also the "trying" of the others. */
enum state { CALLING, PROCEEDING, COMPLETED, ACCEPTED, CONFIRMED, STATES };

enum event {
	PROVISIONAL, /* a 1xx: received by a client, sent by a server's user */
	SUCCESS,     /* a 2xx */
	FAILURE,     /* a 3xx to 6xx */
	REQUEST,     /* the request again */
	ACK,
	REPEAT, /* timers A, E, G */
	END,    /* timers B, D, F, H, I, J, K, L, M */
};

/* About 170 bytes, and a copy of what may have to be repeated. */
struct sip_transaction {
	struct sip_transactions *table;
	struct sip_link by_key;
	uint64_t key_high; /* its other half is by_key.hash */
	struct sip_transaction *flow_next, **flow_place;
	struct sip_timer timer; /* at the earlier of these two */
	uint64_t repeat_at, end_at;
	uint64_t flow;
	void *user;
	uint8_t *request, *response; /* response: a client INVITE's ACK, a server's last answer */
	uint32_t request_size, response_size;
	uint16_t interval_ms, held;
	uint8_t kind, state, method;
	bool reliable, dead;
};

/* What an event brings along. */
struct happening {
	const struct sip_message *message; /* received */
	struct bytes answer;               /* SERVER: to send */
	uint64_t now;
};

struct sip_transactions {
	struct sip_transaction_seams seams;
	struct sip_transaction_key_maker keys;
	struct sip_table table;
	struct sip_timers timers;
	struct sip_transaction **flow_bucket; /* heads of lists by flow */
	size_t flow_buckets, most;
	struct sip_message scratch;
};

/* Lets an event happen. False: the state does not expect it, and nothing changed. */
bool sip_machine_run(
    struct sip_transaction *transaction, enum event event, const struct happening *happening);
/* Enters the first state. */
void sip_machine_begin(struct sip_transaction *transaction, uint64_t now);
/* Removes it, tells the user and frees it as soon as nobody holds it. */
void sip_transaction_end(struct sip_transaction *transaction, enum sip_transaction_end end);
/* Around callbacks: release may free. False: it is gone. */
void sip_transaction_hold(struct sip_transaction *transaction);
bool sip_transaction_release(struct sip_transaction *transaction);
/* Keeps a copy of bytes in *at, freeing what was there. Without memory nothing is kept. */
void sip_transaction_keep(uint8_t **at, uint32_t *size, struct bytes bytes);
#endif
