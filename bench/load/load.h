/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/load/load.h - many phones in one process: new mutual-TLS connections that register, and
 * refreshes on connections that stay open. Measures whoever listens at an address.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "channel/channel.h"

enum load_kind {
	LOAD_NEW,       /* connect, handshake, REGISTER, answer, close; again */
	LOAD_REFRESHES, /* on open connections: REGISTER, answer; again */
};

struct load_identity {
	X509 *certificate; /* of a phone; CN is its name */
	EVP_PKEY *key;
	const char *device, *line; /* "SEP001122334455", "1001" */
};

struct load_plan {
	enum load_kind kind;
	struct address server;
	const struct load_identity *identities; /* phone i uses identity i % count */
	size_t identity_count;
	size_t phones; /* at once */
	unsigned seconds;
	uint32_t window;             /* LOAD_REFRESHES: requests in flight on one connection */
	const char *suites;          /* OpenSSL's names, or NULL for our own */
	void (*on_start)(void *arg); /* measuring begins (every phone is connected); or NULL */
	void (*on_end)(void *arg);   /* before the phones leave; or NULL */
	void *arg;
};

struct load_result {
	uint64_t done;    /* registrations or refreshes answered 200 */
	uint64_t refused; /* other answers */
	uint64_t failed;  /* connections that broke */
	double seconds;   /* measured, without the time to connect for LOAD_REFRESHES */
	struct why why;   /* of the first failure */
};

enum fault load_run(
    const struct load_plan *plan, struct load_result *result, struct why *why) MUST_CHECK;
#endif
