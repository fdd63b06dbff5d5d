/* SPDX-License-Identifier: Apache-2.0 */
/* tests/policy/profile_test.c - which profiles make sense, and what each demands of a REGISTER. */
#include "policy/profile.h"

#include "tests.h"

#define UDP       TRANSPORT_UDP
#define TCP       TRANSPORT_TCP
#define TLS       TRANSPORT_TLS
#define GRANTED   ADMISSION_GRANTED
#define CHALLENGE ADMISSION_CHALLENGE
#define REFUSED   ADMISSION_REFUSED

static void
every_standard_profile_is_consistent(void **state)
{
	struct why why;

	(void)state;
	for (size_t i = 0; i < PROFILE_STANDARD_COUNT; i++)
		assert_accepted(profile_check(profile_standard(i), &why), why);
}

static const struct {
	struct profile profile;
	const char *complaint;
} wrong[] = {
    {{.mode = LEVEL_NONSECURE}, "permits no transport"},
    {{.mode = LEVEL_ENCRYPTED, .transports = 1 << TCP | 1 << TLS, .suites = SUITES_ALL},
	"only TLS"},
    {{.mode = LEVEL_AUTHENTICATED, .transports = 1 << UDP}, "only TLS"},
    {{.mode = LEVEL_NONSECURE, .transports = 1 << TLS}, "only TCP and UDP"},
    {{.mode = LEVEL_ENCRYPTED, .transports = 1 << TLS}, "needs an SRTP suite"},
    {{.mode = LEVEL_AUTHENTICATED, .transports = 1 << TLS, .suites = SUITES_AEAD},
	"only an encrypted profile"},
    {{.mode = LEVEL_ENCRYPTED, .transports = 1 << TLS, .suites = 1 << SUITE_COUNT},
	"does not exist"},
    {{.mode = LEVEL_NONSECURE, .transports = 1 << TCP, .third_party = true, .digest = true},
	"needs TLS"},
    {{.mode = LEVEL_AUTHENTICATED, .transports = 1 << TLS, .third_party = true},
	"no proof but the digest"},
    {{.mode = LEVEL_AUTHENTICATED, .transports = 1 << TLS, .digest_counts = true},
	"only for a third-party"},
};

static void
every_contradiction_has_its_sentence(void **state)
{
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_refused(profile_check(&wrong[i].profile, &why), FAULT_FORBIDDEN, why,
		    wrong[i].complaint);
}

static const struct {
	const char *says;
	enum profile_standard profile;
	struct credentials shown; /* transport, certificate, it names the device, digest */
	enum admission admission;
	const char *complaint;
} registrations[] = {
    {"nonsecure over UDP", PROFILE_NONSECURE, {UDP, 0, 0, 0}, GRANTED, NULL},
    {"nonsecure over TCP", PROFILE_NONSECURE, {TCP, 0, 0, 0}, GRANTED, NULL},
    {"nonsecure over TLS", PROFILE_NONSECURE, {TLS, 1, 1, 0}, REFUSED, "over tls: its profile"},
    {"encrypted over TCP", PROFILE_ENCRYPTED, {TCP, 0, 0, 0}, REFUSED, "over tcp: its profile"},
    {"encrypted over UDP, with a digest", PROFILE_ENCRYPTED, {UDP, 0, 0, 1}, REFUSED, "over udp"},
    {"encrypted, TLS, no certificate", PROFILE_ENCRYPTED, {TLS, 0, 0, 0}, REFUSED, "showed none"},
    {"encrypted, digest for certificate", PROFILE_ENCRYPTED, {TLS, 0, 0, 1}, REFUSED,
	"showed none"},
    {"encrypted, another's certificate", PROFILE_ENCRYPTED, {TLS, 1, 0, 0}, REFUSED, "another"},
    {"encrypted, its own certificate", PROFILE_ENCRYPTED, {TLS, 1, 1, 0}, GRANTED, NULL},
    {"authenticated, its own", PROFILE_AUTHENTICATED, {TLS, 1, 1, 0}, GRANTED, NULL},
    {"authenticated over TCP", PROFILE_AUTHENTICATED, {TCP, 0, 0, 0}, REFUSED, "over tcp"},
    {"third party, nothing yet", PROFILE_THIRD_PARTY, {TLS, 0, 0, 0}, CHALLENGE, "by digest"},
    {"third party, digest", PROFILE_THIRD_PARTY, {TLS, 0, 0, 1}, GRANTED, NULL},
    {"third party over TCP", PROFILE_THIRD_PARTY, {TCP, 0, 0, 1}, REFUSED, "over tcp"},
    {"third party as another's phone", PROFILE_THIRD_PARTY, {TLS, 1, 0, 1}, REFUSED, "another"},
};

static void
a_register_must_show_what_the_profile_demands(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(registrations); i++) {
		struct why why = {""};
		enum admission admission = profile_admit(
		    profile_standard(registrations[i].profile), &registrations[i].shown, &why);

		if (admission != registrations[i].admission)
			fail_msg("%s: %d (%s)", registrations[i].says, admission, why.text);
		if (registrations[i].complaint != NULL &&
		    strstr(why.text, registrations[i].complaint) == NULL)
			fail_msg("%s: \"%s\"", registrations[i].says, why.text);
	}
}

static void
a_profile_that_wants_both_certificate_and_digest_gets_both(void **state)
{
	struct profile both = *profile_standard(PROFILE_ENCRYPTED);
	struct credentials shown = {
	    .transport = TLS, .certificate = true, .certificate_names = true};
	struct why why;

	(void)state;
	both.digest = true;
	assert_int_equal(profile_admit(&both, &shown, &why), CHALLENGE);
	shown.digest = true;
	assert_int_equal(profile_admit(&both, &shown, &why), GRANTED);
}

static void
suite_sets_have_names_both_ways(void **state)
{
	static const char *const names[] = {"none", "all", "aead", "aes-256"};
	unsigned suites;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_true(profile_suites_from_name(bytes_text(names[i]), &suites));
		assert_string_equal(profile_suites_name(suites), names[i]);
	}
	assert_false(profile_suites_from_name(bytes_text("rot13"), &suites));
	assert_string_equal(profile_suites_name(1 << SUITE_AES_CM_128_HMAC_SHA1_80), "some");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_standard_profile_is_consistent),
	    cmocka_unit_test(every_contradiction_has_its_sentence),
	    cmocka_unit_test(a_register_must_show_what_the_profile_demands),
	    cmocka_unit_test(a_profile_that_wants_both_certificate_and_digest_gets_both),
	    cmocka_unit_test(suite_sets_have_names_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
