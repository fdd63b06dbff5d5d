/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/capture.h - a packet capture (pcap, raw IP) written by the program itself, so that
 * no root is needed: what a socket sent or received, with IP and UDP or TCP headers made up.
 *
 * Always what is on the wire (SRTP, TLS records), never what was decrypted.
 */
#ifndef MEDIA_CAPTURE_H
#define MEDIA_CAPTURE_H

#include "base/bytes.h"
#include "base/fault.h"
#include "policy/address.h"

enum {
	CAPTURE_PACKET_MOST = 65000, /* payload bytes in one packet; TCP is split, UDP cut */
	CAPTURE_FLOWS_MOST = 256,    /* TCP directions whose sequence numbers are kept */
	CAPTURE_FILE_MOST = 1 << 30, /* then it ends, whole */
};

struct capture;

/* Replaces an existing file. */
enum fault capture_open(struct capture **capture, const char *path, struct why *why) MUST_CHECK;
/* NULL capture: these do nothing. wall_ms is Unix time; both addresses of one family. */
void capture_udp(struct capture *capture, int64_t wall_ms, const struct address *from,
    const struct address *to, struct bytes payload);
void capture_tcp(struct capture *capture, int64_t wall_ms, const struct address *from,
    const struct address *to, struct bytes payload);
void capture_close(struct capture *capture);
#endif
