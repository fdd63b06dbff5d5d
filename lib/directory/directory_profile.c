/* SPDX-License-Identifier: Apache-2.0 */
/* lib/directory/directory_profile.c - security profiles and digest users in site.db. */
#include <ctype.h>
#include <string.h>

#include "directory/directory_schema.h"

#define PROFILE_COLUMNS "name, mode, transports, suites, third_party, digest, digest_counts"

static enum fault
read_profile(const struct row *row, struct profile *profile, struct why *why)
{
	struct profile read = {
	    .transports = (unsigned)row_number(row, 2),
	    .suites = (unsigned)row_number(row, 3),
	    .third_party = row_number(row, 4) != 0,
	    .digest = row_number(row, 5) != 0,
	    .digest_counts = row_number(row, 6) != 0,
	};
	enum fault fault =
	    directory_take_text(row, 0, read.name, sizeof(read.name), "profile name", why);

	if (fault != FAULT_NONE)
		return fault;
	if (!level_from_name(row_bytes(row, 1), &read.mode))
		return explain(
		    why, FAULT_MALFORMED, "the stored profile %s has an unknown mode", read.name);
	/* A file that somebody edited by hand must not loosen a rule. */
	if ((fault = profile_check(&read, why)))
		return explain_within(why, fault, "the stored profile %s: ", read.name);
	*profile = read;
	return FAULT_NONE;
}

struct profiles_wanted {
	directory_profile_handler *handler;
	void *arg;
	bool found;
};

static enum fault
give_profile(void *arg, const struct row *row, struct why *why)
{
	struct profiles_wanted *wanted = arg;
	struct profile profile;
	enum fault fault = read_profile(row, &profile, why);

	wanted->found = true;
	return fault != FAULT_NONE ? fault : wanted->handler(wanted->arg, &profile, why);
}

static enum fault
keep_profile(void *arg, const struct profile *profile, struct why *why)
{
	(void)why;
	*(struct profile *)arg = *profile;
	return FAULT_NONE;
}

enum fault
directory_profile(
    struct directory *directory, const char *name, struct profile *profile, struct why *why)
{
	struct profiles_wanted wanted = {keep_profile, profile, false};
	enum fault fault = database_query(directory->database, give_profile, &wanted, why,
	    "SELECT " PROFILE_COLUMNS " FROM profile WHERE name = ?", "t", name);

	if (fault == FAULT_NONE && !wanted.found)
		return explain(why, FAULT_MISSING, "there is no profile '%s'", name);
	return fault;
}

enum fault
directory_profiles(
    struct directory *directory, directory_profile_handler *handler, void *arg, struct why *why)
{
	struct profiles_wanted wanted = {handler, arg, false};

	return database_query(directory->database, give_profile, &wanted, why,
	    "SELECT " PROFILE_COLUMNS " FROM profile ORDER BY name", "");
}

static bool
is_standard(const char *name)
{
	for (int i = 0; i < PROFILE_STANDARD_COUNT; i++)
		if (strcmp(profile_standard((enum profile_standard)i)->name, name) == 0)
			return true;
	return false;
}

enum fault
directory_set_profile(struct directory *directory, const struct profile *profile, struct why *why)
{
	enum fault fault = profile_check(profile, why);

	if (fault != FAULT_NONE)
		return fault;
	if (is_standard(profile->name))
		return explain(why, FAULT_FORBIDDEN,
		    "'%s' is a standard profile and cannot be changed; make one of another name",
		    profile->name);
	return database_do(directory->database, NULL, why,
	    "INSERT INTO profile (" PROFILE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	    " ON CONFLICT (name) DO UPDATE SET mode = ?2, transports = ?3, suites = ?4,"
	    " third_party = ?5, digest = ?6, digest_counts = ?7",
	    "ttnnnnn", profile->name, level_name(profile->mode), (int64_t)profile->transports,
	    (int64_t)profile->suites, (int64_t)profile->third_party, (int64_t)profile->digest,
	    (int64_t)profile->digest_counts);
}

