/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/sources.h"

#include <netinet/in.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

struct source {
	struct source *next;
	struct address host;
	uint32_t count;
};

void
sources_init(struct sources *sources)
{
	*sources = (struct sources){0};
	if (RAND_bytes((unsigned char *)&sources->seed, sizeof(sources->seed)) != 1)
		sources->seed = (uint64_t)(uintptr_t)sources;
}

void
sources_finish(struct sources *sources)
{
	free(sources->buckets);
	sources->buckets = NULL;
}

/* One round of a 64-bit mixer (the finaliser of MurmurHash3), keyed. */
static uint64_t
mix(uint64_t value, uint64_t part)
{
	value ^= part;
	value ^= value >> 33;
	value *= 0xff51afd7ed558ccdULL;
	value ^= value >> 33;
	value *= 0xc4ceb9fe1a85ec53ULL;
	return value ^ value >> 33;
}

uint64_t
address_mix(const struct address *address, uint64_t seed, bool with_port)
{
	uint64_t parts[2] = {0};

	if (address->storage.ss_family == AF_INET6)
		memcpy(parts, &((const struct sockaddr_in6 *)&address->storage)->sin6_addr,
		    sizeof(parts));
	else
		memcpy(parts, &((const struct sockaddr_in *)&address->storage)->sin_addr,
		    sizeof(struct in_addr));
	seed = mix(mix(seed, parts[0]), parts[1] + seed);
	return with_port ? mix(seed, address_port(address)) : seed;
}

static struct source **
bucket_of(struct sources *sources, const struct address *host)
{
	return &sources->buckets[address_mix(host, sources->seed, false) % SOURCES_BUCKETS];
}

static bool
same_host(const struct address *a, const struct address *b)
{
	/* With one seed, equal addresses mix equally; the reverse is decided by the bytes. */
	if (a->storage.ss_family != b->storage.ss_family)
		return false;
	if (a->storage.ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)&a->storage)->sin6_addr,
			   &((const struct sockaddr_in6 *)&b->storage)->sin6_addr,
			   sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)&a->storage)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)&b->storage)->sin_addr.s_addr;
}

struct source *
source_take(struct sources *sources, const struct address *host, uint32_t most)
{
	struct source **bucket, *source;

	if (sources->buckets == NULL)
		sources->buckets = calloc(SOURCES_BUCKETS, sizeof(*sources->buckets));
	if (sources->buckets == NULL)
		return NULL;
	bucket = bucket_of(sources, host);
	for (source = *bucket; source != NULL; source = source->next)
		if (same_host(&source->host, host))
			break;
	if (source == NULL) {
		source = calloc(1, sizeof(*source));
		if (source == NULL)
			return NULL;
		source->host = *host;
		source->next = *bucket;
		*bucket = source;
	}
	if (source->count >= most)
		return NULL;
	source->count++;
	return source;
}

void
source_give_back(struct sources *sources, struct source *source)
{
	struct source **at;

	if (source == NULL || --source->count > 0)
		return;
	for (at = bucket_of(sources, &source->host); *at != source;)
		at = &(*at)->next;
	*at = source->next;
	free(source);
}
