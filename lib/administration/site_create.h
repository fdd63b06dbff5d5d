/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/administration/site_create.h - make a site: its folder, its keys (in a keykeeper of its
 * own), its certificates, its first trust lists, its site.json.
 *
 *     DIR/site.json  keys/  certificates/  files/  audit.log  run/
 */
#ifndef ADMINISTRATION_SITE_CREATE_H
#define ADMINISTRATION_SITE_CREATE_H

#include "directory/site.h"
#include "keys/key_kind.h"
#include "trust/trust_publish.h"

struct site_plan {
	const char *folder;
	struct site site;
	enum key_kind rsa;            /* of every RSA key: KEY_RSA_2048 or KEY_RSA_4096 */
	enum key_kind ec;             /* of the CallManager's and TVS's EC keys */
	const char *manufacturing_ca; /* PEM file of a factory whose phones may enrol, or NULL */
	int64_t now;
};

/* What was made, for the operator. */
struct site_created {
	char fingerprint[129]; /* SHA-256 of the recovery certificate: what a phone's first trust
				  means */
	size_t itl_size, ctl_size;
};

/* Refuses a folder that already holds a site. site.json is written last: without it there is no
 * site, and the command may be given again. */
enum fault site_create(
    const struct site_plan *plan, struct site_created *created, struct why *why) MUST_CHECK;

/*
 * Builds, signs and writes the site's lists again, for certificates that were renewed or put into
 * certificates/listed/; by a keykeeper of our own, so only while no manager runs on the site.
 */
enum fault site_publish(
    const char *folder, int64_t now, struct trust_published *published, struct why *why) MUST_CHECK;
#endif