enum fault
directory_delete_profile(struct directory *directory, const char *name, struct why *why)
{
	int64_t changed;
	enum fault fault;

	if (is_standard(name))
		return explain(
		    why, FAULT_FORBIDDEN, "'%s' is a standard profile and cannot be deleted", name);
	fault = database_do(
	    directory->database, &changed, why, "DELETE FROM profile WHERE name = ?", "t", name);
	if (fault == FAULT_FORBIDDEN)
		return explain(why, fault, "a phone still has the profile '%s'", name);
	if (fault == FAULT_NONE && changed == 0)
		return explain(why, FAULT_MISSING, "there is no profile '%s'", name);
	return fault;
}

struct user_wanted {
	struct digest_user *user;
	bool found;
};

static enum fault
take_user(void *arg, const struct row *row, struct why *why)
{
	struct user_wanted *wanted = arg;
	struct digest_user read;
	enum fault fault;

	wanted->found = true;
	if ((fault = directory_take_text(row, 0, read.name, sizeof(read.name), "user name", why)) ||
	    (fault = directory_take_text(
		 row, 1, read.ha1_md5, sizeof(read.ha1_md5), "MD5 HA1", why)) ||
	    (fault = directory_take_text(
		 row, 2, read.ha1_sha256, sizeof(read.ha1_sha256), "SHA-256 HA1", why)))
		return fault;
	*wanted->user = read;
	return FAULT_NONE;
}

enum fault
directory_user(
    struct directory *directory, const char *name, struct digest_user *user, struct why *why)
{
	struct user_wanted wanted = {user, false};
	enum fault fault = database_query(directory->database, take_user, &wanted, why,
	    "SELECT name, ha1_md5, ha1_sha256 FROM digest_user WHERE name = ?", "t", name);

	if (fault == FAULT_NONE && !wanted.found)
		return explain(why, FAULT_MISSING, "there is no user '%s'", name);
	return fault;
}

/* Of that size, or absent. */
static bool
is_hex(const char *text, size_t size)
{
	if (text[0] != '\0' && strlen(text) != size)
		return false;
	for (size_t i = 0; text[i] != '\0'; i++)
		if (!isdigit((unsigned char)text[i]) && (text[i] < 'a' || text[i] > 'f'))
			return false;
	return true;
}

enum fault
directory_set_user(struct directory *directory, const struct digest_user *user, struct why *why)
{
	if (user->name[0] == '\0' || strpbrk(user->name, "\":\\\r\n") != NULL)
		return explain(why, FAULT_MALFORMED,
		    "a user name has at least one character, and no quote, colon or backslash");
	if (!is_hex(user->ha1_md5, 32) || !is_hex(user->ha1_sha256, 64))
		return explain(
		    why, FAULT_MALFORMED, "the digest of user '%s' is not hex", user->name);
	if (user->ha1_md5[0] == '\0' && user->ha1_sha256[0] == '\0')
		return explain(why, FAULT_MALFORMED, "user '%s' has no digest", user->name);
	return database_do(directory->database, NULL, why,
	    "INSERT INTO digest_user VALUES (?1, ?2, ?3) ON CONFLICT (name)"
	    " DO UPDATE SET ha1_md5 = ?2, ha1_sha256 = ?3",
	    "ttt", user->name, user->ha1_md5, user->ha1_sha256);
}

enum fault
directory_delete_user(struct directory *directory, const char *name, struct why *why)
{
	int64_t changed;
	enum fault fault = database_do(directory->database, &changed, why,
	    "DELETE FROM digest_user WHERE name = ?", "t", name);

	if (fault == FAULT_FORBIDDEN)
		return explain(why, fault, "a phone still has the user '%s'", name);
	if (fault == FAULT_NONE && changed == 0)
		return explain(why, FAULT_MISSING, "there is no user '%s'", name);
	return fault;
}
