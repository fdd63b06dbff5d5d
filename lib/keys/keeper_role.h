/* SPDX-License-Identifier: Apache-2.0 */
/* lib/keys/keeper_role.h - who asks the keykeeper. What each may ask: keykeeper/permission.c. */
#ifndef KEYS_KEEPER_ROLE_H
#define KEYS_KEEPER_ROLE_H

#include "base/bytes.h"

enum keeper_role {
	ROLE_EDGE,      /* TLS of SIP */
	ROLE_CALL,      /* nothing yet: TLS between nodes will be the edge's */
	ROLE_FILES,     /* signs files and trust lists, TLS of the file service */
	ROLE_ENROLMENT, /* CAPF and TVS: issues certificates */
	ROLE_ADMIN,     /* looks at public keys only */
	ROLE_SITE,      /* ringfencectl, offline: makes and looks after a site's keys */
	ROLE_FACTORY, /* ringfencectl, offline: the manufacturing CA and the identities it makes */
	ROLE_PHONE,   /* a phone's own keys */
	ROLE_COUNT
};

/* "edge" */
const char *keeper_role_name(enum keeper_role role);
bool keeper_role_from_name(struct bytes name, enum keeper_role *role);
#endif
