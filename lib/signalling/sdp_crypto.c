/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sdp_crypto.h"

#include <string.h>

#include "signalling/base64.h"
#include "signalling/sip_scan.h"

enum { TAG_MOST = 999999999, MKI_SIZE_MOST = 128, EXPONENT_MOST = 48 };

/* The next word of a line; "" at its end. */
static struct bytes
take_word(struct bytes *from)
{
	size_t count = 0;
	struct bytes word;

	(void)bytes_skip_any(from, " \t");
	while (count < from->left && from->at[count] != ' ' && from->at[count] != '\t')
		count++;
	word = bytes_part(*from, 0, count);
	*from = bytes_part(*from, count, from->left);
	return word;
}

/* Up to stop, which goes too; all of it when there is no stop. */
static struct bytes
take_field(struct bytes *from, uint8_t stop)
{
	struct bytes field;

	return bytes_take_until(from, stop, &field) ? field : bytes_take_rest(from);
}

/* "2^31" or "1048576": packets. */
static bool
read_lifetime(struct bytes text, uint64_t *lifetime)
{
	uint64_t exponent;

	if (!bytes_start_with(text, bytes_text("2^")))
		return bytes_decimal(text, (uint64_t)1 << EXPONENT_MOST, lifetime) && *lifetime > 0;
	if (!bytes_decimal(bytes_part(text, 2, text.left), EXPONENT_MOST, &exponent))
		return false;
	*lifetime = (uint64_t)1 << exponent;
	return true;
}

/* "1:4": the value, and how many bytes of each packet carry it. */
static bool
read_mki(struct bytes text, struct sdp_crypto *crypto)
{
	struct bytes value;
	uint64_t size;

	if (!bytes_take_until(&text, ':', &value) ||
	    !bytes_decimal(value, UINT64_MAX, &crypto->mki) ||
	    !bytes_decimal(text, MKI_SIZE_MOST, &size) || size == 0)
		return false;
	crypto->mki_size = (unsigned)size;
	return true;
}

/* "inline:key||salt[|lifetime][|MKI:length]" */
static enum fault
read_key(struct bytes text, struct sdp_crypto *crypto, struct why *why)
{
	const struct suite_sizes *sizes = suite_sizes(crypto->suite);
	struct bytes method, key;

	if (!bytes_take_until(&text, ':', &method))
		return explain(why, FAULT_MALFORMED, "crypto line without a key");
	if (!bytes_equal_text_nocase(method, "inline"))
		return explain(why, FAULT_MISSING, "crypto line with an unknown key method");
	if (text.left > 0 && memchr(text.at, ';', text.left) != NULL)
		return explain(why, FAULT_MISSING, "crypto line with several keys");
	key = take_field(&text, '|');
	if (!base64_read(key, crypto->key, sizeof(crypto->key), &crypto->key_size) ||
	    crypto->key_size != sizes->key + sizes->salt)
		return explain(why, FAULT_MALFORMED, "%s wants a key and salt of %zu bytes",
		    sizes->name, sizes->key + sizes->salt);
	while (text.left > 0) {
		struct bytes field = take_field(&text, '|');
		bool mki = field.left > 0 && memchr(field.at, ':', field.left) != NULL;

		if (mki ? crypto->mki_size > 0 || !read_mki(field, crypto)
			: crypto->lifetime > 0 || crypto->mki_size > 0 ||
			      !read_lifetime(field, &crypto->lifetime))
			return explain(
			    why, FAULT_MALFORMED, "lifetime or MKI of a crypto line is broken");
	}
	return FAULT_NONE;
}

static enum fault
read_parameter(struct bytes word, struct sdp_crypto *crypto, struct why *why)
{
	struct bytes value = word, name = take_field(&value, '=');
	uint64_t number;

	if (bytes_equal_text(name, "UNENCRYPTED_SRTP")) {
		crypto->unencrypted_srtp = true;
	} else if (bytes_equal_text(name, "UNENCRYPTED_SRTCP")) {
		crypto->unencrypted_srtcp = true;
	} else if (bytes_equal_text(name, "UNAUTHENTICATED_SRTP")) {
		crypto->unauthenticated_srtp = true;
	} else if (bytes_equal_text(name, "WSH")) {
		if (!bytes_decimal(value, UINT32_MAX, &number) || number < 64)
			return explain(why, FAULT_MALFORMED, "WSH is not a number from 64");
		crypto->wsh = (uint32_t)number;
	} else if (bytes_equal_text(name, "KDR")) {
		if (!bytes_decimal(value, 24, &number))
			return explain(why, FAULT_MALFORMED, "KDR is not a number up to 24");
		return explain(
		    why, FAULT_MISSING, "keys derived again and again are not spoken here");
	} else if (word.left == 0 || word.at[0] != '-') {
		/* RFC 4568 6.3.8: only those that begin with '-' may be ignored. */
		return explain(why, FAULT_MISSING, "a session parameter that is not known here");
	}
	return FAULT_NONE;
}

enum fault
sdp_crypto_read(struct bytes value, struct sdp_crypto *crypto, struct why *why)
{
	struct sdp_crypto read = {0};
	struct bytes left = bytes_trim(value), tag = take_word(&left), word;
	uint64_t number;
	enum fault fault;

	if (!bytes_decimal(tag, TAG_MOST, &number) || number == 0 || tag.at[0] == '0')
		return explain(
		    why, FAULT_MALFORMED, "crypto tag is not a number from 1 to %d", TAG_MOST);
	read.tag = (uint32_t)number;
	word = take_word(&left);
	if (word.left == 0)
		return explain(why, FAULT_MALFORMED, "crypto line without a suite");
	if (!suite_from_name(word, &read.suite))
		return explain(why, FAULT_MISSING, "a crypto suite that is not known here");
	fault = read_key(take_word(&left), &read, why);
	while (fault == FAULT_NONE && (word = take_word(&left)).left > 0)
		fault = read_parameter(word, &read, why);
	if (fault == FAULT_NONE)
		*crypto = read;
	sdp_crypto_wipe(&read);
	return fault;
}

void
sdp_crypto_write(const struct sdp_crypto *crypto, struct buffer *out)
{
	buffer_format(out, "%u %s inline:", crypto->tag, suite_sizes(crypto->suite)->name);
	base64_write(out, bytes_of(crypto->key, crypto->key_size));
}

void
sdp_crypto_wipe(struct sdp_crypto *crypto)
{
	explicit_bzero(crypto, sizeof(*crypto));
}

bool
sdp_crypto_usable(const struct sdp_crypto *crypto, unsigned suites)
{
	return suites & 1u << crypto->suite && !crypto->unencrypted_srtp &&
	       !crypto->unencrypted_srtcp && !crypto->unauthenticated_srtp && crypto->mki_size == 0;
}
