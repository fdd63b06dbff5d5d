/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/rtp_test.c - RTP and RTCP: what is read, what is refused, what is written back. */
#include "media/rtp.h"

#include "media/rtcp.h"
#include "media_test.h"
#include "tests.h"

static const struct {
	const char *says, *hex, *complaint; /* NULL: accepted */
	size_t payload;
} packets[] = {
    {"a plain packet", "8000 0001 000000a0 0badcafe ffffffff", NULL, 4},
    {"no payload", "8000 0001 000000a0 0badcafe", NULL, 0},
    {"marker and payload type 96", "80e0 0001 000000a0 0badcafe ff", NULL, 1},
    {"two CSRCs", "8200 0001 000000a0 0badcafe 00000001 00000002 ff", NULL, 1},
    {"an extension of one word", "9000 0001 000000a0 0badcafe bede0001 10aa0000 ff", NULL, 1},
    {"an empty extension", "9000 0001 000000a0 0badcafe bede0000 ff", NULL, 1},
    {"padding", "a000 0001 000000a0 0badcafe ffff0002", NULL, 2},
    {"nothing", "", "header cut", 0},
    {"eleven bytes", "8000 0001 000000a0 0badca", "header cut", 0},
    {"version 1", "4000 0001 000000a0 0badcafe", "version 1", 0},
    {"a CSRC list cut short", "8200 0001 000000a0 0badcafe 00000001", "CSRC list", 0},
    {"an extension cut short", "9000 0001 000000a0 0badcafe bede0002 10aa0000", "extension cut", 0},
    {"padding larger than all", "a000 0001 000000a0 0badcafe ff05", "padding of 5", 0},
    {"padding of no bytes", "a000 0001 000000a0 0badcafe ff00", "padding of 0", 0},
    {"padding without a byte", "a000 0001 000000a0 0badcafe", "padding of 0", 0},
};

static void
packets_are_read_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		uint8_t bytes[64];
		size_t size = test_hex(packets[i].hex, bytes, sizeof(bytes));
		struct rtp_packet packet = {.ssrc = 7};
		struct why why = {""};

		if (packets[i].complaint == NULL) {
			assert_accepted(rtp_read(bytes_of(bytes, size), &packet, &why), why);
			assert_int_equal(packet.payload.left, packets[i].payload);
			assert_int_equal(packet.ssrc, 0x0badcafe);
		} else {
			assert_refused(rtp_read(bytes_of(bytes, size), &packet, &why),
			    FAULT_MALFORMED, why, packets[i].complaint);
			assert_int_equal(packet.ssrc, 7);
		}
	}
}

static void
what_was_read_is_written_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(packets); i++) {
		uint8_t bytes[64];
		size_t size = test_hex(packets[i].hex, bytes, sizeof(bytes));
		struct rtp_outline outline;
		struct rtp_packet packet;
		struct buffer buffer;
		struct why why;

		if (packets[i].complaint != NULL || strcmp(packets[i].says, "padding") == 0)
			continue;
		assert_accepted(rtp_read(bytes_of(bytes, size), &packet, &why), why);
		buffer_init(&buffer, 1500);
		rtp_write(&buffer, &packet);
		assert_true(buffer_ok(&buffer));
		assert_true(bytes_equal(buffer_bytes_of(&buffer), bytes_of(bytes, size)));
		assert_true(rtp_outline_read(bytes_of(bytes, size), &outline));
		assert_int_equal(outline.header, size - packet.payload.left);
		buffer_finish(&buffer);
	}
}

static const struct {
	uint64_t newest;
	uint16_t sequence;
	uint64_t index;
} indexes[] = {
    {0, 0, 0},
    {0, 65535, 65535}, /* before any roll-over there is nothing below 0 */
    {100, 101, 101},
    {100, 99, 99},
    {65535, 0, 65536},
    {65530, 20000, 85536},
    {65536, 65535, 65535},
    {0x10005, 65000, 65000},
    {0x18000, 0, 0x10000}, /* exactly half away: not yet a new round */
    {0x18001, 0, 0x20000},
};

static void
the_index_nearest_to_the_newest_is_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(indexes); i++)
		assert_int_equal(
		    rtp_index(indexes[i].newest, indexes[i].sequence), indexes[i].index);
}

