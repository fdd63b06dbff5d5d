/* SPDX-License-Identifier: Apache-2.0 */
#include "trust/trust_record.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "trust/certificate.h"

enum tag {
	RECORD_LENGTH = 1, /* first in the record, and counts itself */
	HOST,
	SUBJECT,
	FUNCTION,
	ISSUER,
	SERIAL,
	PUBLIC_KEY,
	SIGNATURE,
	CERTIFICATE,
	ADDRESS,
	HASH,
	HASH_ALGORITHM,
	TAGS
};

enum { TL_SIZE = 3 /* tag and length */, NAME_MOST = 512 };

static const struct {
	const char *name;
	size_t least, most;
} elements[TAGS] = {
    [RECORD_LENGTH] = {"record length", 2, 2},
    [HOST] = {"host name", 1, 256},
    [SUBJECT] = {"subject", 1, NAME_MOST},
    [FUNCTION] = {"role", 2, 2},
    [ISSUER] = {"issuer", 1, NAME_MOST},
    [SERIAL] = {"serial number", 1, CERTIFICATE_SERIAL_MOST},
    [PUBLIC_KEY] = {"public key", 1, 2048},
    [SIGNATURE] = {"signature", 1, 1024},
    [CERTIFICATE] = {"certificate", 1, CERTIFICATE_MOST},
    [ADDRESS] = {"address", 4, 4},
    [HASH] = {"certificate hash", 1, 64},
    [HASH_ALGORITHM] = {"hash algorithm", 1, 1},
};

/* The bytes of one whole record, and its elements behind the length. */
static enum fault
take_record(struct bytes *from, struct bytes *elements_of, size_t *size, struct why *why)
{
	struct bytes trying = *from, value, whole;
	uint16_t length = 0;
	uint8_t tag;

	if (!bytes_take_u8(&trying, &tag) || tag != RECORD_LENGTH ||
	    !bytes_take_sized(&trying, &value) || value.left != elements[RECORD_LENGTH].most ||
	    !bytes_take_u16(&value, &length))
		return explain(why, FAULT_MALFORMED, "record does not start with its length");
	trying = *from;
	if (length < TL_SIZE + sizeof(length) || !bytes_take(&trying, length, &whole))
		return explain(why, FAULT_MALFORMED, "record of %u bytes where %zu are left",
		    length, from->left);
	*elements_of = bytes_part(whole, TL_SIZE + sizeof(length), length);
	*size = length;
	*from = trying;
	return FAULT_NONE;
}

static enum fault
read_elements(struct bytes from, struct bytes values[TAGS], struct why *why)
{
	bool seen[TAGS] = {false};
	struct bytes value;
	uint8_t tag;

	while (bytes_take_u8(&from, &tag)) {
		if (tag <= RECORD_LENGTH || tag >= TAGS)
			return explain(why, FAULT_MALFORMED, "unknown record element %u", tag);
		if (seen[tag])
			return explain(why, FAULT_MALFORMED, "%s given twice", elements[tag].name);
		if (!bytes_take_sized(&from, &value))
			return explain(why, FAULT_MALFORMED, "%s cut short", elements[tag].name);
		if (value.left < elements[tag].least || value.left > elements[tag].most)
			return explain(why, FAULT_MALFORMED, "%s of %zu bytes", elements[tag].name,
			    value.left);
		seen[tag] = true;
		values[tag] = value;
	}
	if (!seen[FUNCTION])
		return explain(why, FAULT_MALFORMED, "role left out");
	return FAULT_NONE;
}

/* An absent text is empty; one that is there ends in its one NUL. */
static enum fault
take_text(const struct bytes values[TAGS], enum tag tag, struct bytes *text, struct why *why)
{
	struct bytes from = values[tag];

	if (from.left > 0 && (!bytes_take_until(&from, '\0', text) || from.left != 0))
		return explain(
		    why, FAULT_MALFORMED, "%s does not end in one NUL", elements[tag].name);
	return FAULT_NONE;
}

/* PKCS#1 RSAPublicKey or the uncompressed point: what stands in the certificate's BIT STRING. */
static struct bytes
public_key_of(const X509 *certificate)
{
	const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(certificate);

	return bytes_of(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits));
}

/* The copies beside a certificate must agree with it: otherwise a reader that believes the
 * copy and one that believes the certificate see different people in one signed list. */
static enum fault
check_copies(const struct trust_record *record, struct why *why)
{
	uint8_t serial[CERTIFICATE_SERIAL_MOST];
	enum fault fault;
	size_t size;

	if ((fault = certificate_serial(record->certificate, serial, &size, why)))
		return fault;
	if (record->serial.left > 0 && !bytes_equal(record->serial, bytes_of(serial, size)))
		return explain(why, FAULT_MALFORMED,
		    "serial number differs from that of the certificate beside it");
	if (record->public_key.left > 0 &&
	    !bytes_equal(record->public_key, public_key_of(record->certificate)))
		return explain(why, FAULT_MALFORMED,
		    "public key differs from that of the certificate beside it");
	return FAULT_NONE;
}

