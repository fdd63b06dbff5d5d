/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/enrolment/capf_service_test.c - whole enrolments: a phone over real TLS, the authority
 * over real databases, certificates of a site and a factory.
 */
#include "enrolment/capf_service.h"

#include <event2/event.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "../trust/site_fixture.h"
#include "enrolment/capf_authority.h"
#include "enrolment/capf_client.h"
#include "tests.h"

enum { TEST_MS = 30000 };

static const char device[] = "SEP001122334455";

static struct {
	EVP_PKEY *factory_key, *mic_key, *other_key;
	X509 *factory, *mic, *mic_of_other, *mic_expired, *mic_stranger, *capf;
	char folder[STORAGE_PATH_MOST];
	int64_t now;
	struct loop *loop;
	struct loop_timer *timer;
	bool late;
	struct directory *directory;
	struct capf_authority authority;
	struct tls *server_tls, *client_tls;
	struct capf_service *service;
	struct address address;
	/* The last session, as the authority tells it. */
	size_t ended;
	struct capf_outcome outcome;
	char outcome_device[CAPF_DEVICE_MOST];
} here;

static int64_t
now(void)
{
	return here.now;
}

static void
on_ended(void *arg, const struct capf_outcome *outcome)
{
	(void)arg;
	here.ended++;
	here.outcome = *outcome;
	snprintf(here.outcome_device, sizeof(here.outcome_device), "%s", outcome->device);
	assert_non_null(capf_service_peer(here.service));
}

static X509 *
make(enum certificate_profile profile, const char *name, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, int64_t at, unsigned days)
{
	struct certificate_plan plan = {.profile = profile,
	    .common_name = name,
	    .subject_key = key,
	    .issuer = issuer,
	    .issuer_key = issuer_key,
	    .now = at,
	    .days = days};
	X509 *made;
	struct why why;

	assert_accepted(certificate_make(&plan, &made, &why), why);
	return made;
}

static void
make_certificates(void)
{
	int64_t day = 24 * 3600;

	here.factory_key = EVP_RSA_gen(2048);
	here.mic_key = EVP_RSA_gen(2048);
	here.other_key = EVP_RSA_gen(2048);
	here.factory = make(CERTIFICATE_MANUFACTURING, "Factory CA", here.factory_key, NULL,
	    here.factory_key, here.now - 1000 * day, 0);
	here.mic = make(CERTIFICATE_MIC, "CP-8832-SEP001122334455", here.mic_key, here.factory,
	    here.factory_key, here.now, 0);
	here.mic_of_other = make(CERTIFICATE_MIC, "CP-8832-SEPAAAAAAAAAAAA", here.mic_key,
	    here.factory, here.factory_key, here.now, 0);
	here.mic_expired = make(CERTIFICATE_MIC, "CP-8832-SEP001122334455", here.mic_key,
	    here.factory, here.factory_key, here.now - 500 * day, 30);
	here.mic_stranger = make(CERTIFICATE_MIC, "CP-8832-SEP001122334455", here.mic_key,
	    fixture.certificate[CAPF], fixture.key[CAPF], here.now, 0);
}

static void
on_late(void *arg)
{
	(void)arg;
	here.late = true;
	loop_stop(here.loop);
}

static void
open_authority(void)
{
	struct capf_authority *authority = &here.authority;
	char path[STORAGE_PATH_MOST];
	struct why why;

	assert_accepted(storage_path(path, here.folder, "site.db", &why), why);
	assert_accepted(directory_open(&here.directory, path, DATABASE_WRITE, &why), why);
	assert_accepted(storage_path(path, here.folder, "enrolment.db", &why), why);
	assert_accepted(enrolment_store_open(&authority->store, path, DATABASE_WRITE, &why), why);
	authority->directory = here.directory;
	authority->issuer = fixture.certificate[CAPF];
	authority->issuer_key = fixture.key[CAPF];
	authority->issuers = sk_X509_new_null();
	authority->factories = sk_X509_new_null();
	assert_true(certificate_stack_add(authority->issuers, fixture.certificate[CAPF]));
	assert_true(certificate_stack_add(authority->factories, here.factory));
	authority->now = now;
	authority->ended = on_ended;
}

