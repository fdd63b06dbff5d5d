/* SPDX-License-Identifier: Apache-2.0 */
/* tests/signalling/edge_message_test.c - what edge and call say arrives whole, or not at all. */
#include "signalling/edge_message.h"

#include "tests.h"

static struct address
address_of(const char *host, uint16_t port)
{
	struct address address;
	struct why why;

	assert_accepted(address_read(bytes_text(host), port, &address, &why), why);
	return address;
}

static struct edge_item
connection(void)
{
	struct edge_item item = {.kind = EDGE_CONNECTION, .id = 77};

	item.facts = (struct peer_facts){.transport = TRANSPORT_TLS,
	    .version = "TLSv1.2",
	    .suite = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	    .resumed = true,
	    .has_certificate = true,
	    .card = {"SEP001122334455", "CN=SEP001122334455", "CN=CAPF", "1A", -5, 1234567890123},
	    .certificate = bytes_text("the certificate's DER"),
	    .trusted_by = "LSC issued by CAPF"};
	item.facts.local = address_of("127.0.0.1", 5061);
	item.facts.remote = address_of("2001:db8::1", 40000);
	return item;
}

static void
a_connection_keeps_all_its_facts(void **state)
{
	struct edge_item item = connection(), read;
	struct buffer batch;
	struct bytes packet;
	struct why why;

	(void)state;
	buffer_init(&batch, EDGE_BATCH_MOST);
	assert_accepted(edge_item_write(&batch, &item, &why), why);
	packet = buffer_bytes_of(&batch);
	assert_accepted(edge_item_read(&packet, &read, &why), why);
	assert_int_equal(packet.left, 0);
	assert_int_equal(read.id, 77);
	assert_int_equal(read.facts.transport, TRANSPORT_TLS);
	assert_true(address_equal(&read.facts.local, &item.facts.local));
	assert_true(address_equal(&read.facts.remote, &item.facts.remote));
	assert_string_equal(read.facts.suite, item.facts.suite);
	assert_string_equal(read.facts.card.issuer, "CN=CAPF");
	assert_int_equal(read.facts.card.not_before, -5);
	assert_int_equal(read.facts.card.not_after, 1234567890123);
	assert_true(read.facts.resumed && read.facts.has_certificate);
	assert_true(bytes_equal(read.facts.certificate, item.facts.certificate));
	assert_string_equal(read.facts.trusted_by, "LSC issued by CAPF");
	buffer_finish(&batch);
}

static void
many_items_share_a_packet_in_order(void **state)
{
	struct edge_item items[] = {
	    {.kind = EDGE_MESSAGE, .id = 1, .bytes = bytes_text("REGISTER sip:a SIP/2.0\r\n\r\n")},
	    {.kind = EDGE_CLOSED,
		.id = 2,
		.fault = FAULT_CLOSED,
		.reason = {"the peer reset the connection"}},
	    {.kind = EDGE_REPLAYED},
	    {.kind = EDGE_SEND, .id = 3, .bytes = bytes_text("SIP/2.0 200 OK\r\n\r\n")},
	    {.kind = EDGE_CLOSE, .id = 4},
	    {.kind = EDGE_OPEN,
		.id = EDGE_ID_BY_CALL | 5,
		.transport = TRANSPORT_UDP,
		.name = "phone.test"},
	};
	struct edge_item read;
	struct buffer batch;
	struct bytes packet;
	struct why why;

	(void)state;
	items[5].address = address_of("192.0.2.7", 5060);
	buffer_init(&batch, EDGE_BATCH_MOST);
	for (size_t i = 0; i < COUNT(items); i++)
		assert_accepted(edge_item_write(&batch, &items[i], &why), why);
	packet = buffer_bytes_of(&batch);
	for (size_t i = 0; i < COUNT(items); i++) {
		assert_accepted(edge_item_read(&packet, &read, &why), why);
		assert_int_equal(read.kind, items[i].kind);
		assert_true(read.id == items[i].id);
		if (read.kind == EDGE_MESSAGE || read.kind == EDGE_SEND)
			assert_true(bytes_equal(read.bytes, items[i].bytes));
		if (read.kind == EDGE_CLOSED)
			assert_string_equal(read.reason.text, items[i].reason.text);
	}
	assert_string_equal(read.name, "phone.test");
	assert_int_equal(read.transport, TRANSPORT_UDP);
	assert_true(address_equal(&read.address, &items[5].address));
	assert_int_equal(packet.left, 0);
	buffer_finish(&batch);
}

