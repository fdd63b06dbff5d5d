/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/certificate_test.c - reading, describing, making and judging certificates. */
#include "trust/certificate.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "site_fixture.h"
#include "tests.h"

enum { YEAR = 365 * 24 * 3600 };

static EVP_PKEY *factory_key, *phone_key, *weak_key;
static X509 *factory, *mic, *lsc;

static X509 *
make(struct certificate_plan plan)
{
	X509 *certificate = NULL;
	struct why why;

	if (plan.now == 0)
		plan.now = FIXTURE_NOW;
	assert_accepted(certificate_make(&plan, &certificate, &why), why);
	return certificate;
}

static int
setup(void **state)
{
	fixture_make(state);
	factory_key = EVP_RSA_gen(2048);
	phone_key = EVP_RSA_gen(2048);
	weak_key = EVP_RSA_gen(1024);
	factory = make((struct certificate_plan){.profile = CERTIFICATE_MANUFACTURING,
	    .common_name = "Factory CA",
	    .subject_key = factory_key});
	mic = make((struct certificate_plan){.profile = CERTIFICATE_MIC,
	    .common_name = "CP-8832-SEP001122334455",
	    .subject_key = phone_key,
	    .issuer = factory,
	    .issuer_key = factory_key});
	lsc = make((struct certificate_plan){.profile = CERTIFICATE_LSC,
	    .common_name = "SEP001122334455",
	    .subject_key = phone_key,
	    .issuer = fixture.certificate[CAPF],
	    .issuer_key = fixture.key[CAPF]});
	return 0;
}

static int
teardown(void **state)
{
	EVP_PKEY_free(factory_key);
	EVP_PKEY_free(phone_key);
	EVP_PKEY_free(weak_key);
	X509_free(factory);
	X509_free(mic);
	X509_free(lsc);
	return fixture_end(state);
}

static void
facts_are_told_in_the_lists_words(void **state)
{
	X509 *certificate = fixture_vector_certificate("trust/ccm.pem");
	struct certificate_facts facts;
	char md5[CERTIFICATE_HASH_SIZE];
	struct why why;

	(void)state;
	assert_accepted(certificate_describe(certificate, &facts, &why), why);
	assert_string_equal(facts.subject, "CN=Test-CCM;OU=Unit;O=Org;L=City;ST=State;C=NZ");
	assert_string_equal(facts.common_name, "Test-CCM");
	assert_string_equal(facts.serial, "2ca71c0e77c2698e72d796bd40b568ad");
	assert_string_equal(facts.key_text, "RSA 2048");
	assert_int_equal(facts.not_before, 1795392000);
	assert_string_equal(
	    facts.sha256, "535e1f9c233ea6f3382ad7e35b292c2cfcd43991613b93678e99e19ea0744d3c");
	assert_true(facts.self_issued && facts.authority);
	assert_accepted(certificate_hash(certificate, "MD5", md5, &why), why);
	assert_int_equal(strlen(md5), 32);
	X509_free(certificate);
}

static void
pem_and_der_give_the_same_certificate(void **state)
{
	struct buffer der, pem;
	X509 *from_der = NULL, *from_pem = NULL;
	struct why why;

	(void)state;
	buffer_init(&der, CERTIFICATE_MOST);
	buffer_init(&pem, CERTIFICATE_MOST);
	assert_accepted(certificate_write_der(mic, &der, &why), why);
	assert_accepted(certificate_write_pem(mic, &pem, &why), why);
	assert_accepted(certificate_read(buffer_bytes_of(&der), &from_der, &why), why);
	assert_accepted(certificate_read(buffer_bytes_of(&pem), &from_pem, &why), why);
	assert_true(certificate_equal(from_der, mic) && certificate_equal(from_pem, mic));
	buffer_u8(&der, 0);
	assert_refused(certificate_read(buffer_bytes_of(&der), &from_der, &why), FAULT_MALFORMED,
	    why, "1 bytes behind its end");
	buffer_bytes(&pem, bytes_of(pem.at, pem.size / 2));
	assert_refused(certificate_read(buffer_bytes_of(&pem), &from_pem, &why), FAULT_MALFORMED,
	    why, "broken PEM");
	X509_free(from_der);
	X509_free(from_pem);
	buffer_finish(&der);
	buffer_finish(&pem);
}

