/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/trust_publish_test.c - a site's lists: who stands in which, as what. */
#include "trust/trust_publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "site_fixture.h"
#include "tests.h"

static const struct {
	const char *name;
	enum fixture_who who;
} files[] = {
    {"itl-recovery.pem", RECOVERY},
    {"callmanager.pem", CALLMANAGER},
    {"callmanager-ec.pem", CALLMANAGER_EC},
    {"capf.pem", CAPF},
    {"tvs.pem", TVS},
};

static char folder[] = "/tmp/ringfence-publish-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[STORAGE_PATH_MOST];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int
setup(void **state)
{
	struct why why;

	fixture_make(state);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT(files); i++)
		assert_accepted(certificate_save(path_of(files[i].name),
				    fixture.certificate[files[i].who], 0644, &why),
		    why);
	return 0;
}

static int
teardown(void **state)
{
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(path_of(files[i].name));
	unlink(path_of("ITLFile.tlv"));
	unlink(path_of("CTLFile.tlv"));
	rmdir(folder);
	return fixture_end(state);
}

static struct trust_publication
publication_of_the_site(void)
{
	return (struct trust_publication){.certificates = folder,
	    .files = folder,
	    .host = "manager.example",
	    .address = "127.0.0.1",
	    .recovery_key = fixture.key[RECOVERY],
	    .mixed = true,
	    .with_ctl = true,
	    .now = FIXTURE_NOW};
}

/* The roles of each list in order, "SAST SAST CCM+TFTP ..." */
static void
roles_of(enum trust_list_kind kind, char text[128])
{
	struct trust_list *list = NULL;
	struct content file = {0};
	struct why why;

	assert_accepted(
	    storage_read(path_of(trust_list_filename(kind)), TRUST_LIST_MOST, &file, &why), why);
	assert_accepted(trust_list_read(&list, kind, content_bytes(&file), &why), why);
	assert_accepted(trust_list_verify(list, &why), why);
	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, 128 - used, "%s%s", used > 0 ? " " : "",
		    trust_role_name(list->records[i].role));
	}
	trust_list_free(list);
	content_free(&file);
}

static void
a_mixed_site_lists_everyone(void **state)
{
	struct trust_publication publication = publication_of_the_site();
	struct trust_published published;
	char roles[128];
	struct why why;

	(void)state;
	assert_accepted(trust_publish(&publication, &published, &why), why);
	assert_int_equal(published.itl_records, 6);
	assert_int_equal(published.ctl_records, 4);
	roles_of(TRUST_ITL, roles);
	assert_string_equal(roles, "SAST SAST CCM+TFTP CCM+TFTP CAPF TVS");
	roles_of(TRUST_CTL, roles);
	assert_string_equal(roles, "SAST CCM+TFTP CCM+TFTP CAPF");
}

/* Without a CTL nobody is listed as a SIP peer: files are signed, and nothing else is secure. */
static void
a_site_that_waits_for_tokens_signs_files_only(void **state)
{
	struct trust_publication publication = publication_of_the_site();
	struct trust_published published;
	char roles[128];
	struct why why;

	(void)state;
	publication.mixed = false;
	publication.with_ctl = false;
	unlink(path_of("CTLFile.tlv"));
	assert_accepted(trust_publish(&publication, &published, &why), why);
	roles_of(TRUST_ITL, roles);
	assert_string_equal(roles, "SAST SAST TFTP CAPF TVS");
	assert_int_equal(published.ctl_size, 0);
	assert_false(storage_exists(path_of("CTLFile.tlv")));
}

static void
a_key_that_is_not_the_recovery_certificates_publishes_nothing(void **state)
{
	struct trust_publication publication = publication_of_the_site();
	struct trust_published published;
	struct why why;

	(void)state;
	unlink(path_of("ITLFile.tlv"));
	publication.recovery_key = fixture.key[STRANGER];
	assert_refused(trust_publish(&publication, &published, &why), FAULT_UNTRUSTED, why,
	    "the signature is not that of CN=ITLRECOVERY_test");
	assert_false(storage_exists(path_of("ITLFile.tlv")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mixed_site_lists_everyone),
	    cmocka_unit_test(a_site_that_waits_for_tokens_signs_files_only),
	    cmocka_unit_test(a_key_that_is_not_the_recovery_certificates_publishes_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
