/* SPDX-License-Identifier: Apache-2.0 */
/* tests/directory/directory_test.c - what the operator configured, checked before it is kept. */
#include "directory/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

static char folder[32], path[64];
static struct directory *directory;

static int
set_up(void **state)
{
	struct why why;

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/directory-test-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/db", folder);
	return directory_open(&directory, path, DATABASE_WRITE, &why) == FAULT_NONE ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	directory_close(directory);
	unlink(path);
	return rmdir(folder);
}

static struct phone
a_phone(const char *device, const char *number)
{
	struct phone phone = {.line_count = 1};

	snprintf(phone.device, sizeof(phone.device), "%s", device);
	snprintf(
	    phone.profile, sizeof(phone.profile), "%s", profile_standard(PROFILE_ENCRYPTED)->name);
	snprintf(phone.model, sizeof(phone.model), "CP-8832");
	phone.lines[0].position = 1;
	snprintf(phone.lines[0].number, sizeof(phone.lines[0].number), "%s", number);
	return phone;
}

static void
a_new_site_has_the_standard_profiles(void **state)
{
	struct profile profile;
	struct why why;

	(void)state;
	for (int i = 0; i < PROFILE_STANDARD_COUNT; i++) {
		const struct profile *standard = profile_standard((enum profile_standard)i);

		assert_accepted(directory_profile(directory, standard->name, &profile, &why), why);
		assert_int_equal(profile.mode, standard->mode);
		assert_int_equal(profile.suites, standard->suites);
	}
}

static void
a_phone_comes_back_with_its_lines(void **state)
{
	struct phone phone = a_phone("SEP001122AABBCC", "2001"), read;
	struct why why;

	(void)state;
	phone.line_count = 2;
	phone.lines[1] = (struct line){.position = 2, .number = "+49301234*#"};
	assert_accepted(directory_set_phone(directory, &phone, &why), why);
	assert_accepted(directory_phone(directory, "SEP001122AABBCC", &read, &why), why);
	assert_int_equal(read.line_count, 2);
	assert_string_equal(read.lines[1].number, "+49301234*#");
	assert_string_equal(read.profile, phone.profile);
	assert_refused(directory_phone(directory, "SEP000000000000", &read, &why), FAULT_MISSING,
	    why, "there is no phone 'SEP000000000000'");
}

static enum fault
count_phone(void *arg, const struct phone *phone, struct why *why)
{
	(void)phone;
	(void)why;
	++*(unsigned *)arg;
	return FAULT_NONE;
}

static void
a_number_finds_every_phone_that_shares_it(void **state)
{
	struct phone one = a_phone("SEP001122AABB01", "2001");
	struct phone two = a_phone("SEP001122AABB02", "2001");
	struct phone three = a_phone("SEP001122AABB03", "2003");
	unsigned count = 0;
	struct why why;

	(void)state;
	assert_accepted(directory_set_phone(directory, &one, &why), why);
	assert_accepted(directory_set_phone(directory, &two, &why), why);
	assert_accepted(directory_set_phone(directory, &three, &why), why);
	assert_accepted(
	    directory_phones_of_number(directory, "2001", count_phone, &count, &why), why);
	assert_int_equal(count, 2);
	assert_accepted(directory_delete_phone(directory, "SEP001122AABB02", &why), why);
	count = 0;
	assert_accepted(
	    directory_phones_of_number(directory, "2001", count_phone, &count, &why), why);
	assert_int_equal(count, 1);
}

static void
what_makes_no_sense_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *says, *device, *profile, *number, *complaint;
	} cases[] = {
	    {"no device name", "", "Encrypted", "1", "a device name has"},
	    {"a path as device name", "../SEP", "Encrypted", "1", "a device name has"},
	    {"a blank in a device name", "SEP 1", "Encrypted", "1", "a device name has"},
	    {"a profile that is not there", "SEP1", "Golden", "1", "there is no profile 'Golden'"},
	    {"a number with an at sign", "SEP1", NULL, "1@x", "'1@x' is no number"},
	    {"an empty number", "SEP1", NULL, "", "'' is no number"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct phone phone = a_phone(cases[i].device, cases[i].number), read;
		struct why why;

		if (cases[i].profile != NULL && strcmp(cases[i].profile, "Encrypted") != 0)
			snprintf(phone.profile, sizeof(phone.profile), "%s", cases[i].profile);
		if (directory_set_phone(directory, &phone, &why) == FAULT_NONE ||
		    strstr(why.text, cases[i].complaint) == NULL)
			fail_msg("%s: %s", cases[i].says, why.text);
		assert_int_equal(
		    directory_phone(directory, phone.device, &read, &why), FAULT_MISSING);
	}
}

