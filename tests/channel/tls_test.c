/* SPDX-License-Identifier: Apache-2.0 */
/* tests/channel/tls_test.c - real handshakes: what we speak, what we refuse, and how we say it. */
#include "channel_kit.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Server with RSA and EC side by side; the client with the phone's certificate. */
static void
start(struct kit *kit, enum tls_peer_certificate wanted, bool phone_has_one)
{
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_rsa);
	struct tls_plan client = kit_plan(TLS_CLIENT, phone_has_one ? &kit_phone : NULL);

	kit_init(kit);
	server.identities[server.identity_count++] =
	    (struct tls_identity){kit_ec.certificate, NULL, kit_ec.key};
	server.peer_certificate = wanted;
	kit_tls(&kit->server_tls, &server);
	kit_tls(&kit->client_tls, &client);
}

static void
a_phone_with_a_certificate_is_known_by_its_facts(void **state)
{
	struct kit kit;

	(void)state;
	start(&kit, TLS_PEER_REQUIRED, true);
	kit_listen(&kit, TRANSPORT_TLS);
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_string_equal(kit.server.facts.version, "TLSv1.2");
	assert_true(kit.server.facts.has_certificate);
	assert_string_equal(kit.server.facts.card.name, "SEP001122334455");
	assert_string_equal(kit.server.facts.card.issuer, "CN=Test CA");
	assert_string_equal(kit.server.facts.trusted_by, "the test");
	assert_true(kit.server.facts.card.not_after > clock_wall());
	assert_string_equal(kit.client.facts.card.name, "callmanager-EC");
	kit_finish(&kit);
}

static void
a_phone_without_one_is_let_in_when_only_asked(void **state)
{
	struct kit kit;

	(void)state;
	start(&kit, TLS_PEER_ASKED, false);
	kit_listen(&kit, TRANSPORT_TLS);
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_false(kit.server.facts.has_certificate);
	kit_finish(&kit);
}

static void
a_phone_without_one_is_refused_when_required(void **state)
{
	struct kit kit;

	(void)state;
	start(&kit, TLS_PEER_REQUIRED, false);
	kit_listen(&kit, TRANSPORT_TLS);
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_closed);
	assert_int_equal(kit.server.end.rule, PEER_RULE_ABSENT);
	assert_int_equal(kit.server.end.stage, CHANNEL_HANDSHAKING);
	assert_string_equal(kit.server.end.why.text, "the peer presented no certificate");
	assert_string_equal(kit.client.end.alert_seen, "handshake_failure");
	kit_finish(&kit);
}

static const struct {
	const char *client_suites, *client_signatures, *suite, *server_name;
} choices[] = {
    {"ECDHE-RSA-AES256-GCM-SHA384", NULL, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "callmanager"},
    {"ECDHE-RSA-AES128-GCM-SHA256", NULL, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "callmanager"},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", NULL, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"callmanager-EC"},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", NULL, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"callmanager-EC"},
    /* The server's preference counts. */
    {"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", NULL,
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "callmanager"},
    /* All suites offered, but the client verifies only one kind of signature. */
    {"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384", "RSA+SHA256:RSA-PSS+SHA256",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "callmanager"},
    {"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384", "ECDSA+SHA256:ECDSA+SHA384",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "callmanager-EC"},
};

static void
each_suite_alone_works_and_rsa_and_ec_stand_side_by_side(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(choices); i++) {
		struct kit kit;
		SSL_CTX *client;

		start(&kit, TLS_PEER_ASKED, false);
		client = tls_context(kit.client_tls);
		SSL_CTX_set_cipher_list(client, choices[i].client_suites);
		if (choices[i].client_signatures != NULL)
			SSL_CTX_set1_sigalgs_list(client, choices[i].client_signatures);
		kit_listen(&kit, TRANSPORT_TLS);
		kit_connect(&kit, TRANSPORT_TLS, NULL);
		kit_run(&kit, kit_both_open);
		assert_string_equal(kit.server.facts.suite, choices[i].suite);
		assert_string_equal(kit.client.facts.suite, choices[i].suite);
		assert_string_equal(kit.client.facts.card.name, choices[i].server_name);
		kit_finish(&kit);
	}
}

