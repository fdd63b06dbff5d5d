/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/http_client.h"

#include <stdlib.h>
#include <string.h>

struct http_fetch {
	struct http_fetch_plan plan;
	struct channel *channel;
	struct loop_timer *deadline;
	struct channel_handlers handlers;
	struct buffer request, head_input, body;
	struct http_head head;
	bool has_head;
	struct http_chunks chunks;
};

void
http_fetch_free(struct http_fetch *fetch)
{
	if (fetch == NULL)
		return;
	channel_abort(fetch->channel);
	loop_timer_free(fetch->deadline);
	buffer_wipe(&fetch->request);
	buffer_wipe(&fetch->head_input);
	buffer_wipe(&fetch->body);
	free(fetch);
}

static void
finish(struct http_fetch *fetch, enum fault fault, const struct why *why)
{
	if (fetch->channel != NULL)
		channel_close(fetch->channel);
	fetch->channel = NULL;
	loop_timer_stop(fetch->deadline);
	fetch->plan.on_fetched(fetch->plan.arg, fault, fetch->has_head ? fetch->head.status : 0,
	    fault == FAULT_NONE ? buffer_bytes_of(&fetch->body) : bytes_of(NULL, 0), why);
	http_fetch_free(fetch);
}

static void
on_deadline(void *arg)
{
	struct http_fetch *fetch = arg;
	struct why why;

	finish(fetch,
	    explain(&why, FAULT_TIMEOUT, "no whole answer within %u ms", fetch->plan.deadline_ms),
	    &why);
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct http_fetch *fetch = arg;
	struct why why;
	enum fault fault;

	(void)facts;
	if ((fault = channel_write(channel, buffer_bytes_of(&fetch->request), &why)))
		finish(fetch, fault, &why);
}

/* Is the whole body here? */
static bool
is_whole(const struct http_fetch *fetch)
{
	if (!fetch->has_head)
		return false;
	if (fetch->head.status == 204 || fetch->head.status == 304)
		return true;
	if (fetch->head.chunked)
		return fetch->chunks.done;
	return fetch->head.has_length && fetch->body.size == fetch->head.length;
}

static enum fault
take_body(struct http_fetch *fetch, struct bytes bytes, struct why *why)
{
	if (fetch->head.chunked)
		return http_chunks_read(&fetch->chunks, &bytes, &fetch->body, why);
	/* What stands behind the body belongs to nobody. */
	if (fetch->head.has_length)
		bytes = bytes_part(bytes, 0, (size_t)(fetch->head.length - fetch->body.size));
	if (bytes.left > fetch->body.most - fetch->body.size)
		return explain(
		    why, FAULT_LIMIT, "the answer is longer than %zu bytes", fetch->body.most);
	buffer_bytes(&fetch->body, bytes);
	return buffer_ok(&fetch->body) ? FAULT_NONE
				       : explain(why, FAULT_SYSTEM, "out of memory for an answer");
}

static enum fault
take_head(struct http_fetch *fetch, struct bytes bytes, struct why *why)
{
	struct bytes input;
	enum fault fault;

	buffer_bytes(&fetch->head_input, bytes);
	if (!buffer_ok(&fetch->head_input))
		return explain(why, FAULT_LIMIT, "the answer's headers are too long");
	input = buffer_bytes_of(&fetch->head_input);
	fault = http_response_read(input, &fetch->head, why);
	/* 100 Continue and its like come before the answer. */
	while (fault == FAULT_NONE && fetch->head.status < 200) {
		buffer_consume(&fetch->head_input, fetch->head.size);
		input = buffer_bytes_of(&fetch->head_input);
		fault = http_response_read(input, &fetch->head, why);
	}
	if (fault != FAULT_NONE)
		return fault;
	fetch->has_head = true;
	if (fetch->head.has_length && fetch->head.length > fetch->plan.body_most)
		return explain(
		    why, FAULT_LIMIT, "the answer is longer than %zu bytes", fetch->plan.body_most);
	return take_body(
	    fetch, bytes_part(input, fetch->head.size, input.left - fetch->head.size), why);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct http_fetch *fetch = arg;
	struct why why;
	enum fault fault;

	(void)channel;
	fault = fetch->has_head ? take_body(fetch, bytes, &why) : take_head(fetch, bytes, &why);
	if (fault == FAULT_BUSY)
		return;
	if (fault != FAULT_NONE || is_whole(fetch))
		finish(fetch, fault, &why);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct http_fetch *fetch = arg;
	struct why why = end->why;
	enum fault fault = end->fault;

	(void)channel;
	fetch->channel = NULL;
	if (fault == FAULT_NONE && fetch->has_head && !fetch->head.has_length &&
	    !fetch->head.chunked) {
		finish(fetch, FAULT_NONE, &why); /* the close is its end, and it was not cut */
		return;
	}
	if (fault == FAULT_NONE)
		fault = explain(&why, FAULT_CLOSED,
		    "the server closed the connection after %zu bytes of the answer",
		    fetch->body.size);
	finish(fetch, fault, &why);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	struct http_fetch *fetch = arg;

	if (fetch->plan.approve != NULL)
		return fetch->plan.approve(fetch->plan.arg, chain, verdict, why);
	verdict->rule = PEER_RULE_OTHER;
	return explain(why, FAULT_UNTRUSTED, "nobody was given to judge the server's certificate");
}

