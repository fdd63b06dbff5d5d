/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/keys_test.c - an EVP_PKEY from the keykeeper does what any other does, but show. */
#include "keys/keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mailbox.h"
#include "base/process.h"
#include "keeper_fixture.h"
#include "storage/storage.h"

static struct keeper_fixture fixture;

static int
set_up(void **state)
{
	(void)state;
	keeper_fixture_init(&fixture);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	keeper_fixture_finish(&fixture);
	ERR_clear_error();
	return 0;
}

/* Signs with the key, verifies with the public half of the default provider. */
static void
sign_and_verify(EVP_PKEY *key, EVP_PKEY *public, const char *digest, int padding, int salt)
{
	static const unsigned char text[] = "said in private";
	EVP_MD_CTX *signing = EVP_MD_CTX_new(), *verifying = EVP_MD_CTX_new();
	unsigned char signature[512];
	size_t size = sizeof(signature);
	EVP_PKEY_CTX *in;

	assert_int_equal(EVP_DigestSignInit_ex(signing, &in, digest, NULL, NULL, key, NULL), 1);
	if (padding == RSA_PKCS1_PSS_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(in, padding), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(in, salt), 1);
	}
	assert_int_equal(EVP_DigestSign(signing, signature, &size, text, sizeof(text)), 1);
	assert_int_equal(
	    EVP_DigestVerifyInit_ex(verifying, &in, digest, NULL, NULL, public, NULL), 1);
	if (padding == RSA_PKCS1_PSS_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(in, padding), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(in, salt), 1);
	}
	assert_int_equal(EVP_DigestVerify(verifying, signature, size, text, sizeof(text)), 1);
	signature[size / 2] ^= 1;
	assert_int_not_equal(EVP_DigestVerify(verifying, signature, size, text, sizeof(text)), 1);
	EVP_MD_CTX_free(signing);
	EVP_MD_CTX_free(verifying);
}

static void
every_kind_of_key_signs(void **state)
{
	static const struct {
		enum key_kind kind;
		const char *digest;
		int padding, salt;
	} cases[] = {
	    {KEY_RSA_1024, "SHA1", RSA_PKCS1_PADDING, 0},
	    {KEY_RSA_2048, "SHA1", RSA_PKCS1_PADDING, 0},
	    {KEY_RSA_2048, "SHA256", RSA_PKCS1_PADDING, 0},
	    {KEY_RSA_2048, "SHA384", RSA_PKCS1_PADDING, 0},
	    {KEY_RSA_2048, "SHA512", RSA_PKCS1_PADDING, 0},
	    {KEY_RSA_2048, "SHA256", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST},
	    {KEY_RSA_2048, "SHA384", RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_MAX},
	    {KEY_RSA_2048, "SHA512", RSA_PKCS1_PSS_PADDING, 20},
	    {KEY_RSA_3072, "SHA256", RSA_PKCS1_PADDING, 0},
	    {KEY_P256, "SHA256", 0, 0},
	    {KEY_P256, "SHA1", 0, 0},
	    {KEY_P384, "SHA384", 0, 0},
	    {KEY_P521, "SHA512", 0, 0},
	};
	EVP_PKEY *key = NULL, *public = NULL;
	struct why why;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (i == 0 || cases[i].kind != cases[i - 1].kind) {
			EVP_PKEY_free(key);
			EVP_PKEY_free(public);
			key = keeper_fixture_key(
			    &fixture, ROLE_FACTORY, ROLE_PHONE, KEY_MIC, cases[i].kind);
			assert_accepted(
			    keys_public(fixture.keys[ROLE_PHONE], KEY_MIC, &public, &why), why);
			assert_int_equal(EVP_PKEY_get_bits(key), key_kind_bits(cases[i].kind));
		}
		sign_and_verify(key, public, cases[i].digest, cases[i].padding, cases[i].salt);
		/* It verifies what it signed by itself, too. */
		sign_and_verify(key, key, cases[i].digest, cases[i].padding, cases[i].salt);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(public);
}

