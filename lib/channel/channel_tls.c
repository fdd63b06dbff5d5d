/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_tls.c - the handshake driver and the records, directly on the socket. */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel_inner.h"

/* Remembers alerts: they say best why a handshake failed. */
static void
on_info(const SSL *ssl, int where, int value)
{
	struct channel *channel = SSL_get_app_data(ssl);
	int alert = value & 0xff;

	if (channel == NULL || !(where & SSL_CB_ALERT) || alert == SSL_AD_CLOSE_NOTIFY)
		return;
	if (where & SSL_CB_WRITE)
		channel->alert_sent = (int16_t)alert;
	else
		channel->alert_seen = (int16_t)alert;
}

/* SNI carries names, never addresses (RFC 6066 3). */
static bool
is_host_name(const char *name)
{
	struct address address;

	return strchr(name, '.') != NULL &&
	       address_read(bytes_text(name), 0, &address, NULL) != FAULT_NONE;
}

static enum fault
prepare_client(struct channel *channel, const struct channel_connect_plan *plan, struct why *why)
{
	if (plan->expected_name != NULL) {
		channel->shaking->expected_name = strdup(plan->expected_name);
		if (channel->shaking->expected_name == NULL)
			return explain(why, FAULT_SYSTEM, "out of memory for a name");
		if (is_host_name(plan->expected_name))
			SSL_set_tlsext_host_name(channel->ssl, plan->expected_name);
	}
	if (plan->session != NULL)
		SSL_set_session(channel->ssl, plan->session);
	return FAULT_NONE;
}

enum fault
channel_tls_start(struct channel *channel, const struct channel_connect_plan *plan, struct why *why)
{
	if (channel->group->tls == NULL)
		return explain(why, FAULT_MISSING, "TLS without a TLS context");
	channel->tls = tls_hold(channel->group->tls);
	channel->shaking = calloc(1, sizeof(*channel->shaking));
	channel->ssl = SSL_new(tls_context(channel->tls));
	if (channel->shaking == NULL || channel->ssl == NULL ||
	    SSL_set_fd(channel->ssl, channel->fd) != 1) {
		ERR_clear_error();
		return explain(why, FAULT_SYSTEM, "out of memory for a TLS connection");
	}
	tap_tls(channel);
	SSL_set_app_data(channel->ssl, channel);
	SSL_set_info_callback(channel->ssl, on_info);
	if (channel->server) {
		SSL_set_accept_state(channel->ssl);
		return FAULT_NONE;
	}
	SSL_set_connect_state(channel->ssl);
	return plan != NULL ? prepare_client(channel, plan, why) : FAULT_NONE;
}

/* What OpenSSL wants after an operation that did not succeed. */
static enum carried
wanted(struct channel *channel, int result, struct channel_end *end)
{
	switch (SSL_get_error(channel->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return CARRY_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return CARRY_WANT_WRITE;
	case SSL_ERROR_WANT_RETRY_VERIFY:
		return CARRY_WAIT;
	default:
		tls_end_read(channel, result, end);
		return CARRY_ENDED;
	}
}

static enum carried
tls_open(struct channel *channel, struct channel_end *end)
{
	int result;

	ERR_clear_error();
	result = SSL_do_handshake(channel->ssl);
	return result == 1 ? CARRIED : wanted(channel, result, end);
}

static enum carried
tls_read(struct channel *channel, uint8_t *room, size_t size, size_t *got, bool *more,
    struct channel_end *end)
{
	int result;

	ERR_clear_error();
	result = SSL_read_ex(channel->ssl, room, size, got);
	if (result != 1)
		return wanted(channel, result, end);
	*more = SSL_has_pending(channel->ssl) == 1;
	return CARRIED;
}

static enum carried
tls_write(struct channel *channel, struct bytes bytes, size_t *sent, struct channel_end *end)
{
	int result;

	ERR_clear_error();
	result = SSL_write_ex(channel->ssl, bytes.at, bytes.left, sent);
	return result == 1 ? CARRIED : wanted(channel, result, end);
}

static void
tls_goodbye(struct channel *channel)
{
	ERR_clear_error();
	if (channel->ssl != NULL)
		(void)SSL_shutdown(channel->ssl);
	ERR_clear_error();
}

const struct carrier carrier_tls = {tls_open, tls_read, tls_write, tls_goodbye};

void
channel_tls_facts(struct channel *channel, struct peer_facts *facts, struct buffer *der)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(channel->ssl);
	X509 *certificate = SSL_get0_peer_certificate(channel->ssl);
	unsigned char *encoded = NULL;
	int size;

	snprintf(facts->version, sizeof(facts->version), "%s", SSL_get_version(channel->ssl));
	snprintf(facts->suite, sizeof(facts->suite), "%s",
	    cipher != NULL ? SSL_CIPHER_standard_name(cipher) : "");
	facts->resumed = SSL_session_reused(channel->ssl) == 1;
	if (certificate == NULL)
		return;
	size = i2d_X509(certificate, &encoded);
	if (size > 0) {
		buffer_bytes(der, bytes_of(encoded, (size_t)size));
		OPENSSL_free(encoded);
	}
	facts->has_certificate = true;
	facts->certificate = buffer_bytes_of(der);
	peer_card_read(certificate, &facts->card);
	snprintf(facts->trusted_by, sizeof(facts->trusted_by), "%s",
	    channel->trusted_by != NULL ? channel->trusted_by : "");
}
