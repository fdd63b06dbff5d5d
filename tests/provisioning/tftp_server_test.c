/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/provisioning/tftp_server_test.c - the server over real sockets: our own client, many at
 * once, the tools of others, and peers that mean harm.
 */
#include "provisioning/tftp_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "provisioning/tftp_client.h"
#include "storage/storage.h"
#include "tests.h"

enum { LARGE = 3000000, TEST_MS = 30000 };

struct site {
	struct loop *loop;
	struct tftp_server *server;
	struct address address;
	struct shared_content *small, *large, *text;
	size_t found, refused;
	enum fault last_fault;
	struct why last;
	struct loop_timer *timer;
	bool late;
};

struct fetched {
	struct site *site;
	enum fault fault;
	struct why why;
	struct buffer content;
	size_t *left;
};

static enum fault
find(void *arg, struct bytes name, const struct address *peer, struct shared_content **content,
    struct why *why)
{
	struct site *site = arg;

	(void)peer;
	site->found++;
	if (bytes_equal_text(name, "small"))
		*content = shared_content_hold(site->small);
	else if (bytes_equal_text(name, "large"))
		*content = shared_content_hold(site->large);
	else if (bytes_equal_text(name, "text"))
		*content = shared_content_hold(site->text);
	else
		return explain(why, FAULT_MISSING, "no such file");
	return FAULT_NONE;
}

static void
on_refused(void *arg, struct bytes name, const struct address *peer, enum fault fault,
    const struct why *why)
{
	struct site *site = arg;

	(void)name;
	(void)peer;
	site->refused++;
	site->last_fault = fault;
	site->last = *why;
}

static void
on_late(void *arg)
{
	struct site *site = arg;

	site->late = true;
	loop_stop(site->loop);
}

static int
bind_udp(struct address *address)
{
	struct why why;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_accepted(address_read(bytes_text("127.0.0.1"), 0, address, &why), why);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address->storage, address->size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address->storage, &address->size), 0);
	return fd;
}

static void
open_site(struct site *site, uint32_t most, uint32_t per_host)
{
	struct tftp_server_plan plan = {.on_find = find,
	    .on_refused = on_refused,
	    .arg = site,
	    .transfers_most = most,
	    .per_host_most = per_host};
	uint8_t *large = malloc(LARGE);
	struct why why;

	for (size_t i = 0; i < LARGE; i++)
		large[i] = (uint8_t)(i * 7 + i / 509);
	memset(site, 0, sizeof(*site));
	site->small = shared_content_new(bytes_text("a small file"));
	site->large = shared_content_new(bytes_of(large, LARGE));
	site->text = shared_content_new(bytes_text("line\nand\rreturn\n"));
	free(large);
	assert_accepted(loop_new(&site->loop, &why), why);
	plan.fd = bind_udp(&site->address);
	assert_accepted(tftp_server_new(&site->server, site->loop, &plan, &why), why);
	site->timer = loop_timer_new(site->loop, on_late, site);
	loop_timer_set(site->timer, TEST_MS);
}

static void
close_site(struct site *site)
{
	assert_false(site->late);
	tftp_server_free(site->server);
	loop_timer_free(site->timer);
	loop_free(site->loop);
	shared_content_release(site->small);
	shared_content_release(site->large);
	shared_content_release(site->text);
}

static void
on_fetched(void *arg, enum fault fault, struct bytes content, const struct why *why)
{
	struct fetched *fetched = arg;

	fetched->fault = fault;
	fetched->why = *why;
	buffer_init(&fetched->content, LARGE);
	buffer_bytes(&fetched->content, content);
	if (--*fetched->left == 0)
		loop_stop(fetched->site->loop);
}

static void
begin_fetch(struct site *site, struct fetched *fetched, size_t *left, const char *name,
    uint32_t block_size, size_t most)
{
	struct tftp_fetch_plan plan = {.remote = site->address,
	    .name = name,
	    .most = most,
	    .block_size = block_size,
	    .on_fetched = on_fetched,
	    .arg = fetched};
	struct tftp_fetch *fetch;
	struct why why;

	fetched->site = site;
	fetched->left = left;
	assert_accepted(tftp_fetch_new(&fetch, site->loop, &plan, &why), why);
}

