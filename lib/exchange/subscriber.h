/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/subscriber.h - what the exchange must know of a configured phone's line, and how
 * it asks. The program answers from directory/; tests answer from a table.
 */
#ifndef EXCHANGE_SUBSCRIBER_H
#define EXCHANGE_SUBSCRIBER_H

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/profile.h"

enum {
	SUBSCRIBER_DEVICE_SIZE = 64, /* "SEP001122334455", or a third-party phone's own name */
	SUBSCRIBER_LINE_SIZE = 64,   /* the number, user part of its address of record */
	SUBSCRIBER_DISPLAY_SIZE = 128,
	SUBSCRIBER_USER_SIZE = 128,
	SUBSCRIBER_HA1_SIZE = 65, /* hexadecimal */
};

/* One line of one phone. */
struct subscriber {
	char device[SUBSCRIBER_DEVICE_SIZE];
	char line[SUBSCRIBER_LINE_SIZE];
	char display[SUBSCRIBER_DISPLAY_SIZE]; /* the name others see; may be "" */
	struct profile profile;
	char digest_user[SUBSCRIBER_USER_SIZE]; /* "" when the line has none */
	/* H(user:realm:password) for our realm. Secrets: whoever holds a subscriber wipes it. */
	char ha1_sha256[SUBSCRIBER_HA1_SIZE]; /* "" when not known */
	char ha1_md5[SUBSCRIBER_HA1_SIZE];
};

/*
 * device "": whichever phone owns the line alone (a third-party phone names no device);
 * FAULT_UNEXPECTED when several do. FAULT_MISSING: no such device, or the line is not its.
 */
typedef enum fault subscriber_find(
    void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why);
/* Does any phone have this line? Decides between 404 and 480. */
typedef bool subscriber_line_exists(void *arg, struct bytes line);
#endif
