/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/indication.c - the rule of the lock, read from the top. */
#include "telephone/indication.h"

struct verdict {
	enum icon icon;
	const char *because;
};

static struct verdict
judge(const struct indication_facts *facts)
{
	if (!facts->signalling_up)
		return (struct verdict){ICON_NONE, "the connection to the manager is gone"};
	if (facts->transport != TRANSPORT_TLS)
		return (struct verdict){ICON_NONE, "the signalling is not TLS"};
	switch (facts->manager_says) {
	case LEVEL_ENCRYPTED:
		break;
	case LEVEL_AUTHENTICATED:
		return (struct verdict){ICON_SHIELD, "the manager says authenticated"};
	default:
		return (struct verdict){ICON_NONE, "the manager says not secure"};
	}
	/* A claim that our own media contradicts, or has not borne out yet, lights nothing. */
	if (!facts->media_secure)
		return (struct verdict){ICON_NONE, "our media has not proved itself"};
	return (struct verdict){ICON_LOCK, ""};
}

enum icon
indication_icon(const struct indication_facts *facts)
{
	return judge(facts).icon;
}

const char *
indication_because(const struct indication_facts *facts)
{
	return judge(facts).because;
}

bool
indication_phone_secured(const struct secured_facts *facts)
{
	return facts->registered && facts->transport == TRANSPORT_TLS &&
	       facts->mode == LEVEL_ENCRYPTED;
}
