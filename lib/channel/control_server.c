/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/control_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"

struct control_connection;

struct control_request {
	struct control_connection *connection; /* NULL: the asker is gone */
	void (*on_gone)(void *arg, struct control_request *request);
	void *gone_arg;
};

struct control_connection {
	struct control_connection *before, *after;
	struct control_server *server;
	struct loop_watch *watch;
	struct buffer input, output;
	struct control_request *request; /* being answered */
	int fd;
	bool working; /* lines are being worked on: do not start again inside */
	bool closing; /* after what is queued */
};

struct control_server {
	struct loop *loop;
	struct loop_watch *watch;
	struct control_server_plan plan;
	struct control_connection *connections;
	size_t count;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int fd;
};

static void
connection_free(struct control_connection *connection)
{
	struct control_request *request = connection->request;

	if (connection->before != NULL)
		connection->before->after = connection->after;
	else
		connection->server->connections = connection->after;
	if (connection->after != NULL)
		connection->after->before = connection->before;
	connection->server->count--;
	loop_watch_free(connection->watch);
	close(connection->fd);
	buffer_wipe(&connection->input);
	buffer_wipe(&connection->output);
	free(connection);
	if (request == NULL)
		return;
	request->connection = NULL;
	/* Whoever asked to be told frees nothing; whoever did not finds out when answering. */
	if (request->on_gone != NULL) {
		request->on_gone(request->gone_arg, request);
		free(request);
	}
}

static void
set_interest(struct control_connection *connection)
{
	/* A line that waits its turn must not be added to. */
	bool full = connection->input.size > CONTROL_LINE_MOST;

	loop_watch_set(connection->watch,
	    (full ? 0 : LOOP_READ) | (connection->output.size > 0 ? LOOP_WRITE : 0));
}

