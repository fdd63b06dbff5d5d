/* SPDX-License-Identifier: Apache-2.0 */
/* tests/directory/site_test.c - site.json is read whole, or refused with a sentence. */
#include "directory/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

static void
what_was_written_is_read_again(void **state)
{
	char folder[] = "/tmp/ringfence-site-XXXXXX", path[64];
	struct site site, read;
	struct why why;

	(void)state;
	assert_non_null(mkdtemp(folder));
	site_init(&site);
	snprintf(site.name, sizeof(site.name), "Head office");
	snprintf(site.address, sizeof(site.address), "127.0.0.9");
	assert_accepted(site_set_ports(&site, 20000, &why), why);
	site.ctl = SITE_CTL_TOKENS;
	site.mixed = false;
	site.edges = 2;
	site.aes_256_only = true;
	assert_accepted(site_write(folder, &site, &why), why);
	assert_accepted(site_read(folder, &read, &why), why);
	assert_string_equal(read.name, "Head office");
	assert_string_equal(read.address, "127.0.0.9");
	assert_int_equal(read.port[SITE_SIP], 20000);
	assert_int_equal(read.port[SITE_SIP_OAUTH_EDGE], 20009);
	assert_int_equal(read.ctl, SITE_CTL_TOKENS);
	assert_false(read.mixed);
	assert_int_equal(read.edges, 2);
	assert_true(read.aes_256_only);
	snprintf(path, sizeof(path), "%s/site.json", folder);
	unlink(path);
	assert_refused(site_read(folder, &read, &why), FAULT_MISSING, why, "site.json");
	rmdir(folder);
}

static void
what_is_odd_is_refused_in_words(void **state)
{
	static const char form[] = "{\"name\":\"x\",\"address\":\"%s\",\"host\":\"x\","
				   "\"ctl\":\"recovery\",\"mixed\":true,\"edges\":1,"
				   "\"ports\":{%s}}%s";
	static const struct {
		const char *address, *ports, *tail, *words; /* NULL: accepted */
	} cases[] = {
	    {"127.0.0.1", "", "", NULL},
	    {"127.0.0.1", "\"sip\":15060", "", NULL},
	    {"::1", "", "", NULL},
	    {"127.0.0.1", "\"sip\":5061", "", "ports sip and sip_tls are both 5061"},
	    {"127.0.0.1", "\"sip\":0", "", "port sip is not a number from 1 to 65535"},
	    {"127.0.0.1", "\"sip\":65536", "", "port sip is not a number from 1 to 65535"},
	    {"127.0.0.1", "\"sip\":\"5060\"", "", "port sip is not a number"},
	    {"127.0.0.1", "\"telnet\":23", "", "unknown port \"telnet\""},
	    {"127.0.0.1", "\"sip\":1,\"sip\":2", "", "duplicate"},
	    {"office", "", "", "address of the site"},
	    {"127.0.0.1", "", "x", "site.json: line "},
	    {"127.0.0.1", "},\"more\":{", "", "site.json: "},
	    {"127.0.0.1", "},\"aes_256_only\":{", "", "site.json: "},
	};
	char json[512];
	struct site site;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum fault fault;

		snprintf(json, sizeof(json), form, cases[i].address, cases[i].ports, cases[i].tail);
		fault = site_parse(bytes_text(json), &site, &why);
		if (cases[i].words == NULL) {
			assert_accepted(fault, why);
			continue;
		}
		assert_int_not_equal(fault, FAULT_NONE);
		if (strstr(why.text, cases[i].words) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", why.text, cases[i].words);
	}
	assert_refused(site_parse(bytes_text(""), &site, &why), FAULT_MALFORMED, why, "site.json");
	assert_refused(
	    site_parse(bytes_text("[]"), &site, &why), FAULT_MALFORMED, why, "site.json");
}

static void
names_that_would_break_other_formats_are_refused(void **state)
{
	static const char *const names[] = {"", "a\"b", "a<b", "a;b", "a\nb"};
	struct site site;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		site_init(&site);
		snprintf(site.name, sizeof(site.name), "%s", names[i]);
		assert_refused(site_check(&site, &why), FAULT_FORBIDDEN, why, "site name");
	}
	site_init(&site);
	assert_refused(
	    site_set_ports(&site, 65530, &why), FAULT_FORBIDDEN, why, "no room for 10 ports");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_written_is_read_again),
	    cmocka_unit_test(what_is_odd_is_refused_in_words),
	    cmocka_unit_test(names_that_would_break_other_formats_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