static void
fetch_one(
    struct site *site, struct fetched *fetched, const char *name, uint32_t block_size, size_t most)
{
	size_t left = 1;

	begin_fetch(site, fetched, &left, name, block_size, most);
	loop_run(site->loop);
}

static void
a_file_arrives_with_every_block_size(void **state)
{
	static const uint32_t sizes[] = {0, 512, 8192, 65464};
	struct fetched fetched;
	struct site site;

	(void)state;
	open_site(&site, 0, 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		fetch_one(&site, &fetched, "large", sizes[i], LARGE);
		assert_accepted(fetched.fault, fetched.why);
		assert_true(bytes_equal(
		    buffer_bytes_of(&fetched.content), shared_content_bytes(site.large)));
		buffer_finish(&fetched.content);
	}
	assert_int_equal(site.refused, 0);
	close_site(&site);
}

static void
more_than_65535_blocks_arrive(void **state)
{
	struct fetched fetched;
	struct site site;

	(void)state;
	open_site(&site, 0, 0);
	fetch_one(&site, &fetched, "large", 40, LARGE);
	assert_accepted(fetched.fault, fetched.why);
	assert_true(
	    bytes_equal(buffer_bytes_of(&fetched.content), shared_content_bytes(site.large)));
	buffer_finish(&fetched.content);
	close_site(&site);
}

static void
many_phones_are_served_at_once(void **state)
{
	enum { PHONES = 200 };
	static struct fetched fetched[PHONES];
	size_t left = PHONES;
	struct site site;

	(void)state;
	open_site(&site, PHONES, PHONES);
	for (size_t i = 0; i < PHONES; i++)
		begin_fetch(&site, &fetched[i], &left, i % 10 ? "small" : "large", 8192, LARGE);
	loop_run(site.loop);
	assert_int_equal(left, 0);
	for (size_t i = 0; i < PHONES; i++) {
		assert_accepted(fetched[i].fault, fetched[i].why);
		assert_true(bytes_equal(buffer_bytes_of(&fetched[i].content),
		    shared_content_bytes(i % 10 ? site.small : site.large)));
		buffer_finish(&fetched[i].content);
	}
	close_site(&site);
}

static void
what_a_client_cannot_have_it_is_told(void **state)
{
	static const struct {
		const char *says, *name;
		size_t most;
		enum fault fault;
		const char *complaint;
		bool asked; /* the program was asked for the file */
	} cases[] = {
	    {"an unknown file", "nobody", 100, FAULT_MISSING, "no such file", true},
	    {"a folder above", "../site.db", 100, FAULT_FORBIDDEN, "not the name of a file here",
		false},
	    {"a folder below", "a/small", 100, FAULT_FORBIDDEN, "not the name of a file here",
		false},
	    {"a path from the root", "/etc/passwd", 100, FAULT_FORBIDDEN,
		"not the name of a file here", false},
	    {"two dots", "..", 100, FAULT_FORBIDDEN, "not the name of a file here", false},
	    {"a hidden file", ".small", 100, FAULT_FORBIDDEN, "not the name of a file here", false},
	    {"a backslash and bytes", "\xff\xfe", 100, FAULT_FORBIDDEN,
		"not the name of a file here", false},
	    {"a file larger than wished", "large", LARGE - 1, FAULT_LIMIT,
		"large has 3000000 bytes", true},
	};
	struct fetched fetched;
	struct site site;

	(void)state;
	open_site(&site, 0, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t asked = site.found;

		print_message("  %s\n", cases[i].says);
		fetch_one(&site, &fetched, cases[i].name, 0, cases[i].most);
		assert_refused(fetched.fault, cases[i].fault, fetched.why, cases[i].complaint);
		assert_int_equal(site.found - asked, cases[i].asked);
		buffer_finish(&fetched.content);
	}
	assert_int_equal(site.refused, COUNT(cases) - 1);
	close_site(&site);
}

