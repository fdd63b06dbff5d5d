/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/trust_store_test.c - which lists a phone believes, and what it then knows. */
#include "trust/trust_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "site_fixture.h"
#include "tests.h"

enum step { NO_STEP, ITL, CTL };

static struct buffer lists[3][FIXTURE_COUNT];

static int
setup(void **state)
{
	fixture_make(state);
	for (size_t who = 0; who < FIXTURE_COUNT; who++) {
		buffer_init(&lists[ITL][who], TRUST_LIST_MOST);
		buffer_init(&lists[CTL][who], TRUST_LIST_MOST);
		if (who == CALLMANAGER_EC)
			continue; /* signs no lists */
		fixture_list(TRUST_ITL, (enum fixture_who)who, &lists[ITL][who]);
		fixture_list(TRUST_CTL, (enum fixture_who)who, &lists[CTL][who]);
	}
	return 0;
}

static int
teardown(void **state)
{
	for (size_t who = 0; who < FIXTURE_COUNT; who++) {
		buffer_finish(&lists[ITL][who]);
		buffer_finish(&lists[CTL][who]);
	}
	return fixture_end(state);
}

static enum fault
accept(struct trust_store *store, enum step step, enum fixture_who who, struct why *why)
{
	struct bytes file = buffer_bytes_of(&lists[step][who]);

	return step == ITL ? trust_store_accept_itl(store, file, why)
			   : trust_store_accept_ctl(store, file, why);
}

static void
the_rule_of_belief(void **state)
{
	static const struct {
		const char *says;
		struct {
			enum step step;
			enum fixture_who who;
		} before[2], last;
		bool believed;
	} cases[] = {
	    {"the first ITL is believed, whoever signed it", {{NO_STEP, 0}, {NO_STEP, 0}},
		{ITL, STRANGER}, true},
	    {"the first CTL is believed, whoever signed it", {{NO_STEP, 0}, {NO_STEP, 0}},
		{CTL, STRANGER}, true},
	    {"with a CTL, an ITL of its signer", {{CTL, RECOVERY}, {NO_STEP, 0}}, {ITL, RECOVERY},
		true},
	    {"with a CTL, no ITL of another signer", {{CTL, RECOVERY}, {NO_STEP, 0}},
		{ITL, STRANGER}, false},
	    {"a later ITL of the same signer", {{ITL, RECOVERY}, {NO_STEP, 0}}, {ITL, RECOVERY},
		true},
	    {"no later ITL of another signer", {{ITL, RECOVERY}, {NO_STEP, 0}}, {ITL, STRANGER},
		false},
	    {"no ITL signed by a listed non-SAST", {{ITL, RECOVERY}, {NO_STEP, 0}},
		{ITL, CALLMANAGER}, false},
	    {"with an ITL, a CTL of its SAST", {{ITL, RECOVERY}, {NO_STEP, 0}}, {CTL, RECOVERY},
		true},
	    {"with an ITL, no CTL of another signer", {{ITL, RECOVERY}, {NO_STEP, 0}},
		{CTL, STRANGER}, false},
	    {"no later CTL of another signer", {{CTL, RECOVERY}, {ITL, RECOVERY}}, {CTL, STRANGER},
		false},
	};
	struct trust_store *store = NULL;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].says);
		assert_accepted(trust_store_open(&store, NULL, &why), why);
		for (size_t j = 0; j < 2; j++)
			if (cases[i].before[j].step != NO_STEP)
				assert_accepted(accept(store, cases[i].before[j].step,
						    cases[i].before[j].who, &why),
				    why);
		if (cases[i].believed)
			assert_accepted(
			    accept(store, cases[i].last.step, cases[i].last.who, &why), why);
		else
			assert_refused(accept(store, cases[i].last.step, cases[i].last.who, &why),
			    FAULT_UNTRUSTED, why, "signer expected: serial ");
		trust_store_free(store);
	}
}

