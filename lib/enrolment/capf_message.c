/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_message.h"

#include <stddef.h>

enum { PROTOCOL = 0x55, DIGEST_SHA512 = 3 };

#define HAS(tag) (UINT32_C(1) << (tag))

/* How the value of an element is wrapped. */
enum shape {
	SHAPE_UNKNOWN,
	SHAPE_U8,
	SHAPE_U16,
	SHAPE_BYTES,
	SHAPE_TEXT,        /* characters and a NUL */
	SHAPE_CERTIFICATE, /* 01 u16 { 00 type DER } */
	SHAPE_SHA2,        /* digest u16 { signature } */
};

#define AT(member) offsetof(struct capf_message, member)

static const struct {
	const char *name;
	enum shape shape;
	size_t offset;
	size_t least, most; /* bytes, unwrapped */
} elements[CAPF_TAGS] = {
    /* clang-format off */
    [CAPF_REASON] = {"reason", SHAPE_U8, AT(reason)},
    [CAPF_REASON_INFO] = {"reason text", SHAPE_BYTES, AT(reason_info), 0, 512},
    [CAPF_CERTIFICATE_TYPE] = {"certificate type", SHAPE_U8, AT(certificate_type)},
    [CAPF_CERTIFICATE] = {"certificate", SHAPE_CERTIFICATE, AT(certificate), 1,
	CAPF_CERTIFICATE_MOST},
    [CAPF_SIGNED_DATA] = {"SHA-1 proof", SHAPE_BYTES, AT(sha1_signature), 1, CAPF_SIGNATURE_MOST},
    [CAPF_PROTOCOL_VERSION] = {"version", SHAPE_U8, AT(version)},
    [CAPF_AUTH_TYPE] = {"authentication type", SHAPE_U8, AT(auth_type)},
    [CAPF_PUBLIC_KEY] = {"public key", SHAPE_BYTES, AT(public_key), 1, 2048},
    [CAPF_KEY_SIZE] = {"key size", SHAPE_U16, AT(key_bits)},
    [CAPF_PASSWORD] = {"authentication string", SHAPE_TEXT, AT(password), 0, CAPF_STRING_MOST},
    [CAPF_DEVICE_NAME] = {"device name", SHAPE_TEXT, AT(device), 1, CAPF_DEVICE_MOST - 1},
    [CAPF_SUDI] = {"SUDI data", SHAPE_BYTES, AT(sudi), 1, CAPF_ELEMENTS_MOST},
    [CAPF_KEY_TYPE] = {"key type", SHAPE_U8, AT(key_type)},
    [CAPF_CURVE] = {"curve", SHAPE_U8, AT(curve)},
    [CAPF_SHA2_SIGNED_DATA] = {"SHA-512 proof", SHAPE_SHA2, AT(sha2_signature), 1,
	CAPF_SIGNATURE_MOST},
    /* clang-format on */
};

/* What each command must have, and what it may have besides. */
static const struct {
	enum capf_command command;
	const char *name;
	uint32_t needs, may;
} commands[] = {
    /* clang-format off */
	{ CAPF_AUTH_REQUEST,    "AUTH REQUEST",    HAS(CAPF_PROTOCOL_VERSION), HAS(CAPF_AUTH_TYPE) },
	{ CAPF_AUTH_RESPONSE,   "AUTH RESPONSE",   HAS(CAPF_PROTOCOL_VERSION) | HAS(CAPF_DEVICE_NAME),
	  HAS(CAPF_REASON) | HAS(CAPF_REASON_INFO) | HAS(CAPF_PASSWORD) | HAS(CAPF_CERTIFICATE_TYPE) |
	  HAS(CAPF_CERTIFICATE) | HAS(CAPF_SIGNED_DATA) | HAS(CAPF_SHA2_SIGNED_DATA) | HAS(CAPF_SUDI) },
	{ CAPF_KEY_REQUEST,     "KEY REQUEST",     0, HAS(CAPF_KEY_SIZE) | HAS(CAPF_KEY_TYPE) | HAS(CAPF_CURVE) },
	{ CAPF_KEY_RESPONSE,    "KEY RESPONSE",    HAS(CAPF_PUBLIC_KEY), HAS(CAPF_REASON) | HAS(CAPF_REASON_INFO) },
	{ CAPF_STORE_REQUEST,   "STORE REQUEST",   HAS(CAPF_CERTIFICATE), HAS(CAPF_CERTIFICATE_TYPE) },
	{ CAPF_STORE_RESPONSE,  "STORE RESPONSE",  HAS(CAPF_REASON), HAS(CAPF_REASON_INFO) },
	{ CAPF_FETCH_REQUEST,   "FETCH REQUEST",   0, HAS(CAPF_CERTIFICATE_TYPE) },
	{ CAPF_FETCH_RESPONSE,  "FETCH RESPONSE",  HAS(CAPF_REASON),
	  HAS(CAPF_REASON_INFO) | HAS(CAPF_CERTIFICATE_TYPE) | HAS(CAPF_CERTIFICATE) },
	{ CAPF_DELETE_REQUEST,  "DELETE REQUEST",  0, HAS(CAPF_CERTIFICATE_TYPE) },
	{ CAPF_DELETE_RESPONSE, "DELETE RESPONSE", HAS(CAPF_REASON), HAS(CAPF_REASON_INFO) },
	{ CAPF_END_SESSION,     "END SESSION",     HAS(CAPF_REASON), HAS(CAPF_REASON_INFO) },
	{ CAPF_IN_PROGRESS,     "IN PROGRESS",     0, HAS(CAPF_REASON) },
    /* clang-format on */
};

