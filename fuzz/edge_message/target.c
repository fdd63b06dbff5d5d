/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/edge_message/target.c - items lie inside their packet, and what was read is written back
 * as the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "signalling/edge_message.h"

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
	struct bytes packet = bytes_of(data, size), before;
	struct edge_item item;
	struct buffer written;
	struct why why = {""};

	while (packet.left > 0) {
		memset(&item, 0, sizeof(item));
		before = packet;
		if (edge_item_read(&packet, &item, &why) != FAULT_NONE) {
			expect(why.text[0] != '\0' && packet.left == before.left);
			break;
		}
		expect(bytes_within(item.bytes, before) &&
		       bytes_within(item.facts.certificate, before));
		buffer_init(&written, EDGE_BATCH_MOST);
		expect(edge_item_write(&written, &item, &why) == FAULT_NONE);
		expect(bytes_equal(
		    buffer_bytes_of(&written), bytes_part(before, 0, before.left - packet.left)));
		buffer_finish(&written);
	}
	return 0;
}
