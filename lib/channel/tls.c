/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/tls.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

#include "base/buffer.h"
#include "channel/channel_approve.h"

struct tls {
	SSL_CTX *context;
	enum tls_side side;
	unsigned references;
	size_t ticket_keys;
	uint8_t ticket_key[TLS_TICKET_KEYS_MOST][TLS_TICKET_KEY_SIZE];
};

/* Offsets in a ticket key. */
enum { TICKET_NAME = 0, TICKET_NAME_SIZE = 16, TICKET_AES = 16, TICKET_MAC = 48, TICKET_PART = 32 };

static const char *const groups = "X25519:P-256:P-384:P-521";
static const char *const signature_algorithms =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:"
    "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

/* In order of preference. */
static const struct {
	const char *name;
	int key_type;
	bool aes_256, tls13;
} suites[] = {
    {"ECDHE-ECDSA-AES256-GCM-SHA384", EVP_PKEY_EC, true, false},
    {"ECDHE-RSA-AES256-GCM-SHA384", EVP_PKEY_RSA, true, false},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", EVP_PKEY_EC, false, false},
    {"ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA, false, false},
    {"TLS_AES_256_GCM_SHA384", EVP_PKEY_NONE, true, true},
    {"TLS_AES_128_GCM_SHA256", EVP_PKEY_NONE, false, true},
};

/* What OpenSSL complains about, for sentences about our own configuration. */
static enum fault
explain_openssl(struct why *why, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(error);

	ERR_clear_error();
	return explain(why, FAULT_SYSTEM, "%s: %s", what,
	    reason != NULL ? reason : "the TLS library refused it without a reason");
}

static bool
plan_has_key_type(const struct tls_plan *plan, int type)
{
	/* A client can check a server of either kind. */
	if (plan->side == TLS_CLIENT || type == EVP_PKEY_NONE)
		return true;
	for (size_t i = 0; i < plan->identity_count; i++)
		if (EVP_PKEY_get_base_id(X509_get0_pubkey(plan->identities[i].certificate)) == type)
			return true;
	return false;
}

static void
list_suites(const struct tls_plan *plan, bool tls13, struct buffer *list)
{
	for (size_t i = 0; i < COUNT(suites); i++) {
		if (suites[i].tls13 != tls13 || (plan->aes_256_only && !suites[i].aes_256) ||
		    !plan_has_key_type(plan, suites[i].key_type))
			continue;
		buffer_format(list, "%s%s", list->size > 0 ? ":" : "", suites[i].name);
	}
}

static enum fault
set_protocol(SSL_CTX *context, const struct tls_plan *plan, struct why *why)
{
	struct buffer twelve, thirteen;
	bool set;

	buffer_init(&twelve, 512);
	buffer_init(&thirteen, 512);
	list_suites(plan, false, &twelve);
	list_suites(plan, true, &thirteen);
	SSL_CTX_set_security_level(context, 2);
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
	/* Idle connections keep no buffers; one read takes header and body of a record. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_read_ahead(context, 1);
	if (plan->small_records)
		SSL_CTX_set_max_send_fragment(context, TLS_SMALL_RECORD);
	set =
	    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(context, plan->tls13 ? TLS1_3_VERSION : TLS1_2_VERSION) ==
		1 &&
	    SSL_CTX_set_cipher_list(context, buffer_text_of(&twelve)) == 1 &&
	    SSL_CTX_set_ciphersuites(context, plan->tls13 ? buffer_text_of(&thirteen) : "") == 1 &&
	    SSL_CTX_set1_groups_list(context, groups) == 1 &&
	    SSL_CTX_set1_sigalgs_list(context, signature_algorithms) == 1;
	buffer_finish(&twelve);
	buffer_finish(&thirteen);
	return set ? FAULT_NONE : explain_openssl(why, "TLS versions, suites and curves");
}

static enum fault
set_identities(SSL_CTX *context, const struct tls_plan *plan, struct why *why)
{
	if (plan->side == TLS_SERVER && plan->identity_count == 0)
		return explain(why, FAULT_MISSING, "a TLS server without a certificate");
	for (size_t i = 0; i < plan->identity_count; i++) {
		const struct tls_identity *identity = &plan->identities[i];

		if (X509_check_private_key(identity->certificate, identity->key) != 1) {
			ERR_clear_error();
			return explain(why, FAULT_UNTRUSTED,
			    "the private key does not belong to the certificate");
		}
		if (SSL_CTX_use_cert_and_key(
			context, identity->certificate, identity->key, identity->chain, 1) != 1)
			return explain_openssl(why, "TLS certificate");
	}
	return FAULT_NONE;
}

static enum fault
set_peer(SSL_CTX *context, const struct tls_plan *plan, struct why *why)
{
	int mode = SSL_VERIFY_NONE;

	if (plan->side == TLS_CLIENT || plan->peer_certificate != TLS_PEER_NONE)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
	if (plan->peer_certificate == TLS_PEER_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(context, mode, NULL);
	SSL_CTX_set_cert_verify_callback(context, channel_approve_presented, NULL);
	for (int i = 0; i < sk_X509_num(plan->wanted_issuers); i++)
		if (SSL_CTX_add_client_CA(context, sk_X509_value(plan->wanted_issuers, i)) != 1)
			return explain_openssl(why, "names of the wanted issuers");
	return FAULT_NONE;
}

static enum fault
set_sessions(SSL_CTX *context, const struct tls_plan *plan, struct why *why)
{
	const char *purpose = plan->purpose != NULL ? plan->purpose : "ringfence";
	size_t size = strlen(purpose);

	/* Nothing is kept in memory: the ticket is the session. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(context, TLS_TICKET_LIFETIME_S);
	SSL_CTX_set_num_tickets(context, 0);
	if (plan->side == TLS_CLIENT)
		SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
	if (size > SSL_MAX_SID_CTX_LENGTH ||
	    SSL_CTX_set_session_id_context(
		context, (const unsigned char *)purpose, (unsigned)size) != 1)
		return explain(why, FAULT_LIMIT, "the TLS purpose '%s' is too long", purpose);
	return FAULT_NONE;
}

enum fault
tls_new(struct tls **tls, const struct tls_plan *plan, struct why *why)
{
	struct tls *made = calloc(1, sizeof(*made));
	enum fault fault;

	if (made == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a TLS context");
	made->references = 1;
	made->side = plan->side;
	made->context =
	    SSL_CTX_new(plan->side == TLS_SERVER ? TLS_server_method() : TLS_client_method());
	if (made->context == NULL) {
		fault = explain_openssl(why, "TLS context");
		goto done;
	}
	if ((fault = set_protocol(made->context, plan, why)) ||
	    (fault = set_identities(made->context, plan, why)) ||
	    (fault = set_peer(made->context, plan, why)) ||
	    (fault = set_sessions(made->context, plan, why)))
		goto done;
	SSL_CTX_set_app_data(made->context, made);
	*tls = made;
	made = NULL;
done:
	tls_free(made);
	return fault;
}

struct tls *
tls_hold(struct tls *tls)
{
	if (tls != NULL)
		tls->references++;
	return tls;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL || --tls->references > 0)
		return;
	SSL_CTX_free(tls->context);
	OPENSSL_cleanse(tls->ticket_key, sizeof(tls->ticket_key));
	free(tls);
}

enum tls_side
tls_side(const struct tls *tls)
{
	return tls->side;
}

SSL_CTX *
tls_context(struct tls *tls)
{
	return tls->context;
}

/* The key a ticket names, or the newest to make one; NULL when we have it no longer. */
static const uint8_t *
find_ticket_key(const struct tls *tls, const uint8_t *name, bool *newest)
{
	for (size_t i = 0; i < tls->ticket_keys; i++)
		if (name == NULL ||
		    memcmp(tls->ticket_key[i] + TICKET_NAME, name, TICKET_NAME_SIZE) == 0) {
			*newest = i == 0;
			return tls->ticket_key[i];
		}
	return NULL;
}

/* OpenSSL asks: prepare cipher and MAC for one ticket. 0: a full handshake instead. */
static int
prepare_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
    EVP_MAC_CTX *mac, int encrypt)
{
	const struct tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	bool newest = false;
	const uint8_t *key = find_ticket_key(tls, encrypt ? NULL : name, &newest);
	OSSL_PARAM parameters[] = {
	    OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, NULL, 0),
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char[]){"SHA256"}, 0),
	    OSSL_PARAM_construct_end(),
	};

	if (key == NULL)
		return 0;
	parameters[0].data = (void *)(uintptr_t)(key + TICKET_MAC);
	parameters[0].data_size = TICKET_PART;
	if (encrypt) {
		memcpy(name, key + TICKET_NAME, TICKET_NAME_SIZE);
		if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1)
			return -1;
	}
	if (EVP_MAC_CTX_set_params(mac, parameters) != 1 ||
	    EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key + TICKET_AES, iv, encrypt) != 1)
		return -1;
	return newest ? 1 : 2; /* 2: give the peer a fresh one */
}

