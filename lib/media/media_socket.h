/* SPDX-License-Identifier: Apache-2.0 */
/* lib/media/media_socket.h - a pair of UDP sockets, RTP on an even port and RTCP on the next.
 * Inside lib/media only. */
#ifndef MEDIA_MEDIA_SOCKET_H
#define MEDIA_MEDIA_SOCKET_H

#include "base/fault.h"
#include "policy/address.h"

struct media_sockets {
	int rtp, rtcp;
	struct address local; /* of rtp */
};

/* Somewhere in [first, last], beginning at a random place, so that ports cannot be guessed. */
enum fault media_sockets_open(struct media_sockets *sockets, const struct address *local,
    uint16_t first, uint16_t last, struct why *why) MUST_CHECK;
void media_sockets_close(struct media_sockets *sockets);
#endif
