/* SPDX-License-Identifier: Apache-2.0 */
#include "enrolment/capf_server.h"

#include <stdlib.h>
#include <string.h>

#define HAS(tag) (UINT32_C(1) << (tag))

enum { IN_PROGRESS_MOST = 256 /* "still making the key" before we lose patience */ };

enum state {
	AWAIT_AUTH,
	AWAIT_KEY,
	AWAIT_STORED,
	AWAIT_DELETED,
	AWAIT_FETCHED,
	OVER,
};

static const char *const state_names[] = {
    [AWAIT_AUTH] = "waiting for the phone to identify itself",
    [AWAIT_KEY] = "waiting for the public key",
    [AWAIT_STORED] = "waiting for the certificate to be stored",
    [AWAIT_DELETED] = "waiting for the certificate to be deleted",
    [AWAIT_FETCHED] = "waiting for the certificate to be shown",
    [OVER] = "after the end",
};

struct capf_server {
	const struct capf_server_owner *owner;
	void *arg;
	enum state state;
	uint32_t session;
	unsigned in_progress;
	enum capf_reason reason; /* what a failure is told as */
	char device[CAPF_DEVICE_MOST];
	struct capf_task task;
	bool known, told;
	struct buffer input;
	struct buffer certificate; /* issued, or fetched */
};

static const char *const operation_names[CAPF_OPERATIONS] = {
    [CAPF_OPERATION_NONE] = "none",
    [CAPF_OPERATION_INSTALL] = "install",
    [CAPF_OPERATION_DELETE] = "delete",
    [CAPF_OPERATION_FETCH] = "fetch",
};

static const char *const mode_names[CAPF_MODES] = {
    [CAPF_MODE_CERTIFICATE] = "existing certificate",
    [CAPF_MODE_STRING] = "authentication string",
    [CAPF_MODE_NULL] = "null string",
};

const char *
capf_operation_name(enum capf_operation operation)
{
	return operation_names[operation];
}

const char *
capf_mode_name(enum capf_mode mode)
{
	return mode_names[mode];
}

static void
write_message(const struct capf_server *server, struct capf_message *message, struct buffer *output)
{
	message->session = server->session;
	capf_message_write(message, output);
}

/* Tells the owner, once, and ends the session. */
static void
end(struct capf_server *server, enum capf_reason reason, enum fault fault, const struct why *why)
{
	struct capf_outcome outcome = {
	    .device = server->device,
	    .task = server->task,
	    .known = server->known,
	    .reason = reason,
	    .certificate = buffer_bytes_of(&server->certificate),
	    .fault = fault,
	};

	server->state = OVER;
	if (server->told)
		return;
	server->told = true;
	if (why != NULL)
		outcome.why = *why;
	server->owner->ended(server->arg, &outcome);
}

static void
end_session(struct capf_server *server, enum capf_reason reason, enum fault fault,
    const struct why *why, struct buffer *output)
{
	struct capf_message message = {
	    .command = CAPF_END_SESSION, .has = HAS(CAPF_REASON), .reason = (uint8_t)reason};

	write_message(server, &message, output);
	end(server, reason, fault, why);
}

static enum fault
authenticate(struct capf_server *server, const struct capf_message *message, struct why *why)
{
	const struct capf_server_owner *owner = server->owner;
	enum fault fault;

	switch (server->task.mode) {
	case CAPF_MODE_STRING:
		if (!capf_message_has(message, CAPF_PASSWORD) || message->password.left == 0)
			return explain(why, FAULT_UNTRUSTED, "no authentication string was given");
		return owner->check_string(server->arg, server->device, message->password, why);
	case CAPF_MODE_CERTIFICATE:
		if (!capf_message_has(message, CAPF_CERTIFICATE))
			return explain(
			    why, FAULT_UNTRUSTED, "no certificate was shown, but one is wanted");
		if ((fault = owner->check_certificate(server->arg, server->device,
			 (enum capf_certificate_type)message->certificate_type,
			 message->certificate, why)))
			return fault;
		return capf_proof_check(message, why);
	case CAPF_MODE_NULL:
		return FAULT_NONE;
	default:
		return explain(why, FAULT_FORBIDDEN, "no way to authenticate is permitted");
	}
}

