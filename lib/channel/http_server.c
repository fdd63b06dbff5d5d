/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "channel/deadlines.h"

enum { SEND_AT_ONCE = 64 * 1024 /* bytes given to the channel before it drained */ };

struct http_connection {
	struct deadline deadline;
	struct http_connection *before, *after;
	struct http_server *server;
	struct channel *channel;
	struct peer_facts facts;
	struct buffer der, input, output;
	size_t output_sent;
	int file; /* -1: none */
	uint64_t file_left;
	struct http_exchange *exchange; /* being answered */
	bool head_only, keep, answered;
	bool handling; /* the handler runs: what it answers is sent when it returned */
};

/* The handler's side; outlives a connection that breaks. */
struct http_exchange {
	struct http_connection *connection; /* NULL: gone */
};

struct http_server {
	struct loop *loop;
	struct channel_listener *listener;
	struct http_server_plan plan;
	struct deadlines request, idle;
	struct http_connection *connections;
	struct channel_handlers handlers;
};

static void
connection_free(struct http_connection *connection)
{
	deadline_stop(&connection->deadline);
	if (connection->exchange != NULL) {
		if (connection->answered)
			free(connection->exchange);
		else
			connection->exchange->connection = NULL;
	}
	if (connection->file >= 0)
		close(connection->file);
	if (connection->before != NULL)
		connection->before->after = connection->after;
	else
		connection->server->connections = connection->after;
	if (connection->after != NULL)
		connection->after->before = connection->before;
	buffer_finish(&connection->der);
	buffer_wipe(&connection->input);
	buffer_wipe(&connection->output);
	free(connection);
}

static void
drop(struct http_connection *connection)
{
	channel_close(connection->channel);
	connection_free(connection);
}

static void
on_due(struct deadline *deadline)
{
	/* Too slow in asking, in taking the answer, or in asking again. */
	drop((struct http_connection *)((char *)deadline -
					offsetof(struct http_connection, deadline)));
}

static void process(struct http_connection *connection);

/* The answer is out: the next request, or goodbye. */
static void
finish_exchange(struct http_connection *connection)
{
	free(connection->exchange);
	connection->exchange = NULL;
	connection->answered = false;
	buffer_wipe(&connection->output);
	connection->output_sent = 0;
	if (connection->file >= 0)
		close(connection->file);
	connection->file = -1;
	if (!connection->keep) {
		drop(connection);
		return;
	}
	deadline_start(&connection->server->idle, &connection->deadline);
	channel_set_reading(connection->channel, true);
}

static bool
refill(struct http_connection *connection)
{
	uint8_t *room;
	size_t want = SEND_AT_ONCE;
	ssize_t got;

	buffer_clear(&connection->output);
	connection->output_sent = 0;
	if (connection->file_left < want)
		want = (size_t)connection->file_left;
	room = buffer_extend(&connection->output, want);
	got = room != NULL ? read(connection->file, room, want) : -1;
	if (got <= 0)
		return false;
	connection->output.size = (size_t)got;
	connection->file_left -= (uint64_t)got;
	return true;
}

/* Gives the channel what it takes; true when all is out. false: more later, or dropped. */
static bool
pump(struct http_connection *connection)
{
	deadline_start(&connection->server->idle, &connection->deadline);
	while (channel_queued(connection->channel) == 0) {
		struct bytes rest = bytes_part(
		    buffer_bytes_of(&connection->output), connection->output_sent, SEND_AT_ONCE);

		if (rest.left > 0) {
			connection->output_sent += rest.left;
			/* on_closed tells if it broke. */
			if (channel_write(connection->channel, rest, NULL) != FAULT_NONE)
				return false;
		} else if (connection->file_left == 0) {
			return true;
		} else if (!refill(connection)) {
			/* The length is promised already: a cut connection is the only honest end.
			 */
			channel_abort(connection->channel);
			connection_free(connection);
			return false;
		}
	}
	channel_set_reading(connection->channel, false);
	return false;
}

/* What an exchange was answered with goes out, now or after its handler returned. */
static void
send_answer(struct http_connection *connection)
{
	if (connection->handling || !connection->answered)
		return;
	if (pump(connection)) {
		bool keep = connection->keep;

		finish_exchange(connection);
		if (keep)
			process(connection);
	}
}

static void
on_drained(void *arg, struct channel *channel)
{
	struct http_connection *connection = channel_user(channel);

	(void)arg;
	if (connection != NULL)
		send_answer(connection);
}

