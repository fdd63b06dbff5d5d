/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/manager/edge_test.c - an edge, real TLS phones, and a `call` in a process of its own that
 * dies by SIGKILL.
 */
#include "manager/edge_serve.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/audit.h"
#include "signalling/edge_message.h"

#include "../channel/channel_kit.h"

enum { PHONES = 50 };

/* What the `call` process saw; shared memory, so that a killed one leaves it behind. */
struct seen {
	unsigned connections, certificates, messages, closed, replayed, after_replay;
	char name[PEER_NAME_SIZE], trusted_by[PEER_TRUSTED_BY_SIZE], suite[64];
	char first[256];
	bool deaf; /* takes messages and answers none */
};

struct world;

struct phone {
	struct world *world;
	struct channel *channel;
	unsigned opened, answers, closed;
	char received[512];
	size_t received_size;
	struct channel_end end;
};

struct world {
	struct loop *loop;
	struct loop_timer *guard;
	struct tls *server_tls, *client_tls;
	struct edge *edge;
	struct address addresses[TRANSPORT_COUNT];
	struct phone phones[PHONES];
	size_t count;
	struct seen *seen;
	pid_t call;
	bool (*done)(struct world *world);
	struct loop_timer *look; /* the child's doings are seen by looking */
};

static struct channel_handlers phone_handlers;

/* The `call` process */

static void
answer(struct buffer *batch, const struct edge_item *item)
{
	if (edge_bytes_write(batch, EDGE_SEND, item->id,
		bytes_text("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"), NULL) != FAULT_NONE)
		_exit(3);
}

static void
note(struct seen *seen, const struct edge_item *item)
{
	switch (item->kind) {
	case EDGE_CONNECTION:
		seen->connections++;
		seen->certificates += item->facts.has_certificate;
		memcpy(seen->name, item->facts.card.name, sizeof(seen->name));
		memcpy(seen->trusted_by, item->facts.trusted_by, sizeof(seen->trusted_by));
		memcpy(seen->suite, item->facts.suite, sizeof(seen->suite));
		break;
	case EDGE_MESSAGE:
		seen->messages++;
		seen->after_replay += seen->replayed;
		(void)!bytes_copy_text(item->bytes, seen->first, sizeof(seen->first));
		break;
	case EDGE_CLOSED:
		seen->closed++;
		break;
	case EDGE_REPLAYED:
		seen->replayed++;
		break;
	default:
		_exit(4);
	}
}

static void
be_call(int fd, struct seen *seen)
{
	static uint8_t room[MAILBOX_BODY_MOST + 4];
	static struct edge_item item;
	struct mailbox_message message;
	struct buffer batch;

	buffer_init(&batch, EDGE_BATCH_MOST);
	while (mailbox_read(fd, room, sizeof(room), -1, &message, NULL) == FAULT_NONE) {
		struct bytes packet = message.body;

		while (packet.left > 0) {
			if (edge_item_read(&packet, &item, NULL) != FAULT_NONE)
				_exit(2);
			note(seen, &item);
			if (item.kind == EDGE_MESSAGE && !seen->deaf)
				answer(&batch, &item);
		}
		if (batch.size > 0 &&
		    mailbox_write(fd, EDGE_BATCH, buffer_bytes_of(&batch), NULL) != FAULT_NONE)
			_exit(5);
		buffer_clear(&batch);
	}
	_exit(0);
}

static void
start_call(struct world *world)
{
	bool deaf = world->seen->deaf;
	struct why why;
	int ends[2];

	memset(world->seen, 0, sizeof(*world->seen));
	world->seen->deaf = deaf;
	assert_accepted(mailbox_pair(ends, &why), why);
	world->call = fork();
	assert_true(world->call >= 0);
	if (world->call == 0)
		be_call(ends[1], world->seen);
	close(ends[1]);
	assert_accepted(edge_link_call(world->edge, ends[0], &why), why);
}

static void
kill_call(struct world *world)
{
	int status;

	assert_int_equal(kill(world->call, SIGKILL), 0);
	assert_int_equal(waitpid(world->call, &status, 0), world->call);
	assert_true(WIFSIGNALED(status));
	world->call = 0;
}

/* The phones */

static void
check_done(struct world *world)
{
	if (world->done != NULL && world->done(world))
		loop_stop(world->loop);
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct phone *phone = arg;

	(void)facts;
	phone->channel = channel;
	phone->opened++;
	check_done(phone->world);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct phone *phone = arg;

	(void)channel;
	if (phone->received_size + bytes.left < sizeof(phone->received)) {
		memcpy(phone->received + phone->received_size, bytes.at, bytes.left);
		phone->received_size += bytes.left;
	}
	phone->answers++;
	check_done(phone->world);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct phone *phone = arg;

	(void)channel;
	phone->channel = NULL;
	phone->closed++;
	phone->end = *end;
	check_done(phone->world);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	(void)arg, (void)chain, (void)why;
	snprintf(verdict->trusted_by, sizeof(verdict->trusted_by), "LSC of the test");
	return FAULT_NONE;
}

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened for %d ms", KIT_GUARD_MS);
}

