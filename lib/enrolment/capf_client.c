/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_client.h"

#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define HAS(tag) (UINT32_C(1) << (tag))

enum state {
	AWAIT_HELLO,
	AWAIT_COMMAND,
	AWAIT_STORE,
	AWAIT_END,
	OVER,
};

static const char *const state_names[] = {
    [AWAIT_HELLO] = "waiting for the server's first words",
    [AWAIT_COMMAND] = "waiting to be told what to do",
    [AWAIT_STORE] = "waiting for the certificate",
    [AWAIT_END] = "waiting for the end",
    [OVER] = "after the end",
};

struct capf_client {
	const struct capf_client_owner *owner;
	void *arg;
	enum state state;
	uint32_t session;
	bool done, told; /* done: the operation succeeded here */
	bool weak_keys;
	char device[CAPF_DEVICE_MOST];
	char string[CAPF_STRING_MOST + 1];
	EVP_PKEY *key;
	struct buffer certificate; /* we prove ourselves by */
	enum capf_certificate_type type;
	struct buffer public_key; /* of the key that was made */
	struct buffer input;
};

static void
write_message(const struct capf_client *client, struct capf_message *message, struct buffer *output)
{
	message->session = client->session;
	capf_message_write(message, output);
}

static void
write_reason(const struct capf_client *client, enum capf_command command, enum capf_reason reason,
    struct buffer *output)
{
	struct capf_message message = {
	    .command = command, .has = HAS(CAPF_REASON), .reason = (uint8_t)reason};

	write_message(client, &message, output);
}

static void
end(struct capf_client *client, enum fault fault, enum capf_reason reason, const struct why *why)
{
	static const struct why nothing;

	client->state = OVER;
	if (client->told)
		return;
	client->told = true;
	client->owner->ended(client->arg, fault, reason, why != NULL ? why : &nothing);
}

static enum fault
on_hello(struct capf_client *client, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	struct capf_message response = {.command = CAPF_AUTH_RESPONSE,
	    .has = HAS(CAPF_REASON) | HAS(CAPF_PROTOCOL_VERSION) | HAS(CAPF_PASSWORD) |
		   HAS(CAPF_DEVICE_NAME),
	    .reason = CAPF_REASON_OK,
	    .version = message->version < CAPF_VERSION ? message->version : CAPF_VERSION,
	    .password = bytes_text(client->string),
	    .device = bytes_text(client->device)};
	struct capf_proof proof;
	enum fault fault;

	if (message->version < CAPF_VERSION_LEAST)
		return explain(why, FAULT_FORBIDDEN, "the server speaks protocol version %u",
		    message->version);
	client->session = message->session;
	if (client->key != NULL) {
		response.certificate = buffer_bytes_of(&client->certificate);
		if ((fault = capf_proof_make(
			 client->key, response.device, response.certificate, &proof, why)))
			return fault;
		response.has |=
		    HAS(CAPF_CERTIFICATE) | HAS(CAPF_SIGNED_DATA) | HAS(CAPF_SHA2_SIGNED_DATA);
		response.certificate_type = (uint8_t)client->type;
		response.sha1_signature = bytes_of(proof.sha1, proof.sha1_size);
		response.sha2_signature = bytes_of(proof.sha512, proof.sha512_size);
	}
	client->state = AWAIT_COMMAND;
	write_message(client, &response, output);
	return FAULT_NONE;
}

static enum fault
on_key_request(struct capf_client *client, const struct capf_message *message,
    struct buffer *output, struct why *why)
{
	struct capf_message response = {.command = CAPF_KEY_RESPONSE, .has = HAS(CAPF_PUBLIC_KEY)};
	enum key_kind kind;
	enum fault fault;

	if ((fault = capf_key_of_request(message, &kind, why)))
		return fault;
	if (key_kind_weak(kind) && !client->weak_keys)
		return explain(why, FAULT_FORBIDDEN, "the server asks for a key of %u bits only",
		    key_kind_bits(kind));
	if ((fault = client->owner->make_key(client->arg, kind, &client->public_key, why)))
		return fault;
	response.public_key = buffer_bytes_of(&client->public_key);
	client->state = AWAIT_STORE;
	write_message(client, &response, output);
	return FAULT_NONE;
}

