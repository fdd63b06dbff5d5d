/* SPDX-License-Identifier: Apache-2.0 */
/* phone/facts.c - what the phone knows about itself, as JSON for the control socket. */
#include <string.h>

#include "base/clock.h"
#include "phone/phone.h"
#include "policy/profile.h"
#include "telephone/indication.h"
#include "trust/certificate.h"

static json_t *
media_facts(struct phone *phone, unsigned call)
{
	struct media_stream *stream = calls_stream(phone, call);
	struct media_statistics statistics;
	struct media_security security;

	if (stream == NULL || !media_stream_started(stream))
		return json_null();
	media_stream_statistics(stream, &statistics);
	media_stream_security(stream, &security);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:b, s:b, s:b}", "sent",
	    (json_int_t)statistics.sent, "received", (json_int_t)statistics.received,
	    "authenticated", (json_int_t)statistics.authenticated, "lost",
	    (json_int_t)statistics.lost, "refused_authentication",
	    (json_int_t)statistics.refused[MEDIA_REFUSED_AUTHENTICATION], "refused_replay",
	    (json_int_t)statistics.refused[MEDIA_REFUSED_REPLAY], "refused_source",
	    (json_int_t)statistics.refused[MEDIA_REFUSED_SOURCE], "jitter_ms",
	    (int)statistics.jitter_ms, "encrypts", (int)security.encrypts, "authenticates",
	    (int)security.authenticates, "fresh", (int)security.fresh);
}

json_t *
facts_call(struct phone *phone, const struct agent_call *call)
{
	uint64_t until = call->ended_ms != 0 ? call->ended_ms : clock_monotonic_ms();

	return json_pack("{s:i, s:s, s:s, s:b, s:s, s:s, s:s, s:b, s:s, s:s, s:I, s:b, s:o}",
	    "call", (int)call->number, "state", call_state_name(call->state), "cause",
	    call_cause_name(call->cause), "incoming", (int)call->incoming, "party", call->party,
	    "icon", icon_name(call->icon), "manager_says", level_name(call->manager_says),
	    "media_secure", (int)(call->media_secure && call->srtp), "suite",
	    call->srtp ? suite_sizes(call->suite)->name : "none", "codec",
	    codec_facts(call->codec)->name, "seconds",
	    (json_int_t)(call->connected_ms != 0 ? (until - call->connected_ms) / 1000 : 0),
	    "held_by_peer", (int)call->held_by_peer, "media", media_facts(phone, call->number));
}

static json_t *
all_calls(struct phone *phone)
{
	struct agent_call calls[AGENT_CALLS_MOST];
	size_t count = phone->agent != NULL ? agent_calls(phone->agent, calls) : 0;
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, facts_call(phone, &calls[i]));
	return list;
}

json_t *
facts_status(struct phone *phone)
{
	bool registered = phone->agent != NULL && agent_registered(phone->agent);
	struct secured_facts secured = {
	    configuration_mode(phone), phone->connection.flow.transport, registered};

	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:o}", "device",
	    phone->identity.device.text, "step", boot_state_name(phone->start.boot.state), "line",
	    phone->start.configured ? phone->start.configuration.lines[0].name : "", "registered",
	    (int)registered, "manager", phone->connection.manager_text, "phone_secured",
	    (int)indication_phone_secured(&secured), "ctl",
	    (int)(trust_store_list(phone->store, TRUST_CTL) != NULL), "itl",
	    (int)(trust_store_list(phone->store, TRUST_ITL) != NULL), "lsc",
	    (int)(phone->identity.lsc != NULL), "power_on_to_registered_ms",
	    (json_int_t)(phone->start.registered_ms != 0
			     ? phone->start.registered_ms - phone->start.started_ms
			     : 0),
	    "pending_refusals", (json_int_t)pending_audit_count(phone->pending), "calls",
	    all_calls(phone));
}

static json_t *
certificate_facts_of(X509 *certificate)
{
	struct certificate_facts facts;
	char from[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];

	if (certificate == NULL || certificate_describe(certificate, &facts, NULL) != FAULT_NONE)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "subject", facts.subject, "issuer",
	    facts.issuer, "serial", facts.serial, "not_before", clock_text(facts.not_before, from),
	    "not_after", clock_text(facts.not_after, until), "key", facts.key_text, "sha256",
	    facts.sha256);
}

static json_t *
list_facts(struct phone *phone, enum trust_list_kind kind)
{
	const struct trust_list *list = trust_store_list(phone->store, kind);
	char time[CLOCK_TEXT_SIZE], signer[256];
	json_t *records;

	if (list == NULL)
		return json_null();
	records = json_array();
	for (size_t i = 0; i < list->count; i++) {
		const struct trust_record *record = &list->records[i];
		struct certificate_facts facts = {.subject = ""};

		if (record->certificate != NULL &&
		    certificate_describe(record->certificate, &facts, NULL) != FAULT_NONE)
			facts.subject[0] = '\0';
		json_array_append_new(
		    records, json_pack("{s:s, s:s, s:s}", "role", trust_role_name(record->role),
				 "subject", facts.subject, "serial", facts.serial));
	}
	return json_pack("{s:I, s:s, s:s, s:o}", "bytes", (json_int_t)list->bytes.left, "time",
	    clock_text(list->header.timestamp, time), "signer",
	    signed_header_signer_text(&list->header, signer, sizeof(signer)), "records", records);
}

json_t *
facts_security(struct phone *phone)
{
	const struct connection *connection = &phone->connection;
	char suites[16];

	strncpy(suites, profile_suites_name(configuration_suites(phone)), sizeof(suites) - 1);
	suites[sizeof(suites) - 1] = '\0';
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s}", "mode",
	    phone->start.configured ? level_name(configuration_mode(phone)) : "none", "transport",
	    phone->start.configured ? transport_name(configuration_transport(phone)) : "none",
	    "srtp_suites", suites, "mic", certificate_facts_of(phone->identity.mic), "lsc",
	    certificate_facts_of(phone->identity.lsc), "ctl", list_facts(phone, TRUST_CTL), "itl",
	    list_facts(phone, TRUST_ITL), "tls_version",
	    connection_is_open(phone) ? connection->version : "", "tls_suite",
	    connection_is_open(phone) ? connection->suite : "", "manager_certificate",
	    connection_is_open(phone) ? connection->peer.subject : "");
}
