/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/tftp_client.h - takes one file over TFTP into memory, on the loop. Nothing is
 * stored: the bytes have not been verified yet.
 */
#ifndef PROVISIONING_TFTP_CLIENT_H
#define PROVISIONING_TFTP_CLIENT_H

#include "base/loop.h"
#include "policy/address.h"
#include "provisioning/tftp_message.h"

enum { TFTP_CLIENT_BLOCK = 1428, /* fits an Ethernet frame with IPv6 */ TFTP_CLIENT_MS = 30000 };

struct tftp_fetch;

/* fault FAULT_NONE: content is valid during the call. FAULT_MISSING: the server has no such
 * file. The fetch is freed afterwards. */
typedef void tftp_fetched_handler(
    void *arg, enum fault fault, struct bytes content, const struct why *why);

struct tftp_fetch_plan {
	struct address remote;       /* the server's port 69 */
	const struct address *local; /* to bind to, port 0; or NULL */
	const char *name;
	size_t most;          /* bytes; more is refused at once if the server tells its size */
	uint32_t block_size;  /* 0: TFTP_CLIENT_BLOCK */
	uint32_t deadline_ms; /* the whole transfer; 0: TFTP_CLIENT_MS */
	tftp_fetched_handler *on_fetched;
	void *arg;
};

/* Success means only "started": on_fetched follows, once. */
enum fault tftp_fetch_new(struct tftp_fetch **fetch, struct loop *loop,
    const struct tftp_fetch_plan *plan, struct why *why) MUST_CHECK;
/* Gives up in silence. NULL is fine. */
void tftp_fetch_free(struct tftp_fetch *fetch);
#endif
