/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/core.h - what the parts of the exchange share: its state, and the ways out of it.
 * Only lib/exchange includes this.
 */
#ifndef EXCHANGE_CORE_H
#define EXCHANGE_CORE_H

#include "exchange/call.h"
#include "exchange/exchange.h"
#include "exchange/location.h"
#include "signalling/sip_digest.h"
#include "signalling/sip_stack.h"

enum { CORE_DOMAIN_SIZE = 254, CORE_TICK_MS = 1000 };

struct exchange {
	char domain[CORE_DOMAIN_SIZE], realm[CORE_DOMAIN_SIZE];
	struct exchange_limits limits;
	struct exchange_seams seams;
	struct sip_stack *stack;
	struct location location;
	struct call *calls; /* of every state, newest first */
	size_t call_count;
	uint64_t next_call; /* ids begin at the wall time of the start: never used twice */
	struct leg *away;   /* legs without a connection, by next_of_connection */
	uint64_t now_ms, next_tick_ms;
	bool restoring; /* edges replay: phones hear of levels only when all is known again */
	int64_t wall_offset_ms;
	uint32_t
	    generation; /* of the configuration; a registration of an older one is checked anew */
	struct sip_nonce_secret nonces;
};

/* A call with a new id, in the list; NULL past the limit or without memory. */
struct call *core_new_call(struct exchange *exchange);
void core_forget_call(struct exchange *exchange, struct call *call);
void core_tell_call(
    struct exchange *exchange, enum call_change change, const struct call_record *record);
void core_tell_registration(
    struct exchange *exchange, enum registration_change change, struct registration *registration);
bool core_line_exists(struct exchange *exchange, struct bytes line);
/* Those that can be reached or not; see registration.connection. */
struct registration *core_next_registration(
    struct exchange *exchange, struct bytes line, struct registration *after);
/* Time never goes back in here. */
void core_advance(struct exchange *exchange, uint64_t now_ms);
int64_t core_wall_ms(const struct exchange *exchange);
/* Is the connection there, or only remembered from before a restart? */
bool core_is_present(const struct connection *connection);

void core_log(struct exchange *exchange, enum log_level level, const char *event,
    const struct log_field *fields, size_t count);
/* With the call's id, both lines, and words; reason may be NULL. */
void core_log_call(
    const struct call *call, enum log_level level, const char *event, const char *reason);
/* A refusal where security is touched; device may be "". */
void core_audit(struct exchange *exchange, const struct flow *flow, const char *event,
    const char *device, const char *reason);

/* Asks for the end of a connection; its close comes back as exchange_closed(). */
void core_close(struct exchange *exchange, const struct connection *connection, const char *reason);

/* Puts a leg on a connection; NULL: it is away. */
void core_place_leg(struct leg *leg, struct connection *connection);
void core_unplace_leg(struct leg *leg);
/* A phone is on connection now: the legs of that registration elsewhere, or nowhere, follow it. */
void core_legs_follow(
    struct exchange *exchange, const struct registration *registration, struct connection *old);
#endif
