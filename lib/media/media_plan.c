/* SPDX-License-Identifier: Apache-2.0 */
/* What both ends agreed on becomes keys, codec and SSRC; a change keeps what did not change. */
#include <string.h>

#include <openssl/rand.h>

#include "media/media_session.h"

/* An early loss must not hide a roll-over (RFC 3711 3.3.1): a stream begins in the lower half. */
enum { FIRST_SEQUENCE_MOST = 0x7fff, PAYLOAD_TYPE_MOST = 127 };

void
media_plan_wipe(struct media_plan *plan)
{
	explicit_bzero(plan, sizeof(*plan));
}

enum fault
media_plan_check(const struct media_plan *plan, struct why *why)
{
	if (plan->remote.size == 0 || address_port(&plan->remote) == 0)
		return explain(why, FAULT_MALFORMED, "media without the peer's address");
	if (plan->codec >= CODEC_COUNT || plan->send_payload_type > PAYLOAD_TYPE_MOST ||
	    plan->receive_payload_type > PAYLOAD_TYPE_MOST)
		return explain(why, FAULT_MALFORMED, "media without a codec we speak");
	if (plan->secure &&
	    (plan->send_key.suite >= SUITE_COUNT || plan->receive_key.suite >= SUITE_COUNT))
		return explain(why, FAULT_MALFORMED, "SRTP without a suite we speak");
	return FAULT_NONE;
}

/* What a new plan needs afresh; NULL where the present one goes on. */
struct parts {
	struct srtp *send, *receive;
	struct encoder *encoder;
	struct decoder *decoder;
	struct jitter *jitter;
};

static void
parts_free(struct parts *parts)
{
	srtp_free(parts->send);
	srtp_free(parts->receive);
	encoder_free(parts->encoder);
	decoder_free(parts->decoder);
	jitter_free(parts->jitter);
}

static bool
key_stays(const struct srtp *present, const struct srtp_master *old, const struct srtp_master *new)
{
	return present != NULL && srtp_master_equal(old, new);
}

static enum fault
parts_make(const struct media_session *session, const struct media_plan *plan, struct parts *parts,
    struct why *why)
{
	bool same_codec = session->started && session->plan.codec == plan->codec;
	enum fault fault = FAULT_NONE;

	if (plan->secure && !key_stays(session->send, &session->plan.send_key, &plan->send_key))
		fault = srtp_new(&parts->send, &plan->send_key, session->backend, why);
	if (fault == FAULT_NONE && plan->secure &&
	    !key_stays(session->receive, &session->plan.receive_key, &plan->receive_key))
		fault = srtp_new(&parts->receive, &plan->receive_key, session->backend, why);
	if (fault == FAULT_NONE && !same_codec &&
	    ((fault = encoder_new(&parts->encoder, plan->codec, why)) != FAULT_NONE ||
		(fault = decoder_new(&parts->decoder, plan->codec, why)) != FAULT_NONE))
		return fault;
	if (fault == FAULT_NONE && !same_codec)
		fault = jitter_new(&parts->jitter, codec_facts(plan->codec)->clock_rate, why);
	return fault;
}

/* A new key begins a new SSRC, so that both ends agree that the roll-over counter is 0. */
static enum fault
begin_source(struct media_session *session, struct why *why)
{
	struct {
		uint32_t ssrc, timestamp;
		uint16_t sequence;
	} random;

	if (RAND_bytes((uint8_t *)&random, sizeof(random)) != 1)
		return explain(why, FAULT_SYSTEM, "no random bytes for an SSRC");
	session->ssrc = random.ssrc;
	session->timestamp = random.timestamp;
	session->sequence = random.sequence & FIRST_SEQUENCE_MOST;
	session->talking = false;
	return FAULT_NONE;
}

static void
take_keys(struct media_session *session, bool secure, struct parts *parts, uint64_t now_ms)
{
	if (!secure || parts->send != NULL) {
		srtp_free(session->send);
		session->send = parts->send;
	}
	if (!secure || parts->receive != NULL) {
		srtp_free(session->old_receive);
		session->old_receive = session->receive;
		session->old_until_ms = now_ms + MEDIA_KEY_GRACE_MS;
		session->receive = parts->receive;
		session->authenticated = false;
	}
	if (!secure) {
		srtp_free(session->old_receive);
		session->old_receive = NULL;
	}
	parts->send = parts->receive = NULL;
}

static void
take_codec(struct media_session *session, struct parts *parts)
{
	encoder_free(session->encoder);
	decoder_free(session->decoder);
	jitter_free(session->jitter);
	session->encoder = parts->encoder;
	session->decoder = parts->decoder;
	session->jitter = parts->jitter;
	session->sound_count = 0;
	session->heard = false;
	session->source.any = false;
	parts->encoder = NULL;
	parts->decoder = NULL;
	parts->jitter = NULL;
}

enum fault
media_session_apply(
    struct media_session *session, const struct media_plan *plan, uint64_t now_ms, struct why *why)
{
	struct parts parts = {0};
	enum fault fault;

	if ((fault = media_plan_check(plan, why)) == FAULT_NONE &&
	    (fault = parts_make(session, plan, &parts, why)) == FAULT_NONE &&
	    (!session->started || parts.send != NULL || parts.encoder != NULL ||
		session->plan.secure != plan->secure))
		fault = begin_source(session, why);
	if (fault == FAULT_NONE) {
		take_keys(session, plan->secure, &parts, now_ms);
		if (parts.encoder != NULL)
			take_codec(session, &parts);
		media_plan_wipe(&session->plan);
		session->plan = *plan;
		session->started = true;
	}
	parts_free(&parts);
	return fault;
}
