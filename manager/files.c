/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/files.c - the process that gives phones their files, over TFTP and HTTP: it builds
 * configurations from the directory, signs them through the keykeeper, and keeps the trust lists
 * in step with the site's certificates.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "channel/http_server.h"
#include "manager/admin_message.h"
#include "manager/start.h"
#include "provisioning/file_service.h"
#include "provisioning/publisher.h"
#include "provisioning/tftp_server.h"
#include "storage/storage.h"
#include "trust/certificate.h"

struct files {
	struct start *start;
	char folder[STORAGE_PATH_MOST];
	struct directory *directory;
	X509 *signer;
	EVP_PKEY *key, *recovery_key;
	struct file_service *service;
	struct tftp_server *tftp;
	struct http_server *http;
	struct mailbox *admin;
};

/* What a stranger asked for and did not get. That a known phone's optional file is missing is
 * everyday life; a device nobody knows, or a name that is none, is worth a record. */
static void
tell_refusal(const char *way, struct bytes name, const struct address *peer, enum fault fault,
    bool unknown_device, const struct why *why)
{
	char peer_text[ADDRESS_TEXT_SIZE];
	const struct log_field fields[] = {LOG_TEXT("way", way), LOG_BYTES("file", name)};
	struct audit_record record = {
	    .event = unknown_device ? "unknown device asked for a file" : "file request refused",
	    .peer = address_text(peer, peer_text),
	    .reason = why->text,
	    .fields = fields,
	    .count = COUNT(fields),
	    .counted = true};

	if (unknown_device || fault == FAULT_FORBIDDEN || fault == FAULT_MALFORMED)
		audit_write(&record);
	else if (fault != FAULT_MISSING)
		log_warning("files", "file not given", LOG_TEXT("way", way),
		    LOG_BYTES("file", name), LOG_TEXT("peer", peer_text),
		    LOG_TEXT("reason", why->text));
	else
		log_debug("files", "no such file", LOG_TEXT("way", way), LOG_BYTES("file", name),
		    LOG_TEXT("peer", peer_text));
}

static enum fault
find(struct files *files, const char *way, struct bytes name, const struct address *peer,
    struct shared_content **content, bool *unknown_device, struct why *why)
{
	char peer_text[ADDRESS_TEXT_SIZE];
	enum fault fault =
	    file_service_find(files->service, name, clock_wall(), content, unknown_device, why);

	if (fault == FAULT_NONE)
		log_info("files", "file given", LOG_TEXT("way", way), LOG_BYTES("file", name),
		    LOG_TEXT("peer", address_text(peer, peer_text)),
		    LOG_NUMBER("bytes", shared_content_bytes(*content).left));
	return fault;
}

static enum fault
on_tftp_find(void *arg, struct bytes name, const struct address *peer,
    struct shared_content **content, struct why *why)
{
	bool unknown_device;
	enum fault fault = find(arg, "tftp", name, peer, content, &unknown_device, why);

	if (unknown_device)
		tell_refusal("tftp", name, peer, fault, true, why);
	return fault;
}

static void
on_tftp_refused(void *arg, struct bytes name, const struct address *peer, enum fault fault,
    const struct why *why)
{
	(void)arg;
	tell_refusal("tftp", name, peer, fault, false, why);
}

static int
status_of(enum fault fault)
{
	switch (fault) {
	case FAULT_MISSING:
		return 404;
	case FAULT_FORBIDDEN:
		return 403;
	default:
		return 503;
	}
}

static void
on_http_request(void *arg, struct http_exchange *exchange, const struct http_request *request)
{
	struct bytes path = bytes_text(request->head->path);
	struct bytes name = bytes_part(path, 1, path.left);
	const struct address *peer = &request->facts->remote;
	struct shared_content *content = NULL;
	bool unknown_device = false;
	enum fault fault;
	struct why why;

	if (!bytes_equal_text(request->head->method, "GET") &&
	    !bytes_equal_text(request->head->method, "HEAD")) {
		(void)!explain(&why, FAULT_FORBIDDEN, "files are only given here");
		http_refuse(exchange, 405, &why);
		return;
	}
	fault = find(arg, "http", name, peer, &content, &unknown_device, &why);
	if (fault != FAULT_NONE) {
		tell_refusal("http", name, peer, fault, unknown_device, &why);
		http_refuse(exchange, status_of(fault), &why);
		return;
	}
	http_respond(
	    exchange, 200, "application/octet-stream", NULL, shared_content_bytes(content));
	shared_content_release(content);
}

static void
on_http_refused(void *arg, const struct channel_end *end)
{
	char text[CHANNEL_END_TEXT_SIZE];

	(void)arg;
	log_info("files", "HTTP connection ended", LOG_TEXT("reason", channel_end_text(end, text)));
}