static void
on_look(void *arg)
{
	struct world *world = arg;

	check_done(world);
	loop_timer_set(world->look, 5);
}

static void
run(struct world *world, bool (*done)(struct world *world))
{
	world->done = done;
	loop_timer_set(world->guard, KIT_GUARD_MS);
	loop_timer_set(world->look, 0);
	if (!done(world))
		loop_run(world->loop);
	loop_timer_stop(world->guard);
	loop_timer_stop(world->look);
}

static void
begin(struct world *world)
{
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_ec);
	struct tls_plan client = kit_plan(TLS_CLIENT, &kit_phone);
	struct edge_plan plan = {.index = 2, .approve = approve};
	struct address any;
	struct why why;

	*world = (struct world){0};
	phone_handlers = (struct channel_handlers){on_open, on_bytes, on_closed, NULL, approve};
	audit_open_fd(open("/dev/null", O_WRONLY));
	world->seen = mmap(
	    NULL, sizeof(*world->seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_accepted(loop_new(&world->loop, &why), why);
	world->guard = loop_timer_new(world->loop, on_guard, world);
	world->look = loop_timer_new(world->loop, on_look, world);
	server.peer_certificate = TLS_PEER_ASKED;
	kit_tls(&world->server_tls, &server);
	kit_tls(&world->client_tls, &client);
	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, &any, &why), why);
	for (int i = 0; i < TRANSPORT_COUNT; i++)
		assert_accepted(channel_bind((enum transport)i, &any, false, &plan.fds[i],
				    &world->addresses[i], &why),
		    why);
	plan.loop = world->loop;
	plan.tls = world->server_tls;
	assert_accepted(edge_new(&world->edge, &plan, &why), why);
}

static void
end(struct world *world)
{
	if (world->call > 0)
		kill_call(world);
	for (size_t i = 0; i < world->count; i++)
		channel_abort(world->phones[i].channel);
	edge_free(world->edge);
	while (channel_alive() > 0)
		kit_turn(world->loop);
	loop_timer_free(world->guard);
	loop_timer_free(world->look);
	tls_free(world->server_tls);
	tls_free(world->client_tls);
	loop_free(world->loop);
	munmap(world->seen, sizeof(*world->seen));
}

static bool
all_open(struct world *world)
{
	for (size_t i = 0; i < world->count; i++)
		if (world->phones[i].opened == 0)
			return false;
	return true;
}

static void
connect_phones(struct world *world, enum transport transport, size_t count)
{
	world->count = count;
	for (size_t i = 0; i < count; i++) {
		struct channel_connect_plan plan = {.transport = transport,
		    .remote = world->addresses[transport],
		    .tls = world->client_tls,
		    .handlers = &phone_handlers,
		    .arg = &world->phones[i]};
		struct why why;

		world->phones[i].world = world;
		assert_accepted(
		    channel_connect(&world->phones[i].channel, world->loop, &plan, &why), why);
	}
	run(world, all_open);
}

static void
all_say(struct world *world, const char *words)
{
	struct why why;

	for (size_t i = 0; i < world->count; i++)
		assert_accepted(
		    channel_write(world->phones[i].channel, bytes_text(words), &why), why);
}

static const char ping[] = "\r\n\r\n";
static const char message[] = "REGISTER sip:manager SIP/2.0\r\nContent-Length: 4\r\n\r\nbody";

static bool
all_answered(struct world *world, unsigned times)
{
	for (size_t i = 0; i < world->count; i++)
		if (world->phones[i].answers < times)
			return false;
	return true;
}

static bool
all_answered_once(struct world *world)
{
	return all_answered(world, 1);
}

static bool
all_answered_twice(struct world *world)
{
	return all_answered(world, 2);
}

static bool
all_answered_thrice(struct world *world)
{
	return all_answered(world, 3);
}

