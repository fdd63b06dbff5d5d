/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/trust_role.h - what a trust list says a certificate may be used for (FUNCTION). */
#ifndef TRUST_TRUST_ROLE_H
#define TRUST_TRUST_ROLE_H

#include "base/bytes.h"

/* The numbers of the format. Others (6, 8 to 20) are unknown to everyone; they are kept, unused. */
enum trust_role {
	TRUST_SAST = 0,     /* may sign trust lists */
	TRUST_CCM = 1,      /* SIP over TLS peer */
	TRUST_CCM_TFTP = 2, /* both, as mixed mode writes it */
	TRUST_TFTP = 3,     /* signs files (RSA); HTTPS file server (EC) */
	TRUST_CAPF = 4,
	TRUST_SRST = 5,
	TRUST_APPLICATION = 7,
	TRUST_TVS = 21,
	TRUST_ROLE_MOST = 31, /* larger numbers are refused, so that a set fits 32 bits */
};

/* Sets of roles, one bit each. */
#define TRUST_ROLE_SET(role) (UINT32_C(1) << (role))
#define TRUST_SIGNS_LISTS    TRUST_ROLE_SET(TRUST_SAST)
#define TRUST_SIGNS_FILES    (TRUST_ROLE_SET(TRUST_TFTP) | TRUST_ROLE_SET(TRUST_CCM_TFTP))
#define TRUST_SIP_PEER       (TRUST_ROLE_SET(TRUST_CCM) | TRUST_ROLE_SET(TRUST_CCM_TFTP))

/* "SAST", "CCM", "CCM+TFTP", ..., or "unknown". */
const char *trust_role_name(enum trust_role role);
bool trust_role_from_name(struct bytes name, enum trust_role *role) MUST_CHECK;
/* The names of a set, joined by " or ": "TFTP or CCM+TFTP". Valid until the next call. */
const char *trust_role_set_text(uint32_t roles);
#endif
