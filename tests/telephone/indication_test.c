/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/indication_test.c - the lock, the shield, and the header's own mark. */
#include "telephone/indication.h"

#include "tests.h"

#define N LEVEL_NONSECURE
#define A LEVEL_AUTHENTICATED
#define E LEVEL_ENCRYPTED

static const struct {
	const char *says;
	struct indication_facts facts; /* manager, transport, signalling up, media secure */
	enum icon icon;
	const char *because;
} cases[] = {
    {"all is well", {E, TRANSPORT_TLS, 1, 1}, ICON_LOCK, ""},
    {"signalling died in mid-call", {E, TRANSPORT_TLS, 0, 1}, ICON_NONE, "connection"},
    {"one hop is TCP", {E, TRANSPORT_TCP, 1, 1}, ICON_NONE, "not TLS"},
    {"the manager says encrypted, the media is clear", {E, TRANSPORT_TLS, 1, 0}, ICON_NONE,
	"not proved"},
    {"our media is secure, the other leg is not", {N, TRANSPORT_TLS, 1, 1}, ICON_NONE,
	"not secure"},
    {"an authenticated call", {A, TRANSPORT_TLS, 1, 0}, ICON_SHIELD, "authenticated"},
    {"an authenticated call whose signalling died", {A, TRANSPORT_TLS, 0, 0}, ICON_NONE,
	"connection"},
    {"an authenticated call over UDP cannot be", {A, TRANSPORT_UDP, 1, 0}, ICON_NONE, "not TLS"},
};

static void
the_icon_follows_the_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (indication_icon(&cases[i].facts) != cases[i].icon ||
		    strstr(indication_because(&cases[i].facts), cases[i].because) == NULL)
			fail_msg("%s: %s because \"%s\"", cases[i].says,
			    icon_name(indication_icon(&cases[i].facts)),
			    indication_because(&cases[i].facts));
	}
}

/* Every combination of facts: a lock means all of them. */
static void
a_lock_means_manager_media_and_signalling(void **state)
{
	(void)state;
	for (int says = 0; says < LEVEL_COUNT; says++)
		for (int transport = 0; transport < TRANSPORT_COUNT; transport++)
			for (unsigned bits = 0; bits < 4; bits++) {
				struct indication_facts facts = {
				    says, transport, bits & 1, bits & 2};
				bool all = says == LEVEL_ENCRYPTED && transport == TRANSPORT_TLS &&
					   facts.signalling_up && facts.media_secure;

				assert_int_equal(indication_icon(&facts) == ICON_LOCK, all);
			}
}

static void
the_phone_is_secured_only_when_registered_over_tls_in_encrypted_mode(void **state)
{
	(void)state;
	for (int mode = 0; mode < LEVEL_COUNT; mode++)
		for (int transport = 0; transport < TRANSPORT_COUNT; transport++)
			for (int registered = 0; registered < 2; registered++) {
				struct secured_facts facts = {mode, transport, registered};

				assert_int_equal(indication_phone_secured(&facts),
				    mode == LEVEL_ENCRYPTED && transport == TRANSPORT_TLS &&
					registered);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_icon_follows_the_facts),
	    cmocka_unit_test(a_lock_means_manager_media_and_signalling),
	    cmocka_unit_test(the_phone_is_secured_only_when_registered_over_tls_in_encrypted_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
