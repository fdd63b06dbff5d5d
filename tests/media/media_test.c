/* SPDX-License-Identifier: Apache-2.0 */
#include "media_test.h"

#include "tests.h"

static int
digit(char c)
{
	const char *digits = "0123456789abcdef", *found = strchr(digits, c | 0x20);

	return c != '\0' && found != NULL ? (int)(found - digits) : -1;
}

size_t
test_hex(const char *hex, uint8_t *bytes, size_t room)
{
	size_t digits = 0;

	for (; *hex != '\0'; hex++) {
		int value = digit(*hex);

		if (value < 0)
			continue;
		assert_true(digits / 2 < room);
		bytes[digits / 2] =
		    (uint8_t)(digits % 2 == 0 ? value << 4 : bytes[digits / 2] | value);
		digits++;
	}
	return digits / 2;
}

struct test_packet
test_rtp(uint32_t ssrc, uint16_t sequence, size_t payload)
{
	struct test_packet packet = {.size = 12 + payload};
	uint32_t timestamp = sequence * 160U;

	assert_true(packet.size + SRTP_GROWTH_MOST <= TEST_ROOM);
	packet.at[0] = 0x80;
	packet.at[2] = (uint8_t)(sequence >> 8);
	packet.at[3] = (uint8_t)sequence;
	for (unsigned i = 0; i < 4; i++) {
		packet.at[4 + i] = (uint8_t)(timestamp >> 8 * (3 - i));
		packet.at[8 + i] = (uint8_t)(ssrc >> 8 * (3 - i));
	}
	for (size_t i = 0; i < payload; i++)
		packet.at[12 + i] = (uint8_t)(sequence * 7 + i);
	return packet;
}

struct test_packet
test_rtcp(uint32_t ssrc)
{
	struct test_packet packet = {0};

	packet.size = test_hex(
	    "80c90001 00000000 81ca0003 00000000 0104 61406200 0000", packet.at, sizeof(packet.at));
	for (unsigned i = 0; i < 4; i++)
		packet.at[4 + i] = packet.at[12 + i] = (uint8_t)(ssrc >> 8 * (3 - i));
	return packet;
}

struct srtp_master
test_master(enum suite suite, uint8_t seed)
{
	struct srtp_master master = {.suite = suite};

	for (size_t i = 0; i < sizeof(master.bytes); i++)
		master.bytes[i] = (uint8_t)(i * 11 + seed);
	return master;
}

size_t
test_backends(const struct srtp_backend *backends[2])
{
	backends[0] = srtp_backend_evp();
	backends[1] = srtp_backend_ipsec_mb(NULL);
	return backends[1] != NULL ? 2 : 1;
}
