/* SPDX-License-Identifier: Apache-2.0 */
/* tests/manager/supervisor_test.c - killed processes come back, linked, under two seconds. */
#include "directory/site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "keys/keys.h"
#include "storage/storage.h"
#include "tests.h"

enum { ANOTHER = 65534 /* nobody */ };
enum { EDGES = 2, START_MS = 30000, REPAIR_MS = 2000 };

static struct {
	char folder[64];
	struct site site;
	pid_t pid;
	int log;
	char lines[1 << 20]; /* all the manager and its processes wrote */
	size_t size;
} manager;

static void
make_site(void)
{
	char keys_folder[STORAGE_PATH_MOST];
	struct keys *keys;
	struct why why;
	pid_t keeper;

	snprintf(manager.folder, sizeof(manager.folder), "/tmp/ringfence-site-XXXXXX");
	assert_non_null(mkdtemp(manager.folder));
	site_init(&manager.site);
	snprintf(manager.site.address, sizeof(manager.site.address), "127.%d.%d.7",
	    1 + getpid() / 250 % 250, 1 + getpid() % 250);
	manager.site.edges = EDGES;
	assert_accepted(
	    site_set_ports(&manager.site, 20000 + (unsigned)getpid() % 20000, &why), why);
	assert_accepted(site_write(manager.folder, &manager.site, &why), why);
	assert_accepted(storage_path(keys_folder, manager.folder, "keys", &why), why);
	assert_accepted(keys_start(&keys, keys_folder, ROLE_SITE, &keeper, &why), why);
	assert_accepted(keys_generate(keys, KEY_CALLMANAGER, KEY_RSA_2048, false, NULL, &why), why);
	keys_stop(keys, keeper);
}

static void
start_manager(void)
{
	int log[2];

	assert_int_equal(pipe(log), 0);
	fflush(NULL);
	manager.size = 0;
	manager.pid = fork();
	if (manager.pid == 0) {
		dup2(log[1], STDERR_FILENO);
		dup2(log[1], STDOUT_FILENO);
		close(log[0]);
		execl(getenv("SUPERVISED"), "supervised", "--site", manager.folder, (char *)NULL);
		_exit(127);
	}
	close(log[1]);
	manager.log = log[0];
}

/* The first line behind *from that holds both texts; *from moves behind it. NULL in time. */
static char *
find_line(size_t *from, const char *one, const char *other)
{
	manager.lines[manager.size] = '\0';
	for (char *at = manager.lines + *from, *end; (end = strchr(at, '\n')) != NULL;
	     at = end + 1) {
		char *found;

		*end = '\0';
		found = strstr(at, one) != NULL && strstr(at, other) != NULL ? at : NULL;
		if (found != NULL) {
			*from = (size_t)(end + 1 - manager.lines);
			found = strdup(at);
			*end = '\n';
			return found;
		}
		*end = '\n';
	}
	return NULL;
}

/* Reads the log until such a line stands behind *from; fails the test after most_ms. */
static char *
await_line(size_t *from, const char *one, const char *other, uint64_t most_ms)
{
	uint64_t end = clock_monotonic_ms() + most_ms, now;
	char *line;

	while ((line = find_line(from, one, other)) == NULL) {
		struct pollfd wait = {.fd = manager.log, .events = POLLIN};
		ssize_t got;

		now = clock_monotonic_ms();
		if (now >= end || poll(&wait, 1, (int)(end - now)) != 1)
			fail_msg("nothing said \"%s\" \"%s\" within %llu ms:\n%s", one, other,
			    (unsigned long long)most_ms, manager.lines);
		got = read(manager.log, manager.lines + manager.size,
		    sizeof(manager.lines) - 1 - manager.size);
		assert_true(got > 0);
		manager.size += (size_t)got;
	}
	return line;
}

static void
await(size_t from, const char *one, const char *other, uint64_t most_ms)
{
	free(await_line(&from, one, other, most_ms));
}

/* "... process started name=call pid=123" */
static pid_t
pid_of(const char *name)
{
	char words[64], *line, *next;
	size_t from = 0;
	pid_t pid = 0;

	snprintf(words, sizeof(words), "name=%s ", name);
	for (line = await_line(&from, "process started", words, START_MS); line != NULL;
	     line = next) {
		pid = atoi(strstr(line, "pid=") + 4);
		free(line);
		next = find_line(&from, "process started", words);
	}
	return pid;
}

static char
ask_edge(void)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(manager.site.port[SITE_SIP_TLS])};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer = '-';

	assert_int_equal(inet_pton(AF_INET, manager.site.address, &to.sin_addr), 1);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		(void)!read(fd, &answer, 1);
	close(fd);
	return answer;
}

/* The listening sockets are the supervisor's: a caller is never refused, at most kept waiting. */
static void
await_signature(uint64_t most_ms)
{
	uint64_t end = clock_monotonic_ms() + most_ms;

	for (int good = 0; good < 2 * EDGES;) { /* the kernel chooses the edge */
		good = ask_edge() == 'y' ? good + 1 : 0;
		if (clock_monotonic_ms() > end)
			fail_msg("no edge could sign within %llu ms", (unsigned long long)most_ms);
	}
}

static void
await_links(void)
{
	for (int i = 0; i < EDGES; i++) {
		char name[16], from[32];

		snprintf(name, sizeof(name), " edge-%d[", i);
		snprintf(from, sizeof(from), "heard from=edge-%d", i);
		await(0, name, "heard from=call", START_MS);
		await(0, " call[", from, START_MS);
	}
}

