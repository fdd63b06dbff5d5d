/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/transport.h"

static const struct {
	const char *name, *via;
	bool reliable;
} transports[TRANSPORT_COUNT] = {
    [TRANSPORT_UDP] = {"udp", "UDP", false},
    [TRANSPORT_TCP] = {"tcp", "TCP", true},
    [TRANSPORT_TLS] = {"tls", "TLS", true},
};

const char *
transport_name(enum transport transport)
{
	return transports[transport].name;
}

const char *
transport_via(enum transport transport)
{
	return transports[transport].via;
}

bool
transport_from_name(struct bytes name, enum transport *transport)
{
	for (size_t i = 0; i < TRANSPORT_COUNT; i++)
		if (bytes_equal_text_nocase(name, transports[i].name)) {
			*transport = (enum transport)i;
			return true;
		}
	return false;
}

bool
transport_is_reliable(enum transport transport)
{
	return transports[transport].reliable;
}
