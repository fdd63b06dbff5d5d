/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/channel/peer.h - who is at the other end of a connection: what it presented, what was
 * decided about it, and the facts others may rely on afterwards.
 */
#ifndef CHANNEL_PEER_H
#define CHANNEL_PEER_H

#include <openssl/x509.h>

#include "policy/address.h"
#include "policy/transport.h"

enum {
	PEER_NAME_SIZE = 128,  /* a subject common name */
	PEER_DN_SIZE = 256,    /* a whole distinguished name as text, cut to fit */
	PEER_SERIAL_SIZE = 48, /* hexadecimal */
	PEER_TRUSTED_BY_SIZE = 96,
	PEER_CERTIFICATE_MOST = 16 * 1024, /* bytes of DER */
};

/* One certificate as text, for people and records. */
struct peer_card {
	char name[PEER_NAME_SIZE]; /* subject common name; "" when it has none */
	char subject[PEER_DN_SIZE], issuer[PEER_DN_SIZE];
	char serial[PEER_SERIAL_SIZE];
	int64_t not_before, not_after; /* Unix time */
};

/* What `call`, the files and the audit may know of an open connection. */
struct peer_facts {
	enum transport transport;
	struct address local, remote;
	char version[16]; /* "TLSv1.2"; "" when not TLS */
	char suite[64];   /* the standard's name: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" */
	bool resumed;     /* by session ticket; the certificate was approved anew all the same */
	bool has_certificate;
	struct peer_card card;                 /* if has_certificate */
	struct bytes certificate;              /* DER, if has_certificate; a view */
	char trusted_by[PEER_TRUSTED_BY_SIZE]; /* the approver's words: "LSC issued by CAPF-1a2b" */
};

/* What the peer presented, for the one who decides. Views, valid during the call. */
struct peer_chain {
	X509 *certificate;              /* never NULL */
	STACK_OF(X509) * intermediates; /* as sent, unverified; may be NULL */
	bool peer_is_server;            /* we connected to it */
	bool resumed;                   /* from a ticket: only the certificate itself is known */
	const char *expected_name;      /* of the connector's plan; NULL otherwise */
	struct address remote;
};

/* The rule that was broken: decides the TLS alert and the sentence's words. */
enum peer_rule {
	PEER_RULE_NONE,
	PEER_RULE_EXPIRED,       /* alert certificate_expired */
	PEER_RULE_NOT_YET_VALID, /* alert bad_certificate */
	PEER_RULE_UNKNOWN_CA,    /* alert unknown_ca */
	PEER_RULE_REVOKED,       /* alert certificate_revoked */
	PEER_RULE_SIGNATURE,     /* alert decrypt_error: the issuer did not sign it */
	PEER_RULE_PURPOSE,       /* alert unsupported_certificate: not made for this use */
	PEER_RULE_NAME,          /* alert bad_certificate: a good certificate of someone else */
	PEER_RULE_WEAK,          /* alert bad_certificate: key or digest below our limit */
	PEER_RULE_OTHER,         /* alert certificate_unknown */
	PEER_RULE_ABSENT,        /* alert handshake_failure (1.2), certificate_required (1.3) */
	PEER_RULE_COUNT
};

struct peer_verdict {
	enum peer_rule rule;                   /* set it whenever the fault is not FAULT_NONE */
	char trusted_by[PEER_TRUSTED_BY_SIZE]; /* set it on approval */
};

/*
 * Decides about a presented chain. FAULT_NONE approves. FAULT_BUSY, allowed only when
 * chain->peer_is_server, means "not known yet": the handshake waits (within its deadline) until
 * channel_approve_again(), which asks once more. Any other fault refuses, with why's sentence.
 */
typedef enum fault peer_approve(
    void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why);

/* Fills the card from a certificate; text that is not printable ASCII or UTF-8 is escaped. */
void peer_card_read(X509 *certificate, struct peer_card *card);
/* "subject 'CN=..', issuer 'CN=..', serial 1a, valid 2026-01-01T.. to 2027-..". Returns text. */
const char *peer_card_text(const struct peer_card *card, char *text, size_t room);
/* "expired": a few words for logs; never "unknown". */
const char *peer_rule_words(enum peer_rule rule);
/* The next step an operator should take. */
const char *peer_rule_next_step(enum peer_rule rule, bool peer_is_server);
/* The X509_V_ERR_ value that makes OpenSSL send the rule's alert. */
int peer_rule_verify_error(enum peer_rule rule);
/* The reverse, for approvers that use X509_verify_cert() themselves. */
enum peer_rule peer_rule_of_verify_error(int error);
#endif