static void
open_service(void)
{
	struct tls_plan server = {.side = TLS_SERVER,
	    .identities = {{fixture.certificate[CAPF], NULL, fixture.key[CAPF]}},
	    .identity_count = 1,
	    .purpose = "capf"};
	struct tls_plan client = {
	    .side = TLS_CLIENT, .peer_certificate = TLS_PEER_REQUIRED, .purpose = "capf"};
	struct capf_service_plan plan = {
	    .owner = &capf_authority_owner, .arg = &here.authority, .session_ms = 10000};
	struct address any;
	struct why why;

	assert_accepted(loop_new(&here.loop, &why), why);
	assert_accepted(tls_new(&here.server_tls, &server, &why), why);
	assert_accepted(tls_new(&here.client_tls, &client, &why), why);
	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, &any, &why), why);
	assert_accepted(
	    channel_bind(TRANSPORT_TCP, &any, false, &plan.fd, &here.address, &why), why);
	plan.tls = here.server_tls;
	assert_accepted(capf_service_new(&here.service, here.loop, &plan, &why), why);
	here.timer = loop_timer_new(here.loop, on_late, NULL);
	loop_timer_set(here.timer, TEST_MS);
}

static int
set_up(void **state)
{
	if (fixture_make(state) != 0)
		return -1;
	here.now = FIXTURE_NOW;
	snprintf(here.folder, sizeof(here.folder), "%s", fixture_folder());
	make_certificates();
	open_authority();
	open_service();
	return 0;
}

static int
tear_down(void **state)
{
	capf_service_free(here.service);
	while (channel_alive() > 0)
		event_base_loop(loop_base(here.loop), EVLOOP_ONCE);
	loop_timer_free(here.timer);
	loop_free(here.loop);
	tls_free(here.server_tls);
	tls_free(here.client_tls);
	enrolment_store_close(here.authority.store);
	directory_close(here.directory);
	certificate_stack_free(here.authority.issuers);
	certificate_stack_free(here.authority.factories);
	X509_free(here.factory);
	X509_free(here.mic);
	X509_free(here.mic_of_other);
	X509_free(here.mic_expired);
	X509_free(here.mic_stranger);
	EVP_PKEY_free(here.factory_key);
	EVP_PKEY_free(here.mic_key);
	EVP_PKEY_free(here.other_key);
	return fixture_end(state);
}

/* What the operator orders; string NULL unless proof is by string. */
static void
order(enum wish_operation operation, enum wish_proof proof, const char *string)
{
	struct phone phone = {.profile = "encrypted",
	    .line_count = 1,
	    .lines = {{.position = 1, .number = "1001"}},
	    .capf = {.operation = operation, .proof = proof, .key = "rsa-2048"}};
	uint8_t digest[32], salted[64] = {0xab};
	struct why why;

	strcpy(phone.device, device);
	if (string != NULL) {
		memcpy(salted + 1, string, strlen(string));
		EVP_Digest(salted, 1 + strlen(string), digest, NULL, EVP_sha256(), NULL);
		strcpy(phone.capf.string_salt, "ab");
		for (size_t i = 0; i < sizeof(digest); i++)
			snprintf(phone.capf.string_hash + 2 * i, 3, "%02x", digest[i]);
	}
	assert_accepted(directory_set_phone(here.directory, &phone, &why), why);
}

/* A phone. Where it breaks off, it does so without a word. */
struct handset {
	const char *name, *string;
	X509 *certificate;
	EVP_PKEY *key, *next;
	enum capf_certificate_type type;
	size_t hang_up_after; /* chunks heard; 0 never */
	size_t heard;
	struct capf_client *client;
	struct channel *channel;
	bool over, gone, removed;
	enum fault fault;
	struct why why;
	X509 *lsc;
};

static enum fault
make_key(void *arg, enum key_kind kind, struct buffer *public_key, struct why *why)
{
	struct handset *handset = arg;
	int size;

	(void)why;
	handset->next = EVP_RSA_gen(key_kind_bits(kind));
	size = i2d_PUBKEY(handset->next, NULL);
	i2d_PUBKEY(handset->next, &(uint8_t *){buffer_extend(public_key, (size_t)size)});
	return FAULT_NONE;
}

static enum fault
store(void *arg, struct bytes certificate, struct why *why)
{
	struct handset *handset = arg;

	return certificate_read(certificate, &handset->lsc, why);
}

