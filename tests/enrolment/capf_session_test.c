/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/enrolment/capf_session_test.c - both ends of a session: against each other, against
 * what other implementations said, and against peers that break off or lie.
 */
#include "enrolment/capf_client.h"
#include "enrolment/capf_server.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "capf_vector.h"
#include "tests.h"

/* Everything both owners were asked, and what they shall answer. */
struct story {
	/* The server's side. */
	struct capf_task task;
	bool unknown_device;
	const char *string;
	enum fault trust; /* what check_certificate says */
	bool issue_other; /* a certificate over another key */
	struct bytes issue;
	size_t server_ended, issued, strings_tried;
	enum fault server_fault;
	enum capf_reason server_reason;
	struct why server_why;
	char server_device[CAPF_DEVICE_MOST];
	/* The phone's side. */
	EVP_PKEY *next;
	struct bytes public_key;
	enum fault store_fault;
	size_t client_ended, stored, removed;
	enum fault client_fault;
	enum capf_reason client_reason;
	struct why client_why;
};

static struct {
	EVP_PKEY *mic_key, *other_key, *ec_key;
	struct buffer mic, ec;
} made;

static void
certificate_of(EVP_PKEY *key, EVP_PKEY *signer, struct buffer *der)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_ASC, (const unsigned char *)"SEP001122334455", -1, -1, 0);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
	X509_set_subject_name(certificate, name);
	X509_set_issuer_name(certificate, name);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
	buffer_init(der, CAPF_CERTIFICATE_MOST);
	assert_true(i2d_X509(certificate,
			&(uint8_t *){buffer_extend(der, (size_t)i2d_X509(certificate, NULL))}) > 0);
	X509_NAME_free(name);
	X509_free(certificate);
}

static int
make_keys(void **state)
{
	(void)state;
	made.mic_key = EVP_RSA_gen(2048);
	made.other_key = EVP_RSA_gen(2048);
	made.ec_key = EVP_EC_gen("P-256");
	certificate_of(made.mic_key, made.mic_key, &made.mic);
	certificate_of(made.ec_key, made.ec_key, &made.ec);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(made.mic_key);
	EVP_PKEY_free(made.other_key);
	EVP_PKEY_free(made.ec_key);
	buffer_finish(&made.mic);
	buffer_finish(&made.ec);
	return 0;
}

static enum fault
find(void *arg, const char *device, struct capf_task *task, struct why *why)
{
	struct story *story = arg;

	if (story->unknown_device)
		return explain(why, FAULT_MISSING, "no phone %s", device);
	*task = story->task;
	return FAULT_NONE;
}

static enum fault
check_string(void *arg, const char *device, struct bytes string, struct why *why)
{
	struct story *story = arg;

	(void)device;
	story->strings_tried++;
	if (story->string == NULL || !bytes_equal_text(string, story->string))
		return explain(why, FAULT_UNTRUSTED, "the authentication string is wrong");
	return FAULT_NONE;
}

static enum fault
check_certificate(void *arg, const char *device, enum capf_certificate_type type, struct bytes der,
    struct why *why)
{
	struct story *story = arg;

	(void)device;
	(void)type;
	(void)der;
	if (story->trust != FAULT_NONE)
		return explain(why, story->trust, "nobody vouches for it");
	return FAULT_NONE;
}

static enum fault
issue(void *arg, const char *device, struct bytes public_key, struct buffer *certificate,
    struct why *why)
{
	struct story *story = arg;
	const uint8_t *at = public_key.at;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)public_key.left);
	struct buffer der;

	(void)device;
	(void)why;
	story->issued++;
	if (story->issue.left > 0) {
		buffer_bytes(certificate, story->issue);
	} else {
		certificate_of(story->issue_other ? made.other_key : key, made.mic_key, &der);
		buffer_bytes(certificate, buffer_bytes_of(&der));
		buffer_finish(&der);
	}
	EVP_PKEY_free(key);
	return FAULT_NONE;
}

static void
server_ended(void *arg, const struct capf_outcome *outcome)
{
	struct story *story = arg;

	story->server_ended++;
	story->server_fault = outcome->fault;
	story->server_reason = outcome->reason;
	story->server_why = outcome->why;
	strcpy(story->server_device, outcome->device);
}

