/* SPDX-License-Identifier: Apache-2.0 */
#include "keykeeper/worker.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/sandbox.h"
#include "keykeeper/key_store.h"
#include "keykeeper/key_use.h"
#include "keykeeper/permission.h"
#include "keys/openssl_fault.h"

struct worker {
	enum keeper_role role;
	int fd;
	struct key_store *store;
	uint8_t packet[KEEPER_PACKET_MOST];
};

typedef enum fault handler(struct worker *worker, const struct keeper_request *request,
    struct buffer *result, struct why *why);

static enum fault
generate(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	const struct stored_key *key;
	enum fault fault;

	if ((fault = key_store_make(worker->store, request->name, request->kind, &key, why)))
		return fault;
	buffer_bytes(result, bytes_of(key->public, key->public_size));
	log_info("keykeeper", "key made", LOG_BYTES("key", request->name),
	    LOG_TEXT("kind", key_kind_name(request->kind)),
	    LOG_TEXT("asker", keeper_role_name(worker->role)));
	return FAULT_NONE;
}

static enum fault
tell_public(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	const struct stored_key *key;
	enum fault fault;

	if (!(fault = key_store_get(worker->store, request->name, &key, why)))
		buffer_bytes(result, bytes_of(key->public, key->public_size));
	return fault;
}

/* The key of that name, if it still is the one the asker has in mind. */
static enum fault
get_same(struct worker *worker, const struct keeper_request *request, const struct stored_key **key,
    struct why *why)
{
	enum fault fault;

	if ((fault = key_store_get(worker->store, request->name, key, why)))
		return fault;
	if (!bytes_equal(request->key, bytes_of((*key)->fingerprint, KEEPER_FINGERPRINT_SIZE)))
		return explain(why, FAULT_UNEXPECTED,
		    "the key %.*s was replaced since it was loaded: load it again",
		    (int)request->name.left, (const char *)request->name.at);
	return FAULT_NONE;
}

static enum fault
sign(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	const struct stored_key *key;
	enum fault fault;

	if (!(fault = get_same(worker, request, &key, why)))
		fault = key_use_sign(key, request, result, why);
	return fault;
}

static enum fault
decrypt(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	const struct stored_key *key;
	enum fault fault;

	if (!(fault = get_same(worker, request, &key, why)))
		fault = key_use_decrypt(key, request, result, why);
	return fault;
}

static enum fault
remove_key(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	enum fault fault;

	(void)result;
	if (!(fault = key_store_remove(worker->store, request->name, why)))
		log_info("keykeeper", "key removed", LOG_BYTES("key", request->name),
		    LOG_TEXT("asker", keeper_role_name(worker->role)));
	return fault;
}

static enum fault
rename_key(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	enum fault fault;

	(void)result;
	fault = key_store_rename(worker->store, request->name, request->new_name, why);
	if (fault == FAULT_NONE)
		log_info("keykeeper", "key renamed", LOG_BYTES("from", request->name),
		    LOG_BYTES("to", request->new_name),
		    LOG_TEXT("asker", keeper_role_name(worker->role)));
	return fault;
}

struct listing {
	enum keeper_role role;
	struct buffer *result;
};

static void
list_one(void *arg, const char *name)
{
	struct listing *listing = arg;

	if (permission_to_see(listing->role, bytes_text(name)))
		buffer_sized(listing->result, bytes_text(name));
}

static enum fault
list(struct worker *worker, const struct keeper_request *request, struct buffer *result,
    struct why *why)
{
	struct listing listing = {worker->role, result};

	(void)request;
	return key_store_each(worker->store, list_one, &listing, why);
}

static handler *const handlers[KEEPER_OPERATION_END] = {
    [KEEPER_GENERATE] = generate,
    [KEEPER_PUBLIC] = tell_public,
    [KEEPER_SIGN] = sign,
    [KEEPER_DECRYPT] = decrypt,
    [KEEPER_REMOVE] = remove_key,
    [KEEPER_RENAME] = rename_key,
    [KEEPER_LIST] = list,
};

/* A process of ours that asks what it may not is broken or taken over: that is worth a record. */
static void
report_refusal(const struct worker *worker, const char *event, const struct why *why)
{
	audit_write(&(struct audit_record){
	    .event = event,
	    .peer = keeper_role_name(worker->role),
	    .reason = why->text,
	    .counted = true,
	});
}

