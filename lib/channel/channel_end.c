/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/channel_end.c - why a connection ended, in words an operator can act on. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "channel/channel_inner.h"

static const char *const stages[CHANNEL_STAGE_COUNT] = {
    [CHANNEL_CONNECTING] = "connecting",
    [CHANNEL_HANDSHAKING] = "TLS handshake",
    [CHANNEL_OPEN] = "open connection",
};

/* The alerts of RFC 5246 7.2 and RFC 8446 6, and what it means when a peer sends one. */
static const struct {
	int code;
	const char *name, *means, *next_step;
} alerts[] = {
    {10, "unexpected_message", "it did not expect our message here",
	"check that the port speaks the protocol you think"},
    {20, "bad_record_mac", "a record of ours arrived changed",
	"look for a device that changes packets on the way"},
    {22, "record_overflow", "a record of ours was too long for it",
	"look for a device that changes packets on the way"},
    {40, "handshake_failure", "it shares no suite, version or certificate type with us",
	"compare the TLS settings of both sides, and whether it wants a certificate"},
    {42, "bad_certificate", "it does not accept our certificate",
	"check our certificate's names and dates as the peer sees them"},
    {43, "unsupported_certificate", "our certificate is of a kind it cannot use",
	"give us a certificate with the right purpose and key type"},
    {44, "certificate_revoked", "it takes our certificate for revoked",
	"issue our certificate again"},
    {45, "certificate_expired", "our certificate has expired for it",
	"renew our certificate, and check both clocks"},
    {46, "certificate_unknown", "it refuses our certificate for a reason of its own",
	"look at the peer's log"},
    {47, "illegal_parameter", "a value in our handshake is not allowed",
	"compare the TLS settings of both sides"},
    {48, "unknown_ca", "it does not trust the issuer of our certificate",
	"give the peer the issuer of our certificate, or us a certificate of an issuer it trusts"},
    {49, "access_denied", "it knows our certificate, and denies us access",
	"check what the peer allows us"},
    {50, "decode_error", "it could not read our message",
	"look for a device that changes packets on the way"},
    {51, "decrypt_error", "a signature of ours did not verify",
	"check that our key belongs to our certificate"},
    {70, "protocol_version", "it does not speak TLS 1.2", "allow TLS 1.2 on the peer"},
    {71, "insufficient_security", "our suites are too weak for it",
	"compare the TLS settings of both sides"},
    {80, "internal_error", "it broke down on its side", "look at the peer's log"},
    {86, "inappropriate_fallback", "it takes us for downgraded",
	"look for a device that changes packets on the way"},
    {90, "user_canceled", "it gave up on purpose", "look at the peer's log"},
    {100, "no_renegotiation", "it does not renegotiate", "compare the TLS settings of both sides"},
    {109, "missing_extension", "it misses an extension", "compare the TLS settings of both sides"},
    {110, "unsupported_extension", "it does not know an extension of ours",
	"compare the TLS settings of both sides"},
    {112, "unrecognized_name", "it does not know the name we asked for",
	"check the address or name the peer is reached at"},
    {116, "certificate_required", "it demands a certificate, and we sent none",
	"give us a certificate the peer trusts"},
    {120, "no_application_protocol", "it shares no application protocol with us",
	"check that the port speaks the protocol you think"},
};

