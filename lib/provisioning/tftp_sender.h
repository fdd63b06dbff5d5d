/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/tftp_sender.h - the sending side of one TFTP transfer, without I/O: one
 * packet is outstanding, an ACK moves on, silence sends it again.
 *
 * A second ACK for a block that was answered already is ignored: answering it would double
 * every packet that follows (the sorcerer's apprentice). Block numbers roll over to 0.
 */
#ifndef PROVISIONING_TFTP_SENDER_H
#define PROVISIONING_TFTP_SENDER_H

#include "provisioning/tftp_message.h"

enum {
	TFTP_WAIT_MS = 1000,      /* before the first repetition, unless the peer asks otherwise */
	TFTP_WAIT_MOST_MS = 8000, /* it doubles up to here */
	TFTP_TRIES = 6,           /* of one packet */
};

enum tftp_step {
	TFTP_NOTHING, /* go on waiting */
	TFTP_SEND,    /* send the outstanding packet, then wait for tftp_*_wait_ms() */
	TFTP_OVER,    /* the transfer is complete */
};

struct tftp_sender {
	struct bytes content; /* a view: kept alive by the owner */
	uint64_t block;       /* the outstanding one, not rolled over; 0: the option answer */
	uint32_t block_size;
	struct tftp_options answered;
	uint32_t first_wait_ms, wait_ms;
	unsigned tries;
};

/* The first packet is then outstanding: send it. */
void tftp_sender_init(
    struct tftp_sender *sender, const struct tftp_options *asked, struct bytes content);
/* Appends the outstanding packet. */
void tftp_sender_packet(const struct tftp_sender *sender, struct buffer *packet);
uint32_t tftp_sender_wait_ms(const struct tftp_sender *sender);
/* A packet came. FAULT_CLOSED: the peer gave up (why holds its words); the transfer is dead. A
 * packet that makes no sense is ignored. */
enum fault tftp_sender_receive(struct tftp_sender *sender, struct bytes packet,
    enum tftp_step *step, struct why *why) MUST_CHECK;
/* The wait is over. FAULT_TIMEOUT: the transfer is dead. A last block that is never answered
 * counts as received: many peers close at once. */
enum fault tftp_sender_silence(
    struct tftp_sender *sender, enum tftp_step *step, struct why *why) MUST_CHECK;
/* Nothing but the answer to the last block is missing. */
bool tftp_sender_last(const struct tftp_sender *sender);
#endif
