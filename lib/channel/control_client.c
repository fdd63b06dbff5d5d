/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/control_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "channel/control_server.h"

struct control_client {
	int fd;
	struct buffer input;
};

static enum fault
check_server(int fd, const char *path, struct why *why)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return explain_errno(why, "cannot see who serves %s", path);
	if (peer.uid != 0 && peer.uid != geteuid())
		return explain(why, FAULT_FORBIDDEN,
		    "%s is served by user %u, which is neither root nor you", path,
		    (unsigned)peer.uid);
	return FAULT_NONE;
}

enum fault
control_client_open(struct control_client **client, const char *path, struct why *why)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct control_client *made = NULL;
	enum fault fault = FAULT_NONE;

	if (strlen(path) >= sizeof(address.sun_path))
		return explain(why, FAULT_LIMIT, "the socket's path has more than %zu letters: %s",
		    sizeof(address.sun_path) - 1, path);
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	buffer_init(&made->input, CONTROL_QUEUE_MOST + 64 * 1024);
	strcpy(address.sun_path, path);
	made->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (made->fd < 0 ||
	    connect(made->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		fault = explain_errno(why, "nobody answers at %s", path);
	else
		fault = check_server(made->fd, path, why);
	if (fault == FAULT_NONE) {
		*client = made;
		made = NULL;
	}
	control_client_free(made);
	return fault;
}

void
control_client_free(struct control_client *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		close(client->fd);
	buffer_wipe(&client->input);
	free(client);
}

static enum fault
send_all(int fd, struct bytes bytes, struct why *why)
{
	while (bytes.left > 0) {
		ssize_t sent = send(fd, bytes.at, bytes.left, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return explain_errno(why, "cannot send the request");
		bytes = bytes_part(bytes, (size_t)sent, bytes.left - (size_t)sent);
	}
	return FAULT_NONE;
}

static enum fault
send_request(
    struct control_client *client, const char *command, const json_t *arguments, struct why *why)
{
	json_t *request = json_pack("{s:s}", "command", command);
	char *text;
	struct buffer line;
	enum fault fault;

	if (arguments != NULL)
		json_object_set_new(request, "arguments", json_deep_copy(arguments));
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	buffer_init(&line, CONTROL_LINE_MOST);
	buffer_text(&line, text != NULL ? text : "");
	buffer_u8(&line, '\n');
	free(text);
	if (!buffer_ok(&line))
		fault =
		    explain(why, FAULT_LIMIT, "a request of more than %d bytes", CONTROL_LINE_MOST);
	else
		fault = send_all(client->fd, buffer_bytes_of(&line), why);
	buffer_wipe(&line);
	return fault;
}

static enum fault
receive(struct control_client *client, int timeout_ms, struct why *why)
{
	struct pollfd wait = {.fd = client->fd, .events = POLLIN};
	uint8_t room[16 * 1024];
	ssize_t got;
	int ready = poll(&wait, 1, timeout_ms);

	if (ready == 0)
		return explain(why, FAULT_TIMEOUT, "no answer within %d ms", timeout_ms);
	got = ready > 0 ? recv(client->fd, room, sizeof(room), 0) : -1;
	if (got < 0)
		return errno == EINTR ? FAULT_NONE
				      : explain_errno(why, "cannot receive the answer");
	if (got == 0)
		return explain(why, FAULT_CLOSED, "the program went away before it answered");
	buffer_bytes(&client->input, bytes_of(room, (size_t)got));
	if (!buffer_ok(&client->input))
		return explain(why, FAULT_LIMIT, "the answer is too long");
	return FAULT_NONE;
}

/* The next whole line as JSON; the caller's to json_decref(). */
static enum fault
read_line(struct control_client *client, int timeout_ms, json_t **answer, struct why *why)
{
	struct bytes input = buffer_bytes_of(&client->input), line;
	json_error_t error;
	enum fault fault;

	while (!bytes_take_until(&input, '\n', &line)) {
		if ((fault = receive(client, timeout_ms, why)))
			return fault;
		input = buffer_bytes_of(&client->input);
	}
	*answer = json_loadb((const char *)line.at, line.left, JSON_REJECT_DUPLICATES, &error);
	buffer_consume(&client->input, line.left + 1);
	if (*answer == NULL)
		return explain(why, FAULT_MALFORMED, "the answer is not JSON: %s", error.text);
	return FAULT_NONE;
}

static enum fault
fault_of_name(const char *name)
{
	for (int fault = FAULT_NONE + 1; name != NULL && fault < FAULT_COUNT; fault++)
		if (strcmp(fault_name((enum fault)fault), name) == 0)
			return (enum fault)fault;
	return FAULT_UNEXPECTED;
}

static enum fault
read_refusal(const json_t *answer, struct why *why)
{
	const char *sentence = json_string_value(json_object_get(answer, "error"));

	return explain(why, fault_of_name(json_string_value(json_object_get(answer, "fault"))),
	    "%s", sentence != NULL ? sentence : "refused without a sentence");
}

enum fault
control_client_ask(struct control_client *client, const char *command, const json_t *arguments,
    int timeout_ms, control_item_handler *on_item, void *arg, json_t **result, struct why *why)
{
	json_t *answer = NULL, *got = NULL, *item;
	bool over = false;
	enum fault fault;

	if ((fault = send_request(client, command, arguments, why)))
		return fault;
	while (!over && (fault = read_line(client, timeout_ms, &answer, why)) == FAULT_NONE) {
		item = json_object_get(answer, "item");
		over = item == NULL;
		if (!json_is_true(json_object_get(answer, "ok")))
			fault = read_refusal(answer, why);
		else if (item != NULL)
			over = on_item != NULL && !on_item(arg, item);
		else
			got = json_incref(json_object_get(answer, "result"));
		json_decref(answer);
	}
	if (fault == FAULT_NONE && result != NULL)
		*result = json_incref(got);
	json_decref(got);
	return fault;
}
