/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/dhcp_lease/target.c - an accepted lease names between one and the most servers, each an
 * address that can be written down; a refused one changes nothing. */
#include "telephone/dhcp_lease.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp_servers servers, before;
	char text[ADDRESS_TEXT_SIZE];
	struct why why = {""};

	memset(&servers, 0xa5, sizeof(servers));
	before = servers;
	if (dhcp_lease_read(bytes_of(data, size), &servers, &why) != FAULT_NONE) {
		expect(memcmp(&servers, &before, sizeof(servers)) == 0 && why.text[0] != '\0');
		return 0;
	}
	expect(servers.count >= 1 && servers.count <= DHCP_SERVERS_MOST);
	expect(servers.option == 150 || servers.option == 66);
	for (size_t i = 0; i < servers.count; i++)
		expect(address_host(&servers.servers[i], text)[0] != '\0' &&
		       address_port(&servers.servers[i]) == 0);
	return 0;
}
