/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/signalling/sip_framing.h - whole messages out of a byte stream (RFC 3261 18.3), with
 * keep-alives (RFC 5626 3.5.1: CR LF CR LF asks, CR LF answers).
 *
 *     while (sip_framing_next(&framing, &input, &frame, &why) == FAULT_NONE &&
 *            frame.kind != SIP_FRAME_MORE)
 *             handle(frame);
 *
 * A fault ends the stream: close it, and log the sentence.
 */
#ifndef SIGNALLING_SIP_FRAMING_H
#define SIGNALLING_SIP_FRAMING_H

#include "base/buffer.h"
#include "base/fault.h"
#include "signalling/sip_limits.h"

enum sip_frame_kind {
	SIP_FRAME_MORE,    /* nothing whole yet; all input was taken */
	SIP_FRAME_MESSAGE, /* bytes is one message */
	SIP_FRAME_PING,    /* CR LF CR LF: answer with CR LF */
	SIP_FRAME_PONG,    /* a single CR LF between messages */
};

struct sip_frame {
	enum sip_frame_kind kind;
	struct bytes bytes; /* valid until the next call with this framing or input */
};

/* One a connection. Holds memory only while a message is incomplete. */
struct sip_framing {
	struct buffer held;
	size_t head;   /* bytes up to and with the empty line, once known */
	size_t length; /* Content-Length, once known */
	size_t looked; /* bytes of held searched for the empty line */
	size_t taken;  /* bytes of held that the last frame used */
	unsigned blanks;
};

void sip_framing_init(struct sip_framing *framing);
/* Wipes and frees. */
void sip_framing_finish(struct sip_framing *framing);
/*
 * Takes bytes off *input. A message that lies whole in input is not copied. Refuses: a first line
 * that is not SIP, a head or body over the limits, no or several different Content-Length.
 */
enum fault sip_framing_next(struct sip_framing *framing, struct bytes *input,
    struct sip_frame *frame, struct why *why) MUST_CHECK;
/* Bytes of an unfinished message: a deadline runs while it is not 0. */
size_t sip_framing_held(const struct sip_framing *framing);
#endif
