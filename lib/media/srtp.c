/* SPDX-License-Identifier: Apache-2.0 */
#include "media/srtp.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "media/rtp.h"
#include "media/srtp_cipher.h"
#include "media/srtp_replay.h"

_Static_assert((int)REPLAY_WINDOW == (int)SRTP_WINDOW, "the window is said twice");

enum {
	RTCP_HEADER = 8, /* what SRTCP leaves in clear */
	RTCP_INDEX_SIZE = 4,
	ENCRYPTED = 0x80, /* the E bit, in the first byte of the SRTCP index */
};

#define RTP_INDEX_END  ((uint64_t)1 << 48) /* packets under one key and SSRC (RFC 3711 9.2) */
#define RTCP_INDEX_END ((uint64_t)1 << 31)

/* One SSRC. On the sending side "seen" means sent. */
struct stream {
	uint32_t ssrc;
	struct replay rtp, rtcp;
};

struct channel { /* RTP or RTCP: its own key, salt and counts */
	struct srtp_cipher *cipher;
	uint8_t salt[SRTP_NONCE_MOST]; /* zeros behind it */
	size_t tag_size;
	struct srtp_counts counts;
};

struct srtp {
	enum suite suite;
	bool aead;
	const struct srtp_backend *backend;
	struct channel rtp, rtcp;
	struct stream streams[SRTP_STREAMS_MOST];
	size_t stream_count, last; /* last: found most recently */
};

/* A packet on its way through: where its parts are, which stream it belongs to. */
struct passage {
	struct srtp_job job;
	uint8_t nonce[SRTP_NONCE_MOST];
	uint8_t trailer[SRTP_TRAILER_SIZE];
	struct stream *stream; /* NULL: an SSRC we do not know yet */
	uint32_t ssrc;
	uint64_t index;
};

static const struct {
	const char *name;
	enum fault fault;
} refusals[SRTP_REFUSALS] = {
    [SRTP_REFUSED_MALFORMED] = {"malformed", FAULT_MALFORMED},
    [SRTP_REFUSED_AUTHENTICATION] = {"authentication", FAULT_UNTRUSTED},
    [SRTP_REFUSED_REPLAY] = {"replay", FAULT_UNEXPECTED},
    [SRTP_REFUSED_PLAIN] = {"plain", FAULT_FORBIDDEN},
    [SRTP_REFUSED_LIMIT] = {"limit", FAULT_LIMIT},
};

const char *
srtp_refusal_name(enum srtp_refusal refusal)
{
	return refusals[refusal].name;
}

static enum fault
refuse(struct channel *channel, enum srtp_refusal refusal, struct why *why, const char *sentence)
{
	channel->counts.refused[refusal]++;
	return explain(why, refusals[refusal].fault, "%s", sentence);
}

static enum fault
channel_init(const struct srtp_backend *backend, enum suite suite, const struct srtp_key_set *keys,
    struct channel *channel, struct why *why)
{
	memcpy(channel->salt, keys->salt, suite_sizes(suite)->salt);
	return backend->cipher_new(&channel->cipher, suite, keys, why);
}

enum fault
srtp_new_session(struct srtp **srtp, const struct srtp_keys *keys,
    const struct srtp_backend *backend, struct why *why)
{
	struct srtp *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	making->suite = keys->suite;
	making->aead = suite_sizes(keys->suite)->aead;
	making->rtp.tag_size = suite_sizes(keys->suite)->rtp_tag;
	making->rtcp.tag_size = suite_sizes(keys->suite)->rtcp_tag;
	making->backend = backend != NULL ? backend : srtp_backend_best();
	if (!srtp_backend_has(making->backend, keys->suite))
		making->backend = srtp_backend_evp();
	if ((fault = channel_init(making->backend, keys->suite, &keys->rtp, &making->rtp, why)) ==
		FAULT_NONE &&
	    (fault = channel_init(making->backend, keys->suite, &keys->rtcp, &making->rtcp, why)) ==
		FAULT_NONE) {
		*srtp = making;
		making = NULL;
	}
	srtp_free(making);
	return fault;
}

