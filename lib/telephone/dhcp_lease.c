/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/dhcp_lease.c - two kinds of lease file, one line at a time. */
#include "telephone/dhcp_lease.h"

#include <string.h>

/* Both options as they are found; 150 wins in the end. */
struct found {
	struct dhcp_servers by_address; /* option 150 */
	struct dhcp_servers by_name;    /* option 66, if it is an address */
	bool a_name;                    /* option 66 is a name nobody has looked up */
};

static void
add_server(struct dhcp_servers *servers, const struct address *address)
{
	if (servers->count < DHCP_SERVERS_MOST)
		servers->servers[servers->count++] = *address;
}

static bool
add_text(struct dhcp_servers *servers, struct bytes text)
{
	struct address address;

	if (address_read(bytes_trim(text), 0, &address, NULL) != FAULT_NONE)
		return false;
	add_server(servers, &address);
	return true;
}

static bool
add_four(struct dhcp_servers *servers, const uint8_t octets[4])
{
	struct address address;
	char text[ADDRESS_TEXT_SIZE];
	struct bytes view;
	size_t size = 0;

	for (int i = 0; i < 4; i++) {
		unsigned octet = octets[i];

		if (octet >= 100)
			text[size++] = (char)('0' + octet / 100);
		if (octet >= 10)
			text[size++] = (char)('0' + octet / 10 % 10);
		text[size++] = (char)('0' + octet % 10);
		text[size++] = '.';
	}
	view = bytes_of(text, size - 1);
	if (address_read(view, 0, &address, NULL) != FAULT_NONE)
		return false;
	add_server(servers, &address);
	return true;
}

static int
hex_digit(uint8_t letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* "c0:a8:1:1" or "c0a80101": the octets, or 0 when it is no such row. */
static size_t
take_octets(struct bytes text, uint8_t *octets, size_t room)
{
	size_t count = 0;
	uint8_t letter, second;

	while (count < room && bytes_take_u8(&text, &letter)) {
		int value = hex_digit(letter);

		if (value < 0)
			return 0;
		if (text.left > 0 && hex_digit(text.at[0]) >= 0 && bytes_take_u8(&text, &second))
			value = value * 16 + hex_digit(second);
		octets[count++] = (uint8_t)value;
		if (text.left > 0 && text.at[0] == ':' && !bytes_take_u8(&text, &letter))
			return 0;
	}
	return text.left == 0 ? count : 0;
}

static void
take_hex_addresses(struct dhcp_servers *servers, struct bytes text)
{
	uint8_t octets[4 * DHCP_SERVERS_MOST];
	size_t count = take_octets(text, octets, sizeof(octets));

	for (size_t i = 0; count % 4 == 0 && i < count; i += 4)
		if (!add_four(servers, octets + i))
			return;
}

/* Option 150 as dhclient writes it: addresses with commas, or octets with colons. */
static void
take_addresses(struct dhcp_servers *servers, struct bytes text)
{
	struct bytes one;

	servers->count = 0;
	if (!bytes_find(text, bytes_text("."), &(size_t){0})) {
		take_hex_addresses(servers, bytes_trim(text));
		return;
	}
	while (text.left > 0) {
		if (!bytes_take_until(&text, ',', &one))
			one = bytes_take_rest(&text);
		if (!add_text(servers, one))
			return;
	}
}

static void
take_name(struct found *found, struct bytes text)
{
	found->by_name.count = 0;
	text = bytes_trim(text);
	if (text.left >= 2 && text.at[0] == '"' && text.at[text.left - 1] == '"')
		text = bytes_part(text, 1, text.left - 2);
	found->a_name = text.left > 0 && !add_text(&found->by_name, text);
}

static bool
begins(struct bytes *line, const char *words)
{
	struct bytes start = bytes_text(words), taken;

	return bytes_start_with(*line, start) && bytes_take(line, start.left, &taken);
}

/* OPTION_66=31302e302e302e31 is the text in hexadecimal. */
static void
take_hex_name(struct found *found, struct bytes text)
{
	uint8_t letters[ADDRESS_TEXT_SIZE];
	size_t count = take_octets(bytes_trim(text), letters, sizeof(letters));

	take_name(found, bytes_of(letters, count));
}

static void
take_line(struct found *found, struct bytes line)
{
	static const char *const addresses[] = {"option option-150 ", "option unknown-150 ",
	    "option tftp-server-address ", "option cisco-tftp "};

	line = bytes_trim(line);
	if (line.left > 0 && line.at[line.left - 1] == ';')
		line = bytes_part(line, 0, line.left - 1);
	/* A new lease: what an older one said counts no more. */
	if (begins(&line, "lease {"))
		memset(found, 0, sizeof(*found));
	else if (begins(&line, "option tftp-server-name "))
		take_name(found, line);
	else if (begins(&line, "OPTION_66="))
		take_hex_name(found, line);
	else if (begins(&line, "OPTION_150=")) {
		found->by_address.count = 0;
		take_hex_addresses(&found->by_address, bytes_trim(line));
	}
	for (size_t i = 0; i < COUNT(addresses); i++)
		if (begins(&line, addresses[i]))
			take_addresses(&found->by_address, line);
}

enum fault
dhcp_lease_read(struct bytes file, struct dhcp_servers *servers, struct why *why)
{
	struct found found = {0};
	struct bytes line;

	if (file.left > DHCP_LEASE_MOST)
		return explain(why, FAULT_LIMIT, "a lease file of %zu bytes", file.left);
	while (file.left > 0) {
		if (!bytes_take_until(&file, '\n', &line))
			line = bytes_take_rest(&file);
		take_line(&found, line);
	}
	if (found.by_address.count > 0) {
		*servers = found.by_address;
		servers->option = 150;
		return FAULT_NONE;
	}
	if (found.by_name.count > 0) {
		*servers = found.by_name;
		servers->option = 66;
		return FAULT_NONE;
	}
	if (found.a_name)
		return explain(
		    why, FAULT_UNEXPECTED, "option 66 is a name; only an address can be used here");
	return explain(why, FAULT_MISSING, "the lease names no file server (option 150 or 66)");
}