static enum fault
remove_lsc(void *arg, struct why *why)
{
	struct handset *handset = arg;

	(void)why;
	handset->removed = true;
	return FAULT_NONE;
}

static enum fault
fetch(void *arg, enum capf_certificate_type *type, struct buffer *certificate, struct why *why)
{
	struct handset *handset = arg;

	*type = handset->type;
	return certificate_write_der(handset->certificate, certificate, why);
}

static void
client_ended(void *arg, enum fault fault, enum capf_reason reason, const struct why *why)
{
	struct handset *handset = arg;

	(void)reason;
	handset->over = true;
	handset->fault = fault;
	handset->why = *why;
}

static const struct capf_client_owner client_owner = {
    make_key, store, remove_lsc, fetch, client_ended};

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct handset *handset = arg;

	(void)facts;
	handset->channel = channel;
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct handset *handset = arg;
	enum fault ignored;
	struct buffer output;
	struct why why;

	if (++handset->heard == handset->hang_up_after) {
		handset->gone = true;
		channel_abort(channel);
		return;
	}
	buffer_init(&output, 65536);
	ignored = capf_client_receive(handset->client, bytes, &output, &why);
	(void)ignored;
	if (output.size > 0)
		assert_accepted(channel_write(channel, buffer_bytes_of(&output), &why), why);
	buffer_finish(&output);
	if (capf_client_over(handset->client)) {
		handset->gone = true;
		channel_close(channel);
	}
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct handset *handset = arg;

	(void)channel;
	(void)end;
	handset->gone = true;
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	(void)arg;
	(void)verdict;
	if (!certificate_equal(chain->certificate, fixture.certificate[CAPF]))
		return explain(why, FAULT_UNTRUSTED, "not our CAPF");
	return FAULT_NONE;
}

static const struct channel_handlers handlers = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = on_closed, .approve = approve};

static void
enrol(struct handset *handset)
{
	struct capf_client_plan plan = {.device = handset->name != NULL ? handset->name : device,
	    .string = handset->string,
	    .key = handset->key,
	    .type = handset->type,
	    .owner = &client_owner,
	    .arg = handset};
	struct channel_connect_plan connect = {.transport = TRANSPORT_TLS,
	    .remote = here.address,
	    .tls = here.client_tls,
	    .handlers = &handlers,
	    .arg = handset};
	size_t before = here.ended;
	struct channel *channel;
	struct buffer der;
	struct why why;

	buffer_init(&der, CERTIFICATE_MOST);
	if (handset->certificate != NULL)
		assert_accepted(certificate_write_der(handset->certificate, &der, &why), why);
	plan.certificate = buffer_bytes_of(&der);
	assert_accepted(capf_client_new(&handset->client, &plan, &why), why);
	assert_accepted(channel_connect(&channel, here.loop, &connect, &why), why);
	while (!here.late && (!handset->gone || here.ended == before))
		event_base_loop(loop_base(here.loop), EVLOOP_ONCE);
	assert_false(here.late);
	capf_client_free(handset->client);
	buffer_finish(&der);
	EVP_PKEY_free(handset->next);
}

static struct handset
with(X509 *certificate, EVP_PKEY *key, enum capf_certificate_type type)
{
	return (struct handset){.certificate = certificate, .key = key, .type = type};
}

static void
assert_state(enum enrolment_state expected, const char *words)
{
	struct enrolment_record record;
	struct why why;

	assert_accepted(enrolment_store_find(here.authority.store, device, &record, &why), why);
	assert_int_equal(record.state, expected);
	assert_non_null(strstr(record.reason, words));
}

static void
a_factory_certificate_earns_one_of_the_site(void **state)
{
	struct handset handset = with(here.mic, here.mic_key, CAPF_MIC);
	struct certificate_rules rules = {.now = here.now,
	    .purpose = CERTIFICATE_TLS_CLIENT,
	    .trusted = here.authority.issuers,
	    .device = device};
	struct enrolment_certificate installed;
	struct certificate_facts facts;
	int64_t count = 0;
	struct why why;

	(void)state;
	order(WISH_INSTALL, WISH_BY_MIC, NULL);
	enrol(&handset);
	assert_accepted(here.outcome.fault, here.outcome.why);
	assert_accepted(handset.fault, handset.why);
	assert_non_null(handset.lsc);
	assert_accepted(certificate_check(handset.lsc, &rules, &why), why);
	assert_state(ENROLMENT_DONE, "");
	assert_accepted(
	    enrolment_store_issued_count(here.authority.store, device, &count, &why), why);
	assert_int_equal(count, 1);
	assert_accepted(
	    enrolment_store_installed(here.authority.store, device, &installed, &why), why);
	assert_accepted(certificate_describe(handset.lsc, &facts, &why), why);
	assert_string_equal(installed.serial, facts.serial);
	assert_int_equal(installed.not_after, facts.not_after);
	X509_free(handset.lsc);
}

