/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/file_fetch.h - a phone fetches a file from its file server: HTTP on port 6970
 * first, TFTP when HTTP cannot be reached. The bytes stay in memory: whoever asked verifies
 * them before anything is stored or parsed.
 */
#ifndef PROVISIONING_FILE_FETCH_H
#define PROVISIONING_FILE_FETCH_H

#include "base/loop.h"
#include "policy/address.h"

enum { FILE_HTTP_PORT = 6970, FILE_FETCH_MS = 15 * 1000 /* for each way */ };

/* What a file may weigh depends on what it is. */
enum file_class {
	FILE_TRUST_LIST,    /* CTL, ITL: 64 KiB */
	FILE_CONFIGURATION, /* 256 KiB and its signature */
	FILE_MEDIA,         /* ring tones, backgrounds, locales: 2 MiB */
	FILE_CLASSES
};
size_t file_class_most(enum file_class class);
const char *file_class_name(enum file_class class);

/* Where files come from. A port of 0 means "not this way". */
struct file_server {
	struct address host; /* its port does not matter */
	uint16_t http_port, tftp_port;
};

struct file_fetch;

/* How it came, for logs: "http", "tftp", or NULL when neither gave an answer. */
typedef void file_fetched_handler(
    void *arg, enum fault fault, struct bytes content, const char *way, const struct why *why);

struct file_fetch_plan {
	struct file_server server;
	const struct address *local; /* to bind to, port 0; or NULL */
	const char *name;            /* "SEP001122334455.cnf.xml.sgn" */
	enum file_class class;
	uint32_t deadline_ms; /* for each way; 0: FILE_FETCH_MS */
	file_fetched_handler *on_fetched;
	void *arg;
};

/* Success means only "started": on_fetched follows, once; content is valid during the call.
 * FAULT_MISSING: the server answered and has no such file. Otherwise the sentence tells what
 * went wrong on each way. The fetch is freed afterwards. */
enum fault file_fetch_new(struct file_fetch **fetch, struct loop *loop,
    const struct file_fetch_plan *plan, struct why *why) MUST_CHECK;
/* Gives up in silence. NULL is fine. */
void file_fetch_free(struct file_fetch *fetch);
#endif
