/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/edge_trust.h - how an edge shows itself and whom it believes: the CallManager
 * certificates, and the issuers of phones' certificates (CAPF: LSC; manufacturing: MIC).
 */
#ifndef MANAGER_EDGE_TRUST_H
#define MANAGER_EDGE_TRUST_H

#include "channel/peer_check.h"
#include "channel/tls.h"
#include "keys/keys.h"

enum { EDGE_ANCHORS_MOST = 32, EDGE_ANCHOR_WORDS = 80 };

struct edge_trust {
	struct peer_anchor anchors[EDGE_ANCHORS_MOST];
	char words[EDGE_ANCHORS_MOST][EDGE_ANCHOR_WORDS]; /* "LSC issued by CAPF-1a2b" */
	size_t count;
	bool aes_256_only; /* set before it is loaded */
	struct tls *tls;
};

/* Reads folder/certificates; the EC identity is used if it is there. *trust is zeroed or filled
 * before; if refused it is untouched, so a wrong pair never replaces a good one. */
enum fault edge_trust_load(struct edge_trust *trust, const char *folder, struct keys *keys,
    struct bytes ticket_keys, struct why *why) MUST_CHECK;
void edge_trust_finish(struct edge_trust *trust);
/* A peer_approve; arg is the trust. */
enum fault edge_trust_approve(
    void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why);
/* Changes whenever one of the files it read does. */
uint64_t edge_trust_mark(const char *folder);
#endif
