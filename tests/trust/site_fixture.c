/* SPDX-License-Identifier: Apache-2.0 */
#include "site_fixture.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

struct fixture fixture;

static const struct {
	enum certificate_profile profile;
	const char *name, *curve;
} people[FIXTURE_COUNT] = {
    [RECOVERY] = {CERTIFICATE_ITL_RECOVERY, "ITLRECOVERY_test", NULL   },
    [CALLMANAGER] = {CERTIFICATE_CALLMANAGER,  "manager.example",  NULL   },
    [CALLMANAGER_EC] = {CERTIFICATE_CALLMANAGER,  "manager-ec",       "P-384"},
    [CAPF] = {CERTIFICATE_CAPF,         "CAPF-test",        NULL   },
    [TVS] = {CERTIFICATE_TVS,          "TVS-test",         NULL   },
    [STRANGER] = {CERTIFICATE_ITL_RECOVERY, "ITLRECOVERY_test", NULL   },
};

int
fixture_make(void **state)
{
	static const char *const hosts[] = {"manager.example", "127.0.0.1", NULL};
	struct why why;

	(void)state;
	for (size_t i = 0; i < FIXTURE_COUNT; i++) {
		struct certificate_plan plan = {.profile = people[i].profile,
		    .common_name = people[i].name,
		    .organization = "Test",
		    .hosts = hosts,
		    .now = FIXTURE_NOW};

		fixture.key[i] =
		    people[i].curve != NULL ? EVP_EC_gen(people[i].curve) : EVP_RSA_gen(2048);
		plan.subject_key = fixture.key[i];
		assert_accepted(certificate_make(&plan, &fixture.certificate[i], &why), why);
	}
	return 0;
}

int
fixture_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_COUNT; i++) {
		EVP_PKEY_free(fixture.key[i]);
		X509_free(fixture.certificate[i]);
	}
	return 0;
}

void
fixture_list(enum trust_list_kind kind, enum fixture_who who, struct buffer *file)
{
	struct trust_entry entries[] = {
	    {TRUST_SAST,     fixture.certificate[who],            "manager.example", "127.0.0.1"},
	    {TRUST_CCM_TFTP, fixture.certificate[CALLMANAGER],    "manager.example", "127.0.0.1"},
	    {TRUST_CCM_TFTP, fixture.certificate[CALLMANAGER_EC], "manager.example", "127.0.0.1"},
	    {TRUST_CAPF,     fixture.certificate[CAPF],           NULL,              NULL       },
	    {TRUST_TVS,      fixture.certificate[TVS],            NULL,              NULL       },
	};
	struct trust_list_plan plan = {.kind = kind,
	    .entries = entries,
	    .count = COUNT(entries),
	    .signer = fixture.certificate[who],
	    .key = fixture.key[who],
	    .now = FIXTURE_NOW};
	struct why why;

	assert_accepted(trust_list_write(&plan, file, &why), why);
}

void
fixture_vector(const char *name, struct content *content)
{
	char path[STORAGE_PATH_MOST];
	struct why why;

	assert_non_null(getenv("TEST_DATA"));
	snprintf(path, sizeof(path), "%s/%s", getenv("TEST_DATA"), name);
	assert_accepted(storage_read(path, 1024 * 1024, content, &why), why);
}

X509 *
fixture_vector_certificate(const char *name)
{
	struct content file = {0};
	X509 *certificate = NULL;
	struct why why;

	fixture_vector(name, &file);
	assert_accepted(certificate_read(content_bytes(&file), &certificate, &why), why);
	content_free(&file);
	return certificate;
}

const char *
fixture_folder(void)
{
	static char folder[] = "/tmp/ringfence-trust-XXXXXX";

	if (strchr(folder, 'X') != NULL)
		assert_non_null(mkdtemp(folder));
	return folder;
}
