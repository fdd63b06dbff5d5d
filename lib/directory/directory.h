/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/directory/directory.h - what the operator configured: profiles, phones, their lines,
 * digest users, CAPF wishes. Kept in site.db; `admin` writes it, the other processes read.
 *
 * Lookups fill fixed structs and return FAULT_MISSING with a sentence when there is no such
 * thing. Every change is one transaction.
 */
#ifndef DIRECTORY_DIRECTORY_H
#define DIRECTORY_DIRECTORY_H

#include "base/bytes.h"
#include "base/fault.h"
#include "database/database.h"
#include "policy/profile.h"

enum {
	DIRECTORY_DEVICE_SIZE = 64, /* "SEP..." or the name of a third-party phone, with the NUL */
	DIRECTORY_NUMBER_SIZE = 32,
	DIRECTORY_TEXT_SIZE = 128,
	DIRECTORY_LINES_MOST = 16, /* lines of one phone */
	DIRECTORY_HASH_SIZE = 65,  /* 64 hex digits and the NUL */
};

/* The realm that digest users' HA1s are made for: fixed, so that a site can be renamed. */
#define DIRECTORY_REALM "ringfence"

struct directory;

/* Makes or updates the file when access is DATABASE_WRITE; a new one gets the standard profiles. */
enum fault directory_open(struct directory **directory, const char *path,
    enum database_access access, struct why *why) MUST_CHECK;
void directory_close(struct directory *directory);
/* Differs when another process has changed the directory since (cheap; poll it). */
enum fault directory_version(
    struct directory *directory, int64_t *version, struct why *why) MUST_CHECK;

/* What CAPF shall do with a phone at its next start (guide, "CAPF"; row S12). */
enum wish_operation { WISH_NONE, WISH_INSTALL, WISH_DELETE, WISH_FETCH, WISH_OPERATION_COUNT };
/* How the phone proves itself; the numbers are those of capfAuthMode. */
enum wish_proof {
	WISH_BY_NOTHING = 0,
	WISH_BY_STRING = 1,
	WISH_BY_NULL_STRING = 2, /* never a default */
	WISH_BY_LSC = 3,         /* existing certificate, precedence to the LSC */
	WISH_BY_MIC = 4,         /* existing certificate, precedence to the MIC */
	WISH_PROOF_COUNT
};

struct capf_wish {
	enum wish_operation operation;
	enum wish_proof proof;
	char key[16];                          /* "rsa-2048", "p-256" ...: the kind of key wished */
	char string_hash[DIRECTORY_HASH_SIZE]; /* hex SHA-256 of salt and string; "" if none */
	char string_salt[33];                  /* hex */
	int64_t until;                         /* wall clock; 0 for no end */
	int64_t serial; /* grows with each new wish: enrolment remembers which it has done */
};

struct line {
	unsigned position; /* from 1 */
	char number[DIRECTORY_NUMBER_SIZE];
	char display[DIRECTORY_TEXT_SIZE];
};

struct phone {
	char device[DIRECTORY_DEVICE_SIZE];
	char description[DIRECTORY_TEXT_SIZE];
	char model[32];
	char profile[PROFILE_NAME_SIZE];
	char user[DIRECTORY_TEXT_SIZE]; /* digest user, "" if none */
	struct capf_wish capf;
	struct line lines[DIRECTORY_LINES_MOST];
	size_t line_count;
};

/* A digest user: HA1 only, the password is not kept (RFC 8760). An algorithm whose HA1 is "" is
 * never offered; one at least is there. */
struct digest_user {
	char name[DIRECTORY_TEXT_SIZE];
	char ha1_md5[33], ha1_sha256[DIRECTORY_HASH_SIZE]; /* lower-case hex */
};

enum fault directory_phone(struct directory *directory, const char *device, struct phone *phone,
    struct why *why) MUST_CHECK;
/* Each device that has this number on a line. */
typedef enum fault directory_phone_handler(void *arg, const struct phone *phone, struct why *why);
enum fault directory_phones_of_number(struct directory *directory, const char *number,
    directory_phone_handler *handler, void *arg, struct why *why) MUST_CHECK;
/* All, by name. */
enum fault directory_phones(struct directory *directory, directory_phone_handler *handler,
    void *arg, struct why *why) MUST_CHECK;
/* Which device a digest user belongs to. */
enum fault directory_phone_of_user(
    struct directory *directory, const char *user, struct phone *phone, struct why *why) MUST_CHECK;
/* New, or changed as a whole (lines too). Profile and numbers are checked. A CAPF wish whose
 * serial is 0 is a new one and gets the next serial. */
enum fault directory_set_phone(
    struct directory *directory, const struct phone *phone, struct why *why) MUST_CHECK;
enum fault directory_delete_phone(
    struct directory *directory, const char *device, struct why *why) MUST_CHECK;

enum fault directory_profile(struct directory *directory, const char *name, struct profile *profile,
    struct why *why) MUST_CHECK;
typedef enum fault directory_profile_handler(
    void *arg, const struct profile *profile, struct why *why);
enum fault directory_profiles(struct directory *directory, directory_profile_handler *handler,
    void *arg, struct why *why) MUST_CHECK;
/* profile_check() first. */
enum fault directory_set_profile(
    struct directory *directory, const struct profile *profile, struct why *why) MUST_CHECK;
/* Refused while a phone has it, and for the standard ones. */
enum fault directory_delete_profile(
    struct directory *directory, const char *name, struct why *why) MUST_CHECK;

enum fault directory_user(struct directory *directory, const char *name, struct digest_user *user,
    struct why *why) MUST_CHECK;
enum fault directory_set_user(
    struct directory *directory, const struct digest_user *user, struct why *why) MUST_CHECK;
enum fault directory_delete_user(
    struct directory *directory, const char *name, struct why *why) MUST_CHECK;

/* A setting of the site; FAULT_MISSING when it was never set. */
enum fault directory_parameter(struct directory *directory, const char *name,
    char value[DIRECTORY_TEXT_SIZE], struct why *why) MUST_CHECK;
enum fault directory_set_parameter(
    struct directory *directory, const char *name, const char *value, struct why *why) MUST_CHECK;
#endif
