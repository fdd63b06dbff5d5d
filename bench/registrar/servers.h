/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/registrar/servers.h - the registrars that are compared: the real ringfence-manager of a
 * site, a bare TLS responder (also one that gives session tickets, as the
 * manager does), and kamailio where it is installed. All show the same certificate
 * with the same key.
 */
#ifndef BENCH_REGISTRAR_SERVERS_H
#define BENCH_REGISTRAR_SERVERS_H

#include "base/fault.h"
#include "policy/address.h"

enum server_kind { SERVER_BARE, SERVER_TICKETS, SERVER_MANAGER, SERVER_KAMAILIO, SERVER_KINDS };

enum server_key { SERVER_RSA, SERVER_EC, SERVER_KEYS };

struct server_plan {
	const char *site;     /* its folder */
	const char *programs; /* where ringfence-manager is */
	const char *scratch;  /* a folder for kamailio's files; only ours */
	const char *host;     /* a loopback address */
	uint16_t port;        /* of the first bare responder, and the next ones */
	uint16_t manager_port;
	enum server_key key;
};

struct server {
	enum server_kind kind;
	pid_t pid; /* 0: does not run */
	struct address address;
};

const char *server_name(enum server_kind kind);
bool server_is_installed(enum server_kind kind);
/* Started, and it takes connections. */
enum fault server_start(struct server *server, enum server_kind kind,
    const struct server_plan *plan, struct why *why) MUST_CHECK;
void server_stop(struct server *server);

/* The bare responder's own process image: argv after its first two words. */
int server_main_bare(char **words, bool tickets);
#endif
