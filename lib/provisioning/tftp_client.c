/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/tftp_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "provisioning/tftp_receiver.h"

struct tftp_fetch {
	struct tftp_fetch_plan plan;
	char name[TFTP_NAME_MOST + 1];
	int fd;
	struct address
	    peer; /* where to send; its port is the server's choice after the first answer */
	bool chosen;
	struct loop_watch *watch;
	struct loop_timer *silence, *deadline;
	struct tftp_receiver receiver;
	struct buffer packet;
	uint8_t *received;
};

void
tftp_fetch_free(struct tftp_fetch *fetch)
{
	if (fetch == NULL)
		return;
	loop_watch_free(fetch->watch);
	loop_timer_free(fetch->silence);
	loop_timer_free(fetch->deadline);
	if (fetch->fd >= 0)
		close(fetch->fd);
	tftp_receiver_finish(&fetch->receiver);
	buffer_finish(&fetch->packet);
	free(fetch->received);
	free(fetch);
}

static void
finish(struct tftp_fetch *fetch, enum fault fault, const struct why *why)
{
	struct bytes content = bytes_of(NULL, 0);

	if (fault == FAULT_NONE)
		content = buffer_bytes_of(&fetch->receiver.content);
	fetch->plan.on_fetched(fetch->plan.arg, fault, content, why);
	tftp_fetch_free(fetch);
}

static void
send_to(struct tftp_fetch *fetch, const struct address *peer)
{
	if (buffer_ok(&fetch->packet))
		(void)!sendto(fetch->fd, fetch->packet.at, fetch->packet.size, MSG_NOSIGNAL,
		    (const struct sockaddr *)&peer->storage, peer->size);
}

static void
send_outstanding(struct tftp_fetch *fetch)
{
	buffer_clear(&fetch->packet);
	tftp_receiver_packet(&fetch->receiver, &fetch->packet);
	send_to(fetch, &fetch->peer);
	loop_timer_set(fetch->silence, tftp_receiver_wait_ms(&fetch->receiver));
}

static void
step(struct tftp_fetch *fetch, enum fault fault, enum tftp_step step, const struct why *why)
{
	static const struct why nothing;

	if (fault == FAULT_NONE && step != TFTP_NOTHING)
		send_outstanding(fetch);
	if (fault != FAULT_NONE || step == TFTP_OVER)
		finish(fetch, fault, fault != FAULT_NONE ? why : &nothing);
}

/* Another port than the one that answered first, or another machine (RFC 1350, 4). */
static bool
is_stranger(struct tftp_fetch *fetch, const struct address *from)
{
	struct tftp_message error = {.opcode = TFTP_ERROR,
	    .error = TFTP_ERROR_UNKNOWN_ID,
	    .text = bytes_text("unknown transfer")};

	if (fetch->chosen ? address_equal(from, &fetch->peer)
			  : address_same_host(from, &fetch->peer))
		return false;
	buffer_clear(&fetch->packet);
	tftp_message_write(&error, &fetch->packet);
	send_to(fetch, from);
	return true;
}

static void
on_readable(int fd, int ready, void *arg)
{
	struct tftp_fetch *fetch = arg;
	struct address from = {.size = sizeof(from.storage)};
	enum tftp_step next = TFTP_NOTHING;
	enum fault fault;
	struct why why;
	ssize_t size;

	(void)ready;
	size = recvfrom(fd, fetch->received, TFTP_PACKET_MOST + 1, MSG_DONTWAIT,
	    (struct sockaddr *)&from.storage, &from.size);
	if (size < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return;
		fault = explain(&why, FAULT_CLOSED, "nobody answers: %s", strerror(errno));
		step(fetch, fault, next, &why);
		return;
	}
	if (is_stranger(fetch, &from))
		return;
	fetch->peer = from;
	fetch->chosen = true;
	fault = tftp_receiver_receive(
	    &fetch->receiver, bytes_of(fetch->received, (size_t)size), &next, &why);
	step(fetch, fault, next, &why);
}

static void
on_silence(void *arg)
{
	struct tftp_fetch *fetch = arg;
	enum tftp_step next = TFTP_NOTHING;
	struct why why;
	enum fault fault = tftp_receiver_silence(&fetch->receiver, &next, &why);

	step(fetch, fault, next, &why);
}

static void
on_deadline(void *arg)
{
	struct tftp_fetch *fetch = arg;
	struct why why;
	enum fault fault =
	    explain(&why, FAULT_TIMEOUT, "not finished within %u ms", fetch->plan.deadline_ms);

	finish(fetch, fault, &why);
}

static enum fault
open_socket(struct tftp_fetch *fetch, struct why *why)
{
	int family = fetch->peer.storage.ss_family, on = 1;

	fetch->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fetch->fd < 0)
		return explain_errno(why, "cannot open a socket");
	if (fetch->plan.local != NULL &&
	    bind(fetch->fd, (const struct sockaddr *)&fetch->plan.local->storage,
		fetch->plan.local->size) != 0)
		return explain_errno(why, "cannot bind a socket");
	/* So that a closed port is told at once; without it, only silence is the answer. */
	if (family == AF_INET6)
		(void)setsockopt(fetch->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	else
		(void)setsockopt(fetch->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	return FAULT_NONE;
}

static enum fault
prepare(struct tftp_fetch *fetch, struct loop *loop, struct why *why)
{
	enum fault fault;

	if ((fault = open_socket(fetch, why)))
		return fault;
	fetch->received = malloc(TFTP_PACKET_MOST + 1);
	fetch->watch = loop_watch_new(loop, fetch->fd, LOOP_READ, on_readable, fetch);
	fetch->silence = loop_timer_new(loop, on_silence, fetch);
	fetch->deadline = loop_timer_new(loop, on_deadline, fetch);
	if (fetch->received == NULL || fetch->watch == NULL || fetch->silence == NULL ||
	    fetch->deadline == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a TFTP transfer");
	return FAULT_NONE;
}

enum fault
tftp_fetch_new(struct tftp_fetch **fetch, struct loop *loop, const struct tftp_fetch_plan *plan,
    struct why *why)
{
	struct tftp_fetch *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a TFTP transfer");
	making->plan = *plan;
	making->fd = -1;
	making->peer = plan->remote;
	if (plan->deadline_ms == 0)
		making->plan.deadline_ms = TFTP_CLIENT_MS;
	buffer_init(&making->packet, TFTP_REQUEST_MOST);
	tftp_receiver_init(&making->receiver, making->name,
	    plan->block_size != 0 ? plan->block_size : TFTP_CLIENT_BLOCK, plan->most);
	if (!bytes_copy_text(bytes_text(plan->name), making->name, sizeof(making->name)))
		fault = explain(why, FAULT_LIMIT, "file name over %d characters", TFTP_NAME_MOST);
	else
		fault = prepare(making, loop, why);
	if (fault != FAULT_NONE) {
		tftp_fetch_free(making);
		return fault;
	}
	loop_timer_set(making->deadline, making->plan.deadline_ms);
	send_outstanding(making);
	*fetch = making;
	return FAULT_NONE;
}
