/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/control_client.h - ask a control server, and wait for the answer (no loop). */
#ifndef CHANNEL_CONTROL_CLIENT_H
#define CHANNEL_CONTROL_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "base/fault.h"

struct control_client;

/* Connects to the socket; refuses a server that is neither root nor our own user. */
enum fault control_client_open(
    struct control_client **client, const char *path, struct why *why) MUST_CHECK;
void control_client_free(struct control_client *client);

/* One line of a stream, valid during the call; false ends the asking (the stream is given up). */
typedef bool control_item_handler(void *arg, const json_t *item);

/*
 * arguments is not taken over and may be NULL. A refusal comes back as the server's fault and
 * sentence. *result is the caller's to json_decref(); it may be NULL on success. on_item may be
 * NULL when no stream is expected. timeout_ms: for each line; -1 waits for ever.
 */
enum fault control_client_ask(struct control_client *client, const char *command,
    const json_t *arguments, int timeout_ms, control_item_handler *on_item, void *arg,
    json_t **result, struct why *why) MUST_CHECK;
#endif
