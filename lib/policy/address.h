/* SPDX-License-Identifier: Apache-2.0 */
/* lib/policy/address.h - an IP address and port, IPv4 or IPv6, as numbers and as text. */
#ifndef POLICY_ADDRESS_H
#define POLICY_ADDRESS_H

#include <sys/socket.h>

#include "base/bytes.h"
#include "base/fault.h"

enum { ADDRESS_TEXT_SIZE = 64 };

struct address {
	struct sockaddr_storage storage;
	socklen_t size;
};

/* host is a literal: "192.0.2.1", "2001:db8::1", with or without brackets. No name is looked up. */
enum fault address_read(
    struct bytes host, uint16_t port, struct address *address, struct why *why) MUST_CHECK;
/* "192.0.2.1:5061", "[2001:db8::1]:5061" */
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
/* Without the port, and without brackets. */
const char *address_host(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
uint16_t address_port(const struct address *address);
void address_set_port(struct address *address, uint16_t port);
bool address_equal(const struct address *a, const struct address *b);
bool address_same_host(const struct address *a, const struct address *b);
#endif
