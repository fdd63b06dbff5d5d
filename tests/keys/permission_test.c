/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/permission_test.c - every cell of the keykeeper's table, permitted and refused. */
#include "keykeeper/permission.h"

#include "keys/keys.h"
#include "tests.h"

static const char *const names[] = {KEY_CALLMANAGER, KEY_CALLMANAGER_EC, KEY_CAPF, KEY_TVS,
    KEY_TVS_EC, KEY_ITL_RECOVERY, KEY_MANUFACTURING, KEY_MIC, KEY_LSC, KEY_LSC_NEXT, "unheard-of"};

/*
 * What may be asked, as letters, in a row for each role and a column for each name above. Written
 * down a second time on purpose: a slip in the program's table shows here.
 *   v see   p PKCS#1   s PSS   e ECDSA   b bare   1 SHA-1   d decrypt
 *   g make  w make weak   r remove   n rename to lsc
 */
static const char *const expected[ROLE_COUNT][COUNT(names)] = {
    [ROLE_EDGE] = {"vps", "ve", "", "", "", "", "", "", "", "", ""},
    [ROLE_CALL] = {"", "", "", "", "", "", "", "", "", "", ""},
    [ROLE_FILES] = {"vps1", "ve", "", "", "", "vp1", "", "", "", "", ""},
    [ROLE_ENROLMENT] = {"", "", "vps", "vps", "ve", "", "", "", "", "", ""},
    [ROLE_ADMIN] = {"v", "v", "v", "v", "v", "v", "", "", "", "", ""},
    [ROLE_SITE] = {"vp1gr", "vegr", "vpgr", "vpgr", "vegr", "vp1gr", "", "", "", "", ""},
    [ROLE_FACTORY] = {"", "", "", "", "", "", "vpegr", "vgwr", "", "", ""},
    [ROLE_PHONE] = {"", "", "", "", "", "", "", "vpseb1d", "vpseb1dr", "vpegwrn", ""},
};

static const struct {
	char letter;
	struct keeper_request request;
} asks[] = {
    {'v', {.operation = KEEPER_PUBLIC}},
    {'p', {.operation = KEEPER_SIGN, .scheme = KEEPER_PKCS1, .digest = KEY_DIGEST_SHA256}},
    {'s', {.operation = KEEPER_SIGN, .scheme = KEEPER_PSS, .digest = KEY_DIGEST_SHA384}},
    {'e', {.operation = KEEPER_SIGN, .scheme = KEEPER_ECDSA, .digest = KEY_DIGEST_SHA512}},
    {'b', {.operation = KEEPER_SIGN, .scheme = KEEPER_RAW, .digest = KEY_DIGEST_BARE}},
    {'d', {.operation = KEEPER_DECRYPT, .scheme = KEEPER_PKCS1}},
    {'d', {.operation = KEEPER_DECRYPT, .scheme = KEEPER_OAEP}},
    {'r', {.operation = KEEPER_REMOVE}},
};

static void
check(enum keeper_role role, size_t name, struct keeper_request request, bool may, const char *what)
{
	struct why why = {""};
	enum fault fault;

	request.name = bytes_text(names[name]);
	fault = permission_check(role, &request, &why);
	if ((fault == FAULT_NONE) != may)
		fail_msg("%s %s %s: %s", keeper_role_name(role), what, names[name],
		    may ? why.text : "permitted");
	if (!may && (fault != FAULT_FORBIDDEN || strlen(why.text) < 20))
		fail_msg("%s %s %s: refused without a sentence", keeper_role_name(role), what,
		    names[name]);
}

static void
each_role_may_what_is_written_and_nothing_else(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t name = 0; name < COUNT(names); name++)
			for (size_t ask = 0; ask < COUNT(asks); ask++) {
				char what[2] = {asks[ask].letter, 0};
				bool may = strchr(expected[role][name], asks[ask].letter) != NULL;

				check((enum keeper_role)role, name, asks[ask].request, may, what);
			}
}

static void
sha1_is_signed_only_where_old_formats_need_it(void **state)
{
	static const enum keeper_scheme schemes[] = {KEEPER_PKCS1, KEEPER_PSS, KEEPER_ECDSA};
	static const char letters[] = "pse";

	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t name = 0; name < COUNT(names); name++)
			for (size_t i = 0; i < COUNT(schemes); i++) {
				const char *cell = expected[role][name];
				struct keeper_request request = {.operation = KEEPER_SIGN,
				    .scheme = schemes[i],
				    .digest = KEY_DIGEST_SHA1};
				bool may = strchr(cell, letters[i]) && strchr(cell, '1');

				check((enum keeper_role)role, name, request, may, "SHA-1");
				request.digest = KEY_DIGEST_BARE;
				if (schemes[i] == KEEPER_ECDSA)
					check(
					    (enum keeper_role)role, name, request, may, "no name");
			}
}

static void
keys_are_made_of_the_family_and_strength_allowed(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t name = 0; name < COUNT(names); name++)
			for (int kind = 0; kind < KEY_KIND_COUNT; kind++) {
				const char *cell = expected[role][name];
				bool ec = key_kind_family((enum key_kind)kind) == KEY_FAMILY_EC;
				bool ec_name = strstr(names[name], "-ec") != NULL;
				bool either = name >= 6 && name <= 9;
				bool fits = strchr(cell, 'g') && (either || ec == ec_name);
				bool weak = key_kind_weak((enum key_kind)kind);
				struct keeper_request request = {
				    .operation = KEEPER_GENERATE, .kind = (enum key_kind)kind};

				check((enum keeper_role)role, name, request, fits && !weak, "make");
				request.allow_weak = true;
				check((enum keeper_role)role, name, request,
				    fits && (!weak || strchr(cell, 'w')), "make weak");
			}
}

static void
only_lsc_next_becomes_lsc(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t from = 0; from < COUNT(names); from++)
			for (size_t to = 0; to < COUNT(names); to++) {
				struct keeper_request request = {
				    .operation = KEEPER_RENAME, .new_name = bytes_text(names[to])};
				bool may = strchr(expected[role][from], 'n') &&
					   strcmp(names[to], KEY_LSC) == 0;

				check((enum keeper_role)role, from, request, may, names[to]);
			}
}

static void
a_signature_by_oaep_is_refused_to_all(void **state)
{
	struct keeper_request request = {
	    .operation = KEEPER_SIGN, .scheme = KEEPER_OAEP, .digest = KEY_DIGEST_SHA256};

	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++)
		for (size_t name = 0; name < COUNT(names); name++)
			check((enum keeper_role)role, name, request, false, "OAEP");
}

static void
listing_and_writing_follow_the_table(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		bool writes = false;

		for (size_t name = 0; name < COUNT(names); name++) {
			assert_int_equal(
			    permission_to_see((enum keeper_role)role, bytes_text(names[name])),
			    strchr(expected[role][name], 'v') != NULL);
			writes |= strpbrk(expected[role][name], "gwrn") != NULL;
		}
		assert_int_equal(permission_to_write((enum keeper_role)role), writes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_role_may_what_is_written_and_nothing_else),
	    cmocka_unit_test(sha1_is_signed_only_where_old_formats_need_it),
	    cmocka_unit_test(keys_are_made_of_the_family_and_strength_allowed),
	    cmocka_unit_test(only_lsc_next_becomes_lsc),
	    cmocka_unit_test(a_signature_by_oaep_is_refused_to_all),
	    cmocka_unit_test(listing_and_writing_follow_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
