/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/enrolment.c - the process that gives phones their certificates: CAPF over TLS. It reads
 * the operator's wishes from site.db, keeps what became of them in enrolment.db, and signs
 * through the keykeeper.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "enrolment/capf_authority.h"
#include "enrolment/capf_service.h"
#include "manager/admin_message.h"
#include "manager/start.h"
#include "storage/storage.h"
#include "trust/certificate.h"

struct enrolment {
	struct start *start;
	struct capf_authority authority;
	struct tls *tls;
	struct capf_service *service;
	struct mailbox *admin;
};

static const char *
event_of(const struct capf_outcome *outcome)
{
	static const char *const events[CAPF_OPERATIONS] = {
	    [CAPF_OPERATION_NONE] = "CAPF session without an operation",
	    [CAPF_OPERATION_INSTALL] = "certificate installed",
	    [CAPF_OPERATION_DELETE] = "certificate deleted",
	    [CAPF_OPERATION_FETCH] = "certificate fetched",
	};

	return outcome->fault == FAULT_NONE ? events[outcome->task.operation]
					    : "CAPF session refused";
}

/* Facts of the certificate the session was about, if there was one. */
static size_t
describe(struct bytes der, struct certificate_facts *facts, struct log_field fields[4])
{
	X509 *certificate = NULL;
	struct why ignored;
	size_t count = 0;

	if (der.left > 0 && certificate_read(der, &certificate, &ignored) == FAULT_NONE &&
	    certificate_describe(certificate, facts, &ignored) == FAULT_NONE) {
		fields[count++] = LOG_TEXT("subject", facts->subject);
		fields[count++] = LOG_TEXT("issuer", facts->issuer);
		fields[count++] = LOG_TEXT("serial", facts->serial);
		fields[count++] = LOG_TEXT("key", facts->key_text);
	}
	X509_free(certificate);
	return count;
}

static void
on_ended(void *arg, const struct capf_outcome *outcome)
{
	static struct certificate_facts facts;
	struct enrolment *enrolment = arg;
	const struct address *peer = capf_service_peer(enrolment->service);
	char peer_text[ADDRESS_TEXT_SIZE];
	struct log_field fields[6] = {
	    LOG_TEXT("operation", capf_operation_name(outcome->task.operation)),
	    LOG_TEXT("proof", outcome->known ? capf_mode_name(outcome->task.mode) : "none")};
	struct audit_record record = {.event = event_of(outcome),
	    .device = outcome->device[0] != '\0' ? outcome->device : NULL,
	    .peer = peer != NULL ? address_text(peer, peer_text) : NULL,
	    .reason = outcome->fault == FAULT_NONE ? "as ordered" : outcome->why.text,
	    .fields = fields,
	    .counted = outcome->fault != FAULT_NONE};

	/* A phone that asks at each start whether something waits is no event. */
	if (outcome->fault == FAULT_NONE && outcome->task.operation == CAPF_OPERATION_NONE) {
		log_info("enrolment", "nothing waits", LOG_TEXT("device", outcome->device));
		return;
	}
	record.count = 2 + describe(outcome->certificate, &facts, fields + 2);
	audit_write(&record);
}

static void
on_refused(void *arg, const struct channel_end *end)
{
	char text[CHANNEL_END_TEXT_SIZE], peer[ADDRESS_TEXT_SIZE];

	(void)arg;
	if (end->security)
		audit_write(&(struct audit_record){.event = "CAPF connection refused",
		    .peer = address_text(&end->remote, peer),
		    .reason = channel_end_text(end, text),
		    .counted = true});
	else
		log_info("enrolment", "connection ended",
		    LOG_TEXT("reason", channel_end_text(end, text)));
}

static void
on_admin_message(void *arg, const struct mailbox_message *message)
{
	(void)arg;
	/* Wishes are read when a phone comes; there is nothing to do before. */
	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
	if (message->type != ADMIN_CHANGED)
		log_error("enrolment", "unexpected message", LOG_NUMBER("type", message->type));
}

/* The supervisor sends a new end when admin is back. */
static void
on_admin_closed(void *arg, const struct why *why)
{
	(void)arg;
	(void)why;
}

static void
on_link(void *arg, const char *peer, int fd)
{
	struct enrolment *enrolment = arg;
	struct why why;

	if (strcmp(peer, "admin") != 0) {
		log_error("enrolment", "unexpected link", LOG_TEXT("peer", peer));
		close(fd);
		return;
	}
	mailbox_free(enrolment->admin);
	enrolment->admin = NULL;
	if (mailbox_new(&enrolment->admin, enrolment->start->loop, fd, on_admin_message,
		on_admin_closed, enrolment, &why) != FAULT_NONE)
		log_error("enrolment", "cannot link", LOG_TEXT("reason", why.text));
}