/* Asks for what the operation begins with. */
static void
begin_operation(struct capf_server *server, struct buffer *output)
{
	static const struct {
		enum capf_command command;
		enum state state;
	} first[CAPF_OPERATIONS] = {
	    [CAPF_OPERATION_INSTALL] = {CAPF_KEY_REQUEST, AWAIT_KEY},
	    [CAPF_OPERATION_DELETE] = {CAPF_DELETE_REQUEST, AWAIT_DELETED},
	    [CAPF_OPERATION_FETCH] = {CAPF_FETCH_REQUEST, AWAIT_FETCHED},
	};
	struct capf_message message = {.command = first[server->task.operation].command};

	if (server->task.operation == CAPF_OPERATION_INSTALL)
		capf_key_request(server->task.key, &message);
	server->state = first[server->task.operation].state;
	write_message(server, &message, output);
}

static enum fault
on_auth(struct capf_server *server, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	enum fault fault;

	if (!bytes_copy_text(message->device, server->device, sizeof(server->device)))
		return explain(
		    why, FAULT_MALFORMED, "device name of %zu characters", message->device.left);
	if (message->version < CAPF_VERSION_LEAST || message->version > CAPF_VERSION)
		return explain(why, FAULT_FORBIDDEN, "protocol version %u, not %d to %d",
		    message->version, CAPF_VERSION_LEAST, CAPF_VERSION);
	if ((fault = server->owner->find(server->arg, server->device, &server->task, why))) {
		if (fault == FAULT_MISSING)
			server->reason = CAPF_REASON_UNKNOWN_DEVICE;
		return fault;
	}
	server->known = true;
	if (server->task.operation == CAPF_OPERATION_NONE) {
		end_session(server, CAPF_REASON_NOTHING, FAULT_NONE, NULL, output);
		return FAULT_NONE;
	}
	if ((fault = authenticate(server, message, why)))
		return fault;
	begin_operation(server, output);
	return FAULT_NONE;
}

static enum fault
on_in_progress(struct capf_server *server, const struct capf_message *message,
    struct buffer *output, struct why *why)
{
	(void)message;
	(void)output;
	if (++server->in_progress > IN_PROGRESS_MOST)
		return explain(
		    why, FAULT_LIMIT, "the key is not ready after %d messages", IN_PROGRESS_MOST);
	return FAULT_NONE;
}

/* The phone's own words about its step: anything but OK is a failure there. */
static enum fault
check_reason(const struct capf_message *message, const char *what, struct why *why)
{
	if (capf_message_has(message, CAPF_REASON) && message->reason != CAPF_REASON_OK)
		return explain(
		    why, FAULT_CLOSED, "the phone could not %s (reason %u)", what, message->reason);
	return FAULT_NONE;
}

static enum fault
on_key(struct capf_server *server, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	struct capf_message store = {.command = CAPF_STORE_REQUEST,
	    .has = HAS(CAPF_CERTIFICATE_TYPE) | HAS(CAPF_CERTIFICATE),
	    .certificate_type = CAPF_LSC};
	enum fault fault;

	if ((fault = check_reason(message, "make a key", why)) ||
	    (fault = capf_key_check(server->task.key, message->public_key, why)) ||
	    (fault = server->owner->issue(
		 server->arg, server->device, message->public_key, &server->certificate, why)))
		return fault;
	if (!buffer_ok(&server->certificate))
		return explain(why, FAULT_LIMIT, "the certificate is larger than %d bytes",
		    CAPF_CERTIFICATE_MOST);
	store.certificate = buffer_bytes_of(&server->certificate);
	server->state = AWAIT_STORED;
	write_message(server, &store, output);
	return FAULT_NONE;
}

static enum fault
on_done(struct capf_server *server, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	bool stored = server->state == AWAIT_STORED;
	enum fault fault;

	if ((fault = check_reason(
		 message, stored ? "store the certificate" : "delete the certificate", why)))
		return fault;
	end_session(server, CAPF_REASON_OK, FAULT_NONE, NULL, output);
	return FAULT_NONE;
}

static enum fault
on_fetched(struct capf_server *server, const struct capf_message *message, struct buffer *output,
    struct why *why)
{
	enum fault fault;

	if ((fault = check_reason(message, "show a certificate", why)))
		return fault;
	if (!capf_message_has(message, CAPF_CERTIFICATE))
		return explain(why, FAULT_MALFORMED, "FETCH RESPONSE without certificate");
	buffer_bytes(&server->certificate, message->certificate);
	end_session(server, CAPF_REASON_NOTHING, FAULT_NONE, NULL, output);
	return FAULT_NONE;
}

