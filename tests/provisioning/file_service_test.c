/* SPDX-License-Identifier: Apache-2.0 */
/* tests/provisioning/file_service_test.c - who gets which bytes under which name. */
#include "provisioning/file_service.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../trust/site_fixture.h"
#include "provisioning/phone_configuration.h"
#include "provisioning/publisher.h"
#include "storage/storage.h"
#include "tests.h"
#include "trust/signed_file.h"

static struct {
	char folder[STORAGE_PATH_MOST];
	struct site site;
	struct directory *directory;
	struct file_service *service;
} here;

static void
put(const char *name, const char *text)
{
	char path[STORAGE_PATH_MOST];
	struct why why;

	assert_accepted(storage_path(path, here.folder, name, &why), why);
	assert_accepted(storage_replace(path, bytes_text(text), 0644, &why), why);
}

static void
put_phone(const char *profile, const char *display, enum wish_operation operation)
{
	struct phone phone = {.device = "SEP001122334455",
	    .model = "8832",
	    .line_count = 1,
	    .lines = {{.position = 1, .number = "1001"}},
	    .capf = {.operation = operation, .proof = WISH_BY_MIC, .key = "rsa-2048"}};
	struct why why;

	strcpy(phone.profile, profile);
	strcpy(phone.lines[0].display, display);
	assert_accepted(directory_set_phone(here.directory, &phone, &why), why);
}

static int
set_up(void **state)
{
	struct file_service_plan plan;
	char path[STORAGE_PATH_MOST];
	struct why why;

	if (fixture_make(state) != 0)
		return -1;
	snprintf(here.folder, sizeof(here.folder), "%s", fixture_folder());
	site_init(&here.site);
	strcpy(here.site.host, "127.0.0.1");
	here.site.mixed = true;
	assert_accepted(storage_path(path, here.folder, "site.db", &why), why);
	assert_accepted(directory_open(&here.directory, path, DATABASE_WRITE, &why), why);
	plan = (struct file_service_plan){.files = here.folder,
	    .directory = here.directory,
	    .site = &here.site,
	    .signer = fixture.certificate[CALLMANAGER],
	    .key = fixture.key[CALLMANAGER]};
	assert_accepted(file_service_new(&here.service, &plan, &why), why);
	put_phone("encrypted", "Rosa", WISH_INSTALL);
	put("ITLFile.tlv", "the common ITL");
	put("CTLFile.tlv", "the common CTL");
	put("ITLSEP001122334455.tlv", "its own ITL");
	put("ringlist.xml", "<rings/>");
	put("SEP001122334455.cnf.xml", "left over");
	return 0;
}

static int
tear_down(void **state)
{
	file_service_free(here.service);
	directory_close(here.directory);
	return fixture_end(state);
}

static struct shared_content *
ask(const char *name)
{
	struct shared_content *content = NULL;
	struct why why;

	assert_accepted(
	    file_service_find(here.service, bytes_text(name), FIXTURE_NOW, &content, NULL, &why),
	    why);
	return content;
}

/* The payload under the signature of the call manager. */
static struct bytes
opened(const struct shared_content *content, const char *name)
{
	STACK_OF(X509) *signers = sk_X509_new_null();
	struct signed_file verified;
	struct why why;

	assert_true(certificate_stack_add(signers, fixture.certificate[CALLMANAGER]));
	assert_accepted(
	    signed_file_verify(shared_content_bytes(content), name, signers, &verified, &why), why);
	certificate_stack_free(signers);
	return verified.payload;
}

static void
read_configuration(struct phone_configuration *read)
{
	static const char name[] = "SEP001122334455.cnf.xml.sgn";
	struct shared_content *content = ask(name);
	struct why why;

	assert_accepted(phone_configuration_read(opened(content, name), read, &why), why);
	shared_content_release(content);
}

static void
a_phone_gets_its_configuration_signed(void **state)
{
	struct phone_configuration read;

	(void)state;
	put_phone("encrypted", "Rosa", WISH_INSTALL);
	read_configuration(&read);
	assert_string_equal(read.device, "SEP001122334455");
	assert_int_equal(read.security_mode, DEVICE_SECURITY_ENCRYPTED);
	assert_int_equal(read.transport, DEVICE_TRANSPORT_TLS);
	assert_int_equal(read.capf_auth_mode, CAPF_AUTH_MIC_FIRST);
	assert_int_equal(read.capf[0].port, here.site.port[SITE_CAPF]);
	assert_string_equal(read.managers[0].host, "127.0.0.1");
	assert_int_equal(read.managers[0].secured_sip_port, here.site.port[SITE_SIP_TLS]);
	assert_int_equal(read.line_count, 1);
	assert_string_equal(read.lines[0].name, "1001");
	assert_string_equal(read.lines[0].display_name, "Rosa");
	assert_int_equal(read.vendor.value[VENDOR_WEB_ACCESS], VENDOR_DISABLED);
	assert_int_equal(read.vendor.value[VENDOR_SSH_ACCESS], VENDOR_DISABLED);
}

