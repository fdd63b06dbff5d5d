/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_receiver.h"

#include "provisioning/tftp_words.h"

void
tftp_receiver_init(
    struct tftp_receiver *receiver, const char *name, uint32_t block_size, size_t most)
{
	*receiver = (struct tftp_receiver){
	    .name = name,
	    .asked = {.has_block_size = true, .block_size = block_size, .has_size = true},
	    .block_size = TFTP_BLOCK_DEFAULT,
	    .wait_ms = TFTP_WAIT_MS,
	    .tries = 1,
	};
	buffer_init(&receiver->content, most);
}

void
tftp_receiver_finish(struct tftp_receiver *receiver)
{
	buffer_finish(&receiver->content);
}

void
tftp_receiver_packet(const struct tftp_receiver *receiver, struct buffer *packet)
{
	struct tftp_message message = {.opcode = TFTP_ACK, .block = (uint16_t)receiver->block};

	if (!receiver->answered)
		message = (struct tftp_message){
		    .opcode = TFTP_READ,
		    .name = bytes_text(receiver->name),
		    .options = receiver->asked,
		};
	tftp_message_write(&message, packet);
}

uint32_t
tftp_receiver_wait_ms(const struct tftp_receiver *receiver)
{
	return receiver->wait_ms;
}

/* Something new came: the outstanding packet is another one now. */
static void
progress(struct tftp_receiver *receiver)
{
	receiver->answered = true;
	receiver->tries = 1;
	receiver->wait_ms = TFTP_WAIT_MS;
}

static enum fault
too_large(const struct tftp_receiver *receiver, uint64_t size, struct why *why)
{
	return explain(why, FAULT_LIMIT, "%s has %llu bytes or more, at most %zu", receiver->name,
	    (unsigned long long)size, receiver->content.most);
}

static enum fault
take_options(struct tftp_receiver *receiver, const struct tftp_options *given, enum tftp_step *step,
    struct why *why)
{
	if (receiver->answered) {
		*step = receiver->block == 0 ? TFTP_SEND : TFTP_NOTHING;
		return FAULT_NONE;
	}
	if (given->has_timeout)
		return explain(why, FAULT_MALFORMED, "an option that was not asked for");
	if (given->has_block_size && given->block_size > receiver->asked.block_size)
		return explain(why, FAULT_MALFORMED, "blocks of %u bytes, %u were asked for",
		    given->block_size, receiver->asked.block_size);
	if (given->has_size && given->size > receiver->content.most)
		return too_large(receiver, given->size, why);
	if (given->has_block_size)
		receiver->block_size = given->block_size;
	progress(receiver);
	*step = TFTP_SEND;
	return FAULT_NONE;
}

static enum fault
take_data(struct tftp_receiver *receiver, const struct tftp_message *message, enum tftp_step *step,
    struct why *why)
{
	if (message->data.left > receiver->block_size)
		return explain(why, FAULT_MALFORMED, "a block of %zu bytes, not %u",
		    message->data.left, receiver->block_size);
	if (message->block != (uint16_t)(receiver->block + 1)) {
		/* The last one once more: our ACK was lost. Anything else is late. */
		*step = receiver->answered && message->block == (uint16_t)receiver->block &&
				receiver->block > 0
			    ? TFTP_SEND
			    : TFTP_NOTHING;
		return FAULT_NONE;
	}
	if (message->data.left > receiver->content.most - receiver->content.size)
		return too_large(receiver, receiver->content.size + message->data.left, why);
	buffer_bytes(&receiver->content, message->data);
	if (!buffer_ok(&receiver->content))
		return explain(why, FAULT_SYSTEM, "no memory for %s", receiver->name);
	receiver->block++;
	progress(receiver);
	*step = message->data.left < receiver->block_size ? TFTP_OVER : TFTP_SEND;
	return FAULT_NONE;
}

static enum fault
take_error(const struct tftp_message *message, struct why *why)
{
	char words[TFTP_WORDS_SIZE];
	enum fault fault = message->error == TFTP_ERROR_NOT_FOUND ? FAULT_MISSING
			   : message->error == TFTP_ERROR_ACCESS  ? FAULT_FORBIDDEN
								  : FAULT_UNEXPECTED;

	return explain(why, fault, "the server says error %u \"%s\"", message->error,
	    tftp_words(message->text, words));
}

enum fault
tftp_receiver_receive(
    struct tftp_receiver *receiver, struct bytes packet, enum tftp_step *step, struct why *why)
{
	struct tftp_message message;
	enum fault fault;

	*step = TFTP_NOTHING;
	if ((fault = tftp_message_read(packet, &message, why)))
		return fault;
	switch (message.opcode) {
	case TFTP_OPTIONS:
		return take_options(receiver, &message.options, step, why);
	case TFTP_DATA:
		return take_data(receiver, &message, step, why);
	case TFTP_ERROR:
		return take_error(&message, why);
	default:
		return explain(why, FAULT_MALFORMED, "not an answer to a read request");
	}
}

enum fault
tftp_receiver_silence(struct tftp_receiver *receiver, enum tftp_step *step, struct why *why)
{
	if (receiver->tries >= TFTP_TRIES)
		return explain(why, FAULT_TIMEOUT, "no answer, asked %u times", receiver->tries);
	receiver->tries++;
	receiver->wait_ms =
	    receiver->wait_ms > TFTP_WAIT_MOST_MS / 2 ? TFTP_WAIT_MOST_MS : receiver->wait_ms * 2;
	*step = TFTP_SEND;
	return FAULT_NONE;
}
