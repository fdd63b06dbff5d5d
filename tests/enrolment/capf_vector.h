/* SPDX-License-Identifier: Apache-2.0 */
/* tests/enrolment/capf_vector.h - recorded sessions between two other implementations. */
#ifndef TESTS_ENROLMENT_CAPF_VECTOR_H
#define TESTS_ENROLMENT_CAPF_VECTOR_H

#include "base/buffer.h"

enum { VECTOR_SESSIONS = 3, VECTOR_MESSAGES_MOST = 16 };

struct vector_message {
	bool from_server;
	struct buffer bytes;
};

struct vector_session {
	struct vector_message messages[VECTOR_MESSAGES_MOST];
	size_t count;
};

/* Reads tests/data/capf/capf-sessions.hex; fails the test if it cannot. */
void vector_load(struct vector_session sessions[VECTOR_SESSIONS]);
void vector_free(struct vector_session sessions[VECTOR_SESSIONS]);
#endif
