/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/record.h - registrations and calls as JSON: what calls.db keeps, and what the
 * operator sees. One table of fields for both directions. No keys, no secrets.
 */
#ifndef EXCHANGE_RECORD_H
#define EXCHANGE_RECORD_H

#include <jansson.h>

#include "exchange/exchange.h"

/* A new object, the caller's; NULL when memory is out. */
json_t *registration_write(const struct registration_record *record) MUST_CHECK;
json_t *call_write(const struct call_record *record) MUST_CHECK;
/* Every field must be there, of its kind and in its limits. */
enum fault registration_read(
    const json_t *json, struct registration_record *record, struct why *why) MUST_CHECK;
enum fault call_read(const json_t *json, struct call_record *record, struct why *why) MUST_CHECK;
#endif
