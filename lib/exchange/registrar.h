/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/registrar.h - answers REGISTER: who is it really, may it, and until when (RFC 3261
 * 10.3; rows S46, S47). Only lib/exchange includes this.
 */
#ifndef EXCHANGE_REGISTRAR_H
#define EXCHANGE_REGISTRAR_H

#include "exchange/core.h"

/* Answers it in every case. */
void registrar_request(struct exchange *exchange, struct connection *connection,
    struct sip_server *server, const struct sip_message *request);
/* Ends a binding: the line cannot be called there any more. */
void registrar_remove(
    struct exchange *exchange, struct registration *registration, const char *reason);
/* Expiry, and phones whose configuration changed or went; part of the table at each call. */
void registrar_sweep(struct exchange *exchange);
#endif
