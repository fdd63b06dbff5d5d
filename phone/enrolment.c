/* SPDX-License-Identifier: Apache-2.0 */
/* phone/enrolment.c - one CAPF session over TLS: who we may ask, what we make, what we install. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "channel/tls.h"
#include "enrolment/capf_client.h"
#include "phone/phone.h"
#include "trust/certificate.h"

enum { SESSION_MS = 120 * 1000, OUTPUT_MOST = CAPF_ELEMENTS_MOST + CAPF_HEADER_SIZE };

struct capf {
	struct phone *phone;
	struct channel *channel;
	struct tls *tls;
	struct capf_client *client;
	struct loop_timer *deadline;
	size_t server; /* index in the configuration's list */
	bool told;
};

static void finish(struct capf *capf, enum fault fault, const char *sentence);

static enum fault
make_key(void *arg, enum key_kind kind, struct buffer *public_key, struct why *why)
{
	struct capf *capf = arg;
	EVP_PKEY *key = NULL;
	unsigned char *der = NULL;
	int size;
	enum fault fault =
	    keys_generate(capf->phone->identity.keys, KEY_LSC_NEXT, kind, false, NULL, why);

	if (fault != FAULT_NONE || (fault = keys_public(capf->phone->identity.keys, KEY_LSC_NEXT,
					&key, why)) != FAULT_NONE)
		return fault;
	size = i2d_PUBKEY(key, &der);
	if (size > 0)
		buffer_bytes(public_key, bytes_of(der, (size_t)size));
	else
		fault = explain(why, FAULT_SYSTEM, "the new key cannot be written");
	OPENSSL_free(der);
	EVP_PKEY_free(key);
	notice_event(capf->phone, "key made", json_pack("{s:s}", "kind", key_kind_name(kind)));
	return fault;
}

/* Issued by the site's CAPF, for us, valid now, not a factory name. */
static enum fault
check(struct phone *phone, X509 *certificate, struct why *why)
{
	STACK_OF(X509) *issuers = NULL;
	struct device_name device;
	bool factory = true;
	enum fault fault =
	    trust_store_collect(phone->store, TRUST_ROLE_SET(TRUST_CAPF), &issuers, why);
	struct certificate_rules rules = {.now = phone_wall(phone),
	    .purpose = CERTIFICATE_TLS_CLIENT,
	    .trusted = issuers,
	    .device = phone->identity.device.text};

	if (fault == FAULT_NONE)
		fault = certificate_device(certificate, &device, &factory, why);
	if (fault == FAULT_NONE && factory)
		fault = explain(why, FAULT_UNTRUSTED, "an LSC must not carry a factory name");
	if (fault == FAULT_NONE)
		fault = certificate_check(certificate, &rules, why);
	certificate_stack_free(issuers);
	return fault;
}

static enum fault
store(void *arg, struct bytes der, struct why *why)
{
	struct capf *capf = arg;
	X509 *certificate = NULL;
	struct certificate_facts facts;
	enum fault fault = certificate_read(der, &certificate, why);

	if (fault != FAULT_NONE || (fault = check(capf->phone, certificate, why)) != FAULT_NONE ||
	    (fault = identity_install(capf->phone, certificate, why)) != FAULT_NONE) {
		notice_refusal(capf->phone, "certificate refused", "LSC", why->text);
	} else if (certificate_describe(certificate, &facts, NULL) == FAULT_NONE) {
		notice_status(capf->phone, MESSAGE_LSC_INSTALLED, facts.subject);
		notice_event(capf->phone, "LSC installed",
		    json_pack("{s:s, s:s, s:s}", "subject", facts.subject, "issuer", facts.issuer,
			"serial", facts.serial));
	}
	X509_free(certificate);
	return fault;
}

static enum fault
remove_lsc(void *arg, struct why *why)
{
	struct capf *capf = arg;
	enum fault fault = identity_remove_lsc(capf->phone, why);

	if (fault == FAULT_NONE)
		notice_status(capf->phone, MESSAGE_LSC_DELETED, NULL);
	return fault;
}

static enum fault
fetch(void *arg, enum capf_certificate_type *type, struct buffer *certificate, struct why *why)
{
	struct capf *capf = arg;
	struct identity *identity = &capf->phone->identity;

	*type = identity->lsc != NULL ? CAPF_LSC : CAPF_MIC;
	return certificate_write_der(
	    identity->lsc != NULL ? identity->lsc : identity->mic, certificate, why);
}

static void
ended(void *arg, enum fault fault, enum capf_reason reason, const struct why *why)
{
	struct capf *capf = arg;

	notice_event(capf->phone, "enrolment ended",
	    json_pack("{s:b, s:i, s:s}", "ok", (int)(fault == FAULT_NONE), "reason", (int)reason,
		"sentence", fault == FAULT_NONE ? "" : why->text));
	finish(capf, fault, fault == FAULT_NONE ? NULL : why->text);
}

static const struct capf_client_owner owner = {make_key, store, remove_lsc, fetch, ended};

/* Once; frees later, from the loop's next turn at the earliest. */
static void
finish(struct capf *capf, enum fault fault, const char *sentence)
{
	if (capf->told)
		return;
	capf->told = true;
	if (fault != FAULT_NONE)
		notice_status(capf->phone, MESSAGE_LSC_FAILED, sentence);
	boot_post(capf->phone, fault == FAULT_NONE ? BOOT_DONE : BOOT_FAILED);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct capf *capf = arg;
	struct buffer output;
	struct why why;

	buffer_init(&output, OUTPUT_MOST);
	if (capf_client_receive(capf->client, bytes, &output, &why) != FAULT_NONE)
		log_warning("phone", "CAPF session broken off", LOG_TEXT("reason", why.text));
	if (output.size > 0 && channel_write(channel, buffer_bytes_of(&output), &why) != FAULT_NONE)
		capf_client_give_up(capf->client, FAULT_CLOSED, &why);
	buffer_wipe(&output);
	if (capf_client_over(capf->client)) {
		capf->channel = NULL;
		channel_close(channel);
	}
}

