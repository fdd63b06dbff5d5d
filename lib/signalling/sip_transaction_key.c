/* SPDX-License-Identifier: Apache-2.0 */
#include "signalling/sip_transaction_key.h"

#include <string.h>

#include "signalling/sip_scan.h"

enum { KEY_TEXT_SIZE = 4096 };

/* What a key is made of, one field after the other; what does not fit is told by its hash. */
struct key_text {
	const struct sip_transaction_key_maker *maker;
	uint8_t text[KEY_TEXT_SIZE];
	size_t size;
};

static void
add(struct key_text *text, const void *at, size_t size)
{
	if (size <= sizeof(text->text) - text->size) {
		memcpy(text->text + text->size, at, size);
		text->size += size;
	}
}

static void
add_bytes(struct key_text *text, struct bytes bytes)
{
	uint64_t size = bytes.left, digest;

	add(text, &size, sizeof(size));
	if (size <= 1024 && size > 0) {
		add(text, bytes.at, bytes.left);
	} else if (size > 0) {
		digest = sip_hash(&text->maker->low, bytes);
		add(text, &digest, sizeof(digest));
		digest = sip_hash(&text->maker->high, bytes);
		add(text, &digest, sizeof(digest));
	}
}

/* Letters without case: hosts and branches. */
static void
add_lower(struct key_text *text, struct bytes bytes)
{
	size_t start = text->size + sizeof(uint64_t);

	add_bytes(text, bytes);
	for (size_t i = start; i < text->size; i++)
		text->text[i] = sip_scan_lower(text->text[i]);
}

static void
finish(const struct key_text *text, struct sip_transaction_key *key)
{
	struct bytes bytes = bytes_of(text->text, text->size);

	key->low = sip_hash(&text->maker->low, bytes);
	key->high = sip_hash(&text->maker->high, bytes);
}

static void
begin(struct key_text *text, const struct sip_transaction_key_maker *maker, uint64_t flow,
    char side, enum sip_method method, struct bytes method_name)
{
	uint8_t number = (uint8_t)method;

	text->maker = maker;
	text->size = 0;
	add(text, &side, 1);
	add(text, &flow, sizeof(flow));
	add(text, &number, 1);
	if (method == SIP_METHOD_OTHER)
		add_bytes(text, method_name);
}

void
sip_transaction_key_init(struct sip_transaction_key_maker *maker)
{
	sip_hash_key_make(&maker->low);
	sip_hash_key_make(&maker->high);
}

void
sip_transaction_key_server(const struct sip_transaction_key_maker *maker, uint64_t flow,
    const struct sip_message *request, enum sip_method method, struct sip_transaction_key *key)
{
	bool cookie = sip_via_has_cookie(&request->via);
	struct key_text text;

	begin(&text, maker, flow, cookie ? 's' : 'o', method, request->method_name);
	if (cookie) {
		add_lower(&text, request->via.branch);
		add_lower(&text, request->via.host);
		add(&text, &request->via.port, sizeof(request->via.port));
	} else {
		add_bytes(&text, request->request_uri);
		add_bytes(&text, request->from.tag);
		add_bytes(&text, request->call_id);
		add(&text, &request->cseq.number, sizeof(request->cseq.number));
		add_bytes(&text, request->via.text);
	}
	finish(&text, key);
}

void
sip_transaction_key_client(const struct sip_transaction_key_maker *maker, uint64_t flow,
    const struct sip_message *message, struct sip_transaction_key *key)
{
	struct key_text text;

	begin(&text, maker, flow, 'c', message->cseq.method, message->cseq.method_name);
	add_lower(&text, message->via.branch);
	finish(&text, key);
}

bool
sip_transaction_key_equal(const struct sip_transaction_key *a, const struct sip_transaction_key *b)
{
	return a->low == b->low && a->high == b->high;
}
