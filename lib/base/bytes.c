/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <string.h>

struct bytes
bytes_of(const void *at, size_t size)
{
	return (struct bytes){at, size};
}

struct bytes
bytes_text(const char *text)
{
	return text != NULL ? bytes_of(text, strlen(text)) : bytes_of(NULL, 0);
}

bool
bytes_take(struct bytes *from, size_t count, struct bytes *taken)
{
	if (count > from->left)
		return false;
	*taken = (struct bytes){from->at, count};
	if (count > 0)
		from->at += count;
	from->left -= count;
	return true;
}

/* Big endian number of size bytes, at most eight. */
static bool
take_number(struct bytes *from, size_t size, uint64_t *value)
{
	struct bytes taken;

	if (!bytes_take(from, size, &taken))
		return false;
	*value = 0;
	for (size_t i = 0; i < size; i++)
		*value = *value << 8 | taken.at[i];
	return true;
}

bool
bytes_take_u8(struct bytes *from, uint8_t *value)
{
	uint64_t number;

	if (!take_number(from, 1, &number))
		return false;
	*value = (uint8_t)number;
	return true;
}

bool
bytes_take_u16(struct bytes *from, uint16_t *value)
{
	uint64_t number;

	if (!take_number(from, 2, &number))
		return false;
	*value = (uint16_t)number;
	return true;
}

bool
bytes_take_u32(struct bytes *from, uint32_t *value)
{
	uint64_t number;

	if (!take_number(from, 4, &number))
		return false;
	*value = (uint32_t)number;
	return true;
}

bool
bytes_take_u64(struct bytes *from, uint64_t *value)
{
	return take_number(from, 8, value);
}

bool
bytes_take_sized(struct bytes *from, struct bytes *value)
{
	struct bytes trying = *from;
	uint16_t size;

	if (!bytes_take_u16(&trying, &size) || !bytes_take(&trying, size, value))
		return false;
	*from = trying;
	return true;
}

bool
bytes_take_until(struct bytes *from, uint8_t stop, struct bytes *taken)
{
	const uint8_t *found;
	struct bytes ignored;

	if (from->left == 0 || (found = memchr(from->at, stop, from->left)) == NULL)
		return false;
	return bytes_take(from, (size_t)(found - from->at), taken) && bytes_take(from, 1, &ignored);
}

struct bytes
bytes_take_rest(struct bytes *from)
{
	struct bytes rest = *from;

	*from = bytes_of(NULL, 0);
	return rest;
}

size_t
bytes_skip_any(struct bytes *from, const char *set)
{
	size_t size = strlen(set), count = 0;

	while (count < from->left && memchr(set, from->at[count], size) != NULL)
		count++;
	*from = bytes_part(*from, count, from->left - count);
	return count;
}

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.left == b.left && (a.left == 0 || memcmp(a.at, b.at, a.left) == 0);
}

bool
bytes_equal_text(struct bytes a, const char *text)
{
	return bytes_equal(a, bytes_text(text));
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

bool
bytes_equal_nocase(struct bytes a, struct bytes b)
{
	if (a.left != b.left)
		return false;
	for (size_t i = 0; i < a.left; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool
bytes_equal_text_nocase(struct bytes a, const char *text)
{
	return bytes_equal_nocase(a, bytes_text(text));
}

bool
bytes_equal_secret(struct bytes a, struct bytes b)
{
	volatile uint8_t differs = 0;

	if (a.left != b.left)
		return false;
	for (size_t i = 0; i < a.left; i++)
		differs |= a.at[i] ^ b.at[i];
	return differs == 0;
}

bool
bytes_start_with(struct bytes view, struct bytes prefix)
{
	return view.left >= prefix.left && bytes_equal(bytes_part(view, 0, prefix.left), prefix);
}

bool
bytes_within(struct bytes inner, struct bytes outer)
{
	uintptr_t first = (uintptr_t)outer.at, start = (uintptr_t)inner.at;

	if (inner.left == 0)
		return true;
	return start >= first && inner.left <= outer.left &&
	       start - first <= outer.left - inner.left;
}

bool
bytes_find(struct bytes view, struct bytes needle, size_t *offset)
{
	const uint8_t *found;

	if (needle.left == 0) {
		*offset = 0;
		return true;
	}
	if (view.left < needle.left)
		return false;
	found = memmem(view.at, view.left, needle.at, needle.left);
	if (found == NULL)
		return false;
	*offset = (size_t)(found - view.at);
	return true;
}

static bool
blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes
bytes_trim(struct bytes view)
{
	size_t first = 0, last = view.left;

	while (first < last && blank(view.at[first]))
		first++;
	while (last > first && blank(view.at[last - 1]))
		last--;
	return bytes_part(view, first, last - first);
}

struct bytes
bytes_part(struct bytes view, size_t offset, size_t count)
{
	if (offset >= view.left)
		return bytes_of(NULL, 0);
	if (count > view.left - offset)
		count = view.left - offset;
	return bytes_of(view.at + offset, count);
}

bool
bytes_decimal(struct bytes view, uint64_t most, uint64_t *value)
{
	uint64_t number = 0;

	if (view.left == 0)
		return false;
	for (size_t i = 0; i < view.left; i++) {
		uint8_t digit = (uint8_t)(view.at[i] - '0');

		if (digit > 9 || number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
		if (number > most)
			return false;
	}
	*value = number;
	return true;
}

bool
bytes_copy_text(struct bytes view, char *text, size_t room)
{
	if (view.left >= room || (view.left > 0 && memchr(view.at, 0, view.left) != NULL))
		return false;
	if (view.left > 0)
		memcpy(text, view.at, view.left);
	text[view.left] = '\0';
	return true;
}
