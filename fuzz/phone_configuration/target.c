/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/phone_configuration/target.c - what is read can be written, and reads back as the same;
 * what is refused changes nothing and has a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "provisioning/phone_configuration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
write_again(const struct phone_configuration *read, struct buffer *document)
{
	static struct phone_configuration again;
	struct why why;

	/* Text that came through XML may hold what we never write: line ends, rare characters. */
	if (phone_configuration_write(read, document, &why) != FAULT_NONE)
		return;
	expect(phone_configuration_read(buffer_bytes_of(document), &again, &why) == FAULT_NONE);
	expect(again.manager_count == read->manager_count && again.line_count == read->line_count &&
	       again.capf_count == read->capf_count && again.security_mode == read->security_mode &&
	       again.transport == read->transport && again.capf_auth_mode == read->capf_auth_mode &&
	       again.full == read->full && again.encrypted == read->encrypted);
	expect(memcmp(&again.vendor.value, &read->vendor.value, sizeof(read->vendor.value)) == 0);
	expect(strcmp(again.device, read->device) == 0 &&
	       strcmp(again.certificate_hash, read->certificate_hash) == 0);
	for (size_t i = 0; i < read->line_count; i++)
		expect(strcmp(again.lines[i].auth_password, read->lines[i].auth_password) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct phone_configuration read, before;
	struct buffer document;
	struct why why = {""};

	memset(&read, 0xa5, sizeof(read));
	before = read;
	if (phone_configuration_read(bytes_of(data, size), &read, &why) != FAULT_NONE) {
		expect(memcmp(&read, &before, sizeof(read)) == 0 && why.text[0] != '\0');
		return 0;
	}
	expect(read.manager_count <= CONFIGURED_MANAGERS_MOST &&
	       read.line_count <= CONFIGURED_LINES_MOST &&
	       read.capf_count <= CONFIGURED_SERVICES_MOST &&
	       read.trust_service_count <= CONFIGURED_SERVICES_MOST);
	buffer_init(&document, 8 * PHONE_CONFIGURATION_MOST);
	write_again(&read, &document);
	buffer_wipe(&document);
	return 0;
}
