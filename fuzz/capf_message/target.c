/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/capf_message/target.c - what is read lies inside the message and is the same when written
 * again; a session told anything at all ends once, and issues nothing that was not proved.
 */
#include <stdlib.h>
#include <string.h>

#include "enrolment/capf_client.h"
#include "enrolment/capf_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t ended;
static bool proved;

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static enum fault
find(void *arg, const char *device, struct capf_task *task, struct why *why)
{
	(void)arg;
	(void)why;
	*task = (struct capf_task){
	    .operation = device[0] == 'D' ? CAPF_OPERATION_DELETE : CAPF_OPERATION_INSTALL,
	    .mode = device[0] == 'C' ? CAPF_MODE_CERTIFICATE : CAPF_MODE_STRING,
	    .key = KEY_RSA_2048};
	return FAULT_NONE;
}

static enum fault
check_string(void *arg, const char *device, struct bytes string, struct why *why)
{
	(void)arg;
	(void)device;
	proved = bytes_equal_text(string, "12345");
	return proved ? FAULT_NONE : explain(why, FAULT_UNTRUSTED, "wrong");
}

static enum fault
check_certificate(void *arg, const char *device, enum capf_certificate_type type, struct bytes der,
    struct why *why)
{
	(void)arg;
	(void)device;
	(void)why;
	expect(type == CAPF_LSC || type == CAPF_MIC);
	expect(der.left > 0);
	return FAULT_NONE;
}

static enum fault
issue(void *arg, const char *device, struct bytes public_key, struct buffer *certificate,
    struct why *why)
{
	(void)arg;
	(void)device;
	(void)why;
	expect(proved);
	buffer_bytes(certificate, public_key);
	return FAULT_NONE;
}

static void
server_ended(void *arg, const struct capf_outcome *outcome)
{
	(void)arg;
	expect(outcome->fault == FAULT_NONE || outcome->why.text[0] != '\0');
	ended++;
}

static enum fault
make_key(void *arg, enum key_kind kind, struct buffer *public_key, struct why *why)
{
	(void)arg;
	(void)why;
	expect(!key_kind_weak(kind));
	buffer_text(public_key, "a key");
	return FAULT_NONE;
}

static enum fault
store(void *arg, struct bytes certificate, struct why *why)
{
	(void)arg;
	(void)certificate;
	(void)why;
	abort(); /* no certificate is for "a key" */
}

static enum fault
remove_lsc(void *arg, struct why *why)
{
	(void)arg;
	(void)why;
	return FAULT_NONE;
}

static enum fault
fetch(void *arg, enum capf_certificate_type *type, struct buffer *certificate, struct why *why)
{
	(void)arg;
	(void)type;
	(void)certificate;
	return explain(why, FAULT_MISSING, "none");
}

static void
client_ended(void *arg, enum fault fault, enum capf_reason reason, const struct why *why)
{
	(void)arg;
	(void)fault;
	(void)reason;
	(void)why;
	ended++;
}

static const struct capf_server_owner server_owner = {
    find, check_string, check_certificate, issue, server_ended};
static const struct capf_client_owner client_owner = {
    make_key, store, remove_lsc, fetch, client_ended};

static void
check_message(struct bytes input)
{
	struct capf_message message, again;
	struct buffer bytes;
	struct why why = {""};

	if (capf_message_read(input, &message, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return;
	}
	expect(bytes_within(message.certificate, input) && bytes_within(message.device, input) &&
	       bytes_within(message.password, input) && bytes_within(message.public_key, input));
	buffer_init(&bytes, CAPF_HEADER_SIZE + CAPF_ELEMENTS_MOST);
	capf_message_write(&message, &bytes);
	expect(buffer_ok(&bytes));
	expect(capf_message_read(buffer_bytes_of(&bytes), &again, &why) == FAULT_NONE);
	expect(again.has == message.has && again.reason == message.reason &&
	       bytes_equal(again.certificate, message.certificate) &&
	       bytes_equal(again.sha2_signature, message.sha2_signature));
	buffer_finish(&bytes);
}

static void
talk_to_server(struct bytes input, struct buffer *output)
{
	struct capf_server *server;
	enum fault ignored = FAULT_NONE;
	struct why why;

	ended = 0;
	proved = false;
	buffer_clear(output);
	expect(capf_server_new(&server, 2, &server_owner, NULL, output, &why) == FAULT_NONE);
	ignored = capf_server_receive(server, input, output, &why);
	(void)ignored;
	expect(buffer_ok(output));
	capf_server_free(server);
	expect(ended == 1);
}

static void
talk_to_client(struct bytes input, struct buffer *output)
{
	struct capf_client_plan plan = {
	    .device = "SEP001122334455", .owner = &client_owner, .string = "12345"};
	struct capf_client *client;
	enum fault ignored = FAULT_NONE;
	struct why why;

	ended = 0;
	buffer_clear(output);
	expect(capf_client_new(&client, &plan, &why) == FAULT_NONE);
	ignored = capf_client_receive(client, input, output, &why);
	(void)ignored;
	expect(capf_client_over(client) == (ended == 1) && ended <= 1);
	capf_client_free(client);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes input = {data, size};
	struct buffer output;

	buffer_init(&output, 65536);
	check_message(input);
	talk_to_server(input, &output);
	talk_to_client(input, &output);
	buffer_finish(&output);
	return 0;
}
