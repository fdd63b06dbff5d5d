/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_builder.h - writes SIP messages. Nothing written here can hold a CR or LF
 * that would begin another header: such a value spoils the message, and finish refuses it.
 *
 *     struct sip_builder builder;
 *     sip_builder_response(&builder, request, 401, NULL, "as12f");     Via ... CSeq copied
 *     sip_builder_header(&builder, SIP_HEADER_WWW_AUTHENTICATE, "%s", challenge);
 *     if (sip_builder_finish(&builder, NULL, none, &bytes, &why) == FAULT_NONE)
 *             send(bytes);
 *     sip_builder_free(&builder);
 */
#ifndef SIGNALLING_SIP_BUILDER_H
#define SIGNALLING_SIP_BUILDER_H

#include "base/buffer.h"
#include "signalling/sip_message.h"

struct sip_builder {
	struct buffer out;
	struct why why; /* the first thing that was wrong; "" */
};

/* "METHOD uri SIP/2.0"; every header is then the caller's, Content-Length excepted. */
void sip_builder_request(struct sip_builder *builder, const char *method, struct bytes uri);
/*
 * The status line and copies of Via (all), From, To (with to_tag, if it has none and to_tag is not
 * ""), Call-ID, CSeq, and for 1xx and 2xx to INVITE, Record-Route. reason NULL: the usual words.
 */
void sip_builder_response(struct sip_builder *builder, const struct sip_message *request,
    unsigned status, const char *reason, const char *to_tag);
/* RFC 3261 18.2.1, RFC 3581: the same; where the request came from is written into the top Via. */
void sip_builder_response_to(struct sip_builder *builder, const struct sip_message *request,
    const char *from_host, uint16_t from_port, unsigned status, const char *reason,
    const char *to_tag);
void sip_builder_header(struct sip_builder *builder, enum sip_header_id id, const char *format, ...)
    PRINTF_LIKE(3, 4);
void sip_builder_named(struct sip_builder *builder, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);
void sip_builder_value(struct sip_builder *builder, enum sip_header_id id, struct bytes value);
/* All headers of that id, unfolded. */
void sip_builder_copy(
    struct sip_builder *builder, const struct sip_message *from, enum sip_header_id id);
/*
 * Writes Content-Type (unless NULL), Content-Length, the empty line and the body. *message is
 * valid until sip_builder_free(). Refuses with what was wrong.
 */
enum fault sip_builder_finish(struct sip_builder *builder, const char *content_type,
    struct bytes body, struct bytes *message, struct why *why) MUST_CHECK;
/* Wipes (bodies carry SDES keys) and frees. */
void sip_builder_free(struct sip_builder *builder);

/* "Busy Here"; some word for every code. */
const char *sip_reason_phrase(unsigned status);

/*
 * What a user adds to a message that a lower layer builds: headers and a body.
 *     struct sip_extra extra;
 *     sip_extra_init(&extra);
 *     sip_extra_header(&extra, SIP_HEADER_CALL_INFO, "%s", text);
 *     sip_extra_body(&extra, "application/sdp", sdp);
 *     sip_stack_answer(stack, server, 200, NULL, &extra, now, &why);
 *     sip_extra_finish(&extra);
 */
struct sip_extra {
	struct buffer headers; /* whole lines */
	struct buffer body;
	char content_type[128];
	struct why why; /* the first thing that was wrong; "" */
};
void sip_extra_init(struct sip_extra *extra);
void sip_extra_header(struct sip_extra *extra, enum sip_header_id id, const char *format, ...)
    PRINTF_LIKE(3, 4);
void sip_extra_named(struct sip_extra *extra, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);
void sip_extra_body(struct sip_extra *extra, const char *content_type, struct bytes body);
/* Wipes. */
void sip_extra_finish(struct sip_extra *extra);
/* Writes extra's headers, then finishes with its body. extra may be NULL. */
enum fault sip_builder_finish_with(struct sip_builder *builder, const struct sip_extra *extra,
    struct bytes *message, struct why *why) MUST_CHECK;

/* "text" with quotes and backslashes escaped, for display names and the like; cut to room. */
const char *sip_quote(struct bytes text, char *quoted, size_t room);
#endif
