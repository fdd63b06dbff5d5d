/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/call_level.h - the one place that changes a call's level. Logs each change with
 * the leg that decided, and tells the phones of the call.
 */
#ifndef EXCHANGE_CALL_LEVEL_H
#define EXCHANGE_CALL_LEVEL_H

#include <jansson.h>

#include "exchange/call.h"
#include "policy/call_level.h"

/* Judges anew from the facts of the legs. Call it after every change of a fact. */
void call_level_update(struct call *call);
/* Tells every talking phone that has not heard the present level (Call-Info in an UPDATE). */
void call_level_tell(struct call *call);
/* {"call":..,"level":..,"decided":..,"because":..,"legs":[{...}]}; NULL when memory is out. */
json_t *call_level_explain(const struct call *call) MUST_CHECK;
#endif
