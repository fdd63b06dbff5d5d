/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/base64.h - base64 as a=crypto lines use it: padded or not (RFC 4648, RFC 4568). */
#ifndef SIGNALLING_BASE64_H
#define SIGNALLING_BASE64_H

#include "base/buffer.h"

/*
 * Decodes the whole text into out. False: a wrong character or length, padding in the wrong place,
 * bits behind the end, or more than room bytes; out may then hold part of a secret.
 */
bool base64_read(struct bytes text, uint8_t *out, size_t room, size_t *size) MUST_CHECK;
/* With padding. */
void base64_write(struct buffer *out, struct bytes bytes);
#endif
