/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz/sip_digest/target.c - challenges and credentials: views lie inside, a challenge can be
 * answered. */
#include <stdlib.h>

#include "signalling/sip_digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
answer_it(const struct sip_challenge *challenge)
{
	struct sip_answer answer = {.user = bytes_text("ann"),
	    .password = bytes_text("secret"),
	    .method = "INVITE",
	    .uri = bytes_text("sip:192.0.2.1"),
	    .cnonce = "c",
	    .nc = 1};
	char text[SIP_DIGEST_TEXT_SIZE], ha1[SIP_HA1_SIZE];
	struct sip_credentials credentials;
	struct why why;

	if (sip_digest_answer(challenge, &answer, text, sizeof(text), &why) != FAULT_NONE)
		return;
	expect(sip_credentials_read(bytes_text(text), &credentials, &why) == FAULT_NONE);
	expect(sip_digest_ha1(challenge->digest, answer.user, challenge->realm, answer.password,
		   ha1, &why) == FAULT_NONE);
	expect(sip_credentials_verify(&credentials, "INVITE", ha1, &why) == FAULT_NONE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sip_nonce_secret secret = {{1}};
	static struct sip_nonce_window window;
	struct bytes input = bytes_of(data, size);
	struct sip_credentials credentials;
	struct sip_challenge challenge;
	struct why why = {""};

	if (sip_challenge_read(input, &challenge, &why) == FAULT_NONE) {
		expect(
		    bytes_within(challenge.realm, input) && bytes_within(challenge.nonce, input));
		answer_it(&challenge);
	}
	if (sip_credentials_read(input, &credentials, &why) == FAULT_NONE) {
		expect(bytes_within(credentials.user, input));
		expect(bytes_within(credentials.response, input));
		expect(sip_credentials_verify(&credentials, "INVITE", "none", &why) != FAULT_NONE);
		expect(sip_nonce_check(&secret, credentials.nonce, 0, 0, 0) != SIP_NONCE_FRESH);
		if (sip_nonce_count(&window, &credentials, &why) == FAULT_NONE)
			expect(sip_nonce_count(&window, &credentials, &why) != FAULT_NONE);
	}
	return 0;
}
