/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_sender.h"

#include "provisioning/tftp_words.h"

void
tftp_sender_init(struct tftp_sender *sender, const struct tftp_options *asked, struct bytes content)
{
	*sender = (struct tftp_sender){
	    .content = content,
	    .block_size = asked->has_block_size ? asked->block_size : TFTP_BLOCK_DEFAULT,
	    .answered = *asked,
	    .first_wait_ms = asked->has_timeout ? asked->timeout_s * 1000 : TFTP_WAIT_MS,
	    .tries = 1,
	};
	sender->wait_ms = sender->first_wait_ms;
	sender->answered.size = content.left;
	if (!asked->has_block_size && !asked->has_timeout && !asked->has_size)
		sender->block = 1;
}

bool
tftp_sender_last(const struct tftp_sender *sender)
{
	return sender->block > 0 && sender->block * sender->block_size > sender->content.left;
}

void
tftp_sender_packet(const struct tftp_sender *sender, struct buffer *packet)
{
	struct tftp_message message = {.opcode = TFTP_OPTIONS, .options = sender->answered};

	if (sender->block > 0)
		message = (struct tftp_message){
		    .opcode = TFTP_DATA,
		    .block = (uint16_t)sender->block,
		    .data = bytes_part(sender->content,
			(size_t)(sender->block - 1) * sender->block_size, sender->block_size),
		};
	tftp_message_write(&message, packet);
}

uint32_t
tftp_sender_wait_ms(const struct tftp_sender *sender)
{
	return sender->wait_ms;
}

static enum tftp_step
acknowledge(struct tftp_sender *sender, uint16_t block)
{
	if (block != (uint16_t)sender->block)
		return TFTP_NOTHING;
	if (tftp_sender_last(sender))
		return TFTP_OVER;
	sender->block++;
	sender->tries = 1;
	sender->wait_ms = sender->first_wait_ms;
	return TFTP_SEND;
}

enum fault
tftp_sender_receive(
    struct tftp_sender *sender, struct bytes packet, enum tftp_step *step, struct why *why)
{
	struct tftp_message message;
	char words[TFTP_WORDS_SIZE];
	struct why ignored;

	*step = TFTP_NOTHING;
	if (tftp_message_read(packet, &message, &ignored) != FAULT_NONE)
		return FAULT_NONE;
	if (message.opcode == TFTP_ERROR)
		return explain(why, FAULT_CLOSED, "the peer gave up at block %llu: error %u \"%s\"",
		    (unsigned long long)sender->block, message.error,
		    tftp_words(message.text, words));
	if (message.opcode == TFTP_ACK)
		*step = acknowledge(sender, message.block);
	return FAULT_NONE;
}

enum fault
tftp_sender_silence(struct tftp_sender *sender, enum tftp_step *step, struct why *why)
{
	uint32_t most =
	    sender->first_wait_ms > TFTP_WAIT_MOST_MS ? sender->first_wait_ms : TFTP_WAIT_MOST_MS;

	if (sender->tries >= TFTP_TRIES) {
		if (!tftp_sender_last(sender))
			return explain(why, FAULT_TIMEOUT, "no answer to block %llu, sent %u times",
			    (unsigned long long)sender->block, sender->tries);
		*step = TFTP_OVER;
		return FAULT_NONE;
	}
	sender->tries++;
	sender->wait_ms = sender->wait_ms > most / 2 ? most : sender->wait_ms * 2;
	*step = TFTP_SEND;
	return FAULT_NONE;
}