static void
write_path(struct buffer *request, const char *path)
{
	for (; *path != '\0'; path++)
		if (strchr("/-._~?=&", *path) != NULL || (*path >= '0' && *path <= '9') ||
		    ((*path | 0x20) >= 'a' && (*path | 0x20) <= 'z'))
			buffer_u8(request, (uint8_t)*path);
		else
			buffer_format(request, "%%%02X", (unsigned)(unsigned char)*path);
}

static enum fault
write_request(struct http_fetch *fetch, struct why *why)
{
	char address[ADDRESS_TEXT_SIZE];
	const char *host = fetch->plan.host;

	if (fetch->plan.path == NULL || fetch->plan.path[0] != '/')
		return explain(why, FAULT_MALFORMED, "a path that does not begin with '/'");
	if (host == NULL)
		host = address_text(&fetch->plan.remote, address);
	if (strpbrk(host, "\r\n \t") != NULL)
		return explain(why, FAULT_MALFORMED, "a host with a blank in it");
	buffer_text(&fetch->request, "GET ");
	write_path(&fetch->request, fetch->plan.path);
	buffer_format(&fetch->request,
	    " HTTP/1.1\r\nHost: %s\r\nUser-Agent: Ringfence\r\nAccept: */*\r\n"
	    "Connection: close\r\n\r\n",
	    host);
	return buffer_ok(&fetch->request) ? FAULT_NONE
					  : explain(why, FAULT_LIMIT, "the path is too long");
}

static enum fault
connect_to(struct http_fetch *fetch, struct loop *loop, struct why *why)
{
	struct channel_connect_plan plan = {
	    .transport = fetch->plan.tls != NULL ? TRANSPORT_TLS : TRANSPORT_TCP,
	    .remote = fetch->plan.remote,
	    .local = fetch->plan.local,
	    .tls = fetch->plan.tls,
	    .expected_name = fetch->plan.expected_name,
	    .limits = {.handshake_ms = fetch->plan.deadline_ms},
	    .handlers = &fetch->handlers,
	    .arg = fetch,
	};

	return channel_connect(&fetch->channel, loop, &plan, why);
}

enum fault
http_fetch_new(struct http_fetch **fetch, struct loop *loop, const struct http_fetch_plan *plan,
    struct why *why)
{
	struct http_fetch *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a fetch");
	made->plan = *plan;
	if (plan->deadline_ms == 0)
		made->plan.deadline_ms = HTTP_CLIENT_MS;
	made->handlers = (struct channel_handlers){on_open, on_bytes, on_closed, NULL, approve};
	buffer_init(&made->request, HTTP_HEAD_MOST);
	buffer_init(&made->head_input, HTTP_HEAD_MOST + CHANNEL_READ_MOST);
	buffer_init(&made->body, plan->body_most);
	made->deadline = loop_timer_new(loop, on_deadline, made);
	if (made->deadline == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for a fetch");
		goto done;
	}
	if ((fault = write_request(made, why)) || (fault = connect_to(made, loop, why)))
		goto done;
	loop_timer_set(made->deadline, made->plan.deadline_ms);
	*fetch = made;
	made = NULL;
done:
	http_fetch_free(made);
	return fault;
}

void
http_fetch_approve_again(struct http_fetch *fetch)
{
	if (fetch->channel != NULL)
		channel_approve_again(fetch->channel);
}
