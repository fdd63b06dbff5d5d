/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/channel_test.c - connections: caps, deadlines, queues, goodbyes, broken records. */
#include "channel_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel_inner.h"

static void
start(struct kit *kit)
{
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_ec);
	struct tls_plan client = kit_plan(TLS_CLIENT, &kit_phone);

	kit_init(kit);
	server.peer_certificate = TLS_PEER_ASKED;
	kit_tls(&kit->server_tls, &server);
	kit_tls(&kit->client_tls, &client);
}

static void
say(struct channel *channel, const char *words)
{
	struct why why;

	assert_accepted(channel_write(channel, bytes_text(words), &why), why);
}

static void
open_one(struct kit *kit, enum transport transport)
{
	kit_listen(kit, transport);
	kit_connect(kit, transport, NULL);
	kit_run(kit, transport == TRANSPORT_UDP ? kit_client_open : kit_both_open);
}

static void
an_echo_comes_back_over_each_transport(void **state)
{
	(void)state;
	for (int transport = 0; transport < TRANSPORT_COUNT; transport++) {
		struct kit kit;

		start(&kit);
		kit.server.echo = true;
		open_one(&kit, (enum transport)transport);
		say(kit.client.channel, "hello");
		kit_run(&kit, kit_client_received);
		assert_memory_equal(kit.client.received, "hello", 5);
		assert_int_equal(kit.server.facts.transport, transport);
		kit_finish(&kit);
	}
}

static void
a_goodbye_is_told_from_a_truncation(void **state)
{
	(void)state;
	for (int truncated = 0; truncated < 2; truncated++) {
		struct kit kit;

		start(&kit);
		open_one(&kit, TRANSPORT_TLS);
		say(kit.client.channel, "last words");
		if (truncated)
			channel_abort(kit.client.channel);
		else
			channel_close(kit.client.channel);
		kit.client.channel = NULL;
		kit_run(&kit, kit_server_closed);
		assert_int_equal(kit.server.received_size, 10);
		assert_int_equal(kit.server.end.truncated, truncated);
		assert_int_equal(kit.server.end.fault, truncated ? FAULT_CLOSED : FAULT_NONE);
		if (truncated)
			assert_non_null(strstr(kit.server.end.why.text, "close_notify"));
		kit_finish(&kit);
	}
}

/* What a stranger sends instead of a handshake, and what is said about it. */
static const struct {
	const char *sends, *sentence;
} strangers[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "plain HTTP on a TLS port"},
    {"REGISTER sip:a SIP/2.0\r\n\r\n", "what arrived is not TLS"},
    {"\x16\x03\x01\x00\x05\x01\x00\x00\x01", NULL},
    {"\x15\x03\x03\x00\x02\x02\x28", "out of turn"},
    {NULL, "in mid-handshake"},
};

static void
what_is_not_a_handshake_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strangers); i++) {
		static const size_t sizes[] = {25, 26, 10, 7, 0};
		struct kit kit;
		int fd;

		start(&kit);
		kit_listen(&kit, TRANSPORT_TLS);
		fd = kit_raw_connect(&kit);
		if (strangers[i].sends != NULL)
			assert_true(send(fd, strangers[i].sends, sizes[i], 0) > 0);
		shutdown(fd, SHUT_WR);
		kit_run(&kit, kit_server_closed);
		assert_int_not_equal(kit.server.end.fault, FAULT_NONE);
		assert_non_null(kit.server.end.next_step);
		if (strangers[i].sentence != NULL &&
		    strstr(kit.server.end.why.text, strangers[i].sentence) == NULL)
			fail_msg("\"%s\"", kit.server.end.why.text);
		close(fd);
		kit_finish(&kit);
	}
}

static void
a_slow_handshake_ends_at_its_deadline(void **state)
{
	struct kit kit;
	int fd;

	(void)state;
	start(&kit);
	kit.limits.handshake_ms = 100;
	kit_listen(&kit, TRANSPORT_TLS);
	fd = kit_raw_connect(&kit);
	assert_int_equal(send(fd, "\x16\x03\x01", 3, 0), 3);
	kit_run(&kit, kit_server_closed);
	assert_int_equal(kit.server.end.fault, FAULT_TIMEOUT);
	assert_string_equal(kit.server.end.why.text, "the TLS handshake took longer than 100 ms");
	close(fd);
	kit_finish(&kit);
}

static void
an_idle_connection_ends_at_its_deadline(void **state)
{
	(void)state;
	for (int transport = TRANSPORT_TCP; transport <= TRANSPORT_TLS; transport++) {
		struct kit kit;

		start(&kit);
		kit.limits.idle_ms = 100;
		open_one(&kit, (enum transport)transport);
		kit_run(&kit, kit_server_closed);
		assert_int_equal(kit.server.end.fault, FAULT_TIMEOUT);
		assert_string_equal(kit.server.end.why.text, "nothing was received for 100 ms");
		kit_finish(&kit);
	}
}

static bool
third_turned_away(struct kit *kit)
{
	return kit->server.closed_count == 1 && kit->server.open_count == 2;
}