static void
what_is_no_certificate_is_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
	    {"", "no certificate in it"},
	    {"hello", "no certificate in it"},
	    {"0hello", "not a certificate in DER"},
	    {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"PEM of \"PRIVATE KEY\""},
	    {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"not a certificate in DER"},
	    {"-----BEGIN CERTIFICATE-----\n", "broken PEM"},
	};
	X509 *certificate = NULL;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_refused(certificate_read(bytes_text(cases[i].text), &certificate, &why),
		    FAULT_MALFORMED, why, cases[i].words);
		assert_null(certificate);
	}
}

static void
a_certificate_belongs_to_the_device_its_name_says(void **state)
{
	static const struct {
		const char *name, *device;
		bool factory;
	} cases[] = {
	    {"CP-8832-SEP001122334455", "SEP001122334455", true},
	    {"SEP00AABBCCDDEE", "SEP00AABBCCDDEE", false},
	    {"CP-8832-SEP00112233445", NULL, false},
	    {"CP--SEP001122334455", NULL, false},
	    {"CP-SEP001122334455", NULL, false},
	    {"XSEP001122334455", NULL, false},
	    {"SEP001122334455;SEP2", NULL, false},
	    {"manager.example", NULL, false},
	};
	struct device_name name;
	struct why why;
	bool made;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		X509 *certificate = make((struct certificate_plan){.profile = CERTIFICATE_MIC,
		    .common_name = cases[i].name,
		    .subject_key = phone_key});

		if (cases[i].device != NULL) {
			assert_accepted(certificate_device(certificate, &name, &made, &why), why);
			assert_string_equal(name.text, cases[i].device);
			assert_int_equal(made, cases[i].factory);
		} else
			assert_refused(certificate_device(certificate, &name, &made, &why),
			    FAULT_UNTRUSTED, why, "is not the name of a phone");
		X509_free(certificate);
	}
}

static bool
has_extension(X509 *certificate, int nid, const char *text)
{
	X509_EXTENSION *extension =
	    X509_get_ext(certificate, X509_get_ext_by_NID(certificate, nid, -1));
	BIO *out = BIO_new(BIO_s_mem());
	bool found;
	char *at;
	long size;

	X509V3_EXT_print(out, extension, 0, 0);
	size = BIO_get_mem_data(out, &at);
	found = (size_t)size == strlen(text) && memcmp(at, text, (size_t)size) == 0;
	if (!found)
		print_message("it is: %.*s\n", (int)size, at);
	BIO_free(out);
	return found;
}

static void
profiles_are_as_the_formats_want_them(void **state)
{
	(void)state;
	assert_true(
	    has_extension(fixture.certificate[CAPF], NID_basic_constraints, "CA:TRUE, pathlen:0"));
	assert_true(has_extension(
	    fixture.certificate[CAPF], NID_key_usage, "Digital Signature, Certificate Sign"));
	assert_true(has_extension(lsc, NID_basic_constraints, "CA:FALSE"));
	assert_true(has_extension(lsc, NID_key_usage, "Digital Signature, Key Encipherment"));
	assert_true(has_extension(lsc, NID_ext_key_usage,
	    "TLS Web Server Authentication, TLS Web Client Authentication, IPSec End System"));
	assert_true(has_extension(lsc, NID_subject_alt_name, "URI:SEP001122334455"));
	assert_true(has_extension(fixture.certificate[CALLMANAGER], NID_subject_alt_name,
	    "DNS:manager.example, IP Address:127.0.0.1"));
}

