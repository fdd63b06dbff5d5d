/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_transaction.h - the four transaction machines of RFC 3261 17 with the
 * corrections of RFC 6026. No I/O, no clock: messages and times in, sends and events out.
 * Most users want sip_stack.h.
 *
 * Times are milliseconds of any clock that never goes back. Seams are called from within the
 * functions below, and may call them back.
 */
#ifndef SIGNALLING_SIP_TRANSACTION_H
#define SIGNALLING_SIP_TRANSACTION_H

#include "signalling/sip_message.h"

enum { SIP_T1_MS = 500, SIP_T2_MS = 4000, SIP_T4_MS = 5000, SIP_TIMER_D_MS = 32000 };

struct sip_transactions; /* the table of all */
struct sip_transaction;  /* one, client or server */

enum sip_transaction_end {
	SIP_END_TIMEOUT,   /* client: no final response (B, F); server: no ACK came (H) */
	SIP_END_TRANSPORT, /* its flow closed */
	SIP_END_DONE,      /* ran its course */
};

struct sip_transaction_seams {
	void *arg;
	/* Also for repeats. The view is valid during the call. */
	void (*send)(void *arg, uint64_t flow, struct bytes message);
	/* A new request, also CANCEL (invite: the server transaction it means, or NULL). Not ACK.
	 */
	void (*on_request)(void *arg, struct sip_transaction *server,
	    const struct sip_message *request, struct sip_transaction *invite);
	/* An ACK for a 2xx, or for nothing we know. */
	void (*on_ack)(void *arg, uint64_t flow, const struct sip_message *ack);
	/* 1xx, the final one; of INVITE every 2xx. client NULL: matches none (a late 2xx). */
	void (*on_response)(void *arg, uint64_t flow, struct sip_transaction *client,
	    const struct sip_message *response);
	/* The last event of a transaction: it is freed when this returns. */
	void (*on_end)(
	    void *arg, struct sip_transaction *transaction, enum sip_transaction_end end);
};

enum fault sip_transactions_new(struct sip_transactions **table, size_t most,
    const struct sip_transaction_seams *seams, struct why *why) MUST_CHECK;
/* Ends all without events. NULL is fine. */
void sip_transactions_free(struct sip_transactions *table);

/*
 * A message that sip_validate() accepted. reliable: its flow is TCP or TLS. FAULT_LIMIT: the
 * table is full (answer 503 without a transaction); FAULT_UNEXPECTED: a response to nothing.
 */
enum fault sip_transactions_receive(struct sip_transactions *table, uint64_t flow, bool reliable,
    const struct sip_message *message, uint64_t now, struct why *why) MUST_CHECK;
/*
 * Sends a request (not ACK) that begins with our own Via. It is copied. on_response and on_end
 * follow; user comes back by sip_transaction_user().
 */
enum fault sip_transactions_request(struct sip_transactions *table, uint64_t flow, bool reliable,
    struct bytes request, void *user, uint64_t now, struct sip_transaction **client,
    struct why *why) MUST_CHECK;
/* Answers a request. FAULT_UNEXPECTED after a final response (2xx of INVITE may be repeated). */
enum fault sip_transaction_respond(struct sip_transaction *server, unsigned status,
    struct bytes response, uint64_t now, struct why *why) MUST_CHECK;
/* Ends it now, with SIP_END_TIMEOUT. */
void sip_transaction_abandon(struct sip_transaction *transaction);
/* Its flow is gone: transactions on it end with SIP_END_TRANSPORT. */
void sip_transactions_flow_closed(struct sip_transactions *table, uint64_t flow);
/* When tick has something to do; UINT64_MAX: never. */
uint64_t sip_transactions_due(const struct sip_transactions *table);
void sip_transactions_tick(struct sip_transactions *table, uint64_t now);
size_t sip_transactions_count(const struct sip_transactions *table);

void *sip_transaction_user(const struct sip_transaction *transaction);
void sip_transaction_set_user(struct sip_transaction *transaction, void *user);
uint64_t sip_transaction_flow(const struct sip_transaction *transaction);
bool sip_transaction_is_client(const struct sip_transaction *transaction);
enum sip_method sip_transaction_method(const struct sip_transaction *transaction);
/* A client's request as it was sent, while it may be repeated; INVITE: to the end. Else "". */
struct bytes sip_transaction_request(const struct sip_transaction *transaction);
/* "calling", "proceeding", "completed" ... */
const char *sip_transaction_state(const struct sip_transaction *transaction);
/* Client INVITE: a provisional response came and no final one, so CANCEL may be sent. */
bool sip_transaction_may_cancel(const struct sip_transaction *transaction);
#endif
