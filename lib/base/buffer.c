/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

void
buffer_init(struct buffer *buffer, size_t most)
{
	*buffer = (struct buffer){.most = most};
}

void
buffer_finish(struct buffer *buffer)
{
	free(buffer->at);
	buffer_init(buffer, buffer->most);
}

void
buffer_wipe(struct buffer *buffer)
{
	if (buffer->at != NULL)
		explicit_bzero(buffer->at, buffer->room);
	buffer_finish(buffer);
}

void
buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->spoilt = false;
}

void
buffer_consume(struct buffer *buffer, size_t count)
{
	if (count >= buffer->size) {
		buffer->size = 0;
		return;
	}
	memmove(buffer->at, buffer->at + count, buffer->size - count);
	buffer->size -= count;
}

/*
 * Room for need bytes in all, one more for the NUL of buffer_text_of(). The old memory is
 * wiped, so that a secret which made the buffer grow leaves no copy behind.
 */
static bool
grow(struct buffer *buffer, size_t need)
{
	size_t room = buffer->room > 0 ? buffer->room : FIRST_ROOM;
	uint8_t *at;

	if (need < buffer->room)
		return true;
	while (room <= need)
		room *= 2;
	if ((at = malloc(room)) == NULL)
		return false;
	if (buffer->at != NULL) {
		memcpy(at, buffer->at, buffer->size);
		explicit_bzero(buffer->at, buffer->room);
		free(buffer->at);
	}
	buffer->at = at;
	buffer->room = room;
	return true;
}

uint8_t *
buffer_extend(struct buffer *buffer, size_t count)
{
	uint8_t *at;

	if (buffer->spoilt || count > buffer->most - buffer->size ||
	    !grow(buffer, buffer->size + count)) {
		buffer->spoilt = true;
		return NULL;
	}
	at = buffer->at + buffer->size;
	buffer->size += count;
	return at;
}

static void
put_number(struct buffer *buffer, uint64_t value, size_t size)
{
	uint8_t *at = buffer_extend(buffer, size);

	if (at == NULL)
		return;
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

void
buffer_u8(struct buffer *buffer, uint8_t value)
{
	put_number(buffer, value, 1);
}

void
buffer_u16(struct buffer *buffer, uint16_t value)
{
	put_number(buffer, value, 2);
}

void
buffer_u32(struct buffer *buffer, uint32_t value)
{
	put_number(buffer, value, 4);
}

void
buffer_u64(struct buffer *buffer, uint64_t value)
{
	put_number(buffer, value, 8);
}

void
buffer_bytes(struct buffer *buffer, struct bytes bytes)
{
	uint8_t *at;

	if (bytes.left > 0 && (at = buffer_extend(buffer, bytes.left)) != NULL)
		memcpy(at, bytes.at, bytes.left);
}

void
buffer_text(struct buffer *buffer, const char *text)
{
	buffer_bytes(buffer, bytes_text(text));
}

void
buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	uint8_t *at;
	int size;

	va_start(arguments, format);
	va_copy(again, arguments);
	size = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (size < 0) {
		buffer->spoilt = true;
	} else if (size > 0 && (at = buffer_extend(buffer, (size_t)size)) != NULL) {
		/* grow() left one byte for the NUL that vsnprintf insists on. */
		vsnprintf((char *)at, (size_t)size + 1, format, again);
	}
	va_end(again);
}

void
buffer_sized(struct buffer *buffer, struct bytes value)
{
	if (value.left > UINT16_MAX) {
		buffer->spoilt = true;
		return;
	}
	buffer_u16(buffer, (uint16_t)value.left);
	buffer_bytes(buffer, value);
}

size_t
buffer_open_u16(struct buffer *buffer)
{
	buffer_u16(buffer, 0);
	return buffer->size;
}

void
buffer_close_u16(struct buffer *buffer, size_t mark)
{
	size_t count = buffer->size - mark;

	if (buffer->spoilt)
		return;
	if (count > UINT16_MAX) {
		buffer->spoilt = true;
		return;
	}
	buffer->at[mark - 2] = (uint8_t)(count >> 8);
	buffer->at[mark - 1] = (uint8_t)count;
}

bool
buffer_ok(const struct buffer *buffer)
{
	return !buffer->spoilt;
}

struct bytes
buffer_bytes_of(const struct buffer *buffer)
{
	return bytes_of(buffer->at, buffer->size);
}

const char *
buffer_text_of(struct buffer *buffer)
{
	if (buffer->spoilt || !grow(buffer, buffer->size))
		return "";
	buffer->at[buffer->size] = '\0';
	return (const char *)buffer->at;
}