/* The CAPF certificate itself, and every one whose LSCs still count. */
static enum fault
load_certificates(struct enrolment *enrolment, struct why *why)
{
	struct capf_authority *authority = &enrolment->authority;
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if ((fault = start_path(enrolment->start, "certificates/capf.pem", path, why)) ||
	    (fault = certificate_load(path, &authority->issuer, why)) ||
	    (fault = certificate_load_all(path, &authority->issuers, why)) ||
	    (fault = start_path(enrolment->start, "certificates/manufacturing-ca.pem", path, why)))
		return fault;
	if (!storage_exists(path)) {
		log_warning("enrolment", "no manufacturing CA: no factory certificate counts");
		return FAULT_NONE;
	}
	return certificate_load_all(path, &authority->factories, why);
}

static enum fault
open_databases(struct enrolment *enrolment, struct why *why)
{
	char site[STORAGE_PATH_MOST], mine[STORAGE_PATH_MOST];
	struct capf_authority *authority = &enrolment->authority;
	int64_t ignored;
	enum fault fault;

	if ((fault = start_path(enrolment->start, "site.db", site, why)) ||
	    (fault = start_path(enrolment->start, "enrolment.db", mine, why)) ||
	    (fault = directory_open(&authority->directory, site, DATABASE_READ, why)) ||
	    /* The first read opens SQLite's files beside it, before they are out of reach. */
	    (fault = directory_version(authority->directory, &ignored, why)))
		return fault;
	return enrolment_store_open(&authority->store, mine, DATABASE_WRITE, why);
}

static enum fault
open_service(struct enrolment *enrolment, struct why *why)
{
	struct capf_authority *authority = &enrolment->authority;
	struct tls_plan tls = {.side = TLS_SERVER,
	    .identities = {{.certificate = authority->issuer, .key = authority->issuer_key}},
	    .identity_count = 1,
	    .peer_certificate = TLS_PEER_NONE,
	    .aes_256_only = enrolment->start->site.aes_256_only,
	    .purpose = "capf"};
	struct capf_service_plan plan = {
	    .owner = &capf_authority_owner, .arg = authority, .on_refused = on_refused};
	enum fault fault;

	if ((fault = tls_new(&enrolment->tls, &tls, why)) ||
	    (fault = start_descriptor(enrolment->start, START_LISTEN_CAPF, &plan.fd, why)))
		return fault;
	plan.tls = enrolment->tls;
	return capf_service_new(&enrolment->service, enrolment->start->loop, &plan, why);
}

static enum fault
open_all(struct enrolment *enrolment, struct why *why)
{
	struct capf_authority *authority = &enrolment->authority;
	enum fault fault;

	authority->now = clock_wall;
	authority->ended = on_ended;
	authority->arg = enrolment;
	if ((fault = load_certificates(enrolment, why)) ||
	    (fault = keys_load(enrolment->start->keys, KEY_CAPF, &authority->issuer_key, why)) ||
	    (fault = open_databases(enrolment, why)))
		return fault;
	return open_service(enrolment, why);
}

/* Neither the keys nor anything else of the site can be opened from here on. */
static enum fault
close_off(struct enrolment *enrolment, struct why *why)
{
	static const char *const readable[] = {NULL};
	static const char *const writable[] = {"site.db", "site.db-wal", "site.db-shm",
	    "enrolment.db", "enrolment.db-wal", "enrolment.db-shm", NULL};

	return start_sandbox(
	    enrolment->start, SANDBOX_NETWORK | SANDBOX_FILES, readable, writable, why);
}

int enrolment_main(struct start *start);

int
enrolment_main(struct start *start)
{
	static struct enrolment enrolment;
	struct capf_authority *authority = &enrolment.authority;
	enum fault fault;
	struct why why;

	enrolment.start = start;
	start->on_link = on_link;
	start->arg = &enrolment;
	if ((fault = open_all(&enrolment, &why)) == FAULT_NONE &&
	    (fault = close_off(&enrolment, &why)) == FAULT_NONE)
		start_run(start);
	if (fault != FAULT_NONE)
		log_error("enrolment", "cannot run", LOG_TEXT("reason", why.text));
	capf_service_free(enrolment.service);
	mailbox_free(enrolment.admin);
	tls_free(enrolment.tls);
	enrolment_store_close(authority->store);
	directory_close(authority->directory);
	certificate_stack_free(authority->issuers);
	certificate_stack_free(authority->factories);
	X509_free(authority->issuer);
	EVP_PKEY_free(authority->issuer_key);
	return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
