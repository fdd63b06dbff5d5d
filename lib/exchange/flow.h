/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/flow.h - one connection as the exchange sees it: an id, and facts the edge
 * verified. Never claims of the peer.
 */
#ifndef EXCHANGE_FLOW_H
#define EXCHANGE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "policy/address.h"
#include "policy/device_name.h"
#include "policy/transport.h"

enum { FLOW_NAME_SIZE = 128, FLOW_SERIAL_SIZE = 48, FLOW_BY_SIZE = 96 };

struct flow {
	uint64_t id;     /* the edge's, never used twice in a node; 0 is no connection */
	unsigned holder; /* which edge holds it: the program's own number */
	enum transport transport;
	struct address local, remote;
	bool certificate;                 /* TLS with a client certificate that trust approved */
	char common_name[FLOW_NAME_SIZE]; /* of that certificate; "" otherwise */
	char serial[FLOW_SERIAL_SIZE];
	char trusted_by[FLOW_BY_SIZE]; /* for records */
};

/*
 * The device a certificate's common name stands for: "SEP001122334455" (an LSC), or
 * "CP-8832-SEP001122334455" (a MIC: "CP-", a model without '-', "-", the device). False for
 * everything else.
 */
bool flow_device(struct bytes common_name, struct device_name *device) MUST_CHECK;
#endif