/* Is the certificate about the key we made, and about nothing else? */
static enum fault
check_key(const struct capf_client *client, struct bytes der, struct why *why)
{
	const uint8_t *at = der.at;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.left);
	uint8_t *spki = NULL;
	int size = -1;
	bool same;

	if (certificate != NULL && at == der.at + der.left)
		size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	same = size > 0 &&
	       bytes_equal(bytes_of(spki, (size_t)size), buffer_bytes_of(&client->public_key));
	OPENSSL_free(spki);
	X509_free(certificate);
	if (!same)
		return explain(why, FAULT_UNTRUSTED,
		    "the certificate that came is not for the key that was made");
	return FAULT_NONE;
}

static enum fault
on_store(struct capf_client *client, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	enum fault fault;

	if (message->certificate_type != CAPF_LSC)
		return explain(why, FAULT_FORBIDDEN, "the factory's certificate is not replaced");
	if ((fault = check_key(client, message->certificate, why)) ||
	    (fault = client->owner->store(client->arg, message->certificate, why)))
		return fault;
	client->done = true;
	client->state = AWAIT_END;
	write_reason(client, CAPF_STORE_RESPONSE, CAPF_REASON_OK, output);
	return FAULT_NONE;
}

static enum fault
on_delete(struct capf_client *client, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	enum fault fault;

	if (capf_message_has(message, CAPF_CERTIFICATE_TYPE) &&
	    message->certificate_type != CAPF_LSC)
		return explain(why, FAULT_FORBIDDEN, "the factory's certificate is not deleted");
	if ((fault = client->owner->remove(client->arg, why)))
		return fault;
	client->done = true;
	client->state = AWAIT_END;
	write_reason(client, CAPF_DELETE_RESPONSE, CAPF_REASON_OK, output);
	return FAULT_NONE;
}

static enum fault
on_fetch(struct capf_client *client, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	struct capf_message response = {.command = CAPF_FETCH_RESPONSE,
	    .has = HAS(CAPF_REASON) | HAS(CAPF_CERTIFICATE),
	    .reason = CAPF_REASON_OK};
	enum capf_certificate_type type = CAPF_LSC;
	struct buffer certificate;
	enum fault fault;

	(void)message;
	buffer_init(&certificate, CAPF_CERTIFICATE_MOST);
	if ((fault = client->owner->fetch(client->arg, &type, &certificate, why)) == FAULT_NONE) {
		response.certificate_type = (uint8_t)type;
		response.certificate = buffer_bytes_of(&certificate);
		client->done = true;
		client->state = AWAIT_END;
		write_message(client, &response, output);
	}
	buffer_finish(&certificate);
	return fault;
}

static enum fault
on_end(struct capf_client *client, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	(void)output;
	switch (message->reason) {
	case CAPF_REASON_NOTHING:
	case CAPF_REASON_OK:
		if (message->reason == CAPF_REASON_OK && !client->done)
			return explain(
			    why, FAULT_UNEXPECTED, "the server says done, but nothing was done");
		end(client, FAULT_NONE, message->reason, NULL);
		return FAULT_NONE;
	case CAPF_REASON_UNKNOWN_DEVICE:
		return explain(why, FAULT_MISSING, "the server does not know %s", client->device);
	default:
		return explain(
		    why, FAULT_FORBIDDEN, "the server declined (reason %u)", message->reason);
	}
}

/* Every message a server may send, and when. What the phone answers to a step that failed here
 * (0: nothing) tells the server in its own words. */
static const struct {
	enum state from;
	enum capf_command on;
	enum fault (*act)(
	    struct capf_client *, const struct capf_message *, struct buffer *, struct why *);
	enum capf_command failure;
} moves[] = {
    {AWAIT_HELLO, CAPF_AUTH_REQUEST, on_hello, 0},
    {AWAIT_COMMAND, CAPF_KEY_REQUEST, on_key_request, 0},
    {AWAIT_COMMAND, CAPF_DELETE_REQUEST, on_delete, CAPF_DELETE_RESPONSE},
    {AWAIT_COMMAND, CAPF_FETCH_REQUEST, on_fetch, CAPF_FETCH_RESPONSE},
    {AWAIT_COMMAND, CAPF_END_SESSION, on_end, 0},
    {AWAIT_STORE, CAPF_STORE_REQUEST, on_store, CAPF_STORE_RESPONSE},
    {AWAIT_STORE, CAPF_END_SESSION, on_end, 0},
    {AWAIT_END, CAPF_END_SESSION, on_end, 0},
};

