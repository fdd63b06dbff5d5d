/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/tftp/target.c - what is read lies inside the packet and is read the same when written
 * again; neither end of a transfer sends or keeps more than it may, whatever it hears.
 *
 * The input is a row of packets, each headed by its length in two bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "provisioning/tftp_receiver.h"
#include "provisioning/tftp_sender.h"

enum { CONTENT = 3000, MOST = 2000, BLOCK = 700 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check_message(struct bytes packet, struct buffer *again)
{
	struct tftp_message message, second;
	struct why why = {""};

	if (tftp_message_read(packet, &message, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return;
	}
	expect(bytes_within(message.name, packet) && bytes_within(message.data, packet) &&
	       bytes_within(message.text, packet));
	expect(
	    !message.options.has_block_size || (message.options.block_size >= TFTP_BLOCK_LEAST &&
						   message.options.block_size <= TFTP_BLOCK_MOST));
	buffer_clear(again);
	tftp_message_write(&message, again);
	expect(buffer_ok(again));
	expect(tftp_message_read(buffer_bytes_of(again), &second, &why) == FAULT_NONE);
	expect(second.opcode == message.opcode && second.block == message.block &&
	       second.error == message.error && bytes_equal(second.name, message.name) &&
	       bytes_equal(second.data, message.data));
}

static void
check_packet_out(const struct tftp_sender *sender, struct buffer *packet)
{
	buffer_clear(packet);
	tftp_sender_packet(sender, packet);
	expect(buffer_ok(packet) && packet->size <= TFTP_HEADER + sender->block_size + 60);
	expect(sender->block <= CONTENT / sender->block_size + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t content[CONTENT];
	struct bytes input = {data, size}, packet;
	struct tftp_options asked = {.has_block_size = true, .block_size = 64};
	bool sending = true, receiving = true;
	struct tftp_receiver receiver;
	struct tftp_sender sender;
	struct buffer scratch;
	enum tftp_step step;
	struct why why;

	buffer_init(&scratch, TFTP_PACKET_MOST + 64);
	tftp_receiver_init(&receiver, "file", BLOCK, MOST);
	tftp_sender_init(&sender, &asked, bytes_of(content, sizeof(content)));
	while (bytes_take_sized(&input, &packet)) {
		check_message(packet, &scratch);
		if (sending)
			sending = tftp_sender_receive(&sender, packet, &step, &why) == FAULT_NONE &&
				  step != TFTP_OVER;
		if (receiving)
			receiving =
			    tftp_receiver_receive(&receiver, packet, &step, &why) == FAULT_NONE &&
			    step != TFTP_OVER;
		check_packet_out(&sender, &scratch);
		expect(receiver.content.size <= MOST && receiver.block_size <= BLOCK);
	}
	tftp_receiver_finish(&receiver);
	buffer_finish(&scratch);
	return 0;
}