static void
each_profile_has_its_mode(void **state)
{
	static const struct {
		enum profile_standard profile;
		bool mixed;
		enum device_security_mode mode;
		bool tls;
	} modes[] = {
	    {PROFILE_NONSECURE, true, DEVICE_SECURITY_NONSECURE, false},
	    {PROFILE_AUTHENTICATED, true, DEVICE_SECURITY_AUTHENTICATED, true},
	    {PROFILE_ENCRYPTED, true, DEVICE_SECURITY_ENCRYPTED, true},
	    {PROFILE_AUTHENTICATED, false, DEVICE_SECURITY_NONSECURE, false},
	    {PROFILE_ENCRYPTED, false, DEVICE_SECURITY_NONSECURE, false},
	};
	struct phone_configuration read;

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		here.site.mixed = modes[i].mixed;
		put_phone(profile_standard(modes[i].profile)->name, "Rosa", WISH_NONE);
		read_configuration(&read);
		assert_int_equal(read.security_mode, modes[i].mode);
		assert_int_equal(read.transport == DEVICE_TRANSPORT_TLS, modes[i].tls);
		assert_int_equal(read.capf_auth_mode, CAPF_AUTH_NONE);
	}
	here.site.mixed = true;
}

static void
what_did_not_change_is_not_signed_again(void **state)
{
	static const char name[] = "SEP001122334455.cnf.xml.sgn";
	struct shared_content *first, *second, *third;

	(void)state;
	put_phone("encrypted", "Rosa", WISH_NONE);
	first = ask(name);
	second = ask(name);
	assert_ptr_equal(first, second);
	put_phone("encrypted", "Clara", WISH_NONE);
	third = ask(name);
	assert_ptr_not_equal(second, third);
	assert_false(bytes_equal(opened(second, name), opened(third, name)));
	shared_content_release(first);
	shared_content_release(second);
	shared_content_release(third);
}

static void
a_new_capf_order_makes_a_new_document(void **state)
{
	static const char name[] = "SEP001122334455.cnf.xml.sgn";
	struct shared_content *first, *second, *third;

	(void)state;
	put_phone("encrypted", "Rosa", WISH_INSTALL);
	first = ask(name);
	second = ask(name);
	assert_ptr_equal(first, second);
	put_phone("encrypted", "Rosa", WISH_INSTALL);
	third = ask(name);
	assert_false(bytes_equal(opened(second, name), opened(third, name)));
	shared_content_release(first);
	shared_content_release(second);
	shared_content_release(third);
}

/* Expected NULL: refused with the sentence. */
static const struct {
	const char *name, *expected;
	enum fault fault;
	const char *complaint;
	bool unknown_device;
} names[] = {
    {"ITLFile.tlv", "the common ITL", FAULT_NONE, NULL, false},
    {"CTLFile.tlv", "the common CTL", FAULT_NONE, NULL, false},
    {"ITLSEP001122334455.tlv", "its own ITL", FAULT_NONE, NULL, false},
    {"CTLSEP001122334455.tlv", "the common CTL", FAULT_NONE, NULL, false},
    {"ITLSEP00112233AAAA.tlv", NULL, FAULT_MISSING, "SEP00112233AAAA", true},
    {"SEP00112233AAAA.cnf.xml.sgn", NULL, FAULT_MISSING, "SEP00112233AAAA", true},
    {"SEP001122334455.cnf.xml", NULL, FAULT_MISSING, "there is no file", false},
    {"SEP001122334455.cnf.xml.enc.sgn", NULL, FAULT_MISSING, "there is no file", false},
    {"sep001122334455.cnf.xml.sgn", NULL, FAULT_MISSING, "there is no file", false},
    {"ringlist.xml", NULL, FAULT_MISSING, "there is no file", false},
    {"nothing.xml.sgn", NULL, FAULT_MISSING, "there is no file nothing.xml.sgn", false},
    {"site.db", NULL, FAULT_MISSING, "there is no file", false},
    {"ITLFile.tlv.sgn", NULL, FAULT_MISSING, "there is no file", false},
    {".sgn", NULL, FAULT_FORBIDDEN, "not the name of a file here", false},
    {"../site.json", NULL, FAULT_FORBIDDEN, "not the name of a file here", false},
    {"a/b.sgn", NULL, FAULT_FORBIDDEN, "not the name of a file here", false},
    {"", NULL, FAULT_FORBIDDEN, "not the name of a file here", false},
};

