/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/sandbox_test.c - what was given up cannot be taken back. */
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests.h"

static char folder[64];

/* Runs what in a sandboxed child; its exit status, or 128 + signal. */
static int
in_sandbox(unsigned allow, int (*what)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct sandbox sandbox = {
		    .process = "test", .allow = allow, .paths = {{folder, true}}};
		struct sandbox_report report;
		struct why why;

		if (sandbox_enter(&sandbox, &report, &why) != FAULT_NONE) {
			fprintf(stderr, "%s\n", why.text);
			_exit(99);
		}
		_exit(what());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int
try_to_open_a_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0) >= 0 ? 0 : errno;
}

static int
try_to_read_passwords(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : errno;
}

static int
try_to_write_in_its_folder(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/file", folder);
	return open(path, O_WRONLY | O_CREAT, 0600) >= 0 ? 0 : errno;
}

static int
try_to_start_a_program(void)
{
	char *const arguments[] = {NULL};

	execve("/bin/true", arguments, arguments);
	return 0;
}

static int
try_to_mount(void)
{
	return chroot("/") == 0 ? 0 : errno;
}

static bool
landlock_here(void)
{
	return in_sandbox(SANDBOX_FILES, try_to_read_passwords) != 0;
}

static void
each_right_is_there_only_where_it_was_asked_for(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(0, try_to_open_a_socket), EPERM);
	assert_int_equal(in_sandbox(SANDBOX_NETWORK, try_to_open_a_socket), 0);
	assert_int_equal(in_sandbox(SANDBOX_FILES, try_to_write_in_its_folder), 0);
}

static void
calls_nobody_needs_end_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_sandbox(~0u, try_to_start_a_program), 128 + SIGSYS);
	assert_int_equal(in_sandbox(~0u, try_to_mount), 128 + SIGSYS);
}

static void
files_outside_cannot_be_opened_where_the_kernel_has_landlock(void **state)
{
	(void)state;
	if (!landlock_here())
		skip();
	assert_int_equal(in_sandbox(SANDBOX_FILES, try_to_read_passwords), EACCES);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_right_is_there_only_where_it_was_asked_for),
	    cmocka_unit_test(calls_nobody_needs_end_the_process),
	    cmocka_unit_test(files_outside_cannot_be_opened_where_the_kernel_has_landlock),
	};
	int failed;

	snprintf(folder, sizeof(folder), "/tmp/sandbox-test-%d", (int)getpid());
	if (mkdir(folder, 0700) == -1)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (chdir(folder) == 0)
		unlink("file");
	rmdir(folder);
	return failed;
}
