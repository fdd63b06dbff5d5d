/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/bytes.h - a view of bytes someone else owns, and the one cursor that reads them.
 *
 * Every byte from outside is read through bytes_take_*(): each takes the whole of what it
 * was asked for, or nothing and returns false. Nobody else does arithmetic on pointers.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Never owns. An empty view may have at == NULL. */
struct bytes {
	const uint8_t *at;
	size_t left;
};

struct bytes bytes_of(const void *at, size_t size);
/* The characters of a C string, without its NUL; NULL gives the empty view. */
struct bytes bytes_text(const char *text);

bool bytes_take(struct bytes *from, size_t count, struct bytes *taken) MUST_CHECK;
bool bytes_take_u8(struct bytes *from, uint8_t *value) MUST_CHECK;
/* Big endian, as nearly every format here is. */
bool bytes_take_u16(struct bytes *from, uint16_t *value) MUST_CHECK;
bool bytes_take_u32(struct bytes *from, uint32_t *value) MUST_CHECK;
bool bytes_take_u64(struct bytes *from, uint64_t *value) MUST_CHECK;
/* { u16 length, value }, whole. */
bool bytes_take_sized(struct bytes *from, struct bytes *value) MUST_CHECK;
/* Up to the first stop, which is taken too but is not part of *taken. */
bool bytes_take_until(struct bytes *from, uint8_t stop, struct bytes *taken) MUST_CHECK;
/* All that is left; never fails. */
struct bytes bytes_take_rest(struct bytes *from);
/* Skips the longest run of characters that stand in set; returns how many. */
size_t bytes_skip_any(struct bytes *from, const char *set);

bool bytes_equal(struct bytes a, struct bytes b);
bool bytes_equal_text(struct bytes a, const char *text);
/* ASCII letters compare without case, as SIP and HTTP names do. */
bool bytes_equal_nocase(struct bytes a, struct bytes b);
bool bytes_equal_text_nocase(struct bytes a, const char *text);
/* Takes the same time whatever differs; for tags, passwords and proofs. */
bool bytes_equal_secret(struct bytes a, struct bytes b);
bool bytes_start_with(struct bytes view, struct bytes prefix);
/* Is inner wholly inside outer? The empty view is inside everything. */
bool bytes_within(struct bytes inner, struct bytes outer);
/* Where needle first stands in view; false when it does not. */
bool bytes_find(struct bytes view, struct bytes needle, size_t *offset);
/* The view without blanks (space, tab, CR, LF) at both ends. */
struct bytes bytes_trim(struct bytes view);
/* The part [offset, offset + count) of view, cut to what exists. */
struct bytes bytes_part(struct bytes view, size_t offset, size_t count);

/* The whole view as a decimal number, at most most; no sign, no blanks. */
bool bytes_decimal(struct bytes view, uint64_t most, uint64_t *value) MUST_CHECK;
/* Copies the view and a NUL into room bytes; false if it does not fit or holds a NUL. */
bool bytes_copy_text(struct bytes view, char *text, size_t room) MUST_CHECK;
#endif
