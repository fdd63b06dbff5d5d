/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_message.h"

/* The options we know. A size of 0 in a request asks for it. */
enum option { OPTION_BLOCK_SIZE, OPTION_TIMEOUT, OPTION_SIZE, OPTION_COUNT };

static const struct {
	const char *name;
	uint64_t least, most;
	bool capped; /* a larger value means the most (we answer with less, RFC 2348) */
} options[OPTION_COUNT] = {
    [OPTION_BLOCK_SIZE] = {"blksize", TFTP_BLOCK_LEAST, TFTP_BLOCK_MOST, true},
    [OPTION_TIMEOUT] = {"timeout", 1, TFTP_TIMEOUT_MOST, false},
    [OPTION_SIZE] = {"tsize", 0, UINT32_MAX, false},
};

static bool
option_given(const struct tftp_options *given, enum option option, uint64_t *value)
{
	switch (option) {
	case OPTION_BLOCK_SIZE:
		*value = given->block_size;
		return given->has_block_size;
	case OPTION_TIMEOUT:
		*value = given->timeout_s;
		return given->has_timeout;
	default:
		*value = given->size;
		return given->has_size;
	}
}

static void
option_set(struct tftp_options *given, enum option option, uint64_t value)
{
	switch (option) {
	case OPTION_BLOCK_SIZE:
		given->has_block_size = true;
		given->block_size = (uint32_t)value;
		break;
	case OPTION_TIMEOUT:
		given->has_timeout = true;
		given->timeout_s = (uint32_t)value;
		break;
	default:
		given->has_size = true;
		given->size = value;
	}
}

static enum fault
take_option(
    struct bytes name, struct bytes value, bool answer, struct tftp_options *given, struct why *why)
{
	uint64_t number, before;

	for (enum option i = 0; i < OPTION_COUNT; i++) {
		if (!bytes_equal_text_nocase(name, options[i].name))
			continue;
		if (option_given(given, i, &before))
			return explain(
			    why, FAULT_MALFORMED, "option %s given twice", options[i].name);
		if (!bytes_decimal(value, UINT64_MAX, &number) || number < options[i].least ||
		    (number > options[i].most && (answer || !options[i].capped))) {
			if (!answer)
				return FAULT_NONE;
			return explain(
			    why, FAULT_MALFORMED, "option %s out of range", options[i].name);
		}
		option_set(given, i, number > options[i].most ? options[i].most : number);
		return FAULT_NONE;
	}
	if (answer)
		return explain(why, FAULT_MALFORMED, "an option that was not asked for");
	return FAULT_NONE;
}

static enum fault
take_options(struct bytes *from, bool answer, struct tftp_options *given, struct why *why)
{
	struct bytes name, value;
	unsigned count = 0;
	enum fault fault;

	while (from->left > 0) {
		if (!bytes_take_until(from, 0, &name) || !bytes_take_until(from, 0, &value))
			return explain(why, FAULT_MALFORMED, "option cut short");
		if (++count > TFTP_OPTIONS_MOST)
			return explain(why, FAULT_LIMIT, "more than %d options", TFTP_OPTIONS_MOST);
		if ((fault = take_option(name, value, answer, given, why)))
			return fault;
	}
	return FAULT_NONE;
}

static enum fault
take_request(struct bytes *from, struct tftp_message *message, struct why *why)
{
	struct bytes mode;

	if (!bytes_take_until(from, 0, &message->name) || !bytes_take_until(from, 0, &mode))
		return explain(why, FAULT_MALFORMED, "request cut short");
	if (message->name.left == 0)
		return explain(why, FAULT_MALFORMED, "request without a file name");
	if (message->name.left > TFTP_NAME_MOST)
		return explain(why, FAULT_LIMIT, "file name of %zu characters, at most %d",
		    message->name.left, TFTP_NAME_MOST);
	message->netascii = bytes_equal_text_nocase(mode, "netascii");
	if (!message->netascii && !bytes_equal_text_nocase(mode, "octet"))
		return explain(why, FAULT_MALFORMED, "transfer mode is neither octet nor netascii");
	return take_options(from, false, &message->options, why);
}

static enum fault
take_error(struct bytes *from, struct tftp_message *message, struct why *why)
{
	if (!bytes_take_u16(from, &message->error))
		return explain(why, FAULT_MALFORMED, "error cut short");
	/* Some peers leave the last NUL out; the words are for people only. */
	if (!bytes_take_until(from, 0, &message->text))
		message->text = bytes_take_rest(from);
	return FAULT_NONE;
}

static enum fault
take_block(struct bytes *from, struct tftp_message *message, struct why *why)
{
	if (!bytes_take_u16(from, &message->block))
		return explain(why, FAULT_MALFORMED, "block number cut short");
	if (message->opcode == TFTP_DATA)
		message->data = bytes_take_rest(from);
	else if (from->left > 0)
		return explain(why, FAULT_MALFORMED, "%zu bytes behind an ACK", from->left);
	return FAULT_NONE;
}

enum fault
tftp_message_read(struct bytes packet, struct tftp_message *message, struct why *why)
{
	struct tftp_message read = {0};
	size_t size = packet.left;
	uint16_t opcode;
	enum fault fault;

	if (!bytes_take_u16(&packet, &opcode))
		return explain(why, FAULT_MALFORMED, "packet of %zu bytes", size);
	read.opcode = opcode;
	switch (opcode) {
	case TFTP_READ:
	case TFTP_WRITE:
	case TFTP_OPTIONS:
		if (size > TFTP_REQUEST_MOST)
			return explain(why, FAULT_LIMIT, "request of %zu bytes, at most %d", size,
			    TFTP_REQUEST_MOST);
		fault = opcode == TFTP_OPTIONS ? take_options(&packet, true, &read.options, why)
					       : take_request(&packet, &read, why);
		break;
	case TFTP_DATA:
	case TFTP_ACK:
		fault = take_block(&packet, &read, why);
		break;
	case TFTP_ERROR:
		fault = take_error(&packet, &read, why);
		break;
	default:
		fault = explain(why, FAULT_MALFORMED, "unknown operation %u", opcode);
	}
	if (fault == FAULT_NONE)
		*message = read;
	return fault;
}

static void
write_options(const struct tftp_options *given, struct buffer *packet)
{
	uint64_t value;

	for (enum option i = 0; i < OPTION_COUNT; i++) {
		if (!option_given(given, i, &value))
			continue;
		buffer_text(packet, options[i].name);
		buffer_u8(packet, 0);
		buffer_format(packet, "%llu", (unsigned long long)value);
		buffer_u8(packet, 0);
	}
}

void
tftp_message_write(const struct tftp_message *message, struct buffer *packet)
{
	buffer_u16(packet, (uint16_t)message->opcode);
	switch (message->opcode) {
	case TFTP_READ:
	case TFTP_WRITE:
		buffer_bytes(packet, message->name);
		buffer_u8(packet, 0);
		buffer_text(packet, message->netascii ? "netascii" : "octet");
		buffer_u8(packet, 0);
		write_options(&message->options, packet);
		break;
	case TFTP_OPTIONS:
		write_options(&message->options, packet);
		break;
	case TFTP_DATA:
	case TFTP_ACK:
		buffer_u16(packet, message->block);
		buffer_bytes(packet, message->data);
		break;
	case TFTP_ERROR:
		buffer_u16(packet, message->error);
		buffer_bytes(packet, message->text);
		buffer_u8(packet, 0);
		break;
	}
}
