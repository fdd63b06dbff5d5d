/* SPDX-License-Identifier: Apache-2.0 */
/* lib/telephone/agent_media.c - session descriptions, keys, and the media plans they agree on. */
#include <string.h>

#include "signalling/multipart.h"
#include "telephone/agent_core.h"

#define SDP_TYPE "application/sdp"

/* Keys are offered only where nobody on the way can read them. */
bool
agent_secures(const struct agent *agent)
{
	return agent->mode == LEVEL_ENCRYPTED && agent->suites != 0 &&
	       agent->flow.transport == TRANSPORT_TLS;
}

enum fault
agent_media_rekey(struct agent *agent, struct line_call *call, struct why *why)
{
	enum fault fault = FAULT_NONE;

	for (size_t i = 0; i < call->local.cryptos; i++)
		sdp_crypto_wipe(&call->local.crypto[i]);
	call->local.cryptos = 0;
	for (unsigned suite = 0; suite < SUITE_COUNT && fault == FAULT_NONE; suite++) {
		uint8_t key[SDP_KEY_MOST];
		size_t size = suite_sizes(suite)->key + suite_sizes(suite)->salt;

		if (!(agent->suites & 1u << suite))
			continue;
		agent->seams.random(agent->seams.arg, key, size);
		fault = sdp_local_add_key(&call->local, suite, bytes_of(key, size), why);
		explicit_bzero(key, sizeof(key));
	}
	return fault;
}

enum fault
agent_media_prepare(struct agent *agent, struct line_call *call, struct why *why)
{
	struct sdp_local *local = &call->local;
	enum fault fault;

	memset(local, 0, sizeof(*local));
	fault = agent->seams.media_open(agent->seams.arg, call->facts.number, &local->media, why);
	if (fault != FAULT_NONE)
		return fault;
	call->media_open = true;
	agent->seams.random(agent->seams.arg, (uint8_t *)&local->id, sizeof(local->id));
	local->id >>= 2; /* a decimal number of 62 bits is understood by everyone */
	local->user = "-";
	local->version = 1;
	local->codecs = agent->codecs;
	local->direction = SDP_SENDRECV;
	if (!agent_secures(agent))
		return FAULT_NONE;
	local->secure = true;
	local->fallback = true; /* the call then has no lock, and says so */
	return agent_media_rekey(agent, call, why);
}

enum fault
agent_media_offer(struct line_call *call, struct buffer *body, struct why *why)
{
	call->local.version++;
	return sdp_offer_write(&call->local, body, why);
}

static enum fault
plan_of(const struct sdp_agreed *agreed, struct media_plan *plan, struct why *why)
{
	enum fault fault = FAULT_NONE;

	memset(plan, 0, sizeof(*plan));
	if (agreed->refused)
		return explain(why, FAULT_UNEXPECTED, "the audio stream was refused");
	plan->remote = agreed->remote;
	plan->codec = agreed->codec;
	plan->send_payload_type = agreed->send_payload_type;
	plan->receive_payload_type = agreed->receive_payload_type;
	plan->send = agreed->direction == SDP_SENDRECV || agreed->direction == SDP_SENDONLY;
	plan->receive = agreed->direction == SDP_SENDRECV || agreed->direction == SDP_RECVONLY;
	plan->secure = agreed->secure;
	if (!agreed->secure)
		return FAULT_NONE;
	fault = srtp_master_read(agreed->ours.suite,
	    bytes_of(agreed->ours.key, agreed->ours.key_size), &plan->send_key, why);
	if (fault == FAULT_NONE)
		fault = srtp_master_read(agreed->theirs.suite,
		    bytes_of(agreed->theirs.key, agreed->theirs.key_size), &plan->receive_key, why);
	return fault;
}

/* Puts an agreement into force; the plan before stays when it is refused. */
static enum fault
run(struct agent *agent, struct line_call *call, const struct sdp_agreed *agreed, struct why *why)
{
	struct media_plan plan;
	enum fault fault = plan_of(agreed, &plan, why);

	if (fault == FAULT_NONE)
		fault = agent->seams.media_run(agent->seams.arg, call->facts.number, &plan, why);
	if (fault == FAULT_NONE) {
		media_plan_wipe(&call->plan);
		call->plan = plan;
		call->planned = true;
		call->facts.srtp = agreed->secure;
		call->facts.suite = agreed->ours.suite;
		call->facts.codec = agreed->codec;
		call->facts.held_by_peer = call->local.direction == SDP_SENDRECV && !plan.receive;
		/* A lock that stood on SRTP does not survive its loss for a moment. */
		if (!agreed->secure)
			call->facts.media_secure = false;
		agent_refresh_icon(agent, call);
	}
	media_plan_wipe(&plan);
	return fault;
}

enum fault
agent_media_answered(
    struct agent *agent, struct line_call *call, const struct sip_message *message, struct why *why)
{
	struct sdp_agreed agreed = {0};
	struct bytes content;
	struct sdp answer;
	enum fault fault;

	if ((fault = sip_message_part(message, SDP_TYPE, &content, why)) == FAULT_NONE &&
	    (fault = sdp_read(content, &answer, why)) == FAULT_NONE &&
	    (fault = sdp_answer_agree(&call->local, &answer, &agreed, why)) == FAULT_NONE)
		fault = run(agent, call, &agreed, why);
	sdp_agreed_wipe(&agreed);
	return fault;
}

enum fault
agent_media_offered(struct agent *agent, struct line_call *call, const struct sip_message *message,
    bool at_once, struct buffer *body, struct why *why)
{
	struct sdp_agreed agreed = {0};
	struct bytes content;
	struct sdp offer;
	enum fault fault;

	call->local.version++;
	if ((fault = sip_message_part(message, SDP_TYPE, &content, why)) == FAULT_NONE &&
	    (fault = sdp_read(content, &offer, why)) == FAULT_NONE &&
	    (fault = sdp_offer_agree(&call->local, &offer, &agreed, why)) == FAULT_NONE &&
	    (fault = sdp_answer_write(&call->local, &offer, &agreed, body, why)) == FAULT_NONE &&
	    at_once)
		fault = run(agent, call, &agreed, why);
	sdp_agreed_wipe(&agreed);
	return fault;
}

void
agent_media_silence(struct agent *agent, struct line_call *call)
{
	if (!call->planned)
		return;
	call->plan.send = call->plan.receive = false;
	if (agent->seams.media_run(agent->seams.arg, call->facts.number, &call->plan, NULL) !=
	    FAULT_NONE)
		agent_media_finish(agent, call); /* better no media than an open microphone */
}

void
agent_media_finish(struct agent *agent, struct line_call *call)
{
	if (call->media_open)
		agent->seams.media_close(agent->seams.arg, call->facts.number);
	call->media_open = call->planned = false;
	media_plan_wipe(&call->plan);
	sdp_local_wipe(&call->local);
	buffer_wipe(&call->offer);
}