static void
a_bare_digest_is_signed_without_digest_info(void **state)
{
	unsigned char digest[64], signature[256], recovered[256];
	size_t size = sizeof(signature), recovered_size = sizeof(recovered);
	EVP_PKEY *key, *public;
	EVP_PKEY_CTX *context;
	struct why why;

	(void)state;
	memset(digest, 0x5a, sizeof(digest));
	key = keeper_fixture_key(&fixture, ROLE_FACTORY, ROLE_PHONE, KEY_MIC, KEY_RSA_2048);
	assert_accepted(keys_public(fixture.keys[ROLE_PHONE], KEY_MIC, &public, &why), why);
	context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_sign_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(context, signature, &size, digest, sizeof(digest)), 1);
	EVP_PKEY_CTX_free(context);
	context = EVP_PKEY_CTX_new(public, NULL);
	assert_int_equal(EVP_PKEY_verify_recover_init(context), 1);
	assert_int_equal(
	    EVP_PKEY_verify_recover(context, recovered, &recovered_size, signature, size), 1);
	assert_int_equal(recovered_size, sizeof(digest));
	assert_memory_equal(recovered, digest, sizeof(digest));
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	EVP_PKEY_free(public);
}

static void
certificates_and_requests_are_signed(void **state)
{
	static const struct {
		enum keeper_role maker;
		const char *name;
		enum key_kind kind;
		int algorithm;
	} cases[] = {
	    {ROLE_SITE, KEY_CAPF, KEY_RSA_2048, NID_sha256WithRSAEncryption},
	    {ROLE_SITE, KEY_TVS_EC, KEY_P384, NID_ecdsa_with_SHA256},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		EVP_PKEY *key = keeper_fixture_key(
		    &fixture, cases[i].maker, cases[i].maker, cases[i].name, cases[i].kind);
		X509 *certificate = keeper_fixture_certificate(key, "test");
		X509_REQ *request = X509_REQ_new();

		assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
		assert_int_equal(X509_get_signature_nid(certificate), cases[i].algorithm);
		/* By the certificate's own key, of the default provider, and by ours. */
		assert_int_equal(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
		assert_int_equal(X509_verify(certificate, key), 1);
		assert_int_equal(X509_check_private_key(certificate, key), 1);
		assert_int_equal(EVP_PKEY_eq(key, X509_get0_pubkey(certificate)), 1);
		assert_int_equal(X509_REQ_set_version(request, X509_REQ_VERSION_1), 1);
		assert_int_equal(X509_REQ_set_pubkey(request, key), 1);
		assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
		assert_int_equal(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)), 1);
		X509_REQ_free(request);
		X509_free(certificate);
		EVP_PKEY_free(key);
	}
}

static void
decrypt_with(EVP_PKEY *key, EVP_PKEY *public, int padding)
{
	static const unsigned char secret[16] = "sixteen bytes!!";
	unsigned char sealed[256], opened[256];
	size_t size = sizeof(sealed), opened_size = sizeof(opened);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(public, NULL);
	bool oaep = padding == RSA_PKCS1_OAEP_PADDING;

	assert_int_equal(EVP_PKEY_encrypt_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
	if (oaep)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_encrypt(context, sealed, &size, secret, sizeof(secret)), 1);
	EVP_PKEY_CTX_free(context);
	context = EVP_PKEY_CTX_new(key, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(context), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, padding), 1);
	if (oaep)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()), 1);
	assert_int_equal(EVP_PKEY_decrypt(context, opened, &opened_size, sealed, size), 1);
	assert_int_equal(opened_size, sizeof(secret));
	assert_memory_equal(opened, secret, sizeof(secret));
	if (oaep) { /* PKCS#1 v1.5 may answer a forged text with random bytes (RFC 3218) */
		sealed[7] ^= 1;
		opened_size = sizeof(opened);
		assert_int_not_equal(
		    EVP_PKEY_decrypt(context, opened, &opened_size, sealed, size), 1);
	}
	EVP_PKEY_CTX_free(context);
}