static void
every_packet_cut_short_is_refused_and_nothing_is_taken(void **state)
{
	struct edge_item item = connection(), read;
	struct buffer batch;
	struct why why;

	(void)state;
	buffer_init(&batch, EDGE_BATCH_MOST);
	assert_accepted(edge_item_write(&batch, &item, &why), why);
	for (size_t size = 0; size < batch.size; size++) {
		struct bytes packet = bytes_of(batch.at, size);

		assert_refused(
		    edge_item_read(&packet, &read, &why), FAULT_MALFORMED, why, "cut short");
		assert_int_equal(packet.left, size);
	}
	buffer_finish(&batch);
}

/* Items by hand: kind, id, length, body. */
static const struct {
	const char *says;
	uint8_t kind;
	uint64_t id;
	const char *body;
	const char *words;
} wrong[] = {
    {"kind 0", 0, 1, "", "kind 0"},
    {"a kind of tomorrow", EDGE_KIND_COUNT, 1, "", "kind 8"},
    {"no id", EDGE_CLOSE, 0, "", "a wrong id"},
    {"an id where none belongs", EDGE_REPLAYED, 1, "", "a wrong id"},
    {"an empty message", EDGE_MESSAGE, 1, "", "message of 0"},
    {"something behind a close", EDGE_CLOSE, 1, "more", "close of 4"},
    {"closed with a fault of tomorrow", EDGE_CLOSED, 1, "\x7f", "closed of 1"},
    {"open over no transport", EDGE_OPEN, 1, "\x09", "open of 1"},
};

static void
wrong_items_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct buffer packet;
		struct bytes input;
		struct edge_item item;
		struct why why = {""};

		buffer_init(&packet, 1024);
		buffer_u8(&packet, wrong[i].kind);
		buffer_u64(&packet, wrong[i].id);
		buffer_u32(&packet, (uint32_t)strlen(wrong[i].body));
		buffer_text(&packet, wrong[i].body);
		input = buffer_bytes_of(&packet);
		if (edge_item_read(&input, &item, &why) != FAULT_MALFORMED ||
		    strstr(why.text, wrong[i].words) == NULL)
			fail_msg("%s: %s", wrong[i].says, why.text);
		buffer_finish(&packet);
	}
}

static void
a_full_batch_takes_nothing_more(void **state)
{
	static uint8_t large[EDGE_BYTES_MOST + 1];
	struct buffer batch;
	struct why why;
	size_t before;

	(void)state;
	buffer_init(&batch, EDGE_BATCH_MOST);
	assert_refused(edge_bytes_write(&batch, EDGE_SEND, 1, bytes_of(large, sizeof(large)), &why),
	    FAULT_FORBIDDEN, why, "65536 bytes");
	assert_accepted(
	    edge_bytes_write(&batch, EDGE_SEND, 1, bytes_of(large, EDGE_BYTES_MOST), &why), why);
	before = batch.size;
	assert_refused(
	    edge_bytes_write(&batch, EDGE_SEND, 1, bytes_of(large, EDGE_BYTES_MOST), &why),
	    FAULT_LIMIT, why, "full");
	assert_int_equal(batch.size, before);
	assert_true(buffer_ok(&batch));
	buffer_finish(&batch);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_connection_keeps_all_its_facts),
	    cmocka_unit_test(many_items_share_a_packet_in_order),
	    cmocka_unit_test(every_packet_cut_short_is_refused_and_nothing_is_taken),
	    cmocka_unit_test(wrong_items_are_refused),
	    cmocka_unit_test(a_full_batch_takes_nothing_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
