/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/enrolment/enrolment_store.h - enrolment.db: what CAPF did about each wish of the operator,
 * and every certificate it issued. `enrolment` writes it, others read.
 */
#ifndef ENROLMENT_ENROLMENT_STORE_H
#define ENROLMENT_ENROLMENT_STORE_H

#include <openssl/x509.h>

#include "database/database.h"
#include "trust/certificate.h"

enum { ENROLMENT_DEVICE_SIZE = 64, ENROLMENT_REASON_SIZE = WHY_SIZE };

enum enrolment_state {
	ENROLMENT_WAITING, /* not tried yet */
	ENROLMENT_DONE,
	ENROLMENT_FAILED, /* may be tried again */
	ENROLMENT_LOCKED, /* too many wrong strings: a new wish is needed */
	ENROLMENT_STATES
};
/* "waiting", "done", "failed", "locked" */
const char *enrolment_state_name(enum enrolment_state state);

/* How far the device's latest wish has come. */
struct enrolment_record {
	char device[ENROLMENT_DEVICE_SIZE];
	int64_t wish;       /* serial of the directory's wish this is about */
	char operation[16]; /* "install", "delete", "fetch" */
	enum enrolment_state state;
	unsigned attempts;                  /* authentication strings tried for this wish */
	char reason[ENROLMENT_REASON_SIZE]; /* why it failed, or "" */
	int64_t at;                         /* Unix time of the last change */
};

struct enrolment_store;

enum fault enrolment_store_open(struct enrolment_store **store, const char *path,
    enum database_access access, struct why *why) MUST_CHECK;
void enrolment_store_close(struct enrolment_store *store);

/* FAULT_MISSING: nothing was ever done about this device. */
enum fault enrolment_store_find(struct enrolment_store *store, const char *device,
    struct enrolment_record *record, struct why *why) MUST_CHECK;
/* New, or replaced. */
enum fault enrolment_store_put(struct enrolment_store *store, const struct enrolment_record *record,
    struct why *why) MUST_CHECK;
typedef enum fault enrolment_record_handler(
    void *arg, const struct enrolment_record *record, struct why *why);
/* All, by device. */
enum fault enrolment_store_each(struct enrolment_store *store, enrolment_record_handler *handler,
    void *arg, struct why *why) MUST_CHECK;

/* Remembers a certificate that is about to leave; nothing leaves that is not remembered. */
enum fault enrolment_store_issued(struct enrolment_store *store, const char *device,
    X509 *certificate, int64_t now, struct why *why) MUST_CHECK;
/* The phone says that it stored this one, and no other since; empty: it has deleted its LSC. */
enum fault enrolment_store_set_installed(struct enrolment_store *store, const char *device,
    struct bytes certificate, struct why *why) MUST_CHECK;
struct enrolment_certificate {
	char serial[CERTIFICATE_SERIAL_SIZE]; /* lower-case hex */
	int64_t not_after;                    /* Unix time */
};
/* The LSC the device has, as far as we know. FAULT_MISSING: none. */
enum fault enrolment_store_installed(struct enrolment_store *store, const char *device,
    struct enrolment_certificate *certificate, struct why *why) MUST_CHECK;
/* How many certificates of this device are remembered. */
enum fault enrolment_store_issued_count(
    struct enrolment_store *store, const char *device, int64_t *count, struct why *why) MUST_CHECK;
#endif
