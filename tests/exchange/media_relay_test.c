/* SPDX-License-Identifier: Apache-2.0 */
/* tests/exchange/media_relay_test.c - keys pass only between TLS legs, the rest passes whole. */
#include "exchange/media_relay.h"

#include <stdlib.h>

#include "tests.h"

#define KEY_1 "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
#define KEY_2 "inline:VvVhRSPemKrKGQxEyhbLipvrtLdE5d5mi2hXhKFIQJ9T5xeCh61ktw62n8E="
#define KEY_3 "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"

#define HEAD   "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
#define SECURE HEAD "m=audio 20000 RTP/SAVP 0 8\r\n"
#define CLEAR  HEAD "m=audio 20000 RTP/AVP 0 8\r\n"
#define GCM    "a=crypto:1 AEAD_AES_256_GCM " KEY_1 "\r\n"
#define CM     "a=crypto:2 AES_CM_128_HMAC_SHA1_80 " KEY_3 "\r\n"
#define TAIL   "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"

static const struct media_end secure = {true, SUITES_ALL}, strict = {true, SUITES_AES_256_ONLY},
			      authenticated = {true, 0}, plain = {false, 0},
			      lying = {false, SUITES_ALL};

static const struct {
	const char *says;
	const struct media_end *from, *to;
	const char *given, *passed; /* passed NULL: refused */
	bool downgraded;
} passages[] = {
    {"TLS to TLS keeps all", &secure, &secure, SECURE GCM CM TAIL, SECURE GCM CM TAIL, false},
    {"only the permitted suite", &secure, &strict, SECURE GCM CM TAIL, SECURE GCM TAIL, false},
    {"the sender's own profile too", &strict, &secure, SECURE GCM CM TAIL, SECURE GCM TAIL, false},
    {"no common suite: RTP", &secure, &strict, SECURE CM TAIL, CLEAR TAIL, true},
    {"to an authenticated phone: RTP", &secure, &authenticated, SECURE GCM TAIL, CLEAR TAIL, true},
    {"to a plain phone: RTP", &secure, &plain, SECURE GCM CM TAIL, CLEAR TAIL, true},
    {"suites are not enough", &secure, &lying, SECURE GCM CM TAIL, CLEAR TAIL, true},
    {"from a plain phone: RTP", &lying, &secure, SECURE GCM CM TAIL, CLEAR TAIL, true},
    {"RTP stays RTP", &plain, &secure, CLEAR TAIL, CLEAR TAIL, false},
    {"a key on RTP/AVP is stripped too", &secure, &plain, CLEAR GCM TAIL, CLEAR TAIL, false},
    {"k= never passes", &secure, &secure, CLEAR "k=clear:secret\r\n" TAIL, CLEAR TAIL, false},
    {"MIKEY never passes", &secure, &plain, CLEAR "a=key-mgmt:mikey AQAF\r\n" TAIL, CLEAR TAIL,
	false},
    {"in capitals", &secure, &plain, CLEAR "a=CRYPTO:1 X INLINE:YY\r\n" TAIL, CLEAR TAIL, false},
    {"with blanks", &secure, &plain, CLEAR "a= crypto:1 X y:YY\r\n" TAIL, CLEAR TAIL, false},
    {"a key in any attribute", &secure, &plain, CLEAR "a=x:inline:YY\r\n" TAIL, CLEAR TAIL, false},
    {"an unknown suite", &secure, &secure, SECURE "a=crypto:1 ROT13 " KEY_3 "\r\n" TAIL, CLEAR TAIL,
	true},
    {"a key before any m= line", &secure, &secure, HEAD GCM "m=audio 2 RTP/AVP 0\r\n",
	HEAD "m=audio 2 RTP/AVP 0\r\n", false},
    {"SAVPF becomes AVPF", &secure, &plain, HEAD "m=audio 2 RTP/SAVPF 0\r\n" GCM,
	HEAD "m=audio 2 RTP/AVPF 0\r\n", true},
    {"bare LF ends a line too", &secure, &secure, "v=0\ns=-\nm=audio 2 RTP/AVP 0\n",
	"v=0\r\ns=-\r\nm=audio 2 RTP/AVP 0\r\n", false},
    {"a CR within a line is refused", &secure, &plain, CLEAR "a=x\ra=crypto:1\r\n", NULL, false},
    {"a line that is no line", &secure, &plain, CLEAR "crypto\r\n", NULL, false},
    {"a key in an m= line", &secure, &plain, HEAD "m=audio 2 RTP/AVP 0 a=crypto:1 X inline:YY\r\n",
	NULL, false},
    {"not SDP", &secure, &plain, "hello", NULL, false},
    {"m= cut short", &secure, &plain, HEAD "m=audio 2\r\n", NULL, false},
};

