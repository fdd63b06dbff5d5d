/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_server.h - the manager's side of one CAPF session, without I/O: bytes in,
 * bytes and questions out. What is stored, who is trusted and which key signs is the owner's.
 *
 * install and upgrade are one sequence: authenticate, ask for a key, issue, have it stored.
 * Every session ends with END SESSION and is told to `ended` exactly once.
 */
#ifndef ENROLMENT_CAPF_SERVER_H
#define ENROLMENT_CAPF_SERVER_H

#include "enrolment/capf_key.h"
#include "enrolment/capf_message.h"
#include "enrolment/capf_proof.h"

enum capf_operation {
	CAPF_OPERATION_NONE,
	CAPF_OPERATION_INSTALL, /* also upgrade */
	CAPF_OPERATION_DELETE,
	CAPF_OPERATION_FETCH, /* "troubleshoot": the phone shows the certificate it has */
	CAPF_OPERATIONS
};
const char *capf_operation_name(enum capf_operation operation);

/* How the device must prove itself for the pending operation. */
enum capf_mode {
	CAPF_MODE_CERTIFICATE, /* MIC or LSC, with proof of its key */
	CAPF_MODE_STRING,
	CAPF_MODE_NULL, /* nothing is proved; never a default */
	CAPF_MODES
};
const char *capf_mode_name(enum capf_mode mode);

struct capf_task {
	enum capf_operation operation;
	enum capf_mode mode;
	enum key_kind key;
};

/* How it ended. fault FAULT_NONE: done (or nothing to do). */
struct capf_outcome {
	const char *device; /* "" before the phone named itself */
	struct capf_task task;
	bool known;               /* the device exists and task is meant */
	enum capf_reason reason;  /* what the phone was told */
	struct bytes certificate; /* issued and stored, or fetched; DER */
	enum fault fault;
	struct why why;
};

/* The owner's part; all answer at once. */
struct capf_server_owner {
	/* FAULT_MISSING: no such device. Otherwise *task, CAPF_OPERATION_NONE if nothing waits. */
	enum fault (*find)(void *arg, const char *device, struct capf_task *task, struct why *why);
	/* Is this the string? Counts attempts, right or wrong. */
	enum fault (*check_string)(
	    void *arg, const char *device, struct bytes string, struct why *why);
	/* Is it a certificate of that type, of this device, valid now, up to our roots? */
	enum fault (*check_certificate)(void *arg, const char *device,
	    enum capf_certificate_type type, struct bytes der, struct why *why);
	/* Makes the device's certificate over public_key (checked), appends DER to certificate. */
	enum fault (*issue)(void *arg, const char *device, struct bytes public_key,
	    struct buffer *certificate, struct why *why);
	/* The end, once. */
	void (*ended)(void *arg, const struct capf_outcome *outcome);
};

struct capf_server;

/* Begins: writes the AUTH REQUEST to output. owner is kept, not copied. */
enum fault capf_server_new(struct capf_server **server, uint32_t session,
    const struct capf_server_owner *owner, void *arg, struct buffer *output,
    struct why *why) MUST_CHECK;
/* A session that is freed before its end is told to `ended` as FAULT_CLOSED. NULL is fine. */
void capf_server_free(struct capf_server *server);
/*
 * Takes the next bytes of the stream and appends what must be sent, one message at most per call
 * (each must leave in one write). Returns a fault only when the session ended badly; it has then
 * written END SESSION and told `ended`.
 */
enum fault capf_server_receive(struct capf_server *server, struct bytes bytes,
    struct buffer *output, struct why *why) MUST_CHECK;
/* Nothing more will be said: send the output and close. */
bool capf_server_over(const struct capf_server *server);
/* The owner gives up (deadline, connection lost): tells `ended`; *fault and why say what. */
void capf_server_give_up(struct capf_server *server, enum fault fault, const struct why *why);
#endif
