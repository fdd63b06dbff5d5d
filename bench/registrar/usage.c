/* SPDX-License-Identifier: Apache-2.0 */
#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static FILE *
open_of(pid_t pid, const char *what)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	return fopen(path, "r");
}

static uint64_t
read_pss(pid_t pid)
{
	FILE *file = open_of(pid, "smaps_rollup");
	unsigned long long kb = 0;
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "Pss: %llu", &kb) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kb;
}

static uint64_t
read_cpu(pid_t pid)
{
	struct timespec spent = {0};
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
		return 0;
	return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

static void
read_name(pid_t pid, char name[32])
{
	FILE *file = open_of(pid, "comm");

	if (file == NULL || fgets(name, 32, file) == NULL)
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	if (file != NULL)
		fclose(file);
}

/* Children of its main thread: none of the servers forks from another one. */
static void
add_children(pid_t pid, struct usage *usage)
{
	char path[64];
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "task/%d/children", (int)pid);
	file = open_of(pid, path);
	while (
	    file != NULL && usage->count < USAGE_PROCESSES_MOST && fscanf(file, "%d", &child) == 1)
		usage->processes[usage->count++].pid = child;
	if (file != NULL)
		fclose(file);
}

void
usage_read(pid_t root, struct usage *usage)
{
	*usage = (struct usage){.count = 1, .processes = {{.pid = root}}};
	for (size_t i = 0; i < usage->count; i++) {
		struct usage_process *process = &usage->processes[i];

		read_name(process->pid, process->name);
		process->cpu_ns = read_cpu(process->pid);
		process->pss_kb = read_pss(process->pid);
		add_children(process->pid, usage);
	}
}

uint64_t
usage_cpu_ns(const struct usage *usage, const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < usage->count; i++)
		if (strncmp(usage->processes[i].name, name, strlen(name)) == 0)
			sum += usage->processes[i].cpu_ns;
	return sum;
}

uint64_t
usage_pss_kb(const struct usage *usage, const char *name)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < usage->count; i++)
		if (strncmp(usage->processes[i].name, name, strlen(name)) == 0)
			sum += usage->processes[i].pss_kb;
	return sum;
}
