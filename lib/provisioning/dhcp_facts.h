/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/dhcp_facts.h - what DHCP told this machine about its file server: option 150
 * (addresses) and option 66 (a name or an address), out of the lease file that the machine's own
 * client keeps. No I/O.
 */
#ifndef PROVISIONING_DHCP_FACTS_H
#define PROVISIONING_DHCP_FACTS_H

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/address.h"

enum { DHCP_LEASE_MOST = 256 * 1024, DHCP_SERVERS_MOST = 4, DHCP_NAME_SIZE = 256 };

struct dhcp_facts {
	struct address servers[DHCP_SERVERS_MOST]; /* option 150, in order; port 0 */
	size_t server_count;
	char server_name[DHCP_NAME_SIZE]; /* option 66; "" not given */
};

/*
 * Reads a lease of dhclient (the last lease counts), of systemd-networkd (key=value, options as
 * OPTION_150= and OPTION_66= in hex), or what udhcpc gives its script (tftp=, opt150=, opt66=,
 * as env prints it). FAULT_MISSING: a lease, but neither option in it.
 */
enum fault dhcp_facts_read(
    struct bytes lease, struct dhcp_facts *facts, struct why *why) MUST_CHECK;
/* The file server: the first of option 150; else option 66 if it is an address. A name in option
 * 66 is left to the caller (FAULT_UNEXPECTED names it). */
enum fault dhcp_facts_file_server(
    const struct dhcp_facts *facts, struct address *server, struct why *why) MUST_CHECK;
#endif