bool
capf_message_has(const struct capf_message *message, enum capf_element element)
{
	return (message->has & HAS(element)) != 0;
}

static bool
find_command(uint8_t number, size_t *index)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i].command == number) {
			*index = i;
			return true;
		}
	return false;
}

const char *
capf_command_name(enum capf_command command)
{
	size_t index;

	return find_command((uint8_t)command, &index) ? commands[index].name : "unknown command";
}

/* Takes the header; elements is what it announces, perhaps not here yet. */
static enum fault
take_header(
    struct bytes *from, struct capf_message *message, uint16_t *elements_size, struct why *why)
{
	uint8_t protocol, command;
	size_t index;

	if (!bytes_take_u8(from, &protocol))
		return explain(why, FAULT_BUSY, "nothing yet");
	if (protocol != PROTOCOL)
		return explain(
		    why, FAULT_MALFORMED, "starts with %02x, this is not CAPF", protocol);
	if (!bytes_take_u8(from, &command) || !bytes_take_u32(from, &message->session) ||
	    !bytes_take_u16(from, elements_size))
		return explain(why, FAULT_BUSY, "header not whole yet");
	if (!find_command(command, &index))
		return explain(why, FAULT_MALFORMED, "unknown command %u", command);
	if (*elements_size > CAPF_ELEMENTS_MOST)
		return explain(why, FAULT_LIMIT, "%s of %u bytes, at most %d", commands[index].name,
		    *elements_size, CAPF_ELEMENTS_MOST);
	message->command = commands[index].command;
	return FAULT_NONE;
}

enum fault
capf_message_size(struct bytes stream, size_t *size, struct why *why)
{
	struct capf_message message;
	uint16_t elements_size;
	enum fault fault;

	if ((fault = take_header(&stream, &message, &elements_size, why)))
		return fault;
	if (stream.left < elements_size)
		return explain(why, FAULT_BUSY, "%zu of %u bytes", stream.left, elements_size);
	*size = CAPF_HEADER_SIZE + (size_t)elements_size;
	return FAULT_NONE;
}

static bool
unwrap_certificate(struct bytes value, struct capf_message *message, struct bytes *der)
{
	struct bytes inner;
	uint8_t one, zero, type;

	if (!bytes_take_u8(&value, &one) || !bytes_take_sized(&value, &inner) || value.left > 0 ||
	    !bytes_take_u8(&inner, &zero) || !bytes_take_u8(&inner, &type) || one != 1 ||
	    zero != 0 || (type != CAPF_LSC && type != CAPF_MIC) ||
	    (capf_message_has(message, CAPF_CERTIFICATE_TYPE) && message->certificate_type != type))
		return false;
	message->certificate_type = type;
	*der = inner;
	return true;
}

/* Printable characters and one NUL at the end. */
static bool
unwrap_text(struct bytes value, struct bytes *text)
{
	if (!bytes_take_until(&value, 0, text) || value.left > 0)
		return false;
	for (size_t i = 0; i < text->left; i++)
		if (text->at[i] <= 0x20 || text->at[i] >= 0x7f)
			return false;
	return true;
}

static bool
unwrap_sha2(struct bytes value, struct bytes *signature)
{
	uint8_t digest;

	return bytes_take_u8(&value, &digest) && digest == DIGEST_SHA512 &&
	       bytes_take_sized(&value, signature) && value.left == 0;
}

static bool
unwrap(unsigned tag, struct bytes value, struct capf_message *message, struct bytes *view)
{
	void *at = (char *)message + elements[tag].offset;

	switch (elements[tag].shape) {
	case SHAPE_U8:
		return bytes_take_u8(&value, at) && value.left == 0;
	case SHAPE_U16:
		return bytes_take_u16(&value, at) && value.left == 0;
	case SHAPE_CERTIFICATE:
		return unwrap_certificate(value, message, view);
	case SHAPE_TEXT:
		return unwrap_text(value, view);
	case SHAPE_SHA2:
		return unwrap_sha2(value, view);
	default:
		*view = value;
		return true;
	}
}