static const struct {
	const char *says, *hex, *complaint;
} compounds[] = {
    {"an empty receiver report", "80c90001 00000001", NULL},
    {"report and description", "80c90001 00000001 81ca0003 00000001 0104 61406200 0000", NULL},
    {"report, description, goodbye",
	"80c90001 00000001 81ca0002 00000001 0101 61 00 81cb0001 00000001", NULL},
    {"goodbye with a reason", "80c90001 00000001 81cb0003 00000001 05 6c6174 6572 0000", NULL},
    {"an application packet behind", "80c90001 00000001 80cc0002 00000001 74657374", NULL},
    {"padding on the last packet", "80c90001 00000001 a1cb0002 00000001 00000004", NULL},
    {"nothing", "", "header cut short"},
    {"three bytes", "80c900", "header cut short"},
    {"version 0", "00c90001 00000001", "version 0"},
    {"a description first", "81ca0003 00000001 0104 61406200 0000", "begins with type 202"},
    {"longer than the datagram", "80c90002 00000001", "longer than"},
    {"bytes behind", "80c90001 00000001 80", "header cut short"},
    {"a report block missing", "81c90001 00000001", "receiver report cut"},
    {"a sender report without its facts", "80c80001 00000001", "sender report cut"},
    {"an item longer than its packet", "80c90001 00000001 81ca0002 00000001 01ff6100",
	"source description cut"},
    {"an item list without its end", "80c90001 00000001 81ca0002 00000001 01026162",
	"source description cut"},
    {"a goodbye of two that has one", "80c90001 00000001 82cb0001 00000001", "goodbye cut"},
    {"a reason cut short", "80c90001 00000001 81cb0002 00000001 ff616263", "goodbye cut"},
    {"padding before the last", "a0c90002 00000001 00000004 80c90001 00000001", "before the last"},
    {"padding of three bytes", "a0c90002 00000001 00000003", "padding of 3"},
};

static void
compounds_are_checked_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(compounds); i++) {
		uint8_t bytes[128];
		size_t size = test_hex(compounds[i].hex, bytes, sizeof(bytes));
		struct why why = {""};

		if (compounds[i].complaint == NULL)
			assert_accepted(rtcp_check(bytes_of(bytes, size), &why), why);
		else
			assert_refused(rtcp_check(bytes_of(bytes, size), &why), FAULT_MALFORMED,
			    why, compounds[i].complaint);
	}
}

static void
a_compound_of_too_many_packets_is_refused(void **state)
{
	uint8_t bytes[8 * (RTCP_PACKETS_MOST + 1)];
	struct why why;

	(void)state;
	for (size_t i = 0; i <= RTCP_PACKETS_MOST; i++)
		test_hex("80c9000100000001", bytes + 8 * i, 8);
	assert_refused(rtcp_check(bytes_of(bytes, sizeof(bytes)), &why), FAULT_LIMIT, why, "over");
}

static void
reports_are_written_and_read_alike(void **state)
{
	struct rtcp_packet sent[3] = {
	    {.type = RTCP_SR,
		.ssrc = 1,
		.sender = {rtcp_ntp(1700000000500), 160, 50, 8000},
		.count = 2,
		.reports = {{2, 12, -3, 70000, 40, 5, 6}, {3, 255, 8388607, 1, 2, 3, 4}}},
	    {.type = RTCP_SDES,
		.count = 2,
		.sources = {{1, bytes_text("a")}, {2, bytes_text("name@host")}}},
	    {.type = RTCP_BYE, .count = 1, .sources = {{.ssrc = 1}}, .reason = bytes_text("over")},
	};
	struct rtcp_packet read;
	struct buffer buffer;
	struct bytes compound;
	struct why why;

	(void)state;
	buffer_init(&buffer, RTCP_COMPOUND_MOST);
	for (size_t i = 0; i < COUNT(sent); i++)
		rtcp_write(&buffer, &sent[i]);
	assert_true(buffer_ok(&buffer));
	compound = buffer_bytes_of(&buffer);
	assert_accepted(rtcp_check(compound, &why), why);
	assert_accepted(rtcp_take(&compound, &read, &why), why);
	assert_int_equal(read.sender.ntp >> 32, 1700000000 + 2208988800U);
	assert_int_equal(read.sender.ntp & UINT32_MAX, 0x80000000);
	assert_memory_equal(read.reports, sent[0].reports, 2 * sizeof(read.reports[0]));
	assert_accepted(rtcp_take(&compound, &read, &why), why);
	assert_true(bytes_equal_text(read.sources[1].cname, "name@host"));
	assert_int_equal(read.sources[1].ssrc, 2);
	assert_accepted(rtcp_take(&compound, &read, &why), why);
	assert_true(bytes_equal_text(read.reason, "over"));
	assert_int_equal(compound.left, 0);
	buffer_finish(&buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_are_read_as_the_table_says),
	    cmocka_unit_test(what_was_read_is_written_back),
	    cmocka_unit_test(the_index_nearest_to_the_newest_is_meant),
	    cmocka_unit_test(compounds_are_checked_as_the_table_says),
	    cmocka_unit_test(a_compound_of_too_many_packets_is_refused),
	    cmocka_unit_test(reports_are_written_and_read_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
