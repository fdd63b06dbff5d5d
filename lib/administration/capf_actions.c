/* SPDX-License-Identifier: Apache-2.0 */
/* lib/administration/capf_actions.c - capf list: what became of each phone's CAPF operation. */
#include "administration/administration.h"
#include "base/clock.h"
#include "enrolment/enrolment_store.h"
#include "storage/storage.h"

static const char *const operations[WISH_OPERATION_COUNT] = {
    [WISH_NONE] = "none",
    [WISH_INSTALL] = "install",
    [WISH_DELETE] = "delete",
    [WISH_FETCH] = "fetch",
};

/* What the operator calls an operation that came to its end. */
static const char *const ends[WISH_OPERATION_COUNT] = {
    [WISH_NONE] = "None",
    [WISH_INSTALL] = "Installed",
    [WISH_DELETE] = "Deleted",
    [WISH_FETCH] = "Fetched",
};

static const char *const proofs[WISH_PROOF_COUNT] = {
    [WISH_BY_NOTHING] = "nothing",
    [WISH_BY_STRING] = "string",
    [WISH_BY_NULL_STRING] = "null-string (no security)",
    [WISH_BY_LSC] = "lsc",
    [WISH_BY_MIC] = "mic",
};

struct listing {
	struct enrolment_store *store; /* NULL: nobody ever enrolled */
	json_t *list;
	int64_t now;
};

/* The record of an older wish says nothing of this one. */
static const char *
status_of(const struct capf_wish *wish, const struct enrolment_record *record, int64_t now)
{
	enum enrolment_state state =
	    record->wish == wish->serial ? record->state : ENROLMENT_WAITING;

	if (wish->operation == WISH_NONE || state == ENROLMENT_DONE)
		return ends[wish->operation];
	if (wish->until != 0 && now > wish->until)
		return "Expired";
	switch (state) {
	case ENROLMENT_LOCKED:
		return "Locked";
	case ENROLMENT_FAILED:
		return "Failed";
	default:
		return "Pending";
	}
}

static json_t *
time_json(int64_t time)
{
	char text[CLOCK_TEXT_SIZE];

	return time != 0 ? json_string(clock_text(time, text)) : json_null();
}

static json_t *
row_json(const struct listing *listing, const struct phone *phone,
    const struct enrolment_record *record, const struct enrolment_certificate *issued)
{
	bool about_this = record->wish == phone->capf.serial && record->at != 0;

	return json_pack("{s:s s:s s:s s:s s:s s:o s:o s:o}", "device", phone->device, "operation",
	    operations[phone->capf.operation], "proof",
	    phone->capf.operation != WISH_NONE ? proofs[phone->capf.proof] : "", "status",
	    status_of(&phone->capf, record, listing->now), "reason",
	    about_this ? record->reason : "", "at", time_json(about_this ? record->at : 0),
	    "lsc_serial", issued->serial[0] != '\0' ? json_string(issued->serial) : json_null(),
	    "lsc_expires", time_json(issued->not_after));
}

static enum fault
add_phone(void *arg, const struct phone *phone, struct why *why)
{
	struct listing *listing = arg;
	struct enrolment_certificate issued = {0};
	struct enrolment_record record = {0};
	enum fault fault = FAULT_NONE;

	if (listing->store != NULL)
		fault = enrolment_store_find(listing->store, phone->device, &record, why);
	if (fault != FAULT_NONE && fault != FAULT_MISSING)
		return fault;
	if (listing->store != NULL)
		fault = enrolment_store_installed(listing->store, phone->device, &issued, why);
	if (fault != FAULT_NONE && fault != FAULT_MISSING)
		return fault;
	if (json_array_append_new(listing->list, row_json(listing, phone, &record, &issued)) == -1)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	return FAULT_NONE;
}

static enum fault
capf_list(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct administration *administration = arg;
	struct listing listing = {.now = clock_wall()};
	enum fault fault = administration_unpack(arguments, why, "{}");

	if (fault != FAULT_NONE)
		return fault;
	if ((listing.list = json_array()) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for the list");
	/* `enrolment` makes the file; before that nobody can have enrolled. */
	if (storage_exists(administration->enrolment_path))
		fault = enrolment_store_open(
		    &listing.store, administration->enrolment_path, DATABASE_READ, why);
	if (fault == FAULT_NONE)
		fault = directory_phones(administration->directory, add_phone, &listing, why);
	enrolment_store_close(listing.store);
	if (fault != FAULT_NONE) {
		json_decref(listing.list);
		return fault;
	}
	*result = listing.list;
	return FAULT_NONE;
}

static const struct control_command entries[] = {
    {"capf list", capf_list, NULL},
};
const struct administration_table capf_actions = {entries, COUNT(entries)};