static void
send_raw(int fd, const struct site *site, const void *packet, size_t size)
{
	assert_int_equal(sendto(fd, packet, size, 0,
			     (const struct sockaddr *)&site->address.storage, site->address.size),
	    (ssize_t)size);
}

/* Packets nobody should send; the server lives and still serves. */
static void
hostile_packets_change_nothing(void **state)
{
	static const char junk[][16] = {"", "\0", "\0\1", "\0\1a", "\0\1a\0octet", "\0\3\0\1data",
	    "\0\4\0\1", "\0\5\0\1x", "\0\6", "\0\7", "\xff\xff\xff\xff"};
	char write[] = "\0\2new\0octet", huge[2000];
	struct fetched fetched;
	struct address mine;
	struct site site;
	int fd = bind_udp(&mine);

	(void)state;
	open_site(&site, 0, 0);
	memset(huge, 'A', sizeof(huge));
	huge[0] = 0;
	huge[1] = 1;
	for (size_t i = 0; i < COUNT(junk); i++)
		for (size_t size = 0; size < 12; size++)
			send_raw(fd, &site, junk[i], size);
	send_raw(fd, &site, write, sizeof(write));
	send_raw(fd, &site, huge, sizeof(huge));
	fetch_one(&site, &fetched, "small", 0, 100);
	assert_accepted(fetched.fault, fetched.why);
	/* Ours at most: its last ACK may still be on the way. */
	assert_true(tftp_server_count(site.server) <= 1);
	assert_true(site.refused > 100);
	buffer_finish(&fetched.content);
	close(fd);
	close_site(&site);
}

static void
one_address_cannot_take_all_transfers(void **state)
{
	static const char request[] = "\0\1large\0octet";
	struct fetched fetched;
	struct address mine;
	struct site site;
	int fds[5];

	(void)state;
	open_site(&site, 100, 4);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = bind_udp(&mine);
		send_raw(fds[i], &site, request, sizeof(request));
		send_raw(fds[i], &site, request, sizeof(request)); /* a repetition: not counted */
	}
	fetch_one(&site, &fetched, "small", 0, 100);
	assert_refused(fetched.fault, FAULT_UNEXPECTED, fetched.why,
	    "4 transfers to this address are in progress");
	assert_int_equal(tftp_server_count(site.server), 4);
	buffer_finish(&fetched.content);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	close_site(&site);
}

static void
nobody_at_the_port_is_told_at_once(void **state)
{
	struct fetched fetched;
	struct site site;
	struct address nobody;
	size_t left = 1;
	int fd = bind_udp(&nobody);

	(void)state;
	close(fd);
	open_site(&site, 0, 0);
	site.address = nobody;
	begin_fetch(&site, &fetched, &left, "small", 0, 100);
	loop_run(site.loop);
	assert_refused(
	    fetched.fault, FAULT_CLOSED, fetched.why, "nobody answers: Connection refused");
	buffer_finish(&fetched.content);
	close_site(&site);
}

/* A server that answers, then is impersonated from another port. */
static void
on_impersonate(int fd, int ready, void *arg)
{
	static const char first[] = "\0\3\0\1", evil[] = "\0\3\0\2evil", last[] = "\0\3\0\2good";
	struct address peer = {.size = sizeof(peer.storage)}, other;
	const struct sockaddr *to = (const struct sockaddr *)&peer.storage;
	char block[516] = {0}, packet[600];
	int *stranger = arg;

	(void)ready;
	if (recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&peer.storage, &peer.size) <
	    0)
		return;
	if (packet[1] == TFTP_READ) {
		memcpy(block, first, 4);
		*stranger = bind_udp(&other);
		(void)!sendto(fd, block, sizeof(block), 0, to, peer.size);
		(void)!sendto(*stranger, evil, 8, 0, to, peer.size);
	} else if (packet[1] == TFTP_ACK && packet[3] == 1) {
		(void)!sendto(fd, last, 8, 0, to, peer.size);
	}
}

