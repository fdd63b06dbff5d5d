/* SPDX-License-Identifier: Apache-2.0 */
#include "keykeeper/key_store.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keykeeper/key_use.h"
#include "keys/openssl_fault.h"

/* One remembered key, and which file it was. */
struct entry {
	char name[KEEPER_NAME_MOST + 1]; /* "": free */
	dev_t device;
	ino_t inode;
	struct timespec changed;
	struct stored_key key;
};

struct key_store {
	char directory[STORAGE_PATH_MOST];
	struct entry entries[KEY_STORE_MOST];
	size_t next; /* to be forgotten when a place is needed */
};

/* Only its owner may read it, and the owner is us (or we are root). */
static enum fault
check_owner(const char *path, const struct stat *about, struct why *why)
{
	if ((about->st_mode & 077) != 0)
		return explain(why, FAULT_FORBIDDEN,
		    "%s may be opened by others (mode %04o): keys are not read from there", path,
		    (unsigned)about->st_mode & 07777);
	if (about->st_uid != geteuid() && geteuid() != 0)
		return explain(why, FAULT_FORBIDDEN, "%s belongs to user %u, not to us (%u)", path,
		    (unsigned)about->st_uid, (unsigned)geteuid());
	return FAULT_NONE;
}

enum fault
key_store_check(const char *directory, struct why *why)
{
	struct stat about;

	if (stat(directory, &about) == -1)
		return explain_errno(why, "key directory %s", directory);
	if (!S_ISDIR(about.st_mode))
		return explain(why, FAULT_MALFORMED, "%s is not a directory", directory);
	return check_owner(directory, &about, why);
}

enum fault
key_store_new(struct key_store **store, const char *directory, struct why *why)
{
	struct key_store *making;
	enum fault fault;

	if ((fault = key_store_check(directory, why)))
		return fault;
	if (strlen(directory) >= STORAGE_PATH_MOST)
		return explain(why, FAULT_LIMIT, "key directory: path too long");
	if ((making = calloc(1, sizeof(*making))) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for keys");
	snprintf(making->directory, sizeof(making->directory), "%s", directory);
	*store = making;
	return FAULT_NONE;
}

/* EVP_PKEY_free() clears the numbers of a private key itself. */
static void
forget(struct entry *entry)
{
	EVP_PKEY_free(entry->key.private);
	explicit_bzero(entry, sizeof(*entry));
}

void
key_store_free(struct key_store *store)
{
	if (store == NULL)
		return;
	for (size_t i = 0; i < KEY_STORE_MOST; i++)
		forget(&store->entries[i]);
	free(store);
}

static struct entry *
find(struct key_store *store, struct bytes name)
{
	for (size_t i = 0; i < KEY_STORE_MOST; i++)
		if (store->entries[i].name[0] != '\0' &&
		    bytes_equal_text(name, store->entries[i].name))
			return &store->entries[i];
	return NULL;
}

static struct entry *
place_for(struct key_store *store, struct bytes name)
{
	struct entry *entry = find(store, name);

	for (size_t i = 0; i < KEY_STORE_MOST && entry == NULL; i++)
		if (store->entries[i].name[0] == '\0')
			entry = &store->entries[i];
	if (entry == NULL) {
		entry = &store->entries[store->next];
		store->next = (store->next + 1) % KEY_STORE_MOST;
	}
	forget(entry);
	return entry;
}

static enum fault
path_of(
    const struct key_store *store, struct bytes name, char path[STORAGE_PATH_MOST], struct why *why)
{
	char text[KEEPER_NAME_MOST + 1];

	if (!storage_name_ok(name) || !bytes_copy_text(name, text, sizeof(text)))
		return explain(why, FAULT_MALFORMED, "not a name for a key's file");
	return storage_path(path, store->directory, text, why);
}

/* The public half of private, beside it. */
static enum fault
complete(struct stored_key *key, struct why *why)
{
	unsigned char *at = key->public;
	int size = i2d_PUBKEY(key->private, NULL);

	if (size <= 0 || size > KEY_PUBLIC_MOST || i2d_PUBKEY(key->private, &at) != size)
		return explain_openssl(why, FAULT_MALFORMED, "a key without a public half");
	key->public_size = (size_t)size;
	if (EVP_PKEY_is_a(key->private, "RSA"))
		key->family = KEY_FAMILY_RSA;
	else if (EVP_PKEY_is_a(key->private, "EC"))
		key->family = KEY_FAMILY_EC;
	else
		return explain(why, FAULT_MALFORMED, "a key that is neither RSA nor EC");
	if (EVP_Digest(key->public, key->public_size, key->fingerprint, NULL, EVP_sha256(), NULL) !=
	    1)
		return explain_openssl(why, FAULT_SYSTEM, "cannot hash a public key");
	return FAULT_NONE;
}

/* PKCS#8, and nothing behind it. */
static enum fault
parse(struct bytes der, struct stored_key *key, struct why *why)
{
	const unsigned char *at = der.at;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.left);

	if (info != NULL && at == der.at + der.left)
		key->private = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info); /* clears the private bytes */
	if (key->private == NULL)
		return explain_openssl(why, FAULT_MALFORMED, "not a PKCS#8 private key");
	return complete(key, why);
}

