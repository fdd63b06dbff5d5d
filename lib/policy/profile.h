/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/policy/profile.h - a security profile: how a phone must speak to us, and what a REGISTER
 * must show before it is believed (guide, "security profiles"; row S57).
 *
 * Pure rules: no state, no I/O. The operator's profiles live in directory/.
 */
#ifndef POLICY_PROFILE_H
#define POLICY_PROFILE_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/level.h"
#include "policy/suite.h"
#include "policy/transport.h"

enum { PROFILE_NAME_SIZE = 64 }; /* with the NUL */

struct profile {
	char name[PROFILE_NAME_SIZE];
	enum level mode;     /* nonsecure: TCP or UDP; the others: TLS only */
	unsigned transports; /* set of 1 << transport; a subset of what the mode permits */
	unsigned suites;     /* SRTP suites, set of 1 << suite; 0 where media is in clear */
	bool third_party;    /* proves itself by digest on TLS, not by a certificate of ours */
	bool digest;         /* the digest of the line's user is demanded as well */
	/* A digest user on TLS has only claimed to have verified our certificate. True: the
	 * operator vouches for it, and its legs may count as authenticated and encrypted. */
	bool digest_counts;
};

/* The profiles every new site begins with. */
enum profile_standard {
	PROFILE_NONSECURE,
	PROFILE_AUTHENTICATED,
	PROFILE_ENCRYPTED,
	PROFILE_THIRD_PARTY,           /* TLS and digest; media encrypted, shown as nonsecure */
	PROFILE_THIRD_PARTY_ENCRYPTED, /* the same, and the operator vouches for it */
	PROFILE_STANDARD_COUNT
};
const struct profile *profile_standard(enum profile_standard which);

/* Is the profile itself consistent? Each contradiction has its sentence (FAULT_FORBIDDEN). */
enum fault profile_check(const struct profile *profile, struct why *why) MUST_CHECK;

bool profile_equal(const struct profile *a, const struct profile *b);

/* The three choices of SRTP suites an operator has: "all", "aead", "aes-256". */
bool profile_suites_from_name(struct bytes name, unsigned *suites) MUST_CHECK;
/* "none" for 0; "some" for a set that has no name. */
const char *profile_suites_name(unsigned suites);

/* What is known about whoever sent a REGISTER. Facts, never claims. */
struct credentials {
	enum transport transport;
	bool certificate;       /* TLS with a client certificate that trust approved */
	bool certificate_names; /* its CN names the device that registers */
	bool digest;            /* a fresh digest of a user of the line, verified */
};

enum admission { ADMISSION_GRANTED, ADMISSION_CHALLENGE, ADMISSION_REFUSED };

/*
 * May a device with this profile register with these credentials? why is set unless granted:
 * for ADMISSION_CHALLENGE it says what is missing (a digest), for ADMISSION_REFUSED why no
 * digest would help.
 */
enum admission profile_admit(const struct profile *profile, const struct credentials *credentials,
    struct why *why) MUST_CHECK;
#endif
