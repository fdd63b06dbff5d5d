/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/http_test.c - server and client against each other, and against strangers. */
#include "channel_kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/http_client.h"
#include "channel/http_server.h"

enum { LARGE = 3 * 1024 * 1024 };

struct world {
	struct loop *loop;
	struct loop_timer *guard;
	struct tls *server_tls, *client_tls;
	struct http_server *server;
	struct address address;
	struct http_exchange *kept; /* asked for /later */
	unsigned requests;
	char seen[256];
	/* the client's result */
	enum fault fault;
	int status;
	size_t size;
	uint32_t sum;
	struct why why;
	char body[64];
	/* the raw client's */
	int raw;
	struct loop_watch *watch;
	char raw_seen[8192];
	size_t raw_size;
};

static uint8_t large[LARGE];

static uint32_t
sum_of(struct bytes bytes)
{
	uint32_t sum = 1;
	uint8_t byte;

	while (bytes_take_u8(&bytes, &byte))
		sum = sum * 31 + byte;
	return sum;
}

static void
respond_file(struct http_exchange *exchange)
{
	char path[] = "/tmp/http_test.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, large, sizeof(large)), sizeof(large));
	lseek(fd, 0, SEEK_SET);
	http_respond_file(exchange, 200, "application/octet-stream", fd, sizeof(large));
}

static void
on_request(void *arg, struct http_exchange *exchange, const struct http_request *request)
{
	struct world *world = arg;
	const char *path = request->head->path;

	world->requests++;
	snprintf(world->seen, sizeof(world->seen), "%.255s", path);
	if (strcmp(path, "/later") == 0)
		world->kept = exchange;
	else if (strcmp(path, "/large") == 0)
		http_respond(exchange, 200, "application/octet-stream", NULL,
		    bytes_of(large, sizeof(large)));
	else if (strcmp(path, "/file") == 0)
		respond_file(exchange);
	else if (strcmp(path, "/echo") == 0)
		http_respond(exchange, 200, "text/plain", "X-Own: yes\r\n", request->body);
	else
		http_respond(exchange, 404, "text/plain", NULL, bytes_text("no such file\n"));
	if (world->kept != NULL)
		loop_stop(world->loop);
}

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened for %d ms", KIT_GUARD_MS);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	(void)arg, (void)chain, (void)verdict, (void)why;
	return FAULT_NONE;
}

static void
begin(struct world *world, bool tls, size_t body_most)
{
	struct http_server_plan plan = {
	    .on_request = on_request, .arg = world, .body_most = body_most};
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_ec), client = kit_plan(TLS_CLIENT, NULL);
	struct address any;
	struct why why;

	*world = (struct world){.raw = -1};
	assert_accepted(loop_new(&world->loop, &why), why);
	world->guard = loop_timer_new(world->loop, on_guard, world);
	loop_timer_set(world->guard, KIT_GUARD_MS);
	if (tls) {
		kit_tls(&world->server_tls, &server);
		kit_tls(&world->client_tls, &client);
	}
	plan.tls = world->server_tls;
	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, &any, &why), why);
	assert_accepted(
	    channel_bind(TRANSPORT_TCP, &any, false, &plan.fd, &world->address, &why), why);
	assert_accepted(http_server_new(&world->server, world->loop, &plan, &why), why);
}

static void
end(struct world *world)
{
	loop_watch_free(world->watch);
	if (world->raw >= 0)
		close(world->raw);
	http_server_free(world->server);
	while (channel_alive() > 0)
		kit_turn(world->loop);
	loop_timer_free(world->guard);
	tls_free(world->server_tls);
	tls_free(world->client_tls);
	loop_free(world->loop);
}

static void
on_fetched(void *arg, enum fault fault, int status, struct bytes body, const struct why *why)
{
	struct world *world = arg;

	world->fault = fault;
	world->status = status;
	world->size = body.left;
	world->sum = sum_of(body);
	world->why = *why;
	if (body.left < sizeof(world->body))
		assert_true(bytes_copy_text(body, world->body, sizeof(world->body)));
	loop_stop(world->loop);
}

static void
fetch(struct world *world, const char *path, size_t most)
{
	struct http_fetch_plan plan = {.remote = world->address,
	    .path = path,
	    .tls = world->client_tls,
	    .approve = approve,
	    .body_most = most,
	    .on_fetched = on_fetched,
	    .arg = world};
	struct http_fetch *fetch = NULL;
	struct why why;

	assert_accepted(http_fetch_new(&fetch, world->loop, &plan, &why), why);
	loop_run(world->loop);
}

static void
files_arrive_whole_plain_and_over_tls(void **state)
{
	(void)state;
	for (int tls = 0; tls < 2; tls++) {
		static const char *const paths[] = {"/large", "/file"};
		struct world world;

		begin(&world, tls, 0);
		for (size_t i = 0; i < COUNT(paths); i++) {
			fetch(&world, paths[i], LARGE);
			assert_int_equal(world.fault, FAULT_NONE);
			assert_int_equal(world.status, 200);
			assert_int_equal(world.size, LARGE);
			assert_int_equal(world.sum, sum_of(bytes_of(large, LARGE)));
		}
		end(&world);
	}
}

