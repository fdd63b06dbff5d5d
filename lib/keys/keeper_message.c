/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/keeper_message.h"

/* What follows id and name, in this order. */
enum field { KIND = 1, SCHEME = 2, DIGEST = 4, DATA = 8, NEW_NAME = 16, NO_NAME = 32 };

static const struct {
	const char *name;
	unsigned fields;
} operations[KEEPER_OPERATION_END] = {
    [KEEPER_GENERATE] = {"generate", KIND},
    [KEEPER_PUBLIC] = {"public", 0},
    [KEEPER_SIGN] = {"sign", SCHEME | DIGEST | DATA},
    [KEEPER_DECRYPT] = {"decrypt", SCHEME | DATA},
    [KEEPER_REMOVE] = {"remove", 0},
    [KEEPER_RENAME] = {"rename", NEW_NAME},
    [KEEPER_LIST] = {"list", NO_NAME},
};

static const char *const schemes[KEEPER_SCHEME_COUNT] = {
    [KEEPER_PKCS1] = "RSA PKCS#1 v1.5",
    [KEEPER_RAW] = "RSA without a digest's name",
    [KEEPER_PSS] = "RSA-PSS",
    [KEEPER_ECDSA] = "ECDSA",
    [KEEPER_OAEP] = "RSA-OAEP",
};

const char *
keeper_operation_name(enum keeper_operation operation)
{
	return operations[operation].name;
}

const char *
keeper_scheme_name(enum keeper_scheme scheme)
{
	return schemes[scheme];
}

/* A sized name of 1 to KEEPER_NAME_MOST lower-case letters, digits and hyphens. */
static bool
take_name(struct bytes *body, struct bytes *name)
{
	if (!bytes_take_sized(body, name) || name->left == 0 || name->left > KEEPER_NAME_MOST)
		return false;
	for (size_t i = 0; i < name->left; i++) {
		uint8_t c = name->at[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return true;
}

/* A byte that is one of count values. */
static bool
take_choice(struct bytes *body, unsigned count, unsigned *choice)
{
	uint8_t value;

	if (!bytes_take_u8(body, &value) || value >= count)
		return false;
	*choice = value;
	return true;
}

static bool
take_kind(struct bytes *body, struct keeper_request *request)
{
	unsigned kind, weak;

	if (!take_choice(body, KEY_KIND_COUNT, &kind) || !take_choice(body, 2, &weak))
		return false;
	request->kind = (enum key_kind)kind;
	request->allow_weak = weak == 1;
	return true;
}

static bool
take_scheme(struct bytes *body, struct keeper_request *request)
{
	unsigned scheme;

	if (!take_choice(body, KEEPER_SCHEME_COUNT, &scheme))
		return false;
	request->scheme = (enum keeper_scheme)scheme;
	return true;
}

static bool
take_digest(struct bytes *body, struct keeper_request *request)
{
	unsigned digest;

	if (!take_choice(body, KEY_DIGEST_COUNT, &digest) || !bytes_take_u16(body, &request->salt))
		return false;
	request->digest = (enum key_digest)digest;
	return true;
}

static bool
take_data(struct bytes *body, struct keeper_request *request)
{
	return bytes_take_sized(body, &request->data) && request->data.left > 0 &&
	       request->data.left <= KEEPER_DATA_MOST && bytes_take_sized(body, &request->key) &&
	       request->key.left == KEEPER_FINGERPRINT_SIZE;
}

static bool
take_no_name(struct bytes *body)
{
	struct bytes name;

	return bytes_take_sized(body, &name) && name.left == 0;
}

enum fault
keeper_request_read(
    uint16_t type, struct bytes body, struct keeper_request *request, struct why *why)
{
	struct keeper_request read = {.operation = (enum keeper_operation)type};
	unsigned fields;

	if (type < KEEPER_GENERATE || type >= KEEPER_OPERATION_END)
		return explain(why, FAULT_MALFORMED, "no request has the number %u", type);
	fields = operations[type].fields;
	if (!bytes_take_u32(&body, &read.id) || read.id == 0)
		return explain(why, FAULT_MALFORMED, "request without its number");
	if (fields & NO_NAME ? !take_no_name(&body) : !take_name(&body, &read.name))
		return explain(why, FAULT_MALFORMED, "%s: not a key's name", operations[type].name);
	if (fields & KIND && !take_kind(&body, &read))
		return explain(why, FAULT_MALFORMED, "generate: not a kind of key");
	if (fields & SCHEME && !take_scheme(&body, &read))
		return explain(why, FAULT_MALFORMED, "%s: unknown scheme", operations[type].name);
	if (fields & DIGEST && !take_digest(&body, &read))
		return explain(why, FAULT_MALFORMED, "%s: unknown digest", operations[type].name);
	if (fields & DATA && !take_data(&body, &read))
		return explain(
		    why, FAULT_MALFORMED, "%s: data missing or too long", operations[type].name);
	if (fields & NEW_NAME && !take_name(&body, &read.new_name))
		return explain(why, FAULT_MALFORMED, "rename: not a new name");
	if (body.left > 0)
		return explain(why, FAULT_MALFORMED, "%s: %zu bytes too many",
		    operations[type].name, body.left);
	*request = read;
	return FAULT_NONE;
}

void
keeper_request_write(struct buffer *body, const struct keeper_request *request)
{
	unsigned fields = operations[request->operation].fields;

	buffer_u32(body, request->id);
	buffer_sized(body, request->name);
	if (fields & KIND) {
		buffer_u8(body, (uint8_t)request->kind);
		buffer_u8(body, request->allow_weak);
	}
	if (fields & SCHEME)
		buffer_u8(body, (uint8_t)request->scheme);
	if (fields & DIGEST) {
		buffer_u8(body, (uint8_t)request->digest);
		buffer_u16(body, request->salt);
	}
	if (fields & DATA) {
		buffer_sized(body, request->data);
		buffer_sized(body, request->key);
	}
	if (fields & NEW_NAME)
		buffer_sized(body, request->new_name);
}

enum fault
keeper_answer_read(struct bytes body, struct keeper_answer *answer, struct why *why)
{
	struct keeper_answer read = {0};
	uint8_t fault;

	if (!bytes_take_u32(&body, &read.id) || !bytes_take_u8(&body, &fault) ||
	    fault >= FAULT_COUNT || !bytes_take_sized(&body, &read.result) || body.left > 0 ||
	    read.result.left > KEEPER_RESULT_MOST)
		return explain(why, FAULT_MALFORMED, "the keykeeper's answer breaks the format");
	read.fault = (enum fault)fault;
	*answer = read;
	return FAULT_NONE;
}

void
keeper_answer_write(struct buffer *body, const struct keeper_answer *answer)
{
	buffer_u32(body, answer->id);
	buffer_u8(body, (uint8_t)answer->fault);
	buffer_sized(body, answer->result);
}

enum fault
keeper_new_asker_read(struct bytes body, enum keeper_role *role, struct why *why)
{
	struct bytes name;

	if (!bytes_take_sized(&body, &name) || body.left > 0 || !keeper_role_from_name(name, role))
		return explain(why, FAULT_MALFORMED, "a new asker of no role we know");
	return FAULT_NONE;
}

void
keeper_new_asker_write(struct buffer *body, enum keeper_role role)
{
	buffer_sized(body, bytes_text(keeper_role_name(role)));
}
