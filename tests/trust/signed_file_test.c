/* SPDX-License-Identifier: Apache-2.0 */
/* tests/trust/signed_file_test.c - signed files: whole, by whom we expect, under their name. */
#include "trust/signed_file.h"

#include <openssl/rsa.h>
#include <stdio.h>

#include "site_fixture.h"
#include "tests.h"

static const char name[] = "SEP001122334455.cnf.xml.sgn";
static const char text[] = "<?xml version=\"1.0\"?>\n<device/>\n";
static struct buffer whole;
static STACK_OF(X509) * candidates;

static int
setup(void **state)
{
	struct why why;

	fixture_make(state);
	candidates = sk_X509_new_null();
	assert_true(certificate_stack_add(candidates, fixture.certificate[CALLMANAGER]));
	buffer_init(&whole, SIGNED_FILE_MOST);
	assert_accepted(signed_file_write(bytes_text(text), name, fixture.certificate[CALLMANAGER],
			    fixture.key[CALLMANAGER], 0, FIXTURE_NOW, &whole, &why),
	    why);
	return 0;
}

static int
teardown(void **state)
{
	buffer_finish(&whole);
	certificate_stack_free(candidates);
	return fixture_end(state);
}

static void
anothers_file_is_read_and_verifies(void **state)
{
	STACK_OF(X509) *signers = sk_X509_new_null();
	X509 *ccm = fixture_vector_certificate("trust/ccm.pem");
	struct signed_file verified;
	struct content file = {0};
	struct why why;

	(void)state;
	assert_true(certificate_stack_add(signers, ccm));
	fixture_vector("signed/SEP001122334455.cnf.xml.sgn", &file);
	assert_accepted(
	    signed_file_verify(content_bytes(&file), name, signers, &verified, &why), why);
	assert_int_equal(verified.digest, SIGNED_SHA512);
	assert_true(bytes_start_with(verified.payload, bytes_text("<?xml")));
	assert_int_equal(verified.payload.left, 877 - 0x1c0);
	assert_true(certificate_equal(verified.signer, ccm));
	content_free(&file);
	/* The encrypted file has a format of its own, and is not mistaken for a signed one. */
	fixture_vector("signed/SEP001122334455.cnf.xml.enc.sgn", &file);
	assert_refused(signed_file_verify(content_bytes(&file), name, signers, &verified, &why),
	    FAULT_MALFORMED, why, "");
	content_free(&file);
	certificate_stack_free(signers);
	X509_free(ccm);
}

static void
each_digest_is_written_and_read(void **state)
{
	static const enum signed_digest digests[] = {SIGNED_SHA1, SIGNED_SHA256, SIGNED_SHA512};
	struct signed_file verified;
	struct buffer file;
	struct why why;

	(void)state;
	buffer_init(&file, SIGNED_FILE_MOST);
	for (size_t i = 0; i < COUNT(digests); i++) {
		buffer_clear(&file);
		assert_accepted(
		    signed_file_write(bytes_text(text), name, fixture.certificate[CALLMANAGER],
			fixture.key[CALLMANAGER], digests[i], FIXTURE_NOW, &file, &why),
		    why);
		assert_accepted(
		    signed_file_verify(buffer_bytes_of(&file), name, candidates, &verified, &why),
		    why);
		assert_int_equal(verified.digest, digests[i]);
		assert_int_equal(verified.timestamp, FIXTURE_NOW);
		assert_true(bytes_equal_text(verified.payload, text));
	}
	buffer_finish(&file);
}

static void
no_byte_can_be_flipped_cut_off_or_added(void **state)
{
	struct signed_file verified = {.timestamp = 7};

	(void)state;
	for (size_t i = 0; i < whole.size; i++) {
		whole.at[i] ^= 0x80;
		if (signed_file_verify(
			buffer_bytes_of(&whole), name, candidates, &verified, NULL) == FAULT_NONE)
			fail_msg("byte %zu was flipped and nobody noticed", i);
		whole.at[i] ^= 0x80;
		if (signed_file_verify(bytes_of(whole.at, i), name, candidates, &verified, NULL) ==
		    FAULT_NONE)
			fail_msg("cut to %zu bytes and nobody noticed", i);
	}
	buffer_u8(&whole, ' ');
	assert_int_equal(
	    signed_file_verify(buffer_bytes_of(&whole), name, candidates, &verified, NULL),
	    FAULT_UNTRUSTED);
	whole.size--;
	/* Whoever was refused was given nothing. */
	assert_int_equal(verified.timestamp, 7);
	assert_null(verified.payload.at);
}