static void
a_refused_list_changes_nothing_on_disk_or_in_memory(void **state)
{
	char path[STORAGE_PATH_MOST];
	struct trust_store *store = NULL;
	struct content kept = {0};
	struct why why;

	(void)state;
	assert_accepted(trust_store_open(&store, fixture_folder(), &why), why);
	assert_accepted(accept(store, ITL, RECOVERY, &why), why);
	assert_refused(accept(store, ITL, STRANGER, &why), FAULT_UNTRUSTED, why, "; seen: serial ");
	lists[ITL][RECOVERY].at[300] ^= 1;
	assert_int_not_equal(accept(store, ITL, RECOVERY, &why), FAULT_NONE);
	lists[ITL][RECOVERY].at[300] ^= 1;
	trust_store_free(store);

	snprintf(path, sizeof(path), "%s/ITLFile.tlv", fixture_folder());
	assert_accepted(storage_read(path, TRUST_LIST_MOST, &kept, &why), why);
	assert_true(bytes_equal(content_bytes(&kept), buffer_bytes_of(&lists[ITL][RECOVERY])));
	content_free(&kept);

	/* It is there again after a restart, and still refuses the stranger. */
	assert_accepted(trust_store_open(&store, fixture_folder(), &why), why);
	assert_null(trust_store_complaint(store));
	assert_false(trust_store_empty(store));
	assert_refused(accept(store, ITL, STRANGER, &why), FAULT_UNTRUSTED, why, "ITL signer");
	assert_accepted(trust_store_forget(store, TRUST_ITL, &why), why);
	assert_true(trust_store_empty(store));
	assert_false(storage_exists(path));
	trust_store_free(store);
}

static void
a_stored_list_that_was_altered_is_not_believed(void **state)
{
	char path[STORAGE_PATH_MOST];
	struct trust_store *store = NULL;
	struct buffer altered;
	struct why why;

	(void)state;
	buffer_init(&altered, TRUST_LIST_MOST);
	buffer_bytes(&altered, buffer_bytes_of(&lists[ITL][RECOVERY]));
	altered.at[altered.size - 1] ^= 1;
	snprintf(path, sizeof(path), "%s/ITLFile.tlv", fixture_folder());
	assert_accepted(storage_replace(path, buffer_bytes_of(&altered), 0600, &why), why);
	assert_accepted(trust_store_open(&store, fixture_folder(), &why), why);
	assert_true(trust_store_empty(store));
	assert_non_null(strstr(trust_store_complaint(store), "stored ITLFile.tlv: "));
	assert_refused(trust_store_accept_itl(store, buffer_bytes_of(&lists[ITL][RECOVERY]), &why),
	    FAULT_UNTRUSTED, why, "the stored list is damaged");
	assert_accepted(trust_store_forget(store, TRUST_CTL, &why), why);
	assert_accepted(trust_store_forget(store, TRUST_ITL, &why), why);
	assert_accepted(
	    trust_store_accept_itl(store, buffer_bytes_of(&lists[ITL][RECOVERY]), &why), why);
	trust_store_free(store);
	buffer_finish(&altered);
	unlink(path);
	rmdir(fixture_folder());
}

static enum fault
vouch(void *arg, X509 *certificate, enum trust_role role, struct why *why)
{
	(void)why;
	(*(unsigned *)arg)++;
	return role == TRUST_SAST && certificate_equal(certificate, fixture.certificate[STRANGER])
		   ? FAULT_NONE
		   : FAULT_UNTRUSTED;
}

static void
tvs_may_vouch_for_a_new_signer(void **state)
{
	struct trust_store *store = NULL;
	unsigned asked = 0;
	struct why why;

	(void)state;
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	trust_store_on_unknown(store, vouch, &asked);
	assert_accepted(accept(store, ITL, RECOVERY, &why), why);
	assert_int_equal(asked, 0);
	assert_refused(accept(store, ITL, TVS, &why), FAULT_UNTRUSTED, why, "signer expected");
	assert_accepted(accept(store, ITL, STRANGER, &why), why);
	assert_int_equal(asked, 2);
	trust_store_free(store);
}

static void
look_ups_go_by_role_issuer_and_serial(void **state)
{
	X509 *capf = fixture.certificate[CAPF], *found;
	struct trust_store *store = NULL;
	STACK_OF(X509) *signers = NULL;
	struct why why;

	(void)state;
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	assert_accepted(accept(store, CTL, RECOVERY, &why), why);
	assert_accepted(accept(store, ITL, RECOVERY, &why), why);
	found = trust_store_find(store, TRUST_ROLE_SET(TRUST_CAPF), X509_get_issuer_name(capf),
	    X509_get0_serialNumber(capf));
	assert_true(found != NULL && certificate_equal(found, capf));
	assert_null(trust_store_find(store, TRUST_ROLE_SET(TRUST_TVS), X509_get_issuer_name(capf),
	    X509_get0_serialNumber(capf)));
	assert_true(trust_store_knows(store, TRUST_ROLE_SET(TRUST_CAPF), capf));
	/* The stranger bears the recovery key's very name. */
	assert_false(trust_store_knows(store, TRUST_SIGNS_LISTS, fixture.certificate[STRANGER]));
	assert_accepted(trust_store_collect(store, TRUST_SIGNS_FILES, &signers, &why), why);
	assert_int_equal(sk_X509_num(signers), 2); /* each once, although in both lists */
	certificate_stack_free(signers);
	trust_store_free(store);
}

