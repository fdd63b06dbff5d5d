/* SPDX-License-Identifier: Apache-2.0 */
/* Offer and answer for one audio stream (RFC 3264, RFC 4568 7). */
#include <string.h>

#include "signalling/sdp.h"

enum { PTIME_MS = 20 };

void
sdp_local_wipe(struct sdp_local *local)
{
	explicit_bzero(local, sizeof(*local));
}

void
sdp_agreed_wipe(struct sdp_agreed *agreed)
{
	explicit_bzero(agreed, sizeof(*agreed));
}

enum fault
sdp_local_add_key(
    struct sdp_local *local, enum suite suite, struct bytes key_and_salt, struct why *why)
{
	const struct suite_sizes *sizes = suite_sizes(suite);
	struct sdp_crypto *crypto;

	if (key_and_salt.left != sizes->key + sizes->salt)
		return explain(why, FAULT_MALFORMED, "%s wants a key and salt of %zu bytes",
		    sizes->name, sizes->key + sizes->salt);
	if (local->cryptos == COUNT(local->crypto))
		return explain(why, FAULT_LIMIT, "more keys than suites");
	crypto = &local->crypto[local->cryptos++];
	memset(crypto, 0, sizeof(*crypto));
	crypto->tag = (uint32_t)local->cryptos;
	crypto->suite = suite;
	crypto->key_size = key_and_salt.left;
	memcpy(crypto->key, key_and_salt.at, key_and_salt.left);
	return FAULT_NONE;
}

/* --- writing ---------------------------------------------------------------------------- */

static void
put_session(const struct sdp_local *local, struct buffer *body)
{
	const char *kind = local->media.storage.ss_family == AF_INET6 ? "IP6" : "IP4";
	char host[ADDRESS_TEXT_SIZE];

	(void)address_host(&local->media, host);
	buffer_format(body, "v=0\r\no=%s %llu %llu IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n",
	    local->user != NULL ? local->user : "-", (unsigned long long)local->id,
	    (unsigned long long)local->version, kind, host, kind, host);
}

static void
put_rtpmap(enum codec codec, unsigned payload_type, struct buffer *body)
{
	const struct codec_facts *facts = codec_facts(codec);

	buffer_format(body, "a=rtpmap:%u %s/%u", payload_type, facts->name, facts->clock_rate);
	if (facts->channels > 1)
		buffer_format(body, "/%u", facts->channels);
	buffer_text(body, "\r\n");
}

static void
put_crypto(const struct sdp_crypto *crypto, struct buffer *body)
{
	buffer_text(body, "a=crypto:");
	sdp_crypto_write(crypto, body);
	buffer_text(body, "\r\n");
}

static uint32_t
ptime_of(const struct sdp_local *local)
{
	return local->ptime > 0 ? local->ptime : PTIME_MS;
}

enum fault
sdp_offer_write(const struct sdp_local *local, struct buffer *body, struct why *why)
{
	if ((local->codecs & ((1u << CODEC_COUNT) - 1)) == 0)
		return explain(why, FAULT_UNEXPECTED, "no codec to offer");
	if (local->secure && local->cryptos == 0)
		return explain(why, FAULT_FORBIDDEN, "no key for a secure offer");
	put_session(local, body);
	buffer_format(body, "m=audio %u %s", address_port(&local->media),
	    local->secure ? "RTP/SAVP" : "RTP/AVP");
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (local->codecs & 1u << codec)
			buffer_format(body, " %u", codec_facts((enum codec)codec)->payload_type);
	buffer_text(body, "\r\n");
	for (unsigned codec = 0; codec < CODEC_COUNT; codec++)
		if (local->codecs & 1u << codec)
			put_rtpmap(
			    (enum codec)codec, codec_facts((enum codec)codec)->payload_type, body);
	buffer_format(body, "a=ptime:%u\r\n", ptime_of(local));
	for (size_t i = 0; local->secure && i < local->cryptos; i++)
		put_crypto(&local->crypto[i], body);
	buffer_format(body, "a=%s\r\n", sdp_direction_name(local->direction));
	return buffer_ok(body) ? FAULT_NONE : explain(why, FAULT_LIMIT, "offer too large");
}

/* The profile of our answer: as offered, without the S when no keys were agreed. */
static const char *
answer_profile(const struct sdp_media *media, bool secure)
{
	bool feedback =
	    media->profile.left > 0 && media->profile.at[media->profile.left - 1] == 'F';

	if (secure)
		return feedback ? "RTP/SAVPF" : "RTP/SAVP";
	return feedback ? "RTP/AVPF" : "RTP/AVP";
}

