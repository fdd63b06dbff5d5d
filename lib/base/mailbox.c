/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	HEAD_SIZE = 4,
	BURST_MOST = 64, /* packets read in one turn of the loop */
	SOCKET_BUFFER = 4 * 1024 * 1024,
};

/* A packet that waits for a slow reader. Descriptors are ours until it is sent. */
struct waiting {
	struct waiting *next;
	size_t size, descriptor_count;
	int descriptors[MAILBOX_DESCRIPTORS_MOST];
	uint8_t packet[];
};

struct mailbox {
	int fd;
	struct loop_watch *watch;
	mailbox_message_handler *on_message;
	mailbox_closed_handler *on_closed;
	void *arg;
	struct waiting *first, **last;
	size_t queued;
	bool closed;
	bool *freed; /* set when the handler frees us while we read */
	uint8_t room[HEAD_SIZE + MAILBOX_BODY_MOST];
};

enum fault
mailbox_pair(int ends[2], struct why *why)
{
	int size = SOCKET_BUFFER;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1)
		return explain_errno(why, "cannot make a mailbox");
	/* Best effort: without the privilege the kernel's own limit holds. */
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) == -1)
			(void)setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return FAULT_NONE;
}

union control_room {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(MAILBOX_DESCRIPTORS_MOST * sizeof(int))];
};

