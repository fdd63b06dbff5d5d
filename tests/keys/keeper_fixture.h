/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/keeper_fixture.h - a real keykeeper on a directory of its own. */
#ifndef KEEPER_FIXTURE_H
#define KEEPER_FIXTURE_H

#include <openssl/x509.h>

#include "keys/keys.h"
#include "tests.h"

struct keeper_fixture {
	char directory[64]; /* the keys' */
	char audit[80];     /* a file beside it */
	pid_t pid[ROLE_COUNT];
	struct keys *keys[ROLE_COUNT]; /* each role a keykeeper of its own on the same directory */
};

void keeper_fixture_init(struct keeper_fixture *fixture);
/* The keys as that role sees them; started when first asked for. */
struct keys *keeper_fixture_as(struct keeper_fixture *fixture, enum keeper_role role);
void keeper_fixture_finish(struct keeper_fixture *fixture);
/* A key generated as one role and loaded as another. */
EVP_PKEY *keeper_fixture_key(struct keeper_fixture *fixture, enum keeper_role maker,
    enum keeper_role user, const char *name, enum key_kind kind);
/* Self-signed, CN as given, valid now. */
X509 *keeper_fixture_certificate(EVP_PKEY *key, const char *name);
#endif
