/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/trust_list/target.c - what is read of a list lies inside the list's own bytes, in order,
 * and fills it; verifying it never trusts what was not signed.
 */
#include "trust/trust_list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check_record(const struct trust_record *record, struct bytes whole)
{
	const struct bytes views[] = {record->host, record->subject, record->issuer, record->serial,
	    record->public_key, record->der, record->address};

	for (size_t i = 0; i < COUNT(views); i++)
		expect(bytes_within(views[i], whole));
	expect((record->certificate != NULL) == (record->der.left > 0));
}

static void
check(const struct trust_list *list)
{
	size_t sum = list->bytes.left - list->header.content.left;
	struct why why;

	expect(list->bytes.left <= TRUST_LIST_MOST && list->count <= TRUST_LIST_RECORDS_MOST);
	expect(bytes_within(list->header.before, list->bytes));
	expect(bytes_within(list->header.behind, list->bytes));
	/* Every byte but the signature element is signed. */
	expect(
	    list->header.before.left + list->header.behind.left + 3 + list->header.signature.left ==
	    list->bytes.left);
	for (size_t i = 0; i < list->count; i++) {
		check_record(&list->records[i], list->bytes);
		sum += list->records[i].size;
	}
	expect(sum == list->bytes.left);
	if (trust_list_verify(list, &why) == FAULT_NONE)
		expect(trust_list_signer(list) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trust_list *list = NULL;
	struct why why;

	for (int kind = 0; kind < TRUST_LIST_KINDS; kind++) {
		if (trust_list_read(&list, (enum trust_list_kind)kind, bytes_of(data, size),
			&why) == FAULT_NONE) {
			check(list);
			trust_list_free(list);
		} else
			expect(list == NULL && why.text[0] != '\0');
		list = NULL;
	}
	return 0;
}
