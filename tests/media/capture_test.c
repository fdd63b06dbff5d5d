/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/capture_test.c - the capture is a pcap file of whole, correct IP packets. */
#include "media/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/storage.h"
#include "tests.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16, IPV4 = 20, IPV6 = 40, UDP = 8, TCP = 20 };

static char path[] = "/tmp/ringfence-capture-XXXXXX";

static struct address
address(const char *host, uint16_t port)
{
	struct address address;
	struct why why;

	assert_accepted(address_read(bytes_text(host), port, &address, &why), why);
	return address;
}

/* The ones' complement sum over whole words; 0xffff when a checksum inside is right. */
static uint32_t
sum(struct bytes bytes, uint32_t start)
{
	for (size_t i = 0; i < bytes.left; i++)
		start += i % 2 == 0 ? (uint32_t)bytes.at[i] << 8 : bytes.at[i];
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

/* Record number n of the file, as the bytes of its IP packet. */
static struct bytes
record(const struct content *file, unsigned n)
{
	struct bytes rest = bytes_part(content_bytes(file), FILE_HEADER, file->size), packet;

	do {
		uint32_t size;

		assert_true(rest.left >= RECORD_HEADER);
		memcpy(&size, rest.at + 8, sizeof(size)); /* little endian, as this machine */
		rest = bytes_part(rest, RECORD_HEADER, rest.left);
		assert_true(bytes_take(&rest, size, &packet));
	} while (n-- > 0);
	return packet;
}

static struct content
captured(void (*send)(struct capture *))
{
	struct capture *capture = NULL;
	struct content file = {0};
	struct why why;

	assert_accepted(capture_open(&capture, path, &why), why);
	send(capture);
	capture_close(capture);
	assert_accepted(storage_read(path, 1 << 20, &file, &why), why);
	return file;
}

static void
send_udp(struct capture *capture)
{
	struct address a = address("127.0.0.1", 16384), b = address("127.0.0.2", 20000);
	struct address six = address("2001:db8::1", 5004);

	capture_udp(capture, 1700000000123, &a, &b, bytes_text("hello"));
	capture_udp(capture, 1700000000124, &six, &six, bytes_text("six"));
	capture_udp(capture, 1700000000125, &a, &six, bytes_text("mixed families"));
	capture_udp(NULL, 0, &a, &b, bytes_text("no capture"));
}

static void
udp_packets_have_right_headers_and_checksums(void **state)
{
	struct content file = captured(send_udp);
	struct bytes packet = record(&file, 0);
	uint32_t seconds, link;

	(void)state;
	memcpy(&link, file.at + 20, sizeof(link));
	memcpy(&seconds, file.at + FILE_HEADER, sizeof(seconds));
	assert_int_equal(link, 101);
	assert_int_equal(seconds, 1700000000);
	assert_int_equal(packet.left, IPV4 + UDP + 5);
	assert_int_equal(sum(bytes_part(packet, 0, IPV4), 0), 0xffff);
	/* Pseudo header: addresses, protocol, length. */
	assert_int_equal(sum(bytes_part(packet, IPV4, packet.left),
			     sum(bytes_part(packet, 12, 8), 17 + UDP + 5)),
	    0xffff);
	assert_true(bytes_equal_text(bytes_part(packet, IPV4 + UDP, packet.left), "hello"));
	packet = record(&file, 1);
	assert_int_equal(packet.left, IPV6 + UDP + 3);
	assert_int_equal(sum(bytes_part(packet, IPV6, packet.left),
			     sum(bytes_part(packet, 8, 32), 17 + UDP + 3)),
	    0xffff);
	assert_int_equal(file.size, FILE_HEADER + 2 * RECORD_HEADER + IPV4 + IPV6 + 2 * UDP + 8);
	content_free(&file);
}

static void
send_tcp(struct capture *capture)
{
	struct address a = address("127.0.0.1", 5061), b = address("127.0.0.2", 40000);

	capture_tcp(capture, 1700000000123, &a, &b, bytes_text("12345"));
	capture_tcp(capture, 1700000000124, &b, &a, bytes_text("answer"));
	capture_tcp(capture, 1700000000125, &a, &b, bytes_text("678"));
}

static uint32_t
number(struct bytes packet, size_t offset)
{
	uint32_t value = 0;
	struct bytes part = bytes_part(packet, offset, 4);

	assert_true(bytes_take_u32(&part, &value));
	return value;
}

static void
tcp_sequence_numbers_follow_both_directions(void **state)
{
	struct content file = captured(send_tcp);

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		struct bytes packet = record(&file, n);
		uint32_t segment = (uint32_t)packet.left - IPV4;

		assert_int_equal(sum(bytes_part(packet, IPV4, packet.left),
				     sum(bytes_part(packet, 12, 8), 6 + segment)),
		    0xffff);
	}
	assert_int_equal(number(record(&file, 0), IPV4 + 4), 1);
	assert_int_equal(number(record(&file, 1), IPV4 + 4), 1);
	assert_int_equal(number(record(&file, 1), IPV4 + 8), 6); /* acknowledges five bytes */
	assert_int_equal(number(record(&file, 2), IPV4 + 4), 6);
	assert_int_equal(number(record(&file, 2), IPV4 + 8), 7);
	content_free(&file);
}

static void
a_capture_that_cannot_be_written_says_why(void **state)
{
	struct capture *capture = NULL;
	struct why why;

	(void)state;
	assert_refused(capture_open(&capture, "/no/such/folder/c.pcap", &why), FAULT_MISSING, why,
	    "/no/such/folder/c.pcap");
	assert_null(capture);
}

static int
start(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd >= 0 ? close(fd) : -1;
}

static int
end(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(udp_packets_have_right_headers_and_checksums),
	    cmocka_unit_test(tcp_sequence_numbers_follow_both_directions),
	    cmocka_unit_test(a_capture_that_cannot_be_written_says_why),
	};

	return cmocka_run_group_tests(tests, start, end);
}
