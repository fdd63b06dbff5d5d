/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/trust_list_test.c - trust lists: others' and ours are read, forged ones refused. */
#include "trust/trust_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "site_fixture.h"
#include "tests.h"

static struct buffer whole;

static int
setup(void **state)
{
	fixture_make(state);
	buffer_init(&whole, TRUST_LIST_MOST);
	fixture_list(TRUST_ITL, RECOVERY, &whole);
	return 0;
}

static int
teardown(void **state)
{
	buffer_finish(&whole);
	return fixture_end(state);
}

static enum fault
judge(struct bytes file, struct why *why)
{
	struct trust_list *list = NULL;
	enum fault fault = trust_list_read(&list, TRUST_ITL, file, why);

	if (fault == FAULT_NONE)
		fault = trust_list_verify(list, why);
	trust_list_free(list);
	return fault;
}

static void
anothers_list_is_read_and_verifies(void **state)
{
	static const enum trust_role roles[] = {TRUST_SAST, TRUST_CCM_TFTP, TRUST_CAPF, TRUST_TVS};
	X509 *sast = fixture_vector_certificate("trust/sast.pem");
	struct trust_list *list = NULL;
	struct content file = {0};
	unsigned seen = 0;
	struct why why;

	(void)state;
	fixture_vector("trust/ITLFile.tlv", &file);
	assert_accepted(trust_list_read(&list, TRUST_ITL, content_bytes(&file), &why), why);
	assert_accepted(trust_list_verify(list, &why), why);
	assert_int_equal(list->header.digest, SIGNED_SHA1);
	assert_int_equal(list->header.signer_version, 0x0100);
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < COUNT(roles); j++)
			if (list->records[i].role == roles[j])
				seen |= 1U << j;
	assert_int_equal(seen, (1 << COUNT(roles)) - 1);
	assert_true(certificate_equal(trust_list_signer(list)->certificate, sast));
	trust_list_free(list);
	content_free(&file);
	X509_free(sast);
}

static void
ours_is_written_as_the_field_writes_it(void **state)
{
	struct trust_list *list = NULL;
	struct bytes file = buffer_bytes_of(&whole);
	struct why why;
	size_t at;

	(void)state;
	assert_accepted(trust_list_read(&list, TRUST_ITL, file, &why), why);
	assert_accepted(trust_list_verify(list, &why), why);
	assert_int_equal(list->count, 5);
	assert_int_equal(list->header.digest, SIGNED_SHA512);
	/* EC records are there: version 1.1, straight behind the header length. */
	assert_int_equal(list->header.signer_version, 0x0101);
	assert_true(bytes_find(file, bytes_of("\x1c\0\x02\x01\x01", 5), &at) && at == 10);
	assert_true(bytes_equal_text(list->header.signer, "CN=ITLRECOVERY_test;O=Test"));
	assert_int_equal(list->header.timestamp, FIXTURE_NOW);
	assert_int_equal((file.left - list->header.content.left) % 4, 0);
	assert_true(bytes_equal_text(list->records[1].host, "manager.example"));
	assert_true(bytes_equal(list->records[1].address, bytes_of("\x7f\0\0\x01", 4)));
	/* An EC key is its point, P-384 uncompressed. */
	assert_int_equal(list->records[2].public_key.left, 97);
	assert_int_equal(list->records[2].public_key.at[0], 4);
	trust_list_free(list);
}

/* The same by a script that knows only head, tail and openssl. */
static void
openssl_alone_verifies_ours(void **state)
{
	char list[256], certificate[256], command[1024];
	struct why why;

	(void)state;
	snprintf(list, sizeof(list), "%s/ITLFile.tlv", fixture_folder());
	snprintf(certificate, sizeof(certificate), "%s/signer.pem", fixture_folder());
	assert_accepted(storage_replace(list, buffer_bytes_of(&whole), 0600, &why), why);
	assert_accepted(
	    certificate_save(certificate, fixture.certificate[RECOVERY], 0600, &why), why);
	snprintf(command, sizeof(command), "sh %s/verify-list.sh %s %s sha512 %zu 256 >/dev/null",
	    getenv("TEST_TOOLS"), list, certificate, fixture_signature_at(buffer_bytes_of(&whole)));
	assert_int_equal(system(command), 0);
	unlink(list);
	unlink(certificate);
	rmdir(fixture_folder());
}

/* Two records: all kinds of elements, and quick to judge thousands of times. */
static void
small_list(struct buffer *file)
{
	struct trust_entry entries[] = {
	    {TRUST_SAST, fixture.certificate[RECOVERY], NULL, NULL},
	    {TRUST_CCM_TFTP, fixture.certificate[CALLMANAGER_EC], "host", "127.0.0.1"},
	};
	struct trust_list_plan plan = {.kind = TRUST_ITL,
	    .entries = entries,
	    .count = COUNT(entries),
	    .signer = fixture.certificate[RECOVERY],
	    .key = fixture.key[RECOVERY],
	    .now = FIXTURE_NOW};
	struct why why;

	buffer_init(file, TRUST_LIST_MOST);
	assert_accepted(trust_list_write(&plan, file, &why), why);
}

