/* SPDX-License-Identifier: Apache-2.0 */
/* tests/base/process_test.c - a child gets what it was given by name, and is kept alive. */
#include "base/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests.h"

static char self[1024];

/* What this program does when it is its own child. */
static int
be_child(const char *role)
{
	int out = process_descriptor("out");
	char answer[64];

	if (strcmp(role, "tell") == 0) {
		snprintf(answer, sizeof(answer), "secret=%s other=%d extra=%d",
		    getenv("PROCESS_TEST_SECRET") != NULL ? "leaked" : "absent",
		    process_descriptor("other"), fcntl(9, F_GETFD) != -1);
		return write(out, answer, strlen(answer)) > 0 ? 0 : 1;
	}
	/* "wait": lives until its input closes */
	snprintf(answer, sizeof(answer), "up");
	if (write(out, answer, 2) != 2)
		return 1;
	pause();
	return 0;
}

static void
a_child_finds_its_descriptors_by_name_and_nothing_else(void **state)
{
	const char *arguments[] = {self, "tell", NULL};
	struct process_descriptor given[1];
	struct process_plan plan = {self, arguments, given, 1};
	char answer[64] = "";
	struct why why;
	int ends[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(setenv("PROCESS_TEST_SECRET", "1", 1), 0);
	assert_int_equal(dup2(ends[0], 9), 9);
	given[0] = (struct process_descriptor){"out", ends[1]};
	assert_accepted(process_start(&plan, &pid, &why), why);
	close(ends[1]);
	assert_true(read(ends[0], answer, sizeof(answer) - 1) > 0);
	assert_string_equal(answer, "secret=absent other=-1 extra=0");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(9);
}

static void
a_program_that_is_not_there_is_named(void **state)
{
	const char *arguments[] = {"x", NULL};
	struct process_plan plan = {"/no/such/program", arguments, NULL, 0};
	struct why why;
	pid_t pid;

	(void)state;
	assert_refused(process_start(&plan, &pid, &why), FAULT_MISSING, why, "/no/such/program");
}

struct keeping {
	struct loop *loop;
	int out[2];
	const char *arguments[3];
	struct process_descriptor given[1];
	unsigned starts, deaths;
	uint64_t died_ms, back_ms;
};

static enum fault
plan_waiting(void *arg, struct process_plan *plan, struct why *why)
{
	struct keeping *keeping = arg;

	(void)why;
	keeping->arguments[0] = self;
	keeping->arguments[1] = "wait";
	keeping->given[0] = (struct process_descriptor){"out", keeping->out[1]};
	*plan = (struct process_plan){self, keeping->arguments, keeping->given, 1};
	return FAULT_NONE;
}

static void
on_change(void *arg, pid_t pid, int status)
{
	struct keeping *keeping = arg;
	char up[2];

	if (pid == 0) {
		assert_true(WIFSIGNALED(status));
		keeping->deaths++;
		keeping->died_ms = clock_monotonic_ms();
		return;
	}
	assert_int_equal(read(keeping->out[0], up, 2), 2);
	keeping->starts++;
	if (keeping->starts == 1) {
		assert_int_equal(kill(pid, SIGKILL), 0);
	} else {
		keeping->back_ms = clock_monotonic_ms();
		loop_stop(keeping->loop);
	}
}

static void
a_killed_child_is_back_in_under_two_seconds(void **state)
{
	struct keeping keeping = {0};
	struct process *process;
	struct why why;
	pid_t pid;

	(void)state;
	assert_accepted(loop_new(&keeping.loop, &why), why);
	assert_int_equal(pipe(keeping.out), 0);
	assert_accepted(process_keep(&process, keeping.loop, "waiting", plan_waiting, on_change,
			    &keeping, &why),
	    why);
	loop_run(keeping.loop);
	assert_int_equal(keeping.starts, 2);
	assert_int_equal(keeping.deaths, 1);
	assert_true(keeping.back_ms - keeping.died_ms < 2000);
	pid = process_pid(process);
	process_stop(process, 1000);
	assert_int_equal(kill(pid, 0), -1);
	close(keeping.out[0]);
	close(keeping.out[1]);
	loop_free(keeping.loop);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_child_finds_its_descriptors_by_name_and_nothing_else),
	    cmocka_unit_test(a_program_that_is_not_there_is_named),
	    cmocka_unit_test(a_killed_child_is_back_in_under_two_seconds),
	};
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (size > 0)
		self[size] = '\0';
	if (argc > 1)
		return be_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