static void
an_lsc_lies_in_its_issuers_organization_and_never_outlives_it(void **state)
{
	struct certificate_facts facts, issuer;
	X509 *lasting;
	struct why why;

	(void)state;
	assert_accepted(certificate_describe(lsc, &facts, &why), why);
	assert_string_equal(facts.subject, "CN=SEP001122334455;O=Test");
	assert_int_equal(strlen(facts.serial), 32);
	lasting = make((struct certificate_plan){.profile = CERTIFICATE_LSC,
	    .common_name = "SEP001122334455",
	    .subject_key = phone_key,
	    .issuer = fixture.certificate[CAPF],
	    .issuer_key = fixture.key[CAPF],
	    .days = 20000});
	assert_accepted(certificate_describe(lasting, &facts, &why), why);
	assert_accepted(certificate_describe(fixture.certificate[CAPF], &issuer, &why), why);
	assert_int_equal(facts.not_after, issuer.not_after);
	X509_free(lasting);
}

/* Who is judged, by which anchor, and what is said. */
enum who { THE_MIC, THE_LSC, THE_CAPF, AN_EC, A_WEAK, A_FORGED, BELOW_A_LEAF, A_SERVER };

static X509 *
forged(X509 *original)
{
	X509 *copy = X509_dup(original);
	const ASN1_BIT_STRING *signature;

	X509_get0_signature(&signature, NULL, copy);
	((uint8_t *)(uintptr_t)ASN1_STRING_get0_data(signature))[20] ^= 1;
	return copy;
}

static X509 *
subject_of(enum who who)
{
	struct certificate_plan below = {.profile = CERTIFICATE_LSC,
	    .common_name = "SEP00AABBCCDDEE",
	    .subject_key = phone_key,
	    .issuer = lsc,
	    .issuer_key = phone_key};
	struct certificate_plan weak = {.profile = CERTIFICATE_MIC,
	    .common_name = "SEP001122334455",
	    .subject_key = weak_key,
	    .issuer = factory,
	    .issuer_key = factory_key};

	switch (who) {
	case THE_LSC:
		return X509_dup(lsc);
	case THE_CAPF:
		return X509_dup(fixture.certificate[CAPF]);
	case AN_EC:
		return X509_dup(fixture.certificate[CALLMANAGER_EC]);
	case A_WEAK:
		return make(weak);
	case A_FORGED:
		return forged(mic);
	case BELOW_A_LEAF:
		return make(below);
	case A_SERVER:
		return X509_dup(fixture.certificate[TVS]);
	default:
		return X509_dup(mic);
	}
}

