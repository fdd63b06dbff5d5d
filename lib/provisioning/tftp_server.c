/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provisioning/tftp_sender.h"
#include "provisioning/tftp_words.h"
#include "storage/storage.h"

struct transfer {
	struct tftp_server *server;
	struct transfer *next, **link;
	struct address peer;
	char name[TFTP_NAME_MOST + 1];
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct shared_content *content;
	struct tftp_sender sender;
};

struct tftp_server {
	struct loop *loop;
	struct tftp_server_plan plan;
	struct loop_watch *watch;
	struct transfer *transfers;
	size_t count;
	struct buffer packet; /* the one that is being sent */
	uint8_t received[TFTP_REQUEST_MOST + 1];
};

static void
transfer_free(struct transfer *transfer)
{
	if (transfer == NULL)
		return;
	if (transfer->link != NULL) {
		*transfer->link = transfer->next;
		if (transfer->next != NULL)
			transfer->next->link = transfer->link;
		transfer->server->count--;
	}
	loop_watch_free(transfer->watch);
	loop_timer_free(transfer->timer);
	if (transfer->fd >= 0)
		close(transfer->fd);
	shared_content_release(transfer->content);
	free(transfer);
}

static void
tell(struct tftp_server *server, struct bytes name, const struct address *peer, enum fault fault,
    const struct why *why)
{
	if (server->plan.on_refused != NULL)
		server->plan.on_refused(server->plan.arg, name, peer, fault, why);
}

static void
transfer_send(struct transfer *transfer)
{
	struct buffer *packet = &transfer->server->packet;

	buffer_clear(packet);
	tftp_sender_packet(&transfer->sender, packet);
	/* What cannot be sent now counts as lost: it is sent again. */
	if (buffer_ok(packet))
		(void)!send(transfer->fd, packet->at, packet->size, MSG_NOSIGNAL);
	loop_timer_set(transfer->timer, tftp_sender_wait_ms(&transfer->sender));
}

/* Does what the core said; the transfer may be gone afterwards. */
static bool
transfer_step(
    struct transfer *transfer, enum fault fault, enum tftp_step step, const struct why *why)
{
	if (fault != FAULT_NONE)
		tell(transfer->server, bytes_text(transfer->name), &transfer->peer, fault, why);
	if (fault != FAULT_NONE || step == TFTP_OVER) {
		transfer_free(transfer);
		return false;
	}
	if (step == TFTP_SEND)
		transfer_send(transfer);
	return true;
}

static void
on_transfer_readable(int fd, int ready, void *arg)
{
	struct transfer *transfer = arg;
	struct tftp_server *server = transfer->server;
	enum tftp_step step = TFTP_NOTHING;
	enum fault fault;
	struct why why;
	ssize_t size;

	(void)ready;
	size = recv(fd, server->received, sizeof(server->received), 0);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size < 0 && tftp_sender_last(&transfer->sender)) {
		/* Its port is closed: it had the last block and went away. */
		(void)transfer_step(transfer, FAULT_NONE, TFTP_OVER, NULL);
		return;
	}
	if (size < 0)
		fault = explain(&why, FAULT_CLOSED, "the peer went away: %s", strerror(errno));
	else
		fault = tftp_sender_receive(
		    &transfer->sender, bytes_of(server->received, (size_t)size), &step, &why);
	(void)transfer_step(transfer, fault, step, &why);
}

static void
on_transfer_silence(void *arg)
{
	struct transfer *transfer = arg;
	enum tftp_step step = TFTP_NOTHING;
	struct why why;
	enum fault fault = tftp_sender_silence(&transfer->sender, &step, &why);

	(void)transfer_step(transfer, fault, step, &why);
}

