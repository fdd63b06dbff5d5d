/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/base/mailbox.h - whole, versioned, bounded messages between our own processes, with
 * descriptors, over SOCK_SEQPACKET.
 *
 * On the wire { u8 version, u8 0, u16 type, body }, one packet each. Types and bodies belong
 * to the two ends; the body is read with the bytes cursor like everything from outside.
 */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include "base/bytes.h"
#include "base/fault.h"
#include "base/loop.h"

enum {
	MAILBOX_VERSION = 1,
	MAILBOX_BODY_MOST = 128 * 1024,
	MAILBOX_DESCRIPTORS_MOST = 4,
	MAILBOX_QUEUE_MOST = 64 * 1024 * 1024, /* bytes waiting for a slow reader */
};

struct mailbox;

struct mailbox_message {
	uint16_t type;
	struct bytes body;                         /* valid during the handler */
	int descriptors[MAILBOX_DESCRIPTORS_MOST]; /* the handler's to close or keep */
	size_t descriptor_count;
};

typedef void mailbox_message_handler(void *arg, const struct mailbox_message *message);
/* The other end is gone, or broke the format (why says which). Called once. */
typedef void mailbox_closed_handler(void *arg, const struct why *why);

/* A connected pair of blocking descriptors, close-on-exec. */
enum fault mailbox_pair(int ends[2], struct why *why) MUST_CHECK;

/* Owns fd. All handlers run from the loop. */
enum fault mailbox_new(struct mailbox **mailbox, struct loop *loop, int fd,
    mailbox_message_handler *on_message, mailbox_closed_handler *on_closed, void *arg,
    struct why *why) MUST_CHECK;
void mailbox_free(struct mailbox *mailbox);
/* Queues when the reader is slow; FAULT_LIMIT past MAILBOX_QUEUE_MOST. Descriptors are duplicated.
 */
enum fault mailbox_send(struct mailbox *mailbox, uint16_t type, struct bytes body,
    const int *descriptors, size_t descriptor_count, struct why *why) MUST_CHECK;

/* The same without a loop, for the keykeeper's clients: blocks. */
enum fault mailbox_write(int fd, uint16_t type, struct bytes body, struct why *why) MUST_CHECK;
/* room holds the packet; *message views into it. FAULT_CLOSED at the end, FAULT_TIMEOUT. */
enum fault mailbox_read(int fd, uint8_t *room, size_t size, int timeout_ms,
    struct mailbox_message *message, struct why *why) MUST_CHECK;
#endif
