/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust_list.h"

#include <stdlib.h>
#include <string.h>

#include "trust/certificate.h"

enum { TRUST_LIST_VERSION = 0x0102 };

static const struct {
	const char *name, *filename;
} kinds[TRUST_LIST_KINDS] = {
    [TRUST_CTL] = {"CTL", "CTLFile.tlv"},
    [TRUST_ITL] = {"ITL", "ITLFile.tlv"},
};

const char *
trust_list_kind_name(enum trust_list_kind kind)
{
	return kinds[kind].name;
}

const char *
trust_list_filename(enum trust_list_kind kind)
{
	return kinds[kind].filename;
}

/* The list's own copy, so that its views live as long as it does. */
static enum fault
list_new(struct trust_list **list, enum trust_list_kind kind, struct bytes file, struct why *why)
{
	struct trust_list *making = calloc(1, sizeof(*making));
	uint8_t *copy = malloc(file.left > 0 ? file.left : 1);

	if (making == NULL || copy == NULL) {
		free(making);
		free(copy);
		return explain(why, FAULT_SYSTEM, "no memory for a list of %zu bytes", file.left);
	}
	if (file.left > 0)
		memcpy(copy, file.at, file.left);
	making->kind = kind;
	making->bytes = bytes_of(copy, file.left);
	*list = making;
	return FAULT_NONE;
}

static enum fault
read_records(struct trust_list *list, struct why *why)
{
	struct bytes from = list->header.content;
	unsigned signers = 0;
	enum fault fault;

	while (from.left > 0) {
		if (list->count == TRUST_LIST_RECORDS_MOST)
			return explain(
			    why, FAULT_LIMIT, "more than %d records", TRUST_LIST_RECORDS_MOST);
		if ((fault = trust_record_read(&from, &list->records[list->count], why)))
			return explain_within(why, fault, "record %zu: ", list->count + 1);
		if (list->records[list->count++].role == TRUST_SAST &&
		    ++signers > TRUST_LIST_SAST_MOST)
			return explain(
			    why, FAULT_LIMIT, "more than %d SAST records", TRUST_LIST_SAST_MOST);
	}
	return FAULT_NONE;
}

enum fault
trust_list_read(
    struct trust_list **list, enum trust_list_kind kind, struct bytes file, struct why *why)
{
	struct trust_list *reading = NULL;
	enum fault fault;

	if (file.left > TRUST_LIST_MOST)
		return explain(why, FAULT_LIMIT, "%s file too large", kinds[kind].name);
	if ((fault = list_new(&reading, kind, file, why)) ||
	    (fault = signed_header_read(reading->bytes, &reading->header, why)))
		goto done;
	if (reading->header.version != TRUST_LIST_VERSION) {
		fault = explain(why, FAULT_MALFORMED, "version %u.%u, not that of a trust list",
		    reading->header.version >> 8, reading->header.version & 0xff);
		goto done;
	}
	if (!bytes_equal_text(reading->header.filename, kinds[kind].filename)) {
		fault = explain(
		    why, FAULT_MALFORMED, "it does not call itself %s", kinds[kind].filename);
		goto done;
	}
	if ((fault = read_records(reading, why)))
		goto done;
	*list = reading;
	reading = NULL;
done:
	trust_list_free(reading);
	return fault;
}

void
trust_list_free(struct trust_list *list)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->count; i++)
		trust_record_finish(&list->records[i]);
	free((void *)(uintptr_t)list->bytes.at);
	free(list);
}

const struct trust_record *
trust_list_signer(const struct trust_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct trust_record *record = &list->records[i];

		if (record->role == TRUST_SAST && record->certificate != NULL &&
		    signed_header_names(&list->header, record->certificate))
			return record;
	}
	return NULL;
}

enum fault
trust_list_verify(const struct trust_list *list, struct why *why)
{
	enum { SHOWN = 120 };
	const struct trust_record *signer = trust_list_signer(list);
	char seen[SHOWN];

	if (signer == NULL)
		return explain(why, FAULT_UNTRUSTED, "signer %s is no SAST of the list itself",
		    signed_header_signer_text(&list->header, seen, sizeof(seen)));
	return signed_header_verify(&list->header, signer->certificate, why);
}