/* What our own TLS found; anything else is told in the library's words. */
static const struct {
	int reason;
	enum fault fault;
	const char *sentence, *next_step;
} findings[] = {
    {SSL_R_NO_SHARED_CIPHER, FAULT_FORBIDDEN,
	"the peer offers no cipher suite we allow (ECDHE with AES-GCM)",
	"allow TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 (or its ECDSA twin) on the peer"},
    {SSL_R_UNSUPPORTED_PROTOCOL, FAULT_FORBIDDEN,
	"the peer offers no TLS version we allow (TLS 1.2)", "allow TLS 1.2 on the peer"},
    {SSL_R_VERSION_TOO_LOW, FAULT_FORBIDDEN, "the peer offers no TLS version we allow (TLS 1.2)",
	"allow TLS 1.2 on the peer"},
    {SSL_R_WRONG_VERSION_NUMBER, FAULT_MALFORMED,
	"what arrived is not TLS, or of a version we do not allow",
	"check that the peer speaks TLS 1.2 on this port"},
    {SSL_R_WRONG_SSL_VERSION, FAULT_FORBIDDEN, "the peer chose a TLS version we do not allow",
	"allow TLS 1.2 on the peer"},
    {SSL_R_HTTP_REQUEST, FAULT_MALFORMED, "the peer speaks plain HTTP on a TLS port",
	"use https:// on this port"},
    {SSL_R_HTTPS_PROXY_REQUEST, FAULT_MALFORMED, "the peer takes us for an HTTP proxy",
	"check the peer's proxy settings"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, FAULT_UNTRUSTED, "a record was changed on its way",
	"look for a device that changes packets on the way"},
    {SSL_R_BAD_SIGNATURE, FAULT_UNTRUSTED,
	"the peer's signature is not made by its certificate's key",
	"treat the peer as forged until its certificate and key were compared"},
    {SSL_R_DIGEST_CHECK_FAILED, FAULT_UNTRUSTED, "the handshake was changed on its way",
	"look for a device that changes packets on the way"},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, FAULT_FORBIDDEN,
	"no certificate of ours fits the signature algorithms the peer allows",
	"allow RSA or ECDSA with SHA-256 on the peer, or add an identity of the other kind"},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, FAULT_FORBIDDEN,
	"the peer allows no signature algorithm we do (RSA or ECDSA with SHA-256 at least)",
	"allow RSA or ECDSA with SHA-256 on the peer"},
    {SSL_R_WRONG_SIGNATURE_TYPE, FAULT_FORBIDDEN,
	"the peer signed with an algorithm we do not allow",
	"let the peer sign with SHA-256 at least"},
    {SSL_R_UNKNOWN_CERTIFICATE_TYPE, FAULT_FORBIDDEN,
	"the peer's certificate has a key of a kind we do not use", "use RSA or EC keys"},
    {SSL_R_EE_KEY_TOO_SMALL, FAULT_FORBIDDEN, "the peer's key is too small",
	"use RSA 2048 or P-256 at least"},
    {SSL_R_UNEXPECTED_MESSAGE, FAULT_UNEXPECTED, "the peer sent a TLS message out of turn",
	"look for a broken or hostile peer"},
    {SSL_R_UNEXPECTED_RECORD, FAULT_UNEXPECTED, "the peer sent a TLS record out of turn",
	"look for a broken or hostile peer"},
    {SSL_R_NO_RENEGOTIATION, FAULT_FORBIDDEN, "the peer wants to renegotiate",
	"switch renegotiation off on the peer"},
    {SSL_R_TOO_MANY_WARN_ALERTS, FAULT_LIMIT, "the peer sent too many warnings",
	"look for a hostile peer"},
};

const char *
channel_stage_name(enum channel_stage stage)
{
	return stages[stage];
}

static size_t
find_alert(int code)
{
	size_t i = 0;

	while (i < COUNT(alerts) && alerts[i].code != code)
		i++;
	return i;
}

const char *
alert_name(int code)
{
	size_t i = find_alert(code);

	if (code < 0)
		return NULL;
	return i < COUNT(alerts) ? alerts[i].name : "an alert outside the standard";
}

void
socket_end_read(const char *what, struct channel_end *end)
{
	if (errno == ECONNRESET || errno == EPIPE)
		end->fault = explain(&end->why, FAULT_CLOSED, "the peer reset the connection");
	else if (errno == ECONNREFUSED)
		end->fault = explain(&end->why, FAULT_CLOSED, "nobody listens there");
	else
		end->fault = explain_errno(&end->why, "%s", what);
}

static void
read_refusal(const struct handshake *shaking, bool server, struct channel_end *end)
{
	end->rule = shaking->verdict.rule;
	end->next_step = peer_rule_next_step(end->rule, !server);
	if (shaking->refusal.text[0] != '\0')
		end->fault = explain(&end->why, FAULT_UNTRUSTED, "%s", shaking->refusal.text);
	else
		end->fault = explain(&end->why, FAULT_UNTRUSTED, "the peer's certificate is %s",
		    peer_rule_words(end->rule));
}