static const struct capf_server_owner server_owner = {
    find, check_string, check_certificate, issue, server_ended};

static enum fault
make_key(void *arg, enum key_kind kind, struct buffer *public_key, struct why *why)
{
	struct story *story = arg;
	int size;

	(void)why;
	if (story->public_key.left > 0) {
		buffer_bytes(public_key, story->public_key);
		return FAULT_NONE;
	}
	EVP_PKEY_free(story->next);
	story->next = key_kind_family(kind) == KEY_FAMILY_RSA ? EVP_RSA_gen(key_kind_bits(kind))
							      : EVP_EC_gen(key_kind_group(kind));
	size = i2d_PUBKEY(story->next, NULL);
	i2d_PUBKEY(story->next, &(uint8_t *){buffer_extend(public_key, (size_t)size)});
	return FAULT_NONE;
}

static enum fault
store(void *arg, struct bytes certificate, struct why *why)
{
	struct story *story = arg;

	(void)certificate;
	if (story->store_fault != FAULT_NONE)
		return explain(why, story->store_fault, "the disk is full");
	story->stored++;
	return FAULT_NONE;
}

static enum fault
remove_lsc(void *arg, struct why *why)
{
	struct story *story = arg;

	(void)why;
	story->removed++;
	return FAULT_NONE;
}

static enum fault
fetch(void *arg, enum capf_certificate_type *type, struct buffer *certificate, struct why *why)
{
	(void)arg;
	(void)why;
	*type = CAPF_MIC;
	buffer_bytes(certificate, buffer_bytes_of(&made.mic));
	return FAULT_NONE;
}

static void
client_ended(void *arg, enum fault fault, enum capf_reason reason, const struct why *why)
{
	struct story *story = arg;

	story->client_ended++;
	story->client_fault = fault;
	story->client_reason = reason;
	story->client_why = *why;
}

static const struct capf_client_owner client_owner = {
    make_key, store, remove_lsc, fetch, client_ended};

/* Both cores, until both say it is over. chunk: bytes that arrive at once (0: all). */
static void
run(struct story *story, const struct capf_client_plan *given, size_t chunk)
{
	struct capf_client_plan plan = *given;
	struct capf_server *server;
	struct capf_client *client;
	struct buffer down, up;
	struct why why;

	plan.device = "SEP001122334455";
	plan.owner = &client_owner;
	plan.arg = story;
	buffer_init(&down, 65536);
	buffer_init(&up, 65536);
	assert_accepted(capf_server_new(&server, 41, &server_owner, story, &down, &why), why);
	assert_accepted(capf_client_new(&client, &plan, &why), why);
	while (down.size > 0 || up.size > 0) {
		struct buffer *from = down.size > 0 ? &down : &up;
		size_t size = chunk > 0 && chunk < from->size ? chunk : from->size;
		struct bytes some = bytes_part(buffer_bytes_of(from), 0, size);
		enum fault ignored = FAULT_NONE;

		if (from == &down && !capf_client_over(client))
			ignored = capf_client_receive(client, some, &up, &why);
		if (from == &up && !capf_server_over(server))
			ignored = capf_server_receive(server, some, &down, &why);
		(void)ignored;
		buffer_consume(from, size);
	}
	if (!capf_client_over(client))
		capf_client_give_up(client, FAULT_CLOSED, NULL);
	capf_client_free(client);
	capf_server_free(server);
	EVP_PKEY_free(story->next);
	story->next = NULL;
	assert_int_equal(story->server_ended, 1);
	assert_int_equal(story->client_ended, 1);
	buffer_finish(&down);
	buffer_finish(&up);
}

static struct capf_client_plan
by_mic(void)
{
	return (struct capf_client_plan){
	    .key = made.mic_key, .certificate = buffer_bytes_of(&made.mic), .type = CAPF_MIC};
}