static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct capf *capf = arg;

	(void)channel;
	notice_event(capf->phone, "enrolment",
	    json_pack("{s:s, s:s}", "server", facts->card.subject, "suite", facts->suite));
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *end)
{
	struct capf *capf = arg;
	char text[CHANNEL_END_TEXT_SIZE];

	(void)channel;
	capf->channel = NULL;
	if (end->security)
		notice_refusal(
		    capf->phone, "CAPF server refused", "CAPF", channel_end_text(end, text));
	if (!capf->told)
		capf_client_give_up(
		    capf->client, end->fault != FAULT_NONE ? end->fault : FAULT_CLOSED, &end->why);
	finish(capf, FAULT_CLOSED, end->why.text);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	struct capf *capf = arg;

	return lists_approve(capf->phone, TRUST_ROLE_SET(TRUST_CAPF), chain, verdict, why);
}

static const struct channel_handlers handlers = {
    .on_open = on_open, .on_bytes = on_bytes, .on_closed = on_closed, .approve = approve};

static void
too_long(void *arg)
{
	struct capf *capf = arg;
	struct why why;

	capf_client_give_up(
	    capf->client, explain(&why, FAULT_TIMEOUT, "the CAPF session took too long"), &why);
	channel_abort(capf->channel);
	capf->channel = NULL;
}

static enum fault
make_client(struct capf *capf, struct why *why)
{
	struct phone *phone = capf->phone;
	uint32_t mode = phone->start.configuration.capf_auth_mode;
	struct buffer der;
	struct capf_client_plan plan = {
	    .device = phone->identity.device.text, .owner = &owner, .arg = capf, .type = CAPF_MIC};
	X509 *certificate = phone->identity.mic;
	EVP_PKEY *key = NULL;
	bool is_lsc = false;
	enum fault fault = FAULT_NONE;

	buffer_init(&der, CERTIFICATE_MOST);
	if (phone->start.capf_string[0] != '\0') {
		plan.string = phone->start.capf_string;
	} else if (mode == CAPF_AUTH_LSC_FIRST) {
		fault = identity_current(&phone->identity, &certificate, &key, &is_lsc, why);
	} else if (mode == CAPF_AUTH_MIC_FIRST) {
		fault = identity_mic(&phone->identity, &key, why);
	} else if (mode == CAPF_AUTH_STRING) {
		fault = explain(why, FAULT_MISSING, "an authentication string must be typed");
	}
	if (key != NULL && fault == FAULT_NONE)
		fault = certificate_write_der(certificate, &der, why);
	plan.key = key;
	plan.certificate = buffer_bytes_of(&der);
	plan.type = is_lsc ? CAPF_LSC : CAPF_MIC;
	if (fault == FAULT_NONE)
		fault = capf_client_new(&capf->client, &plan, why);
	EVP_PKEY_free(key);
	buffer_finish(&der);
	explicit_bzero(phone->start.capf_string, sizeof(phone->start.capf_string));
	return fault;
}

static enum fault
connect_server(struct capf *capf, struct why *why)
{
	const struct configured_service *server = &capf->phone->start.configuration.capf[0];
	struct tls_plan tls = {
	    .side = TLS_CLIENT, .peer_certificate = TLS_PEER_REQUIRED, .purpose = "capf"};
	struct channel_connect_plan plan = {.transport = TRANSPORT_TLS,
	    .local = &capf->phone->options.local,
	    .expected_name = server->host,
	    .handlers = &handlers,
	    .arg = capf};
	uint16_t port = server->port != 0 ? (uint16_t)server->port : CAPF_PORT;
	enum fault fault;

	if ((fault = address_read(bytes_text(server->host), port, &plan.remote, why)) !=
		FAULT_NONE ||
	    (fault = tls_new(&capf->tls, &tls, why)) != FAULT_NONE)
		return fault;
	plan.tls = capf->tls;
	return channel_connect(&capf->channel, capf->phone->loop, &plan, why);
}

void
enrolment_run(struct phone *phone)
{
	struct capf *capf;
	struct why why = {"no memory for a CAPF session"};
	enum fault fault = FAULT_SYSTEM;

	enrolment_free(phone);
	capf = calloc(1, sizeof(*capf));
	if (capf != NULL) {
		phone->start.capf = capf;
		capf->phone = phone;
		capf->deadline = loop_timer_new(phone->loop, too_long, capf);
		if (phone->start.configuration.capf_count == 0)
			fault = explain(&why, FAULT_MISSING, "the configuration names no CAPF");
		else if (!trust_store_has(phone->store, TRUST_ROLE_SET(TRUST_CAPF)))
			fault = explain(&why, FAULT_MISSING, "CAPF certificate not in trust list");
		else if ((fault = make_client(capf, &why)) == FAULT_NONE)
			fault = connect_server(capf, &why);
	}
	if (fault == FAULT_NONE) {
		loop_timer_set(capf->deadline, SESSION_MS);
		return;
	}
	notice_status(phone, MESSAGE_LSC_FAILED, why.text);
	if (capf != NULL)
		capf->told = true;
	boot_post(phone, BOOT_FAILED);
}

void
enrolment_free(struct phone *phone)
{
	struct capf *capf = phone->start.capf;

	if (capf == NULL)
		return;
	phone->start.capf = NULL;
	channel_abort(capf->channel);
	capf_client_free(capf->client);
	loop_timer_free(capf->deadline);
	tls_free(capf->tls);
	free(capf);
}
