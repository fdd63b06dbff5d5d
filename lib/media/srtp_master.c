/* SPDX-License-Identifier: Apache-2.0 */
#include "media/srtp_master.h"

#include <string.h>

#include <openssl/rand.h>

static size_t
master_size(enum suite suite)
{
	return suite_sizes(suite)->key + suite_sizes(suite)->salt;
}

enum fault
srtp_master_read(
    enum suite suite, struct bytes key_and_salt, struct srtp_master *master, struct why *why)
{
	if (key_and_salt.left != master_size(suite))
		return explain(why, FAULT_MALFORMED, "SRTP key and salt of %zu bytes; %s has %zu",
		    key_and_salt.left, suite_sizes(suite)->name, master_size(suite));
	*master = (struct srtp_master){.suite = suite};
	memcpy(master->bytes, key_and_salt.at, key_and_salt.left);
	return FAULT_NONE;
}

enum fault
srtp_master_make(enum suite suite, struct srtp_master *master, struct why *why)
{
	struct srtp_master made = {.suite = suite};

	if (RAND_priv_bytes(made.bytes, (int)master_size(suite)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes for an SRTP key");
	*master = made;
	srtp_master_wipe(&made);
	return FAULT_NONE;
}

struct bytes
srtp_master_bytes(const struct srtp_master *master)
{
	return bytes_of(master->bytes, master_size(master->suite));
}

struct bytes
srtp_master_key(const struct srtp_master *master)
{
	return bytes_part(srtp_master_bytes(master), 0, suite_sizes(master->suite)->key);
}

struct bytes
srtp_master_salt(const struct srtp_master *master)
{
	const struct suite_sizes *sizes = suite_sizes(master->suite);

	return bytes_part(srtp_master_bytes(master), sizes->key, sizes->salt);
}

bool
srtp_master_equal(const struct srtp_master *a, const struct srtp_master *b)
{
	return a->suite == b->suite &&
	       bytes_equal_secret(srtp_master_bytes(a), srtp_master_bytes(b));
}

void
srtp_master_wipe(struct srtp_master *master)
{
	explicit_bzero(master, sizeof(*master));
}
