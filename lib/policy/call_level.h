/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/policy/call_level.h - how secure a leg is, from facts only, and a call: the lowest of its
 * legs (guide, "call security"; rows S57, S93). Pure rules; exchange/call_level.c applies them.
 */
#ifndef POLICY_CALL_LEVEL_H
#define POLICY_CALL_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/level.h"
#include "policy/transport.h"

/* One leg: the signalling and media between us and one phone. */
struct leg_facts {
	bool connected; /* its signalling connection is open now */
	enum transport transport;
	bool certificate; /* TLS, and the peer's certificate is verified and bound to its device */
	bool digest;      /* TLS, and the peer proved a user by digest instead */
	bool digest_counts; /* its profile lets that count (policy/profile.h) */
	enum level mode;    /* what its profile permits at most */
	bool srtp_to_us;    /* the phone's own keys stand in its last SDP on this leg */
	bool srtp_from_us;  /* the keys of the other side stand in the last SDP we sent it */
};

/* Why a leg has its level: one row of the table in call_level.c, as words for the log. */
struct leg_judgement {
	enum level level;
	const char *because; /* static */
};

struct leg_judgement leg_judge(const struct leg_facts *facts);

struct call_judgement {
	enum level level;
	size_t leg;          /* index of the leg that decided: the first of the lowest */
	const char *because; /* static */
};

/* count of 0 is a call without legs: nonsecure. */
struct call_judgement call_judge(const struct leg_facts *legs, size_t count);
#endif
