/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/signed_file/target.c - a header that is read describes the file exactly; nothing that
 * was not signed by the corpus' signer verifies, whatever the header says.
 */
#include "trust/signed_file.h"

#include <stdlib.h>
#include <string.h>

#include "trust/certificate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static STACK_OF(X509) * candidates;

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

/* Who signed the corpus. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct why why;

	(void)argc;
	(void)argv;
	expect(certificate_load_all(TEST_DATA "/trust/ccm.pem", &candidates, &why) == FAULT_NONE);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char name[] = "SEP001122334455.cnf.xml.sgn";
	struct bytes file = bytes_of(data, size);
	struct signed_file verified = {0};
	struct signed_header header;
	struct why why;
	char text[64];

	if (signed_header_read(file, &header, &why) == FAULT_NONE) {
		expect(bytes_within(header.content, file));
		expect(header.before.left + header.behind.left + 3 + header.signature.left == size);
		expect(
		    strlen(signed_header_signer_text(&header, text, sizeof(text))) < sizeof(text));
	}
	if (signed_file_verify(file, name, candidates, &verified, &why) == FAULT_NONE) {
		expect(bytes_within(verified.payload, file) && verified.signer != NULL);
		expect(bytes_equal_text(header.filename, name));
	} else
		expect(verified.payload.at == NULL && verified.signer == NULL);
	return 0;
}
