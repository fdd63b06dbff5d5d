/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/sources.h - how many connections each source address holds. */
#ifndef CHANNEL_SOURCES_H
#define CHANNEL_SOURCES_H

#include "policy/address.h"

enum { SOURCES_BUCKETS = 4096 };

struct source;

struct sources {
	struct source **buckets; /* allocated with the first */
	uint64_t seed;           /* strangers choose addresses; they must not choose buckets */
};

void sources_init(struct sources *sources);
/* All counts are given back. */
void sources_finish(struct sources *sources);
/* One more of this host; NULL if it has most already (or memory is out). */
struct source *source_take(struct sources *sources, const struct address *host, uint32_t most);
void source_give_back(struct sources *sources, struct source *source);
/* A number that depends on host, port and seed: for tables keyed by address. */
uint64_t address_mix(const struct address *address, uint64_t seed, bool with_port);
#endif