enum fault
srtp_new(struct srtp **srtp, const struct srtp_master *master, const struct srtp_backend *backend,
    struct why *why)
{
	struct srtp_keys keys = {0};
	enum fault fault;

	if ((fault = srtp_keys_derive(master, &keys, why)) == FAULT_NONE)
		fault = srtp_new_session(srtp, &keys, backend, why);
	srtp_keys_wipe(&keys);
	return fault;
}

void
srtp_free(struct srtp *srtp)
{
	if (srtp == NULL)
		return;
	srtp->backend->cipher_free(srtp->rtp.cipher);
	srtp->backend->cipher_free(srtp->rtcp.cipher);
	explicit_bzero(srtp, sizeof(*srtp));
	free(srtp);
}

static struct stream *
stream_find(struct srtp *srtp, uint32_t ssrc)
{
	if (srtp->last < srtp->stream_count && srtp->streams[srtp->last].ssrc == ssrc)
		return &srtp->streams[srtp->last];
	for (size_t i = 0; i < srtp->stream_count; i++)
		if (srtp->streams[i].ssrc == ssrc) {
			srtp->last = i;
			return &srtp->streams[i];
		}
	return NULL;
}

/* The stream of a packet that has been sealed or has authenticated; there is room for it. */
static struct stream *
stream_keep(struct srtp *srtp, const struct passage *passage)
{
	struct stream *stream = passage->stream;

	if (stream == NULL) {
		stream = &srtp->streams[srtp->stream_count++];
		*stream = (struct stream){.ssrc = passage->ssrc};
	}
	return stream;
}

