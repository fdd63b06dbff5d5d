/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phone/connection.c - the connection to the manager: the transport the configuration demands and
 * no other, our certificate shown, the manager's judged by the trust lists, whole SIP messages
 * taken out of the stream, and a ping that finds out when the other end is gone.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "phone/phone.h"

enum {
	PING_MS = 30000, /* of silence before we ask */
	PONG_MS = 10000, /* for the answer, if this manager is known to answer */
	SIP_PORT = 5060,
	SIPS_PORT = 5061,
	CONNECT_MS = 5000, /* to connect and shake hands */
};

static void
lost(struct phone *phone)
{
	struct connection *connection = &phone->connection;

	connection->channel = NULL;
	loop_timer_stop(connection->ping);
	sip_framing_finish(&connection->framing);
	if (phone->agent != NULL) {
		agent_lost(phone->agent, clock_monotonic_ms());
		phone_agent_settle(phone);
	}
}

bool
connection_is_open(const struct phone *phone)
{
	return phone->connection.channel != NULL && phone->connection.flow.id != 0;
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct phone *phone = arg;
	struct connection *connection = &phone->connection;
	struct why why;

	connection->channel = channel;
	connection->flow =
	    (struct sip_flow){++connection->last_id, facts->transport, facts->local, facts->remote};
	snprintf(connection->suite, sizeof(connection->suite), "%s", facts->suite);
	snprintf(connection->version, sizeof(connection->version), "%s", facts->version);
	connection->peer = facts->card;
	notice_event(phone, "connected to manager",
	    json_pack("{s:s, s:s, s:s, s:s, s:b}", "transport", transport_name(facts->transport),
		"version", facts->version, "suite", facts->suite, "subject", facts->card.subject,
		"resumed", (int)facts->resumed));
	loop_timer_set(connection->ping, PING_MS);
	boot_post(phone, BOOT_OPENED);
	if (agent_open(phone->agent, &connection->flow, clock_monotonic_ms(), &why) != FAULT_NONE)
		log_error("phone", "connection not used", LOG_TEXT("reason", why.text));
	phone_agent_settle(phone);
}

static void
break_off(struct phone *phone, const char *sentence)
{
	struct channel *channel = phone->connection.channel;

	notice_status(phone, MESSAGE_CONNECTION_LOST, sentence);
	lost(phone);
	phone->connection.flow.id = 0;
	channel_abort(channel);
	boot_post(phone, BOOT_LOST);
}

static void
on_stream(struct phone *phone, struct bytes bytes)
{
	struct connection *connection = &phone->connection;
	struct sip_frame frame = {0};
	struct why why;

	while (connection->channel != NULL) {
		if (sip_framing_next(&connection->framing, &bytes, &frame, &why) != FAULT_NONE) {
			notice_refusal(
			    phone, "SIP stream refused", connection->manager_text, why.text);
			break_off(phone, why.text);
			return;
		}
		if (frame.kind == SIP_FRAME_MORE)
			return;
		if (frame.kind == SIP_FRAME_PING)
			connection_send(phone, bytes_text("\r\n"));
		if (frame.kind == SIP_FRAME_PONG)
			connection->peer_pongs = true;
		if (frame.kind == SIP_FRAME_MESSAGE)
			agent_receive(phone->agent, frame.bytes, clock_monotonic_ms());
	}
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct phone *phone = arg;

	phone->connection.ping_out = false;
	loop_timer_set(phone->connection.ping, PING_MS);
	if (phone->connection.flow.transport == TRANSPORT_UDP)
		agent_receive(phone->agent, bytes, clock_monotonic_ms());
	else
		on_stream(phone, bytes);
	(void)channel;
	phone_agent_settle(phone);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct phone *phone = arg;
	struct connection *connection = &phone->connection;
	char text[CHANNEL_END_TEXT_SIZE];
	bool was_open = end->stage == CHANNEL_OPEN;
	const char *sentence = end->fault != FAULT_NONE || end->why.text[0] != '\0'
				   ? end->why.text
				   : "the manager closed the connection";

	(void)channel;
	/* A stream that was cut off is reported too, but it is no reason to distrust the manager.
	 */
	if (end->security)
		notice_refusal(phone,
		    end->truncated ? "manager connection broken" : "manager connection refused",
		    connection->manager_text, channel_end_text(end, text));
	notice_status(phone,
	    end->security && !end->truncated ? MESSAGE_MANAGER_REFUSED : MESSAGE_CONNECTION_LOST,
	    sentence);
	lost(phone);
	connection->flow.id = 0;
	if (!was_open)
		connection->manager++;
	boot_post(phone, BOOT_LOST);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	return lists_approve(arg, TRUST_SIP_PEER, chain, verdict, why);
}

static const struct channel_handlers handlers = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = on_closed, .approve = approve};

static void
on_ping(void *arg)
{
	struct phone *phone = arg;
	struct connection *connection = &phone->connection;

	if (connection->channel == NULL)
		return;
	if (connection->ping_out && connection->peer_pongs) {
		break_off(phone, "the manager no longer answers");
		return;
	}
	connection->ping_out = true;
	if (connection->flow.transport != TRANSPORT_UDP)
		connection_send(phone, bytes_text("\r\n\r\n"));
	loop_timer_set(connection->ping, connection->peer_pongs ? PONG_MS : PING_MS);
}

