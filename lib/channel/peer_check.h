/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/peer_check.h - the usual approver: a chain to an issuer we trust, now, for this use.
 */
#ifndef CHANNEL_PEER_CHECK_H
#define CHANNEL_PEER_CHECK_H

#include "channel/peer.h"

/* An issuer (or the peer's certificate itself) that is believed, and the words for the facts. */
struct peer_anchor {
	X509 *certificate;
	const char *words; /* "LSC issued by CAPF"; NULL: the anchor's own subject */
};

struct peer_check {
	const struct peer_anchor *anchors;
	size_t count;
	int64_t now;      /* Unix time */
	const char *name; /* DNS name or address a server must be valid for, or NULL */
};

/* Fills verdict (rule, or trusted_by) and why, as peer_approve demands. */
enum fault peer_check(const struct peer_chain *chain, const struct peer_check *check,
    struct peer_verdict *verdict, struct why *why) MUST_CHECK;
#endif
