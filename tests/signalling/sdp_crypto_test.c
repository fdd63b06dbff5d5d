/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sdp_crypto_test.c - a=crypto lines, and that no key is left where none may be.
 */
#include "signalling/sdp_crypto.h"

#include <stdio.h>

#include "tests.h"

/* 46, 44, 30 and 28 bytes in base64. */
#define KEY_256 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
#define KEY_128 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define KEY_CM  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"

static const struct {
	const char *says, *line;
	enum fault fault;
	const char *complaint;
} cases[] = {
    {"AES-256-GCM", "1 AEAD_AES_256_GCM inline:" KEY_256, FAULT_NONE, NULL},
    {"AES-128-GCM", "2 AEAD_AES_128_GCM inline:" KEY_128, FAULT_NONE, NULL},
    {"without padding", "2 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw",
	FAULT_NONE, NULL},
    {"AES-CM with an 80 bit tag", "3 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM, FAULT_NONE, NULL},
    {"a lifetime", "1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_CM "|2^20", FAULT_NONE, NULL},
    {"a decimal lifetime", "1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_CM "|1048576", FAULT_NONE, NULL},
    {"lifetime and MKI", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM "|2^31|1:4", FAULT_NONE, NULL},
    {"an MKI alone", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM "|1:4", FAULT_NONE, NULL},
    {"session parameters", "1 AES_CM_128_HMAC_SHA1_32 inline:" KEY_CM " WSH=128 -unknown=x",
	FAULT_NONE, NULL},
    {"several blanks", "1   AES_CM_128_HMAC_SHA1_32\tinline:" KEY_CM, FAULT_NONE, NULL},

    {"an unknown suite", "1 F8_128_HMAC_SHA1_80 inline:" KEY_CM, FAULT_MISSING, "not known here"},
    {"an unknown key method", "1 AES_CM_128_HMAC_SHA1_80 file:x", FAULT_MISSING, "key method"},
    {"several keys", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM "|1:4;inline:" KEY_CM "|2:4",
	FAULT_MISSING, "several keys"},
    {"key derivation", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM " KDR=1", FAULT_MISSING,
	"derived"},
    {"an unknown parameter that counts", "1 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM " FEC_KEY=x",
	FAULT_MISSING, "session parameter"},

    {"nothing", "", FAULT_MALFORMED, "tag"},
    {"tag 0", "0 AEAD_AES_128_GCM inline:" KEY_128, FAULT_MALFORMED, "tag"},
    {"a tag with a leading zero", "01 AEAD_AES_128_GCM inline:" KEY_128, FAULT_MALFORMED, "tag"},
    {"a tag of ten digits", "1000000000 AEAD_AES_128_GCM inline:" KEY_128, FAULT_MALFORMED, "tag"},
    {"no suite", "1", FAULT_MALFORMED, "without a suite"},
    {"no key", "1 AEAD_AES_128_GCM", FAULT_MALFORMED, "without a key"},
    {"a key too short", "1 AEAD_AES_256_GCM inline:" KEY_128, FAULT_MALFORMED,
	"key and salt of 44 bytes"},
    {"a key too long", "1 AEAD_AES_128_GCM inline:" KEY_256, FAULT_MALFORMED,
	"key and salt of 28 bytes"},
    {"a wrong character", "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBka*w==",
	FAULT_MALFORMED, "28 bytes"},
    {"padding in the middle", "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYX=BkaGw==",
	FAULT_MALFORMED, "28 bytes"},
    {"too much padding", "1 AEAD_AES_128_GCM inline:" KEY_128 "=", FAULT_MALFORMED, "28 bytes"},
    {"bits behind the end", "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx==",
	FAULT_MALFORMED, "28 bytes"},
    {"a lifetime of nothing", "1 AEAD_AES_128_GCM inline:" KEY_128 "|2^", FAULT_MALFORMED,
	"lifetime"},
    {"a lifetime past all packets", "1 AEAD_AES_128_GCM inline:" KEY_128 "|2^49", FAULT_MALFORMED,
	"lifetime"},
    {"an MKI without a length", "1 AEAD_AES_128_GCM inline:" KEY_128 "|2^31|1:", FAULT_MALFORMED,
	"MKI"},
    {"an MKI of 129 bytes", "1 AEAD_AES_128_GCM inline:" KEY_128 "|1:129", FAULT_MALFORMED, "MKI"},
    {"a window too small", "1 AEAD_AES_128_GCM inline:" KEY_128 " WSH=63", FAULT_MALFORMED, "WSH"},
};

static void
each_line_is_read_skipped_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sdp_crypto crypto;
		struct why why = {""};
		enum fault fault = sdp_crypto_read(bytes_text(cases[i].line), &crypto, &why);

		if (fault != cases[i].fault)
			fail_msg("%s: %s: %s", cases[i].says, fault_name(fault), why.text);
		if (fault != FAULT_NONE && strstr(why.text, cases[i].complaint) == NULL)
			fail_msg("%s: \"%s\"", cases[i].says, why.text);
	}
}

static void
what_is_read_is_what_stands_there(void **state)
{
	struct sdp_crypto crypto;
	struct why why;

	(void)state;
	assert_accepted(sdp_crypto_read(bytes_text("17 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM
						   "|2^31|66051:4 UNENCRYPTED_SRTCP WSH=64"),
			    &crypto, &why),
	    why);
	assert_int_equal(crypto.tag, 17);
	assert_int_equal(crypto.suite, SUITE_AES_CM_128_HMAC_SHA1_80);
	assert_int_equal(crypto.key_size, 30);
	for (size_t i = 0; i < crypto.key_size; i++)
		assert_int_equal(crypto.key[i], i);
	assert_true(crypto.lifetime == (uint64_t)1 << 31);
	assert_int_equal(crypto.mki, 66051);
	assert_int_equal(crypto.mki_size, 4);
	assert_true(crypto.unencrypted_srtcp);
	assert_int_equal(crypto.wsh, 64);
	assert_false(sdp_crypto_usable(&crypto, SUITES_ALL));
}

static void
what_leaves_media_open_is_not_usable(void **state)
{
	static const struct {
		const char *parameter;
		bool usable;
	} lines[] = {
	    {"", true},
	    {" WSH=64", true},
	    {" UNENCRYPTED_SRTP", false},
	    {" UNENCRYPTED_SRTCP", false},
	    {" UNAUTHENTICATED_SRTP", false},
	    {"|1:4", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct sdp_crypto crypto;
		struct why why;
		char line[256];

		snprintf(line, sizeof(line), "1 AEAD_AES_128_GCM inline:%s%s", KEY_128,
		    lines[i].parameter);
		assert_accepted(sdp_crypto_read(bytes_text(line), &crypto, &why), why);
		if (sdp_crypto_usable(&crypto, SUITES_ALL) != lines[i].usable)
			fail_msg("%s", line);
		assert_false(sdp_crypto_usable(&crypto, SUITES_AES_256_ONLY));
	}
}

static void
a_line_reads_back_as_it_was_written(void **state)
{
	(void)state;
	for (unsigned suite = 0; suite < SUITE_COUNT; suite++) {
		const struct suite_sizes *sizes = suite_sizes((enum suite)suite);
		struct sdp_crypto crypto = {.tag = suite + 1, .suite = (enum suite)suite}, again;
		struct buffer out;
		struct why why;

		crypto.key_size = sizes->key + sizes->salt;
		memset(crypto.key, (int)(0xa0 + suite), crypto.key_size);
		buffer_init(&out, 1024);
		sdp_crypto_write(&crypto, &out);
		assert_accepted(sdp_crypto_read(buffer_bytes_of(&out), &again, &why), why);
		assert_int_equal(again.tag, crypto.tag);
		assert_int_equal(again.suite, crypto.suite);
		assert_int_equal(again.key_size, crypto.key_size);
		assert_memory_equal(again.key, crypto.key, crypto.key_size);
		sdp_crypto_wipe(&again);
		for (size_t i = 0; i < sizeof(again.key); i++)
			assert_int_equal(again.key[i], 0);
		buffer_wipe(&out);
	}
}

static const char secret[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nk=base64:c2VjcmV0\r\n"
			     "a=key-mgmt:mikey c2VjcmV0\r\nt=0 0\r\n"
			     "m=audio 20000 RTP/SAVP 0\r\n"
			     "a=crypto:1 AEAD_AES_128_GCM inline:" KEY_128 "|2^31\r\n"
			     "A = Crypto:2 AEAD_AES_128_GCM inline:" KEY_128 "\r\n"
			     "a=rtpmap:0 PCMU/8000\r\n"
			     "m=video 0 RTP/SAVPF 96\n"
			     "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM "\n"
			     "a=sendrecv\r"
			     "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:" KEY_CM;

static void
stripped_sdp_holds_no_key_and_promises_none(void **state)
{
	static const char expected[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"
				       "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
				       "m=video 0 RTP/AVPF 96\na=sendrecv\r";
	struct buffer out;
	struct why why;

	(void)state;
	assert_true(sdp_has_keys(bytes_text(secret)));
	buffer_init(&out, 4096);
	assert_accepted(sdp_strip_keys(bytes_text(secret), &out, &why), why);
	assert_string_equal(buffer_text_of(&out), expected);
	assert_false(sdp_has_keys(buffer_bytes_of(&out)));
	buffer_finish(&out);
}

static void
a_masked_message_shows_everything_but_the_keys(void **state)
{
	struct buffer out;
	const char *text;

	(void)state;
	buffer_init(&out, 4096);
	sdp_mask_keys(bytes_text(secret), &out);
	text = buffer_text_of(&out);
	assert_null(strstr(text, "AAECAw"));
	assert_null(strstr(text, "c2VjcmV0"));
	assert_non_null(strstr(text, "a=crypto:1 AEAD_AES_128_GCM inline:***\r\n"));
	assert_non_null(strstr(text, "k=***\r\n"));
	assert_non_null(strstr(text, "m=audio 20000 RTP/SAVP 0\r\n"));
	buffer_clear(&out);
	sdp_mask_keys(bytes_text("x INLINE:abc y"), &out);
	assert_string_equal(buffer_text_of(&out), "x inline:*** y");
	buffer_finish(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_line_is_read_skipped_or_refused),
	    cmocka_unit_test(what_is_read_is_what_stands_there),
	    cmocka_unit_test(what_leaves_media_open_is_not_usable),
	    cmocka_unit_test(a_line_reads_back_as_it_was_written),
	    cmocka_unit_test(stripped_sdp_holds_no_key_and_promises_none),
	    cmocka_unit_test(a_masked_message_shows_everything_but_the_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
