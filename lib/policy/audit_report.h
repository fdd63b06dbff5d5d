/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/policy/audit_report.h - how a phone tells its manager what it refused. Our own extension.
 *
 * A registered phone sends MESSAGE to the manager, in its own connection, with a body of the
 * content type below:
 *
 *     {"device":"SEP001122334455","dropped":0,"records":[
 *       {"time":"2026-11-23T20:21:00Z","event":"file refused",
 *        "subject":"ITLFile.tlv","reason":"...","times":1}]}
 *
 * The manager writes each record into its audit log as an event of that device (it believes the
 * device name of the connection, not the one in the body) and answers 200; the phone then
 * forgets them. Any other answer: it keeps them and asks again later.
 */
#ifndef POLICY_AUDIT_REPORT_H
#define POLICY_AUDIT_REPORT_H

#define AUDIT_REPORT_METHOD "MESSAGE"
#define AUDIT_REPORT_TYPE   "application/vnd.ringfence.audit+json"
/* The Request-URI's user part. */
#define AUDIT_REPORT_USER "audit"

enum {
	AUDIT_REPORT_MOST = 32 * 1024, /* bytes of body */
	AUDIT_REPORT_RECORDS_MOST = 16,
	AUDIT_REPORT_TEXT_MOST = 512, /* bytes of one text member */
};
#endif
