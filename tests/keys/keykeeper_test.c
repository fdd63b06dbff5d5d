/* SPDX-License-Identifier: Apache-2.0 */
/* tests/keys/keykeeper_test.c - the program as its supervisor and its askers meet it. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mailbox.h"
#include "base/process.h"
#include "keeper_fixture.h"
#include "keys/keeper_message.h"
#include "storage/storage.h"

static struct keeper_fixture fixture;
static pid_t keeper;
static int supervisor, edge, site; /* our ends */

static void
start_keeper(void)
{
	const char *arguments[] = {"ringfence-keykeeper", "--keys", fixture.directory, NULL};
	int mailbox[2], edges[2], sites[2];
	int audit = open(fixture.audit, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	char program[STORAGE_PATH_MOST];
	struct why why;

	assert_accepted(mailbox_pair(mailbox, &why), why);
	assert_accepted(mailbox_pair(edges, &why), why);
	assert_accepted(mailbox_pair(sites, &why), why);
	assert_accepted(
	    storage_path(program, getenv("RINGFENCE_PROGRAMS"), arguments[0], &why), why);
	const struct process_descriptor descriptors[] = {{"mailbox", mailbox[1]}, {"audit", audit},
	    {"ask-edge-0", edges[1]}, {"ask-site", sites[1]}};
	const struct process_plan plan = {program, arguments, descriptors, COUNT(descriptors)};

	assert_accepted(process_start(&plan, &keeper, &why), why);
	supervisor = mailbox[0];
	edge = edges[0];
	site = sites[0];
	close(mailbox[1]);
	close(edges[1]);
	close(sites[1]);
	close(audit);
}

static int
set_up(void **state)
{
	(void)state;
	keeper_fixture_init(&fixture);
	start_keeper();
	return 0;
}

static int
tear_down(void **state)
{
	int status;

	(void)state;
	close(supervisor);
	assert_int_equal(waitpid(keeper, &status, 0), keeper);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(edge);
	close(site);
	keeper_fixture_finish(&fixture);
	return 0;
}

static uint8_t room[KEEPER_PACKET_MOST];

static struct keeper_answer
await_answer(int fd)
{
	struct mailbox_message message;
	struct keeper_answer answer;
	struct why why;

	assert_accepted(mailbox_read(fd, room, sizeof(room), 60000, &message, &why), why);
	assert_int_equal(message.type, KEEPER_ANSWER);
	assert_accepted(keeper_answer_read(message.body, &answer, &why), why);
	return answer;
}

static void
send_request(int fd, struct keeper_request request)
{
	struct buffer body;
	struct why why;

	buffer_init(&body, KEEPER_PACKET_MOST);
	keeper_request_write(&body, &request);
	assert_accepted(
	    mailbox_write(fd, (uint16_t)request.operation, buffer_bytes_of(&body), &why), why);
	buffer_finish(&body);
}

static struct keeper_answer
ask(int fd, struct keeper_request request)
{
	send_request(fd, request);
	return await_answer(fd);
}

static const struct keeper_request make_tvs = {.operation = KEEPER_GENERATE,
    .id = 1,
    .name = {(const uint8_t *)"tvs-ec", 6},
    .kind = KEY_P256};
static const struct keeper_request look = {
    .operation = KEEPER_PUBLIC, .id = 2, .name = {(const uint8_t *)"callmanager-ec", 14}};
static const struct keeper_request steal = {
    .operation = KEEPER_PUBLIC, .id = 3, .name = {(const uint8_t *)"tvs-ec", 6}};

static void
assert_audited(const char *words)
{
	struct content file;
	struct why why;
	size_t at;

	assert_accepted(storage_read(fixture.audit, 1 << 20, &file, &why), why);
	if (!bytes_find(content_bytes(&file), bytes_text(words), &at))
		fail_msg("no record says \"%s\": %.*s", words, (int)file.size, (char *)file.at);
	content_free(&file);
}

static void
a_refusal_is_answered_and_recorded(void **state)
{
	struct keeper_answer answer;

	(void)state;
	assert_int_equal(ask(site, make_tvs).fault, FAULT_NONE);
	answer = ask(edge, steal);
	assert_int_equal(answer.fault, FAULT_FORBIDDEN);
	assert_int_equal(answer.id, 3);
	assert_true(bytes_equal_text(
	    answer.result, "edge may not look at tvs-ec (the trust verification service, EC)"));
	assert_audited("\"event\":\"key request refused\",\"peer\":\"edge\","
		       "\"reason\":\"edge may not look at");
}

static void
nonsense_is_answered_and_the_asker_still_served(void **state)
{
	static const uint8_t nonsense[] = {0, 0, 0, 9, 0xff, 0xff, 'x'};
	struct keeper_answer answer;
	struct why why;

	(void)state;
	assert_accepted(
	    mailbox_write(edge, KEEPER_SIGN, bytes_of(nonsense, sizeof(nonsense)), &why), why);
	answer = await_answer(edge);
	assert_int_equal(answer.id, 9);
	assert_int_equal(answer.fault, FAULT_MALFORMED);
	assert_audited("key request malformed");
	assert_int_equal(ask(edge, look).fault, FAULT_MISSING);
}

static void
a_slow_key_of_one_asker_blocks_no_other(void **state)
{
	struct keeper_request slow = {.operation = KEEPER_GENERATE,
	    .id = 5,
	    .name = bytes_text(KEY_ITL_RECOVERY),
	    .kind = KEY_RSA_4096};
	struct pollfd wait = {.fd = site, .events = POLLIN};

	(void)state;
	send_request(site, slow);
	assert_int_equal(ask(edge, look).fault, FAULT_MISSING);
	assert_int_equal(poll(&wait, 1, 0), 0); /* the slow one is not done yet */
	assert_int_equal(await_answer(site).fault, FAULT_NONE);
}

/* The process behind a socket: the child of the keykeeper that has the other end. */
static pid_t
only_worker_left(void)
{
	char path[64];
	long pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	assert_non_null(file = fopen(path, "r"));
	assert_int_equal(fscanf(file, "%ld", &pid), 1);
	fclose(file);
	return (pid_t)pid;
}

static void
a_worker_that_dies_is_replaced_on_the_same_socket(void **state)
{
	struct mailbox_message message;
	struct why why;

	(void)state;
	assert_int_equal(ask(edge, look).fault, FAULT_MISSING);
	assert_int_equal(kill(only_worker_left(), SIGKILL), 0); /* the first one: the edge's */
	assert_accepted(mailbox_read(edge, room, sizeof(room), 30000, &message, &why), why);
	assert_int_equal(message.type, KEEPER_WORKER_LOST);
	assert_int_equal(ask(edge, look).fault, FAULT_MISSING);
	assert_int_equal(ask(site, make_tvs).fault, FAULT_NONE);
	assert_audited("key worker died");
}

static void
send_new_asker(int fd, const char *role)
{
	uint8_t packet[64] = {MAILBOX_VERSION, 0, 0, KEEPER_NEW_ASKER, 0, (uint8_t)strlen(role)};
	struct iovec part = {packet, 6 + strlen(role)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	memcpy(packet + 6, role, strlen(role));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	assert_true(sendmsg(supervisor, &message, 0) > 0);
}

static void
the_supervisor_brings_a_new_asker(void **state)
{
	int ends[2];
	struct why why;

	(void)state;
	assert_int_equal(ask(site, make_tvs).fault, FAULT_NONE);
	assert_accepted(mailbox_pair(ends, &why), why);
	send_new_asker(ends[1], "enrolment");
	close(ends[1]);
	assert_int_equal(ask(ends[0], steal).fault, FAULT_NONE); /* enrolment may */
	close(ends[0]);
	/* A role nobody has: the keykeeper closes the socket. */
	assert_accepted(mailbox_pair(ends, &why), why);
	send_new_asker(ends[1], "burglar");
	close(ends[1]);
	assert_int_equal(read(ends[0], room, 1), 0);
	close(ends[0]);
}

static void
an_asker_that_leaves_costs_nobody_anything(void **state)
{
	(void)state;
	assert_int_equal(ask(edge, look).fault, FAULT_MISSING);
	close(edge);
	edge = -1;
	assert_int_equal(ask(site, make_tvs).fault, FAULT_NONE);
}

#define sentence(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    sentence(a_refusal_is_answered_and_recorded),
	    sentence(nonsense_is_answered_and_the_asker_still_served),
	    sentence(a_slow_key_of_one_asker_blocks_no_other),
	    sentence(a_worker_that_dies_is_replaced_on_the_same_socket),
	    sentence(the_supervisor_brings_a_new_asker),
	    sentence(an_asker_that_leaves_costs_nobody_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