static void
no_byte_can_be_flipped(void **state)
{
	struct buffer list;

	(void)state;
	small_list(&list);
	for (size_t i = 0; i < list.size; i++) {
		list.at[i] ^= 0x01;
		if (judge(buffer_bytes_of(&list), NULL) == FAULT_NONE)
			fail_msg("byte %zu was flipped and nobody noticed", i);
		list.at[i] ^= 0x01;
	}
	buffer_finish(&list);
}

static void
no_byte_can_be_cut_off_or_added(void **state)
{
	struct buffer list;
	struct why why;

	(void)state;
	small_list(&list);
	for (size_t size = 0; size < list.size; size++)
		if (judge(bytes_of(list.at, size), NULL) == FAULT_NONE)
			fail_msg("cut to %zu bytes and nobody noticed", size);
	buffer_u8(&list, 0);
	assert_refused(judge(buffer_bytes_of(&list), &why), FAULT_MALFORMED, why,
	    "record 3: record does not start with its length");
	buffer_finish(&list);
}

/* Alters a copy by hand, signs it again with the right key, and judges it. */
struct forgery {
	const char *says;
	void (*alter)(struct buffer *file);
	void (*block)(uint8_t *at, size_t size);
	enum fault fault;
	const char *words;
};

/* Replaces count bytes at an offset and repairs the header length by the difference. */
static void
splice(struct buffer *file, size_t at, size_t count, const void *with, size_t size)
{
	struct buffer spliced;
	struct bytes from = buffer_bytes_of(file);
	size_t header = (size_t)(file->at[8] << 8 | file->at[9]) + size - count;

	buffer_init(&spliced, file->most);
	buffer_bytes(&spliced, bytes_part(from, 0, at));
	buffer_bytes(&spliced, bytes_of(with, size));
	buffer_bytes(&spliced, bytes_part(from, at + count, from.left));
	spliced.at[8] = (uint8_t)(header >> 8);
	spliced.at[9] = (uint8_t)header;
	buffer_finish(file);
	*file = spliced;
}

static void
time_twice(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_of("\x0f\0\x04", 3), &at));
	splice(file, at, 0, "\x0f\0\x04\0\0\0\0", 7);
}

static void
private_element(struct buffer *file)
{
	splice(file, 10, 0, "\x63\0\x01\0", 4);
}

static void
signer_longer_than_its_children(struct buffer *file)
{
	/* SIGNER_ID stands behind version, length and signer version. */
	file->at[15 + 2]++;
}

static void
other_digest_number(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_of("\x08\0\x01\x03", 4), &at));
	file->at[at + 3] = SIGNED_SHA256;
}

static void
unknown_digest_number(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_of("\x08\0\x01\x03", 4), &at));
	file->at[at + 3] = 4;
}

static void
wrong_inner_name(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_text("ITLFile"), &at));
	file->at[at] = 'C';
}

static void
name_with_a_nul_inside(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_text("ITLFile"), &at));
	file->at[at + 3] = '\0';
}

static void
record_serial_of_another(struct buffer *file)
{
	struct trust_list *list = NULL;
	struct why why;
	size_t at;

	assert_accepted(trust_list_read(&list, TRUST_ITL, buffer_bytes_of(file), &why), why);
	at = (size_t)(list->records[0].serial.at - list->bytes.at);
	trust_list_free(list);
	file->at[at + 5] ^= 1;
}

static void
signer_no_sast(struct buffer *file)
{
	size_t at = 0;

	assert_true(bytes_find(buffer_bytes_of(file), bytes_of("\x04\0\x02\0\0", 5), &at));
	file->at[at + 4] = TRUST_TVS;
}

static void
record_length_into_the_next(struct buffer *file)
{
	size_t header = (size_t)(file->at[8] << 8 | file->at[9]);

	file->at[header + 4] += 3;
}

static void
garbage_in_the_padding(uint8_t *at, size_t size)
{
	(void)size;
	at[20] = 0x5a;
}

static void
short_padding_and_garbage_behind(uint8_t *at, size_t size)
{
	enum { INFORMATION = 19 + 64, SHORT = 8 };

	/* 00 01 FF*8 00 DigestInfo hash garbage: what lax verifiers of old accepted. */
	memmove(at + 2 + SHORT + 1, at + size - INFORMATION, INFORMATION);
	memset(at + 2, 0xff, SHORT);
	at[2 + SHORT] = 0;
	memset(at + 2 + SHORT + 1 + INFORMATION, 0x5a, size - (2 + SHORT + 1 + INFORMATION));
}

