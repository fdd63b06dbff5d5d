/* SPDX-License-Identifier: Apache-2.0 */
/* lib/provisioning/tftp_message.h - TFTP packets as bytes: RFC 1350, 2347, 2348, 2349. No I/O. */
#ifndef PROVISIONING_TFTP_MESSAGE_H
#define PROVISIONING_TFTP_MESSAGE_H

#include "base/buffer.h"
#include "base/fault.h"

enum {
	TFTP_PORT = 69,
	TFTP_BLOCK_DEFAULT = 512, /* RFC 1350 */
	TFTP_BLOCK_LEAST = 8,     /* RFC 2348 */
	TFTP_BLOCK_MOST = 65464,
	TFTP_HEADER = 4,
	TFTP_PACKET_MOST = TFTP_BLOCK_MOST + TFTP_HEADER,
	TFTP_REQUEST_MOST = 512, /* bytes of a request or an OACK (RFC 2347) */
	TFTP_NAME_MOST = 128,    /* characters of a file name */
	TFTP_TIMEOUT_MOST = 255, /* seconds (RFC 2349) */
	TFTP_OPTIONS_MOST = 16,  /* options in one packet, known or not */
};

enum tftp_opcode {
	TFTP_READ = 1,
	TFTP_WRITE = 2,
	TFTP_DATA = 3,
	TFTP_ACK = 4,
	TFTP_ERROR = 5,
	TFTP_OPTIONS = 6, /* OACK */
};

enum tftp_error {
	TFTP_ERROR_OTHER = 0,
	TFTP_ERROR_NOT_FOUND = 1,
	TFTP_ERROR_ACCESS = 2,
	TFTP_ERROR_FULL = 3,
	TFTP_ERROR_ILLEGAL = 4,
	TFTP_ERROR_UNKNOWN_ID = 5,
	TFTP_ERROR_EXISTS = 6,
	TFTP_ERROR_OPTIONS = 8, /* RFC 2347 */
};

/* Each option is absent, or its value stands beside it. */
struct tftp_options {
	bool has_block_size, has_timeout, has_size;
	uint32_t block_size; /* bytes, 8 to 65464 */
	uint32_t timeout_s;  /* 1 to 255 */
	uint64_t size;       /* tsize: bytes; 0 in a request asks for it */
};

/* Which fields count depends on the opcode. Views into the packet that was read. */
struct tftp_message {
	enum tftp_opcode opcode;
	struct bytes name;           /* READ, WRITE */
	bool netascii;               /* READ, WRITE; otherwise octet */
	struct tftp_options options; /* READ, WRITE, OPTIONS */
	uint16_t block;              /* DATA, ACK */
	struct bytes data;           /* DATA */
	uint16_t error;              /* ERROR */
	struct bytes text;           /* ERROR */
};

/* Reads one whole packet. An option that is unknown or out of range is ignored in a request
 * (RFC 2347) and refused in an OACK. */
enum fault tftp_message_read(
    struct bytes packet, struct tftp_message *message, struct why *why) MUST_CHECK;
/* Appends the packet; the buffer's most limits it. */
void tftp_message_write(const struct tftp_message *message, struct buffer *packet);
#endif
