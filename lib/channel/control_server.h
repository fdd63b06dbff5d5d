/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/control_server.h - JSON lines over a unix socket: how ringfencectl talks to a
 * manager and to a phone.
 *
 *     > {"command":"phone add","arguments":{"name":"SEP001122334455"}}
 *     < {"ok":true,"result":{...}}
 *     < {"ok":false,"fault":"missing","error":"there is no phone of that name"}
 *
 * A stream answers with several {"ok":true,"item":...} and ends with one of the lines above.
 * Only our own user and root are served. One request at a time; a connection may carry many.
 */
#ifndef CHANNEL_CONTROL_SERVER_H
#define CHANNEL_CONTROL_SERVER_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "base/loop.h"

enum {
	CONTROL_LINE_MOST = 1024 * 1024, /* bytes of a request or response line */
	CONTROL_CONNECTIONS_MOST = 64,
	CONTROL_QUEUE_MOST = 4 * 1024 * 1024, /* bytes waiting for a slow reader of a stream */
	CONTROL_COMMAND_MOST = 64,            /* letters of a command's name */
	CONTROL_DEPTH_MOST = 32,              /* brackets within brackets */
};

struct control_server;
struct control_request;

struct control_command {
	const char *name; /* "phone add" */
	/* Either: answers at once. *result (may stay NULL) is taken over. */
	enum fault (*run)(void *arg, const json_t *arguments, json_t **result, struct why *why);
	/* Or: keeps request, and answers later with the calls below. */
	void (*start)(void *arg, struct control_request *request, const json_t *arguments);
};

struct control_server_plan {
	const char *path; /* of the socket; made with mode 0600, an old one is replaced */
	const struct control_command *commands; /* kept, not copied; names are unique */
	size_t count;
	void *arg;
};

enum fault control_server_new(struct control_server **server, struct loop *loop,
    const struct control_server_plan *plan, struct why *why) MUST_CHECK;
/* Closes and removes the socket; requests not answered yet are gone (on_gone runs). */
void control_server_free(struct control_server *server);

/* End the request: never use it afterwards. result is taken over and may be NULL. */
void control_answer(struct control_request *request, json_t *result);
void control_refuse(struct control_request *request, enum fault fault, const struct why *why);
/* One line of a stream; item is taken over. FAULT_LIMIT: the reader is too slow, end it. */
enum fault control_item(struct control_request *request, json_t *item, struct why *why) MUST_CHECK;
/* The asker went away before the end; never use request afterwards. */
void control_on_gone(struct control_request *request,
    void (*on_gone)(void *arg, struct control_request *request), void *arg);

/* A request line read and checked, for the server and its fuzz target. */
struct control_line {
	char command[CONTROL_COMMAND_MOST];
	json_t *arguments; /* an object, never NULL; the caller's to json_decref() */
};
enum fault control_line_read(
    struct bytes line, struct control_line *read, struct why *why) MUST_CHECK;
#endif