static void
files_are_decrypted_by_pkcs1_and_oaep(void **state)
{
	EVP_PKEY *key, *public;
	struct why why;

	(void)state;
	key = keeper_fixture_key(&fixture, ROLE_FACTORY, ROLE_PHONE, KEY_MIC, KEY_RSA_2048);
	assert_accepted(keys_public(fixture.keys[ROLE_PHONE], KEY_MIC, &public, &why), why);
	decrypt_with(key, public, RSA_PKCS1_PADDING);
	decrypt_with(key, public, RSA_PKCS1_OAEP_PADDING);
	decrypt_with(key, key, RSA_PKCS1_OAEP_PADDING); /* encrypts here */
	EVP_PKEY_free(key);
	EVP_PKEY_free(public);
}

static void
the_private_part_cannot_be_had(void **state)
{
	static const struct {
		const char *name, *part;
		enum key_kind kind;
	} cases[] = {
	    {KEY_CAPF, OSSL_PKEY_PARAM_RSA_D, KEY_RSA_2048},
	    {KEY_TVS_EC, OSSL_PKEY_PARAM_PRIV_KEY, KEY_P256},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		EVP_PKEY *key = keeper_fixture_key(
		    &fixture, ROLE_SITE, ROLE_SITE, cases[i].name, cases[i].kind);
		BIO *out = BIO_new(BIO_s_mem());
		unsigned char *der = NULL;
		OSSL_PARAM *params = NULL;
		BIGNUM *number = NULL;

		assert_int_equal(EVP_PKEY_get_bn_param(key, cases[i].part, &number), 0);
		assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 0);
		assert_true(i2d_PrivateKey(key, &der) <= 0);
		assert_null(EVP_PKEY2PKCS8(key));
		assert_int_equal(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 0);
		assert_int_equal(BIO_pending(out), 0);
		assert_true(i2d_PUBKEY(key, &der) > 0); /* the public part can */
		OPENSSL_free(der);
		BIO_free(out);
		EVP_PKEY_free(key);
	}
}

static void
other_keys_of_the_process_stay_ordinary(void **state)
{
	EVP_PKEY *ours, *other, *curve;

	(void)state;
	ours = keeper_fixture_key(&fixture, ROLE_SITE, ROLE_SITE, KEY_CAPF, KEY_RSA_2048);
	other = EVP_RSA_gen(2048);
	curve = EVP_EC_gen("P-256");
	assert_non_null(other);
	assert_non_null(curve);
	assert_string_equal(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(other)), "default");
	assert_string_equal(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(ours)), "ringfence");
	sign_and_verify(other, other, "SHA256", RSA_PKCS1_PADDING, 0);
	sign_and_verify(curve, curve, "SHA256", 0, 0);
	assert_int_not_equal(EVP_PKEY_eq(ours, other), 1);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(other);
	EVP_PKEY_free(curve);
}

static void
a_weak_key_is_made_only_when_asked_for(void **state)
{
	struct keys *phone;
	EVP_PKEY *key;
	struct why why;

	(void)state;
	phone = keeper_fixture_as(&fixture, ROLE_PHONE);
	assert_refused(keys_generate(phone, KEY_LSC_NEXT, KEY_RSA_1024, false, NULL, &why),
	    FAULT_FORBIDDEN, why, "rsa-1024 is weak");
	assert_accepted(keys_generate(phone, KEY_LSC_NEXT, KEY_RSA_512, true, &key, &why), why);
	assert_int_equal(EVP_PKEY_get_bits(key), 512);
	EVP_PKEY_free(key);
	assert_refused(keys_generate(keeper_fixture_as(&fixture, ROLE_SITE), KEY_CAPF, KEY_RSA_1024,
			   true, NULL, &why),
	    FAULT_FORBIDDEN, why, "site may not make a weak capf");
}

static void
sign_once(EVP_PKEY *key, int expected)
{
	unsigned char signature[512];
	size_t size = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(
	    EVP_DigestSign(context, signature, &size, (const unsigned char *)"x", 1), expected);
	EVP_MD_CTX_free(context);
}

