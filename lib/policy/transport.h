/* SPDX-License-Identifier: Apache-2.0 */
/* lib/policy/transport.h - what carries SIP. */
#ifndef POLICY_TRANSPORT_H
#define POLICY_TRANSPORT_H

#include "base/bytes.h"

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_COUNT };

/* "udp", "tcp", "tls": the URI parameter; Via writes it in capitals. */
const char *transport_name(enum transport transport);
const char *transport_via(enum transport transport);
bool transport_from_name(struct bytes name, enum transport *transport) MUST_CHECK;
bool transport_is_reliable(enum transport transport);
#endif