static ssize_t
send_packet(int fd, struct iovec *parts, size_t part_count, const int *descriptors, size_t count)
{
	union control_room control;
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = part_count};
	struct cmsghdr *head;

	if (count > 0) {
		memset(&control, 0, sizeof(control));
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(head), descriptors, count * sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static void
close_all(const int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(descriptors[i]);
}

/* Keeps the descriptors that came along; surplus ones cannot come, the room is exact. */
static void
collect_descriptors(struct msghdr *head, struct mailbox_message *message)
{
	message->descriptor_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c != NULL; c = CMSG_NXTHDR(head, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		message->descriptor_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(message->descriptors, CMSG_DATA(c), message->descriptor_count * sizeof(int));
	}
}

/* One packet into room. FAULT_BUSY when there is none now. */
static enum fault
receive_packet(int fd, uint8_t *room, size_t size, struct mailbox_message *message, struct why *why)
{
	union control_room control;
	struct iovec part = {room, size};
	struct msghdr head = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(fd, &head, MSG_CMSG_CLOEXEC);
	uint8_t version, zero;
	struct bytes packet;

	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return explain(why, FAULT_BUSY, "no message yet");
	if (got == -1 && errno != ECONNRESET)
		return explain_errno(why, "cannot read from the other process");
	if (got <= 0)
		return explain(why, FAULT_CLOSED, "the other process is gone");
	collect_descriptors(&head, message);
	packet = bytes_of(room, (size_t)got);
	if (!bytes_take_u8(&packet, &version) || !bytes_take_u8(&packet, &zero) ||
	    !bytes_take_u16(&packet, &message->type) || zero != 0 ||
	    (head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		close_all(message->descriptors, message->descriptor_count);
		return explain(why, FAULT_MALFORMED,
		    "a message between processes of %zd bytes "
		    "breaks the format",
		    got);
	}
	if (version != MAILBOX_VERSION) {
		close_all(message->descriptors, message->descriptor_count);
		return explain(why, FAULT_MALFORMED,
		    "a message of version %u between processes, this one speaks %u: restart all",
		    version, MAILBOX_VERSION);
	}
	message->body = packet;
	return FAULT_NONE;
}

static void
put_head(uint8_t head[HEAD_SIZE], uint16_t type)
{
	head[0] = MAILBOX_VERSION;
	head[1] = 0;
	head[2] = (uint8_t)(type >> 8);
	head[3] = (uint8_t)type;
}

static void
drop_first(struct mailbox *mailbox)
{
	struct waiting *first = mailbox->first;

	mailbox->queued -= first->size;
	mailbox->first = first->next;
	if (mailbox->first == NULL)
		mailbox->last = &mailbox->first;
	close_all(first->descriptors, first->descriptor_count);
	free(first);
}

static void
close_now(struct mailbox *mailbox, const struct why *why)
{
	if (mailbox->closed)
		return;
	mailbox->closed = true;
	loop_watch_set(mailbox->watch, 0);
	mailbox->on_closed(mailbox->arg, why);
}

/* false when the other end is gone; the reader will see that and say so. */
static bool
flush_queue(struct mailbox *mailbox)
{
	while (mailbox->first != NULL) {
		struct iovec part = {mailbox->first->packet, mailbox->first->size};

		if (send_packet(mailbox->fd, &part, 1, mailbox->first->descriptors,
			mailbox->first->descriptor_count) == -1)
			return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
		drop_first(mailbox);
	}
	loop_watch_set(mailbox->watch, LOOP_READ);
	return true;
}

static void
read_burst(struct mailbox *mailbox)
{
	struct mailbox_message message;
	struct why why;
	bool freed = false;

	mailbox->freed = &freed;
	for (int i = 0; i < BURST_MOST && !mailbox->closed; i++) {
		enum fault fault = receive_packet(
		    mailbox->fd, mailbox->room, sizeof(mailbox->room), &message, &why);

		if (fault == FAULT_BUSY)
			break;
		if (fault != FAULT_NONE)
			close_now(mailbox, &why);
		else
			mailbox->on_message(mailbox->arg, &message);
		if (freed)
			return;
	}
	mailbox->freed = NULL;
}

static void
on_ready(int fd, int ready, void *arg)
{
	struct mailbox *mailbox = arg;

	(void)fd;
	if ((ready & LOOP_WRITE) && !flush_queue(mailbox))
		loop_watch_set(mailbox->watch, LOOP_READ);
	if (ready & LOOP_READ)
		read_burst(mailbox);
}

enum fault
mailbox_new(struct mailbox **mailbox, struct loop *loop, int fd,
    mailbox_message_handler *on_message, mailbox_closed_handler *on_closed, void *arg,
    struct why *why)
{
	struct mailbox *making = calloc(1, sizeof(*making));
	int flags = fcntl(fd, F_GETFL);

	if (making == NULL || flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) {
		free(making);
		return explain_errno(why, "cannot use a mailbox");
	}
	making->fd = fd;
	making->on_message = on_message;
	making->on_closed = on_closed;
	making->arg = arg;
	making->last = &making->first;
	making->watch = loop_watch_new(loop, fd, LOOP_READ, on_ready, making);
	if (making->watch == NULL) {
		free(making);
		return explain(why, FAULT_SYSTEM, "cannot watch a mailbox: out of memory");
	}
	*mailbox = making;
	return FAULT_NONE;
}

void
mailbox_free(struct mailbox *mailbox)
{
	if (mailbox == NULL)
		return;
	if (mailbox->freed != NULL)
		*mailbox->freed = true;
	while (mailbox->first != NULL)
		drop_first(mailbox);
	loop_watch_free(mailbox->watch);
	close(mailbox->fd);
	free(mailbox);
}

static enum fault
queue_packet(struct mailbox *mailbox, const uint8_t *head, struct bytes body,
    const int *descriptors, size_t count, struct why *why)
{
	size_t size = HEAD_SIZE + body.left;
	struct waiting *waiting;

	if (mailbox->queued + size > MAILBOX_QUEUE_MOST)
		return explain(why, FAULT_LIMIT, "the other process is too slow: %zu bytes wait",
		    mailbox->queued);
	if ((waiting = calloc(1, sizeof(*waiting) + size)) == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for a message");
	waiting->size = size;
	memcpy(waiting->packet, head, HEAD_SIZE);
	if (body.left > 0)
		memcpy(waiting->packet + HEAD_SIZE, body.at, body.left);
	for (size_t i = 0; i < count; i++) {
		int copy = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 0);

		if (copy == -1) {
			close_all(waiting->descriptors, waiting->descriptor_count);
			free(waiting);
			return explain_errno(why, "cannot pass a descriptor");
		}
		waiting->descriptors[waiting->descriptor_count++] = copy;
	}
	*mailbox->last = waiting;
	mailbox->last = &waiting->next;
	mailbox->queued += size;
	loop_watch_set(mailbox->watch, LOOP_READ | LOOP_WRITE);
	return FAULT_NONE;
}

enum fault
mailbox_send(struct mailbox *mailbox, uint16_t type, struct bytes body, const int *descriptors,
    size_t descriptor_count, struct why *why)
{
	uint8_t head[HEAD_SIZE];
	struct iovec parts[2] = {{head, HEAD_SIZE}, {NULL, body.left}};

	if (body.left > MAILBOX_BODY_MOST || descriptor_count > MAILBOX_DESCRIPTORS_MOST)
		return explain(
		    why, FAULT_LIMIT, "a message of %zu bytes between processes", body.left);
	if (mailbox->closed)
		return explain(why, FAULT_CLOSED, "the other process is gone");
	put_head(head, type);
	if (mailbox->first != NULL) /* keep the order */
		return queue_packet(mailbox, head, body, descriptors, descriptor_count, why);
	memcpy(&parts[1].iov_base, &body.at, sizeof(body.at)); /* sendmsg() only reads it */
	if (send_packet(mailbox->fd, parts, 2, descriptors, descriptor_count) != -1)
		return FAULT_NONE;
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		return queue_packet(mailbox, head, body, descriptors, descriptor_count, why);
	if (errno == EPIPE || errno == ECONNRESET)
		return explain(why, FAULT_CLOSED, "the other process is gone");
	return explain_errno(why, "cannot write to the other process");
}

enum fault
mailbox_write(int fd, uint16_t type, struct bytes body, struct why *why)
{
	uint8_t head[HEAD_SIZE];
	struct iovec parts[2] = {{head, HEAD_SIZE}, {NULL, body.left}};

	if (body.left > MAILBOX_BODY_MOST)
		return explain(
		    why, FAULT_LIMIT, "a message of %zu bytes between processes", body.left);
	put_head(head, type);
	memcpy(&parts[1].iov_base, &body.at, sizeof(body.at));
	while (send_packet(fd, parts, 2, NULL, 0) == -1) {
		if (errno == EPIPE || errno == ECONNRESET)
			return explain(why, FAULT_CLOSED, "the other process is gone");
		if (errno != EINTR)
			return explain_errno(why, "cannot write to the other process");
	}
	return FAULT_NONE;
}

enum fault
mailbox_read(int fd, uint8_t *room, size_t size, int timeout_ms, struct mailbox_message *message,
    struct why *why)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	enum fault fault;
	int ready;

	do {
		while ((ready = poll(&wait, 1, timeout_ms)) == -1 && errno == EINTR)
			;
		if (ready == -1)
			return explain_errno(why, "cannot wait for the other process");
		if (ready == 0)
			return explain(why, FAULT_TIMEOUT,
			    "the other process did not answer in %d ms", timeout_ms);
		fault = receive_packet(fd, room, size, message, why);
	} while (fault == FAULT_BUSY);
	return fault;
}
