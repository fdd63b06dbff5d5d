/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/indication.h - may the lock be shown? The one place that decides.
 *
 * The manager knows all legs, the phone knows its own stream: a lock needs both. It goes out
 * the moment the signalling dies, for then nobody can tell us of a change for the worse.
 */
#ifndef TELEPHONE_INDICATION_H
#define TELEPHONE_INDICATION_H

#include <stdbool.h>

#include "policy/level.h"
#include "policy/transport.h"

struct indication_facts {
	enum level manager_says;  /* the newest Call-Info of this call; nonsecure without one */
	enum transport transport; /* of the signalling it came over */
	bool signalling_up;       /* that connection is open now */
	bool media_secure;        /* we send SRTP only, and fresh packets to us authenticate */
};

enum icon indication_icon(const struct indication_facts *facts);
/* Why it is not the lock, for the operator; "" when it is. Static. */
const char *indication_because(const struct indication_facts *facts);

/* The header's own mark: this phone is set up for secure calls. It says nothing of any call. */
struct secured_facts {
	enum level mode;          /* of the security profile in force */
	enum transport transport; /* of the registration */
	bool registered;
};
bool indication_phone_secured(const struct secured_facts *facts);
#endif
