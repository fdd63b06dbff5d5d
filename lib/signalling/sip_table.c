/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_table.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 64 };

bool
sip_table_init(struct sip_table *table)
{
	*table = (struct sip_table){.buckets = FIRST_BUCKETS};
	table->bucket = calloc(FIRST_BUCKETS, sizeof(struct sip_link *));
	return table->bucket != NULL;
}

void
sip_table_finish(struct sip_table *table)
{
	free(table->bucket);
	*table = (struct sip_table){0};
}

static void
insert(struct sip_link **bucket, size_t buckets, struct sip_link *link)
{
	struct sip_link **place = &bucket[link->hash & (buckets - 1)];

	link->next = *place;
	*place = link;
}

static void
grow(struct sip_table *table)
{
	size_t buckets = table->buckets * 2;
	struct sip_link **bucket = calloc(buckets, sizeof(struct sip_link *)), *link, *next;

	if (bucket == NULL)
		return;
	for (size_t i = 0; i < table->buckets; i++)
		for (link = table->bucket[i]; link != NULL; link = next) {
			next = link->next;
			insert(bucket, buckets, link);
		}
	free(table->bucket);
	table->bucket = bucket;
	table->buckets = buckets;
}

void
sip_table_add(struct sip_table *table, struct sip_link *link, uint64_t hash)
{
	if (table->count >= table->buckets)
		grow(table);
	link->hash = hash;
	insert(table->bucket, table->buckets, link);
	table->count++;
}

void
sip_table_remove(struct sip_table *table, struct sip_link *link)
{
	struct sip_link **place = &table->bucket[link->hash & (table->buckets - 1)];

	while (*place != NULL && *place != link)
		place = &(*place)->next;
	if (*place == NULL)
		return;
	*place = link->next;
	link->next = NULL;
	table->count--;
}

struct sip_link *
sip_table_find(const struct sip_table *table, uint64_t hash)
{
	struct sip_link *link = table->bucket[hash & (table->buckets - 1)];

	return link == NULL || link->hash == hash
		   ? link
		   : sip_table_again(&(struct sip_link){link->next, hash});
}

struct sip_link *
sip_table_again(const struct sip_link *link)
{
	struct sip_link *next = link->next;

	while (next != NULL && next->hash != link->hash)
		next = next->next;
	return next;
}

struct sip_link *
sip_table_any(const struct sip_table *table)
{
	for (size_t i = 0; table->count > 0 && i < table->buckets; i++)
		if (table->bucket[i] != NULL)
			return table->bucket[i];
	return NULL;
}
