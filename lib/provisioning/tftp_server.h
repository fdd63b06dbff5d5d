/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/tftp_server.h - gives files to many phones at once over TFTP, on the loop.
 *
 * Read requests only. Each transfer has a socket of its own (RFC 1350, 4), connected to the
 * phone, so that a stranger's packets never reach it. Who gets which bytes is the program's
 * choice (tftp_find); a name with '/', a leading '.' or a character outside printable ASCII is
 * refused before it is asked.
 */
#ifndef PROVISIONING_TFTP_SERVER_H
#define PROVISIONING_TFTP_SERVER_H

#include "base/loop.h"
#include "policy/address.h"
#include "provisioning/shared_content.h"
#include "provisioning/tftp_message.h"

enum {
	TFTP_TRANSFERS_MOST = 4096,
	TFTP_TRANSFERS_PER_HOST = 64,
	TFTP_FILE_MOST = 64 * 1024 * 1024,
	TFTP_NETASCII_MOST = 4 * 1024 * 1024, /* converted as a whole */
	TFTP_REQUEST_BATCH = 64,              /* requests read before others get a turn */
};

struct tftp_server;

/* The file of that name. *content is held for the server. FAULT_MISSING becomes error 1,
 * FAULT_FORBIDDEN error 2, anything else error 0 with the sentence. */
typedef enum fault tftp_find(void *arg, struct bytes name, const struct address *peer,
    struct shared_content **content, struct why *why);
/* A request that was refused, or a transfer that ended early; for log and audit. name is the
 * peer's own text. */
typedef void tftp_refused(void *arg, struct bytes name, const struct address *peer,
    enum fault fault, const struct why *why);

struct tftp_server_plan {
	int fd; /* a bound UDP socket; owned by the server on success */
	tftp_find *on_find;
	tftp_refused *on_refused; /* may be NULL */
	void *arg;
	uint32_t transfers_most, per_host_most; /* 0: the constants above */
};

enum fault tftp_server_new(struct tftp_server **server, struct loop *loop,
    const struct tftp_server_plan *plan, struct why *why) MUST_CHECK;
void tftp_server_free(struct tftp_server *server);
/* Transfers in progress. */
size_t tftp_server_count(const struct tftp_server *server);
#endif
