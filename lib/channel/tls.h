/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/tls.h - what our TLS speaks: versions, suites, curves, identities, tickets.
 *
 * TLS 1.2 with ECDHE and AES-GCM only: for an RSA certificate exactly
 * TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, for an EC
 * certificate the two ECDHE_ECDSA twins; the server's preference counts. TLS 1.3
 * (TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256) only where the plan allows it. No
 * renegotiation, no compression, nothing below TLS 1.2. Curves X25519, P-256, P-384, P-521.
 *
 * A context never changes its identity: to reload certificates, make a new one and hand it to
 * channel_listener_set_tls(). Connections that are open keep theirs.
 */
#ifndef CHANNEL_TLS_H
#define CHANNEL_TLS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/fault.h"

enum {
	TLS_IDENTITIES_MOST = 2,      /* one RSA and one EC certificate side by side */
	TLS_TICKET_KEY_SIZE = 80,     /* name 16, AES-256 key 32, HMAC-SHA256 key 32 */
	TLS_TICKET_KEYS_MOST = 3,     /* the one that encrypts, and older ones still accepted */
	TLS_SMALL_RECORD = 4096,      /* bytes */
	TLS_TICKET_LIFETIME_S = 7200, /* a ticket older than that is ignored */
};

enum tls_side { TLS_SERVER, TLS_CLIENT };

enum tls_peer_certificate {
	TLS_PEER_NONE,     /* servers only: not asked for */
	TLS_PEER_ASKED,    /* servers only: asked for; its absence is a fact, not a refusal */
	TLS_PEER_REQUIRED, /* absence is refused; clients always require the server's */
};

struct tls_identity {
	X509 *certificate;
	STACK_OF(X509) * chain; /* sent after it; may be NULL */
	EVP_PKEY *key;          /* may live in the keykeeper */
};

struct tls_plan {
	enum tls_side side;
	struct tls_identity identities[TLS_IDENTITIES_MOST];
	size_t identity_count; /* a server needs one at least */
	enum tls_peer_certificate peer_certificate;
	/* The names a server sends with its request, so that a phone knows which certificate is
	 * wanted (CAPF, manufacturing CA). May be NULL. */
	STACK_OF(X509) * wanted_issuers;
	bool aes_256_only;
	bool tls13; /* default false: strict */
	/* We send records of TLS_SMALL_RECORD bytes at most: less memory for many connections with
	 * short messages. */
	bool small_records;
	const char *purpose; /* "sip", "https": sessions of one are never resumed in another */
};

struct tls;

/* Takes its own references; refuses a key that does not belong to its certificate. */
enum fault tls_new(struct tls **tls, const struct tls_plan *plan, struct why *why) MUST_CHECK;
/* One more reference to the same context; each is ended by tls_free(). NULL gives NULL. */
struct tls *tls_hold(struct tls *tls);
/* Connections that use it keep it alive. */
void tls_free(struct tls *tls);
enum tls_side tls_side(const struct tls *tls);
/* The context itself, for what lives on OpenSSL directly. Still owned by tls. */
SSL_CTX *tls_context(struct tls *tls);

/*
 * Keys for session tickets: 1 to TLS_TICKET_KEYS_MOST of TLS_TICKET_KEY_SIZE bytes, the newest
 * first; the newest encrypts, all decrypt. Copied, wiped with the context. Until it is called a
 * server gives no tickets. All edges of a node are given the same keys.
 */
enum fault tls_set_ticket_keys(struct tls *tls, struct bytes keys, struct why *why) MUST_CHECK;
#endif
