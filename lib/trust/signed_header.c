/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/signed_header.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "trust/certificate.h"
#include "trust/signed_header_format.h"

/* Where each may stand, and how long. A container's length is the sum of its children. */
static const struct {
	const char *name;
	size_t least, most;
	enum signed_tag inside; /* 0: in the header itself */
	bool optional;
} elements[TAGS] = {
    [VERSION] = {"version", 2, 2, 0, false},
    [HEADER_LENGTH] = {"header length", 2, 2, 0, false},
    [SIGNER_ID] = {"signer", 1, SIGNED_HEADER_MOST, 0, false},
    [SIGNER_NAME] = {"signer name", 1, SIGNED_NAME_MOST, SIGNER_ID, false},
    [SERIAL] = {"serial number", 1, CERTIFICATE_SERIAL_MOST, SIGNER_ID, false},
    [CA_NAME] = {"CA name", 1, SIGNED_NAME_MOST, SIGNER_ID, false},
    [SIGNATURE_INFO] = {"signature information", 15, 15, 0, false},
    [DIGEST] = {"digest", 1, 1, SIGNATURE_INFO, false},
    [ALGORITHM_INFO] = {"algorithm information", 8, 8, SIGNATURE_INFO, false},
    [ALGORITHM] = {"algorithm", 1, 1, ALGORITHM_INFO, false},
    [MODULUS] = {"signature size", 1, 1, ALGORITHM_INFO, false},
    [SIGNATURE] = {"signature", 64, 512, 0, false},
    [FILENAME] = {"file name", 1, SIGNED_FILENAME_MOST, 0, false},
    [TIMESTAMP] = {"time stamp", 4, 4, 0, false},
    [SIGNER_VERSION] = {"signer version", 2, 2, 0, true},
};

const size_t signed_signature_sizes[SIGNATURE_SIZES] = {64, 128, 256, SIGNATURE_SIZE_MOST};

static const struct {
	enum signed_digest digest;
	const char *name;
} digests[] = {
    {SIGNED_SHA1, "SHA1"},
    {SIGNED_SHA256, "SHA256"},
    {SIGNED_SHA512, "SHA512"},
};

const char *
signed_digest_name(unsigned digest)
{
	for (size_t i = 0; i < COUNT(digests); i++)
		if (digests[i].digest == digest)
			return digests[i].name;
	return NULL;
}

/* What was read: each element's value, and where the signature stood. */
struct reading {
	struct bytes file, value[TAGS];
	bool seen[TAGS];
	size_t signature_at;
};

static enum fault read_elements(
    struct reading *reading, struct bytes from, enum signed_tag inside, struct why *why);

static enum fault
read_element(struct reading *reading, uint8_t tag, struct bytes *from, enum signed_tag inside,
    struct why *why)
{
	struct bytes value;

	if (tag >= TAGS || elements[tag].name == NULL)
		return explain(why, FAULT_MALFORMED, "unknown header element %u", tag);
	if (elements[tag].inside != inside)
		return explain(
		    why, FAULT_MALFORMED, "%s stands where it may not", elements[tag].name);
	if (reading->seen[tag])
		return explain(why, FAULT_MALFORMED, "%s given twice", elements[tag].name);
	if (!bytes_take_sized(from, &value))
		return explain(why, FAULT_MALFORMED, "%s cut short", elements[tag].name);
	if (value.left < elements[tag].least || value.left > elements[tag].most)
		return explain(
		    why, FAULT_MALFORMED, "%s of %zu bytes", elements[tag].name, value.left);
	reading->seen[tag] = true;
	reading->value[tag] = value;
	if (tag == SIGNATURE)
		reading->signature_at = (size_t)(value.at - reading->file.at) - TL_SIZE;
	if (tag == SIGNER_ID || tag == SIGNATURE_INFO || tag == ALGORITHM_INFO)
		return read_elements(reading, value, tag, why);
	return FAULT_NONE;
}

static enum fault
read_elements(struct reading *reading, struct bytes from, enum signed_tag inside, struct why *why)
{
	unsigned padding = 0;
	enum fault fault;
	uint8_t tag;

	while (bytes_take_u8(&from, &tag)) {
		if (tag == PADDING && inside == 0) {
			if (++padding > PADDING_MOST)
				return explain(why, FAULT_MALFORMED, "too much padding");
			continue;
		}
		if (padding > 0)
			return explain(why, FAULT_MALFORMED, "padding before the header's end");
		if ((fault = read_element(reading, tag, &from, inside, why)))
			return fault;
	}
	return FAULT_NONE;
}

/* The header's size stands in its second element; nothing is read before it is known. */
static enum fault
find_header(struct bytes file, struct bytes *header, struct why *why)
{
	struct bytes from = file, value;
	uint16_t size = 0;
	uint8_t tag;

	if (!bytes_take_u8(&from, &tag) || tag != VERSION || !bytes_take_sized(&from, &value) ||
	    value.left != elements[VERSION].most)
		return explain(why, FAULT_MALFORMED, "it does not start with a version");
	if (!bytes_take_u8(&from, &tag) || tag != HEADER_LENGTH ||
	    !bytes_take_sized(&from, &value) || value.left != elements[HEADER_LENGTH].most ||
	    !bytes_take_u16(&value, &size))
		return explain(why, FAULT_MALFORMED, "no header length behind the version");
	if (size > SIGNED_HEADER_MOST || size > file.left)
		return explain(
		    why, FAULT_MALFORMED, "header of %u bytes in a file of %zu", size, file.left);
	*header = bytes_part(file, 0, size);
	return FAULT_NONE;
}

