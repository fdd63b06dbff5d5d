/* SPDX-License-Identifier: Apache-2.0 */
/* tests/enrolment/capf_message_test.c - each message is read as it stands, or refused. */
#include "enrolment/capf_message.h"

#include <stdio.h>

#include "capf_vector.h"
#include "tests.h"

/* Hex with blanks; complaint NULL: accepted. */
static const struct {
	const char *says, *hex;
	enum fault fault;
	const char *complaint;
} cases[] = {
    {"an AUTH REQUEST", "55 01 00000002 0008 07 0001 03 08 0001 00", FAULT_NONE, NULL},
    {"one without a type of authentication", "55 01 00000002 0004 07 0001 03", FAULT_NONE, NULL},
    {"nothing but IN PROGRESS", "55 11 00000002 0000", FAULT_NONE, NULL},
    {"another order of elements", "55 01 00000002 0008 08 0001 00 07 0001 03", FAULT_NONE, NULL},
    {"an element nobody knows", "55 01 00000002 0009 0f 0002 0102 07 0001 03", FAULT_NONE, NULL},
    {"nothing", "", FAULT_MALFORMED, "header cut short"},
    {"half a header", "55 01 0000", FAULT_MALFORMED, "header cut short"},
    {"another protocol", "57 01 00000002 0000", FAULT_MALFORMED, "starts with 57"},
    {"an unknown command", "55 18 00000002 0000", FAULT_MALFORMED, "unknown command 24"},
    {"a command whose content nobody knows", "55 05 00000002 0000", FAULT_MALFORMED,
	"unknown command 5"},
    {"fewer bytes than announced", "55 01 00000002 0005 07 0001 03", FAULT_MALFORMED,
	"4 bytes of elements, 5 announced"},
    {"more bytes than announced", "55 01 00000002 0003 07 0001 03", FAULT_MALFORMED,
	"4 bytes of elements, 3 announced"},
    {"an element cut short", "55 01 00000002 0004 07 0002 03", FAULT_MALFORMED,
	"element cut short"},
    {"a version of two bytes", "55 01 00000002 0005 07 0002 0303", FAULT_MALFORMED,
	"version is not in its form"},
    {"an element twice", "55 01 00000002 0008 07 0001 03 07 0001 02", FAULT_MALFORMED,
	"version given twice"},
    {"an element left out", "55 01 00000002 0004 08 0001 00", FAULT_MALFORMED,
	"AUTH REQUEST without version"},
    {"an element out of place", "55 01 00000002 0008 07 0001 03 01 0001 01", FAULT_MALFORMED,
	"reason has no place in AUTH REQUEST"},
    {"a device name without its NUL", "55 02 00000002 000a 07 0001 03 0d 0003 534550",
	FAULT_MALFORMED, "device name is not in its form"},
    {"a device name with a NUL inside", "55 02 00000002 000c 07 0001 03 0d 0005 53 00 45 50 00",
	FAULT_MALFORMED, "device name is not in its form"},
    {"a device name with a blank", "55 02 00000002 000a 07 0001 03 0d 0003 53 20 00",
	FAULT_MALFORMED, "device name is not in its form"},
    {"an empty device name", "55 02 00000002 0008 07 0001 03 0d 0001 00", FAULT_MALFORMED,
	"device name of 0 bytes"},
    {"a string of 17 characters",
	"55 02 00000002 0021 07 0001 03 0d 0002 41 00 0b 0012 "
	"31313131313131313131313131313131 31 00",
	FAULT_MALFORMED, "33 announced"},
    {"a string of 17 characters, well counted",
	"55 02 00000002 001e 07 0001 03 0d 0002 41 00 0b 0012 "
	"31313131313131313131313131313131 31 00",
	FAULT_MALFORMED, "authentication string of 17 bytes"},
    {"a certificate whose inner size is wrong", "55 09 00000002 0009 04 0006 01 0004 00 01 30",
	FAULT_MALFORMED, "certificate is not in its form"},
    {"a certificate of type 3", "55 09 00000002 0009 04 0006 01 0003 00 03 30", FAULT_MALFORMED,
	"certificate is not in its form"},
    {"a certificate of two types", "55 09 00000002 000d 03 0001 02 04 0006 01 0003 00 01 30",
	FAULT_MALFORMED, "certificate is not in its form"},
    {"an empty certificate", "55 09 00000002 0008 04 0005 01 0002 00 01", FAULT_MALFORMED,
	"certificate of 0 bytes"},
    {"a small certificate", "55 09 00000002 0009 04 0006 01 0003 00 01 30", FAULT_NONE, NULL},
    {"a proof with another digest",
	"55 02 00000002 0010 07 0001 03 0d 0002 41 00 14 0004 02 0001 aa", FAULT_MALFORMED,
	"SHA-512 proof is not in its form"},
    {"END without a reason", "55 0f 00000002 0000", FAULT_MALFORMED, "END SESSION without reason"},
    {"KEY RESPONSE without a key", "55 04 00000002 0000", FAULT_MALFORMED,
	"KEY RESPONSE without public key"},
};

