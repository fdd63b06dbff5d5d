/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/telephone/pending_audit.h - what this phone refused, kept on disk until the manager has
 * written it into its audit log (policy/audit_report.h says how it travels).
 *
 * One JSON object a line. The same refusal again (event, subject, reason) raises "times" of the
 * record that waits, so that a flood fills nothing; when there are too many different ones,
 * the oldest go and "dropped" of the next report says how many.
 */
#ifndef TELEPHONE_PENDING_AUDIT_H
#define TELEPHONE_PENDING_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/fault.h"

enum {
	PENDING_RECORDS_MOST = 256,
	PENDING_FILE_MOST = 512 * 1024, /* bytes */
	PENDING_TEXT_MOST = 512,        /* bytes of one member */
	PENDING_REPORT_RECORDS = 16,    /* in one report */
};

struct pending_audit;

struct pending_record {
	const char *event;   /* "file refused" */
	const char *subject; /* file name, peer ...; or NULL */
	const char *reason;  /* the sentence */
	int64_t wall;        /* Unix time */
};

/* path NULL: nothing is kept on disk. wall: Unix time, for a damage record. A damaged file is begun
 * anew, with a record that says so. */
enum fault pending_audit_open(
    struct pending_audit **pending, const char *path, int64_t wall, struct why *why) MUST_CHECK;
void pending_audit_free(struct pending_audit *pending);
/* Keeps it, also on disk; FAULT_SYSTEM when the disk refused (it is kept in memory then). */
enum fault pending_audit_add(
    struct pending_audit *pending, const struct pending_record *record, struct why *why) MUST_CHECK;
size_t pending_audit_count(const struct pending_audit *pending);
/*
 * Appends a report of the oldest records, and marks them as under way: repeats of them from now
 * on are new records. *count is 0 when nothing waits.
 */
enum fault pending_audit_report(struct pending_audit *pending, const char *device,
    struct buffer *report, size_t *count, struct why *why) MUST_CHECK;
/* The report under way was received: forgets it. Or was not: it will be sent again. */
enum fault pending_audit_settle(
    struct pending_audit *pending, bool received, struct why *why) MUST_CHECK;
#endif
