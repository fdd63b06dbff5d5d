/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/provisioning/shared_content.h - the bytes of one file, unchanging, shared by everyone who
 * is sending them: a file may be rebuilt while a slow phone still takes the old one.
 */
#ifndef PROVISIONING_SHARED_CONTENT_H
#define PROVISIONING_SHARED_CONTENT_H

#include "base/bytes.h"

struct shared_content;

/* A copy of bytes, held once; NULL when memory is out. */
struct shared_content *shared_content_new(struct bytes bytes) MUST_CHECK;
struct shared_content *shared_content_hold(struct shared_content *content);
/* The last one to let go frees. NULL is fine. */
void shared_content_release(struct shared_content *content);
struct bytes shared_content_bytes(const struct shared_content *content);
#endif