static void
each_name_gets_its_bytes_or_its_sentence(void **state)
{
	struct shared_content *content;
	bool unknown_device;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		print_message("  \"%s\"\n", names[i].name);
		if (names[i].expected != NULL) {
			content = ask(names[i].name);
			assert_true(
			    bytes_equal_text(shared_content_bytes(content), names[i].expected));
			shared_content_release(content);
			continue;
		}
		assert_refused(file_service_find(here.service, bytes_text(names[i].name),
				   FIXTURE_NOW, &content, &unknown_device, &why),
		    names[i].fault, why, names[i].complaint);
		assert_int_equal(unknown_device, names[i].unknown_device);
	}
}

static void
other_files_leave_signed(void **state)
{
	struct shared_content *content = ask("ringlist.xml.sgn");

	(void)state;
	assert_true(bytes_equal_text(opened(content, "ringlist.xml.sgn"), "<rings/>"));
	shared_content_release(content);
	put("ringlist.xml", "<rings>new</rings>");
	content = ask("ringlist.xml.sgn");
	assert_true(bytes_equal_text(opened(content, "ringlist.xml.sgn"), "<rings>new</rings>"));
	shared_content_release(content);
}

static void
a_stranger_is_told_where_the_manager_is_and_nothing_else(void **state)
{
	struct shared_content *content = ask("XMLDefault.cnf.xml.sgn");
	struct phone_configuration read;
	struct why why;

	(void)state;
	assert_accepted(
	    phone_configuration_read(opened(content, "XMLDefault.cnf.xml.sgn"), &read, &why), why);
	assert_string_equal(read.managers[0].host, "127.0.0.1");
	assert_int_equal(read.line_count + read.capf_count, 0);
	shared_content_release(content);
}

static void
lists_are_due_when_a_certificate_is_younger(void **state)
{
	struct trust_published published;
	char path[STORAGE_PATH_MOST];
	struct timespec times[2];
	struct stat facts;
	struct why why;
	bool due;

	(void)state;
	assert_accepted(storage_path(path, here.folder, "site/files", &why), why);
	assert_accepted(storage_folder(path, 0755, &why), why);
	assert_accepted(storage_path(path, here.folder, "site/certificates", &why), why);
	assert_accepted(storage_folder(path, 0755, &why), why);
	assert_accepted(
	    storage_path(path, here.folder, "site/certificates/itl-recovery.pem", &why), why);
	assert_accepted(certificate_save(path, fixture.certificate[RECOVERY], 0644, &why), why);
	assert_accepted(
	    storage_path(path, here.folder, "site/certificates/callmanager.pem", &why), why);
	assert_accepted(certificate_save(path, fixture.certificate[CALLMANAGER], 0644, &why), why);
	put("site/site.json", "{}");
	assert_accepted(storage_path(path, here.folder, "site", &why), why);
	assert_accepted(publisher_due(path, &here.site, &due, &why), why);
	assert_true(due);
	assert_accepted(publisher_publish(
			    path, &here.site, fixture.key[RECOVERY], FIXTURE_NOW, &published, &why),
	    why);
	assert_int_equal(published.itl_records, 3);
	assert_true(published.ctl_records > 0);
	assert_accepted(publisher_due(path, &here.site, &due, &why), why);
	assert_false(due);
	assert_accepted(
	    storage_path(path, here.folder, "site/certificates/callmanager.pem", &why), why);
	assert_int_equal(stat(path, &facts), 0);
	times[0] = times[1] = facts.st_mtim;
	times[1].tv_sec += 10;
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	assert_accepted(storage_path(path, here.folder, "site", &why), why);
	assert_accepted(publisher_due(path, &here.site, &due, &why), why);
	assert_true(due);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_phone_gets_its_configuration_signed),
	    cmocka_unit_test(each_profile_has_its_mode),
	    cmocka_unit_test(a_new_capf_order_makes_a_new_document),
	    cmocka_unit_test(what_did_not_change_is_not_signed_again),
	    cmocka_unit_test(each_name_gets_its_bytes_or_its_sentence),
	    cmocka_unit_test(other_files_leave_signed),
	    cmocka_unit_test(a_stranger_is_told_where_the_manager_is_and_nothing_else),
	    cmocka_unit_test(lists_are_due_when_a_certificate_is_younger),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