static void
write_head(struct http_connection *connection, int status, const char *content_type,
    const char *headers, uint64_t length)
{
	struct buffer *output = &connection->output;
	char date[64];
	time_t now = (time_t)clock_wall();
	struct tm broken;

	gmtime_r(&now, &broken);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &broken);
	buffer_format(output, "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: Ringfence\r\n", status,
	    http_status_words(status), date);
	if (content_type != NULL)
		buffer_format(output, "Content-Type: %s\r\n", content_type);
	buffer_format(output, "Content-Length: %llu\r\nConnection: %s\r\n%s\r\n",
	    (unsigned long long)length, connection->keep ? "keep-alive" : "close",
	    headers != NULL ? headers : "");
}

/* The connection that waits for this answer; NULL (and the exchange is over) if it is gone. */
static struct http_connection *
begin_answer(struct http_exchange *exchange)
{
	struct http_connection *connection = exchange->connection;

	if (connection == NULL)
		free(exchange);
	else
		connection->answered = true;
	return connection;
}

void
http_respond(struct http_exchange *exchange, int status, const char *content_type,
    const char *headers, struct bytes body)
{
	struct http_connection *connection = begin_answer(exchange);

	if (connection == NULL)
		return;
	write_head(connection, status, content_type, headers, body.left);
	if (!connection->head_only)
		buffer_bytes(&connection->output, body);
	if (!buffer_ok(&connection->output)) {
		buffer_wipe(&connection->output);
		connection->keep = false;
		write_head(connection, 500, NULL, NULL, 0);
	}
	send_answer(connection);
}

void
http_respond_file(
    struct http_exchange *exchange, int status, const char *content_type, int fd, uint64_t size)
{
	struct http_connection *connection = begin_answer(exchange);

	if (connection == NULL) {
		close(fd);
		return;
	}
	write_head(connection, status, content_type, NULL, size);
	connection->file = fd;
	connection->file_left = connection->head_only ? 0 : size;
	send_answer(connection);
}

void
http_refuse(struct http_exchange *exchange, int status, const struct why *why)
{
	char text[WHY_SIZE + 2];
	int size = snprintf(text, sizeof(text), "%s\n", why->text);

	http_respond(exchange, status, "text/plain; charset=utf-8",
	    status == 405 ? "Allow: GET, HEAD\r\n" : NULL, bytes_of(text, (size_t)size));
}

/* Which status a request that cannot be read deserves. */
static int
status_of(enum fault fault)
{
	switch (fault) {
	case FAULT_LIMIT:
		return 431;
	case FAULT_FORBIDDEN:
		return 501;
	default:
		return 400;
	}
}

static bool
is_method(const struct http_head *head, const char *method)
{
	return bytes_equal_text(head->method, method);
}

/* Our own answer to a request no handler sees; the connection is not used again. */
static void
turn_down(struct http_connection *connection, int status, const struct why *why)
{
	connection->keep = false;
	http_refuse(connection->exchange, status, why);
}

static void
begin_exchange(struct http_connection *connection, const struct http_head *head, bool readable)
{
	connection->exchange = calloc(1, sizeof(*connection->exchange));
	if (connection->exchange != NULL)
		connection->exchange->connection = connection;
	connection->keep = readable && head->keep;
	connection->head_only = readable && is_method(head, "HEAD");
	connection->handling = true;
	deadline_stop(&connection->deadline);
}

static void
handle(struct http_connection *connection, const struct http_head *head, struct bytes body)
{
	struct http_server *server = connection->server;
	struct http_request request = {head, body, &connection->facts};
	struct why why;

	if (head->has_length && head->length > server->plan.body_most) {
		snprintf(why.text, sizeof(why.text), "the body is longer than %zu bytes",
		    server->plan.body_most);
		turn_down(connection, 413, &why);
	} else if (server->plan.body_most == 0 && !is_method(head, "GET") &&
		   !is_method(head, "HEAD")) {
		snprintf(why.text, sizeof(why.text), "only GET and HEAD are served here");
		turn_down(connection, 405, &why);
	} else {
		server->plan.on_request(server->plan.arg, connection->exchange, &request);
	}
}

/* One request, if all of it is there; true when another may follow at once. */
static bool
process_one(struct http_connection *connection)
{
	struct bytes input = buffer_bytes_of(&connection->input), body = {0};
	struct http_head head;
	struct why why;
	enum fault fault = http_request_read(input, &head, &why);
	bool whole, fits;

	fits = fault == FAULT_NONE && head.length <= connection->server->plan.body_most;
	whole = fits && input.left - head.size >= head.length;
	if (fault == FAULT_BUSY || (fits && !whole))
		return false;
	begin_exchange(connection, &head, fault == FAULT_NONE);
	if (connection->exchange == NULL) {
		drop(connection);
		return false;
	}
	if (fault != FAULT_NONE) {
		turn_down(connection, status_of(fault), &why);
	} else {
		if (whole)
			body = bytes_part(input, head.size, (size_t)head.length);
		handle(connection, &head, body);
	}
	if (whole)
		buffer_consume(&connection->input, head.size + body.left);
	else
		buffer_clear(&connection->input);
	connection->handling = false;
	if (!connection->answered)
		channel_set_reading(connection->channel, false);
	if (!connection->answered || !pump(connection))
		return false; /* the rest comes from on_drained or from a later answer */
	whole = connection->keep;
	finish_exchange(connection);
	return whole;
}