static void
a_phone_with_its_factory_certificate_gets_one_of_ours(void **state)
{
	static const size_t chunks[] = {0, 1, 100};
	static const enum key_kind kinds[] = {KEY_RSA_2048, KEY_P256, KEY_P384, KEY_P521};
	struct capf_client_plan plan = by_mic();

	(void)state;
	for (size_t i = 0; i < COUNT(chunks); i++)
		for (size_t j = 0; j < COUNT(kinds); j++) {
			struct story story = {
			    .task = {CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, kinds[j]}};

			run(&story, &plan, chunks[i]);
			assert_accepted(story.server_fault, story.server_why);
			assert_accepted(story.client_fault, story.client_why);
			assert_int_equal(story.server_reason, CAPF_REASON_OK);
			assert_int_equal(story.client_reason, CAPF_REASON_OK);
			assert_int_equal(story.stored, 1);
			assert_string_equal(story.server_device, "SEP001122334455");
		}
}

static void
an_elliptic_curve_certificate_proves_as_well(void **state)
{
	struct capf_client_plan plan = {
	    .key = made.ec_key, .certificate = buffer_bytes_of(&made.ec), .type = CAPF_LSC};
	struct story story = {
	    .task = {CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048}};

	(void)state;
	run(&story, &plan, 0);
	assert_accepted(story.server_fault, story.server_why);
	assert_int_equal(story.stored, 1);
}

static void
the_other_operations_are_carried_out(void **state)
{
	struct capf_client_plan plan = by_mic();
	struct story removal = {.task = {CAPF_OPERATION_DELETE, CAPF_MODE_CERTIFICATE, 0}};
	struct story look = {.task = {CAPF_OPERATION_FETCH, CAPF_MODE_CERTIFICATE, 0}};
	struct story idle = {.task = {CAPF_OPERATION_NONE, CAPF_MODE_CERTIFICATE, 0}};

	(void)state;
	run(&removal, &plan, 0);
	assert_accepted(removal.server_fault, removal.server_why);
	assert_int_equal(removal.removed, 1);
	assert_int_equal(removal.client_reason, CAPF_REASON_OK);
	run(&look, &plan, 0);
	assert_accepted(look.server_fault, look.server_why);
	assert_accepted(look.client_fault, look.client_why);
	run(&idle, &plan, 0);
	assert_accepted(idle.client_fault, idle.client_why);
	assert_int_equal(idle.client_reason, CAPF_REASON_NOTHING);
	assert_int_equal(idle.removed + idle.stored + idle.issued, 0);
}

/* What does not lead to a certificate, and the sentence each side gets. */
static const struct {
	const char *says;
	struct capf_task task;
	const char *wanted_string; /* the server's */
	const char *string;        /* the phone's */
	enum { SHOWS_NOTHING, SHOWS_MIC, SHOWS_STOLEN } shows;
	bool unknown, issue_other;
	enum fault trust, store_fault;
	const char *server_says, *client_says;
	enum capf_reason reason;
} refusals[] = {
    /* clang-format off */
	{ "a device nobody knows", { CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048 }, NULL, NULL, SHOWS_MIC,
	  true, false, 0, 0, "no phone SEP001122334455", "does not know SEP001122334455", CAPF_REASON_UNKNOWN_DEVICE },
	{ "no certificate where one is wanted", { CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048 }, NULL, NULL,
	  SHOWS_NOTHING, false, false, 0, 0, "no certificate was shown", "the server declined", CAPF_REASON_DECLINED },
	{ "a certificate nobody vouches for", { CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048 }, NULL, NULL,
	  SHOWS_MIC, false, false, FAULT_UNTRUSTED, 0, "nobody vouches for it", "the server declined", CAPF_REASON_DECLINED },
	{ "someone else's certificate", { CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048 }, NULL, NULL,
	  SHOWS_STOLEN, false, false, 0, 0, "the SHA1 proof was not made with the key", "the server declined",
	  CAPF_REASON_DECLINED },
	{ "a string where a certificate is wanted", { CAPF_OPERATION_INSTALL, CAPF_MODE_CERTIFICATE, KEY_RSA_2048 }, "12345",
	  "12345", SHOWS_NOTHING, false, false, 0, 0, "no certificate was shown", "declined", CAPF_REASON_DECLINED },
	{ "a wrong string", { CAPF_OPERATION_INSTALL, CAPF_MODE_STRING, KEY_RSA_2048 }, "12345", "54321", SHOWS_NOTHING,
	  false, false, 0, 0, "string is wrong", "declined", CAPF_REASON_DECLINED },
	{ "no string where one is wanted", { CAPF_OPERATION_INSTALL, CAPF_MODE_STRING, KEY_RSA_2048 }, "12345", NULL,
	  SHOWS_NOTHING, false, false, 0, 0, "no authentication string was given", "declined", CAPF_REASON_DECLINED },
	{ "a certificate where a string is wanted", { CAPF_OPERATION_DELETE, CAPF_MODE_STRING, 0 }, "12345", NULL, SHOWS_MIC,
	  false, false, 0, 0, "no authentication string was given", "declined", CAPF_REASON_DECLINED },
	{ "a weak key", { CAPF_OPERATION_INSTALL, CAPF_MODE_NULL, KEY_RSA_1024 }, NULL, NULL, SHOWS_NOTHING,
	  false, false, 0, 0, "broke off waiting for the public key", "a key of 1024 bits only", CAPF_REASON_DECLINED },
	{ "a certificate over another key", { CAPF_OPERATION_INSTALL, CAPF_MODE_NULL, KEY_RSA_2048 }, NULL, NULL,
	  SHOWS_NOTHING, false, true, 0, 0, "could not store the certificate (reason 7)", "not for the key that was made",
	  CAPF_REASON_DECLINED },
	{ "a phone that cannot store", { CAPF_OPERATION_INSTALL, CAPF_MODE_NULL, KEY_RSA_2048 }, NULL, NULL, SHOWS_NOTHING,
	  false, false, 0, FAULT_SYSTEM, "could not store the certificate (reason 7)", "the disk is full",
	  CAPF_REASON_DECLINED },
    /* clang-format on */
};

