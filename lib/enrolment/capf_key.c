/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

static const enum key_kind curves[] = {
    [CAPF_P256] = KEY_P256,
    [CAPF_P384] = KEY_P384,
    [CAPF_P521] = KEY_P521,
};

void
capf_key_request(enum key_kind kind, struct capf_message *message)
{
	message->has |= UINT32_C(1) << CAPF_KEY_TYPE;
	if (key_kind_family(kind) == KEY_FAMILY_RSA) {
		message->key_type = CAPF_KEY_RSA;
		message->has |= UINT32_C(1) << CAPF_KEY_SIZE;
		message->key_bits = (uint16_t)key_kind_bits(kind);
		return;
	}
	message->key_type = CAPF_KEY_EC;
	message->has |= UINT32_C(1) << CAPF_CURVE;
	for (uint8_t i = 0; i < COUNT(curves); i++)
		if (curves[i] == kind)
			message->curve = i;
}

enum fault
capf_key_of_request(const struct capf_message *message, enum key_kind *kind, struct why *why)
{
	bool ec = capf_message_has(message, CAPF_KEY_TYPE) && message->key_type != CAPF_KEY_RSA;

	if (ec && message->key_type != CAPF_KEY_EC)
		return explain(why, FAULT_MALFORMED, "unknown key type %u", message->key_type);
	if (!ec) {
		if (!capf_message_has(message, CAPF_KEY_SIZE))
			return explain(why, FAULT_MALFORMED, "an RSA key without its size");
		return key_kind_of_rsa(message->key_bits, kind, why);
	}
	if (!capf_message_has(message, CAPF_CURVE) || message->curve >= COUNT(curves))
		return explain(why, FAULT_MALFORMED, "an EC key on no known curve");
	*kind = curves[message->curve];
	return FAULT_NONE;
}

static bool
is_kind(EVP_PKEY *key, enum key_kind kind)
{
	char group[32];

	if (key_kind_family(kind) == KEY_FAMILY_RSA)
		return EVP_PKEY_is_a(key, "RSA") &&
		       EVP_PKEY_get_bits(key) == (int)key_kind_bits(kind);
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       OBJ_sn2nid(group) == EC_curve_nist2nid(key_kind_group(kind));
}

static enum fault
check_key(EVP_PKEY *key, enum key_kind kind, struct why *why)
{
	EVP_PKEY_CTX *context;
	bool usable;

	if (!is_kind(key, kind))
		return explain(why, FAULT_FORBIDDEN, "a public key of %d bits, %s was asked for",
		    EVP_PKEY_get_bits(key), key_kind_name(kind));
	context = EVP_PKEY_CTX_new(key, NULL);
	usable = context != NULL && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	if (!usable)
		return explain(why, FAULT_MALFORMED, "the public key is not a valid %s key",
		    key_kind_name(kind));
	return FAULT_NONE;
}

enum fault
capf_key_check(enum key_kind kind, struct bytes public_key, struct why *why)
{
	const uint8_t *at = public_key.at;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)public_key.left);
	enum fault fault;

	if (key == NULL || at != public_key.at + public_key.left)
		fault = explain(why, FAULT_MALFORMED, "the public key cannot be read");
	else
		fault = check_key(key, kind, why);
	EVP_PKEY_free(key);
	return fault;
}