static void
process(struct http_connection *connection)
{
	while (connection->input.size > 0 && connection->exchange == NULL)
		if (!process_one(connection))
			return;
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct http_server *server = arg;
	struct http_connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL) {
		channel_close(channel);
		return;
	}
	connection->server = server;
	connection->channel = channel;
	connection->file = -1;
	connection->facts = *facts;
	buffer_init(&connection->der, PEER_CERTIFICATE_MOST);
	buffer_bytes(&connection->der, facts->certificate);
	connection->facts.certificate = buffer_bytes_of(&connection->der);
	buffer_init(
	    &connection->input, HTTP_HEAD_MOST + server->plan.body_most + CHANNEL_READ_MOST);
	buffer_init(&connection->output, HTTP_SERVER_RESPONSE_MOST + HTTP_HEAD_MOST);
	connection->after = server->connections;
	if (server->connections != NULL)
		server->connections->before = connection;
	server->connections = connection;
	channel_set_user(channel, connection);
	deadline_start(&server->idle, &connection->deadline);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct http_server *server = arg;
	struct http_connection *connection = channel_user(channel);

	if (connection == NULL)
		return;
	/* The deadline of a request runs from its first byte, however slowly it arrives. */
	if (connection->input.size == 0 && connection->exchange == NULL)
		deadline_start(&server->request, &connection->deadline);
	buffer_bytes(&connection->input, bytes);
	if (!buffer_ok(&connection->input)) {
		drop(connection);
		return;
	}
	if (connection->exchange == NULL)
		process(connection);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct http_server *server = arg;
	struct http_connection *connection = channel != NULL ? channel_user(channel) : NULL;

	if (connection != NULL)
		connection_free(connection);
	if (server->plan.on_refused != NULL && end->fault != FAULT_NONE)
		server->plan.on_refused(server->plan.arg, end);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	struct http_server *server = arg;

	if (server->plan.approve != NULL)
		return server->plan.approve(server->plan.arg, chain, verdict, why);
	verdict->rule = PEER_RULE_OTHER;
	return explain(why, FAULT_UNTRUSTED, "this service asks for no certificate");
}

static enum fault
listen_on(struct http_server *server, struct why *why)
{
	struct channel_listen_plan plan = {
	    .transport = server->plan.tls != NULL ? TRANSPORT_TLS : TRANSPORT_TCP,
	    .fd = server->plan.fd,
	    .tls = server->plan.tls,
	    .limits = server->plan.limits,
	    .handlers = &server->handlers,
	    .arg = server,
	};

	if (plan.limits.total_most == 0)
		plan.limits.total_most = HTTP_SERVER_TOTAL_MOST;
	if (plan.limits.per_source_most == 0)
		plan.limits.per_source_most = HTTP_SERVER_PER_SOURCE_MOST;
	return channel_listen(&server->listener, server->loop, &plan, why);
}

enum fault
http_server_new(struct http_server **server, struct loop *loop, const struct http_server_plan *plan,
    struct why *why)
{
	struct http_server *made = calloc(1, sizeof(*made));
	uint32_t idle_ms = plan->limits.idle_ms != 0 ? plan->limits.idle_ms : HTTP_SERVER_IDLE_MS;
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for an HTTP server");
	made->loop = loop;
	made->plan = *plan;
	made->plan.limits.idle_ms = 0; /* receiving nothing is no sin while an answer is taken */
	made->handlers =
	    (struct channel_handlers){on_open, on_bytes, on_closed, on_drained, approve};
	if ((fault = deadlines_init(&made->request, loop, HTTP_SERVER_REQUEST_MS, on_due, why)) ||
	    (fault = deadlines_init(&made->idle, loop, idle_ms, on_due, why)) ||
	    (fault = listen_on(made, why)))
		goto done;
	*server = made;
	made = NULL;
done:
	http_server_free(made);
	return fault;
}

void
http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	while (server->connections != NULL) {
		channel_abort(server->connections->channel);
		connection_free(server->connections);
	}
	channel_listener_free(server->listener);
	deadlines_finish(&server->request);
	deadlines_finish(&server->idle);
	free(server);
}

void
http_server_set_tls(struct http_server *server, struct tls *tls)
{
	channel_listener_set_tls(server->listener, tls);
}
