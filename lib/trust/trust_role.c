/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust_role.h"

#include <stdio.h>
#include <string.h>

static const struct {
	enum trust_role role;
	const char *name;
} roles_known[] = {
    {TRUST_SAST, "SAST"},
    {TRUST_CCM, "CCM"},
    {TRUST_CCM_TFTP, "CCM+TFTP"},
    {TRUST_TFTP, "TFTP"},
    {TRUST_CAPF, "CAPF"},
    {TRUST_SRST, "SRST"},
    {TRUST_APPLICATION, "APP-SERVER"},
    {TRUST_TVS, "TVS"},
};

const char *
trust_role_name(enum trust_role role)
{
	for (size_t i = 0; i < COUNT(roles_known); i++)
		if (roles_known[i].role == role)
			return roles_known[i].name;
	return "unknown";
}

bool
trust_role_from_name(struct bytes name, enum trust_role *role)
{
	for (size_t i = 0; i < COUNT(roles_known); i++)
		if (bytes_equal_text_nocase(name, roles_known[i].name)) {
			*role = roles_known[i].role;
			return true;
		}
	return false;
}

const char *
trust_role_set_text(uint32_t roles)
{
	static char text[128];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < COUNT(roles_known); i++)
		if (roles & TRUST_ROLE_SET(roles_known[i].role))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
			    used > 0 ? " or " : "", roles_known[i].name);
	return text;
}