static void
put_answered(const struct sdp_local *local, const struct sdp_media *media,
    const struct sdp_agreed *agreed, struct buffer *body)
{
	buffer_format(body, "m=audio %u %s %u\r\n", address_port(&local->media),
	    answer_profile(media, agreed->secure), agreed->receive_payload_type);
	put_rtpmap(agreed->codec, agreed->receive_payload_type, body);
	buffer_format(body, "a=ptime:%u\r\n", ptime_of(local));
	if (agreed->secure)
		put_crypto(&agreed->ours, body);
	buffer_format(body, "a=%s\r\n", sdp_direction_name(agreed->direction));
}

enum fault
sdp_answer_write(const struct sdp_local *local, const struct sdp *offer,
    const struct sdp_agreed *agreed, struct buffer *body, struct why *why)
{
	const struct sdp_media *audio = agreed->refused ? NULL : sdp_audio(offer);

	put_session(local, body);
	for (size_t i = 0; i < offer->medias; i++) {
		const struct sdp_media *media = &offer->media[i];

		if (media == audio) {
			put_answered(local, media, agreed, body);
			continue;
		}
		buffer_text(body, "m=");
		buffer_bytes(body, media->kind);
		buffer_text(body, " 0 ");
		buffer_bytes(body, media->profile);
		buffer_text(body, " ");
		buffer_bytes(body, media->formats_text);
		buffer_text(body, "\r\n");
	}
	return buffer_ok(body) ? FAULT_NONE : explain(why, FAULT_LIMIT, "answer too large");
}

/* --- agreeing --------------------------------------------------------------------------- */

/* The first of their formats that is one of our codecs. */
static bool
choose_codec(const struct sdp_media *media, unsigned codecs, struct sdp_agreed *agreed)
{
	for (size_t i = 0; i < media->formats; i++) {
		const struct sdp_format *format = &media->format[i];

		if (!codec_from_name(format->name, format->clock_rate, &agreed->codec) ||
		    !(codecs & 1u << agreed->codec))
			continue;
		agreed->send_payload_type = format->payload_type;
		agreed->receive_payload_type = format->payload_type;
		return true;
	}
	return false;
}

static const struct sdp_crypto *
our_key_for(const struct sdp_local *local, enum suite suite)
{
	for (size_t i = 0; i < local->cryptos; i++)
		if (local->crypto[i].suite == suite)
			return &local->crypto[i];
	return NULL;
}

/* All lines must be well formed and their tags differ (RFC 4568 9.1), chosen or not. */
static enum fault
check_cryptos(const struct sdp_media *media, struct why *why)
{
	uint32_t tags[SDP_CRYPTO_MOST];
	size_t count = 0;

	for (size_t i = 0; i < media->cryptos; i++) {
		struct sdp_crypto crypto;
		enum fault fault = sdp_crypto_read(media->crypto[i], &crypto, why);

		if (fault == FAULT_MISSING)
			continue;
		if (fault != FAULT_NONE)
			return fault;
		for (size_t j = 0; fault == FAULT_NONE && j < count; j++)
			if (tags[j] == crypto.tag)
				fault = explain(
				    why, FAULT_MALFORMED, "crypto tag %u given twice", crypto.tag);
		tags[count++] = crypto.tag;
		sdp_crypto_wipe(&crypto);
		if (fault != FAULT_NONE)
			return fault;
	}
	return FAULT_NONE;
}

/* The first offered line that we have a key for becomes theirs, ours takes its tag. */
static bool
choose_crypto(
    const struct sdp_local *local, const struct sdp_media *media, struct sdp_agreed *agreed)
{
	for (size_t i = 0; i < media->cryptos; i++) {
		const struct sdp_crypto *ours;

		if (sdp_crypto_read(media->crypto[i], &agreed->theirs, NULL) != FAULT_NONE)
			continue;
		ours = our_key_for(local, agreed->theirs.suite);
		if (ours != NULL && sdp_crypto_usable(&agreed->theirs, SUITES_ALL)) {
			agreed->ours = *ours;
			agreed->ours.tag = agreed->theirs.tag;
			return true;
		}
	}
	sdp_crypto_wipe(&agreed->theirs);
	return false;
}

static enum fault
agree_security(const struct sdp_local *local, const struct sdp_media *media,
    struct sdp_agreed *agreed, struct why *why)
{
	enum fault fault = check_cryptos(media, why);