static void
read_seen_alert(int code, struct channel_end *end)
{
	size_t i = find_alert(code);

	end->fault = explain(&end->why, FAULT_FORBIDDEN, "the peer refused with alert '%s': %s",
	    alert_name(code), i < COUNT(alerts) ? alerts[i].means : "it gave only a number");
	end->next_step = i < COUNT(alerts) ? alerts[i].next_step : "look at the peer's log";
}

static void
read_absent(const struct channel *channel, struct channel_end *end)
{
	end->rule = PEER_RULE_ABSENT;
	end->next_step = peer_rule_next_step(PEER_RULE_ABSENT, !channel->server);
	end->fault = explain(&end->why, FAULT_UNTRUSTED, "the peer presented no certificate");
}

static void
read_finding(unsigned long error, struct channel_end *end)
{
	const char *words = ERR_reason_error_string(error);
	int reason = ERR_GET_REASON(error);

	for (size_t i = 0; ERR_GET_LIB(error) == ERR_LIB_SSL && i < COUNT(findings); i++)
		if (findings[i].reason == reason) {
			end->fault =
			    explain(&end->why, findings[i].fault, "%s", findings[i].sentence);
			end->next_step = findings[i].next_step;
			return;
		}
	end->fault = explain(&end->why, FAULT_MALFORMED, "the TLS library refused it: %s",
	    words != NULL ? words : "it gave no reason");
	end->next_step = "compare the TLS settings of both sides, and look at the peer's log";
}

/* The TLS layer's own complaint; what lower layers (ciphers, sockets) added before says less. */
static unsigned long
first_tls_error(void)
{
	unsigned long first = ERR_peek_error(), error;

	while ((error = ERR_get_error()) != 0)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL)
			return error;
	return first;
}

static void
read_end_of_input(const struct channel *channel, struct channel_end *end)
{
	bool open = channel->stage == CHANNEL_OPEN;

	end->truncated = open;
	end->security = !open; /* a phone that lost its network looks the same */
	end->fault = explain(&end->why, FAULT_CLOSED, "%s",
	    open ? "the peer closed without a TLS goodbye (close_notify): the last bytes may be "
		   "missing"
		 : "the peer closed the connection in mid-handshake");
	end->next_step = open ? "look for a peer that died, or a cut connection"
			      : "look at the peer's log: it gave up without an alert";
}

void
tls_end_read(struct channel *channel, int result, struct channel_end *end)
{
	int kind = SSL_get_error(channel->ssl, result);
	int error = errno;
	unsigned long first = first_tls_error();
	int reason = ERR_GET_LIB(first) == ERR_LIB_SSL ? ERR_GET_REASON(first) : 0;

	end->security = true;
	if (kind == SSL_ERROR_ZERO_RETURN) {
		end->security = false;
		end->fault = explain(&end->why, FAULT_NONE, "the peer closed the connection");
	} else if (channel->alert_seen >= 0) {
		read_seen_alert(channel->alert_seen, end);
	} else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && channel->shaking != NULL) {
		read_refusal(channel->shaking, channel->server, end);
	} else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		read_absent(channel, end);
	} else if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
		   (kind == SSL_ERROR_SYSCALL && first == 0 && error == 0)) {
		read_end_of_input(channel, end);
	} else if (kind == SSL_ERROR_SYSCALL) {
		errno = error;
		end->security = false;
		socket_end_read("receiving", end);
	} else {
		read_finding(first, end);
	}
	ERR_clear_error();
}

const char *
channel_end_text(const struct channel_end *end, char text[CHANNEL_END_TEXT_SIZE])
{
	char peer[ADDRESS_TEXT_SIZE], card[3 * PEER_DN_SIZE];

	snprintf(text, CHANNEL_END_TEXT_SIZE, "%s with %s: %s%s%s%s%s%s",
	    channel_stage_name(end->stage), address_text(&end->remote, peer), end->why.text,
	    end->has_card ? "; the peer's certificate: " : "",
	    end->has_card ? peer_card_text(&end->card, card, sizeof(card)) : "",
	    end->alert_sent != NULL ? "; alert sent: " : "",
	    end->alert_sent != NULL ? end->alert_sent : "",
	    end->next_step != NULL ? "; next: " : "");
	if (end->next_step != NULL)
		strncat(text, end->next_step, CHANNEL_END_TEXT_SIZE - strlen(text) - 1);
	return text;
}
