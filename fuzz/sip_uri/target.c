/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sip_uri/target.c - URIs and addresses: views lie inside; a short URI equals itself; what
 * an address holds is again an address when written from its parts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "signalling/sip_builder.h"
#include "signalling/sip_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
try_uri(struct bytes input)
{
	struct sip_uri uri;
	struct why why = {""};
	char user[64];

	if (sip_uri_read(input, &uri, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return;
	}
	expect(bytes_within(uri.user, input) && bytes_within(uri.host, input));
	expect(bytes_within(uri.parameters, input) && bytes_within(uri.headers, input));
	expect(sip_uri_equal(&uri, &uri));
	if (sip_uri_user_text(&uri, user, sizeof(user)))
		expect(bytes_text(user).left <= uri.user.left);
}

static void
try_address(struct bytes input)
{
	struct sip_address address, again;
	struct buffer written;
	struct why why = {""};

	if (sip_address_read(input, &address, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return;
	}
	if (address.star)
		return;
	expect(bytes_within(address.display, input) && bytes_within(address.tag, input));
	buffer_init(&written, 65536);
	buffer_text(&written, "<");
	buffer_bytes(&written, address.uri.text);
	buffer_text(&written, ">");
	buffer_bytes(&written, address.parameters);
	expect(sip_address_read(buffer_bytes_of(&written), &again, &why) == FAULT_NONE);
	expect(bytes_equal(again.tag, address.tag));
	expect(bytes_equal(again.uri.text, address.uri.text));
	buffer_finish(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = bytes_of(data, size);
	struct sip_session_expires expires;
	struct sip_replaces replaces;
	struct sip_via via;
	struct sip_cseq cseq;

	try_uri(input);
	try_address(input);
	if (sip_via_read(input, &via, NULL) == FAULT_NONE)
		expect(bytes_within(via.host, input) && bytes_within(via.branch, input));
	if (sip_cseq_read(input, &cseq, NULL) == FAULT_NONE)
		expect(bytes_within(cseq.method_name, input));
	if (sip_replaces_read(input, &replaces, NULL) == FAULT_NONE)
		expect(bytes_within(replaces.to_tag, input));
	(void)!sip_session_expires_read(input, &expires, NULL);
	return 0;
}
