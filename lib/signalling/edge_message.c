/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/edge_message.h"

#include <netinet/in.h>
#include <string.h>

static const char *const names[EDGE_KIND_COUNT] = {
    [EDGE_CONNECTION] = "connection",
    [EDGE_MESSAGE] = "message",
    [EDGE_CLOSED] = "closed",
    [EDGE_REPLAYED] = "replayed",
    [EDGE_SEND] = "send",
    [EDGE_CLOSE] = "close",
    [EDGE_OPEN] = "open",
};

const char *
edge_kind_name(enum edge_kind kind)
{
	return kind > 0 && kind < EDGE_KIND_COUNT ? names[kind] : "none";
}

/* { u8 4, 6 or 0 (none), the address, u16 port } */
static void
write_address(struct buffer *buffer, const struct address *address)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&address->storage;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->storage;

	if (address->storage.ss_family == AF_INET) {
		buffer_u8(buffer, 4);
		buffer_bytes(buffer, bytes_of(&four->sin_addr, sizeof(four->sin_addr)));
		buffer_u16(buffer, ntohs(four->sin_port));
	} else if (address->storage.ss_family == AF_INET6) {
		buffer_u8(buffer, 6);
		buffer_bytes(buffer, bytes_of(&six->sin6_addr, sizeof(six->sin6_addr)));
		buffer_u16(buffer, ntohs(six->sin6_port));
	} else {
		buffer_u8(buffer, 0);
	}
}

static bool
read_address(struct bytes *from, struct address *address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&address->storage;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address->storage;
	struct bytes host;
	uint16_t port;
	uint8_t kind;

	*address = (struct address){0};
	if (!bytes_take_u8(from, &kind) || kind == 0)
		return kind == 0;
	if ((kind != 4 && kind != 6) || !bytes_take(from, kind == 4 ? 4 : 16, &host) ||
	    !bytes_take_u16(from, &port))
		return false;
	if (kind == 4) {
		four->sin_family = AF_INET;
		memcpy(&four->sin_addr, host.at, host.left);
		four->sin_port = htons(port);
		address->size = sizeof(*four);
	} else {
		six->sin6_family = AF_INET6;
		memcpy(&six->sin6_addr, host.at, host.left);
		six->sin6_port = htons(port);
		address->size = sizeof(*six);
	}
	return true;
}

static bool
read_text(struct bytes *from, char *text, size_t room)
{
	struct bytes value;

	return bytes_take_sized(from, &value) && bytes_copy_text(value, text, room);
}

static bool
read_flag(struct bytes *from, bool *flag)
{
	uint8_t value;

	if (!bytes_take_u8(from, &value) || value > 1)
		return false;
	*flag = value;
	return true;
}

static bool
read_transport(struct bytes *from, enum transport *transport)
{
	uint8_t value;

	if (!bytes_take_u8(from, &value) || value >= TRANSPORT_COUNT)
		return false;
	*transport = (enum transport)value;
	return true;
}

static void
write_text(struct buffer *buffer, const char *text)
{
	buffer_sized(buffer, bytes_text(text));
}

static void
write_card(struct buffer *buffer, const struct peer_card *card)
{
	write_text(buffer, card->name);
	write_text(buffer, card->subject);
	write_text(buffer, card->issuer);
	write_text(buffer, card->serial);
	buffer_u64(buffer, (uint64_t)card->not_before);
	buffer_u64(buffer, (uint64_t)card->not_after);
}

static bool
read_card(struct bytes *from, struct peer_card *card)
{
	uint64_t before, after;

	if (!read_text(from, card->name, sizeof(card->name)) ||
	    !read_text(from, card->subject, sizeof(card->subject)) ||
	    !read_text(from, card->issuer, sizeof(card->issuer)) ||
	    !read_text(from, card->serial, sizeof(card->serial)) ||
	    !bytes_take_u64(from, &before) || !bytes_take_u64(from, &after))
		return false;
	card->not_before = (int64_t)before;
	card->not_after = (int64_t)after;
	return true;
}

static void
write_facts(struct buffer *buffer, const struct peer_facts *facts)
{
	buffer_u8(buffer, (uint8_t)facts->transport);
	write_address(buffer, &facts->local);
	write_address(buffer, &facts->remote);
	write_text(buffer, facts->version);
	write_text(buffer, facts->suite);
	buffer_u8(buffer, facts->resumed);
	buffer_u8(buffer, facts->has_certificate);
	if (!facts->has_certificate)
		return;
	write_card(buffer, &facts->card);
	buffer_sized(buffer, facts->certificate);
	write_text(buffer, facts->trusted_by);
}

static bool
read_facts(struct bytes *from, struct peer_facts *facts)
{
	*facts = (struct peer_facts){0};
	if (!read_transport(from, &facts->transport) || !read_address(from, &facts->local) ||
	    !read_address(from, &facts->remote) ||
	    !read_text(from, facts->version, sizeof(facts->version)) ||
	    !read_text(from, facts->suite, sizeof(facts->suite)) ||
	    !read_flag(from, &facts->resumed) || !read_flag(from, &facts->has_certificate))
		return false;
	if (!facts->has_certificate)
		return true;
	return read_card(from, &facts->card) && bytes_take_sized(from, &facts->certificate) &&
	       facts->certificate.left <= PEER_CERTIFICATE_MOST &&
	       read_text(from, facts->trusted_by, sizeof(facts->trusted_by));
}