static void
a_digest_profile_needs_a_user(void **state)
{
	struct phone phone = a_phone("softphone", "2009");
	struct digest_user user = {.name = "alice"}, read;
	struct why why;

	(void)state;
	snprintf(phone.profile, sizeof(phone.profile), "%s",
	    profile_standard(PROFILE_THIRD_PARTY)->name);
	assert_refused(directory_set_phone(directory, &phone, &why), FAULT_FORBIDDEN, why,
	    "give softphone a user");
	snprintf(phone.user, sizeof(phone.user), "alice");
	assert_refused(directory_set_phone(directory, &phone, &why), FAULT_MISSING, why,
	    "there is no user 'alice'");
	assert_refused(directory_set_user(directory, &user, &why), FAULT_MALFORMED, why,
	    "user 'alice' has no digest");
	memset(user.ha1_md5, 'x', 32);
	assert_refused(
	    directory_set_user(directory, &user, &why), FAULT_MALFORMED, why, "is not hex");
	memset(user.ha1_md5, 'a', 32);
	memset(user.ha1_sha256, 'b', 64);
	assert_accepted(directory_set_user(directory, &user, &why), why);
	assert_accepted(directory_set_phone(directory, &phone, &why), why);
	assert_accepted(directory_user(directory, "alice", &read, &why), why);
	assert_accepted(directory_phone_of_user(directory, "alice", &phone, &why), why);
	assert_string_equal(phone.device, "softphone");
	assert_refused(directory_delete_user(directory, "alice", &why), FAULT_FORBIDDEN, why,
	    "a phone still has the user");
}

static void
each_new_capf_wish_has_the_next_serial(void **state)
{
	struct phone phone = a_phone("SEP001122AABBCC", "1"), read;
	struct why why;

	(void)state;
	phone.capf = (struct capf_wish){.operation = WISH_INSTALL, .proof = WISH_BY_MIC};
	assert_accepted(directory_set_phone(directory, &phone, &why), why);
	assert_accepted(directory_phone(directory, phone.device, &read, &why), why);
	assert_int_equal(read.capf.serial, 1);
	assert_accepted(directory_set_phone(directory, &read, &why), why); /* unchanged */
	assert_accepted(directory_phone(directory, phone.device, &read, &why), why);
	assert_int_equal(read.capf.serial, 1);
	assert_accepted(directory_set_phone(directory, &phone, &why), why); /* wished again */
	assert_accepted(directory_phone(directory, phone.device, &read, &why), why);
	assert_int_equal(read.capf.serial, 2);
}

static void
standard_profiles_stay_and_used_ones_cannot_go(void **state)
{
	struct profile profile = *profile_standard(PROFILE_ENCRYPTED);
	struct phone phone = a_phone("SEP001122AABBCC", "1");
	struct why why;

	(void)state;
	assert_refused(directory_set_profile(directory, &profile, &why), FAULT_FORBIDDEN, why,
	    "standard profile");
	assert_refused(directory_delete_profile(directory, profile.name, &why), FAULT_FORBIDDEN,
	    why, "standard profile");
	snprintf(profile.name, sizeof(profile.name), "Strongest");
	profile.suites = SUITES_AES_256_ONLY;
	assert_accepted(directory_set_profile(directory, &profile, &why), why);
	snprintf(phone.profile, sizeof(phone.profile), "Strongest");
	assert_accepted(directory_set_phone(directory, &phone, &why), why);
	assert_refused(directory_delete_profile(directory, "Strongest", &why), FAULT_FORBIDDEN, why,
	    "a phone still has");
	assert_accepted(directory_delete_phone(directory, phone.device, &why), why);
	assert_accepted(directory_delete_profile(directory, "Strongest", &why), why);
}

static void
a_parameter_is_missing_until_it_is_set(void **state)
{
	char value[DIRECTORY_TEXT_SIZE];
	struct why why;

	(void)state;
	assert_refused(directory_parameter(directory, "strict", value, &why), FAULT_MISSING, why,
	    "was never set");
	assert_accepted(directory_set_parameter(directory, "strict", "no", &why), why);
	assert_accepted(directory_set_parameter(directory, "strict", "yes", &why), why);
	assert_accepted(directory_parameter(directory, "strict", value, &why), why);
	assert_string_equal(value, "yes");
}

#define WITH_A_SITE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    WITH_A_SITE(a_new_site_has_the_standard_profiles),
	    WITH_A_SITE(a_phone_comes_back_with_its_lines),
	    WITH_A_SITE(a_number_finds_every_phone_that_shares_it),
	    WITH_A_SITE(what_makes_no_sense_is_refused_with_a_sentence),
	    WITH_A_SITE(a_digest_profile_needs_a_user),
	    WITH_A_SITE(each_new_capf_wish_has_the_next_serial),
	    WITH_A_SITE(standard_profiles_stay_and_used_ones_cannot_go),
	    WITH_A_SITE(a_parameter_is_missing_until_it_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
