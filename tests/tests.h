/* SPDX-License-Identifier: Apache-2.0 */
/* tests/tests.h - cmocka, with the headers it insists on having first. */
#ifndef TESTS_H
#define TESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fault.h"

/* Accepts, or prints the sentence. */
#define assert_accepted(call, why)                                                                 \
	do {                                                                                       \
		enum fault fault_ = (call);                                                        \
		if (fault_ != FAULT_NONE)                                                          \
			fail_msg("refused (%s): %s", fault_name(fault_), (why).text);              \
	} while (0)
/* Refuses with that fault and a sentence that contains these words. */
#define assert_refused(call, expected, why, words)                                                 \
	do {                                                                                       \
		enum fault fault_ = (call);                                                        \
		if (fault_ != (expected))                                                          \
			fail_msg("%s, not %s: %s", fault_name(fault_), fault_name(expected),       \
			    (why).text);                                                           \
		if (strstr((why).text, (words)) == NULL)                                           \
			fail_msg("\"%s\" does not say \"%s\"", (why).text, (words));               \
	} while (0)
#endif
