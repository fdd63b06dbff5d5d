/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/site_fixture.h - a small site's keys and certificates, made once for a test program.
 */
#ifndef TRUST_SITE_FIXTURE_H
#define TRUST_SITE_FIXTURE_H

#include "base/buffer.h"
#include "storage/storage.h"
#include "trust/certificate_make.h"
#include "trust/trust_list.h"

/* 2026-11-23 20:00 UTC: inside the life of the vectors' certificates. */
#define FIXTURE_NOW INT64_C(1795464000)

enum fixture_who { RECOVERY, CALLMANAGER, CALLMANAGER_EC, CAPF, TVS, STRANGER, FIXTURE_COUNT };

struct fixture {
	EVP_PKEY *key[FIXTURE_COUNT];
	X509 *certificate[FIXTURE_COUNT];
};

extern struct fixture fixture;

/* cmocka group setup and teardown. */
int fixture_make(void **state);
int fixture_end(void **state);

/* A whole list signed by who, with the certificates of a mixed site. */
void fixture_list(enum trust_list_kind kind, enum fixture_who who, struct buffer *file);
/* One vector, "trust/ITLFile.tlv". content_free() it. */
void fixture_vector(const char *name, struct content *content);
X509 *fixture_vector_certificate(const char *name);
/* Signs the altered file again with the same digest, as a forger who owns that key can. block (may
 * be NULL) changes the padded block before it is signed. */
void fixture_sign_again(
    struct buffer *file, EVP_PKEY *key, void (*block)(uint8_t *at, size_t size));
/* Where the signature element of a whole file starts. */
size_t fixture_signature_at(struct bytes file);
/* A new folder below the test's, for this process. */
const char *fixture_folder(void);
#endif