static void
killing_call_loses_no_connection_and_no_later_message(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	start_call(&world);
	connect_phones(&world, TRANSPORT_TLS, PHONES);
	all_say(&world, message);
	run(&world, all_answered_once);
	assert_int_equal(world.seen->connections, PHONES);
	assert_int_equal(world.seen->certificates, PHONES);
	assert_string_equal(world.seen->name, "SEP001122334455");
	assert_string_equal(world.seen->trusted_by, "LSC of the test");
	assert_string_equal(world.seen->first, message);
	kill_call(&world);
	/* The edge answers the ping behind a message by itself: then it has the message. */
	all_say(&world, message);
	all_say(&world, ping);
	run(&world, all_answered_twice);
	start_call(&world);
	run(&world, all_answered_thrice);
	/* The new one heard of every connection, with its facts, before any message. */
	assert_int_equal(world.seen->connections, PHONES);
	assert_int_equal(world.seen->certificates, PHONES);
	assert_int_equal(world.seen->replayed, 1);
	assert_int_equal(world.seen->messages, PHONES);
	assert_int_equal(world.seen->after_replay, PHONES);
	assert_int_equal(world.seen->closed, 0);
	for (size_t i = 0; i < PHONES; i++)
		assert_int_equal(world.phones[i].closed, 0);
	end(&world);
}

static void
phones_that_come_while_call_is_away_are_told_to_the_next(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	connect_phones(&world, TRANSPORT_TLS, 3);
	all_say(&world, message);
	all_say(&world, ping);
	run(&world, all_answered_once);
	start_call(&world);
	run(&world, all_answered_twice);
	assert_int_equal(world.seen->connections, 3);
	assert_int_equal(world.seen->after_replay, 3);
	end(&world);
}

static void
datagrams_and_plain_streams_work_the_same_way(void **state)
{
	(void)state;
	for (int transport = TRANSPORT_UDP; transport <= TRANSPORT_TCP; transport++) {
		struct world world;

		begin(&world);
		start_call(&world);
		connect_phones(&world, (enum transport)transport, 3);
		all_say(&world, message);
		run(&world, all_answered_once);
		assert_int_equal(world.seen->connections, 3);
		assert_int_equal(world.seen->certificates, 0);
		assert_string_equal(world.seen->suite, "");
		assert_int_equal(world.seen->messages, 3);
		end(&world);
	}
}

static void
a_stream_is_cut_into_messages_and_pings_are_answered_here(void **state)
{
	static const char *const parts[] = {
	    "REGISTER sip:a SIP/2.0\r\nContent-", "Length: 2\r\n\r\nh", "i\r\n\r\nREGISTER sip:a"};
	struct world world;
	struct why why;

	(void)state;
	begin(&world);
	world.seen->deaf = true;
	start_call(&world);
	connect_phones(&world, TRANSPORT_TLS, 1);
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_accepted(
		    channel_write(world.phones[0].channel, bytes_text(parts[i]), &why), why);
	run(&world, all_answered_once);
	assert_int_equal(world.phones[0].received_size, 2);
	assert_memory_equal(world.phones[0].received, "\r\n", 2);
	all_say(&world, " SIP/2.0\r\nContent-Length: 0\r\n\r\n\r\n\r\n");
	run(&world, all_answered_twice);
	end(&world);
}

static bool
phone_closed_and_told(struct world *world)
{
	return world->phones[0].closed == 1 && world->seen->closed == 1;
}

static void
what_is_no_sip_ends_the_connection_and_call_is_told(void **state)
{
	static const char *const nonsense[] = {
	    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	    "REGISTER sip:a SIP/2.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	    "REGISTER sip:a SIP/2.0\r\nContent-Length: 99999999\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(nonsense); i++) {
		struct world world;

		begin(&world);
		start_call(&world);
		connect_phones(&world, TRANSPORT_TLS, 1);
		all_say(&world, nonsense[i]);
		run(&world, phone_closed_and_told);
		assert_int_equal(world.seen->messages, 0);
		assert_int_equal(edge_connections(world.edge), 0);
		end(&world);
	}
}

static bool
call_knows_it_closed(struct world *world)
{
	return world->seen->closed == 1;
}

static void
a_phone_that_leaves_is_told_to_call(void **state)
{
	struct world world;

	(void)state;
	begin(&world);
	start_call(&world);
	connect_phones(&world, TRANSPORT_TLS, 1);
	channel_close(world.phones[0].channel);
	world.phones[0].channel = NULL;
	run(&world, call_knows_it_closed);
	assert_int_equal(edge_connections(world.edge), 0);
	end(&world);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killing_call_loses_no_connection_and_no_later_message),
	    cmocka_unit_test(phones_that_come_while_call_is_away_are_told_to_the_next),
	    cmocka_unit_test(datagrams_and_plain_streams_work_the_same_way),
	    cmocka_unit_test(a_stream_is_cut_into_messages_and_pings_are_answered_here),
	    cmocka_unit_test(what_is_no_sip_ends_the_connection_and_call_is_told),
	    cmocka_unit_test(a_phone_that_leaves_is_told_to_call),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
