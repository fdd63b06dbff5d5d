/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_message.h - the messages by which a phone gets its certificate, as bytes:
 * { 0x55, u8 command, u32 session, u16 size, elements { u8 tag, u16 size, value } }. No I/O.
 */
#ifndef ENROLMENT_CAPF_MESSAGE_H
#define ENROLMENT_CAPF_MESSAGE_H

#include "base/buffer.h"
#include "base/fault.h"

enum {
	CAPF_PORT = 3804,
	CAPF_HEADER_SIZE = 8,
	CAPF_ELEMENTS_MOST = 16 * 1024, /* bytes; more is refused before it is read */
	CAPF_CERTIFICATE_MOST = 8 * 1024,
	CAPF_SIGNATURE_MOST = 1024,
	CAPF_STRING_MOST = 16, /* characters of an authentication string */
	CAPF_STRING_LEAST = 4,
	CAPF_DEVICE_MOST = 32,
	CAPF_VERSION = 3,
	CAPF_VERSION_LEAST = 2,
};

enum capf_command {
	CAPF_AUTH_REQUEST = 1,
	CAPF_AUTH_RESPONSE = 2,
	CAPF_KEY_REQUEST = 3,
	CAPF_KEY_RESPONSE = 4,
	CAPF_STORE_REQUEST = 9,
	CAPF_STORE_RESPONSE = 10,
	CAPF_FETCH_REQUEST = 11,
	CAPF_FETCH_RESPONSE = 12,
	CAPF_DELETE_REQUEST = 13,
	CAPF_DELETE_RESPONSE = 14,
	CAPF_END_SESSION = 15,
	CAPF_IN_PROGRESS = 17,
};

enum capf_reason {
	CAPF_REASON_NOTHING = 0, /* no operation is pending */
	CAPF_REASON_OK = 1,
	CAPF_REASON_DECLINED = 7,
	CAPF_REASON_UNKNOWN_DEVICE = 9,
};

enum capf_certificate_type { CAPF_LSC = 1, CAPF_MIC = 2 };
enum capf_key_type { CAPF_KEY_RSA = 0, CAPF_KEY_EC = 1 };
enum capf_curve { CAPF_P256 = 0, CAPF_P384 = 1, CAPF_P521 = 2 };

/* The elements, by tag. */
enum capf_element {
	CAPF_REASON = 1,
	CAPF_REASON_INFO = 2,
	CAPF_CERTIFICATE_TYPE = 3,
	CAPF_CERTIFICATE = 4,
	CAPF_SIGNED_DATA = 6, /* over SHA-1 */
	CAPF_PROTOCOL_VERSION = 7,
	CAPF_AUTH_TYPE = 8,
	CAPF_PUBLIC_KEY = 9, /* SubjectPublicKeyInfo, DER */
	CAPF_KEY_SIZE = 10,  /* bits */
	CAPF_PASSWORD = 11,
	CAPF_DEVICE_NAME = 13,
	CAPF_SUDI = 16,
	CAPF_KEY_TYPE = 17,
	CAPF_CURVE = 18,
	CAPF_SHA2_SIGNED_DATA = 20, /* over SHA-512 */
	CAPF_TAGS = 21
};

/*
 * Which members count: has & 1 << tag. Views into the bytes that were read. Numbers, texts and
 * certificates are unwrapped: device and password without their NUL, certificate as DER,
 * sha2_signature without its digest byte.
 */
struct capf_message {
	enum capf_command command;
	uint32_t session;
	uint32_t has; /* set of 1 << enum capf_element */
	uint8_t reason, version, auth_type, key_type, curve;
	uint8_t certificate_type; /* CAPF_CERTIFICATE_TYPE, and the type byte of CAPF_CERTIFICATE */
	uint16_t key_bits;
	struct bytes reason_info, certificate, sha1_signature, sha2_signature, public_key, password,
	    device, sudi;
};

bool capf_message_has(const struct capf_message *message, enum capf_element element);

/* Is a whole message at the front of a stream? *size is what it takes. FAULT_BUSY: not yet, come
 * with more. FAULT_MALFORMED, FAULT_LIMIT: it never will be. */
enum fault capf_message_size(struct bytes stream, size_t *size, struct why *why) MUST_CHECK;
/* Reads exactly one message. An element we do not know is passed over; one that is known but has
 * no place in the command is refused, as is one given twice or one missing. */
enum fault capf_message_read(
    struct bytes input, struct capf_message *message, struct why *why) MUST_CHECK;
/* Appends the message, elements in the order of their tags. The buffer is spoilt by a value that
 * does not fit its element. */
void capf_message_write(const struct capf_message *message, struct buffer *buffer);
/* "KEY REQUEST", for sentences. */
const char *capf_command_name(enum capf_command command);
#endif
