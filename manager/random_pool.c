/* SPDX-License-Identifier: Apache-2.0 */
#include "manager/random_pool.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

static void
fill(uint8_t *bytes, size_t count)
{
	if (RAND_bytes(bytes, (int)count) != 1)
		abort();
}

void
random_pool_take(struct random_pool *pool, uint8_t *bytes, size_t count)
{
	if (count > sizeof(pool->bytes)) {
		fill(bytes, count);
		return;
	}
	if (count > pool->left) {
		fill(pool->bytes, sizeof(pool->bytes));
		pool->left = sizeof(pool->bytes);
	}
	pool->left -= count;
	memcpy(bytes, pool->bytes + pool->left, count);
	explicit_bzero(pool->bytes + pool->left, count);
}
