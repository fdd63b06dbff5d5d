/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/control_test.c - JSON lines: answers, streams, refusals, and hostile input. */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "channel/control_client.h"
#include "channel/control_server.h"

#include "tests.h"

/* The server runs in a thread of its own: the client blocks. */
static struct {
	char path[64];
	pthread_t thread;
	struct loop *loop;
	struct control_server *server;
	struct control_request *kept;
	int gone[2], stop[2]; /* pipes: the server tells, the test tells */
} world;

static enum fault
run_add(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	const char *name = json_string_value(json_object_get(arguments, "name"));

	(void)arg;
	if (name == NULL)
		return explain(why, FAULT_MISSING, "phone add needs a name");
	*result = json_pack("{s:s}", "added", name);
	return FAULT_NONE;
}

static enum fault
run_nothing(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)arg, (void)arguments, (void)result, (void)why;
	return FAULT_NONE;
}

static void
start_events(void *arg, struct control_request *request, const json_t *arguments)
{
	struct why why;

	(void)arg, (void)arguments;
	for (int i = 1; i <= 3; i++)
		if (control_item(request, json_integer(i), &why) != FAULT_NONE)
			break;
	control_answer(request, json_string("end"));
}

static void
on_gone(void *arg, struct control_request *request)
{
	(void)arg;
	if (request == world.kept && write(world.gone[1], "g", 1) == 1)
		world.kept = NULL;
}

static void
start_forever(void *arg, struct control_request *request, const json_t *arguments)
{
	struct why why;

	(void)arg, (void)arguments;
	world.kept = request;
	control_on_gone(request, on_gone, NULL);
	if (control_item(request, json_string("first"), &why) != FAULT_NONE)
		world.kept = NULL;
}

static void
start_flood(void *arg, struct control_request *request, const json_t *arguments)
{
	struct why why = {""};
	enum fault fault = FAULT_NONE;

	(void)arg, (void)arguments;
	for (int i = 0; i < 10000000 && fault == FAULT_NONE; i++)
		fault = control_item(request, json_string("a reader that does not read"), &why);
	control_refuse(request, fault, &why);
}

static const struct control_command commands[] = {
    {"phone add", run_add, NULL},
    {"nothing", run_nothing, NULL},
    {"events", NULL, start_events},
    {"forever", NULL, start_forever},
    {"flood", NULL, start_flood},
};

static void
on_stop(int fd, int ready, void *arg)
{
	(void)fd, (void)ready, (void)arg;
	loop_stop(world.loop);
}

static void *
serve(void *arg)
{
	struct loop_watch *watch =
	    loop_watch_new(world.loop, world.stop[0], LOOP_READ, on_stop, NULL);

	loop_run(world.loop);
	loop_watch_free(watch);
	control_server_free(world.server);
	return arg;
}

