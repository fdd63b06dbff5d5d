/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/sdp_test.c - descriptions are read, and offer and answer agree or say why not.
 */
#include "signalling/sdp.h"

#include "tests.h"

#define HEAD "v=0\r\no=ann 1 2 IN IP4 192.0.2.9\r\ns=call\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define GCM  "a=crypto:7 AEAD_AES_128_GCM inline:" KEY "\r\n"

static struct sdp sdp;

static const struct {
	const char *says, *text, *complaint;
} cases[] = {
    {"a whole offer", HEAD "m=audio 20000 RTP/AVP 0\r\n", NULL},
    {"no streams", HEAD, NULL},
    {"LF alone", "v=0\no=- 1 1 IN IP4 a\ns=-\nt=0 0\nm=audio 9 RTP/AVP 8", NULL},
    {"a port with a count", HEAD "m=audio 20000/2 RTP/AVP 0\r\n", NULL},
    {"a stream that is not RTP", HEAD "m=application 9 TCP/BFCP *\r\n", NULL},
    {"lines nobody knows", HEAD "b=AS:64\r\nx=y\r\na=tool:z\r\n", NULL},
    {"a map of a type not listed", HEAD "m=audio 9 RTP/AVP 0\r\na=rtpmap:99 x\r\n", NULL},
    {"nothing", "", "without v= or o="},
    {"no version", "o=- 1 1 IN IP4 a\r\n", "does not begin with v=0"},
    {"another version", "v=1\r\n", "version is not 0"},
    {"no origin", "v=0\r\ns=-\r\n", "without v= or o="},
    {"half an origin", "v=0\r\no=- 1 1\r\n", "origin is not whole"},
    {"words", HEAD "hello\r\n", "not letter=value"},
    {"a connection of another net", HEAD "c=ATM x y\r\n", "connection is not"},
    {"a stream without a port", HEAD "m=audio\r\n", "without a kind or port"},
    {"port 65536", HEAD "m=audio 65536 RTP/AVP 0\r\n", "without a kind or port"},
    {"a stream without formats", HEAD "m=audio 20000 RTP/AVP\r\n", "profile or formats"},
    {"payload type 128", HEAD "m=audio 20000 RTP/AVP 128\r\n", "not 0 to 127"},
    {"a map without a rate", HEAD "m=audio 9 RTP/AVP 96\r\na=rtpmap:96 opus\r\n",
	"without a clock rate"},
};

static void
each_description_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct why why = {""};
		enum fault fault = sdp_read(bytes_text(cases[i].text), &sdp, &why);

		if ((fault == FAULT_NONE) != (cases[i].complaint == NULL))
			fail_msg("%s: %s", cases[i].says, why.text);
		if (fault != FAULT_NONE && strstr(why.text, cases[i].complaint) == NULL)
			fail_msg("%s: \"%s\"", cases[i].says, why.text);
	}
}

static void
read_it(const char *text)
{
	struct why why;

	assert_accepted(sdp_read(bytes_text(text), &sdp, &why), why);
}

static void
a_stream_has_its_own_and_the_sessions_lines(void **state)
{
	const struct sdp_media *media;

	(void)state;
	read_it(HEAD "a=sendonly\r\nm=video 0 RTP/AVP 31\r\n"
		     "m=audio 20000 RTP/SAVP 96 0 101\r\nc=IN IP4 192.0.2.10/127\r\n"
		     "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=ptime:40\r\n"
		     "a=recvonly\r\n" GCM "m=audio 1 RTP/AVP 8\r\n");
	media = sdp_audio(&sdp);
	assert_ptr_equal(media, &sdp.media[1]);
	assert_true(media->secure);
	assert_int_equal(media->formats, 3);
	assert_true(bytes_equal_text(media->format[0].name, "opus"));
	assert_int_equal(media->format[0].clock_rate, 48000);
	assert_int_equal(media->format[0].channels, 2);
	assert_true(bytes_equal_text(media->format[0].fmtp, "useinbandfec=1"));
	assert_true(bytes_equal_text(media->format[1].name, "PCMU"));
	assert_int_equal(media->ptime, 40);
	assert_int_equal(media->direction, SDP_RECVONLY);
	assert_true(bytes_equal_text(media->connection_host, "192.0.2.10"));
	assert_int_equal(media->cryptos, 1);
	assert_int_equal(sdp.media[2].direction, SDP_SENDONLY);
	assert_true(bytes_equal_text(sdp.media[2].connection_host, "192.0.2.9"));
	assert_false(sdp.media[2].secure);
}

