/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sip_digest_test.c - the examples of RFC 7616 and RFC 2617, both ends, and
 * replays. */
#include "signalling/sip_digest.h"

#include <stdio.h>

#include "tests.h"

/* RFC 7616 3.9.1. */
#define NONCE_7616  "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define MUFASA                                                                                     \
	"username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "          \
	"nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616 "\", qop=auth, "

static const struct {
	const char *says, *credentials;
	enum sip_digest digest;
	const char *realm, *password, *method;
	bool good;
} published[] = {
    {"RFC 7616 MD5",
	"Digest " MUFASA "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5",
	SIP_DIGEST_MD5, "http-auth@example.org", "Circle of Life", "GET", true},
    {"RFC 7616 SHA-256",
	"Digest " MUFASA
	"response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
	"algorithm=SHA-256",
	SIP_DIGEST_SHA256, "http-auth@example.org", "Circle of Life", "GET", true},
    {"the same with capitals",
	"digest " MUFASA "response=\"8CA523F5E9506FED4657C9700EEBDBEC\", algorithm=md5",
	SIP_DIGEST_MD5, "http-auth@example.org", "Circle of Life", "GET", true},
    {"RFC 2617 3.5",
	"Digest username=\"Mufasa\",realm=\"testrealm@host.com\","
	"nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",uri=\"/dir/index.html\",qop=auth,nc=00000001,"
	"cnonce=\"0a4f113b\",response=\"6629fae49393a05397450978507c4ef1\","
	"opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
	SIP_DIGEST_MD5, "testrealm@host.com", "Circle Of Life", "GET", true},
    {"another method",
	"Digest " MUFASA "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5",
	SIP_DIGEST_MD5, "http-auth@example.org", "Circle of Life", "PUT", false},
    {"another password",
	"Digest " MUFASA "response=\"8ca523f5e9506fed4657c9700eebdbec\", algorithm=MD5",
	SIP_DIGEST_MD5, "http-auth@example.org", "circle of life", "GET", false},
    {"half a response", "Digest " MUFASA "response=\"8ca523f5e9506fed\", algorithm=MD5",
	SIP_DIGEST_MD5, "http-auth@example.org", "Circle of Life", "GET", false},
};

static void
published_answers_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(published); i++) {
		struct sip_credentials credentials;
		char ha1[SIP_HA1_SIZE];
		struct why why = {""};
		enum fault fault;

		assert_accepted(
		    sip_credentials_read(bytes_text(published[i].credentials), &credentials, &why),
		    why);
		assert_int_equal(credentials.digest, published[i].digest);
		assert_accepted(sip_digest_ha1(credentials.digest, credentials.user,
				    bytes_text(published[i].realm),
				    bytes_text(published[i].password), ha1, &why),
		    why);
		fault = sip_credentials_verify(&credentials, published[i].method, ha1, &why);
		if ((fault == FAULT_NONE) != published[i].good)
			fail_msg("%s: %s", published[i].says, why.text);
		if (fault != FAULT_NONE)
			assert_int_equal(fault, FAULT_UNTRUSTED);
	}
}

/* What a peer of this family sent: no qop at all (RFC 2069). */
static void
an_answer_without_qop_verifies(void **state)
{
	static const char value[] =
	    "Digest username=\"tlsphone\",realm=\"asterisk\",uri=\"sip:127.0.0.1\","
	    "response=\"9150a907a594c0aac8cd38fa523a0798\",nonce=\"106d08ca\",algorithm=MD5";
	struct sip_credentials credentials;
	struct why why;

	(void)state;
	assert_accepted(sip_credentials_read(bytes_text(value), &credentials, &why), why);
	assert_false(credentials.qop_auth);
	assert_true(bytes_equal_text(credentials.user, "tlsphone"));
}

static void
what_the_client_answers_the_server_accepts(void **state)
{
	(void)state;
	for (int digest = 0; digest < SIP_DIGESTS; digest++)
		for (int qop = 0; qop < 2; qop++) {
			struct sip_challenge challenge = {.digest = (enum sip_digest)digest,
						 .realm = bytes_text("ringfence"),
						 .nonce = bytes_text("abc"),
						 .opaque = bytes_text("o"),
						 .qop_auth = qop != 0,
						 .stale = true},
					     read;
			struct sip_answer answer = {.user = bytes_text("ann"),
			    .password = bytes_text("secret"),
			    .method = "REGISTER",
			    .uri = bytes_text("sip:192.0.2.1"),
			    .cnonce = "c",
			    .nc = 3};
			struct sip_credentials credentials;
			char text[SIP_DIGEST_TEXT_SIZE], reply[SIP_DIGEST_TEXT_SIZE],
			    ha1[SIP_HA1_SIZE];
			struct why why;

			assert_accepted(
			    sip_challenge_write(&challenge, text, sizeof(text), &why), why);
			assert_accepted(sip_challenge_read(bytes_text(text), &read, &why), why);
			assert_int_equal(read.digest, digest);
			assert_int_equal(read.qop_auth, qop);
			assert_true(read.stale);
			assert_accepted(
			    sip_digest_answer(&read, &answer, reply, sizeof(reply), &why), why);
			assert_accepted(
			    sip_credentials_read(bytes_text(reply), &credentials, &why), why);
			assert_int_equal(credentials.nc, qop ? 3 : 0);
			assert_true(bytes_equal_text(credentials.opaque, "o"));
			assert_accepted(
			    sip_digest_ha1((enum sip_digest)digest, bytes_text("ann"),
				bytes_text("ringfence"), bytes_text("secret"), ha1, &why),
			    why);
			assert_accepted(
			    sip_credentials_verify(&credentials, "REGISTER", ha1, &why), why);
		}
}

