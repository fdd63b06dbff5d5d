/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/jitter_test.c - a network plays packets in; what comes out is in order. */
#include "media/jitter.h"

#include "tests.h"

enum { PACKETS = 200, NEVER = -1, START = 1000, STEP = 160 };

/* How many milliseconds late packet n comes; NEVER when it is lost. */
typedef int network(unsigned n);

static int
even(unsigned n)
{
	(void)n;
	return 0;
}

static int
lossy(unsigned n)
{
	return n % 10 == 5 ? NEVER : 0;
}

static int
swapping(unsigned n)
{
	return n % 4 == 1 ? 30 : 0;
}

static int
uneven(unsigned n)
{
	return (int)(n * 37 % 41);
}

static int
one_gap(unsigned n)
{
	return n >= 60 && n < 110 ? NEVER : 0;
}

static int
one_hang(unsigned n)
{
	return n >= 60 && n < 75 ? (int)(75 - n) * 20 : 0;
}

struct outcome {
	unsigned played, lost, waits;
	struct jitter_facts facts;
};

/* Sends PACKETS at 20 ms through the network from sequence number first, and takes one each 20 ms.
 */
static struct outcome
play(network *late, uint16_t first)
{
	struct jitter *jitter = NULL;
	struct outcome outcome = {0};
	int last = -1;
	struct why why;

	assert_accepted(jitter_new(&jitter, 8000, &why), why);
	for (uint64_t now = 0; now < PACKETS * 20 + 1000; now++) {
		for (unsigned n = 0; n < PACKETS; n++)
			if (late(n) != NEVER && n * 20 + (unsigned)late(n) == now)
				jitter_put(jitter, (uint16_t)(first + n), n * STEP, START + now,
				    bytes_of(&n, sizeof(n)));
		if (now % 20 == 10) {
			struct bytes payload;
			enum jitter_result result = jitter_get(jitter, START + now, &payload);
			unsigned n;

			if (result == JITTER_FRAME) {
				memcpy(&n, payload.at, sizeof(n));
				assert_true((int)n > last);
				last = (int)n;
				outcome.played++;
			}
			outcome.lost += result == JITTER_LOST;
			outcome.waits += result == JITTER_WAIT;
		}
	}
	assert_int_equal(last, PACKETS - 1);
	jitter_facts(jitter, &outcome.facts);
	jitter_free(jitter);
	return outcome;
}

static const struct {
	const char *says;
	network *late;
	uint16_t first;
	unsigned played_least, lost_most;
} scenarios[] = {
    {"an even network loses nothing", even, 0, PACKETS, 0},
    {"nor across the roll-over", even, 65500, PACKETS, 0},
    {"one in ten lost is named as lost", lossy, 65500, PACKETS - 20, 20},
    {"swapped packets are put in order", swapping, 100, PACKETS - 6, 6},
    {"40 ms of unevenness is learnt", uneven, 100, PACKETS - 12, 12},
    {"a second of nothing is survived", one_gap, 100, PACKETS - 50, 60},
    {"a hang whose packets come all at once", one_hang, 100, PACKETS - 20, 20},
};

static void
scenarios_come_out_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scenarios); i++) {
		struct outcome outcome = play(scenarios[i].late, scenarios[i].first);

		if (outcome.played < scenarios[i].played_least ||
		    outcome.lost > scenarios[i].lost_most)
			fail_msg("%s: played %u, lost %u, waited %u, late %u", scenarios[i].says,
			    outcome.played, outcome.lost, outcome.waits,
			    (unsigned)outcome.facts.late);
	}
}

static void
unevenness_is_measured_and_deepens_the_buffer(void **state)
{
	struct outcome calm = play(even, 0), rough = play(uneven, 0);

	(void)state;
	assert_true(calm.facts.jitter <= 8);
	assert_int_equal(calm.facts.target, JITTER_DEPTH_LEAST);
	assert_true(rough.facts.jitter > 40);
	assert_true(rough.facts.target > JITTER_DEPTH_LEAST);
	assert_true(rough.facts.target <= JITTER_DEPTH_MOST);
}

static void
duplicates_late_and_oversized_packets_are_counted_not_played(void **state)
{
	struct jitter *jitter = NULL;
	struct jitter_facts facts;
	struct bytes payload;
	static uint8_t large[JITTER_PAYLOAD_MOST + 1];
	struct why why;

	(void)state;
	assert_accepted(jitter_new(&jitter, 8000, &why), why);
	for (uint16_t n = 0; n < 4; n++)
		jitter_put(jitter, n, n * STEP, START + n * 20, bytes_text("x"));
	assert_int_equal(jitter_get(jitter, START + 80, &payload), JITTER_FRAME);
	jitter_put(jitter, 2, 2 * STEP, START + 81, bytes_text("x"));
	jitter_put(jitter, 0, 0, START + 82, bytes_text("x"));
	jitter_put(jitter, 5, 5 * STEP, START + 83, bytes_of(large, sizeof(large)));
	jitter_facts(jitter, &facts);
	assert_int_equal(facts.doubled, 1);
	assert_int_equal(facts.late, 1);
	assert_int_equal(facts.dropped, 1);
	assert_int_equal(facts.held, 3);
	jitter_free(jitter);
}

static void
a_peer_that_starts_anew_is_followed(void **state)
{
	struct jitter *jitter = NULL;
	struct bytes payload;
	struct why why;

	(void)state;
	assert_accepted(jitter_new(&jitter, 8000, &why), why);
	for (uint16_t n = 0; n < 3; n++)
		jitter_put(jitter, n, n * STEP, START + n * 20, bytes_text("old"));
	assert_int_equal(jitter_get(jitter, START + 60, &payload), JITTER_FRAME);
	for (uint16_t n = 0; n < 3; n++)
		jitter_put(jitter, (uint16_t)(30000 + n), n * STEP, START + 80 + n * 20,
		    bytes_text("new"));
	assert_int_equal(jitter_get(jitter, START + 140, &payload), JITTER_FRAME);
	assert_true(bytes_equal_text(payload, "new"));
	jitter_free(jitter);
}

static void
a_flood_stays_within_its_slots(void **state)
{
	struct jitter *jitter = NULL;
	struct jitter_facts facts;
	struct why why;

	(void)state;
	assert_accepted(jitter_new(&jitter, 8000, &why), why);
	for (unsigned n = 0; n < 5000; n++)
		jitter_put(jitter, (uint16_t)(n * 3), n * STEP, START, bytes_text("x"));
	jitter_facts(jitter, &facts);
	assert_true(facts.held <= JITTER_SLOTS);
	jitter_free(jitter);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scenarios_come_out_as_the_table_says),
	    cmocka_unit_test(unevenness_is_measured_and_deepens_the_buffer),
	    cmocka_unit_test(duplicates_late_and_oversized_packets_are_counted_not_played),
	    cmocka_unit_test(a_peer_that_starts_anew_is_followed),
	    cmocka_unit_test(a_flood_stays_within_its_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