static void
directions_answer_each_other(void **state)
{
	enum { SR = SDP_SENDRECV, SO = SDP_SENDONLY, RO = SDP_RECVONLY, NO = SDP_INACTIVE };
	static const int table[4][4] = {
	    /* wanted:	  SR  SO  RO  NO */
	    [SR] = {SR, SO, RO, NO},
	    [SO] = {RO, NO, RO, NO},
	    [RO] = {SO, SO, NO, NO},
	    [NO] = {NO, NO, NO, NO},
	};

	(void)state;
	for (int offered = 0; offered < 4; offered++)
		for (int wanted = 0; wanted < 4; wanted++)
			assert_int_equal(sdp_direction_answer((enum sdp_direction)offered,
					     (enum sdp_direction)wanted),
			    table[offered][wanted]);
}

static void
the_old_hold_is_understood(void **state)
{
	(void)state;
	read_it("v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4 0.0.0.0\r\nm=audio 9 RTP/AVP 0\r\n");
	assert_int_equal(sdp_audio(&sdp)->direction, SDP_SENDONLY);
}

static void
make_local(struct sdp_local *local, bool secure)
{
	uint8_t key[SDP_KEY_MOST];
	struct why why;

	memset(local, 0, sizeof(*local));
	local->id = 5;
	local->version = 6;
	local->codecs = (1u << CODEC_COUNT) - 1;
	assert_accepted(address_read(bytes_text("192.0.2.1"), 30000, &local->media, &why), why);
	local->secure = secure;
	for (unsigned suite = 0; secure && suite < SUITE_COUNT; suite++) {
		memset(key, (int)(0x40 + suite), sizeof(key));
		assert_accepted(sdp_local_add_key(local, (enum suite)suite,
				    bytes_of(key, suite_sizes((enum suite)suite)->key +
						      suite_sizes((enum suite)suite)->salt),
				    &why),
		    why);
	}
}

static void
both_ends_agree_on_codec_keys_and_addresses(void **state)
{
	static struct sdp answer;
	struct sdp_local caller, called;
	struct sdp_agreed at_caller, at_called;
	struct buffer offer_body, answer_body;
	char text[ADDRESS_TEXT_SIZE];
	struct why why;

	(void)state;
	make_local(&caller, true);
	make_local(&called, true);
	called.codecs = 1u << CODEC_PCMA;
	address_set_port(&called.media, 40000);
	memset(called.crypto[0].key, 0x77, called.crypto[0].key_size);
	buffer_init(&offer_body, SDP_MOST);
	buffer_init(&answer_body, SDP_MOST);
	assert_accepted(sdp_offer_write(&caller, &offer_body, &why), why);
	assert_accepted(sdp_read(buffer_bytes_of(&offer_body), &sdp, &why), why);
	assert_accepted(sdp_offer_agree(&called, &sdp, &at_called, &why), why);
	assert_accepted(sdp_answer_write(&called, &sdp, &at_called, &answer_body, &why), why);
	assert_accepted(sdp_read(buffer_bytes_of(&answer_body), &answer, &why), why);
	assert_accepted(sdp_answer_agree(&caller, &answer, &at_caller, &why), why);
	assert_int_equal(at_caller.codec, CODEC_PCMA);
	assert_int_equal(at_called.codec, CODEC_PCMA);
	assert_true(at_caller.secure && at_called.secure);
	assert_int_equal(at_caller.ours.suite, SUITE_AEAD_AES_256_GCM);
	assert_memory_equal(at_caller.ours.key, at_called.theirs.key, at_caller.ours.key_size);
	assert_memory_equal(at_caller.theirs.key, at_called.ours.key, at_caller.ours.key_size);
	assert_memory_not_equal(at_caller.theirs.key, at_caller.ours.key, at_caller.ours.key_size);
	assert_string_equal(address_text(&at_caller.remote, text), "192.0.2.1:40000");
	assert_string_equal(address_text(&at_called.remote, text), "192.0.2.1:30000");
	assert_int_equal(at_caller.direction, SDP_SENDRECV);
	sdp_agreed_wipe(&at_caller);
	sdp_agreed_wipe(&at_called);
	sdp_local_wipe(&caller);
	sdp_local_wipe(&called);
	buffer_wipe(&offer_body);
	buffer_wipe(&answer_body);
}

