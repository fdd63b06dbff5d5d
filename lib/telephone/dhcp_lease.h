/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/dhcp_lease.h - the file server a DHCP client was told: option 150 (addresses),
 * else option 66 (a name that must be an address here), from the client's lease file.
 *
 * Two kinds of file are read: dhclient's leases ("option tftp-server-name", and option 150 under
 * any of the names option-150, unknown-150, tftp-server-address; the last lease counts), and
 * systemd-networkd's ("OPTION_150=0a000001", "OPTION_66=...", hexadecimal).
 */
#ifndef TELEPHONE_DHCP_LEASE_H
#define TELEPHONE_DHCP_LEASE_H

#include "base/fault.h"
#include "policy/address.h"

enum { DHCP_LEASE_MOST = 1024 * 1024, DHCP_SERVERS_MOST = 4 };

struct dhcp_servers {
	struct address servers[DHCP_SERVERS_MOST]; /* port 0 */
	size_t count;
	unsigned option; /* 150 or 66 */
};

/* FAULT_MISSING when neither option is there. */
enum fault dhcp_lease_read(
    struct bytes file, struct dhcp_servers *servers, struct why *why) MUST_CHECK;
#endif