static void
an_order_is_carried_out_once(void **state)
{
	struct handset first = with(here.mic, here.mic_key, CAPF_MIC);
	struct handset second = with(here.mic, here.mic_key, CAPF_MIC);

	(void)state;
	order(WISH_INSTALL, WISH_BY_MIC, NULL);
	enrol(&first);
	enrol(&second);
	assert_accepted(second.fault, second.why);
	assert_non_null(first.lsc);
	assert_null(second.lsc);
	X509_free(first.lsc);
}

static void
the_new_certificate_renews_and_deletes_itself(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *lsc = make(CERTIFICATE_LSC, device, key, fixture.certificate[CAPF], fixture.key[CAPF],
	    here.now, 0);
	struct handset renewal = with(lsc, key, CAPF_LSC), look = with(lsc, key, CAPF_LSC);
	struct handset removal = with(lsc, key, CAPF_LSC);
	struct enrolment_certificate installed;
	struct why why;

	(void)state;
	order(WISH_INSTALL, WISH_BY_LSC, NULL);
	enrol(&renewal);
	assert_accepted(here.outcome.fault, here.outcome.why);
	assert_non_null(renewal.lsc);
	order(WISH_FETCH, WISH_BY_LSC, NULL);
	enrol(&look);
	assert_accepted(here.outcome.fault, here.outcome.why);
	order(WISH_DELETE, WISH_BY_LSC, NULL);
	enrol(&removal);
	assert_accepted(here.outcome.fault, here.outcome.why);
	assert_true(removal.removed);
	assert_refused(enrolment_store_installed(here.authority.store, device, &installed, &why),
	    FAULT_MISSING, why, "has no LSC");
	X509_free(renewal.lsc);
	X509_free(lsc);
	EVP_PKEY_free(key);
}

