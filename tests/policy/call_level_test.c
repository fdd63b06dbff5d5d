/* SPDX-License-Identifier: Apache-2.0 */
/* tests/policy/call_level_test.c - a leg's level from its facts, a call's from its legs. */
#include "policy/call_level.h"

#include "tests.h"

#define UDP TRANSPORT_UDP
#define TCP TRANSPORT_TCP
#define TLS TRANSPORT_TLS
#define N   LEVEL_NONSECURE
#define A   LEVEL_AUTHENTICATED
#define E   LEVEL_ENCRYPTED

static const struct {
	const char *says;
	struct leg_facts
	    facts; /* connected, transport, certificate, digest, counts, mode, SRTP x2 */
	enum level level;
	const char *because;
} legs[] = {
    {"all facts of a secure phone", {1, TLS, 1, 0, 0, E, 1, 1}, E, "verified certificate"},
    {"its connection is lost", {0, TLS, 1, 0, 0, E, 1, 1}, N, "connection is gone"},
    {"plain TCP with SRTP is no lock", {1, TCP, 0, 0, 0, E, 1, 1}, N, "not TLS"},
    {"UDP, and facts that cannot be", {1, UDP, 1, 1, 1, E, 1, 1}, N, "not TLS"},
    {"TLS by nobody we know", {1, TLS, 0, 0, 0, E, 1, 1}, N, "not verified"},
    {"TLS and digest, not vouched for", {1, TLS, 0, 1, 0, E, 1, 1}, N, "not vouched"},
    {"TLS and digest, vouched for", {1, TLS, 0, 1, 1, E, 1, 1}, E, "vouched digest user"},
    {"vouched for without a digest", {1, TLS, 0, 0, 1, E, 1, 1}, N, "not verified"},
    {"an authenticated profile", {1, TLS, 1, 0, 0, A, 0, 0}, A, "authenticated"},
    {"authenticated, SRTP all the same", {1, TLS, 1, 0, 0, A, 1, 1}, A, "authenticated"},
    {"a nonsecure profile on TLS", {1, TLS, 1, 0, 0, N, 1, 1}, N, "nonsecure"},
    {"sends in clear", {1, TLS, 1, 0, 0, E, 0, 1}, A, "sends"},
    {"receives in clear", {1, TLS, 1, 0, 0, E, 1, 0}, A, "receives"},
    {"vouched digest, one way in clear", {1, TLS, 0, 1, 1, E, 1, 0}, A, "receives"},
};

static void
a_leg_is_as_secure_as_its_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(legs); i++) {
		struct leg_judgement judgement = leg_judge(&legs[i].facts);

		if (judgement.level != legs[i].level ||
		    strstr(judgement.because, legs[i].because) == NULL)
			fail_msg("%s: %s because %s", legs[i].says, level_name(judgement.level),
			    judgement.because);
	}
}

/* One leg of each level, and the table the guide draws. */
static const struct leg_facts of_level[LEVEL_COUNT] = {
    {1, TCP, 0, 0, 0, N, 0, 0},
    {1, TLS, 1, 0, 0, A, 0, 0},
    {1, TLS, 1, 0, 0, E, 1, 1},
};

static const enum level lowest[LEVEL_COUNT][LEVEL_COUNT] = {
    /*  N  A  E */
    {N, N, N}, /* N */
    {N, A, A}, /* A */
    {N, A, E}, /* E */
};

static void
a_call_has_the_level_of_its_lowest_leg(void **state)
{
	(void)state;
	for (size_t a = 0; a < LEVEL_COUNT; a++)
		for (size_t b = 0; b < LEVEL_COUNT; b++) {
			struct leg_facts pair[] = {of_level[a], of_level[b]};
			struct call_judgement call = call_judge(pair, 2);

			assert_int_equal(call.level, lowest[a][b]);
			assert_int_equal(call.leg, b < a ? 1 : 0);
		}
}

static void
a_call_without_legs_is_nonsecure(void **state)
{
	(void)state;
	assert_int_equal(call_judge(NULL, 0).level, LEVEL_NONSECURE);
}

/* Every combination of facts: encrypted means TLS, a peer, and SRTP both ways. */
static void
no_combination_of_facts_is_encrypted_without_all_of_them(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1 << 6; bits++)
		for (int transport = 0; transport < TRANSPORT_COUNT; transport++)
			for (int mode = 0; mode < LEVEL_COUNT; mode++) {
				struct leg_facts f = {bits & 1, transport, bits & 2, bits & 4,
				    bits & 8, mode, bits & 16, bits & 32};
				bool all = f.connected && transport == TLS &&
					   (f.certificate || (f.digest && f.digest_counts)) &&
					   mode == E && f.srtp_to_us && f.srtp_from_us;

				assert_int_equal(leg_judge(&f).level == E, all);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_leg_is_as_secure_as_its_facts),
	    cmocka_unit_test(a_call_has_the_level_of_its_lowest_leg),
	    cmocka_unit_test(a_call_without_legs_is_nonsecure),
	    cmocka_unit_test(no_combination_of_facts_is_encrypted_without_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