static enum fault
check_complete(const struct reading *reading, struct why *why)
{
	uint8_t digest = 0, algorithm = 0, modulus = 0;
	struct bytes from;

	for (unsigned tag = VERSION; tag < TAGS; tag++)
		if (elements[tag].name != NULL && !elements[tag].optional && !reading->seen[tag])
			return explain(why, FAULT_MALFORMED, "%s left out", elements[tag].name);
	from = reading->value[DIGEST];
	if (!bytes_take_u8(&from, &digest) || signed_digest_name(digest) == NULL)
		return explain(why, FAULT_MALFORMED, "unknown digest %u", digest);
	from = reading->value[ALGORITHM];
	if (!bytes_take_u8(&from, &algorithm) || algorithm != RSA_PKCS1)
		return explain(why, FAULT_MALFORMED, "unknown signature algorithm %u", algorithm);
	from = reading->value[MODULUS];
	if (!bytes_take_u8(&from, &modulus) || modulus >= SIGNATURE_SIZES ||
	    signed_signature_sizes[modulus] != reading->value[SIGNATURE].left)
		return explain(why, FAULT_MALFORMED, "signature of %zu bytes under size number %u",
		    reading->value[SIGNATURE].left, modulus);
	return FAULT_NONE;
}

/* The text before its NUL, which must be the last byte and the only one. */
static enum fault
take_text(const struct reading *reading, enum signed_tag tag, struct bytes *text, struct why *why)
{
	struct bytes from = reading->value[tag];

	if (!bytes_take_until(&from, '\0', text) || from.left != 0)
		return explain(
		    why, FAULT_MALFORMED, "%s does not end in one NUL", elements[tag].name);
	return FAULT_NONE;
}

/* Sizes were checked against the table: these cannot fail. */
static uint32_t
take_number(struct bytes from)
{
	uint32_t number = 0;
	uint8_t byte;

	while (bytes_take_u8(&from, &byte))
		number = number << 8 | byte;
	return number;
}

enum fault
signed_header_read(struct bytes file, struct signed_header *header, struct why *why)
{
	struct reading reading = {.file = file};
	struct signed_header read = {0};
	struct bytes whole;
	enum fault fault;
	size_t behind;

	if ((fault = find_header(file, &whole, why)) ||
	    (fault = read_elements(&reading, whole, 0, why)) ||
	    (fault = check_complete(&reading, why)) ||
	    (fault = take_text(&reading, SIGNER_NAME, &read.signer, why)) ||
	    (fault = take_text(&reading, CA_NAME, &read.issuer, why)) ||
	    (fault = take_text(&reading, FILENAME, &read.filename, why)))
		return fault;
	read.version = (uint16_t)take_number(reading.value[VERSION]);
	read.signer_version = (uint16_t)take_number(reading.value[SIGNER_VERSION]);
	read.serial = reading.value[SERIAL];
	read.digest = (enum signed_digest)take_number(reading.value[DIGEST]);
	read.signature = reading.value[SIGNATURE];
	read.timestamp = take_number(reading.value[TIMESTAMP]);
	read.before = bytes_part(file, 0, reading.signature_at);
	behind = reading.signature_at + TL_SIZE + read.signature.left;
	read.behind = bytes_part(file, behind, file.left);
	read.content = bytes_part(file, whole.left, file.left);
	*header = read;
	return FAULT_NONE;
}

bool
signed_header_names(const struct signed_header *header, X509 *certificate)
{
	uint8_t serial[CERTIFICATE_SERIAL_MOST];
	size_t size;

	return certificate_serial(certificate, serial, &size, NULL) == FAULT_NONE &&
	       bytes_equal(header->serial, bytes_of(serial, size));
}

const char *
signed_header_signer_text(const struct signed_header *header, char *text, size_t room)
{
	size_t used = (size_t)snprintf(text, room, "serial ");

	for (size_t i = 0; i < header->serial.left && used + 3 < room; i++)
		used += (size_t)snprintf(text + used, room - used, "%02x", header->serial.at[i]);
	if (used + 2 < room)
		text[used++] = ' ';
	for (size_t i = 0; i < header->signer.left && used + 1 < room; i++) {
		uint8_t c = header->signer.at[i];

		text[used++] = c >= ' ' && c <= '~' ? (char)c : '?';
	}
	text[used] = '\0';
	return text;
}

/* OpenSSL compares the whole padded block, so nothing can hide in the padding. */
static bool
signature_is_good(const struct signed_header *header, EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	good = context != NULL &&
	       EVP_DigestVerifyInit_ex(
		   context, NULL, signed_digest_name(header->digest), NULL, NULL, key, NULL) == 1 &&
	       EVP_DigestVerifyUpdate(context, header->before.at, header->before.left) == 1 &&
	       EVP_DigestVerifyUpdate(context, header->behind.at, header->behind.left) == 1 &&
	       EVP_DigestVerifyFinal(context, header->signature.at, header->signature.left) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

enum fault
signed_header_verify(const struct signed_header *header, X509 *signer, struct why *why)
{
	EVP_PKEY *key = X509_get0_pubkey(signer);
	char name[CERTIFICATE_NAME_SIZE];

	certificate_name_text(X509_get_subject_name(signer), name);
	if (key == NULL || !EVP_PKEY_is_a(key, "RSA")) {
		ERR_clear_error();
		return explain(why, FAULT_UNTRUSTED, "signer %.150s has no RSA key", name);
	}
	if (!signature_is_good(header, key))
		return explain(why, FAULT_UNTRUSTED,
		    "the signature is not that of %.150s: altered, or signed with another key",
		    name);
	return FAULT_NONE;
}
