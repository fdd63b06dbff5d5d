/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/registrar_digest.h - the digest of a REGISTER: SHA-256 first, MD5 for those who know
 * no better (RFC 8760). Nonces belong to one connection. Only lib/exchange includes this.
 */
#ifndef EXCHANGE_REGISTRAR_DIGEST_H
#define EXCHANGE_REGISTRAR_DIGEST_H

#include "exchange/core.h"

/* Wrong digests on one connection, then it is closed. */
enum { REGISTRAR_DIGESTS_MOST = 5 };

enum digest_proof { DIGEST_ABSENT, DIGEST_RIGHT, DIGEST_STALE, DIGEST_WRONG };

/* why is set for DIGEST_WRONG. */
enum digest_proof registrar_digest_check(struct exchange *exchange, struct connection *connection,
    const struct subscriber *subscriber, const struct sip_message *request, struct why *why);
/* Adds a WWW-Authenticate for each algorithm we have a hash for. */
void registrar_digest_challenge(struct exchange *exchange, const struct connection *connection,
    const struct subscriber *subscriber, bool stale, struct sip_extra *extra);
#endif