static struct bytes
from_hex(const char *hex, uint8_t *room)
{
	size_t size = 0;
	unsigned byte;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		assert_int_equal(sscanf(hex, "%2x", &byte), 1);
		room[size++] = (uint8_t)byte;
		hex++;
	}
	return bytes_of(room, size);
}

static void
each_message_gets_its_sentence(void **state)
{
	struct capf_message message;
	uint8_t room[256];
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bytes input = from_hex(cases[i].hex, room);

		print_message("  %s\n", cases[i].says);
		if (cases[i].complaint == NULL)
			assert_accepted(capf_message_read(input, &message, &why), why);
		else
			assert_refused(capf_message_read(input, &message, &why), cases[i].fault,
			    why, cases[i].complaint);
	}
}

static void
a_stream_is_cut_into_messages(void **state)
{
	uint8_t room[32];
	struct bytes whole = from_hex("55 01 00000002 0004 07 0001 03 55 11", room);
	size_t size = 0;
	struct why why;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		assert_refused(
		    capf_message_size(bytes_part(whole, 0, i), &size, &why), FAULT_BUSY, why, "");
	assert_accepted(capf_message_size(whole, &size, &why), why);
	assert_int_equal(size, 12);
	assert_refused(capf_message_size(from_hex("55 01 00000002 4001", room), &size, &why),
	    FAULT_LIMIT, why, "AUTH REQUEST of 16385 bytes, at most 16384");
	assert_refused(capf_message_size(from_hex("16 03 01", room), &size, &why), FAULT_MALFORMED,
	    why, "this is not CAPF");
}

static void
recorded_messages_are_written_again_byte_for_byte(void **state)
{
	struct vector_session sessions[VECTOR_SESSIONS];
	struct capf_message message;
	struct buffer again;
	size_t tried = 0;
	struct why why;

	(void)state;
	vector_load(sessions);
	buffer_init(&again, CAPF_HEADER_SIZE + CAPF_ELEMENTS_MOST);
	for (size_t i = 0; i < VECTOR_SESSIONS; i++)
		for (size_t j = 0; j < sessions[i].count; j++) {
			struct bytes bytes = buffer_bytes_of(&sessions[i].messages[j].bytes);

			assert_accepted(capf_message_read(bytes, &message, &why), why);
			buffer_clear(&again);
			capf_message_write(&message, &again);
			assert_true(buffer_ok(&again));
			assert_true(bytes_equal(buffer_bytes_of(&again), bytes));
			tried++;
		}
	assert_int_equal(tried, 14);
	buffer_finish(&again);
	vector_free(sessions);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_message_gets_its_sentence),
	    cmocka_unit_test(a_stream_is_cut_into_messages),
	    cmocka_unit_test(recorded_messages_are_written_again_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
