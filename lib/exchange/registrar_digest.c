/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/registrar_digest.h"

static const char *
ha1_of(const struct subscriber *subscriber, enum sip_digest digest)
{
	return digest == SIP_DIGEST_SHA256 ? subscriber->ha1_sha256 : subscriber->ha1_md5;
}

static enum fault
check_words(const struct exchange *exchange, const struct subscriber *subscriber,
    const struct sip_message *request, const struct sip_credentials *credentials, struct why *why)
{
	struct sip_uri uri;

	if (subscriber->digest_user[0] == '\0' ||
	    !bytes_equal_text(credentials->user, subscriber->digest_user))
		return explain(why, FAULT_UNTRUSTED, "the digest user is not the line's");
	if (!bytes_equal_text(credentials->realm, exchange->realm))
		return explain(why, FAULT_UNTRUSTED, "the digest is for another realm");
	if (!credentials->qop_auth)
		return explain(why, FAULT_UNTRUSTED, "the digest has no qop");
	if (sip_uri_read(credentials->uri, &uri, why) != FAULT_NONE ||
	    !sip_uri_equal(&uri, &request->uri))
		return explain(why, FAULT_UNTRUSTED, "the digest is for another URI");
	if (ha1_of(subscriber, credentials->digest)[0] == '\0')
		return explain(why, FAULT_UNTRUSTED, "the digest's algorithm was not offered");
	return FAULT_NONE;
}

/* The first credentials we can read; a client that knows both algorithms sends one. */
static bool
find_credentials(const struct sip_message *request, struct sip_credentials *credentials)
{
	const struct sip_header *header = sip_message_header(request, SIP_HEADER_AUTHORIZATION);

	for (; header != NULL; header = sip_message_next(request, header))
		if (sip_credentials_read(header->value, credentials, NULL) == FAULT_NONE)
			return true;
	return false;
}

enum digest_proof
registrar_digest_check(struct exchange *exchange, struct connection *connection,
    const struct subscriber *subscriber, const struct sip_message *request, struct why *why)
{
	struct sip_credentials credentials;
	enum sip_nonce_state nonce;

	if (!find_credentials(request, &credentials))
		return DIGEST_ABSENT;
	nonce = sip_nonce_check(&exchange->nonces, credentials.nonce, exchange->now_ms / 1000,
	    exchange->limits.nonce_s, connection->flow.id);
	if (nonce != SIP_NONCE_FRESH)
		return DIGEST_STALE; /* another connection's, an old one: no proof, and no guess */
	if (check_words(exchange, subscriber, request, &credentials, why) != FAULT_NONE ||
	    sip_credentials_verify(&credentials, "REGISTER", ha1_of(subscriber, credentials.digest),
		why) != FAULT_NONE)
		return DIGEST_WRONG;
	if (sip_nonce_count(&connection->nonce_window, &credentials, why) != FAULT_NONE)
		return DIGEST_STALE;
	return DIGEST_RIGHT;
}

void
registrar_digest_challenge(struct exchange *exchange, const struct connection *connection,
    const struct subscriber *subscriber, bool stale, struct sip_extra *extra)
{
	char nonce[SIP_NONCE_SIZE], text[SIP_DIGEST_TEXT_SIZE];
	struct sip_challenge challenge = {
	    .realm = bytes_text(exchange->realm), .qop_auth = true, .stale = stale};

	sip_nonce_make(&exchange->nonces, exchange->now_ms / 1000, connection->flow.id, nonce);
	challenge.nonce = bytes_text(nonce);
	for (int digest = 0; digest < SIP_DIGESTS; digest++) {
		challenge.digest = (enum sip_digest)digest;
		if (ha1_of(subscriber, challenge.digest)[0] != '\0' &&
		    sip_challenge_write(&challenge, text, sizeof(text), NULL) == FAULT_NONE)
			sip_extra_header(extra, SIP_HEADER_WWW_AUTHENTICATE, "%s", text);
	}
}