static const struct {
	const char *says, *suites;
	int least, most; /* versions of the client */
	bool aes_256_only;
	const char *alert, *sentence;
} refusals[] = {
    {"TLS 1.1", "ALL:@SECLEVEL=0", TLS1_VERSION, TLS1_1_VERSION, false, "protocol_version",
	"no TLS version we allow"},
    {"TLS 1.3 in strict mode", NULL, TLS1_3_VERSION, TLS1_3_VERSION, false, "protocol_version",
	"no TLS version we allow"},
    {"CBC", "ECDHE-RSA-AES256-SHA384", TLS1_2_VERSION, TLS1_2_VERSION, false, "handshake_failure",
	"no cipher suite we allow"},
    {"RSA key transport", "AES256-GCM-SHA384", TLS1_2_VERSION, TLS1_2_VERSION, false,
	"handshake_failure", "no cipher suite we allow"},
    {"DHE", "DHE-RSA-AES256-GCM-SHA384", TLS1_2_VERSION, TLS1_2_VERSION, false, "handshake_failure",
	"no cipher suite we allow"},
    {"ChaCha20", "ECDHE-RSA-CHACHA20-POLY1305", TLS1_2_VERSION, TLS1_2_VERSION, false,
	"handshake_failure", "no cipher suite we allow"},
    {"AES-128 where AES-256 only", "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION, TLS1_2_VERSION,
	true, "handshake_failure", "no cipher suite we allow"},
};

static void
what_we_do_not_speak_is_refused_with_alert_and_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct kit kit;
		struct tls_plan server = kit_plan(TLS_SERVER, &kit_rsa);
		struct tls_plan client = kit_plan(TLS_CLIENT, NULL);

		kit_init(&kit);
		server.aes_256_only = refusals[i].aes_256_only;
		client.tls13 = refusals[i].most == TLS1_3_VERSION;
		kit_tls(&kit.server_tls, &server);
		kit_tls(&kit.client_tls, &client);
		SSL_CTX_set_min_proto_version(tls_context(kit.client_tls), refusals[i].least);
		SSL_CTX_set_max_proto_version(tls_context(kit.client_tls), refusals[i].most);
		if (refusals[i].suites != NULL)
			assert_int_equal(SSL_CTX_set_cipher_list(
					     tls_context(kit.client_tls), refusals[i].suites),
			    1);
		kit_listen(&kit, TRANSPORT_TLS);
		kit_connect(&kit, TRANSPORT_TLS, NULL);
		kit_run(&kit, kit_both_closed);
		if (kit.client.end.alert_seen == NULL ||
		    strcmp(kit.client.end.alert_seen, refusals[i].alert) != 0 ||
		    strstr(kit.server.end.why.text, refusals[i].sentence) == NULL ||
		    kit.server.end.next_step == NULL)
			fail_msg("%s: alert %s, \"%s\"", refusals[i].says,
			    kit.client.end.alert_seen, kit.server.end.why.text);
		kit_finish(&kit);
	}
}

static void
tls_1_3_works_where_the_plan_allows_it(void **state)
{
	struct tls_plan server = kit_plan(TLS_SERVER, &kit_rsa);
	struct tls_plan client = kit_plan(TLS_CLIENT, NULL);
	struct kit kit;

	(void)state;
	kit_init(&kit);
	server.tls13 = client.tls13 = true;
	kit_tls(&kit.server_tls, &server);
	kit_tls(&kit.client_tls, &client);
	kit_listen(&kit, TRANSPORT_TLS);
	kit_connect(&kit, TRANSPORT_TLS, NULL);
	kit_run(&kit, kit_both_open);
	assert_string_equal(kit.server.facts.version, "TLSv1.3");
	assert_string_equal(kit.server.facts.suite, "TLS_AES_256_GCM_SHA384");
	kit_finish(&kit);
}

/* The rule an approver names, and the alert the other end sees. */
static const struct {
	enum peer_rule rule;
	const char *alert;
} alerts[] = {
    {PEER_RULE_EXPIRED, "certificate_expired"},
    {PEER_RULE_NOT_YET_VALID, "bad_certificate"},
    {PEER_RULE_UNKNOWN_CA, "unknown_ca"},
    {PEER_RULE_REVOKED, "certificate_revoked"},
    {PEER_RULE_SIGNATURE, "decrypt_error"},
    {PEER_RULE_PURPOSE, "unsupported_certificate"},
    {PEER_RULE_NAME, "bad_certificate"},
    {PEER_RULE_WEAK, "bad_certificate"},
    {PEER_RULE_OTHER, "certificate_unknown"},
};