/* A socket of our own on the address that was asked, which hears only this peer. */
static enum fault
transfer_socket(struct transfer *transfer, struct why *why)
{
	struct address local = {.size = sizeof(local.storage)};

	if (getsockname(
		transfer->server->plan.fd, (struct sockaddr *)&local.storage, &local.size) != 0)
		return explain_errno(why, "cannot tell the server's address");
	address_set_port(&local, 0);
	transfer->fd =
	    socket(local.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (transfer->fd < 0 ||
	    bind(transfer->fd, (const struct sockaddr *)&local.storage, local.size) != 0 ||
	    connect(transfer->fd, (const struct sockaddr *)&transfer->peer.storage,
		transfer->peer.size) != 0)
		return explain_errno(why, "cannot open a socket for a transfer");
	return FAULT_NONE;
}

/* LF becomes CR LF, CR becomes CR NUL (RFC 764). */
static enum fault
to_netascii(struct shared_content **content, struct why *why)
{
	struct bytes from = shared_content_bytes(*content);
	struct shared_content *converted = NULL;
	struct buffer text;
	uint8_t byte;

	buffer_init(&text, TFTP_NETASCII_MOST);
	while (bytes_take_u8(&from, &byte)) {
		if (byte == '\n')
			buffer_u8(&text, '\r');
		buffer_u8(&text, byte);
		if (byte == '\r')
			buffer_u8(&text, 0);
	}
	if (buffer_ok(&text))
		converted = shared_content_new(buffer_bytes_of(&text));
	buffer_finish(&text);
	if (converted == NULL)
		return explain(why, FAULT_LIMIT, "too large for netascii, ask for octet");
	shared_content_release(*content);
	*content = converted;
	return FAULT_NONE;
}

static enum fault
check_request(const struct tftp_message *request, struct why *why)
{
	char words[TFTP_WORDS_SIZE];

	if (request->opcode == TFTP_WRITE)
		return explain(why, FAULT_FORBIDDEN, "nothing can be written here");
	if (!storage_name_ok(request->name))
		return explain(why, FAULT_FORBIDDEN,
		    "\"%s\" is not the name of a file here: no folders, no leading dot",
		    tftp_words(request->name, words));
	return FAULT_NONE;
}

/* The content to send, held. */
static enum fault
find(struct tftp_server *server, const struct tftp_message *request, const struct address *peer,
    struct shared_content **content, struct why *why)
{
	struct shared_content *found = NULL;
	enum fault fault;

	if ((fault = server->plan.on_find(server->plan.arg, request->name, peer, &found, why)))
		return fault;
	if (shared_content_bytes(found).left > TFTP_FILE_MOST)
		fault = explain(why, FAULT_LIMIT, "the file is too large for TFTP");
	else if (request->netascii)
		fault = to_netascii(&found, why);
	if (fault == FAULT_NONE)
		*content = found;
	else
		shared_content_release(found);
	return fault;
}

static enum fault
transfer_begin(struct tftp_server *server, const struct tftp_message *request,
    const struct address *peer, struct why *why)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));
	enum fault fault;

	if (transfer == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a transfer");
	transfer->server = server;
	transfer->fd = -1;
	transfer->peer = *peer;
	if (!bytes_copy_text(request->name, transfer->name, sizeof(transfer->name))) {
		fault = explain(why, FAULT_MALFORMED, "the name holds a NUL");
		goto done;
	}
	if ((fault = find(server, request, peer, &transfer->content, why)) ||
	    (fault = transfer_socket(transfer, why)))
		goto done;
	transfer->watch =
	    loop_watch_new(server->loop, transfer->fd, LOOP_READ, on_transfer_readable, transfer);
	transfer->timer = loop_timer_new(server->loop, on_transfer_silence, transfer);
	if (transfer->watch == NULL || transfer->timer == NULL) {
		fault = explain(why, FAULT_SYSTEM, "no memory for a transfer");
		goto done;
	}
	tftp_sender_init(
	    &transfer->sender, &request->options, shared_content_bytes(transfer->content));
	transfer->next = server->transfers;
	transfer->link = &server->transfers;
	if (transfer->next != NULL)
		transfer->next->link = &transfer->next;
	server->transfers = transfer;
	server->count++;
	transfer_send(transfer);
	transfer = NULL;
done:
	transfer_free(transfer);
	return fault;
}

static enum tftp_error
error_of(enum fault fault)
{
	switch (fault) {
	case FAULT_MISSING:
		return TFTP_ERROR_NOT_FOUND;
	case FAULT_FORBIDDEN:
		return TFTP_ERROR_ACCESS;
	case FAULT_MALFORMED:
	case FAULT_UNEXPECTED:
		return TFTP_ERROR_ILLEGAL;
	default:
		return TFTP_ERROR_OTHER;
	}
}

