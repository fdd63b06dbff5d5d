/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/registrar/phones.h - a site with many phones: made by ringfencectl, its directory filled
 * through lib/directory, and the phones' certificates issued by the site's own CAPF key.
 */
#ifndef BENCH_REGISTRAR_PHONES_H
#define BENCH_REGISTRAR_PHONES_H

#include "base/fault.h"
#include "load/load.h"

struct phones {
	struct load_identity *identities;
	size_t count;
	char (*names)[2][16]; /* device and line of each */
	EVP_PKEY *key;        /* of all of them: a server cannot tell */
};

/* A new site in folder, which must not exist, at address with ports from base on. */
enum fault phones_make_site(const char *folder, const char *programs, const char *address,
    unsigned base, struct why *why) MUST_CHECK;
/* Adds count phones with one line each and an LSC each to a site that does not run. */
enum fault phones_make(
    struct phones *phones, const char *site, size_t count, struct why *why) MUST_CHECK;
void phones_finish(struct phones *phones);

/* A key file of the site, which only its owner can read. */
enum fault phones_site_key(
    const char *site, const char *name, EVP_PKEY **key, struct why *why) MUST_CHECK;
#endif
