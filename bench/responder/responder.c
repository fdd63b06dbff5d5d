/* SPDX-License-Identifier: Apache-2.0 */
#include "responder.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, ROOM = 16384, ANSWER = 2048 };

struct connection {
	SSL *ssl;
	int fd;
	size_t held;
	char input[ROOM + 1];
};

static void
end(struct connection *connection)
{
	SSL_free(connection->ssl);
	close(connection->fd);
	free(connection);
}

static void
welcome(int epoll, int listen_fd, SSL_CTX *context)
{
	int fd, yes = 1;

	while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
		connection->fd = fd;
		connection->held = 0;
		connection->ssl = SSL_new(context);
		SSL_set_fd(connection->ssl, fd);
		SSL_set_accept_state(connection->ssl);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

/* Copies one header line, so that the answer fits the request. */
static size_t
copy_line(const char *request, const char *name, char *answer, size_t size)
{
	const char *line = strstr(request, name), *stop;

	if (line == NULL || (stop = strstr(line + 2, "\r\n")) == NULL ||
	    size + (size_t)(stop - line) >= ANSWER - 64)
		return size;
	memcpy(answer + size, line, (size_t)(stop - line));
	return size + (size_t)(stop - line);
}

static void
answer(struct connection *connection, const char *request)
{
	static const char *const lines[] = {
	    "\r\nVia:", "\r\nFrom:", "\r\nTo:", "\r\nCall-ID:", "\r\nCSeq:", "\r\nContact:"};
	char text[ANSWER] = "SIP/2.0 200 OK";
	size_t size = strlen(text);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		size = copy_line(request, lines[i], text, size);
	size += (size_t)snprintf(text + size, ANSWER - size, "\r\nContent-Length: 0\r\n\r\n");
	SSL_write(connection->ssl, text, (int)size);
}

/* Requests without a body, as REGISTERs are. */
static void
answer_all(struct connection *connection)
{
	char *from = connection->input, *stop;

	connection->input[connection->held] = '\0';
	while ((stop = strstr(from, "\r\n\r\n")) != NULL) {
		stop[2] = '\0';
		answer(connection, from);
		from = stop + 4;
	}
	connection->held -= (size_t)(from - connection->input);
	memmove(connection->input, from, connection->held);
}

static void
serve(struct connection *connection)
{
	int got;

	do {
		got = SSL_read(connection->ssl, connection->input + connection->held,
		    (int)(ROOM - connection->held));
		if (got > 0) {
			connection->held += (size_t)got;
			answer_all(connection);
		}
	} while (got > 0 && SSL_has_pending(connection->ssl));
	if (got <= 0) {
		int error = SSL_get_error(connection->ssl, got);

		if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
			end(connection);
	}
}

void
responder_run(int listen_fd, SSL_CTX *context)
{
	struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.ptr = NULL};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epoll, EPOLL_CTL_ADD, listen_fd, &event);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.ptr == NULL)
				welcome(epoll, listen_fd, context);
			else
				serve(events[i].data.ptr);
	}
}
