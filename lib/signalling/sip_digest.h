/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_digest.h - digest authentication, both ends (RFC 3261 22, RFC 7616, RFC 8760):
 * MD5 and SHA-256, qop auth, nonces that carry their own time.
 *
 * A server:
 *     sip_nonce_make(&secret, now_s, flow_id, nonce);
 *     sip_challenge_write(&challenge, text, sizeof(text));            WWW-Authenticate: ...
 *     sip_credentials_read(value, &credentials, &why);                the next request
 *     sip_nonce_check(&secret, credentials.nonce, now_s, life_s, flow_id)  SIP_NONCE_FRESH?
 *     sip_credentials_verify(&credentials, "REGISTER", ha1, &why);
 *     sip_nonce_count(&window, &credentials, &why)                    no replay
 * A client:
 *     sip_challenge_read(value, &challenge, &why);
 *     sip_digest_answer(&challenge, &answer, text, sizeof(text), &why);  Authorization: ...
 */
#ifndef SIGNALLING_SIP_DIGEST_H
#define SIGNALLING_SIP_DIGEST_H

#include "base/bytes.h"
#include "base/fault.h"

enum sip_digest { SIP_DIGEST_SHA256, SIP_DIGEST_MD5, SIP_DIGESTS }; /* the better one first */

enum {
	SIP_HA1_SIZE = 65,   /* hexadecimal with its NUL, of either */
	SIP_NONCE_SIZE = 64, /* text with its NUL */
	SIP_NONCE_SECRET_SIZE = 32,
	SIP_CNONCE_SIZE = 33,
	SIP_DIGEST_TEXT_SIZE = 1024, /* room for a challenge or credentials as text */
};

/* "SHA-256", "MD5" */
const char *sip_digest_name(enum sip_digest digest);
/* Lower-case hexadecimal of H(user:realm:password): a secret. */
enum fault sip_digest_ha1(enum sip_digest digest, struct bytes user, struct bytes realm,
    struct bytes password, char ha1[SIP_HA1_SIZE], struct why *why) MUST_CHECK;

/* Views into the header value when read. */
struct sip_challenge {
	enum sip_digest digest;
	struct bytes realm, nonce, opaque;
	bool qop_auth; /* the server offers qop="auth" */
	bool stale;
};
/* FAULT_MISSING: not a Digest challenge we can answer (other scheme or algorithm): try the next. */
enum fault sip_challenge_read(
    struct bytes value, struct sip_challenge *challenge, struct why *why) MUST_CHECK;
enum fault sip_challenge_write(
    const struct sip_challenge *challenge, char *text, size_t room, struct why *why) MUST_CHECK;

struct sip_answer {
	struct bytes user;
	struct bytes password; /* or ha1, when not "" */
	const char *ha1;       /* NULL: computed from password */
	const char *method;
	struct bytes uri;   /* the request URI */
	const char *cnonce; /* random text, when qop_auth */
	uint32_t nc;        /* 1, 2 ... for each request with this nonce */
};
enum fault sip_digest_answer(const struct sip_challenge *challenge, const struct sip_answer *answer,
    char *text, size_t room, struct why *why) MUST_CHECK;

struct sip_credentials {
	enum sip_digest digest;
	struct bytes user, realm, nonce, uri, response, opaque, cnonce;
	bool qop_auth;
	struct bytes nc_text;
	uint32_t nc; /* 0 without qop */
};
/* FAULT_MISSING: another scheme or algorithm: treat as if there were none. */
enum fault sip_credentials_read(
    struct bytes value, struct sip_credentials *credentials, struct why *why) MUST_CHECK;
/*
 * FAULT_UNTRUSTED: the response is wrong. Compares in constant time. That credentials.uri names the
 * same resource as the request URI, and the realm is ours, is the caller's to check.
 */
enum fault sip_credentials_verify(const struct sip_credentials *credentials, const char *method,
    const char *ha1, struct why *why) MUST_CHECK;

struct sip_nonce_secret {
	uint8_t bytes[SIP_NONCE_SECRET_SIZE]; /* random, the caller's; wiped by the caller */
};
enum sip_nonce_state { SIP_NONCE_FRESH, SIP_NONCE_STALE, SIP_NONCE_FORGED };
/* bound_to: who may use it, such as the flow's id. now_s: any clock in seconds. */
void sip_nonce_make(const struct sip_nonce_secret *secret, uint64_t now_s, uint64_t bound_to,
    char nonce[SIP_NONCE_SIZE]);
enum sip_nonce_state sip_nonce_check(const struct sip_nonce_secret *secret, struct bytes nonce,
    uint64_t now_s, uint64_t life_s, uint64_t bound_to);

/* Which counts of one nonce were seen; one a flow or registration. All zero at first. */
struct sip_nonce_window {
	uint64_t nonce_hash, time_s; /* the nonce in use, and when it was made */
	uint32_t highest;
	uint64_t seen; /* bit n: highest - n */
};
/* FAULT_UNTRUSTED: this count was used before (answer stale=true). Only after verify. */
enum fault sip_nonce_count(struct sip_nonce_window *window,
    const struct sip_credentials *credentials, struct why *why) MUST_CHECK;
#endif