static void
each_false_proof_has_its_sentence(void **state)
{
	const struct {
		const char *says;
		X509 *certificate;
		EVP_PKEY *key;
		enum capf_certificate_type type;
		const char *complaint;
	} cases[] = {
	    {"another phone's certificate", here.mic_of_other, here.mic_key, CAPF_MIC,
		"SEPAAAAAAAAAAAA"},
	    {"an expired certificate", here.mic_expired, here.mic_key, CAPF_MIC, "expired"},
	    {"a factory nobody knows", here.mic_stranger, here.mic_key, CAPF_MIC, "MIC: "},
	    {"a MIC said to be an LSC", here.mic, here.mic_key, CAPF_LSC,
		"the certificate shown is not LSC"},
	    {"a key that is not the certificate's", here.mic, here.other_key, CAPF_MIC,
		"proof was not made with the key"},
	    {"no certificate at all", NULL, NULL, CAPF_MIC, "no certificate was shown"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct handset handset = with(cases[i].certificate, cases[i].key, cases[i].type);

		print_message("  %s\n", cases[i].says);
		order(WISH_INSTALL, WISH_BY_MIC, NULL);
		enrol(&handset);
		assert_int_not_equal(here.outcome.fault, FAULT_NONE);
		if (strstr(here.outcome.why.text, cases[i].complaint) == NULL)
			fail_msg("\"%s\"", here.outcome.why.text);
		assert_null(handset.lsc);
		assert_refused(handset.fault, FAULT_FORBIDDEN, handset.why, "the server declined");
		assert_state(ENROLMENT_FAILED, cases[i].complaint);
	}
}

static void
an_unknown_device_gets_nothing(void **state)
{
	struct handset handset = with(here.mic_of_other, here.mic_key, CAPF_MIC);

	(void)state;
	handset.name = "SEPAAAAAAAAAAAA";
	enrol(&handset);
	assert_int_equal(here.outcome.fault, FAULT_MISSING);
	assert_int_equal(here.outcome.reason, CAPF_REASON_UNKNOWN_DEVICE);
	assert_string_equal(here.outcome_device, "SEPAAAAAAAAAAAA");
	assert_refused(handset.fault, FAULT_MISSING, handset.why, "does not know");
}

static void
the_right_string_counts_once_and_wrong_ones_five_times(void **state)
{
	struct handset right = {.string = "12345"}, again = {.string = "12345"};

	(void)state;
	order(WISH_INSTALL, WISH_BY_STRING, "12345");
	enrol(&right);
	assert_accepted(here.outcome.fault, here.outcome.why);
	assert_non_null(right.lsc);
	enrol(&again);
	assert_null(again.lsc);
	X509_free(right.lsc);
	order(WISH_INSTALL, WISH_BY_STRING, "12345");
	for (int i = 0; i < CAPF_ATTEMPTS_MOST; i++) {
		struct handset wrong = {.string = "54321"};

		enrol(&wrong);
		assert_refused(here.outcome.fault, FAULT_UNTRUSTED, here.outcome.why,
		    "the authentication string is wrong");
	}
	assert_state(ENROLMENT_LOCKED, "attempt 5 of 5");
	again = (struct handset){.string = "12345"};
	enrol(&again);
	assert_refused(here.outcome.fault, FAULT_FORBIDDEN, here.outcome.why,
	    "5 authentication strings were tried");
	assert_null(again.lsc);
}

static void
a_null_string_counts_only_when_it_was_ordered(void **state)
{
	struct handset refused = {.name = device}, accepted = {.name = device};

	(void)state;
	order(WISH_INSTALL, WISH_BY_NOTHING, NULL);
	enrol(&refused);
	assert_refused(
	    here.outcome.fault, FAULT_FORBIDDEN, here.outcome.why, "names no way to prove itself");
	assert_null(refused.lsc);
	order(WISH_INSTALL, WISH_BY_NULL_STRING, NULL);
	enrol(&accepted);
	assert_accepted(here.outcome.fault, here.outcome.why);
	assert_non_null(accepted.lsc);
	X509_free(accepted.lsc);
}

static void
an_order_past_its_time_is_over(void **state)
{
	struct handset handset = with(here.mic, here.mic_key, CAPF_MIC);
	struct phone phone;
	struct why why;

	(void)state;
	order(WISH_INSTALL, WISH_BY_MIC, NULL);
	assert_accepted(directory_phone(here.directory, device, &phone, &why), why);
	phone.capf.until = here.now - 1;
	phone.capf.serial = 0;
	assert_accepted(directory_set_phone(here.directory, &phone, &why), why);
	enrol(&handset);
	assert_accepted(handset.fault, handset.why);
	assert_null(handset.lsc);
}

/* A phone that dies after each message it hears; then it comes back and gets its certificate. */
static void
whoever_breaks_off_may_come_back(void **state)
{
	(void)state;
	for (size_t after = 1; after <= 3; after++) {
		struct handset dying = with(here.mic, here.mic_key, CAPF_MIC);
		struct handset back = with(here.mic, here.mic_key, CAPF_MIC);

		order(WISH_INSTALL, WISH_BY_MIC, NULL);
		dying.hang_up_after = after;
		enrol(&dying);
		assert_int_not_equal(here.outcome.fault, FAULT_NONE);
		assert_null(dying.lsc);
		enrol(&back);
		assert_accepted(here.outcome.fault, here.outcome.why);
		assert_non_null(back.lsc);
		X509_free(back.lsc);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_factory_certificate_earns_one_of_the_site),
	    cmocka_unit_test(an_order_is_carried_out_once),
	    cmocka_unit_test(the_new_certificate_renews_and_deletes_itself),
	    cmocka_unit_test(each_false_proof_has_its_sentence),
	    cmocka_unit_test(an_unknown_device_gets_nothing),
	    cmocka_unit_test(the_right_string_counts_once_and_wrong_ones_five_times),
	    cmocka_unit_test(a_null_string_counts_only_when_it_was_ordered),
	    cmocka_unit_test(an_order_past_its_time_is_over),
	    cmocka_unit_test(whoever_breaks_off_may_come_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