static bool
is_view(unsigned tag)
{
	return elements[tag].shape != SHAPE_U8 && elements[tag].shape != SHAPE_U16;
}

static enum fault
take_element(struct bytes *from, uint32_t permitted, struct capf_message *message, struct why *why)
{
	struct bytes value, view = {0};
	uint8_t tag;

	if (!bytes_take_u8(from, &tag) || !bytes_take_sized(from, &value))
		return explain(why, FAULT_MALFORMED, "element cut short");
	if (tag >= CAPF_TAGS || elements[tag].shape == SHAPE_UNKNOWN)
		return FAULT_NONE;
	if ((permitted & HAS(tag)) == 0)
		return explain(why, FAULT_MALFORMED, "%s has no place in %s", elements[tag].name,
		    capf_command_name(message->command));
	if (capf_message_has(message, tag))
		return explain(why, FAULT_MALFORMED, "%s given twice", elements[tag].name);
	if (!unwrap(tag, value, message, &view))
		return explain(why, FAULT_MALFORMED, "%s is not in its form", elements[tag].name);
	if (is_view(tag)) {
		if (view.left < elements[tag].least || view.left > elements[tag].most)
			return explain(
			    why, FAULT_MALFORMED, "%s of %zu bytes", elements[tag].name, view.left);
		*(struct bytes *)(void *)((char *)message + elements[tag].offset) = view;
	}
	message->has |= HAS(tag);
	return FAULT_NONE;
}

enum fault
capf_message_read(struct bytes input, struct capf_message *message, struct why *why)
{
	struct capf_message read = {0};
	uint16_t elements_size;
	uint32_t missing;
	size_t index = 0;
	enum fault fault;

	if ((fault = take_header(&input, &read, &elements_size, why)))
		return fault == FAULT_BUSY ? explain(why, FAULT_MALFORMED, "header cut short")
					   : fault;
	if (input.left != elements_size)
		return explain(why, FAULT_MALFORMED, "%zu bytes of elements, %u announced",
		    input.left, elements_size);
	(void)find_command((uint8_t)read.command, &index);
	while (input.left > 0)
		if ((fault = take_element(
			 &input, commands[index].needs | commands[index].may, &read, why)))
			return fault;
	missing = commands[index].needs & ~read.has;
	for (unsigned tag = 0; tag < CAPF_TAGS; tag++)
		if (missing & HAS(tag))
			return explain(why, FAULT_MALFORMED, "%s without %s", commands[index].name,
			    elements[tag].name);
	*message = read;
	return FAULT_NONE;
}

static void
write_value(const struct capf_message *message, unsigned tag, struct buffer *buffer)
{
	const void *at = (const char *)message + elements[tag].offset;
	const struct bytes *view = at;
	size_t mark;

	switch (elements[tag].shape) {
	case SHAPE_U8:
		buffer_u8(buffer, *(const uint8_t *)at);
		break;
	case SHAPE_U16:
		buffer_u16(buffer, *(const uint16_t *)at);
		break;
	case SHAPE_CERTIFICATE:
		buffer_u8(buffer, 1);
		mark = buffer_open_u16(buffer);
		buffer_u8(buffer, 0);
		buffer_u8(buffer, message->certificate_type);
		buffer_bytes(buffer, *view);
		buffer_close_u16(buffer, mark);
		break;
	case SHAPE_SHA2:
		buffer_u8(buffer, DIGEST_SHA512);
		buffer_sized(buffer, *view);
		break;
	default:
		buffer_bytes(buffer, *view);
		if (elements[tag].shape == SHAPE_TEXT)
			buffer_u8(buffer, 0);
	}
}

void
capf_message_write(const struct capf_message *message, struct buffer *buffer)
{
	size_t all, one;

	buffer_u8(buffer, PROTOCOL);
	buffer_u8(buffer, (uint8_t)message->command);
	buffer_u32(buffer, message->session);
	all = buffer_open_u16(buffer);
	for (unsigned tag = 0; tag < CAPF_TAGS; tag++) {
		if (!capf_message_has(message, tag) || elements[tag].shape == SHAPE_UNKNOWN)
			continue;
		buffer_u8(buffer, (uint8_t)tag);
		one = buffer_open_u16(buffer);
		write_value(message, tag, buffer);
		buffer_close_u16(buffer, one);
	}
	buffer_close_u16(buffer, all);
}
