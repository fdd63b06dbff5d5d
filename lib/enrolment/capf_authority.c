/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_authority.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/certificate_make.h"

enum { SALT_MOST = 16 };

static const enum capf_operation operations[WISH_OPERATION_COUNT] = {
    [WISH_NONE] = CAPF_OPERATION_NONE,
    [WISH_INSTALL] = CAPF_OPERATION_INSTALL,
    [WISH_DELETE] = CAPF_OPERATION_DELETE,
    [WISH_FETCH] = CAPF_OPERATION_FETCH,
};

/* WISH_BY_NOTHING has no mode: nobody may prove nothing by default. */
static const enum capf_mode modes[WISH_PROOF_COUNT] = {
    [WISH_BY_NOTHING] = CAPF_MODES,
    [WISH_BY_STRING] = CAPF_MODE_STRING,
    [WISH_BY_NULL_STRING] = CAPF_MODE_NULL,
    [WISH_BY_LSC] = CAPF_MODE_CERTIFICATE,
    [WISH_BY_MIC] = CAPF_MODE_CERTIFICATE,
};

/* The wish of a device and how far it has come; a record of an older wish does not count. */
struct case_file {
	struct capf_wish wish;
	struct enrolment_record record;
};

static enum fault
open_case(
    struct capf_authority *authority, const char *device, struct case_file *file, struct why *why)
{
	struct phone *phone = calloc(1, sizeof(*phone));
	struct why ignored;
	enum fault fault;

	if (phone == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a phone");
	fault = directory_phone(authority->directory, device, phone, why);
	file->wish = phone->capf;
	free(phone);
	if (fault != FAULT_NONE)
		return fault;
	fault = enrolment_store_find(authority->store, device, &file->record, &ignored);
	if (fault != FAULT_NONE && fault != FAULT_MISSING)
		return explain(why, fault, "%s", ignored.text);
	if (fault == FAULT_MISSING || file->record.wish != file->wish.serial)
		file->record = (struct enrolment_record){
		    .wish = file->wish.serial, .state = ENROLMENT_WAITING};
	(void)snprintf(file->record.device, sizeof(file->record.device), "%s", device);
	(void)snprintf(file->record.operation, sizeof(file->record.operation), "%s",
	    capf_operation_name(operations[file->wish.operation]));
	return FAULT_NONE;
}

static bool
is_over(const struct capf_authority *authority, const struct case_file *file)
{
	return file->wish.operation == WISH_NONE || file->record.state == ENROLMENT_DONE ||
	       (file->wish.until != 0 && authority->now() > file->wish.until);
}

enum fault
capf_authority_find(
    struct capf_authority *authority, const char *device, struct capf_task *task, struct why *why)
{
	struct case_file file;
	enum fault fault;

	if ((fault = open_case(authority, device, &file, why)))
		return fault;
	if (is_over(authority, &file)) {
		*task = (struct capf_task){.operation = CAPF_OPERATION_NONE};
		return FAULT_NONE;
	}
	if (file.record.state == ENROLMENT_LOCKED)
		return explain(why, FAULT_FORBIDDEN,
		    "%d authentication strings were tried; a new operation must be ordered",
		    CAPF_ATTEMPTS_MOST);
	if (modes[file.wish.proof] == CAPF_MODES)
		return explain(why, FAULT_FORBIDDEN,
		    "the operation ordered for %s names no way to prove itself", device);
	task->operation = operations[file.wish.operation];
	task->mode = modes[file.wish.proof];
	if (!key_kind_from_name(bytes_text(file.wish.key), &task->key))
		return explain(
		    why, FAULT_FORBIDDEN, "the key ordered is of unknown kind '%s'", file.wish.key);
	return FAULT_NONE;
}

static bool
hex_digit(char c, uint8_t *value)
{
	const char *digits = "0123456789abcdef", *found = c != '\0' ? strchr(digits, c) : NULL;

	*value = found != NULL ? (uint8_t)(found - digits) : 0;
	return found != NULL;
}

static size_t
from_hex(const char *hex, uint8_t *bytes, size_t room)
{
	size_t size = 0;
	uint8_t high, low;

	while (size < room && hex_digit(hex[0], &high) && hex_digit(hex[1], &low)) {
		bytes[size++] = (uint8_t)(high << 4 | low);
		hex += 2;
	}
	return size;
}

/* SHA-256 of salt and string, as the operator's side stored it. */
static bool
is_string(const struct capf_wish *wish, struct bytes string)
{
	uint8_t salted[SALT_MOST + CAPF_STRING_MOST], expected[32], digest[32];
	size_t salt = from_hex(wish->string_salt, salted, SALT_MOST);
	bool same;

	if (string.left == 0 || string.left > CAPF_STRING_MOST ||
	    from_hex(wish->string_hash, expected, sizeof(expected)) != sizeof(expected))
		return false;
	memcpy(salted + salt, string.at, string.left);
	same = EVP_Digest(salted, salt + string.left, digest, NULL, EVP_sha256(), NULL) == 1 &&
	       bytes_equal_secret(
		   bytes_of(digest, sizeof(digest)), bytes_of(expected, sizeof(expected)));
	explicit_bzero(salted, sizeof(salted));
	return same;
}

/* The attempt is on disk before the string is compared: a crash gives nobody another one. */
static enum fault
check_string(void *arg, const char *device, struct bytes string, struct why *why)
{
	struct capf_authority *authority = arg;
	struct case_file file;
	enum fault fault;

	if ((fault = open_case(authority, device, &file, why)))
		return fault;
	if (file.record.attempts >= CAPF_ATTEMPTS_MOST)
		return explain(why, FAULT_FORBIDDEN, "no more attempts");
	file.record.attempts++;
	file.record.at = authority->now();
	file.record.state = ENROLMENT_FAILED;
	if (file.record.attempts >= CAPF_ATTEMPTS_MOST)
		file.record.state = ENROLMENT_LOCKED;
	if ((fault = enrolment_store_put(authority->store, &file.record, why)))
		return fault;
	if (!is_string(&file.wish, string))
		return explain(why, FAULT_UNTRUSTED,
		    "the authentication string is wrong (attempt %u of %d)", file.record.attempts,
		    CAPF_ATTEMPTS_MOST);
	return FAULT_NONE;
}

/* The whole path, the dates, whose it is; and that a MIC is a MIC. */
static enum fault
check_certificate(void *arg, const char *device, enum capf_certificate_type type, struct bytes der,
    struct why *why)
{
	struct capf_authority *authority = arg;
	struct certificate_rules rules = {.now = authority->now(),
	    .trusted = type == CAPF_MIC ? authority->factories : authority->issuers,
	    .device = device};
	const char *name = type == CAPF_MIC ? "MIC" : "LSC";
	struct device_name owner;
	X509 *certificate = NULL;
	enum fault fault;
	bool factory;

