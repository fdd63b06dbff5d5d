/* SPDX-License-Identifier: Apache-2.0 */
/* tests/administration/site_create_test.c - a site and its phones are made with the real keykeeper.
 */
#include "administration/site_create.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "administration/site_factory.h"
#include "storage/storage.h"
#include "tests.h"
#include "trust/trust_store.h"

#define NOW INT64_C(1795464000)

static char folder[] = "/tmp/ringfence-create-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static const char *
path_of(const char *name)
{
	static char paths[4][STORAGE_PATH_MOST];
	static unsigned next;

	next = (next + 1) % COUNT(paths);
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static struct site_plan
plan_of(const char *name)
{
	struct site_plan plan = {
	    .folder = path_of(name), .rsa = KEY_RSA_2048, .ec = KEY_P384, .now = NOW};

	site_init(&plan.site);
	return plan;
}

static enum fault
believe(struct trust_store *store, enum trust_list_kind kind, const char *site, struct why *why)
{
	char name[256];
	struct content file = {0};
	enum fault fault;

	snprintf(name, sizeof(name), "%s/files/%s", site, trust_list_filename(kind));
	if ((fault = storage_read(path_of(name), TRUST_LIST_MOST, &file, why)) == FAULT_NONE)
		fault = trust_store_accept(store, kind, content_bytes(&file), why);
	content_free(&file);
	return fault;
}

static bool
file_holds(const char *path, const char *words)
{
	struct content file = {0};
	struct why why;
	size_t at;
	bool found;

	assert_accepted(storage_read(path, 1024 * 1024, &file, &why), why);
	found = bytes_find(content_bytes(&file), bytes_text(words), &at);
	content_free(&file);
	return found;
}

static void
a_site_is_in_mixed_mode_and_says_how(void **state)
{
	static const struct {
		const char *file, *key;
	} certificates[] = {
	    {"one/certificates/callmanager.pem", "RSA 2048"},
	    {"one/certificates/callmanager-ec.pem", "EC P-384"},
	    {"one/certificates/tftp.pem", "RSA 2048"},
	    {"one/certificates/capf.pem", "RSA 2048"},
	    {"one/certificates/tvs.pem", "RSA 2048"},
	    {"one/certificates/tvs-ec.pem", "EC P-384"},
	    {"one/certificates/itl-recovery.pem", "RSA 2048"},
	};
	struct site_plan plan = plan_of("one");
	struct trust_store *store = NULL;
	struct site_created created;
	struct certificate_facts facts;
	struct site site;
	struct why why;

	(void)state;
	assert_accepted(site_create(&plan, &created, &why), why);
	for (size_t i = 0; i < COUNT(certificates); i++) {
		X509 *certificate = NULL;

		assert_accepted(
		    certificate_load(path_of(certificates[i].file), &certificate, &why), why);
		assert_accepted(certificate_describe(certificate, &facts, &why), why);
		assert_string_equal(facts.key_text, certificates[i].key);
		X509_free(certificate);
	}
	assert_string_equal(created.fingerprint, facts.sha256); /* the recovery key's, the last */
	assert_accepted(site_read(path_of("one"), &site, &why), why);
	assert_true(site.mixed);
	assert_true(file_holds(path_of("one/audit.log"), "an extension of ours"));
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	assert_accepted(believe(store, TRUST_CTL, "one", &why), why);
	assert_accepted(believe(store, TRUST_ITL, "one", &why), why);
	assert_true(trust_store_has(store, TRUST_SIP_PEER));
	trust_store_free(store);
	assert_refused(
	    site_create(&plan, &created, &why), FAULT_UNEXPECTED, why, "already holds a site");
}

static void
a_site_that_waits_for_tokens_secures_nothing_but_files(void **state)
{
	struct site_plan plan = plan_of("tokens");
	struct trust_store *store = NULL;
	struct site_created created;
	struct why why;

	(void)state;
	plan.site.ctl = SITE_CTL_TOKENS;
	plan.site.mixed = false;
	assert_accepted(site_create(&plan, &created, &why), why);
	assert_false(storage_exists(path_of("tokens/files/CTLFile.tlv")));
	assert_accepted(trust_store_open(&store, NULL, &why), why);
	assert_accepted(believe(store, TRUST_ITL, "tokens", &why), why);
	assert_true(trust_store_has(store, TRUST_SIGNS_FILES));
	assert_false(trust_store_has(store, TRUST_SIP_PEER));
	assert_true(file_holds(path_of("tokens/audit.log"), "before the CTL client has run"));
	trust_store_free(store);
}

static struct device_name
device(const char *text)
{
	struct device_name name;
	struct why why;

	assert_accepted(device_name_read(bytes_text(text), &name, &why), why);
	return name;
}

static void
phones_of_one_factory_differ_in_key_and_serial(void **state)
{
	const struct device_name names[] = {device("SEP001122334455"), device("SEP001122334466")};
	X509 *mics[2] = {NULL}, *authority = NULL;
	struct factory_phone phones[2];
	struct certificate_rules rules = {.now = NOW, .purpose = CERTIFICATE_TLS_CLIENT};
	struct factory *factory = NULL;
	struct device_name owner;
	struct why why;
	bool made;

	(void)state;
	/* Opened twice: the second time the CA is there. */
	for (size_t i = 0; i < 2; i++) {
		char mic[64];

		assert_accepted(factory_open(&factory, path_of("factory"), NOW, &why), why);
		assert_accepted(factory_make(factory, &names[i], path_of("phones"),
				    i == 0 ? KEY_RSA_2048 : KEY_P256, NOW, &phones[i], &why),
		    why);
		assert_refused(factory_make(factory, &names[i], path_of("phones"), KEY_RSA_2048,
				   NOW, &phones[i], &why),
		    FAULT_UNEXPECTED, why, "has its MIC already, for life");
		factory_close(factory);
		snprintf(mic, sizeof(mic), "phones/%s/mic.pem", names[i].text);
		assert_accepted(certificate_load(path_of(mic), &mics[i], &why), why);
	}
	assert_string_not_equal(phones[0].serial, phones[1].serial);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(mics[0]), X509_get0_pubkey(mics[1])) == 1, 0);
	assert_accepted(
	    certificate_load(path_of("factory/manufacturing-ca.pem"), &authority, &why), why);
	rules.trusted = sk_X509_new_null();
	assert_true(certificate_stack_add(rules.trusted, authority));
	for (size_t i = 0; i < 2; i++) {
		rules.device = names[i].text;
		assert_accepted(certificate_check(mics[i], &rules, &why), why);
		assert_accepted(certificate_device(mics[i], &owner, &made, &why), why);
		assert_true(made);
		X509_free(mics[i]);
	}
	certificate_stack_free(rules.trusted);
	X509_free(authority);
}

static void
a_phone_is_no_factory(void **state)
{
	struct site_plan plan = plan_of("odd");
	struct site_created created;
	struct why why;

	(void)state;
	plan.manufacturing_ca = path_of("phones/SEP001122334455/mic.pem");
	assert_refused(site_create(&plan, &created, &why), FAULT_UNTRUSTED, why, "is not a CA");
	/* Nothing that calls itself a site is left, and the command may be given again. */
	assert_false(storage_exists(path_of("odd/site.json")));
	plan.manufacturing_ca = path_of("factory/manufacturing-ca.pem");
	assert_accepted(site_create(&plan, &created, &why), why);
	assert_true(storage_exists(path_of("odd/certificates/manufacturing-ca.pem")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_site_is_in_mixed_mode_and_says_how),
	    cmocka_unit_test(a_site_that_waits_for_tokens_secures_nothing_but_files),
	    cmocka_unit_test(phones_of_one_factory_differ_in_key_and_serial),
	    cmocka_unit_test(a_phone_is_no_factory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