static void
a_stranger_cannot_speak_for_the_server(void **state)
{
	struct fetched fetched;
	struct loop_watch *watch;
	struct site site;
	size_t left = 1;
	int fd, stranger = -1;
	char packet[64] = {0};

	(void)state;
	open_site(&site, 0, 0);
	fd = bind_udp(&site.address);
	watch = loop_watch_new(site.loop, fd, LOOP_READ, on_impersonate, &stranger);
	begin_fetch(&site, &fetched, &left, "small", 0, 1000);
	loop_run(site.loop);
	assert_accepted(fetched.fault, fetched.why);
	assert_int_equal(fetched.content.size, 516);
	assert_memory_equal(fetched.content.at + 512, "good", 4);
	assert_true(recv(stranger, packet, sizeof(packet), MSG_DONTWAIT) > 4);
	assert_int_equal(packet[1], TFTP_ERROR);
	assert_int_equal(packet[3], TFTP_ERROR_UNKNOWN_ID);
	buffer_finish(&fetched.content);
	loop_watch_free(watch);
	close(stranger);
	close(fd);
	close_site(&site);
}

static void
on_exit_of_tool(int fd, int ready, void *arg)
{
	(void)fd;
	(void)ready;
	loop_stop(arg);
}

/* Runs someone else's client against the server; its exit status. */
static int
run_tool(struct site *site, const char *const *arguments)
{
	struct loop_watch *watch;
	int status, pidfd;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	watch = loop_watch_new(site->loop, pidfd, LOOP_READ, on_exit_of_tool, site->loop);
	loop_run(site->loop);
	loop_watch_free(watch);
	close(pidfd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
assert_file(const char *path, struct bytes expected)
{
	struct content file;
	struct why why;

	assert_accepted(storage_read(path, LARGE + 1, &file, &why), why);
	assert_true(bytes_equal(content_bytes(&file), expected));
	content_free(&file);
	unlink(path);
}

static void
other_peoples_clients_get_the_files(void **state)
{
	char port[8], url[64], path[64];
	const char *hpa_octet[] = {
	    "tftp", "-m", "binary", "127.0.0.1", port, "-c", "get", "large", path, NULL};
	const char *hpa_text[] = {
	    "tftp", "-m", "netascii", "127.0.0.1", port, "-c", "get", "text", path, NULL};
	const char *curl[] = {"curl", "-s", "--tftp-blksize", "8192", "-o", path, url, NULL};
	const char *curl_missing[] = {"curl", "-s", "-o", path, url, NULL};
	struct site site;
	int status;

	(void)state;
	open_site(&site, 0, 0);
	snprintf(path, sizeof(path), "/tmp/tftp-server-test-%d", (int)getpid());
	snprintf(port, sizeof(port), "%u", address_port(&site.address));
	status = run_tool(&site, hpa_octet);
	if (status == 127) {
		close_site(&site);
		print_message("  tftp (tftp-hpa) is not installed\n");
		skip();
	}
	assert_int_equal(status, 0);
	assert_file(path, shared_content_bytes(site.large));
	assert_int_equal(run_tool(&site, hpa_text), 0);
	assert_file(path, shared_content_bytes(site.text));
	snprintf(url, sizeof(url), "tftp://127.0.0.1:%s/large", port);
	assert_int_equal(run_tool(&site, curl), 0);
	assert_file(path, shared_content_bytes(site.large));
	snprintf(url, sizeof(url), "tftp://127.0.0.1:%s/nothing", port);
	assert_int_equal(run_tool(&site, curl_missing), 68); /* "file not found" */
	unlink(path);
	close_site(&site);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_arrives_with_every_block_size),
	    cmocka_unit_test(more_than_65535_blocks_arrive),
	    cmocka_unit_test(many_phones_are_served_at_once),
	    cmocka_unit_test(what_a_client_cannot_have_it_is_told),
	    cmocka_unit_test(hostile_packets_change_nothing),
	    cmocka_unit_test(one_address_cannot_take_all_transfers),
	    cmocka_unit_test(nobody_at_the_port_is_told_at_once),
	    cmocka_unit_test(a_stranger_cannot_speak_for_the_server),
	    cmocka_unit_test(other_peoples_clients_get_the_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