/* A ticket opened: its certificate is approved anew, or a full handshake says why not. */
static SSL_TICKET_RETURN
accept_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name, size_t size,
    SSL_TICKET_STATUS status, void *arg)
{
	(void)name, (void)size, (void)arg;
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	if (!channel_approve_resumed(ssl, session))
		return SSL_TICKET_RETURN_IGNORE_RENEW;
	return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

enum fault
tls_set_ticket_keys(struct tls *tls, struct bytes keys, struct why *why)
{
	struct bytes key;
	size_t count = 0;

	if (keys.left == 0 || keys.left % TLS_TICKET_KEY_SIZE != 0 ||
	    keys.left / TLS_TICKET_KEY_SIZE > TLS_TICKET_KEYS_MOST)
		return explain(why, FAULT_MALFORMED, "ticket keys of %zu bytes", keys.left);
	while (bytes_take(&keys, TLS_TICKET_KEY_SIZE, &key))
		memcpy(tls->ticket_key[count++], key.at, TLS_TICKET_KEY_SIZE);
	tls->ticket_keys = count;
	SSL_CTX_clear_options(tls->context, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(tls->context, 1);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(tls->context, prepare_ticket);
	SSL_CTX_set_session_ticket_cb(tls->context, NULL, accept_ticket, NULL);
	return FAULT_NONE;
}