static enum fault
read_key(struct entry *entry, const char *path, const struct stat *about, struct why *why)
{
	struct content file = {0};
	enum fault fault;

	if ((fault = check_owner(path, about, why)) ||
	    (fault = storage_read(path, KEY_FILE_MOST, &file, why)))
		return fault;
	if ((fault = parse(content_bytes(&file), &entry->key, why)))
		fault = explain_within(why, fault, "%s: ", path);
	content_wipe(&file);
	return fault;
}

static void
name_entry(struct entry *entry, struct bytes name, const struct stat *about)
{
	if (!bytes_copy_text(name, entry->name, sizeof(entry->name)))
		entry->name[0] = '\0'; /* cannot be: path_of() took the same name */
	entry->device = about->st_dev;
	entry->inode = about->st_ino;
	entry->changed = about->st_mtim;
}

/* Still the file it was read from? Files are only ever replaced, never written again. */
static bool
fresh(const struct entry *entry, const struct stat *about)
{
	return entry->device == about->st_dev && entry->inode == about->st_ino &&
	       entry->changed.tv_sec == about->st_mtim.tv_sec &&
	       entry->changed.tv_nsec == about->st_mtim.tv_nsec;
}

enum fault
key_store_get(
    struct key_store *store, struct bytes name, const struct stored_key **key, struct why *why)
{
	struct entry *entry = find(store, name);
	char path[STORAGE_PATH_MOST];
	struct stat about;
	enum fault fault;

	if ((fault = path_of(store, name, path, why)))
		return fault;
	if (lstat(path, &about) == -1) {
		if (entry != NULL)
			forget(entry);
		if (errno == ENOENT)
			return explain(why, FAULT_MISSING, "there is no key %.*s", (int)name.left,
			    (const char *)name.at);
		return explain_errno(why, "key %.*s", (int)name.left, (const char *)name.at);
	}
	if (entry == NULL || !fresh(entry, &about)) {
		entry = place_for(store, name);
		if ((fault = read_key(entry, path, &about, why))) {
			forget(entry);
			return fault;
		}
		name_entry(entry, name, &about);
	}
	*key = &entry->key;
	return FAULT_NONE;
}

static enum fault
write_key(EVP_PKEY *private, const char *path, struct why *why)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(private);
	unsigned char *der = NULL;
	int size = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	enum fault fault;

	if (size <= 0)
		fault = explain_openssl(why, FAULT_SYSTEM, "cannot encode a key");
	else
		fault = storage_replace(path, bytes_of(der, (size_t)size), 0600, why);
	if (der != NULL)
		OPENSSL_clear_free(der, (size_t)size);
	PKCS8_PRIV_KEY_INFO_free(info);
	return fault;
}

enum fault
key_store_make(struct key_store *store, struct bytes name, enum key_kind kind,
    const struct stored_key **key, struct why *why)
{
	EVP_PKEY *private = NULL;
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = path_of(store, name, path, why)) ||
	    (fault = key_use_generate(kind, &private, why)))
		return fault;
	fault = write_key(private, path, why);
	EVP_PKEY_free(private);
	/* Read back from the file: what is on disk is what will sign. */
	return fault != FAULT_NONE ? fault : key_store_get(store, name, key, why);
}

enum fault
key_store_remove(struct key_store *store, struct bytes name, struct why *why)
{
	struct entry *entry = find(store, name);
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (entry != NULL)
		forget(entry);
	if ((fault = path_of(store, name, path, why)))
		return fault;
	if (!storage_exists(path))
		return explain(why, FAULT_MISSING, "there is no key %.*s", (int)name.left,
		    (const char *)name.at);
	return storage_remove(path, why);
}

static enum fault
flush(const char *directory, struct why *why)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum fault fault = FAULT_NONE;

	if (fd == -1 || fsync(fd) == -1)
		fault = explain_errno(why, "cannot flush %s to disk", directory);
	if (fd != -1)
		close(fd);
	return fault;
}

enum fault
key_store_rename(struct key_store *store, struct bytes from, struct bytes to, struct why *why)
{
	char old_path[STORAGE_PATH_MOST], new_path[STORAGE_PATH_MOST];
	const struct stored_key *whole;
	struct entry *entry;
	enum fault fault;

	/* A damaged file must not replace a key that works. */
	if ((fault = key_store_get(store, from, &whole, why)) ||
	    (fault = path_of(store, from, old_path, why)) ||
	    (fault = path_of(store, to, new_path, why)))
		return fault;
	if (rename(old_path, new_path) == -1)
		return explain_errno(why, "cannot rename %s", old_path);
	if ((entry = find(store, from)) != NULL)
		forget(entry);
	if ((entry = find(store, to)) != NULL)
		forget(entry);
	return flush(store->directory, why);
}

enum fault
key_store_each(const struct key_store *store, void (*each)(void *arg, const char *name), void *arg,
    struct why *why)
{
	return storage_each(store->directory, each, arg, why);
}
