/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/start.h - what a process of the manager is given, and what the supervisor tells it.
 *
 * Each process file has one function, int NAME_main(struct start *start), entered in the table
 * of processes.c. It opens what it needs (descriptors by name, databases, keys), calls
 * start_sandbox(), and only then start_run(), from which the first outside byte is read.
 */
#ifndef MANAGER_START_H
#define MANAGER_START_H

#include "base/fault.h"
#include "base/loop.h"
#include "base/process.h"
#include "base/sandbox.h"
#include "directory/site.h"
#include "keys/keys.h"

/*
 * Mailbox types between the supervisor and a process.
 * START_LINK: body is the name of another process ("call", "edge-0", "admin", ...), one
 * descriptor: a fresh mailbox end to it. Sent at the start and again whenever the other one was
 * restarted; the old end is dead then.
 * START_KEYS: one descriptor, a fresh end to a (new) keykeeper; handled inside start.c.
 * START_TICKETS: TLS session ticket keys for tls_set_ticket_keys(), newest first. A secret.
 */
enum { START_LINK = 1, START_KEYS = 2, START_TICKETS = 3 };

enum { START_NAME_SIZE = 32, START_TICKETS_SIZE = 3 * 80 };

struct start {
	char process[START_NAME_SIZE]; /* "edge-0", "call" */
	unsigned index;                /* of several of a kind, from 0 */
	const char *folder;            /* the site's */
	struct site site;
	struct loop *loop;
	struct keys *keys; /* NULL for processes that may ask nothing */

	/* Set by NAME_main() before start_run(). A link's fd is the handler's. NULL: refused. */
	void (*on_link)(void *arg, const char *peer, int fd);
	void (*on_tickets)(void *arg, struct bytes keys); /* valid during the call */
	void (*on_stop)(void *arg);                       /* before the loop ends; may be NULL */
	void *arg;

	struct mailbox *supervisor;
};

/* "folder/name" of the site. */
enum fault start_path(
    const struct start *start, const char *name, char path[], struct why *why) MUST_CHECK;
/* The descriptor of that name ("listen-sip-tls"); FAULT_MISSING names it. */
enum fault start_descriptor(
    const struct start *start, const char *name, int *fd, struct why *why) MUST_CHECK;
/* Gives up everything else: allow is SANDBOX_...; readable and writable are site-relative,
 * NULL-terminated ("" is the site's folder itself). Logs what was enforced. */
enum fault start_sandbox(struct start *start, unsigned allow, const char *const *readable,
    const char *const *writable, struct why *why) MUST_CHECK;
/* Serves until the supervisor says stop or is gone. */
void start_run(struct start *start);

/* The names of the listening descriptors. */
#define START_LISTEN_SIP_TLS     "listen-sip-tls"
#define START_LISTEN_SIP_TCP     "listen-sip-tcp"
#define START_LISTEN_SIP_UDP     "listen-sip-udp"
#define START_LISTEN_TFTP        "listen-tftp"
#define START_LISTEN_FILES_HTTP  "listen-files-http"
#define START_LISTEN_FILES_HTTPS "listen-files-https"
#define START_LISTEN_CAPF        "listen-capf"
#define START_LISTEN_TVS         "listen-tvs"
#endif
