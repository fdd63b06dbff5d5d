/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/registrar/usage.h - what a server costs: processor time and memory of a process and of
 * all its descendants, by name. Read from outside, so that every server is measured alike.
 */
#ifndef BENCH_REGISTRAR_USAGE_H
#define BENCH_REGISTRAR_USAGE_H

#include <stdint.h>
#include <sys/types.h>

enum { USAGE_PROCESSES_MOST = 64 };

struct usage {
	struct usage_process {
		pid_t pid;
		char name[32]; /* as the kernel calls it: "edge-0", "call" */
		uint64_t cpu_ns;
		uint64_t pss_kb; /* shared pages count for the share of each */
	} processes[USAGE_PROCESSES_MOST];
	size_t count;
};

/* Of root and everything below it; processes that end meanwhile are left out. */
void usage_read(pid_t root, struct usage *usage);
/* Of the processes whose name starts with that ("" for all). */
uint64_t usage_cpu_ns(const struct usage *usage, const char *name);
uint64_t usage_pss_kb(const struct usage *usage, const char *name);
#endif