static enum fault
read_values(const struct bytes values[TAGS], struct trust_record *record, struct why *why)
{
	struct bytes function = values[FUNCTION];
	enum fault fault;
	uint16_t role = 0;

	if (!bytes_take_u16(&function, &role) || role > TRUST_ROLE_MOST)
		return explain(why, FAULT_MALFORMED, "role number %u", role);
	record->role = (enum trust_role)role;
	if ((fault = take_text(values, HOST, &record->host, why)) ||
	    (fault = take_text(values, SUBJECT, &record->subject, why)) ||
	    (fault = take_text(values, ISSUER, &record->issuer, why)))
		return fault;
	record->serial = values[SERIAL];
	record->public_key = values[PUBLIC_KEY];
	record->der = values[CERTIFICATE];
	record->address = values[ADDRESS];
	return FAULT_NONE;
}

enum fault
trust_record_read(struct bytes *from, struct trust_record *record, struct why *why)
{
	struct bytes trying = *from, inner, values[TAGS] = {{0}};
	struct trust_record read = {0};
	enum fault fault;

	if ((fault = take_record(&trying, &inner, &read.size, why)) ||
	    (fault = read_elements(inner, values, why)) ||
	    (fault = read_values(values, &read, why)))
		return fault;
	if (read.der.left > 0) {
		if ((fault = certificate_read(read.der, &read.certificate, why)) == FAULT_NONE)
			fault = check_copies(&read, why);
		if (fault != FAULT_NONE) {
			trust_record_finish(&read);
			return fault;
		}
	}
	*record = read;
	*from = trying;
	return FAULT_NONE;
}

void
trust_record_finish(struct trust_record *record)
{
	X509_free(record->certificate);
	*record = (struct trust_record){0};
}

static void
write_text(struct buffer *buffer, enum tag tag, const char *text)
{
	buffer_u8(buffer, tag);
	buffer_sized(buffer, bytes_of(text, strlen(text) + 1));
}

static void
write_bytes(struct buffer *buffer, enum tag tag, struct bytes value)
{
	buffer_u8(buffer, tag);
	buffer_sized(buffer, value);
}

static struct bytes
signature_of(const X509 *certificate)
{
	const ASN1_BIT_STRING *bits;

	X509_get0_signature(&bits, NULL, certificate);
	return bytes_of(ASN1_STRING_get0_data(bits), (size_t)ASN1_STRING_length(bits));
}

static enum fault
write_certificate(X509 *certificate, struct buffer *buffer, struct why *why)
{
	size_t mark;

	buffer_u8(buffer, CERTIFICATE);
	mark = buffer_open_u16(buffer);
	if (certificate_write_der(certificate, buffer, why))
		return FAULT_LIMIT;
	buffer_close_u16(buffer, mark);
	return FAULT_NONE;
}

/* Elements in the order of their numbers, as the call managers of the field write them. */
enum fault
trust_record_write(enum trust_role role, X509 *certificate, const char *host, const char *address,
    struct buffer *buffer, struct why *why)
{
	char name[CERTIFICATE_NAME_SIZE];
	uint8_t serial[CERTIFICATE_SERIAL_MOST], ipv4[sizeof(struct in_addr)];
	size_t start = buffer->size, length_at, size;
	enum fault fault;

	if ((fault = certificate_serial(certificate, serial, &size, why)))
		return fault;
	buffer_u8(buffer, RECORD_LENGTH);
	buffer_u16(buffer, sizeof(uint16_t));
	length_at = buffer->size;
	buffer_u16(buffer, 0);
	if (host != NULL)
		write_text(buffer, HOST, host);
	write_text(
	    buffer, SUBJECT, certificate_name_text(X509_get_subject_name(certificate), name));
	buffer_u8(buffer, FUNCTION);
	buffer_u16(buffer, sizeof(uint16_t));
	buffer_u16(buffer, (uint16_t)role);
	write_text(buffer, ISSUER, certificate_name_text(X509_get_issuer_name(certificate), name));
	write_bytes(buffer, SERIAL, bytes_of(serial, size));
	write_bytes(buffer, PUBLIC_KEY, public_key_of(certificate));
	write_bytes(buffer, SIGNATURE, signature_of(certificate));
	if ((fault = write_certificate(certificate, buffer, why)))
		return fault;
	if (address != NULL && inet_pton(AF_INET, address, ipv4) == 1)
		write_bytes(buffer, ADDRESS, bytes_of(ipv4, sizeof(ipv4)));
	size = buffer->size - start;
	if (!buffer_ok(buffer) || size > UINT16_MAX)
		return explain(why, FAULT_LIMIT, "no room for the record of %.100s", name);
	buffer->at[length_at] = (uint8_t)(size >> 8);
	buffer->at[length_at + 1] = (uint8_t)size;
	return FAULT_NONE;
}
