/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/keeper_message_test.c - requests and answers survive the wire; broken ones do not. */
#include "keys/keeper_message.h"

#include "tests.h"

static const uint8_t digest[32] = {1, 2, 3}, fingerprint[KEEPER_FINGERPRINT_SIZE] = {9};

static const struct keeper_request requests[] = {
    {.operation = KEEPER_GENERATE, .kind = KEY_P521, .allow_weak = true},
    {.operation = KEEPER_PUBLIC},
    {.operation = KEEPER_SIGN,
	.scheme = KEEPER_PSS,
	.digest = KEY_DIGEST_SHA256,
	.salt = 32,
	.data = {digest, sizeof(digest)},
	.key = {fingerprint, sizeof(fingerprint)}},
    {.operation = KEEPER_DECRYPT,
	.scheme = KEEPER_OAEP,
	.data = {digest, sizeof(digest)},
	.key = {fingerprint, sizeof(fingerprint)}},
    {.operation = KEEPER_REMOVE},
    {.operation = KEEPER_RENAME, .new_name = {(const uint8_t *)"lsc", 3}},
    {.operation = KEEPER_LIST},
};

static struct buffer
written(struct keeper_request request)
{
	struct buffer body;

	request.id = 7;
	if (request.operation != KEEPER_LIST)
		request.name = bytes_text("lsc-next");
	buffer_init(&body, KEEPER_PACKET_MOST);
	keeper_request_write(&body, &request);
	assert_true(buffer_ok(&body));
	return body;
}

static void
each_request_is_read_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buffer body = written(requests[i]);
		struct keeper_request read;
		struct why why;

		assert_accepted(keeper_request_read((uint16_t)requests[i].operation,
				    buffer_bytes_of(&body), &read, &why),
		    why);
		assert_int_equal(read.id, 7);
		assert_int_equal(read.operation, requests[i].operation);
		assert_int_equal(read.kind, requests[i].kind);
		assert_int_equal(read.allow_weak, requests[i].allow_weak);
		assert_int_equal(read.scheme, requests[i].scheme);
		assert_int_equal(read.digest, requests[i].digest);
		assert_int_equal(read.salt, requests[i].salt);
		assert_true(bytes_equal(read.data, requests[i].data));
		assert_true(bytes_equal(read.key, requests[i].key));
		assert_true(bytes_equal(read.new_name, requests[i].new_name));
		buffer_finish(&body);
	}
}

static void
a_request_cut_short_or_grown_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct buffer body = written(requests[i]);
		struct keeper_request read;
		struct why why;

		for (size_t size = 0; size < body.size; size++)
			assert_int_equal(keeper_request_read((uint16_t)requests[i].operation,
					     bytes_of(body.at, size), &read, &why),
			    FAULT_MALFORMED);
		buffer_u8(&body, 0);
		assert_refused(keeper_request_read((uint16_t)requests[i].operation,
				   buffer_bytes_of(&body), &read, &why),
		    FAULT_MALFORMED, why, "1 bytes too many");
		buffer_finish(&body);
	}
}

static const struct {
	const char *says;
	uint16_t type;
	const char *body; /* hex */
	const char *complaint;
} broken[] = {
    {"an operation nobody knows", 8, "00000001 0000", "no request has the number 8"},
    {"operation zero", 0, "00000001 0000", "no request has the number 0"},
    {"request number zero", KEEPER_PUBLIC, "00000000 0003 6c7363", "without its number"},
    {"a name of a path", KEEPER_PUBLIC, "00000001 0003 2e2e2f", "not a key's name"},
    {"a name with a NUL", KEEPER_PUBLIC, "00000001 0003 6c0063", "not a key's name"},
    {"an empty name", KEEPER_REMOVE, "00000001 0000", "not a key's name"},
    {"a name where none belongs", KEEPER_LIST, "00000001 0001 61", "not a key's name"},
    {"a kind outside the list", KEEPER_GENERATE, "00000001 0003 6c7363 08 00", "not a kind"},
    {"weak neither yes nor no", KEEPER_GENERATE, "00000001 0003 6c7363 00 02", "not a kind"},
    {"a scheme outside the list", KEEPER_SIGN, "00000001 0003 6c7363 05", "unknown scheme"},
    {"a digest outside the list", KEEPER_SIGN, "00000001 0003 6c7363 00 05 0000", "unknown digest"},
    {"no data to sign", KEEPER_SIGN, "00000001 0003 6c7363 00 02 0000 0000", "data missing"},
    {"data without a fingerprint", KEEPER_DECRYPT, "00000001 0003 6c7363 00 0001 aa 0000",
	"data missing"},
    {"a bad new name", KEEPER_RENAME, "00000001 0003 6c7363 0001 41", "not a new name"},
};

