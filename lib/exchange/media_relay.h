/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/exchange/media_relay.h - passes one phone's session description on to the other, with the
 * keys only where they may go (row S54).
 *
 * Media goes phone to phone, so addresses stay. A key (RFC 4568 a=crypto) is passed on only if
 * both legs are TLS and both profiles permit its suite; where none is left, RTP/SAVP becomes
 * RTP/AVP. Nothing else that could carry a key (k=, key-mgmt) is ever passed on. What is written
 * may hold keys: wipe it.
 */
#ifndef EXCHANGE_MEDIA_RELAY_H
#define EXCHANGE_MEDIA_RELAY_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "policy/suite.h"

enum {
	MEDIA_SIZE_MOST = 16 * 1024, /* a session description */
	MEDIA_LINES_MOST = 8,        /* m= lines; more are refused */
	MEDIA_CRYPTOS_MOST = 16,     /* a=crypto of one m= line that are passed on */
};

/* One end of the passage. */
struct media_end {
	bool tls;
	unsigned suites; /* its profile's; set of 1 << suite */
};

/* What was passed on. No keys. */
struct media_facts {
	size_t count;
	struct {
		bool active;        /* port not 0 */
		bool secure_before; /* RTP/SAVP as received */
		bool secure;        /* RTP/SAVP as passed on */
		size_t cryptos;     /* passed on */
		struct {
			uint32_t tag;
			enum suite suite;
		} crypto[MEDIA_CRYPTOS_MOST];
	} line[MEDIA_LINES_MOST];
};

/* Appends the description to *out. On refusal *out may have grown; nothing of it may be sent. */
enum fault media_relay(struct bytes sdp, const struct media_end *from, const struct media_end *to,
    struct buffer *out, struct media_facts *facts, struct why *why) MUST_CHECK;
/* Was SRTP offered but had to be passed on as RTP? Only a phone that can fall back likes that. */
bool media_downgraded(const struct media_facts *offer);
/* The same for an answer that came back without SRTP although the offerer offered only SRTP. */
bool media_answered_in_clear(const struct media_facts *offer, const struct media_facts *answer);
/* Is every stream of this offer and answer SRTP, with one key of each side? */
bool media_is_srtp(const struct media_facts *offer, const struct media_facts *answer);
#endif
