/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/device_name.h"

#include <string.h>

static bool
hex_capital(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

enum fault
device_name_read(struct bytes text, struct device_name *name, struct why *why)
{
	struct bytes digits = text, prefix;

	if (text.left != DEVICE_NAME_SIZE - 1 || !bytes_take(&digits, 3, &prefix) ||
	    !bytes_equal_text(prefix, "SEP"))
		return explain(why, FAULT_MALFORMED,
		    "a device name is SEP and the 12 capital hex digits of the MAC address");
	for (size_t i = 0; i < digits.left; i++)
		if (!hex_capital(digits.at[i]))
			return explain(why, FAULT_MALFORMED,
			    "'%c' in a device name; only 0-9 and A-F may follow SEP",
			    digits.at[i] >= ' ' && digits.at[i] < 127 ? digits.at[i] : '?');
	if (!bytes_copy_text(text, name->text, sizeof(name->text)))
		return explain(why, FAULT_MALFORMED, "a NUL in a device name");
	return FAULT_NONE;
}

enum fault
device_name_from_mac(struct bytes mac, struct device_name *name, struct why *why)
{
	char text[DEVICE_NAME_SIZE] = "SEP";
	size_t size = 3;

	for (size_t i = 0; i < mac.left; i++) {
		uint8_t c = mac.at[i];

		if (c == ':' || c == '-' || c == '.')
			continue;
		if (c >= 'a' && c <= 'f')
			c = (uint8_t)(c - 'a' + 'A');
		if (!hex_capital(c) || size == DEVICE_NAME_SIZE - 1)
			return explain(why, FAULT_MALFORMED,
			    "a MAC address has 12 hex digits, for example 0011:22AA:BBCC");
		text[size++] = (char)c;
	}
	if (size != DEVICE_NAME_SIZE - 1)
		return explain(
		    why, FAULT_MALFORMED, "a MAC address of %zu hex digits, not 12", size - 3);
	memcpy(name->text, text, sizeof(text));
	return FAULT_NONE;
}
