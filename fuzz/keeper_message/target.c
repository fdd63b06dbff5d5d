/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/keeper_message/target.c - a request or an answer that is accepted lies inside its packet
 * and is written back byte for byte; what is refused leaves the result untouched.
 *
 * The first two bytes are the mailbox type, the rest the body.
 */
#include "keys/keeper_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check_request(uint16_t type, struct bytes body)
{
	static const struct keeper_request untouched = {.id = 0x55aa55aa};
	struct keeper_request request = untouched;
	struct buffer again;
	struct why why = {""};

	if (keeper_request_read(type, body, &request, &why) != FAULT_NONE) {
		expect(
		    request.id == untouched.id && request.name.at == NULL && why.text[0] != '\0');
		return;
	}
	expect((uint16_t)request.operation == type);
	expect(bytes_within(request.name, body) && request.name.left <= KEEPER_NAME_MOST);
	expect(bytes_within(request.new_name, body) && request.new_name.left <= KEEPER_NAME_MOST);
	expect(bytes_within(request.data, body) && request.data.left <= KEEPER_DATA_MOST);
	expect(bytes_within(request.key, body));
	expect(request.kind < KEY_KIND_COUNT && request.scheme < KEEPER_SCHEME_COUNT &&
	       request.digest < KEY_DIGEST_COUNT);
	buffer_init(&again, KEEPER_PACKET_MOST);
	keeper_request_write(&again, &request);
	expect(buffer_ok(&again) && bytes_equal(buffer_bytes_of(&again), body));
	buffer_finish(&again);
}

static void
check_answer(struct bytes body)
{
	struct keeper_answer answer;
	struct buffer again;
	struct why why;

	if (keeper_answer_read(body, &answer, &why) != FAULT_NONE)
		return;
	expect(bytes_within(answer.result, body) && answer.fault < FAULT_COUNT);
	buffer_init(&again, KEEPER_PACKET_MOST);
	keeper_answer_write(&again, &answer);
	expect(buffer_ok(&again) && bytes_equal(buffer_bytes_of(&again), body));
	buffer_finish(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes body = bytes_of(data, size);
	enum keeper_role role;
	struct why why;
	uint16_t type;

	if (!bytes_take_u16(&body, &type))
		return 0;
	if (type == KEEPER_ANSWER)
		check_answer(body);
	else if (type == KEEPER_NEW_ASKER)
		expect(keeper_new_asker_read(body, &role, &why) != FAULT_NONE || role < ROLE_COUNT);
	else
		check_request(type, body);
	return 0;
}