static void
wrong_block_type(uint8_t *at, size_t size)
{
	(void)size;
	at[1] = 2;
}

static void
nothing(struct buffer *file)
{
	(void)file;
}

static void
even_the_right_key_cannot_sign_nonsense(void **state)
{
	static const struct forgery forgeries[] = {
	    {"unaltered", nothing, NULL, FAULT_NONE, NULL},
	    {"an element twice", time_twice, NULL, FAULT_MALFORMED, "time stamp given twice"},
	    {"an unknown element", private_element, NULL, FAULT_MALFORMED,
		"unknown header element 99"},
	    {"a container past its children", signer_longer_than_its_children, NULL,
		FAULT_MALFORMED, ""},
	    {"digest number swapped", other_digest_number, NULL, FAULT_UNTRUSTED,
		"the signature is not that of"},
	    {"digest number unknown", unknown_digest_number, NULL, FAULT_MALFORMED,
		"unknown digest 4"},
	    {"the name of the other list", wrong_inner_name, NULL, FAULT_MALFORMED,
		"does not call itself ITLFile.tlv"},
	    {"a NUL inside the name", name_with_a_nul_inside, NULL, FAULT_MALFORMED,
		"file name does not end in one NUL"},
	    {"a record's serial is not its certificate's", record_serial_of_another, NULL,
		FAULT_MALFORMED, "serial number differs"},
	    {"the signer is no SAST", signer_no_sast, NULL, FAULT_UNTRUSTED,
		"is no SAST of the list itself"},
	    {"a record reaches into the next", record_length_into_the_next, NULL, FAULT_MALFORMED,
		"record 1: "},
	    {"garbage in the padding", nothing, garbage_in_the_padding, FAULT_UNTRUSTED,
		"the signature is not that of"},
	    {"garbage behind the digest", nothing, short_padding_and_garbage_behind,
		FAULT_UNTRUSTED, "the signature is not that of"},
	    {"padding of encryption", nothing, wrong_block_type, FAULT_UNTRUSTED,
		"the signature is not that of"},
	};
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(forgeries); i++) {
		struct buffer file;

		print_message("  %s\n", forgeries[i].says);
		buffer_init(&file, TRUST_LIST_MOST);
		buffer_bytes(&file, buffer_bytes_of(&whole));
		forgeries[i].alter(&file);
		fixture_sign_again(&file, fixture.key[RECOVERY], forgeries[i].block);
		if (forgeries[i].fault == FAULT_NONE)
			assert_accepted(judge(buffer_bytes_of(&file), &why), why);
		else
			assert_refused(judge(buffer_bytes_of(&file), &why), forgeries[i].fault, why,
			    forgeries[i].words);
		buffer_finish(&file);
	}
}

/* The same name, and even the same serial, does not make the same signer. */
static void
a_stranger_of_the_same_name_is_told_apart(void **state)
{
	struct buffer file;
	struct why why;

	(void)state;
	buffer_init(&file, TRUST_LIST_MOST);
	buffer_bytes(&file, buffer_bytes_of(&whole));
	fixture_sign_again(&file, fixture.key[STRANGER], NULL);
	assert_refused(judge(buffer_bytes_of(&file), &why), FAULT_UNTRUSTED, why,
	    "the signature is not that of CN=ITLRECOVERY_test");
	buffer_finish(&file);
}

/* CAPF records enough for that many bytes behind the signer's, the rest taken up by host names. */
static size_t
filling(struct trust_entry *entries, size_t bytes)
{
	enum { HOST_ELEMENT = 4, CHUNK = 250 };
	static char hosts[TRUST_LIST_RECORDS_MOST][256];
	struct buffer one;
	size_t record, count, rest;
	struct why why;

	buffer_init(&one, TRUST_LIST_MOST);
	assert_accepted(
	    trust_record_write(TRUST_CAPF, fixture.certificate[CAPF], NULL, NULL, &one, &why), why);
	record = one.size;
	buffer_finish(&one);
	count = bytes / record - 1;
	rest = bytes - count * record;
	for (size_t i = 0; i < count; i++) {
		size_t extra = rest > 2 * CHUNK ? CHUNK : rest > CHUNK ? rest / 2 : rest;

		entries[i] =
		    (struct trust_entry){TRUST_CAPF, fixture.certificate[CAPF], NULL, NULL};
		if (extra < HOST_ELEMENT)
			continue;
		memset(hosts[i], 'h', extra - HOST_ELEMENT);
		hosts[i][extra - HOST_ELEMENT] = '\0';
		entries[i].host = hosts[i];
		rest -= extra;
	}
	assert_int_equal(rest, 0);
	return count;
}

