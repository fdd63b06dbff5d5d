/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/channel_approve.h"

#include <string.h>

#include "channel/channel_inner.h"

/* Nobody was given to decide: then nobody is believed. */
static enum fault
refuse_all(struct peer_verdict *verdict, struct why *why)
{
	verdict->rule = PEER_RULE_OTHER;
	return explain(why, FAULT_UNTRUSTED, "this connection expects no certificate");
}

static enum fault
ask(struct channel *channel, const struct peer_chain *chain, struct peer_verdict *verdict,
    struct why *why)
{
	enum fault fault;

	*verdict = (struct peer_verdict){PEER_RULE_NONE, ""};
	why->text[0] = '\0';
	if (channel->group->handlers->approve == NULL)
		return refuse_all(verdict, why);
	fault = channel->group->handlers->approve(channel->group->arg, chain, verdict, why);
	if (fault != FAULT_NONE && fault != FAULT_BUSY && verdict->rule == PEER_RULE_NONE)
		verdict->rule = PEER_RULE_OTHER;
	return fault;
}

int
channel_approve_presented(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct channel *channel = SSL_get_app_data(ssl);
	struct handshake *shaking = channel != NULL ? channel->shaking : NULL;
	struct peer_chain chain = {.certificate = X509_STORE_CTX_get0_cert(store),
	    .intermediates = X509_STORE_CTX_get0_untrusted(store)};
	enum fault fault;

	(void)arg;
	if (shaking == NULL) {
		X509_STORE_CTX_set_error(store, peer_rule_verify_error(PEER_RULE_OTHER));
		return 0;
	}
	chain.peer_is_server = !channel->server;
	chain.expected_name = shaking->expected_name;
	chain.remote = channel->remote;
	shaking->has_card = true;
	peer_card_read(chain.certificate, &shaking->card);
	fault = ask(channel, &chain, &shaking->verdict, &shaking->refusal);
	/* Only a client can wait in mid-handshake (OpenSSL 3.0). */
	if (fault == FAULT_BUSY && !channel->server)
		return SSL_set_retry_verify(ssl);
	if (fault == FAULT_BUSY)
		shaking->verdict.rule = PEER_RULE_OTHER;
	X509_STORE_CTX_set_error(store, peer_rule_verify_error(shaking->verdict.rule));
	return fault == FAULT_NONE;
}

bool
channel_approve_resumed(SSL *ssl, SSL_SESSION *session)
{
	struct channel *channel = SSL_get_app_data(ssl);
	struct peer_verdict verdict;
	struct peer_chain chain = {.certificate = SSL_SESSION_get0_peer(session), .resumed = true};
	struct why why;

	if (chain.certificate == NULL)
		return true; /* it had none then, which is told as a fact now */
	if (channel == NULL || channel->shaking == NULL)
		return false;
	chain.peer_is_server = !channel->server;
	chain.expected_name = channel->shaking->expected_name;
	chain.remote = channel->remote;
	if (ask(channel, &chain, &verdict, &why) != FAULT_NONE)
		return false;
	channel->shaking->verdict = verdict;
	return true;
}
