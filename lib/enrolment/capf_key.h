/* SPDX-License-Identifier: Apache-2.0 */
/* lib/enrolment/capf_key.h - the kinds of key a CAPF session may ask for, in one table. */
#ifndef ENROLMENT_CAPF_KEY_H
#define ENROLMENT_CAPF_KEY_H

#include "enrolment/capf_message.h"

enum capf_key {
	CAPF_KEY_RSA_512, /* formats have it; refused unless weak keys are permitted */
	CAPF_KEY_RSA_1024,
	CAPF_KEY_RSA_2048,
	CAPF_KEY_RSA_3072,
	CAPF_KEY_RSA_4096,
	CAPF_KEY_EC_P256,
	CAPF_KEY_EC_P384,
	CAPF_KEY_EC_P521,
	CAPF_KEYS
};

/* "rsa-2048", "ec-p384" */
const char *capf_key_name(enum capf_key key);
bool capf_key_from_name(struct bytes name, enum capf_key *key) MUST_CHECK;
/* Fills key type, bits or curve of a KEY REQUEST. */
void capf_key_request(enum capf_key key, struct capf_message *message);
/* What a KEY REQUEST asks for; no key type means RSA. */
enum fault capf_key_of_request(
    const struct capf_message *message, enum capf_key *key, struct why *why) MUST_CHECK;
/* Is this SubjectPublicKeyInfo of that kind and size, and whole? */
enum fault capf_key_check(enum capf_key key, struct bytes public_key, struct why *why) MUST_CHECK;
bool capf_key_weak(enum capf_key key);
#endif
