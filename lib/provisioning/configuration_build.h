/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/configuration_build.h - what a phone is told, from what the operator
 * configured: the site, the phone, its profile. Pure: no database, no clock.
 */
#ifndef PROVISIONING_CONFIGURATION_BUILD_H
#define PROVISIONING_CONFIGURATION_BUILD_H

#include "directory/directory.h"
#include "directory/site.h"
#include "provisioning/phone_configuration.h"

/* The whole configuration of one phone. A site that is not in mixed mode tells every phone to be
 * nonsecure. The version stamp holds the number of the CAPF wish, if there is one: a new wish makes
 * a new document, so that the phone comes for it. FAULT_LIMIT: more lines than a phone has. */
enum fault configuration_build(const struct site *site, const struct phone *phone,
    const struct profile *profile, struct phone_configuration *configuration,
    struct why *why) MUST_CHECK;
/* What a phone nobody knows is told: where the call manager is, nothing else. */
void configuration_build_default(
    const struct site *site, struct phone_configuration *configuration);
/* Writes the document with a version stamp that is a digest of its content, and of the stamp it
 * had: the same content gives the same document. */
enum fault configuration_write_stamped(
    struct phone_configuration *configuration, struct buffer *document, struct why *why) MUST_CHECK;
#endif
