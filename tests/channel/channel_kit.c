/* SPDX-License-Identifier: Apache-2.0 */
#include "channel_kit.h"

#include <event2/event.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct kit_certificate kit_ca, kit_rsa, kit_ec, kit_phone;

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static EVP_PKEY *
make_key(const char *kind)
{
	if (strncmp(kind, "RSA:", 4) == 0)
		return EVP_RSA_gen((unsigned)atoi(kind + 4));
	return EVP_EC_gen(kind);
}

void
kit_make(struct kit_certificate *made, const char *kind, const char *name,
    const struct kit_certificate *issuer, int from_days, int until_days)
{
	char subject[128], alternative[256];
	const char *host = strchr(name, '|');
	X509_NAME *written;
	static int serial = 0x1000;

	snprintf(subject, sizeof(subject), "%.*s", (int)strcspn(name, "|"), name);
	made->key = make_key(kind);
	made->certificate = X509_new();
	assert_non_null(made->key);
	X509_set_version(made->certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(made->certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(made->certificate), (long)from_days * KIT_DAY);
	X509_gmtime_adj(X509_getm_notAfter(made->certificate), (long)until_days * KIT_DAY);
	X509_set_pubkey(made->certificate, made->key);
	written = X509_get_subject_name(made->certificate);
	X509_NAME_add_entry_by_txt(
	    written, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(made->certificate,
	    issuer != NULL ? X509_get_subject_name(issuer->certificate) : written);
	if (issuer == NULL)
		add_extension(made->certificate, NID_basic_constraints, "critical,CA:TRUE");
	if (host != NULL) {
		snprintf(alternative, sizeof(alternative), "%s", host + 1);
		add_extension(made->certificate, NID_subject_alt_name, alternative);
	}
	assert_true(X509_sign(made->certificate, issuer != NULL ? issuer->key : made->key,
			EVP_sha256()) > 0);
}

void
kit_forget(struct kit_certificate *certificate)
{
	X509_free(certificate->certificate);
	EVP_PKEY_free(certificate->key);
	*certificate = (struct kit_certificate){0};
}

int
kit_setup(void **state)
{
	(void)state;
	kit_make(&kit_ca, "P-256", "Test CA", NULL, -1, 100);
	kit_make(
	    &kit_rsa, "RSA:2048", "callmanager|DNS:manager.test,IP:127.0.0.1", &kit_ca, -1, 99);
	kit_make(&kit_ec, "P-384", "callmanager-EC|IP:127.0.0.1", &kit_ca, -1, 99);
	kit_make(&kit_phone, "P-256", "SEP001122334455", &kit_ca, -1, 99);
	return 0;
}

int
kit_teardown(void **state)
{
	(void)state;
	kit_forget(&kit_ca);
	kit_forget(&kit_rsa);
	kit_forget(&kit_ec);
	kit_forget(&kit_phone);
	return 0;
}

static void
check_done(struct kit *kit)
{
	if (kit->done != NULL && kit->done(kit))
		loop_stop(kit->loop);
}

/* Which end a handler speaks for: the listener's arg is the kit's server end. */
static void
on_open(void *arg, struct channel *channel, const struct peer_facts *facts)
{
	struct kit_end *end = arg;

	end->opened = true;
	end->open_count++;
	end->channel = channel;
	end->facts = *facts;
	check_done(end->kit);
}

static void
on_bytes(void *arg, struct channel *channel, struct bytes bytes)
{
	struct kit_end *end = arg;
	struct why why;

	if (bytes.left <= sizeof(end->received) - 1 - end->received_size &&
	    end->received_size < sizeof(end->received))
		memcpy(end->received + end->received_size, bytes.at, bytes.left);
	end->received_size += bytes.left;
	if (end->echo)
		assert_accepted(channel_write(channel, bytes, &why), why);
	check_done(end->kit);
}

static void
on_drained(void *arg, struct channel *channel)
{
	struct kit_end *end = arg;

	(void)channel;
	end->drained++;
	check_done(end->kit);
}

static void
on_closed(void *arg, struct channel *channel, const struct channel_end *told)
{
	struct kit_end *end = arg;

	(void)channel;
	end->closed = true;
	end->closed_count++;
	end->channel = NULL;
	end->end = *told;
	assert_null(strstr(told->why.text, "unknown error"));
	assert_string_not_equal(told->why.text, "");
	check_done(end->kit);
}

static enum fault
approve(void *arg, const struct peer_chain *chain, struct peer_verdict *verdict, struct why *why)
{
	struct kit_end *end = arg;

	assert_non_null(chain->certificate);
	end->asked++;
	if (end->busy_times > 0) {
		end->busy_times--;
		return explain(why, FAULT_BUSY, "asking");
	}
	verdict->rule = end->refuse;
	if (end->refuse != PEER_RULE_NONE)
		return explain(
		    why, FAULT_UNTRUSTED, "the test finds it %s", peer_rule_words(end->refuse));
	snprintf(verdict->trusted_by, sizeof(verdict->trusted_by), "the test");
	return FAULT_NONE;
}

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened for %d ms", KIT_GUARD_MS);
}

void
kit_turn(struct loop *loop)
{
	event_base_loop(loop_base(loop), EVLOOP_ONCE);
}

void
kit_init(struct kit *kit)
{
	struct why why;

	*kit = (struct kit){.handlers = {on_open, on_bytes, on_closed, on_drained, approve}};
	assert_accepted(loop_new(&kit->loop, &why), why);
	kit->guard = loop_timer_new(kit->loop, on_guard, kit);
	kit->server.kit = kit->client.kit = kit;
}

void
kit_finish(struct kit *kit)
{
	channel_abort(kit->client.channel);
	channel_abort(kit->server.channel);
	channel_listener_free(kit->listener);
	/* Goodbyes end by themselves; a channel that leaks runs into the guard. */
	loop_timer_set(kit->guard, KIT_GUARD_MS);
	while (channel_alive() > 0)
		kit_turn(kit->loop);
	tls_free(kit->server_tls);
	tls_free(kit->client_tls);
	loop_timer_free(kit->guard);
	loop_free(kit->loop);
}

struct tls_plan
kit_plan(enum tls_side side, const struct kit_certificate *identity)
{
	struct tls_plan plan = {.side = side, .purpose = "test"};

	if (identity != NULL)
		plan.identities[plan.identity_count++] =
		    (struct tls_identity){identity->certificate, NULL, identity->key};
	return plan;
}

void
kit_tls(struct tls **tls, const struct tls_plan *plan)
{
	struct why why;

	assert_accepted(tls_new(tls, plan, &why), why);
}

void
kit_listen(struct kit *kit, enum transport transport)
{
	struct channel_listen_plan plan = {.transport = transport,
	    .tls = kit->server_tls,
	    .limits = kit->limits,
	    .handlers = &kit->handlers,
	    .arg = &kit->server};
	struct address any;
	struct why why;

	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, &any, &why), why);
	assert_accepted(channel_bind(transport, &any, false, &plan.fd, &kit->address, &why), why);
	assert_accepted(channel_listen(&kit->listener, kit->loop, &plan, &why), why);
}

