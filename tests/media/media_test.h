/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/media_test.h - packets and keys for the media tests. */
#ifndef TESTS_MEDIA_MEDIA_TEST_H
#define TESTS_MEDIA_MEDIA_TEST_H

#include "media/srtp.h"

enum { TEST_ROOM = 512, TEST_SSRC = 0x0badcafe };

/* A packet with room for its protection. */
struct test_packet {
	uint8_t at[TEST_ROOM];
	size_t size;
};

/* Bytes from hex digits, blanks ignored; returns how many. */
size_t test_hex(const char *hex, uint8_t *bytes, size_t room);
/* An RTP packet whose payload tells its sequence number. */
struct test_packet test_rtp(uint32_t ssrc, uint16_t sequence, size_t payload);
/* A receiver report with an SDES, as a phone sends. */
struct test_packet test_rtcp(uint32_t ssrc);
/* A key that differs with seed. */
struct srtp_master test_master(enum suite suite, uint8_t seed);
/* EVP first, then intel-ipsec-mb where this machine has it; returns how many. */
size_t test_backends(const struct srtp_backend *backends[2]);
#endif