static void
a_renamed_key_replaces_the_old_one_and_only_the_new_signs(void **state)
{
	EVP_PKEY *before, *next, *after;
	struct keys *phone;
	struct why why;

	(void)state;
	phone = keeper_fixture_as(&fixture, ROLE_PHONE);
	assert_accepted(keys_generate(phone, KEY_LSC_NEXT, KEY_P256, false, NULL, &why), why);
	assert_accepted(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), why);
	assert_accepted(keys_load(phone, KEY_LSC, &before, &why), why);
	assert_accepted(keys_generate(phone, KEY_LSC_NEXT, KEY_P256, false, &next, &why), why);
	assert_accepted(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), why);
	assert_accepted(keys_load(phone, KEY_LSC, &after, &why), why);
	assert_int_equal(EVP_PKEY_eq(next, after), 1);
	sign_once(after, 1);
	sign_once(before, 0);
	assert_non_null(strstr(keys_complaint(phone), "the key lsc was replaced"));
	sign_once(next, 0);
	assert_non_null(strstr(keys_complaint(phone), "there is no key lsc-next"));
	assert_refused(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), FAULT_MISSING, why,
	    "there is no key lsc-next");
	sign_once(after, 1); /* and the refusal cost nothing */
	EVP_PKEY_free(before);
	EVP_PKEY_free(next);
	EVP_PKEY_free(after);
}

static void
collect(void *arg, const char *name)
{
	char *text = arg;

	strcat(text, name);
	strcat(text, " ");
}

static void
a_role_lists_what_it_may_see(void **state)
{
	struct keys *site, *edge;
	char text[256] = "";
	struct why why;

	(void)state;
	site = keeper_fixture_as(&fixture, ROLE_SITE);
	edge = keeper_fixture_as(&fixture, ROLE_EDGE);
	assert_accepted(keys_generate(site, KEY_TVS_EC, KEY_P256, false, NULL, &why), why);
	assert_accepted(keys_generate(site, KEY_CALLMANAGER_EC, KEY_P256, false, NULL, &why), why);
	assert_accepted(keys_list(site, collect, text, &why), why);
	assert_string_equal(text, "callmanager-ec tvs-ec ");
	text[0] = '\0';
	assert_accepted(keys_list(edge, collect, text, &why), why);
	assert_string_equal(text, "callmanager-ec ");
	assert_refused(keys_remove(edge, KEY_CALLMANAGER_EC, &why), FAULT_FORBIDDEN, why,
	    "edge may not remove");
	assert_accepted(keys_remove(site, KEY_TVS_EC, &why), why);
	assert_refused(
	    keys_remove(site, KEY_TVS_EC, &why), FAULT_MISSING, why, "there is no key tvs-ec");
	text[0] = '\0';
	assert_accepted(keys_list(site, collect, text, &why), why);
	assert_string_equal(text, "callmanager-ec ");
}

static void
a_keys_file_is_for_its_owner_alone(void **state)
{
	char path[128];
	struct stat about;
	struct keys *site;
	EVP_PKEY *key;
	struct why why;

	(void)state;
	site = keeper_fixture_as(&fixture, ROLE_SITE);
	assert_accepted(keys_generate(site, KEY_TVS_EC, KEY_P256, false, NULL, &why), why);
	snprintf(path, sizeof(path), "%s/tvs-ec", fixture.directory);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0600);
	assert_int_equal(stat(fixture.directory, &about), 0);
	assert_int_equal(about.st_mode & 07777, 0700);
	assert_int_equal(chmod(path, 0640), 0);
	/* Another worker, which does not remember the key. */
	assert_refused(
	    keys_load(keeper_fixture_as(&fixture, ROLE_ENROLMENT), KEY_TVS_EC, &key, &why),
	    FAULT_FORBIDDEN, why, "may be opened by others (mode 0640)");
}

static void
a_damaged_file_is_refused_and_replaces_nothing(void **state)
{
	char path[128];
	struct keys *phone;
	EVP_PKEY *key;
	struct why why;

	(void)state;
	phone = keeper_fixture_as(&fixture, ROLE_PHONE);
	assert_accepted(keys_generate(phone, KEY_LSC_NEXT, KEY_P256, false, NULL, &why), why);
	assert_accepted(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), why);
	assert_accepted(keys_generate(phone, KEY_LSC_NEXT, KEY_P256, false, NULL, &why), why);
	snprintf(path, sizeof(path), "%s/lsc-next", fixture.directory);
	assert_int_equal(truncate(path, 60), 0);
	assert_refused(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), FAULT_MALFORMED, why,
	    "not a PKCS#8 private key");
	assert_accepted(keys_load(phone, KEY_LSC, &key, &why), why);
	sign_once(key, 1);
	EVP_PKEY_free(key);
}

