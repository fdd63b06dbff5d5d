/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/trust_list_write.c - build and sign a list that a phone will store. */
#include <stdio.h>
#include <string.h>

#include "trust/certificate.h"
#include "trust/trust_list.h"

enum {
	TRUST_LIST_VERSION = 0x0102,
	SIGNER_VERSION_EC = 0x0101, /* phones then take EC records and HTTPS */
	/* More than the limit, to be able to say by how much it is exceeded. */
	DRAFT_MOST = 1024 * 1024,
	SHOWN = 60,
};

static bool
has_ec(const struct trust_list_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (EVP_PKEY_is_a(X509_get0_pubkey(plan->entries[i].certificate), "EC"))
			return true;
	return false;
}

/* A list that its own reader would refuse is not written. */
static enum fault
check_plan(const struct trust_list_plan *plan, struct why *why)
{
	unsigned signers = 0;
	bool signer_listed = false;

	if (plan->count > TRUST_LIST_RECORDS_MOST)
		return explain(why, FAULT_LIMIT, "%zu records; a list holds at most %d",
		    plan->count, TRUST_LIST_RECORDS_MOST);
	for (size_t i = 0; i < plan->count; i++)
		if (plan->entries[i].role == TRUST_SAST) {
			signers++;
			signer_listed |=
			    certificate_equal(plan->entries[i].certificate, plan->signer);
		}
	if (signers > TRUST_LIST_SAST_MOST)
		return explain(why, FAULT_FORBIDDEN, "%u SAST records; phones take at most %d",
		    signers, TRUST_LIST_SAST_MOST);
	if (!signer_listed)
		return explain(why, FAULT_FORBIDDEN, "the signer is not listed as SAST");
	return FAULT_NONE;
}

/* What a phone can do without: whoever neither signs lists nor carries calls. */
static bool
can_be_dropped(const struct trust_entry *entry)
{
	return entry->role != TRUST_SAST && entry->role != TRUST_CCM_TFTP;
}

/* "TVS CN=a (900), APP-SERVER CN=b (800)": as many as a sentence holds. */
static void
name_droppable(const struct trust_list_plan *plan, const size_t *sizes, char *text, size_t room)
{
	char name[CERTIFICATE_NAME_SIZE], one[SHOWN + 32];
	size_t used = 0;

	text[0] = '\0';
	/* From the end: what was added last is what made it too large. */
	for (size_t i = plan->count; i-- > 0;) {
		const struct trust_entry *entry = &plan->entries[i];

		if (!can_be_dropped(entry))
			continue;
		certificate_name_text(X509_get_subject_name(entry->certificate), name);
		snprintf(one, sizeof(one), "%s%s %.*s (%zu)", used > 0 ? ", " : "",
		    trust_role_name(entry->role), SHOWN, name, sizes[i]);
		if (used + strlen(one) >= room)
			return;
		used += (size_t)snprintf(text + used, room - used, "%s", one);
	}
}

static enum fault
refuse_size(const struct trust_list_plan *plan, size_t size, const size_t *sizes, struct why *why)
{
	char droppable[WHY_SIZE - 80];

	name_droppable(plan, sizes, droppable, sizeof(droppable));
	return explain(why, FAULT_LIMIT,
	    "%s of %zu bytes in %zu records; phones store at most %d: drop some of %s",
	    trust_list_kind_name(plan->kind), size, plan->count, TRUST_LIST_MOST, droppable);
}

static enum fault
write_records(
    const struct trust_list_plan *plan, struct buffer *records, size_t *sizes, struct why *why)
{
	enum fault fault;

	for (size_t i = 0; i < plan->count; i++) {
		const struct trust_entry *entry = &plan->entries[i];
		size_t before = records->size;

		if ((fault = trust_record_write(entry->role, entry->certificate, entry->host,
			 entry->address, records, why)))
			return fault;
		sizes[i] = records->size - before;
	}
	return FAULT_NONE;
}

enum fault
trust_list_write(const struct trust_list_plan *plan, struct buffer *file, struct why *why)
{
	struct signed_header_plan header = {.version = TRUST_LIST_VERSION,
	    .signer_version = has_ec(plan) ? SIGNER_VERSION_EC : 0,
	    .signer = plan->signer,
	    .key = plan->key,
	    .digest = plan->digest != 0 ? plan->digest : SIGNED_SHA512,
	    .filename = trust_list_filename(plan->kind),
	    .timestamp = (uint32_t)plan->now};
	size_t sizes[TRUST_LIST_RECORDS_MOST];
	struct buffer records, draft;
	enum fault fault;

	buffer_init(&records, DRAFT_MOST);
	buffer_init(&draft, DRAFT_MOST);
	if ((fault = check_plan(plan, why)) ||
	    (fault = write_records(plan, &records, sizes, why)) ||
	    (fault = signed_header_write(&header, buffer_bytes_of(&records), &draft, why)))
		goto done;
	if (draft.size > TRUST_LIST_MOST) {
		fault = refuse_size(plan, draft.size, sizes, why);
		goto done;
	}
	buffer_bytes(file, buffer_bytes_of(&draft));
	if (!buffer_ok(file))
		fault = explain(why, FAULT_LIMIT, "no room for the list");
done:
	buffer_finish(&records);
	buffer_finish(&draft);
	return fault;
}