	if ((fault = certificate_read(der, &certificate, why)) ||
	    (fault = certificate_device(certificate, &owner, &factory, why)))
		goto done;
	if (factory != (type == CAPF_MIC))
		fault = explain(why, FAULT_UNTRUSTED, "the certificate shown is not %s", name);
	else
		fault = certificate_check(certificate, &rules, why);
done:
	X509_free(certificate);
	return fault != FAULT_NONE ? explain_within(why, fault, "%s: ", name) : FAULT_NONE;
}

static enum fault
issue(void *arg, const char *device, struct bytes public_key, struct buffer *certificate,
    struct why *why)
{
	struct capf_authority *authority = arg;
	const uint8_t *at = public_key.at;
	struct certificate_plan plan = {.profile = CERTIFICATE_LSC,
	    .common_name = device,
	    .subject_key = d2i_PUBKEY(NULL, &at, (long)public_key.left),
	    .issuer = authority->issuer,
	    .issuer_key = authority->issuer_key,
	    .now = authority->now()};
	X509 *made = NULL;
	enum fault fault;

	if (plan.subject_key == NULL)
		return explain(why, FAULT_MALFORMED, "the public key cannot be read");
	if ((fault = certificate_make(&plan, &made, why)) == FAULT_NONE &&
	    (fault = enrolment_store_issued(authority->store, device, made, plan.now, why)) ==
		FAULT_NONE)
		fault = certificate_write_der(made, certificate, why);
	X509_free(made);
	EVP_PKEY_free(plan.subject_key);
	return fault;
}

/* Which LSC the phone has now; looking at a certificate changes nothing. */
static enum fault
remember_lsc(struct capf_authority *authority, const struct capf_outcome *outcome, struct why *why)
{
	switch (outcome->task.operation) {
	case CAPF_OPERATION_INSTALL:
		return enrolment_store_set_installed(
		    authority->store, outcome->device, outcome->certificate, why);
	case CAPF_OPERATION_DELETE:
		return enrolment_store_set_installed(
		    authority->store, outcome->device, bytes_of(NULL, 0), why);
	default:
		return FAULT_NONE;
	}
}

/* Success closes the case; a failure is remembered with its reason and may be tried again. */
static enum fault
record(struct capf_authority *authority, const struct capf_outcome *outcome, struct why *why)
{
	struct case_file file;
	enum fault fault;

	if ((fault = open_case(authority, outcome->device, &file, why)))
		return fault;
	file.record.at = authority->now();
	file.record.reason[0] = '\0';
	if (outcome->fault == FAULT_NONE) {
		file.record.state = ENROLMENT_DONE;
		if ((fault = remember_lsc(authority, outcome, why)))
			return fault;
	} else {
		if (file.record.state != ENROLMENT_LOCKED)
			file.record.state = ENROLMENT_FAILED;
		memcpy(file.record.reason, outcome->why.text, sizeof(outcome->why.text));
	}
	return enrolment_store_put(authority->store, &file.record, why);
}

static void
ended(void *arg, const struct capf_outcome *outcome)
{
	struct capf_authority *authority = arg;
	struct capf_outcome told = *outcome;

	/* Only what was about an operation changes how far it has come. */
	if (outcome->known && outcome->task.operation != CAPF_OPERATION_NONE) {
		enum fault fault = record(authority, outcome, &told.why);

		if (fault != FAULT_NONE)
			told.fault = fault;
		else
			told.why = outcome->why;
	}
	if (authority->ended != NULL)
		authority->ended(authority->arg, &told);
}

static enum fault
find(void *arg, const char *device, struct capf_task *task, struct why *why)
{
	return capf_authority_find(arg, device, task, why);
}

const struct capf_server_owner capf_authority_owner = {
    find, check_string, check_certificate, issue, ended};