static void
each_refusal_has_its_sentence_on_both_sides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct capf_client_plan plan = {.string = refusals[i].string};
		struct story story = {.task = refusals[i].task,
		    .string = refusals[i].wanted_string,
		    .unknown_device = refusals[i].unknown,
		    .issue_other = refusals[i].issue_other,
		    .trust = refusals[i].trust,
		    .store_fault = refusals[i].store_fault};

		print_message("  %s\n", refusals[i].says);
		if (refusals[i].shows != SHOWS_NOTHING)
			plan = by_mic();
		if (refusals[i].shows == SHOWS_STOLEN)
			plan.key = made.other_key;
		run(&story, &plan, 0);
		assert_int_not_equal(story.server_fault, FAULT_NONE);
		assert_int_not_equal(story.client_fault, FAULT_NONE);
		assert_non_null(strstr(story.server_why.text, refusals[i].server_says));
		assert_non_null(strstr(story.client_why.text, refusals[i].client_says));
		assert_int_equal(story.server_reason, refusals[i].reason);
		assert_int_equal(story.stored, 0);
	}
}

static void
the_right_string_is_enough(void **state)
{
	struct capf_client_plan plan = {.string = "4711"};
	struct story story = {
	    .task = {CAPF_OPERATION_INSTALL, CAPF_MODE_STRING, KEY_RSA_2048}, .string = "4711"};

	(void)state;
	run(&story, &plan, 0);
	assert_accepted(story.server_fault, story.server_why);
	assert_int_equal(story.stored, 1);
	assert_int_equal(story.strings_tried, 1);
}

