/* SPDX-License-Identifier: Apache-2.0 */
/* tests/media/srtp_vectors_test.c - the published examples, byte for byte, on both back-ends. */
#include <openssl/evp.h>

#include "media_test.h"
#include "tests.h"

#define KEY_128 "000102030405060708090a0b0c0d0e0f"
#define KEY_256 KEY_128 "101112131415161718191a1b1c1d1e1f"
#define SALT    "517569642070726f2071756f"
#define RTP                                                                                        \
	"8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 "        \
	"696e2070 61727465 73207472 6573"
#define RTCP                                                                                       \
	"81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef "        \
	"deadbeef deadbeef deadbeef deadbeef"

enum { RTCP_VECTOR_INDEX = 0x5d4 };

static const struct {
	const char *says;
	enum suite suite;
	const char *key, *protected_rtp, *protected_rtcp;
} cases[] = {
    {"RFC 7714 16.1.1 and 17.1", SUITE_AEAD_AES_128_GCM, KEY_128,
	"8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a "
	"51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
	"81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda "
	"4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872 45d9eade 800005d4"},
    {"RFC 7714 16.2.1 and 17.2", SUITE_AEAD_AES_256_GCM, KEY_256,
	"8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 "
	"76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
	"81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50 a2eaa5c1 110555be "
	"8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c b26ac3be 800005d4"},
};

static struct srtp *
session(size_t i, const struct srtp_backend *backend)
{
	struct srtp_keys keys = {.suite = cases[i].suite};
	struct srtp *srtp = NULL;
	struct why why;

	test_hex(cases[i].key, keys.rtp.key, sizeof(keys.rtp.key));
	test_hex(SALT, keys.rtp.salt, sizeof(keys.rtp.salt));
	keys.rtcp = keys.rtp;
	assert_accepted(srtp_new_session(&srtp, &keys, backend, &why), why);
	assert_ptr_equal(srtp_backend_of(srtp), backend);
	return srtp;
}

static struct test_packet
packet_of(const char *hex)
{
	struct test_packet packet = {0};

	packet.size = test_hex(hex, packet.at, sizeof(packet.at));
	return packet;
}

static void
assert_packet(const char *says, const struct test_packet *packet, const char *hex)
{
	struct test_packet wanted = packet_of(hex);

	if (packet->size != wanted.size || memcmp(packet->at, wanted.at, wanted.size) != 0)
		fail_msg("%s: other bytes", says);
}

static void
check_rtp(size_t i, const struct srtp_backend *backend)
{
	struct srtp *sender = session(i, backend), *receiver = session(i, backend);
	struct test_packet packet = packet_of(RTP);
	struct why why;

	assert_accepted(srtp_seal(sender, packet.at, &packet.size, sizeof(packet.at), &why), why);
	assert_packet(cases[i].says, &packet, cases[i].protected_rtp);
	assert_accepted(srtp_open(receiver, packet.at, &packet.size, &why), why);
	assert_packet(cases[i].says, &packet, RTP);
	srtp_free(sender);
	srtp_free(receiver);
}

static void
check_rtcp(size_t i, const struct srtp_backend *backend)
{
	struct srtp *sender = session(i, backend), *receiver = session(i, backend);
	struct test_packet packet;
	struct why why;

	/* The example is packet number 0x5d4 of its sender, whose first is number 0. */
	for (unsigned sent = 0; sent <= RTCP_VECTOR_INDEX; sent++) {
		packet = packet_of(RTCP);
		assert_accepted(
		    srtcp_seal(sender, packet.at, &packet.size, sizeof(packet.at), &why), why);
	}
	assert_packet(cases[i].says, &packet, cases[i].protected_rtcp);
	assert_accepted(srtcp_open(receiver, packet.at, &packet.size, &why), why);
	assert_packet(cases[i].says, &packet, RTCP);
	srtp_free(sender);
	srtp_free(receiver);
}

static void
the_examples_of_rfc_7714_come_out_on_both_back_ends(void **state)
{
	const struct srtp_backend *backends[2];
	size_t count = test_backends(backends);

	(void)state;
	for (size_t b = 0; b < count; b++)
		for (size_t i = 0; i < COUNT(cases); i++) {
			check_rtp(i, backends[b]);
			check_rtcp(i, backends[b]);
		}
}

static void
the_tag_only_example_of_rfc_7714_17_3_is_refused_because_we_want_srtcp_encrypted(void **state)
{
	struct srtp *receiver = session(0, srtp_backend_evp());
	struct test_packet packet = packet_of(RTCP "841dd968 3dd78ec9 2ae58790 125f62b3 000005d4");
	struct why why;

	(void)state;
	assert_refused(srtcp_open(receiver, packet.at, &packet.size, &why), FAULT_FORBIDDEN, why,
	    "not encrypted");
	assert_int_equal(srtp_counts_rtcp(receiver)->refused[SRTP_REFUSED_PLAIN], 1);
	srtp_free(receiver);
}

static void
the_session_keys_of_rfc_3711_b3_are_derived(void **state)
{
	struct srtp_master master = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80};
	uint8_t key[16], salt[14], auth[20];
	struct srtp_keys keys;
	struct why why;

	(void)state;
	test_hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6", master.bytes,
	    sizeof(master.bytes));
	test_hex("C61E7A93744F39EE10734AFE3FF7A087", key, sizeof(key));
	test_hex("30CBBC08863D8C85D49DB34A9AE1", salt, sizeof(salt));
	test_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4", auth, sizeof(auth));
	assert_accepted(srtp_keys_derive(&master, &keys, &why), why);
	assert_memory_equal(keys.rtp.key, key, sizeof(key));
	assert_memory_equal(keys.rtp.salt, salt, sizeof(salt));
	assert_memory_equal(keys.rtp.auth, auth, sizeof(auth));
}

/* RFC 3711 B.2: SSRC and index 0, so the packet's payload becomes the key stream. */
static void
the_key_stream_of_rfc_3711_b2_encrypts(void **state)
{
	struct srtp_keys keys = {.suite = SUITE_AES_CM_128_HMAC_SHA1_80};
	struct test_packet packet = test_rtp(0, 0, 48);
	uint8_t stream[48];
	struct srtp *srtp = NULL;
	struct why why;

	(void)state;
	test_hex("2B7E151628AED2A6ABF7158809CF4F3C", keys.rtp.key, sizeof(keys.rtp.key));
	test_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", keys.rtp.salt, sizeof(keys.rtp.salt));
	test_hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB "
		 "41E95B3BB0A2E8DD477901E4FCA894C0",
	    stream, sizeof(stream));
	memset(packet.at + 12, 0, 48);
	assert_accepted(srtp_new_session(&srtp, &keys, NULL, &why), why);
	assert_accepted(srtp_seal(srtp, packet.at, &packet.size, sizeof(packet.at), &why), why);
	assert_memory_equal(packet.at + 12, stream, sizeof(stream));
	srtp_free(srtp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_examples_of_rfc_7714_come_out_on_both_back_ends),
	    cmocka_unit_test(
		the_tag_only_example_of_rfc_7714_17_3_is_refused_because_we_want_srtcp_encrypted),
	    cmocka_unit_test(the_session_keys_of_rfc_3711_b3_are_derived),
	    cmocka_unit_test(the_key_stream_of_rfc_3711_b2_encrypts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
