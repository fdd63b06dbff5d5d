/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/signed_file.h"

#include <stdio.h>
#include <string.h>

#include "trust/certificate.h"

enum { SIGNED_FILE_VERSION = 0x0100, SHOWN = 80 };

/* The candidates that have the serial, in words: "CallManager (5f03), ..." is what was expected. */
static enum fault
refuse_signer(const struct signed_header *header, STACK_OF(X509) * candidates, struct why *why)
{
	char seen[SHOWN + 1], expected[CERTIFICATE_NAME_SIZE] = "nobody";
	struct certificate_facts facts;
	int count = sk_X509_num(candidates);

	if (count > 0 &&
	    certificate_describe(sk_X509_value(candidates, 0), &facts, NULL) == FAULT_NONE)
		snprintf(expected, sizeof(expected), "serial %.40s %.40s%s", facts.serial,
		    facts.subject, count > 1 ? " or another listed file signer" : "");
	return explain(why, FAULT_UNTRUSTED, "signer expected: %s; seen: %s", expected,
	    signed_header_signer_text(header, seen, sizeof(seen)));
}

/* Two CAs may have given the same serial: any of them whose key verifies is the signer. */
static enum fault
find_signer(
    const struct signed_header *header, STACK_OF(X509) * candidates, X509 **signer, struct why *why)
{
	enum fault fault = FAULT_NONE;
	bool named = false;

	for (int i = 0; i < sk_X509_num(candidates); i++) {
		X509 *candidate = sk_X509_value(candidates, i);

		if (!signed_header_names(header, candidate))
			continue;
		named = true;
		if ((fault = signed_header_verify(header, candidate, why)) == FAULT_NONE) {
			*signer = candidate;
			return FAULT_NONE;
		}
	}
	return named ? fault : refuse_signer(header, candidates, why);
}

enum fault
signed_file_verify(struct bytes file, const char *name, STACK_OF(X509) * candidates,
    struct signed_file *verified, struct why *why)
{
	struct signed_header header;
	X509 *signer = NULL;
	enum fault fault;

	if (file.left > SIGNED_FILE_MOST)
		return explain(why, FAULT_LIMIT, "signed file of %zu bytes; at most %d", file.left,
		    SIGNED_FILE_MOST);
	if ((fault = signed_header_read(file, &header, why)))
		return fault;
	if (header.version != SIGNED_FILE_VERSION)
		return explain(why, FAULT_MALFORMED, "version %u.%u, not that of a signed file",
		    header.version >> 8, header.version & 0xff);
	if ((fault = find_signer(&header, candidates, &signer, why)))
		return fault;
	if (!bytes_equal_text(header.filename, name))
		return explain(why, FAULT_UNTRUSTED, "it was signed as \"%.*s\", not as \"%s\"",
		    (int)(header.filename.left < SHOWN ? header.filename.left : SHOWN),
		    (const char *)header.filename.at, name);
	*verified = (struct signed_file){.payload = header.content,
	    .signer = signer,
	    .timestamp = header.timestamp,
	    .digest = header.digest};
	return FAULT_NONE;
}

enum fault
signed_file_write(struct bytes payload, const char *name, X509 *signer, EVP_PKEY *key,
    enum signed_digest digest, int64_t now, struct buffer *file, struct why *why)
{
	struct signed_header_plan plan = {.version = SIGNED_FILE_VERSION,
	    .signer = signer,
	    .key = key,
	    .digest = digest != 0 ? digest : SIGNED_SHA512,
	    .filename = name,
	    .timestamp = (uint32_t)now};

	return signed_header_write(&plan, payload, file, why);
}