/* The two proofs are over both digests, and the whole padding counts. */
static void
a_proof_with_one_bit_changed_is_refused(void **state)
{
	struct capf_message response = {.has = UINT32_C(1) << CAPF_CERTIFICATE |
					       UINT32_C(1) << CAPF_SIGNED_DATA |
					       UINT32_C(1) << CAPF_SHA2_SIGNED_DATA,
	    .device = bytes_text("SEP001122334455"),
	    .certificate = buffer_bytes_of(&made.mic)};
	struct capf_proof proof;
	struct why why;

	(void)state;
	assert_accepted(
	    capf_proof_make(made.mic_key, response.device, response.certificate, &proof, &why),
	    why);
	response.sha1_signature = bytes_of(proof.sha1, proof.sha1_size);
	response.sha2_signature = bytes_of(proof.sha512, proof.sha512_size);
	assert_accepted(capf_proof_check(&response, &why), why);
	for (size_t i = 0; i < proof.sha1_size; i += 17) {
		proof.sha1[i] ^= 1;
		assert_refused(capf_proof_check(&response, &why), FAULT_UNTRUSTED, why, "SHA1");
		proof.sha1[i] ^= 1;
	}
	for (size_t i = 0; i < proof.sha512_size; i += 17) {
		proof.sha512[i] ^= 1;
		assert_refused(capf_proof_check(&response, &why), FAULT_UNTRUSTED, why, "SHA512");
		proof.sha512[i] ^= 1;
	}
	response.device = bytes_text("SEP001122334456");
	assert_refused(capf_proof_check(&response, &why), FAULT_UNTRUSTED, why, "SHA1");
	response.has &= ~(UINT32_C(1) << CAPF_SHA2_SIGNED_DATA);
	assert_refused(capf_proof_check(&response, &why), FAULT_UNTRUSTED, why, "no proof");
}

static void
recorded_phones_get_the_recorded_answers(void **state)
{
	struct vector_session sessions[VECTOR_SESSIONS];
	struct story stories[VECTOR_SESSIONS] = {
	    {.task = {CAPF_OPERATION_INSTALL, CAPF_MODE_NULL, KEY_RSA_2048}},
	    {.task = {CAPF_OPERATION_INSTALL, CAPF_MODE_STRING, KEY_RSA_2048}, .string = "12345"},
	    {.unknown_device = true},
	};
	struct capf_message message;
	struct why why;

	(void)state;
	vector_load(sessions);
	for (size_t i = 0; i < VECTOR_SESSIONS; i++) {
		struct capf_server *server;
		struct buffer output;
		enum fault ignored = FAULT_NONE;

		buffer_init(&output, 65536);
		for (size_t j = 0; j < sessions[i].count; j++) {
			struct bytes bytes = buffer_bytes_of(&sessions[i].messages[j].bytes);

			assert_accepted(capf_message_read(bytes, &message, &why), why);
			if (message.command == CAPF_STORE_REQUEST)
				stories[i].issue = message.certificate;
		}
		assert_accepted(capf_server_new(&server, (uint32_t)i + 2, &server_owner,
				    &stories[i], &output, &why),
		    why);
		for (size_t j = 0; j < sessions[i].count; j++) {
			struct vector_message *recorded = &sessions[i].messages[j];

			if (recorded->from_server) {
				assert_true(bytes_equal(
				    buffer_bytes_of(&output), buffer_bytes_of(&recorded->bytes)));
				buffer_clear(&output);
			} else {
				ignored = capf_server_receive(
				    server, buffer_bytes_of(&recorded->bytes), &output, &why);
			}
		}
		(void)ignored;
		assert_int_equal(output.size, 0);
		assert_true(capf_server_over(server));
		assert_int_equal(stories[i].server_ended, 1);
		capf_server_free(server);
		buffer_finish(&output);
	}
	assert_int_equal(stories[0].server_fault, FAULT_NONE);
	assert_int_equal(stories[1].server_fault, FAULT_UNTRUSTED);
	assert_int_equal(stories[2].server_fault, FAULT_MISSING);
	vector_free(sessions);
}

static void
recorded_servers_get_the_recorded_answers(void **state)
{
	struct vector_session sessions[VECTOR_SESSIONS];
	struct story story = {0};
	struct capf_client_plan plan = {
	    .device = "SEP001122334466", .owner = &client_owner, .arg = &story};
	struct capf_client *client;
	struct capf_message message;
	struct buffer output;
	struct why why;

	(void)state;
	vector_load(sessions);
	buffer_init(&output, 65536);
	assert_accepted(capf_client_new(&client, &plan, &why), why);
	for (size_t j = 0; j < sessions[0].count; j++) {
		struct bytes bytes = buffer_bytes_of(&sessions[0].messages[j].bytes);

		assert_accepted(capf_message_read(bytes, &message, &why), why);
		if (message.command == CAPF_KEY_RESPONSE)
			story.public_key = message.public_key;
	}
	for (size_t j = 0; j < sessions[0].count; j++) {
		struct vector_message *recorded = &sessions[0].messages[j];
		struct bytes bytes = buffer_bytes_of(&recorded->bytes);

		if (recorded->from_server) {
			assert_int_equal(output.size, 0);
			assert_accepted(capf_client_receive(client, bytes, &output, &why), why);
		} else if (recorded->bytes.at[1] != CAPF_IN_PROGRESS) {
			assert_true(bytes_equal(buffer_bytes_of(&output), bytes));
			buffer_clear(&output);
		}
	}
	assert_int_equal(story.client_ended, 1);
	assert_accepted(story.client_fault, story.client_why);
	assert_int_equal(story.stored, 1);
	capf_client_free(client);
	buffer_finish(&output);
	vector_free(sessions);
}