static enum fault
write_sized(struct buffer *file, size_t size, struct why *why)
{
	struct trust_entry entries[TRUST_LIST_RECORDS_MOST] = {
	    {TRUST_SAST, fixture.certificate[RECOVERY], NULL, NULL}};
	struct trust_list_plan plan = {.kind = TRUST_ITL,
	    .entries = entries,
	    .count = 1,
	    .signer = fixture.certificate[RECOVERY],
	    .key = fixture.key[RECOVERY],
	    .now = FIXTURE_NOW};
	enum fault fault;

	buffer_clear(file);
	if ((fault = trust_list_write(&plan, file, why)))
		return fault;
	plan.count += filling(entries + 1, size - file->size);
	buffer_clear(file);
	return trust_list_write(&plan, file, why);
}

static void
a_list_of_65536_bytes_is_the_largest(void **state)
{
	static const size_t sizes[] = {65535, 65536};
	struct buffer file;
	struct why why;

	(void)state;
	buffer_init(&file, 2 * TRUST_LIST_MOST);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_accepted(write_sized(&file, sizes[i], &why), why);
		assert_int_equal(file.size, sizes[i]);
		assert_accepted(judge(buffer_bytes_of(&file), &why), why);
	}
	buffer_u8(&file, 0);
	assert_refused(judge(buffer_bytes_of(&file), &why), FAULT_LIMIT, why, "ITL file too large");
	assert_refused(write_sized(&file, 65537, &why), FAULT_LIMIT, why, "ITL of 65537 bytes in ");
	assert_non_null(strstr(why.text, "drop some of CAPF CN=CAPF-test;O=Test ("));
	buffer_finish(&file);
}

static void
a_third_signer_is_refused_by_writer_and_reader(void **state)
{
	struct trust_entry entries[] = {
	    {TRUST_SAST, fixture.certificate[RECOVERY], NULL, NULL},
	    {TRUST_SAST, fixture.certificate[CALLMANAGER], NULL, NULL},
	    {TRUST_TVS, fixture.certificate[CAPF], NULL, NULL},
	};
	struct trust_list_plan plan = {.kind = TRUST_ITL,
	    .entries = entries,
	    .count = COUNT(entries),
	    .signer = fixture.certificate[RECOVERY],
	    .key = fixture.key[RECOVERY],
	    .now = FIXTURE_NOW};
	struct buffer file;
	struct why why;
	size_t at = 0;

	(void)state;
	buffer_init(&file, TRUST_LIST_MOST);
	assert_accepted(trust_list_write(&plan, &file, &why), why);
	assert_true(bytes_find(buffer_bytes_of(&file), bytes_of("\x04\0\x02\0\x15", 5), &at));
	file.at[at + 4] = TRUST_SAST;
	fixture_sign_again(&file, fixture.key[RECOVERY], NULL);
	assert_refused(judge(buffer_bytes_of(&file), &why), FAULT_LIMIT, why, "more than 2 SAST");
	entries[2].role = TRUST_SAST;
	assert_refused(
	    trust_list_write(&plan, &file, &why), FAULT_FORBIDDEN, why, "3 SAST records");
	plan.count = 2;
	plan.signer = fixture.certificate[STRANGER];
	assert_refused(trust_list_write(&plan, &file, &why), FAULT_FORBIDDEN, why,
	    "the signer is not listed as SAST");
	buffer_finish(&file);
}

/* The shortest record of the field: host, role and address of a cluster that secures nothing. */
static void
a_record_without_a_certificate_is_read(void **state)
{
	static const uint8_t bytes[] = "\x01\0\x02\0\x21"
				       "\x02\0\x0dmanager.exam\0"
				       "\x04\0\x02\0\x02"
				       "\x0a\0\x04\x7f\0\0\x01";
	struct bytes from = bytes_of(bytes, sizeof(bytes) - 1);
	struct trust_record record;
	struct why why;

	(void)state;
	assert_accepted(trust_record_read(&from, &record, &why), why);
	assert_int_equal(from.left, 0);
	assert_int_equal(record.role, TRUST_CCM_TFTP);
	assert_null(record.certificate);
	trust_record_finish(&record);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(anothers_list_is_read_and_verifies),
	    cmocka_unit_test(ours_is_written_as_the_field_writes_it),
	    cmocka_unit_test(openssl_alone_verifies_ours),
	    cmocka_unit_test(no_byte_can_be_flipped),
	    cmocka_unit_test(no_byte_can_be_cut_off_or_added),
	    cmocka_unit_test(even_the_right_key_cannot_sign_nonsense),
	    cmocka_unit_test(a_stranger_of_the_same_name_is_told_apart),
	    cmocka_unit_test(a_list_of_65536_bytes_is_the_largest),
	    cmocka_unit_test(a_third_signer_is_refused_by_writer_and_reader),
	    cmocka_unit_test(a_record_without_a_certificate_is_read),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
