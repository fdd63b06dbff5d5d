/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces that need no memory: a time, and a seal over it that only we can make. */
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "signalling/sip_digest.h"
#include "signalling/sip_scan.h"

enum { TIME_DIGITS = 16, SEAL_SIZE = 16, TEXT_SIZE = TIME_DIGITS + 2 * SEAL_SIZE };

/* HMAC-SHA-256 over time and owner, cut to SEAL_SIZE bytes, as hexadecimal. */
static bool
seal(const struct sip_nonce_secret *secret, uint64_t time_s, uint64_t bound_to,
    char text[2 * SEAL_SIZE + 1])
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	uint8_t input[16];

	for (size_t i = 0; i < 8; i++) {
		input[i] = (uint8_t)(time_s >> 8 * (7 - i));
		input[8 + i] = (uint8_t)(bound_to >> 8 * (7 - i));
	}
	if (HMAC(EVP_sha256(), secret->bytes, sizeof(secret->bytes), input, sizeof(input), mac,
		NULL) == NULL)
		return false;
	for (size_t i = 0; i < SEAL_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", mac[i]);
	return true;
}

void
sip_nonce_make(const struct sip_nonce_secret *secret, uint64_t now_s, uint64_t bound_to,
    char nonce[SIP_NONCE_SIZE])
{
	char text[2 * SEAL_SIZE + 1];

	/* Without a seal the nonce is one that sip_nonce_check() never accepts. */
	if (!seal(secret, now_s, bound_to, text))
		text[0] = '\0';
	snprintf(nonce, SIP_NONCE_SIZE, "%016llx%s", (unsigned long long)now_s, text);
}

static bool
read_time(struct bytes nonce, uint64_t *time_s)
{
	*time_s = 0;
	if (nonce.left < TIME_DIGITS)
		return false;
	for (size_t i = 0; i < TIME_DIGITS; i++) {
		int digit = sip_scan_hex(nonce.at[i]);

		if (digit < 0)
			return false;
		*time_s = *time_s << 4 | (uint64_t)digit;
	}
	return true;
}

enum sip_nonce_state
sip_nonce_check(const struct sip_nonce_secret *secret, struct bytes nonce, uint64_t now_s,
    uint64_t life_s, uint64_t bound_to)
{
	char text[2 * SEAL_SIZE + 1];
	uint64_t time_s;

	if (nonce.left != TEXT_SIZE || !read_time(nonce, &time_s) ||
	    !seal(secret, time_s, bound_to, text) ||
	    !bytes_equal_secret(bytes_part(nonce, TIME_DIGITS, nonce.left), bytes_text(text)))
		return SIP_NONCE_FORGED;
	return time_s <= now_s && now_s - time_s <= life_s ? SIP_NONCE_FRESH : SIP_NONCE_STALE;
}

/* Tells nonces apart in the window; they are sealed, so nobody can look for equal ones. */
static uint64_t
hash_of(struct bytes nonce)
{
	uint64_t value = 0xcbf29ce484222325U;

	for (size_t i = 0; i < nonce.left; i++)
		value = (value ^ nonce.at[i]) * 0x100000001b3U;
	return value;
}

enum fault
sip_nonce_count(
    struct sip_nonce_window *window, const struct sip_credentials *credentials, struct why *why)
{
	uint64_t nonce_hash = hash_of(credentials->nonce), time_s;
	struct sip_nonce_window next = *window;
	uint32_t nc = credentials->nc;

	/* An older nonce than the last one is never taken up again: it may be a replay. */
	if (!read_time(credentials->nonce, &time_s))
		time_s = 0;
	if (window->nonce_hash != nonce_hash && time_s < window->time_s)
		return explain(why, FAULT_UNTRUSTED, "digest: a newer nonce is in use");
	if (window->nonce_hash != nonce_hash)
		next = (struct sip_nonce_window){.nonce_hash = nonce_hash, .time_s = time_s};
	/* Without qop there is no count: each nonce serves once. */
	if (!credentials->qop_auth)
		nc = next.highest == 0 ? 1 : next.highest;
	if (nc > next.highest) {
		uint32_t step = nc - next.highest;

		next.seen = step < 64 ? next.seen << step : 0;
		next.highest = nc;
	} else if (next.highest - nc >= 64 || next.seen & (uint64_t)1 << (next.highest - nc)) {
		return explain(why, FAULT_UNTRUSTED, "digest: this answer was used before");
	}
	next.seen |= (uint64_t)1 << (next.highest - nc);
	*window = next;
	return FAULT_NONE;
}