static int
setup(void **state)
{
	struct control_server_plan plan = {world.path, commands, COUNT(commands), NULL};
	struct why why;

	(void)state;
	snprintf(world.path, sizeof(world.path), "/tmp/control_test.%d.sock", (int)getpid());
	assert_int_equal(pipe(world.gone) | pipe(world.stop), 0);
	assert_accepted(loop_new(&world.loop, &why), why);
	assert_accepted(control_server_new(&world.server, world.loop, &plan, &why), why);
	assert_int_equal(pthread_create(&world.thread, NULL, serve, NULL), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(write(world.stop[1], "s", 1), 1);
	pthread_join(world.thread, NULL);
	loop_free(world.loop);
	assert_int_equal(access(world.path, F_OK), -1);
	return 0;
}

static struct control_client *
open_client(void)
{
	struct control_client *client = NULL;
	struct why why;

	assert_accepted(control_client_open(&client, world.path, &why), why);
	return client;
}

static void
the_socket_is_ours_alone(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(stat(world.path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void
several_requests_are_answered_on_one_connection(void **state)
{
	struct control_client *client = open_client();
	json_t *arguments = json_pack("{s:s}", "name", "SEP001122334455"), *result = NULL;
	struct why why;

	(void)state;
	assert_accepted(
	    control_client_ask(client, "phone add", arguments, 5000, NULL, NULL, &result, &why),
	    why);
	assert_string_equal(json_string_value(json_object_get(result, "added")), "SEP001122334455");
	json_decref(result);
	assert_accepted(
	    control_client_ask(client, "nothing", NULL, 5000, NULL, NULL, &result, &why), why);
	assert_null(result);
	assert_refused(
	    control_client_ask(client, "phone add", NULL, 5000, NULL, NULL, &result, &why),
	    FAULT_MISSING, why, "phone add needs a name");
	assert_refused(
	    control_client_ask(client, "phone ad", NULL, 5000, NULL, NULL, &result, &why),
	    FAULT_MISSING, why, "there is no command 'phone ad'");
	json_decref(arguments);
	control_client_free(client);
}

static bool
add_up(void *arg, const json_t *item)
{
	*(int *)arg += (int)json_integer_value(item);
	return true;
}

static bool
only_the_first(void *arg, const json_t *item)
{
	*(int *)arg += json_is_string(item);
	return false;
}

static void
a_stream_has_items_and_an_end(void **state)
{
	struct control_client *client = open_client();
	json_t *result = NULL;
	struct why why;
	int sum = 0;

	(void)state;
	assert_accepted(
	    control_client_ask(client, "events", NULL, 5000, add_up, &sum, &result, &why), why);
	assert_int_equal(sum, 6);
	assert_string_equal(json_string_value(result), "end");
	json_decref(result);
	control_client_free(client);
}

static void
a_stream_whose_asker_leaves_is_told_so(void **state)
{
	struct control_client *client = open_client();
	struct why why;
	char told;
	int count = 0;

	(void)state;
	assert_accepted(
	    control_client_ask(client, "forever", NULL, 5000, only_the_first, &count, NULL, &why),
	    why);
	assert_int_equal(count, 1);
	control_client_free(client);
	assert_int_equal(read(world.gone[0], &told, 1), 1);
}

static int
raw_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, world.path, sizeof(world.path));
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
a_stream_nobody_reads_is_bounded(void **state)
{
	static const char request[] = "{\"command\":\"flood\"}\n";
	struct control_client *client;
	struct why why;
	int fd = raw_client();

	(void)state;
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	/* Others are served as before. */
	client = open_client();
	assert_accepted(
	    control_client_ask(client, "nothing", NULL, 20000, NULL, NULL, NULL, &why), why);
	control_client_free(client);
	close(fd);
}

/* What is wrong with a line, and the words of the answer. */
static const struct {
	const char *line, *words;
} lines[] = {
    {"{}", "without a command"},
    {"[]", "no object"},
    {"nonsense", "not JSON"},
    {"", "not JSON"},
    {"{\"command\":1}", "without a command"},
    {"{\"command\":\"nothing\",\"command\":\"x\"}", "duplicate"},
    {"{\"command\":\"nothing\",\"arguments\":[]}", "no object"},
    {"{\"command\":\"nothing\",\"argument\":{}}", "a member beside"},
    {"{\"command\":\"a\\u0000b\"}", "not JSON"},
    {"{\"command\":\"\xff\"}", "not JSON"},
    {"{\"command\":\"nothing\"} x", "not JSON"},
    {"{\"command\":\"0123456789012345678901234567890123456789012345678901234567890123\"}",
	"more than 63 letters"},
    {"{\"command\":\"nothing\",\"arguments\":{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	"brackets"},
};

static void
hostile_lines_are_refused_with_a_sentence_and_the_connection_lives(void **state)
{
	char answer[4096];
	int fd = raw_client();

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		ssize_t size;

		assert_int_equal(
		    send(fd, lines[i].line, strlen(lines[i].line), 0), strlen(lines[i].line));
		assert_int_equal(send(fd, "\n", 1, 0), 1);
		size = recv(fd, answer, sizeof(answer) - 1, 0);
		assert_true(size > 0);
		answer[size] = '\0';
		if (strstr(answer, "\"ok\":false") == NULL ||
		    strstr(answer, lines[i].words) == NULL || answer[size - 1] != '\n')
			fail_msg("%s: %s", lines[i].line, answer);
	}
	close(fd);
}

static void
a_line_that_never_ends_ends_the_connection(void **state)
{
	static char block[64 * 1024];
	int fd = raw_client();
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	ssize_t sent = 1;

	(void)state;
	memset(block, ' ', sizeof(block));
	for (int i = 0; i < 64 && sent > 0; i++)
		sent = send(fd, block, sizeof(block), MSG_NOSIGNAL);
	assert_int_equal(poll(&wait, 1, 10000), 1);
	assert_true(recv(fd, block, 1, 0) <= 0);
	close(fd);
}

static void
nobody_at_the_socket_is_said_so(void **state)
{
	struct control_client *client = NULL;
	struct why why;

	(void)state;
	assert_refused(control_client_open(&client, "/tmp/no such socket", &why), FAULT_MISSING,
	    why, "nobody answers at /tmp/no such socket");
	assert_null(client);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_socket_is_ours_alone),
	    cmocka_unit_test(several_requests_are_answered_on_one_connection),
	    cmocka_unit_test(a_stream_has_items_and_an_end),
	    cmocka_unit_test(a_stream_whose_asker_leaves_is_told_so),
	    cmocka_unit_test(a_stream_nobody_reads_is_bounded),
	    cmocka_unit_test(hostile_lines_are_refused_with_a_sentence_and_the_connection_lives),
	    cmocka_unit_test(a_line_that_never_ends_ends_the_connection),
	    cmocka_unit_test(nobody_at_the_socket_is_said_so),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