static void
garbage_in_padding(uint8_t *at, size_t size)
{
	(void)size;
	at[12] = 0;
}

static void
what_does_not_fit_is_refused_with_names(void **state)
{
	STACK_OF(X509) *nobody = sk_X509_new_null();
	STACK_OF(X509) *stranger = sk_X509_new_null();
	struct signed_file verified;
	struct buffer file;
	struct why why;

	(void)state;
	assert_true(certificate_stack_add(stranger, fixture.certificate[STRANGER]));
	assert_refused(signed_file_verify(buffer_bytes_of(&whole), "SEP00AABBCCDDEE.cnf.xml.sgn",
			   candidates, &verified, &why),
	    FAULT_UNTRUSTED, why,
	    "it was signed as \"SEP001122334455.cnf.xml.sgn\", not as "
	    "\"SEP00AABBCCDDEE.cnf.xml.sgn\"");
	assert_refused(signed_file_verify(buffer_bytes_of(&whole), name, nobody, &verified, &why),
	    FAULT_UNTRUSTED, why, "signer expected: nobody; seen: serial ");
	assert_refused(signed_file_verify(buffer_bytes_of(&whole), name, stranger, &verified, &why),
	    FAULT_UNTRUSTED, why, "CN=ITLRECOVERY_test;O=Test; seen: serial ");
	assert_non_null(strstr(why.text, "CN=manager.example"));
	buffer_init(&file, SIGNED_FILE_MOST);
	buffer_bytes(&file, buffer_bytes_of(&whole));
	fixture_sign_again(&file, fixture.key[CALLMANAGER], garbage_in_padding);
	assert_refused(
	    signed_file_verify(buffer_bytes_of(&file), name, candidates, &verified, &why),
	    FAULT_UNTRUSTED, why, "the signature is not that of CN=manager.example");
	buffer_finish(&file);
	certificate_stack_free(nobody);
	certificate_stack_free(stranger);
}

/* Two certificates of the same serial: the key decides, not the order. */
static void
a_serial_given_twice_confuses_nobody(void **state)
{
	STACK_OF(X509) *both = sk_X509_new_null();
	X509 *twin = X509_dup(fixture.certificate[STRANGER]);
	struct signed_file verified;
	struct why why;

	(void)state;
	assert_int_equal(
	    X509_set_serialNumber(twin, X509_get_serialNumber(fixture.certificate[CALLMANAGER])),
	    1);
	assert_true(certificate_stack_add(both, twin));
	assert_refused(signed_file_verify(buffer_bytes_of(&whole), name, both, &verified, &why),
	    FAULT_UNTRUSTED, why, "the signature is not that of CN=ITLRECOVERY_test");
	assert_true(certificate_stack_add(both, fixture.certificate[CALLMANAGER]));
	assert_accepted(
	    signed_file_verify(buffer_bytes_of(&whole), name, both, &verified, &why), why);
	assert_ptr_equal(verified.signer, fixture.certificate[CALLMANAGER]);
	certificate_stack_free(both);
	X509_free(twin);
}

static void
only_rsa_of_the_formats_sizes_signs(void **state)
{
	EVP_PKEY *odd = EVP_RSA_gen(3072);
	struct buffer file;
	struct why why;

	(void)state;
	buffer_init(&file, SIGNED_FILE_MOST);
	assert_refused(
	    signed_file_write(bytes_text(text), name, fixture.certificate[CALLMANAGER_EC],
		fixture.key[CALLMANAGER_EC], 0, FIXTURE_NOW, &file, &why),
	    FAULT_FORBIDDEN, why, "by RSA keys only");
	assert_refused(signed_file_write(bytes_text(text), name, fixture.certificate[CALLMANAGER],
			   odd, 0, FIXTURE_NOW, &file, &why),
	    FAULT_FORBIDDEN, why, "no number for RSA of 3072 bits");
	assert_int_equal(file.size, 0);
	buffer_finish(&file);
	EVP_PKEY_free(odd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(anothers_file_is_read_and_verifies),
	    cmocka_unit_test(each_digest_is_written_and_read),
	    cmocka_unit_test(no_byte_can_be_flipped_cut_off_or_added),
	    cmocka_unit_test(what_does_not_fit_is_refused_with_names),
	    cmocka_unit_test(a_serial_given_twice_confuses_nobody),
	    cmocka_unit_test(only_rsa_of_the_formats_sizes_signs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