/* Every message a phone may send, and when; all others end the session. */
static const struct {
	enum state from;
	enum capf_command on;
	enum fault (*act)(
	    struct capf_server *, const struct capf_message *, struct buffer *, struct why *);
} moves[] = {
    {AWAIT_AUTH, CAPF_AUTH_RESPONSE, on_auth},
    {AWAIT_KEY, CAPF_IN_PROGRESS, on_in_progress},
    {AWAIT_KEY, CAPF_KEY_RESPONSE, on_key},
    {AWAIT_STORED, CAPF_STORE_RESPONSE, on_done},
    {AWAIT_DELETED, CAPF_DELETE_RESPONSE, on_done},
    {AWAIT_FETCHED, CAPF_FETCH_RESPONSE, on_fetched},
};

static enum fault
handle(struct capf_server *server, struct bytes one, struct buffer *output, struct why *why)
{
	struct capf_message message;
	enum fault fault;

	if ((fault = capf_message_read(one, &message, why)))
		return fault;
	if (message.session != server->session)
		return explain(
		    why, FAULT_UNEXPECTED, "session %u, not %u", message.session, server->session);
	for (size_t i = 0; i < COUNT(moves); i++)
		if (moves[i].from == server->state && moves[i].on == message.command)
			return moves[i].act(server, &message, output, why);
	return explain(why, FAULT_UNEXPECTED, "%s while %s", capf_command_name(message.command),
	    state_names[server->state]);
}

/* The whole messages that have come, until one is answered: nothing may follow that one. */
static enum fault
take_messages(struct capf_server *server, struct buffer *output, struct why *why)
{
	size_t before = output->size, size;
	enum fault fault;

	while (server->state != OVER) {
		struct bytes input = buffer_bytes_of(&server->input);

		fault = capf_message_size(input, &size, why);
		if (fault == FAULT_BUSY)
			return FAULT_NONE;
		if (fault == FAULT_NONE)
			fault = handle(server, bytes_part(input, 0, size), output, why);
		if (fault != FAULT_NONE)
			return fault;
		if (output->size > before && server->state != OVER && input.left > size)
			return explain(why, FAULT_MALFORMED, "%zu bytes before they were asked for",
			    input.left - size);
		buffer_consume(&server->input, size);
	}
	return FAULT_NONE;
}

enum fault
capf_server_receive(
    struct capf_server *server, struct bytes bytes, struct buffer *output, struct why *why)
{
	size_t before = output->size;
	struct why mine;
	enum fault fault;

	if (server->state == OVER)
		return explain(why, FAULT_UNEXPECTED, "bytes after the end of the session");
	buffer_bytes(&server->input, bytes);
	if (!buffer_ok(&server->input))
		fault = explain(&mine, FAULT_LIMIT, "more bytes than one message may have");
	else
		fault = take_messages(server, output, &mine);
	if (fault == FAULT_NONE)
		return FAULT_NONE;
	/* What the failed step may have written is taken back: the end is all that is said. */
	output->size = before;
	end_session(server, server->reason, fault, &mine, output);
	return explain(why, fault, "%s", mine.text);
}

void
capf_server_give_up(struct capf_server *server, enum fault fault, const struct why *why)
{
	end(server, CAPF_REASON_DECLINED, fault, why);
}

bool
capf_server_over(const struct capf_server *server)
{
	return server->state == OVER;
}

enum fault
capf_server_new(struct capf_server **server, uint32_t session,
    const struct capf_server_owner *owner, void *arg, struct buffer *output, struct why *why)
{
	struct capf_message hello = {.command = CAPF_AUTH_REQUEST,
	    .has = HAS(CAPF_PROTOCOL_VERSION) | HAS(CAPF_AUTH_TYPE),
	    .version = CAPF_VERSION};
	struct capf_server *making = calloc(1, sizeof(*making));

	if (making == NULL)
		return explain(why, FAULT_SYSTEM, "no memory for a CAPF session");
	making->owner = owner;
	making->arg = arg;
	making->session = session;
	making->reason = CAPF_REASON_DECLINED;
	buffer_init(&making->input, CAPF_HEADER_SIZE + CAPF_ELEMENTS_MOST);
	buffer_init(&making->certificate, CAPF_CERTIFICATE_MOST);
	write_message(making, &hello, output);
	*server = making;
	return FAULT_NONE;
}

void
capf_server_free(struct capf_server *server)
{
	struct why why;

	if (server == NULL)
		return;
	if (!server->told) {
		enum fault fault = explain(
		    &why, FAULT_CLOSED, "the session broke off %s", state_names[server->state]);

		end(server, CAPF_REASON_DECLINED, fault, &why);
	}
	buffer_wipe(&server->input); /* may hold an authentication string */
	buffer_finish(&server->certificate);
	free(server);
}
