/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/storage.h"

enum { SHOWN = 80 };

struct trust_store {
	char folder[STORAGE_PATH_MOST]; /* "" keeps nothing on disk */
	struct trust_list *lists[TRUST_LIST_KINDS];
	trust_vouch_handler *vouch;
	void *vouch_arg;
	struct why complaint;
};

void
trust_store_free(struct trust_store *store)
{
	if (store == NULL)
		return;
	for (size_t kind = 0; kind < TRUST_LIST_KINDS; kind++)
		trust_list_free(store->lists[kind]);
	free(store);
}

static enum fault
read_verified(
    enum trust_list_kind kind, struct bytes file, struct trust_list **list, struct why *why)
{
	struct trust_list *reading = NULL;
	enum fault fault;

	if ((fault = trust_list_read(&reading, kind, file, why)) == FAULT_NONE &&
	    (fault = trust_list_verify(reading, why)) == FAULT_NONE) {
		*list = reading;
		return FAULT_NONE;
	}
	trust_list_free(reading);
	return fault;
}

static enum fault
load(struct trust_store *store, enum trust_list_kind kind, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	struct content file = {0};
	enum fault fault;

	if ((fault = storage_path(path, store->folder, trust_list_filename(kind), why)) ||
	    (fault = storage_read(path, TRUST_LIST_MOST, &file, why)))
		goto done;
	if ((fault = read_verified(kind, content_bytes(&file), &store->lists[kind], why)))
		fault = explain_within(why, fault, "stored %s: ", trust_list_filename(kind));
done:
	content_free(&file);
	return fault == FAULT_MISSING ? FAULT_NONE : fault;
}

