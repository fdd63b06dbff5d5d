/* SPDX-License-Identifier: Apache-2.0 */
/* tests/telephone/dhcp_lease_test.c - the file server out of a lease file. */
#include "telephone/dhcp_lease.h"

#include "tests.h"

static const struct {
	const char *says, *lease;
	unsigned option;
	const char *first;
	size_t count;
} good[] = {
    {"dhclient, option 66 as an address", "lease {\n  option tftp-server-name \"10.0.0.5\";\n}\n",
	66, "10.0.0.5", 1},
    {"dhclient, option 150 in octets", "lease {\n  option unknown-150 c0:a8:1:2;\n}\n", 150,
	"192.168.1.2", 1},
    {"dhclient, option 150 as addresses",
	"lease {\n  option tftp-server-address 10.0.0.1,10.0.0.2;\n}\n", 150, "10.0.0.1", 2},
    {"150 counts before 66",
	"lease {\n option tftp-server-name \"10.0.0.5\";\n option option-150 a:0:0:1;\n}\n", 150,
	"10.0.0.1", 1},
    {"the last lease counts",
	"lease {\n option option-150 a:0:0:1;\n}\nlease {\n option option-150 a:0:0:9;\n}\n", 150,
	"10.0.0.9", 1},
    {"networkd, option 150", "ADDRESS=10.0.0.7\nOPTION_150=0a0000010a000002\n", 150, "10.0.0.1", 2},
    {"networkd, option 66", "OPTION_66=31302e302e302e31\n", 66, "10.0.0.1", 1},
};

static void
the_server_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct dhcp_servers servers = {.count = 0};
		char text[ADDRESS_TEXT_SIZE];
		struct why why;

		assert_accepted(dhcp_lease_read(bytes_text(good[i].lease), &servers, &why), why);
		if (servers.option != good[i].option || servers.count != good[i].count ||
		    strcmp(address_host(&servers.servers[0], text), good[i].first) != 0)
			fail_msg("%s: option %u, %zu servers, %s", good[i].says, servers.option,
			    servers.count, text);
	}
}

static const struct {
	const char *lease;
	enum fault fault;
	const char *complaint;
} bad[] = {
    {"", FAULT_MISSING, "names no file server"},
    {"lease {\n option routers 10.0.0.1;\n}\n", FAULT_MISSING, "names no file server"},
    {"lease {\n option tftp-server-name \"files.example\";\n}\n", FAULT_UNEXPECTED, "is a name"},
    {"OPTION_150=0a0000\n", FAULT_MISSING, "names no file server"},
    {"lease {\n option option-150 zz:1;\n}\n", FAULT_MISSING, "names no file server"},
    {"lease {\n option option-150 a:0:0:1;\n}\nlease {\n}\n", FAULT_MISSING,
	"names no file server"},
};

static void
what_names_no_server_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct dhcp_servers servers;
		struct why why;

		assert_refused(dhcp_lease_read(bytes_text(bad[i].lease), &servers, &why),
		    bad[i].fault, why, bad[i].complaint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_server_is_found),
	    cmocka_unit_test(what_names_no_server_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