struct channel *
kit_connect(struct kit *kit, enum transport transport, SSL_SESSION *session)
{
	struct channel_connect_plan plan = {.transport = transport,
	    .remote = kit->address,
	    .tls = kit->client_tls,
	    .expected_name = "manager.test",
	    .session = session,
	    .handlers = &kit->handlers,
	    .arg = &kit->client};
	struct channel *channel = NULL;
	struct why why;

	assert_accepted(channel_connect(&channel, kit->loop, &plan, &why), why);
	return channel;
}

void
kit_run(struct kit *kit, bool (*done)(struct kit *kit))
{
	kit->done = done;
	loop_timer_set(kit->guard, KIT_GUARD_MS);
	if (!done(kit))
		loop_run(kit->loop);
	loop_timer_stop(kit->guard);
}

bool
kit_both_open(struct kit *kit)
{
	return kit->server.opened && kit->client.opened;
}

bool
kit_client_open(struct kit *kit)
{
	return kit->client.opened;
}

bool
kit_both_closed(struct kit *kit)
{
	return kit->server.closed && kit->client.closed;
}

bool
kit_server_closed(struct kit *kit)
{
	return kit->server.closed;
}

bool
kit_client_closed(struct kit *kit)
{
	return kit->client.closed;
}

bool
kit_client_received(struct kit *kit)
{
	return kit->client.received_size > 0;
}

bool
kit_server_received(struct kit *kit)
{
	return kit->server.received_size > 0;
}

int
kit_raw_connect(const struct kit *kit)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&kit->address.storage, kit->address.size), 0);
	return fd;
}