	if (fault != FAULT_NONE)
		return fault;
	agreed->secure = local->secure && media->secure && choose_crypto(local, media, agreed);
	if (agreed->secure || (!local->secure && !media->secure) || local->fallback)
		return FAULT_NONE;
	if (!media->secure)
		return explain(why, FAULT_FORBIDDEN, "SRTP is required, and RTP was offered");
	return explain(why, FAULT_FORBIDDEN,
	    local->secure ? "no SRTP suite in common"
			  : "SRTP was offered, and only RTP is allowed");
}

static enum fault
agree_address(const struct sdp_media *media, struct sdp_agreed *agreed, struct why *why)
{
	if (media->connection_host.left == 0)
		return explain(why, FAULT_MALFORMED, "stream without an address");
	return address_read(media->connection_host, media->port, &agreed->remote, why);
}

enum fault
sdp_offer_agree(const struct sdp_local *local, const struct sdp *offer, struct sdp_agreed *agreed,
    struct why *why)
{
	const struct sdp_media *media = sdp_audio(offer);
	struct sdp_agreed agreeing = {0};
	enum fault fault = FAULT_NONE;

	if (media == NULL || media->formats == 0)
		return explain(why, FAULT_UNEXPECTED, "no audio stream was offered");
	if (!choose_codec(media, local->codecs, &agreeing))
		return explain(why, FAULT_UNEXPECTED, "no codec in common");
	if ((fault = agree_security(local, media, &agreeing, why)) == FAULT_NONE &&
	    (fault = agree_address(media, &agreeing, why)) == FAULT_NONE) {
		agreeing.direction = sdp_direction_answer(media->direction, local->direction);
		agreeing.ptime = media->ptime > 0 ? media->ptime : PTIME_MS;
		*agreed = agreeing;
	}
	sdp_agreed_wipe(&agreeing);
	return fault;
}

/* Exactly one line, with a tag and suite that we offered (RFC 4568 5.1.3). */
static enum fault
match_crypto(const struct sdp_local *local, const struct sdp_media *media,
    struct sdp_agreed *agreed, struct why *why)
{
	enum fault fault;

	if (media->cryptos != 1)
		return explain(
		    why, FAULT_MALFORMED, "answer with %zu crypto lines", media->cryptos);
	if ((fault = sdp_crypto_read(media->crypto[0], &agreed->theirs, why)) != FAULT_NONE)
		return fault == FAULT_MISSING ? FAULT_FORBIDDEN : fault;
	for (size_t i = 0; i < local->cryptos; i++)
		if (local->crypto[i].tag == agreed->theirs.tag &&
		    local->crypto[i].suite == agreed->theirs.suite &&
		    sdp_crypto_usable(&agreed->theirs, SUITES_ALL)) {
			agreed->ours = local->crypto[i];
			agreed->secure = true;
			return FAULT_NONE;
		}
	return explain(why, FAULT_FORBIDDEN, "answer takes a crypto line that was not offered");
}

static enum fault
agree_answered_security(const struct sdp_local *local, const struct sdp_media *media,
    struct sdp_agreed *agreed, struct why *why)
{
	if (local->secure && media->secure)
		return match_crypto(local, media, agreed, why);
	if (media->secure)
		return explain(why, FAULT_FORBIDDEN, "SRTP answered to an offer of RTP");
	if (local->secure && !local->fallback)
		return explain(why, FAULT_FORBIDDEN, "RTP answered to an offer of SRTP");
	return FAULT_NONE;
}

enum fault
sdp_answer_agree(const struct sdp_local *local, const struct sdp *answer, struct sdp_agreed *agreed,
    struct why *why)
{
	const struct sdp_media *media = answer->medias > 0 ? &answer->media[0] : NULL;
	struct sdp_agreed agreeing = {0};
	enum fault fault = FAULT_NONE;

	if (media == NULL || !bytes_equal_text(media->kind, "audio"))
		return explain(why, FAULT_UNEXPECTED, "the answer has no audio stream");
	agreeing.refused = media->port == 0;
	if (agreeing.refused) {
		*agreed = agreeing;
		return FAULT_NONE;
	}
	if (!choose_codec(media, local->codecs, &agreeing))
		return explain(why, FAULT_UNEXPECTED, "the answer takes no codec that was offered");
	agreeing.receive_payload_type = (uint8_t)codec_facts(agreeing.codec)->payload_type;
	if ((fault = agree_answered_security(local, media, &agreeing, why)) == FAULT_NONE &&
	    (fault = agree_address(media, &agreeing, why)) == FAULT_NONE) {
		agreeing.direction = sdp_direction_answer(media->direction, local->direction);
		agreeing.ptime = media->ptime > 0 ? media->ptime : PTIME_MS;
		*agreed = agreeing;
	}
	sdp_agreed_wipe(&agreeing);
	return fault;
}
