/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/keys/keeper_message.h - what a process asks the keykeeper, and what it answers. Bytes only.
 *
 * One mailbox packet (base/mailbox.h) each; the mailbox type is the operation. Integers are big
 * endian, "sized" is { u16 length, value }:
 *
 *     every request  { u32 id, sized name, ... }       id: chosen by the asker, never 0
 *     generate       ... u8 kind, u8 allow_weak        answer: SubjectPublicKeyInfo, DER
 *     public         ...                               answer: SubjectPublicKeyInfo, DER
 *     sign           ... u8 scheme, u8 digest, u16 salt, sized data, sized key
 *                                                      answer: the signature
 *     decrypt        ... u8 scheme, sized data, sized key
 *                                                      answer: the plaintext
 *     remove         ...                               answer: empty
 *     rename         ... sized new_name                answer: empty
 *     list           (name is empty)                   answer: a row of sized names
 *
 *     answer         { u32 id, u8 fault, sized result }  a refusal's result is its sentence
 *     worker lost    {}          the worker died with whatever it was doing; a new one serves now
 *     new asker      { sized role } and one descriptor: from the supervisor, to the mailbox
 *
 * key, in sign and decrypt, is the SHA-256 of the SubjectPublicKeyInfo the asker has in mind:
 * a key that was replaced under its name must not sign for the old certificate.
 */
#ifndef KEYS_KEEPER_MESSAGE_H
#define KEYS_KEEPER_MESSAGE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/fault.h"
#include "keys/keeper_role.h"
#include "keys/key_kind.h"

enum keeper_operation {
	KEEPER_GENERATE = 1,
	KEEPER_PUBLIC,
	KEEPER_SIGN,
	KEEPER_DECRYPT,
	KEEPER_REMOVE,
	KEEPER_RENAME,
	KEEPER_LIST,
	KEEPER_OPERATION_END
};

/* The other mailbox types. */
enum { KEEPER_ANSWER = 100, KEEPER_WORKER_LOST, KEEPER_NEW_ASKER };

enum keeper_scheme {
	KEEPER_PKCS1, /* RSA PKCS#1 v1.5: sign a named digest, decrypt */
	KEEPER_RAW,   /* RSA, type-1 padding of the bytes as they are */
	KEEPER_PSS,   /* RSA-PSS, MGF1 with the same digest */
	KEEPER_ECDSA,
	KEEPER_OAEP, /* RSA-OAEP with SHA-256, decrypt only */
	KEEPER_SCHEME_COUNT
};

enum {
	KEEPER_NAME_MOST = 64,
	KEEPER_DATA_MOST = 512,     /* RSA-4096 ciphertext */
	KEEPER_RESULT_MOST = 8192,  /* 64 names */
	KEEPER_PACKET_MOST = 16384, /* with the mailbox's head */
	KEEPER_FINGERPRINT_SIZE = 32,
};

/* The views point into the packet that was read. Fields an operation lacks are zero. */
struct keeper_request {
	enum keeper_operation operation;
	uint32_t id;
	struct bytes name;
	enum key_kind kind;        /* generate */
	bool allow_weak;           /* generate */
	enum keeper_scheme scheme; /* sign, decrypt */
	enum key_digest digest;    /* sign */
	uint16_t salt;             /* sign with KEEPER_PSS: bytes */
	struct bytes data;         /* sign: a digest; decrypt: ciphertext */
	struct bytes key;          /* sign, decrypt: fingerprint */
	struct bytes new_name;     /* rename */
};

struct keeper_answer {
	uint32_t id;
	enum fault fault;
	struct bytes result; /* or, with a fault, the sentence */
};

/* type and body as from the mailbox. *request is untouched if refused. */
enum fault keeper_request_read(
    uint16_t type, struct bytes body, struct keeper_request *request, struct why *why) MUST_CHECK;
/* Appends the body; its type is request->operation. */
void keeper_request_write(struct buffer *body, const struct keeper_request *request);

enum fault keeper_answer_read(
    struct bytes body, struct keeper_answer *answer, struct why *why) MUST_CHECK;
void keeper_answer_write(struct buffer *body, const struct keeper_answer *answer);

enum fault keeper_new_asker_read(
    struct bytes body, enum keeper_role *role, struct why *why) MUST_CHECK;
void keeper_new_asker_write(struct buffer *body, enum keeper_role role);

/* "sign" */
const char *keeper_operation_name(enum keeper_operation operation);
/* "RSA-PSS" */
const char *keeper_scheme_name(enum keeper_scheme scheme);
#endif
