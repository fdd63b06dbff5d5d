/* SPDX-License-Identifier: Apache-2.0 */
/* A leg as calls.db remembers it, and from there again. */
#include "exchange/leg.h"

#include <stdio.h>
#include <stdlib.h>

#include "exchange/core.h"

/* Requests we sent since the record was written counted up; a gap is allowed (RFC 3261 12.2.1.1).
 */
enum { LEG_CSEQ_GAP = 10000 };

void
leg_record(const struct leg *leg, struct leg_record *record)
{
	const struct sip_dialog *dialog = leg->dialog;

	snprintf(record->line, sizeof(record->line), "%s", leg->line);
	snprintf(record->device, sizeof(record->device), "%s", leg->device);
	snprintf(record->display, sizeof(record->display), "%s", leg->display);
	record->profile = leg->profile;
	record->transport = leg->transport;
	record->certificate = leg->certificate;
	record->digest = leg->digest;
	record->callinfo = leg->callinfo;
	record->srtp_fallback = leg->srtp_fallback;
	record->update = leg->update;
	record->srtp_to_us = leg->srtp_to_us;
	record->srtp_from_us = leg->srtp_from_us;
	record->flow = leg->connection == NULL ? 0 : leg->connection->flow.id;
	if (dialog == NULL)
		return;
	snprintf(record->call_id, sizeof(record->call_id), "%s", dialog->call_id);
	snprintf(record->local_tag, sizeof(record->local_tag), "%s", dialog->local_tag);
	snprintf(record->remote_tag, sizeof(record->remote_tag), "%s", dialog->remote_tag);
	snprintf(record->local_uri, sizeof(record->local_uri), "%s", dialog->local_uri);
	snprintf(record->remote_uri, sizeof(record->remote_uri), "%s", dialog->remote_uri);
	snprintf(record->remote_target, sizeof(record->remote_target), "%s", dialog->remote_target);
	record->uac = dialog->uac;
	record->local_cseq = dialog->local_cseq;
	record->remote_cseq = dialog->remote_cseq;
	record->has_remote_cseq = dialog->has_remote_cseq;
	record->session_s = dialog->session.agreed_s;
	record->session_ours = dialog->session.ours;
}

static void
restore_facts(struct leg *leg, const struct leg_record *record)
{
	snprintf(leg->line, sizeof(leg->line), "%s", record->line);
	snprintf(leg->device, sizeof(leg->device), "%s", record->device);
	snprintf(leg->display, sizeof(leg->display), "%s", record->display);
	leg->profile = record->profile;
	leg->transport = record->transport;
	leg->certificate = record->certificate;
	leg->digest = record->digest;
	leg->callinfo = record->callinfo;
	leg->srtp_fallback = record->srtp_fallback;
	leg->update = record->update;
	leg->srtp_to_us = record->srtp_to_us;
	leg->srtp_from_us = record->srtp_from_us;
	leg->away_since_ms = leg->exchange->now_ms;
	leg->state = LEG_TALKING;
}

enum fault
leg_new_restored(struct exchange *exchange, const struct leg_record *record, struct leg **restored,
    struct why *why)
{
	const struct sip_dialog_facts facts = {
	    .uac = record->uac,
	    .call_id = record->call_id,
	    .local_tag = record->local_tag,
	    .remote_tag = record->remote_tag,
	    .local_uri = record->local_uri,
	    .remote_uri = record->remote_uri,
	    .remote_target = record->remote_target,
	    .local_cseq = record->local_cseq + LEG_CSEQ_GAP,
	    .remote_cseq = record->remote_cseq,
	    .has_remote_cseq = record->has_remote_cseq,
	};
	struct leg *leg = calloc(1, sizeof(*leg));
	struct sip_dialog *dialog;
	enum fault fault;

	if (leg == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a leg");
	leg->exchange = exchange;
	if ((fault = sip_stack_restore(exchange->stack, &facts, &dialog, why))) {
		free(leg);
		return fault;
	}
	restore_facts(leg, record);
	leg_adopt_dialog(leg, dialog);
	core_place_leg(leg, NULL);
	*restored = leg;
	return FAULT_NONE;
}
