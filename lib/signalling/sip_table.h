/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_table.h - a hash table of things that carry their own link. It grows by
 * itself; when there is no memory to grow, chains get longer and all goes on.
 */
#ifndef SIGNALLING_SIP_TABLE_H
#define SIGNALLING_SIP_TABLE_H

#include "base/bytes.h"

/* Stands inside what is held. */
struct sip_link {
	struct sip_link *next;
	uint64_t hash;
};

/* All zero: empty, and needs sip_table_init(). */
struct sip_table {
	struct sip_link **bucket;
	size_t buckets; /* a power of two */
	size_t count;
};

bool sip_table_init(struct sip_table *table) MUST_CHECK;
void sip_table_finish(struct sip_table *table);
void sip_table_add(struct sip_table *table, struct sip_link *link, uint64_t hash);
void sip_table_remove(struct sip_table *table, struct sip_link *link);
/* The first with this hash, and the next; NULL at the end. */
struct sip_link *sip_table_find(const struct sip_table *table, uint64_t hash);
struct sip_link *sip_table_again(const struct sip_link *link);
/* Any one, to empty a table; NULL when it is empty. */
struct sip_link *sip_table_any(const struct sip_table *table);

/* What holds a member, from the member. */
#define sip_holder(type, member, pointer)                                                          \
	((type *)(void *)((uint8_t *)(pointer)-offsetof(type, member)))
#endif