static enum fault
handle(struct capf_client *client, struct bytes one, struct buffer *output, struct why *why)
{
	struct capf_message message;
	enum fault fault;

	if ((fault = capf_message_read(one, &message, why)))
		return fault;
	if (client->state != AWAIT_HELLO && message.session != client->session)
		return explain(
		    why, FAULT_UNEXPECTED, "session %u, not %u", message.session, client->session);
	for (size_t i = 0; i < COUNT(moves); i++) {
		if (moves[i].from != client->state || moves[i].on != message.command)
			continue;
		fault = moves[i].act(client, &message, output, why);
		if (fault != FAULT_NONE && moves[i].failure != 0)
			write_reason(client, moves[i].failure, CAPF_REASON_DECLINED, output);
		return fault;
	}
	return explain(why, FAULT_UNEXPECTED, "%s while %s", capf_command_name(message.command),
	    state_names[client->state]);
}

static enum fault
take_messages(struct capf_client *client, struct buffer *output, struct why *why)
{
	enum fault fault;
	size_t size;

	while (client->state != OVER) {
		struct bytes input = buffer_bytes_of(&client->input);

		fault = capf_message_size(input, &size, why);
		if (fault == FAULT_BUSY)
			return FAULT_NONE;
		if (fault == FAULT_NONE)
			fault = handle(client, bytes_part(input, 0, size), output, why);
		if (fault != FAULT_NONE)
			return fault;
		buffer_consume(&client->input, size);
	}
	return FAULT_NONE;
}

enum fault
capf_client_receive(
    struct capf_client *client, struct bytes bytes, struct buffer *output, struct why *why)
{
	struct why mine;
	enum fault fault;

	if (client->state == OVER)
		return explain(why, FAULT_UNEXPECTED, "bytes after the end of the session");
	buffer_bytes(&client->input, bytes);
	if (!buffer_ok(&client->input))
		fault = explain(&mine, FAULT_LIMIT, "more bytes than a message may have");
	else
		fault = take_messages(client, output, &mine);
	if (fault == FAULT_NONE)
		return FAULT_NONE;
	end(client, fault, CAPF_REASON_DECLINED, &mine);
	return explain(why, fault, "%s", mine.text);
}

void
capf_client_give_up(struct capf_client *client, enum fault fault, const struct why *why)
{
	end(client, fault, CAPF_REASON_DECLINED, why);
}

bool
capf_client_over(const struct capf_client *client)
{
	return client->state == OVER;
}

static enum fault
copy_plan(struct capf_client *client, const struct capf_client_plan *plan, struct why *why)
{
	size_t size = plan->string != NULL ? strlen(plan->string) : 0;

	if (!bytes_copy_text(bytes_text(plan->device), client->device, sizeof(client->device)))
		return explain(
		    why, FAULT_LIMIT, "device name over %d characters", CAPF_DEVICE_MOST - 1);
	if (plan->string != NULL && (size < CAPF_STRING_LEAST || size > CAPF_STRING_MOST))
		return explain(why, FAULT_LIMIT, "an authentication string has %d to %d characters",
		    CAPF_STRING_LEAST, CAPF_STRING_MOST);
	if (plan->string != NULL)
		memcpy(client->string, plan->string, size + 1);
	if (plan->key == NULL)
		return FAULT_NONE;
	buffer_bytes(&client->certificate, plan->certificate);
	if (!buffer_ok(&client->certificate) || plan->certificate.left == 0 ||
	    EVP_PKEY_up_ref(plan->key) != 1)
		return explain(
		    why, FAULT_LIMIT, "a certificate of %zu bytes to show", plan->certificate.left);
	client->key = plan->key;
	client->type = plan->type;
	return FAULT_NONE;
}

enum fault
capf_client_new(struct capf_client **client, const struct capf_client_plan *plan, struct why *why)
{
	struct capf_client *making = calloc(1, sizeof(*making));
	enum fault fault;

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a CAPF session");
	making->owner = plan->owner;
	making->arg = plan->arg;
	making->weak_keys = plan->weak_keys;
	buffer_init(&making->certificate, CAPF_CERTIFICATE_MOST);
	buffer_init(&making->public_key, CAPF_ELEMENTS_MOST);
	buffer_init(&making->input, CAPF_HEADER_SIZE + CAPF_ELEMENTS_MOST);
	if ((fault = copy_plan(making, plan, why))) {
		capf_client_free(making);
		return fault;
	}
	*client = making;
	return FAULT_NONE;
}

void
capf_client_free(struct capf_client *client)
{
	if (client == NULL)
		return;
	EVP_PKEY_free(client->key);
	buffer_finish(&client->certificate);
	buffer_finish(&client->public_key);
	buffer_finish(&client->input);
	explicit_bzero(client->string, sizeof(client->string));
	free(client);
}