static enum fault
make_tls(struct phone *phone, struct why *why)
{
	struct connection *connection = &phone->connection;
	struct tls_plan plan = {.side = TLS_CLIENT,
	    .identity_count = 1,
	    .peer_certificate = TLS_PEER_REQUIRED,
	    .purpose = "sip"};
	struct tls *tls = NULL;
	bool is_lsc;
	enum fault fault;

	if (!trust_store_has(phone->store, TRUST_SIP_PEER)) {
		notice_status(phone, MESSAGE_NO_SECURE_MANAGER, "no CCM in the trust lists");
		return explain(why, FAULT_MISSING, "the trust lists name no manager");
	}
	fault = identity_current(&phone->identity, &plan.identities[0].certificate,
	    &plan.identities[0].key, &is_lsc, why);
	if (fault == FAULT_NONE)
		fault = tls_new(&tls, &plan, why);
	EVP_PKEY_free(plan.identities[0].key);
	if (fault != FAULT_NONE)
		return fault;
	tls_free(connection->tls);
	connection->tls = tls;
	return FAULT_NONE;
}

/* Which manager is next, in the order of the configuration, round and round. */
static enum fault
choose(struct phone *phone, enum transport transport, struct address *remote, struct why *why)
{
	const struct phone_configuration *configuration = &phone->start.configuration;
	const struct configured_manager *manager;
	uint32_t port;

	if (configuration->manager_count == 0)
		return explain(why, FAULT_MISSING, "the configuration names no manager");
	phone->connection.manager %= configuration->manager_count;
	manager = &configuration->managers[phone->connection.manager];
	if (transport == TRANSPORT_TLS)
		port = manager->secured_sip_port != 0 ? manager->secured_sip_port : SIPS_PORT;
	else
		port = manager->sip_port != 0 ? manager->sip_port : SIP_PORT;
	snprintf(phone->connection.manager_text, sizeof(phone->connection.manager_text), "%s:%u",
	    manager->host, port);
	return address_read(bytes_text(manager->host), (uint16_t)port, remote, why);
}

static enum fault
open_udp(struct phone *phone, const struct address *remote, struct why *why)
{
	struct connection *connection = &phone->connection;
	struct channel_listen_plan plan = {
	    .transport = TRANSPORT_UDP, .fd = -1, .handlers = &handlers, .arg = phone};
	struct address bound;
	enum fault fault =
	    channel_bind(TRANSPORT_UDP, &phone->options.local, false, &plan.fd, &bound, why);

	if (fault == FAULT_NONE)
		fault = channel_listen(&connection->udp, phone->loop, &plan, why);
	if (fault == FAULT_NONE)
		fault = channel_listener_reach(connection->udp, remote, &connection->channel, why);
	return fault;
}

static enum fault
open_stream(
    struct phone *phone, enum transport transport, const struct address *remote, struct why *why)
{
	struct connection *connection = &phone->connection;
	struct channel_connect_plan plan = {.transport = transport,
	    .remote = *remote,
	    .local = &phone->options.local,
	    .handlers = &handlers,
	    .arg = phone,
	    .limits = {.handshake_ms = CONNECT_MS}};
	enum fault fault = FAULT_NONE;

	if (transport == TRANSPORT_TLS) {
		fault = make_tls(phone, why);
		plan.tls = connection->tls;
		plan.expected_name = phone->start.configuration.managers[connection->manager].host;
	}
	if (fault != FAULT_NONE)
		return fault;
	sip_framing_init(&connection->framing);
	return channel_connect(&connection->channel, phone->loop, &plan, why);
}

void
connection_open(struct phone *phone)
{
	struct connection *connection = &phone->connection;
	enum transport transport = configuration_transport(phone);
	struct address remote;
	struct why why;
	enum fault fault;

	connection_close(phone);
	if (connection->ping == NULL)
		connection->ping = loop_timer_new(phone->loop, on_ping, phone);
	connection->ping_out = connection->peer_pongs = false;
	if ((fault = choose(phone, transport, &remote, &why)) == FAULT_NONE &&
	    (fault = calls_agent_new(phone, &why)) == FAULT_NONE)
		fault = transport == TRANSPORT_UDP ? open_udp(phone, &remote, &why)
						   : open_stream(phone, transport, &remote, &why);
	if (fault == FAULT_NONE)
		return;
	connection->manager++;
	notice_status(phone, MESSAGE_CONNECTION_LOST, why.text);
	boot_post(phone, BOOT_LOST);
}

void
connection_close(struct phone *phone)
{
	struct connection *connection = &phone->connection;
	struct channel *channel = connection->channel;

	connection->flow.id = 0;
	if (channel != NULL) {
		lost(phone);
		channel_close(channel);
	}
	channel_listener_free(connection->udp);
	connection->udp = NULL;
}

void
connection_send(struct phone *phone, struct bytes message)
{
	struct why why;

	if (phone->connection.channel == NULL)
		return;
	if (channel_write(phone->connection.channel, message, &why) != FAULT_NONE)
		log_warning("phone", "message not sent", LOG_TEXT("reason", why.text));
}
