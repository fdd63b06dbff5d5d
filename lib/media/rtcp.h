/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/media/rtcp.h - RTCP (RFC 3550 6): SR, RR, SDES and BYE in compound packets, bytes in and
 * bytes out.
 */
#ifndef MEDIA_RTCP_H
#define MEDIA_RTCP_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/fault.h"

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
};

enum {
	RTCP_REPORTS_MOST = 31,    /* in one packet */
	RTCP_SOURCES_MOST = 31,    /* in one SDES or BYE */
	RTCP_PACKETS_MOST = 16,    /* in one compound packet */
	RTCP_CNAME_MOST = 255,     /* bytes */
	RTCP_COMPOUND_MOST = 1400, /* what we write */
};

/* How one source is received (RFC 3550 6.4.1). */
struct rtcp_report {
	uint32_t ssrc;
	uint8_t fraction_lost;  /* of the last interval, in 1/256 */
	int32_t lost;           /* since the start; 24 bits on the wire, cut to that */
	uint32_t highest;       /* extended sequence number */
	uint32_t jitter;        /* time stamp units */
	uint32_t last_sr;       /* middle 32 bits of its NTP time stamp; 0 none */
	uint32_t since_last_sr; /* in 1/65536 s */
};

struct rtcp_sender {
	uint64_t ntp; /* 32.32 seconds since 1900 */
	uint32_t timestamp;
	uint32_t packets, octets;
};

struct rtcp_source {
	uint32_t ssrc;
	struct bytes cname; /* SDES; may be empty. A view into the datagram. */
};

/* One packet of a compound; which members are set depends on type. */
struct rtcp_packet {
	uint8_t type;                                  /* enum rtcp_type, or another that we skip */
	uint32_t ssrc;                                 /* SR, RR: who reports */
	struct rtcp_sender sender;                     /* SR */
	size_t count;                                  /* of reports, or of sources */
	struct rtcp_report reports[RTCP_REPORTS_MOST]; /* SR, RR */
	struct rtcp_source sources[RTCP_SOURCES_MOST]; /* SDES, BYE */
	struct bytes reason;                           /* BYE; may be empty */
};

/*
 * The rules of a compound (RFC 3550 6.1, A.2): version 2 throughout, SR or RR first, lengths that
 * add up exactly, padding on the last packet only, every packet we know readable.
 */
enum fault rtcp_check(struct bytes compound, struct why *why) MUST_CHECK;
/* Takes the next packet of a compound that passed rtcp_check(). *compound moves past it. */
enum fault rtcp_take(
    struct bytes *compound, struct rtcp_packet *packet, struct why *why) MUST_CHECK;
/* One packet: SR, RR, SDES or BYE; anything else, or a count out of range, spoils the buffer. */
void rtcp_write(struct buffer *buffer, const struct rtcp_packet *packet);
/* NTP time of a Unix time in milliseconds. */
uint64_t rtcp_ntp(int64_t wall_ms);
#endif
