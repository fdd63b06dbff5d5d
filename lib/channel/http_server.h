/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/http_server.h - an HTTP/1.1 server on channels, plain or TLS, with a limit on
 * everything a stranger can make it hold.
 */
#ifndef CHANNEL_HTTP_SERVER_H
#define CHANNEL_HTTP_SERVER_H

#include "channel/channel.h"
#include "channel/http_request.h"

enum {
	HTTP_SERVER_REQUEST_MS = 10 * 1000, /* a whole request, from its first byte */
	HTTP_SERVER_IDLE_MS = 15 * 1000,    /* between requests, and for a stalled reader */
	HTTP_SERVER_TOTAL_MOST = 4096,
	HTTP_SERVER_PER_SOURCE_MOST = 256,
	HTTP_SERVER_RESPONSE_MOST = 16 * 1024 * 1024, /* bytes given to http_respond() */
};

struct http_server;
struct http_exchange;

struct http_request {
	const struct http_head *head;
	struct bytes body;
	const struct peer_facts *facts;
};

/* Views, valid during the call. Answer now, or keep exchange and answer later: each exactly once.
 */
typedef void http_request_handler(
    void *arg, struct http_exchange *exchange, const struct http_request *request);

struct http_server_plan {
	int fd;                /* listening; owned by the server on success */
	struct tls *tls;       /* NULL: plain */
	peer_approve *approve; /* if tls asks for certificates */
	size_t body_most;      /* bytes; 0: methods with a body are refused */
	struct channel_limits limits;
	http_request_handler *on_request;
	/* A connection that was refused or broke; may be NULL. */
	void (*on_refused)(void *arg, const struct channel_end *end);
	void *arg;
};

enum fault http_server_new(struct http_server **server, struct loop *loop,
    const struct http_server_plan *plan, struct why *why) MUST_CHECK;
void http_server_free(struct http_server *server);
void http_server_set_tls(struct http_server *server, struct tls *tls);

/* headers: NULL, or whole lines "Name: value\r\n". body is copied. */
void http_respond(struct http_exchange *exchange, int status, const char *content_type,
    const char *headers, struct bytes body);
/* size bytes of fd, read as the peer takes them; owns fd. */
void http_respond_file(
    struct http_exchange *exchange, int status, const char *content_type, int fd, uint64_t size);
/* A short text page that says why. */
void http_refuse(struct http_exchange *exchange, int status, const struct why *why);
#endif