enum fault
trust_store_open(struct trust_store **store, const char *folder, struct why *why)
{
	struct trust_store *opening = calloc(1, sizeof(*opening));
	enum fault fault = FAULT_NONE;

	if (opening == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a trust store");
	if (folder != NULL &&
	    !bytes_copy_text(bytes_text(folder), opening->folder, sizeof(opening->folder))) {
		fault = explain(why, FAULT_LIMIT, "path of the trust store is too long");
	} else if (folder != NULL && (fault = storage_folder(folder, 0700, why)) == FAULT_NONE &&
		   (fault = storage_tidy(folder, why)) == FAULT_NONE) {
		for (size_t kind = 0; kind < TRUST_LIST_KINDS; kind++)
			if (load(opening, (enum trust_list_kind)kind, why) != FAULT_NONE)
				opening->complaint = *why;
	}
	if (fault == FAULT_NONE) {
		*store = opening;
		opening = NULL;
	}
	trust_store_free(opening);
	return fault;
}

const char *
trust_store_complaint(const struct trust_store *store)
{
	return store->complaint.text[0] != '\0' ? store->complaint.text : NULL;
}

void
trust_store_on_unknown(struct trust_store *store, trust_vouch_handler *vouch, void *arg)
{
	store->vouch = vouch;
	store->vouch_arg = arg;
}

const struct trust_list *
trust_store_list(const struct trust_store *store, enum trust_list_kind kind)
{
	return store->lists[kind];
}

bool
trust_store_empty(const struct trust_store *store)
{
	return store->lists[TRUST_CTL] == NULL && store->lists[TRUST_ITL] == NULL;
}

/* Which stored lists may name the signer of a new list of this kind: a set of 1 << kind. */
static unsigned
lists_that_decide(const struct trust_store *store, enum trust_list_kind kind)
{
	if (kind == TRUST_ITL && store->lists[TRUST_ITL] == NULL)
		return 1U << TRUST_CTL;
	return 1U << TRUST_CTL | 1U << TRUST_ITL;
}

/* By the stored certificate's own key, not by the copy the new list brings along. */
static bool
signed_by_stored(const struct trust_store *store, unsigned lists, const struct trust_list *fresh,
    const struct trust_record **expected)
{
	for (size_t kind = 0; kind < TRUST_LIST_KINDS; kind++) {
		const struct trust_list *list = store->lists[kind];

		for (size_t i = 0; list != NULL && lists & 1U << kind && i < list->count; i++) {
			const struct trust_record *record = &list->records[i];

			if (record->role != TRUST_SAST || record->certificate == NULL)
				continue;
			*expected = record;
			if (signed_header_names(&fresh->header, record->certificate) &&
			    signed_header_verify(&fresh->header, record->certificate, NULL) ==
				FAULT_NONE)
				return true;
		}
	}
	return false;
}

static enum fault
refuse_signer(const struct trust_list *fresh, const struct trust_record *expected, struct why *why)
{
	char seen[SHOWN], name[SHOWN] = "no one";
	struct certificate_facts facts;

	if (expected != NULL &&
	    certificate_describe(expected->certificate, &facts, NULL) == FAULT_NONE)
		snprintf(name, sizeof(name), "serial %.36s %.32s", facts.serial, facts.subject);
	return explain(why, FAULT_UNTRUSTED, "%s signer expected: %s; seen: %s",
	    trust_list_kind_name(fresh->kind), name,
	    signed_header_signer_text(&fresh->header, seen, sizeof(seen)));
}

/* The rule of the header file. The list is whole already. */
static enum fault
check_signer(const struct trust_store *store, const struct trust_list *fresh, struct why *why)
{
	const struct trust_record *expected = NULL, *signer = trust_list_signer(fresh);
	unsigned lists = lists_that_decide(store, fresh->kind);

	/* Who can damage a stored list must not thereby become the first to be trusted. */
	if (trust_store_empty(store) && store->complaint.text[0] != '\0')
		return explain(why, FAULT_UNTRUSTED,
		    "%s refused: the stored list is damaged, and no other says whom to trust; "
		    "reset the phone to factory settings",
		    trust_list_filename(fresh->kind));
	if (trust_store_empty(store) || signed_by_stored(store, lists, fresh, &expected))
		return FAULT_NONE;
	/* With a CTL alone the first ITL must be the CTL's; TVS is an ITL's own witness. */
	if (store->vouch != NULL && store->lists[TRUST_ITL] != NULL && signer != NULL &&
	    store->vouch(store->vouch_arg, signer->certificate, TRUST_SAST, why) == FAULT_NONE)
		return FAULT_NONE;
	return refuse_signer(fresh, expected, why);
}

static enum fault
keep(const struct trust_store *store, const struct trust_list *list, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (store->folder[0] == '\0')
		return FAULT_NONE;
	if ((fault = storage_path(path, store->folder, trust_list_filename(list->kind), why)))
		return fault;
	return storage_replace(path, list->bytes, 0600, why);
}

enum fault
trust_store_accept(
    struct trust_store *store, enum trust_list_kind kind, struct bytes file, struct why *why)
{
	struct trust_list *fresh = NULL;
	enum fault fault;

	if (store->lists[kind] != NULL && bytes_equal(store->lists[kind]->bytes, file))
		return FAULT_NONE;
	if ((fault = read_verified(kind, file, &fresh, why)) ||
	    (fault = check_signer(store, fresh, why)) || (fault = keep(store, fresh, why)))
		goto done;
	trust_list_free(store->lists[kind]);
	store->lists[kind] = fresh;
	fresh = NULL;
done:
	trust_list_free(fresh);
	return fault;
}

enum fault
trust_store_accept_ctl(struct trust_store *store, struct bytes file, struct why *why)
{
	return trust_store_accept(store, TRUST_CTL, file, why);
}

enum fault
trust_store_accept_itl(struct trust_store *store, struct bytes file, struct why *why)
{
	return trust_store_accept(store, TRUST_ITL, file, why);
}

enum fault
trust_store_forget(struct trust_store *store, enum trust_list_kind kind, struct why *why)
{
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (store->folder[0] != '\0' &&
	    ((fault = storage_path(path, store->folder, trust_list_filename(kind), why)) ||
		(fault = storage_remove(path, why))))
		return fault;
	trust_list_free(store->lists[kind]);
	store->lists[kind] = NULL;
	if (trust_store_empty(store))
		store->complaint.text[0] = '\0'; /* nothing is left that could be damaged */
	return FAULT_NONE;
}