/* Phones that speak out of turn. Hex would hide what they do, so they are written by name. */
static void
out_of_turn_the_session_ends(void **state)
{
	static const struct {
		const char *says;
		struct capf_message message;
		const char *complaint;
	} turns[] = {
	    {"a key before the name",
		{.command = CAPF_KEY_RESPONSE,
		    .session = 41,
		    .has = UINT32_C(1) << CAPF_PUBLIC_KEY,
		    .public_key = {(const uint8_t *)"x", 1}},
		"KEY RESPONSE while waiting for the phone to identify itself"},
	    {"what only a server says",
		{.command = CAPF_END_SESSION, .session = 41, .has = UINT32_C(1) << CAPF_REASON},
		"END SESSION while waiting for the phone"},
	    {"another session",
		{.command = CAPF_AUTH_RESPONSE,
		    .session = 42,
		    .has = UINT32_C(1) << CAPF_PROTOCOL_VERSION | UINT32_C(1) << CAPF_DEVICE_NAME,
		    .version = 3,
		    .device = {(const uint8_t *)"SEP001122334455", 15}},
		"session 42, not 41"},
	    {"version 1",
		{.command = CAPF_AUTH_RESPONSE,
		    .session = 41,
		    .has = UINT32_C(1) << CAPF_PROTOCOL_VERSION | UINT32_C(1) << CAPF_DEVICE_NAME,
		    .version = 1,
		    .device = {(const uint8_t *)"SEP001122334455", 15}},
		"protocol version 1, not 2 to 3"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(turns); i++) {
		struct story story = {.task = {CAPF_OPERATION_INSTALL, CAPF_MODE_NULL, 0}};
		struct capf_message answer;
		struct capf_server *server;
		struct buffer bytes, output;
		struct why why;

		print_message("  %s\n", turns[i].says);
		buffer_init(&bytes, 4096);
		buffer_init(&output, 4096);
		assert_accepted(
		    capf_server_new(&server, 41, &server_owner, &story, &output, &why), why);
		buffer_clear(&output);
		capf_message_write(&turns[i].message, &bytes);
		assert_refused(capf_server_receive(server, buffer_bytes_of(&bytes), &output, &why),
		    story.server_fault, why, turns[i].complaint);
		assert_accepted(capf_message_read(buffer_bytes_of(&output), &answer, &why), why);
		assert_int_equal(answer.command, CAPF_END_SESSION);
		assert_int_equal(answer.reason, CAPF_REASON_DECLINED);
		assert_true(capf_server_over(server));
		assert_int_equal(story.server_ended, 1);
		capf_server_free(server);
		assert_int_equal(story.server_ended, 1);
		buffer_finish(&bytes);
		buffer_finish(&output);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_phone_with_its_factory_certificate_gets_one_of_ours),
	    cmocka_unit_test(an_elliptic_curve_certificate_proves_as_well),
	    cmocka_unit_test(the_other_operations_are_carried_out),
	    cmocka_unit_test(each_refusal_has_its_sentence_on_both_sides),
	    cmocka_unit_test(the_right_string_is_enough),
	    cmocka_unit_test(a_proof_with_one_bit_changed_is_refused),
	    cmocka_unit_test(recorded_phones_get_the_recorded_answers),
	    cmocka_unit_test(recorded_servers_get_the_recorded_answers),
	    cmocka_unit_test(out_of_turn_the_session_ends),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
