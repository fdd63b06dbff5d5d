/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/administration/administration.h - the operator's actions, once: the control socket, and
 * later REST and pages, call the same handlers.
 *
 * An action takes its arguments as a JSON object, checks all of it, and gives a JSON result or
 * a fault with a sentence. Whatever it changes that touches security is audited here.
 */
#ifndef ADMINISTRATION_ADMINISTRATION_H
#define ADMINISTRATION_ADMINISTRATION_H

#include "channel/control_server.h"
#include "directory/directory.h"
#include "directory/site.h"

enum {
	ADMINISTRATION_TAIL_MOST = 1000,             /* audit records given at once */
	ADMINISTRATION_TAIL_BYTES = 4 * 1024 * 1024, /* of the audit file looked at */
};

/* What the actions work on. All owned by the caller; arg of the control commands. */
struct administration {
	struct directory *directory; /* open for writing */
	const struct site *site;
	const char *audit_path;
	const char *enrolment_path; /* enrolment.db; may not exist yet */
	/* Something phones must hear of has changed: files are rebuilt. device NULL: all. */
	void (*changed)(void *arg, const char *device);
	void *arg;
};

/* The actions are control commands whose arg is a struct administration. */
struct administration_table {
	const struct control_command *entries;
	size_t count;
};

extern const struct administration_table phone_actions, profile_actions, user_actions,
    audit_actions, capf_actions;

/* The action of that name; NULL when there is none. */
const struct control_command *administration_find(const char *name);

/* json_unpack() with JSON_STRICT; FAULT_MALFORMED names the member that is wrong. */
enum fault administration_unpack(
    const json_t *arguments, struct why *why, const char *format, ...) MUST_CHECK;
/* An operator's change, for the audit: event "phone changed", who is "operator". */
void administration_audit(const char *event, const char *device, const char *what);
/* FAULT_SYSTEM when value is NULL (no memory); else hands it over. */
enum fault administration_result(json_t *value, json_t **result, struct why *why) MUST_CHECK;
#endif