static void
a_directory_open_to_others_holds_no_keys(void **state)
{
	struct keys *keys;
	EVP_PKEY *key;
	struct why why;
	pid_t pid;

	(void)state;
	assert_int_equal(chmod(fixture.directory, 0755), 0);
	assert_accepted(keys_start(&keys, fixture.directory, ROLE_SITE, &pid, &why), why);
	assert_refused(
	    keys_load(keys, KEY_CAPF, &key, &why), FAULT_CLOSED, why, "the keykeeper is lost");
	keys_stop(keys, pid);
}

/* What a supervisor does: a new keykeeper on the directory, and our end of its socket. */
static int
start_another(void)
{
	const char *arguments[] = {"ringfence-keykeeper", "--keys", fixture.directory, NULL};
	char program[STORAGE_PATH_MOST];
	struct why why;
	int ends[2];

	assert_accepted(mailbox_pair(ends, &why), why);
	const struct process_descriptor descriptor = {"ask-site", ends[1]};
	const struct process_plan plan = {program, arguments, &descriptor, 1};
	assert_accepted(
	    storage_path(program, getenv("RINGFENCE_PROGRAMS"), arguments[0], &why), why);
	assert_accepted(process_start(&plan, &fixture.pid[ROLE_SITE], &why), why);
	close(ends[1]);
	return ends[0];
}

static void
a_killed_keykeeper_is_said_and_replaced_under_live_keys(void **state)
{
	struct keys *site;
	struct why why;
	EVP_PKEY *key;

	(void)state;
	key = keeper_fixture_key(&fixture, ROLE_SITE, ROLE_SITE, KEY_CAPF, KEY_RSA_2048);
	site = fixture.keys[ROLE_SITE];
	sign_once(key, 1);
	assert_int_equal(kill(fixture.pid[ROLE_SITE], SIGKILL), 0);
	keys_stop(NULL, fixture.pid[ROLE_SITE]);
	sign_once(key, 0);
	assert_non_null(strstr(keys_complaint(site), "the keykeeper is lost"));
	assert_refused(keys_remove(site, KEY_CAPF, &why), FAULT_CLOSED, why,
	    "there is no keykeeper at the moment");
	keys_reopen(site, start_another());
	sign_once(key, 1);
	EVP_PKEY_free(key);
}

static void
a_key_outlives_its_connection_but_signs_no_more(void **state)
{
	EVP_PKEY *key;

	(void)state;
	key = keeper_fixture_key(&fixture, ROLE_SITE, ROLE_SITE, KEY_TVS_EC, KEY_P256);
	keys_stop(fixture.keys[ROLE_SITE], fixture.pid[ROLE_SITE]);
	fixture.keys[ROLE_SITE] = NULL;
	assert_int_equal(EVP_PKEY_get_bits(key), 256);
	sign_once(key, 0);
	EVP_PKEY_free(key);
}

#define sentence(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    sentence(every_kind_of_key_signs),
	    sentence(a_bare_digest_is_signed_without_digest_info),
	    sentence(certificates_and_requests_are_signed),
	    sentence(files_are_decrypted_by_pkcs1_and_oaep),
	    sentence(the_private_part_cannot_be_had),
	    sentence(other_keys_of_the_process_stay_ordinary),
	    sentence(a_weak_key_is_made_only_when_asked_for),
	    sentence(a_renamed_key_replaces_the_old_one_and_only_the_new_signs),
	    sentence(a_role_lists_what_it_may_see),
	    sentence(a_keys_file_is_for_its_owner_alone),
	    sentence(a_damaged_file_is_refused_and_replaces_nothing),
	    sentence(a_directory_open_to_others_holds_no_keys),
	    sentence(a_killed_keykeeper_is_said_and_replaced_under_live_keys),
	    sentence(a_key_outlives_its_connection_but_signs_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