static void
a_tls_peer_must_be_listed_for_its_role_and_valid(void **state)
{
	enum { YEARS_6 = 6 * 365 * 24 * 3600 };
	X509 *manager = fixture.certificate[CALLMANAGER];
	struct trust_store *store = NULL;
	struct why why;

	(void)state;
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	assert_refused(trust_store_check_peer(store, manager, TRUST_SIP_PEER, FIXTURE_NOW, &why),
	    FAULT_UNTRUSTED, why, "there is no trust list to find it in");
	assert_accepted(accept(store, ITL, RECOVERY, &why), why);
	assert_accepted(
	    trust_store_check_peer(store, manager, TRUST_SIP_PEER, FIXTURE_NOW, &why), why);
	assert_accepted(trust_store_check_peer(store, fixture.certificate[CALLMANAGER_EC],
			    TRUST_SIP_PEER, FIXTURE_NOW, &why),
	    why);
	assert_refused(
	    trust_store_check_peer(store, manager, TRUST_SIP_PEER, FIXTURE_NOW + YEARS_6, &why),
	    FAULT_UNTRUSTED, why, "expired on 2031-11-22");
	assert_refused(
	    trust_store_check_peer(store, manager, TRUST_ROLE_SET(TRUST_CAPF), FIXTURE_NOW, &why),
	    FAULT_UNTRUSTED, why, "is not listed as CAPF; listed is CN=CAPF-test");
	assert_refused(trust_store_check_peer(
			   store, fixture.certificate[STRANGER], TRUST_SIP_PEER, FIXTURE_NOW, &why),
	    FAULT_UNTRUSTED, why, "is not listed as CCM or CCM+TFTP; listed is CN=manager.example");
	assert_refused(
	    trust_store_check_peer(store, manager, TRUST_ROLE_SET(TRUST_SRST), FIXTURE_NOW, &why),
	    FAULT_UNTRUSTED, why, "the trust list has no SRST at all");
	trust_store_free(store);
}

static void
a_file_must_be_signed_by_a_listed_file_signer(void **state)
{
	static const char name[] = "SEP001122334455.cnf.xml.sgn";
	struct trust_store *store = NULL;
	struct signed_file verified;
	struct buffer good, bad;
	struct why why;

	(void)state;
	buffer_init(&good, SIGNED_FILE_MOST);
	buffer_init(&bad, SIGNED_FILE_MOST);
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	assert_accepted(accept(store, ITL, RECOVERY, &why), why);
	assert_accepted(
	    signed_file_write(bytes_text("<device/>"), name, fixture.certificate[CALLMANAGER],
		fixture.key[CALLMANAGER], 0, FIXTURE_NOW, &good, &why),
	    why);
	/* CAPF is listed, but not for files. */
	assert_accepted(signed_file_write(bytes_text("<device/>"), name, fixture.certificate[CAPF],
			    fixture.key[CAPF], 0, FIXTURE_NOW, &bad, &why),
	    why);
	assert_accepted(
	    trust_store_check_file(store, buffer_bytes_of(&good), name, &verified, &why), why);
	assert_true(bytes_equal_text(verified.payload, "<device/>"));
	assert_refused(trust_store_check_file(store, buffer_bytes_of(&bad), name, &verified, &why),
	    FAULT_UNTRUSTED, why, "seen: serial ");
	buffer_finish(&good);
	buffer_finish(&bad);
	trust_store_free(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_rule_of_belief),
	    cmocka_unit_test(a_refused_list_changes_nothing_on_disk_or_in_memory),
	    cmocka_unit_test(a_stored_list_that_was_altered_is_not_believed),
	    cmocka_unit_test(tvs_may_vouch_for_a_new_signer),
	    cmocka_unit_test(look_ups_go_by_role_issuer_and_serial),
	    cmocka_unit_test(a_tls_peer_must_be_listed_for_its_role_and_valid),
	    cmocka_unit_test(a_file_must_be_signed_by_a_listed_file_signer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