static void
refuse(struct tftp_server *server, struct bytes name, const struct address *peer, enum fault fault,
    const struct why *why)
{
	struct tftp_message error = {
	    .opcode = TFTP_ERROR, .error = error_of(fault), .text = bytes_text(why->text)};

	buffer_clear(&server->packet);
	tftp_message_write(&error, &server->packet);
	(void)!sendto(server->plan.fd, server->packet.at, server->packet.size, MSG_NOSIGNAL,
	    (const struct sockaddr *)&peer->storage, peer->size);
	tell(server, name, peer, fault, why);
}

/*
 * A request from an address and port that has a transfer already: while its first packet is
 * outstanding this is the same request, sent again, and our repetition answers it. Later it is
 * a new one, and the old transfer is over.
 */
static bool
is_repetition(struct tftp_server *server, const struct address *peer)
{
	for (struct transfer *t = server->transfers; t != NULL; t = t->next) {
		if (!address_equal(&t->peer, peer))
			continue;
		if (t->sender.block <= 1)
			return true;
		transfer_free(t);
		return false;
	}
	return false;
}

static enum fault
admit(struct tftp_server *server, const struct address *peer, struct why *why)
{
	size_t of_host = 0;

	if (server->count >= server->plan.transfers_most)
		return explain(
		    why, FAULT_BUSY, "%zu transfers are in progress, try again", server->count);
	for (const struct transfer *t = server->transfers; t != NULL; t = t->next)
		of_host += address_same_host(&t->peer, peer);
	if (of_host >= server->plan.per_host_most)
		return explain(why, FAULT_BUSY,
		    "%zu transfers to this address are in progress, try again", of_host);
	return FAULT_NONE;
}

static void
serve(struct tftp_server *server, struct bytes packet, const struct address *peer)
{
	struct tftp_message request = {0};
	enum fault fault;
	struct why why;

	/* Late packets of transfers that are over come here too; nobody waits for an answer. */
	if ((fault = tftp_message_read(packet, &request, &why)) == FAULT_NONE &&
	    ((request.opcode != TFTP_READ && request.opcode != TFTP_WRITE) ||
		is_repetition(server, peer)))
		return;
	if (fault == FAULT_NONE && (fault = check_request(&request, &why)) == FAULT_NONE &&
	    (fault = admit(server, peer, &why)) == FAULT_NONE)
		fault = transfer_begin(server, &request, peer, &why);
	if (fault != FAULT_NONE)
		refuse(server, request.name, peer, fault, &why);
}

static void
on_request(int fd, int ready, void *arg)
{
	struct tftp_server *server = arg;

	(void)ready;
	for (int i = 0; i < TFTP_REQUEST_BATCH; i++) {
		struct address peer = {.size = sizeof(peer.storage)};
		ssize_t size = recvfrom(fd, server->received, sizeof(server->received),
		    MSG_DONTWAIT, (struct sockaddr *)&peer.storage, &peer.size);

		if (size < 0)
			return;
		serve(server, bytes_of(server->received, (size_t)size), &peer);
	}
}

enum fault
tftp_server_new(struct tftp_server **server, struct loop *loop, const struct tftp_server_plan *plan,
    struct why *why)
{
	struct tftp_server *making = calloc(1, sizeof(*making));

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a TFTP server");
	making->loop = loop;
	making->plan = *plan;
	if (plan->transfers_most == 0)
		making->plan.transfers_most = TFTP_TRANSFERS_MOST;
	if (plan->per_host_most == 0)
		making->plan.per_host_most = TFTP_TRANSFERS_PER_HOST;
	buffer_init(&making->packet, TFTP_PACKET_MOST);
	making->watch = loop_watch_new(loop, plan->fd, LOOP_READ, on_request, making);
	if (making->watch == NULL) {
		free(making);
		return explain(why, FAULT_SYSTEM, "no memory for a TFTP server");
	}
	*server = making;
	return FAULT_NONE;
}

void
tftp_server_free(struct tftp_server *server)
{
	if (server == NULL)
		return;
	while (server->transfers != NULL)
		transfer_free(server->transfers);
	loop_watch_free(server->watch);
	close(server->plan.fd);
	buffer_finish(&server->packet);
	free(server);
}

size_t
tftp_server_count(const struct tftp_server *server)
{
	return server->count;
}
