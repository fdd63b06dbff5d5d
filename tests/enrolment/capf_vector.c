/* SPDX-License-Identifier: Apache-2.0 */
#include "capf_vector.h"

#include <stdio.h>

#include "storage/storage.h"
#include "tests.h"

static void
load_line(struct vector_session *session, struct bytes line)
{
	struct vector_message *message = &session->messages[session->count];
	struct bytes direction, size_text, ignored;
	uint64_t size;
	unsigned byte;

	message->from_server = bytes_start_with(line, bytes_text("S->P"));
	if (!bytes_take_until(&line, ' ', &direction) ||
	    !bytes_take_until(&line, ' ', &size_text) || !bytes_decimal(size_text, 65535, &size))
		return; /* "EOF" */
	assert_int_equal(line.left, 2 * size);
	assert_true(session->count < VECTOR_MESSAGES_MOST);
	buffer_init(&message->bytes, size);
	while (line.left > 0) {
		assert_int_equal(sscanf((const char *)line.at, "%2x", &byte), 1);
		buffer_u8(&message->bytes, (uint8_t)byte);
		assert_true(bytes_take(&line, 2, &ignored));
	}
	session->count++;
}

void
vector_load(struct vector_session sessions[VECTOR_SESSIONS])
{
	struct content file;
	struct bytes text, line;
	size_t session = 0;
	struct why why;

	memset(sessions, 0, VECTOR_SESSIONS * sizeof(*sessions));
	assert_accepted(
	    storage_read(TEST_DATA "/capf/capf-sessions.hex", 1 << 20, &file, &why), why);
	text = content_bytes(&file);
	while (bytes_take_until(&text, '\n', &line)) {
		if (bytes_start_with(line, bytes_text("---")))
			session++;
		else
			load_line(&sessions[session - 1], line);
	}
	assert_int_equal(session, VECTOR_SESSIONS);
	content_free(&file);
}

void
vector_free(struct vector_session sessions[VECTOR_SESSIONS])
{
	for (size_t i = 0; i < VECTOR_SESSIONS; i++)
		for (size_t j = 0; j < sessions[i].count; j++)
			buffer_finish(&sessions[i].messages[j].bytes);
}
