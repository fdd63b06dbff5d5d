/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/ticket_test.c - sessions resumed at any edge, and certificates replaced live. */
#include "channel_kit.h"

#include <openssl/rand.h>

static uint8_t keys[2][TLS_TICKET_KEY_SIZE];

static void
start(struct kit *kit, const void *ticket_keys, size_t count)
{
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_ec);
	struct tls_plan client = kit_plan(TLS_CLIENT, &kit_phone);
	struct why why;

	kit_init(kit);
	server.peer_certificate = TLS_PEER_REQUIRED;
	kit_tls(&kit->server_tls, &server);
	kit_tls(&kit->client_tls, &client);
	assert_accepted(tls_set_ticket_keys(kit->server_tls,
			    bytes_of(ticket_keys, count * TLS_TICKET_KEY_SIZE), &why),
	    why);
	kit_listen(kit, TRANSPORT_TLS);
}

/* A session made at one edge, whose keys are all of them, newest first. */
static SSL_SESSION *
make_session(const void *ticket_keys, size_t count)
{
	SSL_SESSION *session;
	struct kit kit;

	start(&kit, ticket_keys, count);
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_false(kit.client.facts.resumed);
	session = channel_session(kit.client.channel);
	assert_non_null(session);
	kit_finish(&kit);
	return session;
}

static void
a_ticket_of_one_edge_is_resumed_at_another_and_approved_anew(void **state)
{
	SSL_SESSION *session;
	struct kit kit;

	(void)state;
	session = make_session(keys, 1);
	start(&kit, keys, 1);
	kit_connect(&kit, TRANSPORT_TLS, session);
	kit_run(&kit, kit_both_open);
	assert_true(kit.server.facts.resumed);
	assert_int_equal(kit.server.asked, 1);
	assert_string_equal(kit.server.facts.card.name, "SEP001122334455");
	assert_string_equal(kit.server.facts.trusted_by, "the test");
	SSL_SESSION_free(session);
	kit_finish(&kit);
}

static void
a_ticket_whose_certificate_is_no_longer_approved_brings_the_refusal(void **state)
{
	SSL_SESSION *session;
	struct kit kit;

	(void)state;
	session = make_session(keys, 1);
	start(&kit, keys, 1);
	kit.server.refuse = PEER_RULE_REVOKED;
	kit_connect(&kit, TRANSPORT_TLS, session);
	kit_run(&kit, kit_both_closed);
	assert_int_equal(kit.server.end.rule, PEER_RULE_REVOKED);
	assert_string_equal(kit.client.end.alert_seen, "certificate_revoked");
	SSL_SESSION_free(session);
	kit_finish(&kit);
}

static void
an_older_key_still_opens_and_a_forgotten_one_means_a_full_handshake(void **state)
{
	uint8_t rotated[2][TLS_TICKET_KEY_SIZE];

	(void)state;
	memcpy(rotated[0], keys[1], TLS_TICKET_KEY_SIZE);
	memcpy(rotated[1], keys[0], TLS_TICKET_KEY_SIZE);
	for (size_t kept = 1; kept <= 2; kept++) {
		SSL_SESSION *session = make_session(keys, 1);
		struct kit kit;

		start(&kit, rotated, kept);
		kit_connect(&kit, TRANSPORT_TLS, session);
		kit_run(&kit, kit_both_open);
		assert_int_equal(kit.server.facts.resumed, kept == 2);
		SSL_SESSION_free(session);
		kit_finish(&kit);
	}
}

static void
ticket_keys_of_a_wrong_size_are_refused(void **state)
{
	struct tls_plan plan = kit_plan(TLS_SERVER, &kit_ec);
	struct tls *tls;
	struct why why;

	(void)state;
	kit_tls(&tls, &plan);
	assert_refused(
	    tls_set_ticket_keys(tls, bytes_of(keys, 79), &why), FAULT_MALFORMED, why, "79 bytes");
	assert_refused(
	    tls_set_ticket_keys(tls, bytes_of(NULL, 0), &why), FAULT_MALFORMED, why, "0 bytes");
	tls_free(tls);
}

static void
a_new_certificate_serves_new_handshakes_and_drops_nobody(void **state)
{
	struct tls_plan plan = kit_plan(TLS_SERVER, &kit_rsa);
	struct channel *old_server, *old_client;
	struct tls *renewed;
	struct kit kit;
	struct why why;

	(void)state;
	start(&kit, keys, 1);
	kit.server.echo = true;
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_string_equal(kit.client.facts.card.name, "callmanager-EC");
	old_server = kit.server.channel;
	old_client = kit.client.channel;
	kit_tls(&renewed, &plan);
	channel_listener_set_tls(kit.listener, renewed);
	tls_free(renewed);
	kit.server.opened = kit.client.opened = false;
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_string_equal(kit.client.facts.card.name, "callmanager");
	assert_accepted(channel_write(old_client, bytes_text("still here"), &why), why);
	kit_run(&kit, kit_client_received);
	assert_int_equal(kit.server.closed_count + kit.client.closed_count, 0);
	channel_abort(old_client);
	channel_abort(old_server);
	kit_finish(&kit);
}

static int
setup(void **state)
{
	assert_int_equal(RAND_bytes(keys[0], sizeof(keys)), 1);
	return kit_setup(state);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ticket_of_one_edge_is_resumed_at_another_and_approved_anew),
	    cmocka_unit_test(a_ticket_whose_certificate_is_no_longer_approved_brings_the_refusal),
	    cmocka_unit_test(an_older_key_still_opens_and_a_forgotten_one_means_a_full_handshake),
	    cmocka_unit_test(ticket_keys_of_a_wrong_size_are_refused),
	    cmocka_unit_test(a_new_certificate_serves_new_handshakes_and_drops_nobody),
	};

	return cmocka_run_group_tests(tests, setup, kit_teardown);
}
