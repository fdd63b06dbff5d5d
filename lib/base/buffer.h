/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/buffer.h - bytes we are writing: grows on demand, never past a stated most.
 *
 * Writing never returns an error: a buffer that ran out of room (or memory) is spoilt,
 * ignores all further writes, and buffer_ok() says so once, at the end.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
	uint8_t *at;
	size_t size; /* written so far */
	size_t room; /* allocated */
	size_t most; /* hard limit on size */
	bool spoilt;
};

void buffer_init(struct buffer *buffer, size_t most);
/* Frees; the buffer is as after buffer_init(). */
void buffer_finish(struct buffer *buffer);
/* Overwrites what was written with zeros, then frees. For secrets. */
void buffer_wipe(struct buffer *buffer);
/* Forgets the content, keeps the memory. */
void buffer_clear(struct buffer *buffer);
/* Drops the first count bytes (all, if there are fewer). */
void buffer_consume(struct buffer *buffer, size_t count);

void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_u16(struct buffer *buffer, uint16_t value); /* big endian, as the rest */
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);
void buffer_bytes(struct buffer *buffer, struct bytes bytes);
void buffer_text(struct buffer *buffer, const char *text); /* without the NUL */
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* { u16 length, value }. Spoils the buffer if the value is over 65,535 bytes. */
void buffer_sized(struct buffer *buffer, struct bytes value);
/* Leaves two bytes for a length that is not known yet; returns the mark for the call below. */
size_t buffer_open_u16(struct buffer *buffer);
/* Fills the mark with the count of bytes written since it. */
void buffer_close_u16(struct buffer *buffer, size_t mark);
/* Room to write count bytes by hand, or NULL (and spoilt). Counts as written at once. */
uint8_t *buffer_extend(struct buffer *buffer, size_t count) MUST_CHECK;

bool buffer_ok(const struct buffer *buffer) MUST_CHECK;
/* Valid until the next write. */
struct bytes buffer_bytes_of(const struct buffer *buffer);
/* What is written as a C string (a NUL stands behind it, uncounted); "" if spoilt. */
const char *buffer_text_of(struct buffer *buffer);
#endif