static int
set_up(void **state)
{
	(void)state;
	make_site();
	start_manager();
	await_links();
	return 0;
}

static int
set_up_of_another_user(void **state)
{
	char command[128];

	(void)state;
	make_site();
	snprintf(command, sizeof(command), "chown -R %d:%d %s", ANOTHER, ANOTHER, manager.folder);
	if (geteuid() == 0) {
		assert_int_equal(system(command), 0);
		start_manager();
	}
	return 0;
}

static void
remove_folder(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -r %s", manager.folder);
	assert_int_equal(system(command), 0);
}

static int
tear_down(void **state)
{
	int status;

	(void)state;
	if (manager.pid > 0) {
		kill(manager.pid, SIGTERM);
		assert_int_equal(waitpid(manager.pid, &status, 0), manager.pid);
		/* A test that was skipped ends it before it listens to signals. */
		assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
			    (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
	}
	if (manager.log > 0)
		close(manager.log);
	manager.pid = 0;
	manager.log = 0;
	remove_folder();
	return 0;
}

static void
every_process_starts_linked_with_keys_and_tickets(void **state)
{
	(void)state;
	await(0, " edge-0[", "tickets bytes=80", START_MS);
	await(0, " edge-1[", "tickets bytes=80", START_MS);
	await(0, " edge-0[", "sandbox entered", START_MS);
	await_signature(START_MS);
}

static void
a_killed_call_is_back_and_every_edge_linked_anew(void **state)
{
	pid_t call = pid_of("call"), edge = pid_of("edge-0");
	uint64_t killed = clock_monotonic_ms();
	size_t before = manager.size;

	(void)state;
	assert_int_equal(kill(call, SIGKILL), 0);
	await(before, "process ended name=call", "signal=9", REPAIR_MS);
	await(before, " edge-0[", "heard from=call", REPAIR_MS);
	await(before, " edge-1[", "heard from=call", REPAIR_MS);
	assert_true(clock_monotonic_ms() - killed < REPAIR_MS);
	assert_int_not_equal(pid_of("call"), call);
	assert_int_equal(pid_of("edge-0"), edge);
}

static void
a_killed_edge_loses_no_listening_socket(void **state)
{
	uint64_t killed = clock_monotonic_ms();
	pid_t call = pid_of("call");
	size_t before = manager.size;

	(void)state;
	assert_int_equal(kill(pid_of("edge-0"), SIGKILL), 0);
	await(before, " call[", "heard from=edge-0", REPAIR_MS);
	await(before, " edge-0[", "tickets bytes=80", REPAIR_MS);
	assert_true(clock_monotonic_ms() - killed < REPAIR_MS);
	await_signature(REPAIR_MS);
	assert_int_equal(pid_of("call"), call);
}

static void
a_killed_keykeeper_is_replaced_under_the_keys_in_use(void **state)
{
	pid_t edge = pid_of("edge-0");

	(void)state;
	await_signature(START_MS);
	assert_int_equal(kill(pid_of("keykeeper"), SIGKILL), 0);
	await_signature(REPAIR_MS);
	assert_int_equal(pid_of("edge-0"), edge);
}

static void
everything_ends_with_the_supervisor(void **state)
{
	static const char *const names[] = {"keykeeper", "call", "edge-0", "edge-1"};
	int ends[COUNT(names)];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		ends[i] = (int)syscall(SYS_pidfd_open, pid_of(names[i]), 0);
		assert_true(ends[i] >= 0);
	}
	assert_int_equal(kill(manager.pid, SIGKILL), 0);
	assert_int_equal(waitpid(manager.pid, NULL, 0), manager.pid);
	manager.pid = 0;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct pollfd wait = {.fd = ends[i], .events = POLLIN};

		assert_int_equal(poll(&wait, 1, REPAIR_MS), 1);
		close(ends[i]);
	}
}

/* Where even our own programs cannot be reached by others, root cannot give them away. */
static bool
others_can_start(const char *program)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(setresuid(ANOTHER, ANOTHER, ANOTHER) == -1 || access(program, X_OK) == -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned
user_of(pid_t pid)
{
	char path[64], line[256];
	unsigned real = 0, effective = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	assert_non_null(file = fopen(path, "r"));
	while (fgets(line, sizeof(line), file) != NULL)
		(void)!sscanf(line, "Uid: %u %u", &real, &effective);
	fclose(file);
	assert_int_equal(real, effective);
	return effective;
}

static void
started_by_root_all_become_the_sites_owner(void **state)
{
	static const char *const names[] = {"keykeeper", "call", "edge-0"};

	(void)state;
	if (geteuid() != 0 || !others_can_start(getenv("SUPERVISED"))) {
		print_message("  only root can tell\n");
		skip();
	}
	await_links();
	assert_int_equal(user_of(manager.pid), ANOTHER);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(user_of(pid_of(names[i])), ANOTHER);
	await_signature(START_MS);
}

#define sentence(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    sentence(every_process_starts_linked_with_keys_and_tickets),
	    sentence(a_killed_call_is_back_and_every_edge_linked_anew),
	    sentence(a_killed_edge_loses_no_listening_socket),
	    sentence(a_killed_keykeeper_is_replaced_under_the_keys_in_use),
	    sentence(everything_ends_with_the_supervisor),
	    cmocka_unit_test_setup_teardown(
		started_by_root_all_become_the_sites_owner, set_up_of_another_user, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
