/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/edge_message.h - what the edges and `call` say to each other, many in one
 * mailbox packet. Bytes only.
 *
 * A packet of type EDGE_BATCH is a row of items { u8 kind, u64 id, u32 length, body }. An id
 * names one connection and is never used again within a node. After `call` was restarted
 * each edge sends EDGE_CONNECTION for every connection it holds, then EDGE_REPLAYED, then what
 * arrived meanwhile.
 */
#ifndef SIGNALLING_EDGE_MESSAGE_H
#define SIGNALLING_EDGE_MESSAGE_H

#include "base/buffer.h"
#include "base/mailbox.h"
#include "channel/peer.h"

enum { EDGE_BATCH = 1 /* mailbox type */ };

enum {
	EDGE_BYTES_MOST = 65535, /* one SIP message */
	EDGE_BATCH_MOST = MAILBOX_BODY_MOST,
	EDGE_ITEM_HEAD = 13,
};

/* Ids that `call` chose in EDGE_OPEN have this bit, ids of accepted connections do not. */
#define EDGE_ID_BY_CALL ((uint64_t)1 << 63)

enum edge_kind {
	/* edge to call */
	EDGE_CONNECTION = 1, /* it exists: facts */
	EDGE_MESSAGE,        /* a whole SIP message arrived: bytes */
	EDGE_CLOSED,         /* it is gone (or could not be opened): fault, reason */
	EDGE_REPLAYED,       /* id 0: all connections of this edge have been told */
	/* call to edge */
	EDGE_SEND,  /* bytes, on an id */
	EDGE_CLOSE, /* an id */
	EDGE_OPEN,  /* connect: id with EDGE_ID_BY_CALL, transport, address, name expected */
	EDGE_KIND_COUNT
};

struct edge_item {
	enum edge_kind kind;
	uint64_t id;
	struct peer_facts facts;   /* EDGE_CONNECTION; facts.certificate views into the packet */
	struct bytes bytes;        /* EDGE_MESSAGE, EDGE_SEND: a view into the packet */
	enum fault fault;          /* EDGE_CLOSED; FAULT_NONE: the peer closed in good order */
	struct why reason;         /* EDGE_CLOSED */
	enum transport transport;  /* EDGE_OPEN */
	struct address address;    /* EDGE_OPEN */
	char name[PEER_NAME_SIZE]; /* EDGE_OPEN; "" when no name is expected */
};

/* Takes the next item off a packet. Unused fields are not written: items are large. */
enum fault edge_item_read(struct bytes *packet, struct edge_item *item, struct why *why) MUST_CHECK;
/* Appends. FAULT_LIMIT, and nothing appended, if the batch would exceed EDGE_BATCH_MOST: send it
 * and try again. FAULT_FORBIDDEN: the bytes are none or too many for any batch. */
enum fault edge_item_write(
    struct buffer *batch, const struct edge_item *item, struct why *why) MUST_CHECK;
/* The hot ones, without building an item. kind: EDGE_MESSAGE or EDGE_SEND. */
enum fault edge_bytes_write(struct buffer *batch, enum edge_kind kind, uint64_t id,
    struct bytes bytes, struct why *why) MUST_CHECK;
/* "message" */
const char *edge_kind_name(enum edge_kind kind);
#endif
