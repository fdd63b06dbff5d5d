/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/random_pool.h - random bytes in small portions: OpenSSL's generator is asked for many
 * at a time, because each asking costs a microsecond and every SIP answer needs a few bytes.
 * No byte is given out twice, and none is kept after it was. Single-threaded, never forks.
 */
#ifndef MANAGER_RANDOM_POOL_H
#define MANAGER_RANDOM_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { RANDOM_POOL_SIZE = 1024 };

/* Zeroed: empty. */
struct random_pool {
	uint8_t bytes[RANDOM_POOL_SIZE];
	size_t left; /* the first ones of bytes */
};

/* Ends the process when there is no random: nothing would be safe any more. */
void random_pool_take(struct random_pool *pool, uint8_t *bytes, size_t count);
#endif
