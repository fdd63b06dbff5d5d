/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/capf_authority.h - the judge behind CAPF sessions: which operation waits for a
 * device, whether its proof counts, and the certificate itself. The owner of capf_server.
 *
 * The operator's wish stands in the directory; how far it has come stands in the enrolment
 * store. Nothing is permitted that no wish asks for.
 */
#ifndef ENROLMENT_CAPF_AUTHORITY_H
#define ENROLMENT_CAPF_AUTHORITY_H

#include <openssl/x509.h>

#include "directory/directory.h"
#include "enrolment/capf_server.h"
#include "enrolment/enrolment_store.h"

enum { CAPF_ATTEMPTS_MOST = 5 /* authentication strings per wish */ };

struct capf_authority {
	struct directory *directory;
	struct enrolment_store *store;
	X509 *issuer; /* capf.pem: RSA, may issue */
	EVP_PKEY *issuer_key;
	STACK_OF(X509) * factories; /* manufacturing CAs whose MICs are believed */
	STACK_OF(X509) * issuers;   /* CAPF certificates whose LSCs are believed */
	int64_t (*now)(void);       /* Unix time */
	/* Told after everything is recorded: for log and audit. certificate: the one that was
	 * issued and stored, or NULL. */
	void (*ended)(void *arg, const struct capf_outcome *outcome);
	void *arg;
};

/* For capf_server_new(), with a struct capf_authority as its arg. */
extern const struct capf_server_owner capf_authority_owner;

/* What waits for this device now; CAPF_OPERATION_NONE when nothing does. */
enum fault capf_authority_find(struct capf_authority *authority, const char *device,
    struct capf_task *task, struct why *why) MUST_CHECK;
#endif