static void
connections_are_capped_in_total_and_per_source(void **state)
{
	(void)state;
	for (int per_source = 0; per_source < 2; per_source++) {
		struct kit kit;
		int fds[3];

		start(&kit);
		kit.limits.total_most = per_source ? 100 : 2;
		kit.limits.per_source_most = per_source ? 2 : 100;
		kit_listen(&kit, TRANSPORT_TCP);
		for (size_t i = 0; i < COUNT(fds); i++)
			fds[i] = kit_raw_connect(&kit);
		kit_run(&kit, third_turned_away);
		assert_int_equal(kit.server.end.fault, FAULT_LIMIT);
		assert_non_null(strstr(kit.server.end.why.text,
		    per_source ? "127.0.0.1 has 2 connections open" : "2 connections are open"));
		assert_int_equal(channel_listener_count(kit.listener), 2);
		for (size_t i = 0; i < COUNT(fds); i++)
			close(fds[i]);
		kit_run(&kit, kit_server_closed);
		kit_finish(&kit);
	}
}

static bool
all_arrived(struct kit *kit)
{
	return kit->client.received_size == CHANNEL_QUEUE_MOST && kit->server.drained == 1;
}

static void
a_slow_reader_fills_a_bounded_queue_and_loses_nothing(void **state)
{
	(void)state;
	for (int transport = TRANSPORT_TCP; transport <= TRANSPORT_TLS; transport++) {
		static uint8_t block[CHANNEL_QUEUE_MOST];
		struct kit kit;
		struct why why;
		enum fault fault = FAULT_NONE;
		size_t sent = 0;

		start(&kit);
		open_one(&kit, (enum transport)transport);
		channel_set_reading(kit.client.channel, false);
		while (channel_queued(kit.server.channel) == 0 && fault == FAULT_NONE) {
			fault =
			    channel_write(kit.server.channel, bytes_of(block, sizeof(block)), &why);
			sent += sizeof(block);
		}
		assert_accepted(fault, why);
		assert_refused(
		    channel_write(kit.server.channel, bytes_of(block, sizeof(block)), &why),
		    FAULT_LIMIT, why, "reads too slowly");
		kit.client.received_size = CHANNEL_QUEUE_MOST - sent;
		channel_set_reading(kit.client.channel, true);
		kit_run(&kit, all_arrived);
		kit_finish(&kit);
	}
}

static void
what_is_queued_is_sent_before_the_goodbye(void **state)
{
	static uint8_t block[CHANNEL_QUEUE_MOST];
	struct kit kit;
	struct why why;
	size_t sent = 0;

	(void)state;
	start(&kit);
	open_one(&kit, TRANSPORT_TLS);
	while (channel_queued(kit.server.channel) == 0) {
		assert_accepted(
		    channel_write(kit.server.channel, bytes_of(block, sizeof(block)), &why), why);
		sent += sizeof(block);
	}
	channel_close(kit.server.channel);
	kit.server.channel = NULL;
	kit_run(&kit, kit_client_closed);
	assert_int_equal(kit.client.received_size, sent);
	assert_false(kit.client.end.truncated);
	kit_finish(&kit);
}

static void
nobody_listening_is_said_so(void **state)
{
	struct kit kit;

	(void)state;
	start(&kit);
	kit_listen(&kit, TRANSPORT_TCP);
	channel_listener_free(kit.listener);
	kit.listener = NULL;
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_client_closed);
	assert_int_equal(kit.client.end.stage, CHANNEL_CONNECTING);
	assert_string_equal(kit.client.end.why.text, "nobody listens there");
	kit_finish(&kit);
}

/* A wire we can bend: bytes from one socket to the other, one of them changed when told. */
struct wire {
	struct kit *kit;
	int ends[2]; /* the relay's own ends */
	struct loop_watch *watches[2];
	bool flip;
};

static void
carry(int fd, int ready, void *arg)
{
	struct wire *wire = arg;
	int other = fd == wire->ends[0] ? 1 : 0;
	uint8_t room[65536];
	ssize_t got = recv(fd, room, sizeof(room), MSG_DONTWAIT);

	(void)ready;
	if (got > 0) {
		if (wire->flip)
			room[got - 1] ^= 0x01;
		wire->flip = false;
		assert_int_equal(send(wire->ends[other], room, (size_t)got, 0), got);
	} else if (got == 0) {
		loop_watch_set(wire->watches[!other], 0);
		shutdown(wire->ends[other], SHUT_WR);
	}
}

static void
lay_wire(struct wire *wire, struct kit *kit, int outer[2])
{
	wire->kit = kit;
	wire->flip = false;
	for (int i = 0; i < 2; i++) {
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		outer[i] = pair[0];
		wire->ends[i] = pair[1];
	}
	for (int i = 0; i < 2; i++)
		wire->watches[i] = loop_watch_new(kit->loop, wire->ends[i], LOOP_READ, carry, wire);
}

