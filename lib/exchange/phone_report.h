/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/phone_report.h - what a phone refused, on its way into our audit log
 * (policy/audit_report.h says how it travels).
 */
#ifndef EXCHANGE_PHONE_REPORT_H
#define EXCHANGE_PHONE_REPORT_H

#include "exchange/core.h"

/*
 * A MESSAGE outside a dialog. Each record of its report becomes an audit record "phone refused"
 * of the device that is registered on this connection; the device named in the body counts for
 * nothing. Returns the status to answer; nothing is written unless it is 200.
 */
unsigned phone_report_take(struct exchange *exchange, const struct connection *connection,
    const struct sip_message *message);
#endif