static const struct {
	const char *says, *value;
	enum fault fault;
	const char *complaint;
} broken[] = {
    {"another scheme", "Bearer token=\"x\"", FAULT_MISSING, "not Digest"},
    {"another algorithm", "Digest " MUFASA "response=\"x\", algorithm=SHA-512-256", FAULT_MISSING,
	"algorithm"},
    {"nothing behind the scheme", "Digest", FAULT_MALFORMED, "not whole"},
    {"no response", "Digest " MUFASA "opaque=\"\"", FAULT_MALFORMED, "not whole"},
    {"a user twice", "Digest " MUFASA "username=\"Scar\"", FAULT_MALFORMED, "username given twice"},
    {"a quote left open", "Digest username=\"Mufasa", FAULT_MALFORMED, "fields are broken"},
    {"qop auth-int",
	"Digest username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\",qop=auth-int",
	FAULT_MALFORMED, "qop is not auth"},
    {"a count of seven digits",
	"Digest "
	"username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\",qop=auth,nc=0000001,"
	"cnonce=\"f\"",
	FAULT_MALFORMED, "without nc"},
    {"a count of 0",
	"Digest "
	"username=\"a\",realm=\"b\",nonce=\"c\",uri=\"d\",response=\"e\",qop=auth,nc=00000000,"
	"cnonce=\"f\"",
	FAULT_MALFORMED, "without nc"},
};

static void
broken_credentials_are_refused_with_their_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct sip_credentials credentials;
		struct why why = {""};
		enum fault fault =
		    sip_credentials_read(bytes_text(broken[i].value), &credentials, &why);

		if (fault != broken[i].fault || strstr(why.text, broken[i].complaint) == NULL)
			fail_msg("%s: %s: %s", broken[i].says, fault_name(fault), why.text);
	}
}

static void
a_nonce_is_fresh_stale_or_forged(void **state)
{
	static const struct sip_nonce_secret secret = {{1, 2, 3}}, other = {{9}};
	char nonce[SIP_NONCE_SIZE];

	(void)state;
	sip_nonce_make(&secret, 1000, 7, nonce);
	assert_int_equal(sip_nonce_check(&secret, bytes_text(nonce), 1000, 60, 7), SIP_NONCE_FRESH);
	assert_int_equal(sip_nonce_check(&secret, bytes_text(nonce), 1060, 60, 7), SIP_NONCE_FRESH);
	assert_int_equal(sip_nonce_check(&secret, bytes_text(nonce), 1061, 60, 7), SIP_NONCE_STALE);
	assert_int_equal(
	    sip_nonce_check(&secret, bytes_text(nonce), 1000, 60, 8), SIP_NONCE_FORGED);
	assert_int_equal(sip_nonce_check(&other, bytes_text(nonce), 1000, 60, 7), SIP_NONCE_FORGED);
	nonce[15] ^= 1; /* a later time under the same seal */
	assert_int_equal(
	    sip_nonce_check(&secret, bytes_text(nonce), 1000, 60, 7), SIP_NONCE_FORGED);
	assert_int_equal(sip_nonce_check(&secret, bytes_text(""), 1000, 60, 7), SIP_NONCE_FORGED);
}

static void
each_count_is_good_once(void **state)
{
	static const struct {
		const char *nonce;
		uint32_t nc;
		bool good;
	} steps[] = {
	    {"0000000000000001a", 1, true},
	    {"0000000000000001a", 1, false},
	    {"0000000000000001a", 5, true},
	    {"0000000000000001a", 3, true},
	    {"0000000000000001a", 3, false},
	    {"0000000000000001a", 100, true},
	    {"0000000000000001a", 37, true},
	    {"0000000000000001a", 36, false},
	    {"0000000000000002b", 1, true},
	    {"0000000000000001a", 101, false},
	    {"0000000000000002b", 1, false},
	};
	struct sip_nonce_window window = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct sip_credentials credentials = {
		    .nonce = bytes_text(steps[i].nonce), .qop_auth = true, .nc = steps[i].nc};
		struct why why;

		if ((sip_nonce_count(&window, &credentials, &why) == FAULT_NONE) != steps[i].good)
			fail_msg("step %zu: %s %u", i, steps[i].nonce, steps[i].nc);
	}
}

static void
without_a_count_a_nonce_serves_once(void **state)
{
	struct sip_nonce_window window = {0};
	struct sip_credentials credentials = {.nonce = bytes_text("x")};
	struct why why;

	(void)state;
	assert_accepted(sip_nonce_count(&window, &credentials, &why), why);
	assert_refused(
	    sip_nonce_count(&window, &credentials, &why), FAULT_UNTRUSTED, why, "used before");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(published_answers_verify),
	    cmocka_unit_test(an_answer_without_qop_verifies),
	    cmocka_unit_test(what_the_client_answers_the_server_accepts),
	    cmocka_unit_test(broken_credentials_are_refused_with_their_reason),
	    cmocka_unit_test(a_nonce_is_fresh_stale_or_forged),
	    cmocka_unit_test(each_count_is_good_once),
	    cmocka_unit_test(without_a_count_a_nonce_serves_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
