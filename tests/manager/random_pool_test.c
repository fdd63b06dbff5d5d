/* SPDX-License-Identifier: Apache-2.0 */
/* tests/manager/random_pool_test.c - random bytes in portions: none twice, none kept. */
#include "manager/random_pool.h"

#include <string.h>

#include "tests.h"

enum { PORTION = 16, PORTIONS = 3 * RANDOM_POOL_SIZE / PORTION };

static void
no_portion_is_given_out_twice(void **state)
{
	static uint8_t seen[PORTIONS][PORTION];
	struct random_pool pool = {.left = 0};

	(void)state;
	for (size_t i = 0; i < PORTIONS; i++) {
		random_pool_take(&pool, seen[i], PORTION);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[i], seen[j], PORTION);
	}
}

static void
what_was_given_out_is_not_kept(void **state)
{
	static const uint8_t wiped[RANDOM_POOL_SIZE];
	struct random_pool pool = {.left = 0};
	uint8_t taken[PORTION];

	(void)state;
	random_pool_take(&pool, taken, sizeof(taken));
	assert_int_equal(pool.left, RANDOM_POOL_SIZE - PORTION);
	assert_memory_equal(pool.bytes + pool.left, wiped, PORTION);
}

static void
more_than_the_pool_holds_is_random_too(void **state)
{
	static uint8_t taken[2 * RANDOM_POOL_SIZE];
	static const uint8_t nothing[PORTION];
	struct random_pool pool = {.left = 0};

	(void)state;
	random_pool_take(&pool, taken, sizeof(taken));
	for (size_t i = 0; i < sizeof(taken); i += PORTION)
		assert_memory_not_equal(taken + i, nothing, PORTION);
	assert_int_equal(pool.left, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_portion_is_given_out_twice),
	    cmocka_unit_test(what_was_given_out_is_not_kept),
	    cmocka_unit_test(more_than_the_pool_holds_is_random_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