/* What comes of an offer, for someone with keys and someone without, with and without fallback. */
static const struct {
	const char *says, *offer;
	bool secure, fallback;
	enum fault fault;
	const char *complaint;
	bool srtp;
} offers[] = {
    {"SRTP to SRTP", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM, true, false, FAULT_NONE, NULL, true},
    {"RTP to RTP", HEAD "m=audio 9 RTP/AVP 0\r\n", false, false, FAULT_NONE, NULL, false},
    {"RTP to SRTP", HEAD "m=audio 9 RTP/AVP 0\r\n", true, false, FAULT_FORBIDDEN,
	"SRTP is required", false},
    {"RTP to SRTP that may fall back", HEAD "m=audio 9 RTP/AVP 0\r\n", true, true, FAULT_NONE, NULL,
	false},
    {"SRTP to RTP", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM, false, false, FAULT_FORBIDDEN,
	"only RTP is allowed", false},
    {"a key in a stream that does not use it", HEAD "m=audio 9 RTP/AVP 0\r\n" GCM, true, false,
	FAULT_FORBIDDEN, "SRTP is required", false},
    {"SRTP without a key", HEAD "m=audio 9 RTP/SAVP 0\r\n", true, false, FAULT_FORBIDDEN,
	"no SRTP suite in common", false},
    {"SRTP that is not encrypted",
	HEAD "m=audio 9 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_128_GCM inline:" KEY
	     " UNENCRYPTED_SRTP\r\n",
	true, false, FAULT_FORBIDDEN, "no SRTP suite in common", false},
    {"an unknown suite first", HEAD "m=audio 9 RTP/SAVP 0\r\na=crypto:1 NEW inline:x\r\n" GCM, true,
	false, FAULT_NONE, NULL, true},
    {"a broken line behind a good one",
	HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM "a=crypto:8 AEAD_AES_128_GCM inline:x\r\n", true, false,
	FAULT_MALFORMED, "28 bytes", false},
    {"a tag twice", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM GCM, true, false, FAULT_MALFORMED,
	"given twice", false},
    {"no audio", HEAD "m=video 9 RTP/AVP 31\r\n", false, false, FAULT_UNEXPECTED, "no audio",
	false},
    {"audio with port 0", HEAD "m=audio 0 RTP/AVP 0\r\n", false, false, FAULT_UNEXPECTED,
	"no audio", false},
    {"no codec in common", HEAD "m=audio 9 RTP/AVP 18 3\r\n", false, false, FAULT_UNEXPECTED,
	"no codec", false},
    {"no address", "v=0\r\no=- 1 1 IN IP4 a\r\nm=audio 9 RTP/AVP 0\r\n", false, false,
	FAULT_MALFORMED, "without an address", false},
    {"a name for an address",
	"v=0\r\no=- 1 1 IN IP4 a\r\nc=IN IP4 phone.example\r\nm=audio 9 RTP/AVP 0\r\n", false,
	false, FAULT_MALFORMED, "", false},
};

static void
each_offer_meets_its_match_or_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(offers); i++) {
		struct sdp_local local;
		struct sdp_agreed agreed = {0};
		struct why why = {""};
		enum fault fault;

		make_local(&local, offers[i].secure);
		local.fallback = offers[i].fallback;
		read_it(offers[i].offer);
		fault = sdp_offer_agree(&local, &sdp, &agreed, &why);
		if (fault != offers[i].fault)
			fail_msg("%s: %s: %s", offers[i].says, fault_name(fault), why.text);
		if (fault != FAULT_NONE && strstr(why.text, offers[i].complaint) == NULL)
			fail_msg("%s: \"%s\"", offers[i].says, why.text);
		if (fault == FAULT_NONE && agreed.secure != offers[i].srtp)
			fail_msg("%s: secure %d", offers[i].says, agreed.secure);
		sdp_agreed_wipe(&agreed);
	}
}

