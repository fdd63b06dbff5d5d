/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/call_level.h"

#include "exchange/core.h"

static struct leg_facts
facts_of(const struct leg *leg)
{
	return (struct leg_facts){
	    .connected = leg_is_connected(leg),
	    .transport = leg->transport,
	    .certificate = leg->certificate,
	    .digest = leg->digest,
	    .digest_counts = leg->profile.digest_counts,
	    .mode = leg->profile.mode,
	    .srtp_to_us = leg->srtp_to_us,
	    .srtp_from_us = leg->srtp_from_us,
	};
}

static void
log_change(const struct call *call, enum level before)
{
	const struct log_field fields[] = {
	    LOG_NUMBER("call", call->id),
	    LOG_TEXT("before", level_name(before)),
	    LOG_TEXT("level", level_name(call->level)),
	    LOG_TEXT("leg", call->decided->device),
	    LOG_TEXT("because", call->because),
	};

	core_log(call->exchange, LOG_LEVEL_INFO, "call level", fields, COUNT(fields));
}

void
call_level_update(struct call *call)
{
	struct leg *legs[] = {call->caller, call->called};
	struct leg_facts facts[COUNT(legs)];
	struct call_judgement judgement;
	enum level before = call->level;
	bool judged = call->decided != NULL;

	if (call->state != CALL_TALKING)
		return;
	for (size_t i = 0; i < COUNT(legs); i++)
		facts[i] = facts_of(legs[i]);
	judgement = call_judge(facts, COUNT(facts));
	call->level = judgement.level;
	call->decided = legs[judgement.leg];
	call->because = judgement.because;
	if (!judged || before != call->level)
		log_change(call, before);
}

void
call_level_tell(struct call *call)
{
	if (call->state != CALL_TALKING || call->exchange->restoring)
		return;
	leg_tell_level(call->caller);
	leg_tell_level(call->called);
}

static const char *
transport_word(const struct leg *leg)
{
	return leg_is_connected(leg) ? transport_name(leg->transport) : "away";
}

static json_t *
leg_json(const struct leg *leg)
{
	struct leg_facts facts = facts_of(leg);
	struct leg_judgement judgement = leg_judge(&facts);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b}", "device", leg->device,
	    "line", leg->line, "level", level_name(judgement.level), "because", judgement.because,
	    "transport", transport_word(leg), "certificate", facts.certificate, "digest",
	    facts.digest, "srtp_to_us", facts.srtp_to_us, "srtp_from_us", facts.srtp_from_us);
}

json_t *
call_level_explain(const struct call *call)
{
	json_t *legs = json_array();

	if (json_array_append_new(legs, leg_json(call->caller)) != 0 ||
	    (call->called != NULL && json_array_append_new(legs, leg_json(call->called)) != 0)) {
		json_decref(legs);
		return NULL;
	}
	return json_pack("{s:I, s:s, s:s?, s:s?, s:o}", "call", (json_int_t)call->id, "level",
	    level_name(call->level), "decided",
	    call->decided == NULL ? NULL : call->decided->device, "because", call->because, "legs",
	    legs);
}