static void
each_way_to_fail_has_its_sentence(void **state)
{
	const struct {
		const char *says;
		enum who who;
		X509 *trusted;
		int64_t now;
		enum certificate_purpose purpose;
		const char *device, *host, *words; /* words NULL: accepted */
	} cases[] = {
	    {"a MIC of our factory", THE_MIC, factory, 0, CERTIFICATE_TLS_CLIENT, "SEP001122334455",
		NULL, NULL},
	    {"an LSC of our CAPF", THE_LSC, fixture.certificate[CAPF], 0, CERTIFICATE_TLS_CLIENT,
		"SEP001122334455", NULL, NULL},
	    {"one that is trusted itself", AN_EC, fixture.certificate[CALLMANAGER_EC], 0,
		CERTIFICATE_TLS_SERVER, NULL, "127.0.0.1", NULL},
	    {"a CA as CA", THE_CAPF, fixture.certificate[CAPF], 0, CERTIFICATE_ISSUER, NULL, NULL,
		NULL},
	    {"expired", THE_MIC, factory, 25L * YEAR, CERTIFICATE_TLS_CLIENT, NULL, NULL,
		"certificate CN=CP-8832-SEP001122334455 expired on 2046-"},
	    {"not yet valid", THE_MIC, factory, -1L * YEAR, CERTIFICATE_TLS_CLIENT, NULL, NULL,
		"is not valid before 2026-11-23T19:00:00Z"},
	    {"unknown CA", THE_MIC, fixture.certificate[CAPF], 0, CERTIFICATE_TLS_CLIENT, NULL,
		NULL, "was issued by an unknown CA: CN=Factory CA"},
	    {"unknown and self-signed", A_SERVER, factory, 0, CERTIFICATE_TLS_SERVER, NULL, NULL,
		"is self-signed, and not one we know"},
	    {"another's", THE_LSC, fixture.certificate[CAPF], 0, CERTIFICATE_TLS_CLIENT,
		"SEP00AABBCCDDEE", NULL,
		"certificate CN SEP001122334455 does not match device SEP00AABBCCDDEE"},
	    {"another host's", A_SERVER, fixture.certificate[TVS], 0, CERTIFICATE_TLS_SERVER, NULL,
		"other.example", "is not valid for the name other.example"},
	    {"a flipped bit", A_FORGED, factory, 0, CERTIFICATE_TLS_CLIENT, NULL, NULL,
		"has a bad signature; named issuer: CN=Factory CA"},
	    {"a weak key", A_WEAK, factory, 0, CERTIFICATE_TLS_CLIENT, NULL, NULL,
		"has a weak key: RSA 1024"},
	    {"issued by a phone", BELOW_A_LEAF, lsc, 0, CERTIFICATE_TLS_CLIENT, NULL, NULL,
		"is not a CA, but has issued another"},
	    {"a phone as CA", THE_LSC, fixture.certificate[CAPF], 0, CERTIFICATE_ISSUER, NULL, NULL,
		"is not a CA"},
	    {"a server as client", A_SERVER, fixture.certificate[TVS], 0, CERTIFICATE_TLS_CLIENT,
		NULL, NULL, "is not meant for this use"},
	};
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		X509 *subject = subject_of(cases[i].who);
		struct certificate_rules rules = {.now = FIXTURE_NOW + cases[i].now,
		    .purpose = cases[i].purpose,
		    .trusted = sk_X509_new_null(),
		    .device = cases[i].device,
		    .host = cases[i].host};

		print_message("  %s\n", cases[i].says);
		assert_true(certificate_stack_add(rules.trusted, cases[i].trusted));
		if (cases[i].words == NULL)
			assert_accepted(certificate_check(subject, &rules, &why), why);
		else
			assert_refused(certificate_check(subject, &rules, &why), FAULT_UNTRUSTED,
			    why, cases[i].words);
		certificate_stack_free(rules.trusted);
		X509_free(subject);
	}
}

static void
a_weak_key_passes_only_with_consent(void **state)
{
	struct certificate_rules rules = {
	    .now = FIXTURE_NOW, .trusted = sk_X509_new_null(), .weak_allowed = true};
	X509 *weak = subject_of(A_WEAK);
	struct why why;

	(void)state;
	assert_true(certificate_stack_add(rules.trusted, factory));
	assert_accepted(certificate_check(weak, &rules, &why), why);
	rules.weak_allowed = false;
	assert_refused(
	    certificate_check(weak, &rules, &why), FAULT_UNTRUSTED, why, "weak key: RSA 1024");
	certificate_stack_free(rules.trusted);
	X509_free(weak);
}

static void
nobody_is_trusted_when_nobody_is_named(void **state)
{
	struct certificate_rules rules = {.now = FIXTURE_NOW};
	struct why why;

	(void)state;
	assert_refused(certificate_check(mic, &rules, &why), FAULT_UNTRUSTED, why,
	    "unknown CA: CN=Factory CA");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_are_told_in_the_lists_words),
	    cmocka_unit_test(pem_and_der_give_the_same_certificate),
	    cmocka_unit_test(what_is_no_certificate_is_refused),
	    cmocka_unit_test(a_certificate_belongs_to_the_device_its_name_says),
	    cmocka_unit_test(profiles_are_as_the_formats_want_them),
	    cmocka_unit_test(an_lsc_lies_in_its_issuers_organization_and_never_outlives_it),
	    cmocka_unit_test(each_way_to_fail_has_its_sentence),
	    cmocka_unit_test(a_weak_key_passes_only_with_consent),
	    cmocka_unit_test(nobody_is_trusted_when_nobody_is_named),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
