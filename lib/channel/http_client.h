/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/http_client.h - fetch one thing over HTTP or HTTPS, with a limit on its size. */
#ifndef CHANNEL_HTTP_CLIENT_H
#define CHANNEL_HTTP_CLIENT_H

#include "channel/channel.h"
#include "channel/http_request.h"

enum { HTTP_CLIENT_MS = 30 * 1000 /* the whole fetch, unless planned */ };

struct http_fetch;

/* fault FAULT_NONE: status and body are valid during the call (any status, also 404). The fetch
 * is freed afterwards. */
typedef void http_fetched_handler(
    void *arg, enum fault fault, int status, struct bytes body, const struct why *why);

struct http_fetch_plan {
	struct address remote;
	const struct address *local; /* or NULL */
	const char *host;            /* the Host header; NULL: the address */
	const char *path;            /* "/SEP001122334455.cnf.xml.sgn", encoded by the client */
	struct tls *tls;             /* NULL: plain */
	const char *expected_name;
	peer_approve *approve; /* if tls */
	size_t body_most;      /* bytes */
	uint32_t deadline_ms;  /* 0: HTTP_CLIENT_MS */
	http_fetched_handler *on_fetched;
	void *arg;
};

/* Success means only "started": on_fetched follows, once. */
enum fault http_fetch_new(struct http_fetch **fetch, struct loop *loop,
    const struct http_fetch_plan *plan, struct why *why) MUST_CHECK;
/* Gives up in silence. */
void http_fetch_free(struct http_fetch *fetch);
/* After approve() said FAULT_BUSY. */
void http_fetch_approve_again(struct http_fetch *fetch);
#endif