/* Builds the lists anew if a certificate is younger than they are. */
static enum fault
publish(struct files *files, struct why *why)
{
	const struct start *start = files->start;
	struct trust_published published;
	enum fault fault;
	bool due;

	if ((fault = publisher_due(start->folder, &start->site, &due, why)) || !due)
		return fault;
	if (files->recovery_key == NULL &&
	    (fault = keys_load(start->keys, KEY_ITL_RECOVERY, &files->recovery_key, why)))
		return fault;
	if ((fault = publisher_publish(
		 start->folder, &start->site, files->recovery_key, clock_wall(), &published, why)))
		return fault;
	log_info("files", "trust lists published", LOG_NUMBER("itl_bytes", published.itl_size),
	    LOG_NUMBER("itl_records", published.itl_records),
	    LOG_NUMBER("ctl_bytes", published.ctl_size));
	audit_write(&(struct audit_record){.event = "trust lists published",
	    .reason = "a certificate or the site's settings are younger than the lists"});
	return FAULT_NONE;
}

static void
on_admin_message(void *arg, const struct mailbox_message *message)
{
	struct why why;

	for (size_t i = 0; i < message->descriptor_count; i++)
		close(message->descriptors[i]);
	if (message->type != ADMIN_CHANGED) {
		log_error("files", "unexpected message", LOG_NUMBER("type", message->type));
		return;
	}
	/* Configurations are compared with the directory at each request; only lists wait. */
	if (publish(arg, &why) != FAULT_NONE)
		log_error("files", "cannot publish the trust lists", LOG_TEXT("reason", why.text));
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
	struct files *files = arg;
	struct why why;

	if (strcmp(peer, "admin") != 0) {
		log_error("files", "unexpected link", LOG_TEXT("peer", peer));
		close(fd);
		return;
	}
	mailbox_free(files->admin);
	files->admin = NULL;
	if (mailbox_new(&files->admin, files->start->loop, fd, on_admin_message, on_admin_closed,
		files, &why) != FAULT_NONE)
		log_error("files", "cannot link", LOG_TEXT("reason", why.text));
}

static enum fault
open_service(struct files *files, struct why *why)
{
	char database[STORAGE_PATH_MOST], signer[STORAGE_PATH_MOST];
	struct start *start = files->start;
	struct file_service_plan plan = {.files = files->folder, .site = &start->site};
	int64_t ignored;
	enum fault fault;

	if ((fault = start_path(start, "files", files->folder, why)) ||
	    (fault = start_path(start, "site.db", database, why)) ||
	    (fault = start_path(start, "certificates/callmanager.pem", signer, why)) ||
	    (fault = certificate_load(signer, &files->signer, why)) ||
	    (fault = keys_load(start->keys, KEY_CALLMANAGER, &files->key, why)) ||
	    (fault = directory_open(&files->directory, database, DATABASE_READ, why)) ||
	    /* The first read opens SQLite's files beside it, before they are out of reach. */
	    (fault = directory_version(files->directory, &ignored, why)))
		return fault;
	plan.directory = files->directory;
	plan.signer = files->signer;
	plan.key = files->key;
	return file_service_new(&files->service, &plan, why);
}

static enum fault
open_listeners(struct files *files, struct why *why)
{
	struct tftp_server_plan tftp = {
	    .on_find = on_tftp_find, .on_refused = on_tftp_refused, .arg = files};
	struct http_server_plan http = {
	    .on_request = on_http_request, .on_refused = on_http_refused, .arg = files};
	enum fault fault;

	if ((fault = start_descriptor(files->start, START_LISTEN_TFTP, &tftp.fd, why)) ||
	    (fault = start_descriptor(files->start, START_LISTEN_FILES_HTTP, &http.fd, why)) ||
	    (fault = tftp_server_new(&files->tftp, files->start->loop, &tftp, why)))
		return fault;
	return http_server_new(&files->http, files->start->loop, &http, why);
}

/* A socket for each transfer: as many as we may have. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* The site's keys folder stays out of reach: nothing but what is listed can be opened. */
static enum fault
close_off(struct files *files, struct why *why)
{
	static const char *const readable[] = {"certificates", "site.json", NULL};
	static const char *const writable[] = {
	    "files", "site.db", "site.db-wal", "site.db-shm", NULL};

	return start_sandbox(
	    files->start, SANDBOX_NETWORK | SANDBOX_FILES, readable, writable, why);
}

int files_main(struct start *start);

int
files_main(struct start *start)
{
	static struct files files;
	enum fault fault;
	struct why why;

	files.start = start;
	start->on_link = on_link;
	start->arg = &files;
	raise_limit();
	if ((fault = open_service(&files, &why)) == FAULT_NONE &&
	    (fault = publish(&files, &why)) == FAULT_NONE &&
	    (fault = open_listeners(&files, &why)) == FAULT_NONE &&
	    (fault = close_off(&files, &why)) == FAULT_NONE)
		start_run(start);
	if (fault != FAULT_NONE)
		log_error("files", "cannot run", LOG_TEXT("reason", why.text));
	tftp_server_free(files.tftp);
	http_server_free(files.http);
	mailbox_free(files.admin);
	file_service_free(files.service);
	directory_close(files.directory);
	X509_free(files.signer);
	EVP_PKEY_free(files.key);
	EVP_PKEY_free(files.recovery_key);
	return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
