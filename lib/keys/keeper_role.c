/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keeper_role.h"

static const char *const names[ROLE_COUNT] = {
    [ROLE_EDGE] = "edge",
    [ROLE_CALL] = "call",
    [ROLE_FILES] = "files",
    [ROLE_ENROLMENT] = "enrolment",
    [ROLE_ADMIN] = "admin",
    [ROLE_SITE] = "site",
    [ROLE_FACTORY] = "factory",
    [ROLE_PHONE] = "phone",
};

const char *
keeper_role_name(enum keeper_role role)
{
	return names[role];
}

bool
keeper_role_from_name(struct bytes name, enum keeper_role *role)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (bytes_equal_text(name, names[i])) {
			*role = (enum keeper_role)i;
			return true;
		}
	return false;
}
