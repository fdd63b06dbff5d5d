/* SPDX-License-Identifier: Apache-2.0 */
/* lib/administration/user_actions.c - user set, delete: digest users, by HA1 only. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "administration/administration.h"

enum { PASSWORD_LEAST = 8, PASSWORD_MOST = 127 };

/* H(user:realm:password), lower-case hex (RFC 7616 3.4.2). */
static enum fault
hash_one(const EVP_MD *kind, const char *text, char *hex, struct why *why)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned size;

	if (EVP_Digest(text, strlen(text), digest, &size, kind, NULL) != 1)
		return explain(why, FAULT_SYSTEM, "cannot hash the password");
	for (unsigned i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	OPENSSL_cleanse(digest, sizeof(digest));
	return FAULT_NONE;
}

/* Which digests the user's phone knows. Some, faced with SHA-256, give up although MD5 is offered
 * too (seen: baresip 1.0.0), so that only what a phone knows may be kept for it. */
static enum fault
choose_digests(const char *word, bool *md5, bool *sha256, struct why *why)
{
	*md5 = strcmp(word, "sha-256") != 0;
	*sha256 = strcmp(word, "md5") != 0;
	if (*md5 && *sha256 && strcmp(word, "both") != 0)
		return explain(
		    why, FAULT_MALFORMED, "a digest is both, sha-256 or md5, not '%.40s'", word);
	return FAULT_NONE;
}

static enum fault
user_set(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	char text[DIRECTORY_TEXT_SIZE + sizeof(DIRECTORY_REALM) + PASSWORD_MOST + 3];
	struct digest_user user = {0};
	const char *name, *password, *digest = "both";
	bool md5, sha256;
	enum fault fault = administration_unpack(arguments, why, "{s:s s:s s?s}", "name", &name,
	    "password", &password, "digest", &digest);

	(void)result;
	if (fault != FAULT_NONE || (fault = choose_digests(digest, &md5, &sha256, why)))
		return fault;
	if (strlen(name) >= sizeof(user.name))
		return explain(why, FAULT_LIMIT, "a user name has at most %zu characters",
		    sizeof(user.name) - 1);
	if (strlen(password) < PASSWORD_LEAST || strlen(password) > PASSWORD_MOST)
		return explain(why, FAULT_FORBIDDEN, "a password has %d to %d characters",
		    PASSWORD_LEAST, PASSWORD_MOST);
	snprintf(user.name, sizeof(user.name), "%s", name);
	snprintf(text, sizeof(text), "%s:%s:%s", name, DIRECTORY_REALM, password);
	if (md5)
		fault = hash_one(EVP_md5(), text, user.ha1_md5, why);
	if (fault == FAULT_NONE && sha256)
		fault = hash_one(EVP_sha256(), text, user.ha1_sha256, why);
	OPENSSL_cleanse(text, sizeof(text));
	if (fault == FAULT_NONE)
		fault = directory_set_user(administration->directory, &user, why);
	OPENSSL_cleanse(&user, sizeof(user));
	if (fault == FAULT_NONE)
		administration_audit("user changed", NULL, name);
	return fault;
}

static enum fault
user_delete(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	const char *name;
	enum fault fault;

	(void)result;
	if ((fault = administration_unpack(arguments, why, "{s:s}", "name", &name)) ||
	    (fault = directory_delete_user(administration->directory, name, why)))
		return fault;
	administration_audit("user deleted", NULL, name);
	return FAULT_NONE;
}

static const struct control_command entries[] = {
    {"user set", user_set},
    {"user delete", user_delete, NULL},
};
const struct administration_table user_actions = {entries, COUNT(entries)};
