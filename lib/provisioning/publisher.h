/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/publisher.h - keeps the trust lists of a site in step with its certificates:
 * builds ITLFile.tlv and CTLFile.tlv anew when a certificate or site.json is younger.
 */
#ifndef PROVISIONING_PUBLISHER_H
#define PROVISIONING_PUBLISHER_H

#include <openssl/evp.h>

#include "directory/site.h"
#include "trust/trust_publish.h"

/* Must the lists of this site folder be built (again)? */
enum fault publisher_due(
    const char *folder, const struct site *site, bool *due, struct why *why) MUST_CHECK;
/* Builds and signs both; recovery_key is of certificates/itl-recovery.pem. */
enum fault publisher_publish(const char *folder, const struct site *site, EVP_PKEY *recovery_key,
    int64_t now, struct trust_published *published, struct why *why) MUST_CHECK;
#endif
