/* SPDX-License-Identifier: Apache-2.0 */
#include "site_fixture.h"

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests.h"

struct fixture fixture;

static const struct {
	enum certificate_profile profile;
	const char *name, *curve;
} people[FIXTURE_COUNT] = {
    [RECOVERY] = {CERTIFICATE_ITL_RECOVERY, "ITLRECOVERY_test", NULL},
    [CALLMANAGER] = {CERTIFICATE_CALLMANAGER, "manager.example", NULL},
    [CALLMANAGER_EC] = {CERTIFICATE_CALLMANAGER, "manager-ec", "P-384"},
    [CAPF] = {CERTIFICATE_CAPF, "CAPF-test", NULL},
    [TVS] = {CERTIFICATE_TVS, "TVS-test", NULL},
    [STRANGER] = {CERTIFICATE_ITL_RECOVERY, "ITLRECOVERY_test", NULL},
};

int
fixture_make(void **state)
{
	static const char *const hosts[] = {"manager.example", "127.0.0.1", NULL};
	struct why why;

	(void)state;
	for (size_t i = 0; i < FIXTURE_COUNT; i++) {
		struct certificate_plan plan = {.profile = people[i].profile,
		    .common_name = people[i].name,
		    .organization = "Test",
		    .hosts = hosts,
		    .now = FIXTURE_NOW};

		fixture.key[i] =
		    people[i].curve != NULL ? EVP_EC_gen(people[i].curve) : EVP_RSA_gen(2048);
		plan.subject_key = fixture.key[i];
		assert_accepted(certificate_make(&plan, &fixture.certificate[i], &why), why);
	}
	return 0;
}

int
fixture_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < FIXTURE_COUNT; i++) {
		EVP_PKEY_free(fixture.key[i]);
		X509_free(fixture.certificate[i]);
	}
	return 0;
}

void
fixture_list(enum trust_list_kind kind, enum fixture_who who, struct buffer *file)
{
	struct trust_entry entries[] = {
	    {TRUST_SAST, fixture.certificate[who], "manager.example", "127.0.0.1"},
	    {TRUST_CCM_TFTP, fixture.certificate[CALLMANAGER], "manager.example", "127.0.0.1"},
	    {TRUST_CCM_TFTP, fixture.certificate[CALLMANAGER_EC], "manager.example", "127.0.0.1"},
	    {TRUST_CAPF, fixture.certificate[CAPF], NULL, NULL},
	    {TRUST_TVS, fixture.certificate[TVS], NULL, NULL},
	};
	struct trust_list_plan plan = {.kind = kind,
	    .entries = entries,
	    .count = COUNT(entries),
	    .signer = fixture.certificate[who],
	    .key = fixture.key[who],
	    .now = FIXTURE_NOW};
	struct why why;

	assert_accepted(trust_list_write(&plan, file, &why), why);
}

void
fixture_vector(const char *name, struct content *content)
{
	char path[STORAGE_PATH_MOST];
	struct why why;

	assert_non_null(getenv("TEST_DATA"));
	snprintf(path, sizeof(path), "%s/%s", getenv("TEST_DATA"), name);
	assert_accepted(storage_read(path, 1024 * 1024, content, &why), why);
}

X509 *
fixture_vector_certificate(const char *name)
{
	struct content file = {0};
	X509 *certificate = NULL;
	struct why why;

	fixture_vector(name, &file);
	assert_accepted(certificate_read(content_bytes(&file), &certificate, &why), why);
	content_free(&file);
	return certificate;
}

size_t
fixture_signature_at(struct bytes file)
{
	struct signed_header header;
	struct why why;

	assert_accepted(signed_header_read(file, &header, &why), why);
	return header.before.left;
}

/* The PKCS#1 v1.5 block of a SHA-512: 00 01 FF.. 00 DigestInfo. */
static void
padded_block(struct bytes before, struct bytes behind, uint8_t *block, size_t size)
{
	static const uint8_t information[] = {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
	    0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40};
	enum { DIGEST = 64 };
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	memset(block, 0xff, size);
	block[0] = 0;
	block[1] = 1;
	block[size - DIGEST - sizeof(information) - 1] = 0;
	memcpy(block + size - DIGEST - sizeof(information), information, sizeof(information));
	EVP_DigestInit_ex(context, EVP_sha512(), NULL);
	EVP_DigestUpdate(context, before.at, before.left);
	EVP_DigestUpdate(context, behind.at, behind.left);
	EVP_DigestFinal_ex(context, block + size - DIGEST, NULL);
	EVP_MD_CTX_free(context);
}

void
fixture_sign_again(struct buffer *file, EVP_PKEY *key, void (*change)(uint8_t *at, size_t size))
{
	struct bytes whole = buffer_bytes_of(file);
	size_t size = (size_t)EVP_PKEY_get_size(key), at = 0, written = size;
	uint8_t mark[3] = {12, (uint8_t)(size >> 8), (uint8_t)size}, block[512];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);

	assert_true(bytes_find(whole, bytes_of(mark, sizeof(mark)), &at));
	padded_block(bytes_part(whole, 0, at),
	    bytes_part(whole, at + sizeof(mark) + size, whole.left), block, size);
	if (change != NULL)
		change(block, size);
	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
	assert_int_equal(
	    EVP_PKEY_sign(context, file->at + at + sizeof(mark), &written, block, size), 1);
	EVP_PKEY_CTX_free(context);
}

const char *
fixture_folder(void)
{
	static bool made;
	static char folder[] = "/tmp/ringfence-trust-XXXXXX";

	if (!made)
		assert_non_null(mkdtemp(folder));
	made = true;
	return folder;
}
