/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum fault
address_read(struct bytes host, uint16_t port, struct address *address, struct why *why)
{
	struct address read = {0};
	struct sockaddr_in *four = (struct sockaddr_in *)&read.storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&read.storage;
	char text[INET6_ADDRSTRLEN];

	if (host.left >= 2 && host.at[0] == '[' && host.at[host.left - 1] == ']')
		host = bytes_part(host, 1, host.left - 2);
	if (!bytes_copy_text(host, text, sizeof(text)))
		return explain(why, FAULT_MALFORMED, "not an IP address");
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(port);
		read.size = sizeof(*four);
	} else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		read.size = sizeof(*six);
	} else {
		return explain(why, FAULT_MALFORMED, "'%s' is not an IP address", text);
	}
	*address = read;
	return FAULT_NONE;
}

const char *
address_host(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;
	const char *written = NULL;

	if (address->storage.ss_family == AF_INET)
		written = inet_ntop(AF_INET, &four->sin_addr, text, ADDRESS_TEXT_SIZE);
	else if (address->storage.ss_family == AF_INET6)
		written = inet_ntop(AF_INET6, &six->sin6_addr, text, ADDRESS_TEXT_SIZE);
	if (written == NULL)
		snprintf(text, ADDRESS_TEXT_SIZE, "unknown");
	return text;
}

const char *
address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	char host[ADDRESS_TEXT_SIZE];

	address_host(address, host);
	snprintf(text, ADDRESS_TEXT_SIZE,
	    address->storage.ss_family == AF_INET6 ? "[%.48s]:%u" : "%.48s:%u", host,
	    (unsigned)address_port(address));
	return text;
}

/* The port stands at the same place in both families. */
static in_port_t *
port_of(struct address *address)
{
	return address->storage.ss_family == AF_INET6
		   ? &((struct sockaddr_in6 *)&address->storage)->sin6_port
		   : &((struct sockaddr_in *)&address->storage)->sin_port;
}

uint16_t
address_port(const struct address *address)
{
	struct address copy = *address;

	return ntohs(*port_of(&copy));
}

void
address_set_port(struct address *address, uint16_t port)
{
	*port_of(address) = htons(port);
}

bool
address_same_host(const struct address *a, const struct address *b)
{
	char left[ADDRESS_TEXT_SIZE], right[ADDRESS_TEXT_SIZE];

	return a->storage.ss_family == b->storage.ss_family &&
	       strcmp(address_host(a, left), address_host(b, right)) == 0;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return address_same_host(a, b) && address_port(a) == address_port(b);
}
