/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/shared_content.h"

#include <stdlib.h>
#include <string.h>

struct shared_content {
	size_t holders, size;
	uint8_t at[];
};

struct shared_content *
shared_content_new(struct bytes bytes)
{
	struct shared_content *content = malloc(sizeof(*content) + bytes.left);

	if (content == NULL)
		return NULL;
	content->holders = 1;
	content->size = bytes.left;
	if (bytes.left > 0)
		memcpy(content->at, bytes.at, bytes.left);
	return content;
}

struct shared_content *
shared_content_hold(struct shared_content *content)
{
	content->holders++;
	return content;
}

void
shared_content_release(struct shared_content *content)
{
	if (content != NULL && --content->holders == 0)
		free(content);
}

struct bytes
shared_content_bytes(const struct shared_content *content)
{
	return bytes_of(content->at, content->size);
}