static enum fault
answer(struct worker *worker, uint32_t id, enum fault fault, struct bytes result, struct why *why)
{
	struct keeper_answer answer = {.id = id, .fault = fault, .result = result};
	struct buffer body;

	buffer_init(&body, KEEPER_PACKET_MOST);
	keeper_answer_write(&body, &answer);
	fault = mailbox_write(worker->fd, KEEPER_ANSWER, buffer_bytes_of(&body), why);
	buffer_wipe(&body);
	return fault;
}

/* One packet from the asker; a fault is one of the socket, and ends the worker. */
static enum fault
serve(struct worker *worker, const struct mailbox_message *message, struct why *why)
{
	struct keeper_request request = {0};
	struct why said = {""};
	struct buffer result;
	enum fault fault;

	buffer_init(&result, KEEPER_RESULT_MOST);
	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
	fault = keeper_request_read(message->type, message->body, &request, &said);
	if (fault != FAULT_NONE) {
		struct bytes body = message->body;

		report_refusal(worker, "key request malformed", &said);
		if (!bytes_take_u32(&body, &request.id)) /* so that the asker need not wait */
			request.id = 0;
	} else if ((fault = permission_check(worker->role, &request, &said))) {
		report_refusal(worker, "key request refused", &said);
	} else {
		fault = handlers[request.operation](worker, &request, &result, &said);
	}
	if (fault == FAULT_NONE && !buffer_ok(&result))
		fault = explain(&said, FAULT_LIMIT, "the answer is too long");
	fault = answer(worker, request.id, fault,
	    fault == FAULT_NONE ? buffer_bytes_of(&result) : bytes_text(said.text), why);
	buffer_wipe(&result);
	return fault;
}

/*
 * Private numbers live in OpenSSL's own locked heap. All the rest of the process is locked too
 * where the limits allow it; the sanitizers reserve far too much memory for that.
 */
static void
lock_memory(void)
{
	struct rlimit limit;

	if (CRYPTO_secure_malloc_init(WORKER_LOCKED_HEAP, 16) != 1)
		log_warning("keykeeper", "no locked memory for keys");
#ifndef RINGFENCE_SANITIZED
	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 &&
	    (limit.rlim_cur == RLIM_INFINITY || geteuid() == 0) &&
	    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == -1)
		log_warning("keykeeper", "memory not locked");
#else
	(void)limit;
#endif
}

static enum fault
shut_in(struct worker *worker, const char *directory, struct why *why)
{
	bool writes = permission_to_write(worker->role);
	struct sandbox sandbox = {
	    .process = "keykeeper",
	    .allow = SANDBOX_FILES, /* list reads the directory; Landlock keeps most from writing */
	    .paths = {{directory, writes}},
	};
	struct sandbox_report report;
	enum fault fault;
	uint8_t byte;

	lock_memory();
	if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1 || RAND_bytes(&byte, 1) != 1)
		return explain_openssl(why, FAULT_SYSTEM, "cannot start OpenSSL");
	if ((fault = key_store_new(&worker->store, directory, why)) ||
	    (fault = sandbox_enter(&sandbox, &report, why)))
		return fault;
	log_info("keykeeper", "worker ready", LOG_TEXT("asker", keeper_role_name(worker->role)),
	    LOG_TEXT("sandbox", report.text));
	return FAULT_NONE;
}

static enum fault
serve_all(struct worker *worker, struct why *why)
{
	struct mailbox_message message;
	enum fault fault;

	do {
		fault = mailbox_read(worker->fd, worker->packet, sizeof(worker->packet),
		    WORKER_FLUSH_MS, &message, why);
		if (fault == FAULT_NONE)
			fault = serve(worker, &message, why);
		audit_flush(false);
	} while (fault == FAULT_NONE || fault == FAULT_TIMEOUT);
	return fault;
}

int
worker_run(enum keeper_role role, int fd, const char *directory, bool lost)
{
	struct worker worker = {.role = role, .fd = fd};
	enum fault fault;
	struct why why;

	if (!(fault = shut_in(&worker, directory, &why))) {
		if (lost)
			fault = mailbox_write(fd, KEEPER_WORKER_LOST, bytes_of(NULL, 0), &why);
		if (fault == FAULT_NONE)
			fault = serve_all(&worker, &why);
	}
	audit_flush(true);
	key_store_free(worker.store);
	explicit_bzero(worker.packet, sizeof(worker.packet));
	if (fault == FAULT_CLOSED)
		return 0;
	log_error("keykeeper", "worker ended", LOG_TEXT("asker", keeper_role_name(role)),
	    LOG_TEXT("reason", why.text));
	return 1;
}
