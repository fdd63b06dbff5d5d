/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/waiting_test.c - back-off, and the first clock. */
#include "telephone/backoff.h"
#include "telephone/first_clock.h"

#include "tests.h"

static void
each_failure_doubles_the_wait_up_to_a_limit(void **state)
{
	static const uint32_t whole[] = {
	    200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000};
	struct backoff backoff = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++)
		assert_int_equal(backoff_next(&backoff, whole[i] / 2), whole[i]);
	backoff_clear(&backoff);
	assert_int_equal(backoff_next(&backoff, 0), BACKOFF_FIRST_MS / 2);
}

static void
the_wait_lies_between_half_and_whole(void **state)
{
	(void)state;
	for (uint32_t random = 0; random < 5000; random += 37)
		for (unsigned failures = 0; failures < 40; failures++) {
			struct backoff backoff = {failures}, top = {failures};
			uint32_t most = 2 * backoff_next(&top, 0);
			uint32_t wait = backoff_next(&backoff, random * 2654435761u);

			assert_in_range(wait, most / 2, most);
		}
}

static void
every_few_failures_the_files_are_suspected(void **state)
{
	struct backoff backoff = {0};

	(void)state;
	assert_false(backoff_is_stale(&backoff));
	for (int i = 1; i < 20; i++) {
		backoff_next(&backoff, 0);
		assert_int_equal(backoff_is_stale(&backoff), i % BACKOFF_TRIES_STALE == 0);
	}
}

static const struct {
	const char *says;
	int64_t wall, built, list, believed;
} clocks[] = {
    {"a clock that runs is believed", 3000, 1000, 2000, 3000},
    {"an unset clock becomes the day of the build", 0, 1000, 0, 1000},
    {"or the newest list's time", 0, 1000, 2000, 2000},
    {"a clock behind the list is corrected", 1500, 1000, 2000, 2000},
    {"a list older than the build does not turn it back", 0, 1000, 500, 1000},
    {"a negative clock", -5, 1000, 0, 1000},
};

static void
the_first_clock_is_never_behind_what_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(clocks); i++) {
		int64_t believed = first_clock(clocks[i].wall, clocks[i].built, clocks[i].list);

		if (believed != clocks[i].believed)
			fail_msg("%s: %lld", clocks[i].says, (long long)believed);
		assert_int_equal(
		    first_clock_corrects(clocks[i].wall, clocks[i].built, clocks[i].list),
		    believed != clocks[i].wall);
	}
	assert_true(first_clock_built() > 1767225600); /* 2026 */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_failure_doubles_the_wait_up_to_a_limit),
	    cmocka_unit_test(the_wait_lies_between_half_and_whole),
	    cmocka_unit_test(every_few_failures_the_files_are_suspected),
	    cmocka_unit_test(the_first_clock_is_never_behind_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