static size_t
from_hex(const char *hex, uint8_t *bytes)
{
	size_t digits = 0;

	for (; *hex != '\0'; hex++) {
		const char *all = "0123456789abcdef", *at = strchr(all, *hex);

		if (*hex == ' ' || at == NULL)
			continue;
		bytes[digits / 2] =
		    (uint8_t)((digits % 2 ? bytes[digits / 2] << 4 : 0) | (at - all));
		digits++;
	}
	return digits / 2;
}

static void
nonsense_is_refused_with_a_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct keeper_request read = {.id = 99};
		uint8_t bytes[64];
		size_t size = from_hex(broken[i].body, bytes);
		struct why why;

		print_message("  %s\n", broken[i].says);
		assert_refused(
		    keeper_request_read(broken[i].type, bytes_of(bytes, size), &read, &why),
		    FAULT_MALFORMED, why, broken[i].complaint);
		assert_int_equal(read.id, 99);
	}
}

static void
too_much_data_is_refused(void **state)
{
	static const uint8_t much[KEEPER_DATA_MOST + 1];
	struct keeper_request request = requests[3], read;
	struct buffer body;
	struct why why;

	(void)state;
	request.data = bytes_of(much, sizeof(much));
	body = written(request);
	assert_refused(keeper_request_read(KEEPER_DECRYPT, buffer_bytes_of(&body), &read, &why),
	    FAULT_MALFORMED, why, "data missing or too long");
	buffer_finish(&body);
}

static void
an_answer_is_read_as_it_was_written(void **state)
{
	struct keeper_answer answer = {3, FAULT_FORBIDDEN, bytes_text("no")}, read;
	struct buffer body;
	struct why why;

	(void)state;
	buffer_init(&body, KEEPER_PACKET_MOST);
	keeper_answer_write(&body, &answer);
	assert_accepted(keeper_answer_read(buffer_bytes_of(&body), &read, &why), why);
	assert_int_equal(read.id, 3);
	assert_int_equal(read.fault, FAULT_FORBIDDEN);
	assert_true(bytes_equal_text(read.result, "no"));
	for (size_t size = 0; size < body.size; size++)
		assert_int_equal(
		    keeper_answer_read(bytes_of(body.at, size), &read, &why), FAULT_MALFORMED);
	body.at[4] = FAULT_COUNT;
	assert_int_equal(keeper_answer_read(buffer_bytes_of(&body), &read, &why), FAULT_MALFORMED);
	buffer_finish(&body);
}

static void
a_new_asker_has_a_role(void **state)
{
	enum keeper_role role;
	struct buffer body;
	struct why why;

	(void)state;
	buffer_init(&body, 64);
	keeper_new_asker_write(&body, ROLE_ENROLMENT);
	assert_accepted(keeper_new_asker_read(buffer_bytes_of(&body), &role, &why), why);
	assert_int_equal(role, ROLE_ENROLMENT);
	buffer_clear(&body);
	buffer_sized(&body, bytes_text("king"));
	assert_refused(keeper_new_asker_read(buffer_bytes_of(&body), &role, &why), FAULT_MALFORMED,
	    why, "of no role we know");
	buffer_finish(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_request_is_read_as_it_was_written),
	    cmocka_unit_test(a_request_cut_short_or_grown_is_refused),
	    cmocka_unit_test(nonsense_is_refused_with_a_sentence),
	    cmocka_unit_test(too_much_data_is_refused),
	    cmocka_unit_test(an_answer_is_read_as_it_was_written),
	    cmocka_unit_test(a_new_asker_has_a_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