static void
a_description_passes_without_what_may_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(passages); i++) {
		struct media_facts facts;
		struct buffer out;
		struct why why = {""};
		enum fault fault;

		buffer_init(&out, MEDIA_SIZE_MOST);
		fault = media_relay(bytes_text(passages[i].given), passages[i].from, passages[i].to,
		    &out, &facts, &why);
		if ((fault != FAULT_NONE) != (passages[i].passed == NULL))
			fail_msg("%s: %s", passages[i].says, why.text);
		if (fault == FAULT_NONE && (strcmp(buffer_text_of(&out), passages[i].passed) != 0 ||
					       media_downgraded(&facts) != passages[i].downgraded))
			fail_msg("%s:\n%s", passages[i].says, buffer_text_of(&out));
		buffer_finish(&out);
	}
}

static struct media_facts
passed(const char *sdp, const struct media_end *from, const struct media_end *to)
{
	struct media_facts facts;
	struct buffer out;
	struct why why;

	buffer_init(&out, MEDIA_SIZE_MOST);
	assert_accepted(media_relay(bytes_text(sdp), from, to, &out, &facts, &why), why);
	buffer_finish(&out);
	return facts;
}

static const struct {
	const char *says, *offer, *answer;
	bool srtp;
} exchanges[] = {
    {"offer and choice", SECURE GCM CM, SECURE GCM, true},
    {"the second choice", SECURE GCM CM, SECURE CM, true},
    {"a tag nobody offered", SECURE GCM, SECURE "a=crypto:7 AEAD_AES_256_GCM " KEY_2 "\r\n", false},
    {"a suite nobody offered", SECURE GCM, SECURE "a=crypto:1 AEAD_AES_128_GCM " KEY_2 "\r\n",
	false},
    {"an answer without a key", SECURE GCM, SECURE, false},
    {"an answer in clear", SECURE GCM, CLEAR, false},
    {"two keys are no choice", SECURE GCM CM, SECURE GCM CM, false},
    {"a second stream in clear", SECURE GCM "m=video 2 RTP/AVP 99\r\n",
	SECURE GCM "m=video 2 RTP/AVP 99\r\n", false},
    {"a second stream refused", SECURE GCM "m=video 2 RTP/AVP 99\r\n",
	SECURE GCM "m=video 0 RTP/AVP 99\r\n", true},
    {"no stream at all", HEAD "m=audio 0 RTP/SAVP 0\r\n" GCM, HEAD "m=audio 0 RTP/SAVP 0\r\n" GCM,
	false},
    {"fewer streams than offered", SECURE GCM "m=video 2 RTP/AVP 99\r\n", SECURE GCM, false},
};

static void
srtp_is_negotiated_only_by_a_choice_among_what_was_offered(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		struct media_facts offer = passed(exchanges[i].offer, &secure, &secure);
		struct media_facts answer = passed(exchanges[i].answer, &secure, &secure);

		if (media_is_srtp(&offer, &answer) != exchanges[i].srtp)
			fail_msg("%s", exchanges[i].says);
	}
}

static void
an_answer_in_clear_to_an_offer_of_srtp_is_noticed(void **state)
{
	struct media_facts offer = passed(SECURE GCM, &secure, &plain);
	struct media_facts answer = passed(CLEAR, &plain, &secure);

	(void)state;
	assert_true(media_answered_in_clear(&offer, &answer));
	offer = passed(CLEAR, &secure, &plain);
	assert_false(media_answered_in_clear(&offer, &answer));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_description_passes_without_what_may_not),
	    cmocka_unit_test(srtp_is_negotiated_only_by_a_choice_among_what_was_offered),
	    cmocka_unit_test(an_answer_in_clear_to_an_offer_of_srtp_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
