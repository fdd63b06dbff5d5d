/* SPDX-License-Identifier: Apache-2.0 */
/* lib/trust/signed_header_write.c - header and signature around a content. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "trust/certificate.h"
#include "trust/signed_header_format.h"

/* A text and its NUL. */
static void
write_text(struct buffer *buffer, uint8_t tag, const char *text)
{
	buffer_u8(buffer, tag);
	buffer_sized(buffer, bytes_of(text, strlen(text) + 1));
}

static void
write_u8(struct buffer *buffer, uint8_t tag, uint8_t value)
{
	buffer_u8(buffer, tag);
	buffer_sized(buffer, bytes_of(&value, 1));
}

static void
write_u16(struct buffer *buffer, uint8_t tag, uint16_t value)
{
	buffer_u8(buffer, tag);
	buffer_u16(buffer, sizeof(value));
	buffer_u16(buffer, value);
}

static enum fault
write_signer(const struct signed_header_plan *plan, struct buffer *buffer, struct why *why)
{
	char name[CERTIFICATE_NAME_SIZE];
	uint8_t serial[CERTIFICATE_SERIAL_MOST];
	enum fault fault;
	size_t size, mark;

	if ((fault = certificate_serial(plan->signer, serial, &size, why)))
		return fault;
	buffer_u8(buffer, SIGNER_ID);
	mark = buffer_open_u16(buffer);
	write_text(
	    buffer, SIGNER_NAME, certificate_name_text(X509_get_subject_name(plan->signer), name));
	buffer_u8(buffer, SERIAL);
	buffer_sized(buffer, bytes_of(serial, size));
	write_text(
	    buffer, CA_NAME, certificate_name_text(X509_get_issuer_name(plan->signer), name));
	buffer_close_u16(buffer, mark);
	return FAULT_NONE;
}

/* The format numbers the signature sizes; of RSA it has 512, 1024, 2048 and 4096 bits. */
static enum fault
size_number(EVP_PKEY *key, uint8_t *number, size_t *size, struct why *why)
{
	if (!EVP_PKEY_is_a(key, "RSA"))
		return explain(why, FAULT_FORBIDDEN, "files and lists are signed by RSA keys only");
	*size = (size_t)EVP_PKEY_get_size(key);
	for (uint8_t i = 0; i < SIGNATURE_SIZES; i++)
		if (signed_signature_sizes[i] == *size) {
			*number = i;
			return FAULT_NONE;
		}
	return explain(
	    why, FAULT_FORBIDDEN, "the format has no number for RSA of %zu bits", 8 * *size);
}

static void
write_method(struct buffer *buffer, enum signed_digest digest, uint8_t size_number)
{
	size_t outer, inner;

	buffer_u8(buffer, SIGNATURE_INFO);
	outer = buffer_open_u16(buffer);
	write_u8(buffer, DIGEST, (uint8_t)digest);
	buffer_u8(buffer, ALGORITHM_INFO);
	inner = buffer_open_u16(buffer);
	write_u8(buffer, ALGORITHM, RSA_PKCS1);
	write_u8(buffer, MODULUS, size_number);
	buffer_close_u16(buffer, inner);
	buffer_close_u16(buffer, outer);
}

static void
write_rest(const struct signed_header_plan *plan, struct buffer *buffer)
{
	write_text(buffer, FILENAME, plan->filename);
	buffer_u8(buffer, TIMESTAMP);
	buffer_u16(buffer, sizeof(plan->timestamp));
	buffer_u32(buffer, plan->timestamp);
}

/* The header without its signature element, its length filled in as if it were there. */
static enum fault
write_unsigned(const struct signed_header_plan *plan, struct buffer *before, struct buffer *behind,
    size_t *signature_size, struct why *why)
{
	enum fault fault;
	uint8_t number;
	size_t mark, size, whole;
	uint8_t *length;

	if ((fault = size_number(plan->key, &number, &size, why)))
		return fault;
	write_u16(before, VERSION, plan->version);
	buffer_u8(before, HEADER_LENGTH);
	buffer_u16(before, sizeof(uint16_t));
	mark = before->size;
	buffer_u16(before, 0);
	if (plan->signer_version != 0)
		write_u16(before, SIGNER_VERSION, plan->signer_version);
	if ((fault = write_signer(plan, before, why)))
		return fault;
	write_method(before, plan->digest, number);
	write_rest(plan, behind);
	whole = before->size + TL_SIZE + size + behind->size;
	for (; whole % HEADER_ALIGNED != 0; whole++)
		buffer_u8(behind, PADDING);
	if (!buffer_ok(before) || !buffer_ok(behind) || whole > SIGNED_HEADER_MOST)
		return explain(why, FAULT_LIMIT, "header of over %d bytes", SIGNED_HEADER_MOST);
	length = before->at + mark;
	length[0] = (uint8_t)(whole >> 8);
	length[1] = (uint8_t)whole;
	*signature_size = size;
	return FAULT_NONE;
}

static enum fault
sign(const struct signed_header_plan *plan, const struct bytes parts[3], uint8_t *signature,
    size_t size, struct why *why)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t written = size;
	bool done;

	done = context != NULL &&
	       EVP_DigestSignInit_ex(context, NULL, signed_digest_name(plan->digest), NULL, NULL,
		   plan->key, NULL) == 1;
	for (size_t i = 0; done && i < 3; i++)
		done = EVP_DigestSignUpdate(context, parts[i].at, parts[i].left) == 1;
	done = done && EVP_DigestSignFinal(context, signature, &written) == 1 && written == size;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return done ? FAULT_NONE
		    : explain(why, FAULT_SYSTEM, "%.100s could not be signed", plan->filename);
}

enum fault
signed_header_write(const struct signed_header_plan *plan, struct bytes content,
    struct buffer *file, struct why *why)
{
	uint8_t signature[SIGNATURE_SIZE_MOST];
	struct buffer before, behind;
	enum fault fault;
	size_t size = 0;

	buffer_init(&before, SIGNED_HEADER_MOST);
	buffer_init(&behind, SIGNED_HEADER_MOST);
	if ((fault = write_unsigned(plan, &before, &behind, &size, why)))
		goto done;
	struct bytes parts[3] = {buffer_bytes_of(&before), buffer_bytes_of(&behind), content};

	if ((fault = sign(plan, parts, signature, size, why)))
		goto done;
	buffer_bytes(file, parts[0]);
	buffer_u8(file, SIGNATURE);
	buffer_sized(file, bytes_of(signature, size));
	buffer_bytes(file, parts[1]);
	buffer_bytes(file, content);
	if (!buffer_ok(file))
		fault = explain(why, FAULT_LIMIT, "%.100s: signed file of over %zu bytes",
		    plan->filename, file->most);
done:
	buffer_finish(&before);
	buffer_finish(&behind);
	return fault;
}