static void
a_missing_file_is_an_answer_and_a_long_one_a_refusal(void **state)
{
	struct world world;

	(void)state;
	begin(&world, false, 0);
	fetch(&world, "/none such", 100);
	assert_int_equal(world.fault, FAULT_NONE);
	assert_int_equal(world.status, 404);
	assert_string_equal(world.body, "no such file\n");
	assert_string_equal(world.seen, "/none such");
	fetch(&world, "/large", LARGE - 1);
	assert_int_equal(world.fault, FAULT_LIMIT);
	assert_non_null(strstr(world.why.text, "longer than"));
	end(&world);
}

static void
on_raw(int fd, int ready, void *arg)
{
	struct world *world = arg;
	ssize_t got = recv(fd, world->raw_seen + world->raw_size,
	    sizeof(world->raw_seen) - 1 - world->raw_size, MSG_DONTWAIT);

	(void)ready;
	if (got > 0)
		world->raw_size += (size_t)got;
	else if (got == 0)
		loop_stop(world->loop);
}

/* Sends text as it is and collects what comes until the server closes. */
static void
raw(struct world *world, const char *text)
{
	world->raw = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(world->raw, (const struct sockaddr *)&world->address.storage,
			     world->address.size),
	    0);
	assert_int_equal(send(world->raw, text, strlen(text), 0), strlen(text));
	world->watch = loop_watch_new(world->loop, world->raw, LOOP_READ, on_raw, world);
	loop_run(world->loop);
}

static const struct {
	const char *says, *text, *first, *contains;
	unsigned requests;
	size_t body_most;
} exchanges[] = {
    {"HEAD has no body", "HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\n", "Content-Length: 13\r\n", 1, 0},
    {"two in one packet",
	"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"
	"GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	"HTTP/1.1 404 Not Found\r\n", "no such file\nHTTP/1.1 404", 2, 0},
    {"POST where only GET is served", "POST /echo HTTP/1.1\r\nHost: h\r\n\r\n",
	"HTTP/1.1 405 Method Not Allowed\r\n", "Allow: GET, HEAD\r\n", 0, 0},
    {"a body where it is allowed",
	"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
	"HTTP/1.1 200 OK\r\n", "X-Own: yes\r\n", 1, 5},
    {"a body over the limit", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nhello!",
	"HTTP/1.1 413 Content Too Large\r\n", "longer than 5 bytes", 0, 5},
    {"a smuggled request",
	"GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	"HTTP/1.1 400 Bad Request\r\n", "Content-Length given twice", 0, 5},
    {"a chunked request", "GET /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.1 501 Not Implemented\r\n", "Transfer-Encoding", 0, 5},
    {"nonsense", "REGISTER sip:a SIP/2.0\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\n", "version", 0,
	0},
};

static void
strangers_get_a_status_and_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		struct world world;

		begin(&world, false, exchanges[i].body_most);
		raw(&world, exchanges[i].text);
		if (strncmp(world.raw_seen, exchanges[i].first, strlen(exchanges[i].first)) != 0 ||
		    strstr(world.raw_seen, exchanges[i].contains) == NULL ||
		    world.requests != exchanges[i].requests)
			fail_msg("%s: %s", exchanges[i].says, world.raw_seen);
		end(&world);
	}
}

static void
an_answer_may_come_later_and_its_asker_may_be_gone(void **state)
{
	struct http_fetch_plan plan = {
	    .path = "/later", .approve = approve, .body_most = 100, .on_fetched = on_fetched};
	struct http_fetch *waiting = NULL;
	struct world world;
	struct why why;

	(void)state;
	begin(&world, false, 0);
	plan.remote = world.address;
	plan.arg = &world;
	assert_accepted(http_fetch_new(&waiting, world.loop, &plan, &why), why);
	loop_run(world.loop);
	http_respond(world.kept, 200, "text/plain", NULL, bytes_text("now"));
	world.kept = NULL;
	loop_run(world.loop);
	assert_string_equal(world.body, "now");
	/* The second time the server goes before the answer is there. */
	assert_accepted(http_fetch_new(&waiting, world.loop, &plan, &why), why);
	loop_run(world.loop);
	http_server_free(world.server);
	world.server = NULL;
	http_respond(world.kept, 200, "text/plain", NULL, bytes_text("too late"));
	world.kept = NULL;
	loop_run(world.loop);
	assert_int_equal(world.fault, FAULT_CLOSED);
	end(&world);
}

static int
setup(void **state)
{
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 7 + i / 251);
	return kit_setup(state);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_arrive_whole_plain_and_over_tls),
	    cmocka_unit_test(a_missing_file_is_an_answer_and_a_long_one_a_refusal),
	    cmocka_unit_test(strangers_get_a_status_and_a_sentence),
	    cmocka_unit_test(an_answer_may_come_later_and_its_asker_may_be_gone),
	};

	return cmocka_run_group_tests(tests, setup, kit_teardown);
}