static const struct {
	const char *says, *answer;
	bool secure, fallback;
	enum fault fault;
	const char *complaint;
} answers[] = {
    {"a suite and tag that were offered",
	HEAD "m=audio 9 RTP/SAVP 0\r\na=crypto:2 AEAD_AES_128_GCM inline:" KEY "\r\n", true, false,
	FAULT_NONE, NULL},
    {"a tag that was not offered", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM, true, false,
	FAULT_FORBIDDEN, "was not offered"},
    {"a tag with another suite",
	HEAD "m=audio 9 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_128_GCM inline:" KEY "\r\n", true, false,
	FAULT_FORBIDDEN, "was not offered"},
    {"two lines", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM GCM, true, false, FAULT_MALFORMED,
	"2 crypto lines"},
    {"RTP", HEAD "m=audio 9 RTP/AVP 0\r\n", true, false, FAULT_FORBIDDEN, "RTP answered"},
    {"RTP that was allowed", HEAD "m=audio 9 RTP/AVP 0\r\n", true, true, FAULT_NONE, NULL},
    {"SRTP to an offer of RTP", HEAD "m=audio 9 RTP/SAVP 0\r\n" GCM, false, false, FAULT_FORBIDDEN,
	"SRTP answered"},
    {"a refusal", HEAD "m=audio 0 RTP/SAVP 0\r\n", true, false, FAULT_NONE, NULL},
    {"no stream", HEAD, true, false, FAULT_UNEXPECTED, "no audio"},
    {"a codec not offered", HEAD "m=audio 9 RTP/AVP 18\r\n", false, false, FAULT_UNEXPECTED,
	"no codec"},
};

static void
each_answer_fits_the_offer_or_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct sdp_local local;
		struct sdp_agreed agreed = {0};
		struct why why = {""};
		enum fault fault;

		make_local(&local, answers[i].secure);
		local.fallback = answers[i].fallback;
		read_it(answers[i].answer);
		fault = sdp_answer_agree(&local, &sdp, &agreed, &why);
		if (fault != answers[i].fault)
			fail_msg("%s: %s: %s", answers[i].says, fault_name(fault), why.text);
		if (fault != FAULT_NONE && strstr(why.text, answers[i].complaint) == NULL)
			fail_msg("%s: \"%s\"", answers[i].says, why.text);
		sdp_agreed_wipe(&agreed);
	}
}

static void
other_streams_are_refused_with_port_0(void **state)
{
	struct sdp_local local;
	struct sdp_agreed agreed;
	struct buffer body;
	struct why why;
	const char *text;

	(void)state;
	make_local(&local, false);
	read_it(HEAD "m=video 9 RTP/AVP 31\r\nm=audio 9 RTP/AVP 8\r\nm=audio 11 RTP/AVP 0\r\n"
		     "m=application 9 TCP/BFCP *\r\n");
	assert_accepted(sdp_offer_agree(&local, &sdp, &agreed, &why), why);
	buffer_init(&body, SDP_MOST);
	assert_accepted(sdp_answer_write(&local, &sdp, &agreed, &body, &why), why);
	text = buffer_text_of(&body);
	assert_non_null(strstr(text, "m=video 0 RTP/AVP 31\r\nm=audio 30000 RTP/AVP 8\r\n"
				     "a=rtpmap:8 PCMA/8000\r\n"));
	assert_non_null(strstr(text, "m=audio 0 RTP/AVP 0\r\nm=application 0 TCP/BFCP *\r\n"));
	buffer_finish(&body);
}

static void
a_secure_offer_needs_a_key(void **state)
{
	struct sdp_local local;
	struct buffer body;
	struct why why;

	(void)state;
	make_local(&local, false);
	local.secure = true;
	buffer_init(&body, SDP_MOST);
	assert_refused(sdp_offer_write(&local, &body, &why), FAULT_FORBIDDEN, why, "no key");
	buffer_finish(&body);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_description_is_read_or_refused),
	    cmocka_unit_test(a_stream_has_its_own_and_the_sessions_lines),
	    cmocka_unit_test(directions_answer_each_other),
	    cmocka_unit_test(the_old_hold_is_understood),
	    cmocka_unit_test(both_ends_agree_on_codec_keys_and_addresses),
	    cmocka_unit_test(each_offer_meets_its_match_or_a_reason),
	    cmocka_unit_test(each_answer_fits_the_offer_or_is_refused),
	    cmocka_unit_test(other_streams_are_refused_with_port_0),
	    cmocka_unit_test(a_secure_offer_needs_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
