/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/call_info_test.c - how secure a call is, as phones write it and as we do. */
#include "signalling/call_info.h"

#include "tests.h"

static const struct {
	const char *says, *value;
	enum fault fault;
	bool has_security;
	enum level security;
	enum call_info_orientation orientation;
} cases[] = {
    {"as phones write it",
	"<urn:x-cisco-remotecc:callinfo>; security= Encrypted; orientation= from; gci= 1-1; "
	"isVoip; "
	"call-instance= 1",
	FAULT_NONE, true, LEVEL_ENCRYPTED, CALL_INFO_FROM},
    {"without blanks", "<urn:x-cisco-remotecc:callinfo>;orientation=to;security=NotAuthenticated",
	FAULT_NONE, true, LEVEL_NONSECURE, CALL_INFO_TO},
    {"in another case", "<URN:X-Cisco-RemoteCC:CallInfo>;SECURITY=authenticated;Orientation=TO",
	FAULT_NONE, true, LEVEL_AUTHENTICATED, CALL_INFO_TO},
    {"unknown", "<urn:x-cisco-remotecc:callinfo>;security=Unknown", FAULT_NONE, false,
	LEVEL_NONSECURE, CALL_INFO_UNSAID},
    {"a word nobody knows is not secure", "<urn:x-cisco-remotecc:callinfo>;security=EncryptedX",
	FAULT_NONE, false, LEVEL_NONSECURE, CALL_INFO_UNSAID},
    {"no parameters", "<urn:x-cisco-remotecc:callinfo>", FAULT_NONE, false, LEVEL_NONSECURE,
	CALL_INFO_UNSAID},
    {"an icon", "<http://a/b.jpg>;purpose=icon", FAULT_MISSING, false, LEVEL_NONSECURE,
	CALL_INFO_UNSAID},
    {"no brackets", "urn:x-cisco-remotecc:callinfo;security=Encrypted", FAULT_MALFORMED, false,
	LEVEL_NONSECURE, CALL_INFO_UNSAID},
    {"broken parameters", "<urn:x-cisco-remotecc:callinfo>;;security=Encrypted", FAULT_MALFORMED,
	false, LEVEL_NONSECURE, CALL_INFO_UNSAID},
};

static void
each_value_means_what_it_means(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct call_info info;
		struct why why = {""};
		enum fault fault = call_info_read(bytes_text(cases[i].value), &info, &why);

		if (fault != cases[i].fault)
			fail_msg("%s: %s: %s", cases[i].says, fault_name(fault), why.text);
		if (fault == FAULT_NONE &&
		    (info.has_security != cases[i].has_security ||
			(info.has_security && info.security != cases[i].security) ||
			info.orientation != cases[i].orientation))
			fail_msg("%s", cases[i].says);
	}
}

static void
the_rest_is_read_too(void **state)
{
	struct call_info info;
	struct why why;

	(void)state;
	assert_accepted(call_info_read(bytes_text("<urn:x-cisco-remotecc:hold>; reason= transfer; "
						  "gci=2-77;call-instance=3;isVoip;ui-state=busy"),
			    &info, &why),
	    why);
	assert_int_equal(info.kind, CALL_INFO_HOLD);
	assert_true(bytes_equal_text(info.reason, "transfer"));
	assert_true(bytes_equal_text(info.gci, "2-77"));
	assert_true(bytes_equal_text(info.ui_state, "busy"));
	assert_int_equal(info.call_instance, 3);
	assert_true(info.is_voip);
}

static void
what_is_written_reads_the_same(void **state)
{
	const struct call_info written = {.has_security = true,
	    .security = LEVEL_AUTHENTICATED,
	    .orientation = CALL_INFO_TO,
	    .call_instance = 9,
	    .gci = bytes_text("1-2"),
	    .is_voip = true};
	struct call_info read;
	struct buffer out;
	struct why why;

	(void)state;
	buffer_init(&out, 512);
	call_info_write(&written, &out);
	assert_string_equal(buffer_text_of(&out),
	    "<urn:x-cisco-remotecc:callinfo>;orientation=to;security=Authenticated;gci=1-2;isVoip;"
	    "call-instance=9");
	assert_accepted(call_info_read(buffer_bytes_of(&out), &read, &why), why);
	assert_int_equal(read.security, LEVEL_AUTHENTICATED);
	assert_int_equal(read.call_instance, 9);
	buffer_finish(&out);
}

static void
each_level_has_its_text(void **state)
{
	char text[CALL_INFO_TEXT_SIZE];

	(void)state;
	for (int level = 0; level < LEVEL_COUNT; level++) {
		struct call_info info;
		struct why why;

		call_info_level_text((enum level)level, CALL_INFO_TO, text);
		assert_accepted(call_info_read(bytes_text(text), &info, &why), why);
		assert_true(info.has_security);
		assert_int_equal(info.security, level);
	}
	assert_string_equal(call_info_level_text(LEVEL_ENCRYPTED, CALL_INFO_UNSAID, text),
	    "<urn:x-cisco-remotecc:callinfo>;security=Encrypted");
}

static void
a_message_may_carry_others_before(void **state)
{
	static const char text[] =
	    "OPTIONS sip:a SIP/2.0\r\n"
	    "Call-Info: <http://a/b.jpg>;purpose=icon, "
	    "<urn:x-cisco-remotecc:hold>;reason=transfer\r\n"
	    "Call-Info: <urn:x-cisco-remotecc:callinfo>; security= Encrypted\r\n\r\n";
	static struct sip_message message;
	struct call_info info;
	struct why why;

	(void)state;
	assert_accepted(sip_message_read(bytes_text(text), &message, &why), why);
	assert_true(call_info_of(&message, &info));
	assert_int_equal(info.security, LEVEL_ENCRYPTED);
	assert_accepted(
	    sip_message_read(bytes_text("OPTIONS sip:a SIP/2.0\r\n\r\n"), &message, &why), why);
	assert_false(call_info_of(&message, &info));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_value_means_what_it_means),
	    cmocka_unit_test(the_rest_is_read_too),
	    cmocka_unit_test(what_is_written_reads_the_same),
	    cmocka_unit_test(each_level_has_its_text),
	    cmocka_unit_test(a_message_may_carry_others_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