/* false: the connection is gone. */
static bool
flush(struct control_connection *connection)
{
	while (connection->output.size > 0) {
		ssize_t sent = send(connection->fd, connection->output.at, connection->output.size,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (sent < 0) {
			connection_free(connection);
			return false;
		}
		buffer_consume(&connection->output, (size_t)sent);
	}
	if (connection->output.size == 0 && connection->closing) {
		connection_free(connection);
		return false;
	}
	set_interest(connection);
	return true;
}

/* Queues one line; takes over. */
static enum fault
write_line(struct control_connection *connection, json_t *line, struct why *why)
{
	char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t size = text != NULL ? strlen(text) : 0;
	enum fault fault = FAULT_NONE;

	json_decref(line);
	if (text == NULL)
		fault = explain(why, FAULT_SYSTEM, "out of memory for an answer");
	else if (size + 1 > connection->output.most - connection->output.size)
		fault = explain(why, FAULT_LIMIT, "the asker reads too slowly: %zu bytes wait",
		    connection->output.size);
	else {
		buffer_bytes(&connection->output, bytes_of(text, size));
		buffer_u8(&connection->output, '\n');
	}
	free(text);
	return fault;
}

static void work(struct control_connection *connection);

/* The request is answered: the next line, if there is one. */
static void
finish_request(struct control_request *request, json_t *line)
{
	struct control_connection *connection = request->connection;
	struct why why;

	free(request);
	if (connection == NULL) {
		json_decref(line);
		return;
	}
	connection->request = NULL;
	if (write_line(connection, line, &why) != FAULT_NONE)
		connection->closing = true;
	if (!connection->working && flush(connection))
		work(connection);
}

void
control_answer(struct control_request *request, json_t *result)
{
	json_t *line = json_pack("{s:b}", "ok", 1);

	if (result != NULL)
		json_object_set_new(line, "result", result);
	finish_request(request, line);
}

void
control_refuse(struct control_request *request, enum fault fault, const struct why *why)
{
	/* A sentence may quote bytes from outside that are not UTF-8. */
	json_t *sentence = json_string(why->text);

	if (sentence == NULL)
		sentence = json_string("refused, for a reason that is not text");
	finish_request(request,
	    json_pack("{s:b, s:s, s:o}", "ok", 0, "fault", fault_name(fault), "error", sentence));
}

enum fault
control_item(struct control_request *request, json_t *item, struct why *why)
{
	struct control_connection *connection = request->connection;
	enum fault fault;

	if (connection == NULL) {
		json_decref(item);
		return explain(why, FAULT_CLOSED, "the asker went away");
	}
	fault = write_line(connection, json_pack("{s:b, s:o}", "ok", 1, "item", item), why);
	/* Sending is left to the loop, so that the connection cannot vanish inside the call. */
	set_interest(connection);
	return fault;
}

void
control_on_gone(struct control_request *request,
    void (*on_gone)(void *arg, struct control_request *request), void *arg)
{
	request->on_gone = on_gone;
	request->gone_arg = arg;
}

static const struct control_command *
find_command(const struct control_server *server, const char *name)
{
	for (size_t i = 0; i < server->plan.count; i++)
		if (strcmp(server->plan.commands[i].name, name) == 0)
			return &server->plan.commands[i];
	return NULL;
}

static void
run(struct control_connection *connection, const struct control_line *line)
{
	struct control_server *server = connection->server;
	const struct control_command *command = find_command(server, line->command);
	struct control_request *request = connection->request;
	json_t *result = NULL;
	struct why why = {""};
	enum fault fault;

	if (command == NULL) {
		fault = explain(&why, FAULT_MISSING, "there is no command '%s'", line->command);
		control_refuse(request, fault, &why);
	} else if (command->start != NULL) {
		command->start(server->plan.arg, request, line->arguments);
	} else if ((fault = command->run(server->plan.arg, line->arguments, &result, &why))) {
		json_decref(result);
		control_refuse(request, fault, &why);
	} else {
		control_answer(request, result);
	}
}

static void
handle_line(struct control_connection *connection, struct bytes text)
{
	struct control_line line = {0};
	struct why why;
	enum fault fault;

	connection->request = calloc(1, sizeof(*connection->request));
	if (connection->request == NULL) {
		connection->closing = true;
		return;
	}
	connection->request->connection = connection;
	if ((fault = control_line_read(text, &line, &why)))
		control_refuse(connection->request, fault, &why);
	else
		run(connection, &line);
	json_decref(line.arguments);
}

/* One line after the other, as long as each is answered at once. */
static void
work(struct control_connection *connection)
{
	struct bytes input, line;

	connection->working = true;
	while (connection->request == NULL && !connection->closing) {
		input = buffer_bytes_of(&connection->input);
		if (!bytes_take_until(&input, '\n', &line)) {
			if (input.left > CONTROL_LINE_MOST)
				connection->closing = true;
			break;
		}
		handle_line(connection, line);
		buffer_consume(&connection->input, line.left + 1);
	}
	connection->working = false;
	(void)flush(connection);
}

static void
on_ready(int fd, int ready, void *arg)
{
	struct control_connection *connection = arg;
	uint8_t room[16 * 1024];
	ssize_t got;

	if ((ready & LOOP_WRITE) && !flush(connection))
		return;
	if (!(ready & LOOP_READ))
		return;
	got = recv(fd, room, sizeof(room), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0)
		buffer_bytes(&connection->input, bytes_of(room, (size_t)got));
	if (got <= 0 || !buffer_ok(&connection->input)) {
		connection_free(connection);
		return;
	}
	work(connection);
}

/* Only ourselves and root. */
static bool
is_welcome(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void
welcome(struct control_server *server, int fd)
{
	struct control_connection *connection = NULL;

	if (!is_welcome(fd) || server->count >= CONTROL_CONNECTIONS_MOST ||
	    (connection = calloc(1, sizeof(*connection))) == NULL ||
	    (connection->watch =
		    loop_watch_new(server->loop, fd, LOOP_READ, on_ready, connection)) == NULL) {
		free(connection);
		close(fd);
		return;
	}
	connection->server = server;
	connection->fd = fd;
	buffer_init(&connection->input, CONTROL_LINE_MOST + 32 * 1024);
	buffer_init(&connection->output, CONTROL_QUEUE_MOST);
	connection->after = server->connections;
	if (server->connections != NULL)
		server->connections->before = connection;
	server->connections = connection;
	server->count++;
}

static void
on_connection(int fd, int ready, void *arg)
{
	int made = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)ready;
	if (made >= 0)
		welcome(arg, made);
}

static enum fault
open_socket(struct control_server *server, const char *path, struct why *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t old;
	int failed;

	if (strlen(path) >= sizeof(address.sun_path))
		return explain(why, FAULT_LIMIT, "the socket's path has more than %zu letters: %s",
		    sizeof(address.sun_path) - 1, path);
	strcpy(address.sun_path, path);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->fd < 0)
		return explain_errno(why, "cannot make a socket");
	(void)unlink(path);
	old = umask(0177); /* never readable by others, not for a moment */
	failed = bind(server->fd, (const struct sockaddr *)&address, sizeof(address));
	umask(old);
	if (failed != 0)
		return explain_errno(why, "cannot make the control socket %s", path);
	strcpy(server->path, path);
	if (listen(server->fd, CONTROL_CONNECTIONS_MOST) != 0)
		return explain_errno(why, "cannot listen on %s", path);
	return FAULT_NONE;
}

enum fault
control_server_new(struct control_server **server, struct loop *loop,
    const struct control_server_plan *plan, struct why *why)
{
	struct control_server *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a control server");
	made->loop = loop;
	made->plan = *plan;
	made->fd = -1;
	if ((fault = open_socket(made, plan->path, why)))
		goto done;
	made->watch = loop_watch_new(loop, made->fd, LOOP_READ, on_connection, made);
	if (made->watch == NULL) {
		fault = explain(why, FAULT_SYSTEM, "out of memory for a control server");
		goto done;
	}
	*server = made;
	made = NULL;
done:
	control_server_free(made);
	return fault;
}

void
control_server_free(struct control_server *server)
{
	if (server == NULL)
		return;
	while (server->connections != NULL)
		connection_free(server->connections);
	loop_watch_free(server->watch);
	if (server->fd >= 0)
		close(server->fd);
	if (server->path[0] != '\0')
		(void)unlink(server->path);
	free(server);
}
