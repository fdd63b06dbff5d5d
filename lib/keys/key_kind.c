/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/key_kind.h"

#include <strings.h>

static const struct {
	const char *name, *group;
	unsigned bits;
	enum key_family family;
	bool weak;
} kinds[KEY_KIND_COUNT] = {
    [KEY_RSA_512] = {"rsa-512", NULL, 512, KEY_FAMILY_RSA, true},
    [KEY_RSA_1024] = {"rsa-1024", NULL, 1024, KEY_FAMILY_RSA, true},
    [KEY_RSA_2048] = {"rsa-2048", NULL, 2048, KEY_FAMILY_RSA, false},
    [KEY_RSA_3072] = {"rsa-3072", NULL, 3072, KEY_FAMILY_RSA, false},
    [KEY_RSA_4096] = {"rsa-4096", NULL, 4096, KEY_FAMILY_RSA, false},
    [KEY_P256] = {"p-256", "P-256", 256, KEY_FAMILY_EC, false},
    [KEY_P384] = {"p-384", "P-384", 384, KEY_FAMILY_EC, false},
    [KEY_P521] = {"p-521", "P-521", 521, KEY_FAMILY_EC, false},
};

static const struct {
	const char *name, *alias, *other;
	size_t size;
} digests[KEY_DIGEST_COUNT] = {
    [KEY_DIGEST_BARE] = {"none", "none", "none", 0},
    [KEY_DIGEST_SHA1] = {"SHA1", "SHA-1", "SSL3-SHA1", 20},
    [KEY_DIGEST_SHA256] = {"SHA256", "SHA2-256", "SHA-256", 32},
    [KEY_DIGEST_SHA384] = {"SHA384", "SHA2-384", "SHA-384", 48},
    [KEY_DIGEST_SHA512] = {"SHA512", "SHA2-512", "SHA-512", 64},
};

const char *
key_kind_name(enum key_kind kind)
{
	return kinds[kind].name;
}

bool
key_kind_from_name(struct bytes name, enum key_kind *kind)
{
	for (size_t i = 0; i < KEY_KIND_COUNT; i++)
		if (bytes_equal_text_nocase(name, kinds[i].name)) {
			*kind = (enum key_kind)i;
			return true;
		}
	return false;
}

unsigned
key_kind_bits(enum key_kind kind)
{
	return kinds[kind].bits;
}

enum key_family
key_kind_family(enum key_kind kind)
{
	return kinds[kind].family;
}

const char *
key_kind_group(enum key_kind kind)
{
	return kinds[kind].group;
}

bool
key_kind_weak(enum key_kind kind)
{
	return kinds[kind].weak;
}

enum fault
key_kind_of_rsa(unsigned bits, enum key_kind *kind, struct why *why)
{
	for (size_t i = 0; i < KEY_KIND_COUNT; i++)
		if (kinds[i].family == KEY_FAMILY_RSA && kinds[i].bits == bits) {
			*kind = (enum key_kind)i;
			return FAULT_NONE;
		}
	return explain(why, FAULT_MISSING,
	    "RSA keys of %u bits are not made: 512, 1024, 2048, 3072 or 4096", bits);
}

const char *
key_digest_name(enum key_digest digest)
{
	return digests[digest].name;
}

bool
key_digest_from_name(const char *name, enum key_digest *digest)
{
	for (size_t i = KEY_DIGEST_SHA1; i < KEY_DIGEST_COUNT; i++)
		if (strcasecmp(name, digests[i].name) == 0 ||
		    strcasecmp(name, digests[i].alias) == 0 ||
		    strcasecmp(name, digests[i].other) == 0) {
			*digest = (enum key_digest)i;
			return true;
		}
	return false;
}

size_t
key_digest_size(enum key_digest digest)
{
	return digests[digest].size;
}
