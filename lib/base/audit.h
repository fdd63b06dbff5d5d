/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/audit.h - the record of everything that touched security, one JSON object a line.
 *
 *     {"time":"2026-11-23T20:21:00Z","process":"edge","event":"tls refused","device":"SEP..",
 *      "peer":"127.0.0.2:40112","reason":"certificate expired on 2026-01-01","times":1}
 *
 * The file is opened for appending by the supervisor and inherited by every process; a record
 * is one write(2) of at most AUDIT_RECORD_MOST bytes, so records of several processes never
 * mix. Events that a stranger can cause at will are counted instead of repeated: within
 * AUDIT_QUIET_MS the same (event, device, alert, peer host) is written once, then once more
 * with the number of times it happened.
 */
#ifndef BASE_AUDIT_H
#define BASE_AUDIT_H

#include "base/fault.h"
#include "base/log.h"

enum {
	AUDIT_RECORD_MOST = 4096,
	AUDIT_QUIET_MS = 10000,
	AUDIT_QUIET_ENTRIES = 1024, /* distinct events remembered for counting */
};

struct audit_record {
	const char *event;  /* what happened, lower case: "file refused" */
	const char *device; /* SEP name, or NULL */
	const char *peer;   /* address:port, or NULL */
	const char *reason; /* the sentence */
	/* More facts (subject, issuer, serial ...): each becomes a member. May be NULL. */
	const struct log_field *fields;
	size_t count;
	bool counted; /* a stranger can cause it at will: count repeats */
};

/* fd is open for appending; -1 sends records to the log instead. path NULL uses fd. */
enum fault audit_open(const char *path, struct why *why) MUST_CHECK;
void audit_open_fd(int fd);
/* Writes the record, and a log line beside it. */
void audit_write(const struct audit_record *record);
/* Writes the counts that are due; call from a timer every few seconds and before exit. */
void audit_flush(bool all);
#endif
