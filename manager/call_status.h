/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/call_status.h - what `call` answers when `admin` asks: registrations, calls, and why a
 * call has its level, as JSON.
 */
#ifndef MANAGER_CALL_STATUS_H
#define MANAGER_CALL_STATUS_H

#include "exchange/exchange.h"
#include "manager/call_message.h"

/*
 * Appends JSON: {"registrations":[...],"complete":true}, {"calls":[...],"complete":true}, or the
 * explanation of one call. Big answers are cut to whole entries.
 */
enum fault call_status_answer(const struct exchange *exchange, const struct call_query *query,
    int64_t wall_ms, struct buffer *json, struct why *why) MUST_CHECK;
#endif
