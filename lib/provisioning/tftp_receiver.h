/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/tftp_receiver.h - the receiving side of one TFTP transfer, without I/O: it
 * asks, then acknowledges each block once it stands in memory.
 */
#ifndef PROVISIONING_TFTP_RECEIVER_H
#define PROVISIONING_TFTP_RECEIVER_H

#include "provisioning/tftp_sender.h"

struct tftp_receiver {
	const char *name; /* the caller's */
	struct tftp_options asked;
	uint32_t block_size; /* in force */
	uint64_t block;      /* the last one received, not rolled over */
	bool answered;       /* the server has said something */
	struct buffer content;
	uint32_t wait_ms;
	unsigned tries;
};

/* The request is then outstanding: send it. most: bytes of content. */
void tftp_receiver_init(
    struct tftp_receiver *receiver, const char *name, uint32_t block_size, size_t most);
void tftp_receiver_finish(struct tftp_receiver *receiver);
/* As of tftp_sender. At TFTP_OVER the outstanding packet (the last ACK) is to be sent too. */
void tftp_receiver_packet(const struct tftp_receiver *receiver, struct buffer *packet);
uint32_t tftp_receiver_wait_ms(const struct tftp_receiver *receiver);
/* FAULT_MISSING: no such file. FAULT_LIMIT: larger than most. FAULT_MALFORMED: not TFTP as we
 * asked for it. Every fault ends the transfer. */
enum fault tftp_receiver_receive(struct tftp_receiver *receiver, struct bytes packet,
    enum tftp_step *step, struct why *why) MUST_CHECK;
enum fault tftp_receiver_silence(
    struct tftp_receiver *receiver, enum tftp_step *step, struct why *why) MUST_CHECK;
#endif