static bool
read_closed(struct bytes *from, struct edge_item *item)
{
	uint8_t fault;

	if (!bytes_take_u8(from, &fault) || fault >= FAULT_COUNT)
		return false;
	item->fault = (enum fault)fault;
	return read_text(from, item->reason.text, sizeof(item->reason.text));
}

static bool
read_bytes(struct bytes *from, struct edge_item *item)
{
	if (from->left == 0 || from->left > EDGE_BYTES_MOST)
		return false;
	item->bytes = bytes_take_rest(from);
	return true;
}

static bool
read_body(struct bytes *body, struct edge_item *item)
{
	switch (item->kind) {
	case EDGE_CONNECTION:
		return read_facts(body, &item->facts);
	case EDGE_MESSAGE:
	case EDGE_SEND:
		return read_bytes(body, item);
	case EDGE_CLOSED:
		return read_closed(body, item);
	case EDGE_OPEN:
		return read_transport(body, &item->transport) &&
		       read_address(body, &item->address) && item->address.size > 0 &&
		       read_text(body, item->name, sizeof(item->name));
	case EDGE_REPLAYED:
	case EDGE_CLOSE:
		return true;
	default:
		return false;
	}
}

enum fault
edge_item_read(struct bytes *packet, struct edge_item *item, struct why *why)
{
	struct bytes rest = *packet, body;
	uint32_t length;
	uint8_t kind;

	if (!bytes_take_u8(&rest, &kind) || !bytes_take_u64(&rest, &item->id) ||
	    !bytes_take_u32(&rest, &length) || !bytes_take(&rest, length, &body))
		return explain(why, FAULT_MALFORMED, "an item between edge and call is cut short");
	if (kind == 0 || kind >= EDGE_KIND_COUNT)
		return explain(
		    why, FAULT_MALFORMED, "an item of kind %u between edge and call", kind);
	item->kind = (enum edge_kind)kind;
	if ((item->id == 0) != (kind == EDGE_REPLAYED))
		return explain(
		    why, FAULT_MALFORMED, "a %s with a wrong id", edge_kind_name(item->kind));
	if (!read_body(&body, item) || body.left > 0)
		return explain(why, FAULT_MALFORMED, "a %s of %u bytes breaks the format",
		    edge_kind_name(item->kind), length);
	*packet = rest;
	return FAULT_NONE;
}

static void
write_body(struct buffer *buffer, const struct edge_item *item)
{
	switch (item->kind) {
	case EDGE_CONNECTION:
		write_facts(buffer, &item->facts);
		break;
	case EDGE_CLOSED:
		buffer_u8(buffer, (uint8_t)item->fault);
		write_text(buffer, item->reason.text);
		break;
	case EDGE_OPEN:
		buffer_u8(buffer, (uint8_t)item->transport);
		write_address(buffer, &item->address);
		write_text(buffer, item->name);
		break;
	default:
		break;
	}
}

static void
write_head(struct buffer *buffer, enum edge_kind kind, uint64_t id, size_t length)
{
	buffer_u8(buffer, (uint8_t)kind);
	buffer_u64(buffer, id);
	buffer_u32(buffer, (uint32_t)length);
}

/* Most items are short: room for the longest that is not bytes. */
enum { BODY_MOST = PEER_CERTIFICATE_MOST + 2048 };

enum fault
edge_item_write(struct buffer *batch, const struct edge_item *item, struct why *why)
{
	struct buffer body;
	enum fault fault = FAULT_NONE;

	if (item->kind == EDGE_MESSAGE || item->kind == EDGE_SEND)
		return edge_bytes_write(batch, item->kind, item->id, item->bytes, why);
	buffer_init(&body, BODY_MOST);
	write_body(&body, item);
	if (!buffer_ok(&body)) {
		fault = explain(
		    why, FAULT_SYSTEM, "out of memory for a %s", edge_kind_name(item->kind));
	} else if (EDGE_ITEM_HEAD + body.size > EDGE_BATCH_MOST - batch->size) {
		fault = explain(why, FAULT_LIMIT, "the batch is full");
	} else {
		write_head(batch, item->kind, item->id, body.size);
		buffer_bytes(batch, buffer_bytes_of(&body));
	}
	buffer_finish(&body);
	return fault;
}

enum fault
edge_bytes_write(
    struct buffer *batch, enum edge_kind kind, uint64_t id, struct bytes bytes, struct why *why)
{
	if (bytes.left == 0 || bytes.left > EDGE_BYTES_MOST)
		return explain(why, FAULT_FORBIDDEN, "a SIP message of %zu bytes", bytes.left);
	if (EDGE_ITEM_HEAD + bytes.left > EDGE_BATCH_MOST - batch->size)
		return explain(why, FAULT_LIMIT, "the batch is full");
	write_head(batch, kind, id, bytes.left);
	buffer_bytes(batch, bytes);
	return FAULT_NONE;
}
