/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/sip_message/target.c - all views lie inside the message; what is accepted, written anew from
 * its headers, is read the same way; whatever is to be answered can be answered, or cannot without
 * a sentence.
 */
#include <stdio.h>
#include <stdlib.h>

#include "signalling/sip_builder.h"
#include "signalling/sip_validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
views_lie_inside(const struct sip_message *message, struct bytes input)
{
	expect(bytes_within(message->body, input) && bytes_within(message->rest, input));
	expect(bytes_within(message->request_uri, input) && bytes_within(message->reason, input));
	for (size_t i = 0; i < message->headers.count; i++) {
		const struct sip_header *row = &message->rows[i];

		expect(bytes_within(row->name, input) && bytes_within(row->value, input));
		expect(row->next <= message->headers.count);
	}
	expect(bytes_within(message->via.branch, input) && bytes_within(message->call_id, input));
	expect(bytes_within(message->from.tag, input) && bytes_within(message->to.tag, input));
	expect(bytes_within(message->from.uri.host, input));
	expect(bytes_within(message->to.display, input));
}

/* Every header by its own name, the two that the builder writes itself excepted. */
static void
copy_headers(struct sip_builder *builder, const struct sip_message *message)
{
	char name[SIP_HEADER_LINE_MOST + 1];

	for (size_t i = 0; i < message->headers.count; i++) {
		const struct sip_header *row = &message->rows[i];

		if (row->id == SIP_HEADER_CONTENT_LENGTH)
			continue;
		if (row->id != SIP_HEADER_OTHER)
			sip_builder_value(builder, row->id, row->value);
		else if (bytes_copy_text(row->name, name, sizeof(name)))
			sip_builder_named(builder, name, "x");
	}
}

static void
reads_the_same_when_written_anew(const struct sip_message *message)
{
	static struct sip_message again;
	struct sip_builder builder;
	struct sip_verdict verdict;
	struct bytes written;
	char method[SIP_NAME_MOST + 1];

	expect(bytes_copy_text(message->method_name, method, sizeof(method)));
	sip_builder_request(&builder, method, message->request_uri);
	copy_headers(&builder, message);
	if (sip_builder_finish(&builder, NULL, message->body, &written, NULL) == FAULT_NONE) {
		expect(sip_message_read(written, &again, NULL) == FAULT_NONE);
		expect(sip_validate(&again, &verdict));
		expect(bytes_equal(again.call_id, message->call_id));
		expect(bytes_equal(again.from.tag, message->from.tag));
		expect(bytes_equal(again.via.branch, message->via.branch));
		expect(again.cseq.number == message->cseq.number);
		expect(sip_uri_equal(&again.uri, &message->uri) ||
		       bytes_equal(again.uri.text, message->uri.text));
		expect(bytes_equal(again.body, message->body));
	}
	sip_builder_free(&builder);
}

static void
can_be_answered(const struct sip_message *message, const struct sip_verdict *verdict)
{
	static struct sip_message answer;
	struct sip_builder builder;
	struct bytes written, none = {0};
	struct why why = {""};

	sip_builder_response_to(
	    &builder, message, "192.0.2.1", 5060, verdict->status, verdict->why.text, "tag");
	if (sip_builder_finish(&builder, NULL, none, &written, &why) == FAULT_NONE) {
		expect(sip_message_read(written, &answer, &why) == FAULT_NONE);
		expect(!answer.request && answer.status == verdict->status);
	} else {
		expect(why.text[0] != '\0');
	}
	sip_builder_free(&builder);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_message message;
	struct bytes input = bytes_of(data, size), value;
	struct sip_verdict verdict;
	struct sip_values values;
	struct why why = {""};

	if (sip_message_read(input, &message, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0');
		return 0;
	}
	if (sip_validate(&message, &verdict)) {
		if (message.request)
			reads_the_same_when_written_anew(&message);
	} else {
		expect(verdict.why.text[0] != '\0');
		if (verdict.judgement == SIP_ANSWER_WITH)
			can_be_answered(&message, &verdict);
	}
	views_lie_inside(&message, input);
	for (int id = 1; id < SIP_HEADERS; id++) {
		sip_values_begin(&message, (enum sip_header_id)id, &values);
		while (sip_values_next(&values, &value))
			expect(bytes_within(value, input));
	}
	return 0;
}