static uint32_t
number_at(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
number_put(uint8_t *at, uint32_t number)
{
	at[0] = (uint8_t)(number >> 24);
	at[1] = (uint8_t)(number >> 16);
	at[2] = (uint8_t)(number >> 8);
	at[3] = (uint8_t)number;
}

/*
 * The salt with SSRC and 48-bit index mixed in: AEAD from the third byte of 12 (RFC 7714 8.1,
 * 9.1), AES-CM from the fifth of 16, whose last two count blocks (RFC 3711 4.1.1).
 */
static void
nonce_make(const struct srtp *srtp, const struct channel *channel, struct passage *passage)
{
	uint8_t *at = passage->nonce + (srtp->aead ? 2 : 4);
	uint64_t word, mixed = htobe64((uint64_t)passage->ssrc << 32 | passage->index >> 16);

	memcpy(passage->nonce, channel->salt, sizeof(passage->nonce));
	memcpy(&word, at, sizeof(word));
	word ^= mixed;
	memcpy(at, &word, sizeof(word));
	at[8] ^= (uint8_t)(passage->index >> 8);
	at[9] ^= (uint8_t)passage->index;
	passage->job.nonce = passage->nonce;
}

/* Parts of an RTP packet whose tag, if it has one already, lies in its last tag_size bytes. */
static bool
rtp_parts(struct srtp *srtp, uint8_t *packet, size_t size, struct passage *passage)
{
	struct srtp_job *job = &passage->job;
	struct rtp_outline outline;

	if (size > SRTP_PACKET_MOST || !rtp_outline_read(bytes_of(packet, size), &outline))
		return false;
	passage->ssrc = outline.ssrc;
	passage->stream = stream_find(srtp, outline.ssrc);
	passage->index =
	    rtp_index(passage->stream != NULL ? passage->stream->rtp.newest : 0, outline.sequence);
	job->header = packet;
	job->header_size = outline.header;
	job->body = packet + outline.header;
	job->body_size = size - outline.header;
	job->tag = packet + size;
	job->tag_size = srtp->rtp.tag_size;
	job->trailer = passage->trailer;
	job->trailer_size = srtp->aead ? 0 : SRTP_TRAILER_SIZE;
	number_put(passage->trailer, (uint32_t)(passage->index >> 16));
	nonce_make(srtp, &srtp->rtp, passage);
	return true;
}

enum fault
srtp_seal(struct srtp *srtp, uint8_t *packet, size_t *size, size_t room, struct why *why)
{
	struct passage passage;

	if (!rtp_parts(srtp, packet, *size, &passage))
		return refuse(&srtp->rtp, SRTP_REFUSED_MALFORMED, why, "not an RTP packet");
	if (room < *size + passage.job.tag_size)
		return refuse(&srtp->rtp, SRTP_REFUSED_LIMIT, why, "no room for the SRTP tag");
	if (passage.stream == NULL && srtp->stream_count == SRTP_STREAMS_MOST)
		return refuse(&srtp->rtp, SRTP_REFUSED_LIMIT, why, "too many SSRCs under one key");
	if (passage.index >= RTP_INDEX_END)
		return refuse(&srtp->rtp, SRTP_REFUSED_LIMIT, why, "the SRTP key is used up");
	if (passage.stream != NULL && !replay_is_fresh(&passage.stream->rtp, passage.index))
		return refuse(&srtp->rtp, SRTP_REFUSED_REPLAY, why,
		    "this key has already protected that sequence number");
	/* Marked before sealing: a nonce is never used twice, even if the library fails half-way.
	 */
	replay_mark(&stream_keep(srtp, &passage)->rtp, passage.index);
	if (!srtp->backend->seal(srtp->rtp.cipher, &passage.job))
		return explain(why, FAULT_SYSTEM, "SRTP encryption failed");
	*size += passage.job.tag_size;
	srtp->rtp.counts.done++;
	return FAULT_NONE;
}

enum fault
srtp_open(struct srtp *srtp, uint8_t *packet, size_t *size, struct why *why)
{
	size_t tag_size = srtp->rtp.tag_size;
	struct passage passage;

	if (*size < tag_size || !rtp_parts(srtp, packet, *size - tag_size, &passage))
		return refuse(&srtp->rtp, SRTP_REFUSED_MALFORMED, why, "not an SRTP packet");
	if (passage.stream == NULL && srtp->stream_count == SRTP_STREAMS_MOST)
		return refuse(&srtp->rtp, SRTP_REFUSED_LIMIT, why, "too many SSRCs under one key");
	if (passage.index >= RTP_INDEX_END)
		return refuse(&srtp->rtp, SRTP_REFUSED_LIMIT, why, "the SRTP key is used up");
	if (passage.stream != NULL && !replay_is_fresh(&passage.stream->rtp, passage.index))
		return refuse(
		    &srtp->rtp, SRTP_REFUSED_REPLAY, why, "SRTP packet seen before or too old");
	if (!srtp->backend->open(srtp->rtp.cipher, &passage.job))
		return refuse(&srtp->rtp, SRTP_REFUSED_AUTHENTICATION, why,
		    "SRTP packet does not authenticate");
	replay_mark(&stream_keep(srtp, &passage)->rtp, passage.index);
	*size -= tag_size;
	srtp->rtp.counts.done++;
	return FAULT_NONE;
}

/*
 * Parts of an RTCP compound of size bytes. Behind it AEAD has tag, then index; AES-CM has
 * index, then tag, so that the index is authenticated as part of the packet (RFC 7714 9.2,
 * RFC 3711 3.4).
 */
static bool
rtcp_parts(struct srtp *srtp, uint8_t *packet, size_t size, struct passage *passage)
{
	struct srtp_job *job = &passage->job;
	struct bytes view = bytes_of(packet, size), header;

	if (size > SRTP_PACKET_MOST || !bytes_take(&view, RTCP_HEADER, &header) ||
	    header.at[0] >> 6 != RTP_VERSION)
		return false;
	passage->ssrc = number_at(header.at + 4);
	passage->stream = stream_find(srtp, passage->ssrc);
	job->header = packet;
	job->header_size = RTCP_HEADER;
	job->body = packet + RTCP_HEADER;
	job->body_size = size - RTCP_HEADER;
	job->tag_size = srtp->rtcp.tag_size;
	job->tag = packet + size + (srtp->aead ? 0 : RTCP_INDEX_SIZE);
	job->trailer = packet + size + (srtp->aead ? job->tag_size : 0);
	job->trailer_size = RTCP_INDEX_SIZE;
	return true;
}

enum fault
srtcp_seal(struct srtp *srtp, uint8_t *packet, size_t *size, size_t room, struct why *why)
{
	struct passage passage;
	size_t growth;

	if (!rtcp_parts(srtp, packet, *size, &passage))
		return refuse(&srtp->rtcp, SRTP_REFUSED_MALFORMED, why, "not an RTCP packet");
	growth = passage.job.tag_size + RTCP_INDEX_SIZE;
	if (room < *size + growth)
		return refuse(&srtp->rtcp, SRTP_REFUSED_LIMIT, why, "no room for the SRTCP tag");
	if (passage.stream == NULL && srtp->stream_count == SRTP_STREAMS_MOST)
		return refuse(&srtp->rtcp, SRTP_REFUSED_LIMIT, why, "too many SSRCs under one key");
	passage.index = passage.stream != NULL && passage.stream->rtcp.any
			    ? passage.stream->rtcp.newest + 1
			    : 0;
	if (passage.index >= RTCP_INDEX_END)
		return refuse(&srtp->rtcp, SRTP_REFUSED_LIMIT, why, "the SRTCP key is used up");
	nonce_make(srtp, &srtp->rtcp, &passage);
	number_put(packet + (passage.job.trailer - packet),
	    (uint32_t)ENCRYPTED << 24 | (uint32_t)passage.index);
	replay_mark(&stream_keep(srtp, &passage)->rtcp, passage.index);
	if (!srtp->backend->seal(srtp->rtcp.cipher, &passage.job))
		return explain(why, FAULT_SYSTEM, "SRTCP encryption failed");
	*size += growth;
	srtp->rtcp.counts.done++;
	return FAULT_NONE;
}

enum fault
srtcp_open(struct srtp *srtp, uint8_t *packet, size_t *size, struct why *why)
{
	size_t growth = srtp->rtcp.tag_size + RTCP_INDEX_SIZE;
	struct passage passage;

	if (*size < growth || !rtcp_parts(srtp, packet, *size - growth, &passage))
		return refuse(&srtp->rtcp, SRTP_REFUSED_MALFORMED, why, "not an SRTCP packet");
	if (!(passage.job.trailer[0] & ENCRYPTED))
		return refuse(
		    &srtp->rtcp, SRTP_REFUSED_PLAIN, why, "SRTCP packet is not encrypted");
	if (passage.stream == NULL && srtp->stream_count == SRTP_STREAMS_MOST)
		return refuse(&srtp->rtcp, SRTP_REFUSED_LIMIT, why, "too many SSRCs under one key");
	passage.index = number_at(passage.job.trailer) & (RTCP_INDEX_END - 1);
	if (passage.stream != NULL && !replay_is_fresh(&passage.stream->rtcp, passage.index))
		return refuse(
		    &srtp->rtcp, SRTP_REFUSED_REPLAY, why, "SRTCP packet seen before or too old");
	nonce_make(srtp, &srtp->rtcp, &passage);
	if (!srtp->backend->open(srtp->rtcp.cipher, &passage.job))
		return refuse(&srtp->rtcp, SRTP_REFUSED_AUTHENTICATION, why,
		    "SRTCP packet does not authenticate");
	replay_mark(&stream_keep(srtp, &passage)->rtcp, passage.index);
	*size -= growth;
	srtp->rtcp.counts.done++;
	return FAULT_NONE;
}

const struct srtp_counts *
srtp_counts_rtp(const struct srtp *srtp)
{
	return &srtp->rtp.counts;
}

const struct srtp_counts *
srtp_counts_rtcp(const struct srtp *srtp)
{
	return &srtp->rtcp.counts;
}

enum suite
srtp_suite(const struct srtp *srtp)
{
	return srtp->suite;
}

const struct srtp_backend *
srtp_backend_of(const struct srtp *srtp)
{
	return srtp->backend;
}

bool
srtp_stream_index(const struct srtp *srtp, uint32_t ssrc, uint64_t *index)
{
	for (size_t i = 0; i < srtp->stream_count; i++)
		if (srtp->streams[i].ssrc == ssrc && srtp->streams[i].rtp.any) {
			*index = srtp->streams[i].rtp.newest;
			return true;
		}
	return false;
}