static void
a_refused_phone_sees_the_right_alert(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(alerts); i++) {
		struct kit kit;
		char text[CHANNEL_END_TEXT_SIZE];

		start(&kit, TLS_PEER_REQUIRED, true);
		kit.server.refuse = alerts[i].rule;
		kit_listen(&kit, TRANSPORT_TLS);
		kit_connect(&kit, TRANSPORT_TLS, NULL);
		kit_run(&kit, kit_both_closed);
		assert_int_equal(kit.server.end.rule, alerts[i].rule);
		assert_string_equal(kit.server.end.alert_sent, alerts[i].alert);
		assert_string_equal(kit.client.end.alert_seen, alerts[i].alert);
		assert_true(kit.server.end.security);
		/* Stage, peer, subject, issuer, serial, dates, rule, next step. */
		channel_end_text(&kit.server.end, text);
		assert_non_null(strstr(text, "TLS handshake with 127.0.0.1:"));
		assert_non_null(strstr(text, "the test finds it"));
		assert_non_null(strstr(text, "subject 'CN=SEP001122334455', issuer 'CN=Test CA'"));
		assert_non_null(strstr(text, "serial 10"));
		assert_non_null(strstr(text, "valid 20"));
		assert_non_null(strstr(text, "; next: "));
		kit_finish(&kit);
	}
}

static void
a_refused_server_sees_the_right_alert(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(alerts); i++) {
		struct kit kit;

		start(&kit, TLS_PEER_ASKED, true);
		kit.client.refuse = alerts[i].rule;
		kit_listen(&kit, TRANSPORT_TLS);
		kit_connect(&kit, TRANSPORT_TLS, NULL);
		kit_run(&kit, kit_both_closed);
		assert_string_equal(kit.server.end.alert_seen, alerts[i].alert);
		assert_non_null(strstr(kit.server.end.why.text, alerts[i].alert));
		kit_finish(&kit);
	}
}

static void
give_the_answer(void *arg)
{
	struct kit *kit = arg;

	assert_false(kit->client.opened);
	channel_approve_again(kit->client.channel);
}

static bool
asked_and_waiting(struct kit *kit)
{
	return kit->client.opened || kit->client.closed;
}

static void
an_approver_may_ask_someone_else_first(void **state)
{
	struct loop_timer *answer;
	struct kit kit;

	(void)state;
	start(&kit, TLS_PEER_REQUIRED, true);
	kit.client.busy_times = 1;
	kit_listen(&kit, TRANSPORT_TLS);
	kit.client.channel = kit_connect(&kit, TRANSPORT_TLS, NULL);
	answer = loop_timer_new(kit.loop, give_the_answer, &kit);
	loop_timer_set(answer, 100);
	kit_run(&kit, asked_and_waiting);
	assert_true(kit.client.opened);
	assert_int_equal(kit.client.asked, 2);
	loop_timer_free(answer);
	kit_finish(&kit);
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
	struct tls_plan plan = kit_plan(TLS_SERVER, &kit_rsa);
	struct tls *tls = NULL;
	struct why why;

	(void)state;
	plan.identities[0].key = kit_ec.key;
	assert_refused(tls_new(&tls, &plan, &why), FAULT_UNTRUSTED, why, "does not belong");
	assert_null(tls);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_phone_with_a_certificate_is_known_by_its_facts),
	    cmocka_unit_test(a_phone_without_one_is_let_in_when_only_asked),
	    cmocka_unit_test(a_phone_without_one_is_refused_when_required),
	    cmocka_unit_test(each_suite_alone_works_and_rsa_and_ec_stand_side_by_side),
	    cmocka_unit_test(what_we_do_not_speak_is_refused_with_alert_and_sentence),
	    cmocka_unit_test(tls_1_3_works_where_the_plan_allows_it),
	    cmocka_unit_test(a_refused_phone_sees_the_right_alert),
	    cmocka_unit_test(a_refused_server_sees_the_right_alert),
	    cmocka_unit_test(an_approver_may_ask_someone_else_first),
	    cmocka_unit_test(a_key_of_another_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
