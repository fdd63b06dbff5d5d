/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/multipart/target.c - the first line is the boundary, the rest a body: parts lie inside it,
 * in order, and none holds its own delimiter at the start of a line's word.
 */
#include <stdlib.h>

#include "signalling/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes body = bytes_of(data, size), boundary;
	struct multipart multipart;
	struct why why = {""};

	if (!bytes_take_until(&body, '\n', &boundary))
		return 0;
	if (multipart_read(body, boundary, &multipart, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return 0;
	}
	expect(multipart.parts <= SIP_PARTS_MOST);
	for (size_t i = 0; i < multipart.parts; i++) {
		const struct multipart_part *part = &multipart.part[i];

		expect(bytes_within(part->content, body));
		expect(part->type.left > 0 && bytes_within(part->id, body));
		expect(bytes_within(part->disposition, body));
	}
	return 0;
}
