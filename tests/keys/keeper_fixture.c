/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/storage.h"

void
keeper_fixture_init(struct keeper_fixture *fixture)
{
	*fixture = (struct keeper_fixture){0};
	snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/ringfence-keys-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	snprintf(fixture->audit, sizeof(fixture->audit), "%s.audit", fixture->directory);
	signal(SIGPIPE, SIG_IGN);
}

struct keys *
keeper_fixture_as(struct keeper_fixture *fixture, enum keeper_role role)
{
	struct why why;

	if (fixture->keys[role] == NULL)
		assert_accepted(keys_start(&fixture->keys[role], fixture->directory, role,
				    &fixture->pid[role], &why),
		    why);
	return fixture->keys[role];
}

static void
remove_one(void *arg, const char *name)
{
	char path[STORAGE_PATH_MOST];

	if (storage_path(path, arg, name, NULL) == FAULT_NONE)
		unlink(path);
}

void
keeper_fixture_finish(struct keeper_fixture *fixture)
{
	struct why why;

	for (int role = 0; role < ROLE_COUNT; role++)
		if (fixture->keys[role] != NULL)
			keys_stop(fixture->keys[role], fixture->pid[role]);
	assert_int_equal(chmod(fixture->directory, 0700), 0);
	assert_accepted(
	    storage_each(fixture->directory, remove_one, fixture->directory, &why), why);
	rmdir(fixture->directory);
	unlink(fixture->audit);
}

EVP_PKEY *
keeper_fixture_key(struct keeper_fixture *fixture, enum keeper_role maker, enum keeper_role user,
    const char *name, enum key_kind kind)
{
	EVP_PKEY *key;
	struct why why;

	assert_accepted(
	    keys_generate(keeper_fixture_as(fixture, maker), name, kind, true, NULL, &why), why);
	assert_accepted(keys_load(keeper_fixture_as(fixture, user), name, &key, &why), why);
	return key;
}

X509 *
keeper_fixture_certificate(EVP_PKEY *key, const char *name)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(
	    subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(certificate, subject);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	return certificate;
}
