/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/administration/site_factory.h - the factory: a manufacturing CA, and phones with a MIC.
 *
 *     FACTORY/keys/ manufacturing-ca.pem
 *     OUT/SEP001122334455/keys/ mic.pem identity.json
 *
 * Each phone's key is made in a keykeeper of the phone's own directory and never leaves it.
 */
#ifndef ADMINISTRATION_SITE_FACTORY_H
#define ADMINISTRATION_SITE_FACTORY_H

#include "keys/key_kind.h"
#include "policy/device_name.h"

#define FACTORY_MODEL "CP-8832"

struct factory;

/* Opens the factory of the folder, or makes it. */
enum fault factory_open(
    struct factory **factory, const char *folder, int64_t now, struct why *why) MUST_CHECK;
void factory_close(struct factory *factory);

/* What one phone became. */
struct factory_phone {
	struct device_name device;
	char path[1024];
	char serial[65], sha256[129]; /* of its MIC */
};

/* Refuses a phone that has its MIC already: it is for life. */
enum fault factory_make(struct factory *factory, const struct device_name *device, const char *out,
    enum key_kind kind, int64_t now, struct factory_phone *phone, struct why *why) MUST_CHECK;
#endif
