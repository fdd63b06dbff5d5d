/* SPDX-License-Identifier: Apache-2.0 */
/* tests/provisioning/tftp_message_test.c - each packet is read as its RFC says, or refused. */
#include "provisioning/tftp_message.h"

#include "tests.h"

#define PACKET(text) text, sizeof(text) - 1

/* complaint NULL: accepted. */
static const struct {
	const char *says, *packet;
	size_t size;
	enum fault fault;
	const char *complaint;
} cases[] = {
    {"a read request", PACKET("\0\1a\0octet\0"), FAULT_NONE, NULL},
    {"a mode in capitals", PACKET("\0\1a\0OcTeT\0"), FAULT_NONE, NULL},
    {"netascii", PACKET("\0\1a\0netascii\0"), FAULT_NONE, NULL},
    {"a write request", PACKET("\0\2a\0octet\0"), FAULT_NONE, NULL},
    {"options we know", PACKET("\0\1a\0octet\0BLKSIZE\0001428\0tsize\0000\0timeout\0003\0"),
	FAULT_NONE, NULL},
    {"an option we do not know", PACKET("\0\1a\0octet\0multicast\0\0"), FAULT_NONE, NULL},
    {"a value that makes no sense is ignored", PACKET("\0\1a\0octet\0blksize\0x\0"), FAULT_NONE,
	NULL},
    {"an empty packet", PACKET(""), FAULT_MALFORMED, "packet of 0 bytes"},
    {"one byte", PACKET("\0"), FAULT_MALFORMED, "packet of 1 bytes"},
    {"operation 0", PACKET("\0\0"), FAULT_MALFORMED, "unknown operation 0"},
    {"operation 7", PACKET("\0\7"), FAULT_MALFORMED, "unknown operation 7"},
    {"a request without the end of its name", PACKET("\0\1abc"), FAULT_MALFORMED,
	"request cut short"},
    {"a request without a mode", PACKET("\0\1abc\0"), FAULT_MALFORMED, "request cut short"},
    {"an empty name", PACKET("\0\1\0octet\0"), FAULT_MALFORMED, "without a file name"},
    {"mode mail", PACKET("\0\1a\0mail\0"), FAULT_MALFORMED, "neither octet nor netascii"},
    {"an option without its value", PACKET("\0\1a\0octet\0blksize\0"), FAULT_MALFORMED,
	"option cut short"},
    {"an option twice", PACKET("\0\1a\0octet\0blksize\000512\0blksize\000513\0"), FAULT_MALFORMED,
	"option blksize given twice"},
    {"seventeen options",
	PACKET(
	    "\0\1a\0octet\0a\0\0b\0\0c\0\0d\0\0e\0\0f\0\0g\0\0h\0\0i\0\0j\0\0k\0\0l\0\0m\0\0n\0\0"
	    "o\0\0p\0\0q\0\0"),
	FAULT_LIMIT, "more than 16 options"},
    {"data", PACKET("\0\3\0\1abc"), FAULT_NONE, NULL},
    {"data without a block", PACKET("\0\3\0"), FAULT_MALFORMED, "block number cut short"},
    {"an ACK", PACKET("\0\4\xff\xff"), FAULT_NONE, NULL},
    {"an ACK with more behind it", PACKET("\0\4\0\1x"), FAULT_MALFORMED, "1 bytes behind an ACK"},
    {"an error", PACKET("\0\5\0\1File not found\0"), FAULT_NONE, NULL},
    {"an error without the last NUL", PACKET("\0\5\0\1File not found"), FAULT_NONE, NULL},
    {"an error without a number", PACKET("\0\5\0"), FAULT_MALFORMED, "error cut short"},
    {"an option answer", PACKET("\0\6blksize\0001428\0tsize\00012345\0"), FAULT_NONE, NULL},
    {"an answer with an option nobody asked for", PACKET("\0\6windowsize\0004\0"), FAULT_MALFORMED,
	"not asked for"},
    {"an answer out of range", PACKET("\0\6blksize\0007\0"), FAULT_MALFORMED,
	"blksize out of range"},
    {"an answer past the most", PACKET("\0\6blksize\00065465\0"), FAULT_MALFORMED,
	"blksize out of range"},
};

static void
each_packet_gets_its_sentence(void **state)
{
	struct tftp_message message;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes packet = bytes_of(cases[i].packet, cases[i].size);

		print_message("  %s\n", cases[i].says);
		if (cases[i].complaint == NULL)
			assert_accepted(tftp_message_read(packet, &message, &why), why);
		else
			assert_refused(tftp_message_read(packet, &message, &why), cases[i].fault,
			    why, cases[i].complaint);
	}
}

static void
long_names_and_long_requests_are_refused(void **state)
{
	uint8_t packet[TFTP_REQUEST_MOST + 1] = {0, TFTP_READ};
	struct tftp_message message;
	struct why why;

	(void)state;
	memset(packet + 2, 'a', TFTP_NAME_MOST + 1);
	memcpy(packet + 2 + TFTP_NAME_MOST + 1, "\0octet", 7);
	assert_refused(tftp_message_read(bytes_of(packet, 2 + TFTP_NAME_MOST + 8), &message, &why),
	    FAULT_LIMIT, why, "file name of 129 characters, at most 128");
	assert_refused(tftp_message_read(bytes_of(packet, sizeof(packet)), &message, &why),
	    FAULT_LIMIT, why, "request of 513 bytes, at most 512");
}

static void
options_have_their_values(void **state)
{
	static const char packet[] = "\0\1a\0octet\0blksize\00099999\0timeout\000256\0tsize\0000";
	struct tftp_message message;
	struct why why;

	(void)state;
	assert_accepted(tftp_message_read(bytes_of(packet, sizeof(packet)), &message, &why), why);
	assert_true(message.options.has_block_size);
	assert_int_equal(message.options.block_size, TFTP_BLOCK_MOST);
	assert_false(message.options.has_timeout);
	assert_true(message.options.has_size);
}

static void
what_is_written_reads_back_the_same(void **state)
{
	struct tftp_message written = {.opcode = TFTP_READ,
	    .name = bytes_text("ITLFile.tlv"),
	    .options = {true, true, true, 1428, 3, 77}};
	struct tftp_message read;
	struct buffer packet;
	struct why why;

	(void)state;
	buffer_init(&packet, TFTP_REQUEST_MOST);
	tftp_message_write(&written, &packet);
	assert_accepted(tftp_message_read(buffer_bytes_of(&packet), &read, &why), why);
	assert_true(bytes_equal(read.name, written.name));
	assert_false(read.netascii);
	assert_memory_equal(&read.options, &written.options, sizeof(read.options));
	buffer_finish(&packet);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_packet_gets_its_sentence),
	    cmocka_unit_test(long_names_and_long_requests_are_refused),
	    cmocka_unit_test(options_have_their_values),
	    cmocka_unit_test(what_is_written_reads_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
