/* SPDX-License-Identifier: Apache-2.0 */
/* lib/administration/profile_actions.c - profile list, show, set, delete. */
#include <stdio.h>
#include <string.h>

#include "administration/administration.h"

static json_t *
transports_json(unsigned transports)
{
	json_t *list = json_array();

	for (int i = 0; i < TRANSPORT_COUNT; i++)
		if (transports & 1u << i)
			json_array_append_new(list, json_string(transport_name((enum transport)i)));
	return list;
}

static json_t *
profile_json(const struct profile *profile)
{
	return json_pack("{s:s s:s s:o s:s s:b s:b s:b}", "name", profile->name, "mode",
	    level_name(profile->mode), "transports", transports_json(profile->transports), "suites",
	    profile_suites_name(profile->suites), "third_party", profile->third_party, "digest",
	    profile->digest, "digest_counts", profile->digest_counts);
}

static enum fault
read_transports(const json_t *list, unsigned *transports, struct why *why)
{
	const json_t *word;
	size_t i;

	*transports = 0;
	json_array_foreach(list, i, word)
	{
		enum transport transport;

		if (!transport_from_name(bytes_text(json_string_value(word)), &transport))
			return explain(why, FAULT_MALFORMED, "a transport is udp, tcp or tls");
		*transports |= 1u << transport;
	}
	return FAULT_NONE;
}

static enum fault
profile_set(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct profile profile = {0};
	const char *name, *mode, *suites = NULL;
	const json_t *transports = NULL;
	int third_party = 0, digest = 0, digest_counts = 0;
	enum fault fault = administration_unpack(arguments, why, "{s:s s:s s?s s?o s?b s?b s?b}",
	    "name", &name, "mode", &mode, "suites", &suites, "transports", &transports,
	    "third_party", &third_party, "digest", &digest, "digest_counts", &digest_counts);

	if (fault != FAULT_NONE)
		return fault;
	if (name[0] == '\0' || strlen(name) >= sizeof(profile.name))
		return explain(why, FAULT_LIMIT, "a profile name has 1 to %zu characters",
		    sizeof(profile.name) - 1);
	snprintf(profile.name, sizeof(profile.name), "%s", name);
	if (!level_from_name(bytes_text(mode), &profile.mode))
		return explain(why, FAULT_MALFORMED,
		    "a mode is nonsecure, authenticated or encrypted, not '%.40s'", mode);
	profile.transports = profile.mode == LEVEL_NONSECURE
				 ? 1u << TRANSPORT_TCP | 1u << TRANSPORT_UDP
				 : 1u << TRANSPORT_TLS;
	if (transports != NULL && (fault = read_transports(transports, &profile.transports, why)))
		return fault;
	if (profile.mode == LEVEL_ENCRYPTED)
		profile.suites = SUITES_ALL;
	if (suites != NULL && !profile_suites_from_name(bytes_text(suites), &profile.suites))
		return explain(
		    why, FAULT_MALFORMED, "suites are all, aead or aes-256, not '%.40s'", suites);
	profile.third_party = third_party != 0;
	profile.digest = digest != 0;
	profile.digest_counts = digest_counts != 0;
	if ((fault = directory_set_profile(administration->directory, &profile, why)))
		return fault;
	administration_audit("profile changed", NULL, profile.name);
	administration->changed(administration->arg, NULL);
	return administration_result(profile_json(&profile), result, why);
}

static enum fault
profile_show(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct profile profile;
	const char *name;
	enum fault fault;

	if ((fault = administration_unpack(arguments, why, "{s:s}", "name", &name)) ||
	    (fault = directory_profile(administration->directory, name, &profile, why)))
		return fault;
	return administration_result(profile_json(&profile), result, why);
}

static enum fault
profile_delete(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	const char *name;
	enum fault fault;

	(void)result;
	if ((fault = administration_unpack(arguments, why, "{s:s}", "name", &name)) ||
	    (fault = directory_delete_profile(administration->directory, name, why)))
		return fault;
	administration_audit("profile deleted", NULL, name);
	return FAULT_NONE;
}

static enum fault
add_to_list(void *arg, const struct profile *profile, struct why *why)
{
	if (json_array_append_new(arg, profile_json(profile)) == -1)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	return FAULT_NONE;
}

static enum fault
profile_list(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	json_t *list;
	enum fault fault = administration_unpack(arguments, why, "{}");

	if (fault != FAULT_NONE)
		return fault;
	if ((list = json_array()) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	if ((fault = directory_profiles(administration->directory, add_to_list, list, why))) {
		json_decref(list);
		return fault;
	}
	*result = list;
	return FAULT_NONE;
}

static const struct control_command entries[] = {
    {"profile list", profile_list},
    {"profile show", profile_show},
    {"profile set", profile_set},
    {"profile delete", profile_delete, NULL},
};
const struct administration_table profile_actions = {entries, COUNT(entries)};