static void
one_flipped_bit_ends_the_connection_with_bad_record_mac(void **state)
{
	struct channel_connect_plan plan = {.transport = TRANSPORT_TLS};
	struct channel *channel;
	struct wire wire;
	struct kit kit;
	struct why why;
	int outer[2];

	(void)state;
	start(&kit);
	lay_wire(&wire, &kit, outer);
	plan.handlers = &kit.handlers;
	plan.tls = kit.server_tls;
	plan.arg = &kit.server;
	assert_accepted(channel_adopt(&channel, kit.loop, outer[0], true, &plan, &why), why);
	plan.tls = kit.client_tls;
	plan.arg = &kit.client;
	assert_accepted(channel_adopt(&channel, kit.loop, outer[1], false, &plan, &why), why);
	kit_run(&kit, kit_both_open);
	wire.flip = true;
	say(kit.client.channel, "the lock must go out");
	kit_run(&kit, kit_both_closed);
	assert_int_equal(kit.server.received_size, 0);
	assert_string_equal(kit.server.end.alert_sent, "bad_record_mac");
	assert_string_equal(kit.server.end.why.text, "a record was changed on its way");
	assert_string_equal(kit.client.end.alert_seen, "bad_record_mac");
	for (int i = 0; i < 2; i++)
		loop_watch_free(wire.watches[i]);
	for (int i = 0; i < 2; i++)
		close(wire.ends[i]);
	kit_finish(&kit);
}

static bool
client_is_over(struct kit *kit)
{
	return kit->client.closed || kit->server.closed;
}

static void
renegotiation_is_refused(void **state)
{
	struct kit kit;

	(void)state;
	start(&kit);
	SSL_CTX_clear_options(tls_context(kit.client_tls), SSL_OP_NO_RENEGOTIATION);
	open_one(&kit, TRANSPORT_TLS);
	assert_int_equal(SSL_renegotiate(kit.client.channel->ssl), 1);
	say(kit.client.channel, "again");
	kit_run(&kit, client_is_over);
	assert_int_equal(kit.server.open_count, 1);
	assert_int_equal(kit.server.received_size, 0);
	kit_finish(&kit);
}

static void
udp_sources_are_channels_of_their_own(void **state)
{
	struct channel *reached = NULL, *first_client;
	struct address first;
	struct kit kit;
	struct why why;

	(void)state;
	start(&kit);
	open_one(&kit, TRANSPORT_UDP);
	say(kit.client.channel, "one");
	kit_run(&kit, kit_server_received);
	first = kit.server.facts.remote;
	first_client = kit.client.channel;
	kit_connect(&kit, TRANSPORT_UDP, NULL);
	kit.client.opened = kit.server.opened = false;
	kit_run(&kit, kit_client_open);
	say(kit.client.channel, "two");
	kit_run(&kit, kit_both_open);
	assert_false(address_equal(&first, &kit.server.facts.remote));
	assert_int_equal(channel_listener_count(kit.listener), 2);
	/* Speaking to an address that spoke before is the same channel. */
	assert_accepted(
	    channel_listener_reach(kit.listener, &kit.server.facts.remote, &reached, &why), why);
	assert_ptr_equal(reached, kit.server.channel);
	kit.server.channel = NULL;
	channel_listener_free(kit.listener);
	kit.listener = NULL;
	channel_abort(first_client);
	kit_finish(&kit);
}

static void
a_write_to_a_peer_that_died_is_told_once_from_the_loop(void **state)
{
	struct kit kit;
	struct why why;
	enum fault fault = FAULT_NONE;

	(void)state;
	start(&kit);
	open_one(&kit, TRANSPORT_TCP);
	channel_set_reading(kit.server.channel, false);
	channel_abort(kit.client.channel);
	kit.client.channel = NULL;
	for (int i = 0; i < 1000 && fault == FAULT_NONE; i++)
		fault = channel_write(kit.server.channel, bytes_text("anyone?"), &why);
	assert_refused(fault, FAULT_CLOSED, why, "reset the connection");
	assert_false(kit.server.closed);
	kit_run(&kit, kit_server_closed);
	assert_int_equal(kit.server.closed_count, 1);
	kit_finish(&kit);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_echo_comes_back_over_each_transport),
	    cmocka_unit_test(a_goodbye_is_told_from_a_truncation),
	    cmocka_unit_test(what_is_not_a_handshake_is_explained),
	    cmocka_unit_test(a_slow_handshake_ends_at_its_deadline),
	    cmocka_unit_test(an_idle_connection_ends_at_its_deadline),
	    cmocka_unit_test(connections_are_capped_in_total_and_per_source),
	    cmocka_unit_test(a_slow_reader_fills_a_bounded_queue_and_loses_nothing),
	    cmocka_unit_test(what_is_queued_is_sent_before_the_goodbye),
	    cmocka_unit_test(nobody_listening_is_said_so),
	    cmocka_unit_test(one_flipped_bit_ends_the_connection_with_bad_record_mac),
	    cmocka_unit_test(renegotiation_is_refused),
	    cmocka_unit_test(udp_sources_are_channels_of_their_own),
	    cmocka_unit_test(a_write_to_a_peer_that_died_is_told_once_from_the_loop),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
