/* SPDX-License-Identifier: Apache-2.0 */
/* lib/signalling/multipart.h - bodies of several parts (the subset of RFC 2046 that SIP phones
 * use). */
#ifndef SIGNALLING_MULTIPART_H
#define SIGNALLING_MULTIPART_H

#include "base/buffer.h"
#include "signalling/sip_message.h"

/* Views into the body. */
struct multipart_part {
	struct bytes type; /* "application/sdp" without parameters; "text/plain" if not said */
	struct bytes disposition; /* "session" without parameters; "" */
	struct bytes id;          /* of Content-ID, without <>; "" */
	bool optional;            /* ;handling=optional */
	struct bytes content;
};

struct multipart {
	struct multipart_part part[SIP_PARTS_MOST];
	size_t parts;
};

/* boundary: of the Content-Type, without quotes. Parts are not opened further. */
enum fault multipart_read(struct bytes body, struct bytes boundary, struct multipart *multipart,
    struct why *why) MUST_CHECK;
/*
 * The part of that type in a message: its whole body, or the first such part of its multipart body.
 * FAULT_MISSING: it has none.
 */
enum fault sip_message_part(const struct sip_message *message, const char *type,
    struct bytes *content, struct why *why) MUST_CHECK;
void multipart_write(struct buffer *out, const char *boundary, const char *type,
    const char *disposition, struct bytes content);
void multipart_write_end(struct buffer *out, const char *boundary);
#endif
