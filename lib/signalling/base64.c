/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int
value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
base64_read(struct bytes text, uint8_t *out, size_t room, size_t *size)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t count = 0, padding = 0;

	while (text.left > 0 && text.at[text.left - 1] == '=' && padding < 2) {
		text.left--;
		padding++;
	}
	if (text.left % 4 == 1 || (padding > 0 && (text.left + padding) % 4 != 0))
		return false;
	for (size_t i = 0; i < text.left; i++) {
		int value = value_of(text.at[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (count == room)
			return false;
		out[count++] = (uint8_t)(bits >> have);
		bits &= (1u << have) - 1;
	}
	if (bits != 0)
		return false;
	*size = count;
	return true;
}

void
base64_write(struct buffer *out, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.left; i += 3) {
		uint32_t bits = (uint32_t)bytes.at[i] << 16;

		if (i + 1 < bytes.left)
			bits |= (uint32_t)bytes.at[i + 1] << 8;
		if (i + 2 < bytes.left)
			bits |= bytes.at[i + 2];
		buffer_u8(out, (uint8_t)digits[bits >> 18]);
		buffer_u8(out, (uint8_t)digits[bits >> 12 & 63]);
		buffer_u8(out, (uint8_t)(i + 1 < bytes.left ? digits[bits >> 6 & 63] : '='));
		buffer_u8(out, (uint8_t)(i + 2 < bytes.left ? digits[bits & 63] : '='));
	}
}
