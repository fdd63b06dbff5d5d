/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/keys_tls_test.c - whole handshakes whose both ends sign in keykeepers. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "keeper_fixture.h"

static struct keeper_fixture fixture;

struct identity {
	EVP_PKEY *key;
	X509 *certificate;
};

static struct identity server_rsa, server_ec, client_rsa, client_ec;

static void
make_identity(struct identity *identity, enum keeper_role maker, enum keeper_role user,
    const char *name, enum key_kind kind)
{
	EVP_PKEY *signer = EVP_EC_gen("P-256"); /* who certified it does not matter here */

	identity->key = keeper_fixture_key(&fixture, maker, user, name, kind);
	identity->certificate = keeper_fixture_certificate(identity->key, name);
	assert_true(X509_sign(identity->certificate, signer, EVP_sha256()) > 0);
	EVP_PKEY_free(signer);
}

static int
set_up(void **state)
{
	struct why why;
	struct keys *phone;

	(void)state;
	keeper_fixture_init(&fixture);
	make_identity(&server_rsa, ROLE_SITE, ROLE_EDGE, KEY_CALLMANAGER, KEY_RSA_2048);
	make_identity(&server_ec, ROLE_SITE, ROLE_EDGE, KEY_CALLMANAGER_EC, KEY_P384);
	make_identity(&client_rsa, ROLE_FACTORY, ROLE_PHONE, KEY_MIC, KEY_RSA_2048);
	phone = keeper_fixture_as(&fixture, ROLE_PHONE);
	make_identity(&client_ec, ROLE_PHONE, ROLE_PHONE, KEY_LSC_NEXT, KEY_P256);
	EVP_PKEY_free(client_ec.key);
	assert_accepted(keys_rename(phone, KEY_LSC_NEXT, KEY_LSC, &why), why);
	assert_accepted(keys_load(phone, KEY_LSC, &client_ec.key, &why), why);
	return 0;
}

static int
tear_down(void **state)
{
	struct identity *all[] = {&server_rsa, &server_ec, &client_rsa, &client_ec};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		EVP_PKEY_free(all[i]->key);
		X509_free(all[i]->certificate);
	}
	keeper_fixture_finish(&fixture);
	return 0;
}

static int
believe(int ok, X509_STORE_CTX *context)
{
	(void)ok;
	(void)context;
	return 1;
}

static SSL_CTX *
context_of(const SSL_METHOD *method, int version, const struct identity *identity)
{
	SSL_CTX *context = SSL_CTX_new(method);

	assert_int_equal(SSL_CTX_set_min_proto_version(context, version), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, believe);
	assert_int_equal(SSL_CTX_use_certificate(context, identity->certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, identity->key), 1);
	assert_int_equal(SSL_CTX_check_private_key(context), 1);
	return context;
}

static void
connect_in_memory(SSL *client, SSL *server)
{
	BIO *one, *other;

	assert_int_equal(BIO_new_bio_pair(&one, 0, &other, 0), 1);
	SSL_set_bio(client, one, one);
	SSL_set_bio(server, other, other);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
}

static bool
shake_hands(SSL *client, SSL *server)
{
	for (int i = 0; i < 20; i++) {
		int a = SSL_do_handshake(client), b = SSL_do_handshake(server);

		if (a == 1 && b == 1)
			return true;
		if ((a != 1 && SSL_get_error(client, a) != SSL_ERROR_WANT_READ) ||
		    (b != 1 && SSL_get_error(server, b) != SSL_ERROR_WANT_READ))
			return false;
	}
	return false;
}

static void
handshake(int version, const struct identity *server_identity,
    const struct identity *client_identity, const char *signatures, int expected)
{
	SSL_CTX *server_context = context_of(TLS_server_method(), version, server_identity);
	SSL_CTX *client_context = context_of(TLS_client_method(), version, client_identity);
	SSL *server, *client;
	int nid = 0;

	if (signatures != NULL)
		assert_int_equal(SSL_CTX_set1_sigalgs_list(client_context, signatures), 1);
	server = SSL_new(server_context);
	client = SSL_new(client_context);
	connect_in_memory(client, server);
	if (!shake_hands(client, server)) {
		ERR_print_errors_fp(stderr);
		fail_msg("no handshake: version %x, %s", (unsigned)version, signatures);
	}
	assert_int_equal(SSL_version(client), version);
	assert_int_equal(SSL_get_peer_signature_type_nid(client, &nid), 1);
	if (expected != 0)
		assert_int_equal(nid, expected);
	assert_non_null(SSL_get0_peer_certificate(server));
	SSL_free(server);
	SSL_free(client);
	SSL_CTX_free(server_context);
	SSL_CTX_free(client_context);
}

static void
every_version_and_key_makes_a_mutual_handshake(void **state)
{
	static const struct {
		const char *says;
		int version;
		struct identity *server, *client;
		const char *signatures;
		int expected;
	} cases[] = {
	    {"1.2, RSA and RSA by PKCS#1", TLS1_2_VERSION, &server_rsa, &client_rsa,
		"RSA+SHA256:RSA+SHA384:RSA+SHA512", EVP_PKEY_RSA},
	    {"1.2, RSA and RSA by PSS", TLS1_2_VERSION, &server_rsa, &client_rsa,
		"RSA-PSS+SHA256:RSA-PSS+SHA512", EVP_PKEY_RSA_PSS},
	    {"1.2, RSA and EC", TLS1_2_VERSION, &server_rsa, &client_ec, NULL, 0},
	    {"1.2, EC and RSA", TLS1_2_VERSION, &server_ec, &client_rsa, NULL, EVP_PKEY_EC},
	    {"1.2, EC and EC", TLS1_2_VERSION, &server_ec, &client_ec, NULL, EVP_PKEY_EC},
	    {"1.3, RSA and RSA", TLS1_3_VERSION, &server_rsa, &client_rsa, NULL, EVP_PKEY_RSA_PSS},
	    {"1.3, RSA and EC", TLS1_3_VERSION, &server_rsa, &client_ec, NULL, EVP_PKEY_RSA_PSS},
	    {"1.3, EC and RSA", TLS1_3_VERSION, &server_ec, &client_rsa, NULL, EVP_PKEY_EC},
	    {"1.3, EC and EC", TLS1_3_VERSION, &server_ec, &client_ec, NULL, EVP_PKEY_EC},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("  %s\n", cases[i].says);
		handshake(cases[i].version, cases[i].server, cases[i].client, cases[i].signatures,
		    cases[i].expected);
	}
}

static void
a_lost_keykeeper_fails_the_handshake_and_says_so(void **state)
{
	SSL_CTX *server_context = context_of(TLS_server_method(), TLS1_2_VERSION, &server_rsa);
	SSL_CTX *client_context = context_of(TLS_client_method(), TLS1_2_VERSION, &client_rsa);
	SSL *server = SSL_new(server_context), *client = SSL_new(client_context);

	(void)state;
	keys_reopen(fixture.keys[ROLE_EDGE], -1);
	connect_in_memory(client, server);
	assert_false(shake_hands(client, server));
	assert_non_null(
	    strstr(keys_complaint(fixture.keys[ROLE_EDGE]), "there is no keykeeper at the moment"));
	SSL_free(server);
	SSL_free(client);
	SSL_CTX_free(server_context);
	SSL_CTX_free(client_context);
	ERR_clear_error();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_version_and_key_makes_a_mutual_handshake),
	    cmocka_unit_test(a_lost_keykeeper_fails_the_handshake_and_says_so),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
