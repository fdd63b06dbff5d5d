/* SPDX-License-Identifier: Apache-2.0 */
/* lib/policy/codec.h - the audio codecs we speak, in the order we offer them (RFC 3551, 7587). */
#ifndef POLICY_CODEC_H
#define POLICY_CODEC_H

#include "base/bytes.h"

enum codec { CODEC_OPUS, CODEC_PCMU, CODEC_PCMA, CODEC_COUNT };

struct codec_facts {
	const char *name;        /* as in a=rtpmap */
	unsigned payload_type;   /* static, or the dynamic number we offer */
	unsigned clock_rate;     /* RTP time stamp units a second */
	unsigned channels;       /* as in a=rtpmap; 1 is not written */
	unsigned packet_samples; /* units of clock_rate in 20 ms */
};

const struct codec_facts *codec_facts(enum codec codec);
/* By rtpmap name and clock rate. */
bool codec_from_name(struct bytes name, unsigned clock_rate, enum codec *codec) MUST_CHECK;
#endif
