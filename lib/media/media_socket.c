/* SPDX-License-Identifier: Apache-2.0 */
#include "media/media_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "media/media_stream.h"

enum { DSCP_EF = 46 << 2 }; /* expedited forwarding, as the TOS byte (RFC 3246) */

/* A bound socket, or -1 with errno. */
static int
bind_port(struct address address, uint16_t port)
{
	int family = address.storage.ss_family, kept;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int tos = DSCP_EF;

	if (fd < 0)
		return -1;
	/* A wish to the network; without it sound still flows. */
	if (family == AF_INET6)
		(void)!setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	else
		(void)!setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	address_set_port(&address, port);
	if (bind(fd, (const struct sockaddr *)&address.storage, address.size) != 0) {
		kept = errno;
		close(fd);
		errno = kept;
		return -1;
	}
	return fd;
}

static bool
bind_pair(struct media_sockets *sockets, const struct address *local, uint16_t port)
{
	if ((sockets->rtp = bind_port(*local, port)) < 0)
		return false;
	if ((sockets->rtcp = bind_port(*local, (uint16_t)(port + 1))) < 0) {
		close(sockets->rtp);
		return false;
	}
	sockets->local = *local;
	address_set_port(&sockets->local, port);
	return true;
}

enum fault
media_sockets_open(struct media_sockets *sockets, const struct address *local, uint16_t first,
    uint16_t last, struct why *why)
{
	unsigned even = (unsigned)(first + 1) / 2 * 2;
	unsigned pairs = last > even ? (last - even + 1U) / 2 : 0;
	char text[ADDRESS_TEXT_SIZE];
	uint16_t start;

	if (pairs == 0 || first == 0)
		return explain(
		    why, FAULT_MALFORMED, "no pair of media ports in %u to %u", first, last);
	if (RAND_bytes((uint8_t *)&start, sizeof(start)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes for a port");
	for (unsigned i = 0; i < pairs && i < MEDIA_PORTS_TRIED_MOST; i++) {
		if (bind_pair(sockets, local, (uint16_t)(even + (start + i) % pairs * 2)))
			return FAULT_NONE;
		if (errno != EADDRINUSE && errno != EACCES)
			return explain_errno(why, "media socket on %s", address_host(local, text));
	}
	return explain(why, FAULT_BUSY, "all media ports from %u to %u on %s are in use", first,
	    last, address_host(local, text));
}

void
media_sockets_close(struct media_sockets *sockets)
{
	if (sockets->rtp >= 0)
		close(sockets->rtp);
	if (sockets->rtcp >= 0)
		close(sockets->rtcp);
	sockets->rtp = sockets->rtcp = -1;
}
