/* SPDX-License-Identifier: Apache-2.0 */
/* lib/enrolment/capf_key.h - the kinds of key a CAPF session may ask for, and how it says so. */
#ifndef ENROLMENT_CAPF_KEY_H
#define ENROLMENT_CAPF_KEY_H

#include "enrolment/capf_message.h"
#include "keys/key_kind.h"

/* Fills key type, bits or curve of a KEY REQUEST. */
void capf_key_request(enum key_kind kind, struct capf_message *message);
/* What a KEY REQUEST asks for; no key type means RSA. */
enum fault capf_key_of_request(
    const struct capf_message *message, enum key_kind *kind, struct why *why) MUST_CHECK;
/* Is this SubjectPublicKeyInfo of that kind and size, whole, and a usable key? */
enum fault capf_key_check(enum key_kind kind, struct bytes public_key, struct why *why) MUST_CHECK;
#endif
