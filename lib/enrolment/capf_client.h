/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_client.h - the phone's side of one CAPF session, without I/O.
 *
 * The new key is made under another name and replaces the old one only after the certificate
 * was checked and stored: a session that breaks off anywhere leaves the phone as it was, or
 * with the new key and certificate, never between.
 */
#ifndef ENROLMENT_CAPF_CLIENT_H
#define ENROLMENT_CAPF_CLIENT_H

#include "enrolment/capf_key.h"
#include "enrolment/capf_message.h"
#include "enrolment/capf_proof.h"

/* The phone's part; all answer at once. Any may refuse: the session then ends as failed. */
struct capf_client_owner {
	/* Makes a key of that kind aside; appends its SubjectPublicKeyInfo. */
	enum fault (*make_key)(
	    void *arg, enum key_kind kind, struct buffer *public_key, struct why *why);
	/* The certificate over the key of make_key: check it (issuer, name, key, time), store it,
	 * put the key in its place. Whole or not at all. */
	enum fault (*store)(void *arg, struct bytes certificate, struct why *why);
	/* Removes the LSC and its key. No LSC is no fault. */
	enum fault (*remove)(void *arg, struct why *why);
	/* Appends the certificate the phone would use now. FAULT_MISSING: none. */
	enum fault (*fetch)(void *arg, enum capf_certificate_type *type, struct buffer *certificate,
	    struct why *why);
	/* The end, once. FAULT_NONE: reason says OK or NOTHING. */
	void (*ended)(void *arg, enum fault fault, enum capf_reason reason, const struct why *why);
};

/* How the phone proves itself. All copied. */
struct capf_client_plan {
	const char *device;       /* "SEP001122334455" */
	const char *string;       /* authentication string, or NULL */
	EVP_PKEY *key;            /* of certificate, in the keykeeper; or NULL */
	struct bytes certificate; /* DER; empty when key is NULL */
	enum capf_certificate_type type;
	bool weak_keys;                        /* RSA below 2048 bits may be asked of us */
	const struct capf_client_owner *owner; /* kept, not copied */
	void *arg;
};

struct capf_client;

enum fault capf_client_new(
    struct capf_client **client, const struct capf_client_plan *plan, struct why *why) MUST_CHECK;
/* NULL is fine. Not told to `ended`. */
void capf_client_free(struct capf_client *client);
/* As capf_server_receive(). */
enum fault capf_client_receive(struct capf_client *client, struct bytes bytes,
    struct buffer *output, struct why *why) MUST_CHECK;
bool capf_client_over(const struct capf_client *client);
/* The connection ended or was never made: tells `ended` unless it was told. */
void capf_client_give_up(struct capf_client *client, enum fault fault, const struct why *why);
#endif
