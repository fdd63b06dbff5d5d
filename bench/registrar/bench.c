/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/registrar/bench.c - the real manager against a bare TLS responder and against kamailio.
 *
 * For each kind of key of the server: all servers run, and take turns. Every turn is one load of
 * refreshes on open connections, or of new mutual-TLS registrations. What counts is the processor
 * time a server spent on one request, all its processes together: other load on the machine then
 * hardly matters, and the load generator not at all. Rates by the clock are printed beside it.
 *
 *     bench_registrar [PHONES [SERVER [new | refreshes]]]      to look at one alone
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load/load.h"
#include "phones.h"
#include "servers.h"
#include "storage/storage.h"
#include "usage.h"

enum {
	ROUNDS = 3,
	SECONDS = 4,
	PHONES = 1000,  /* connected for refreshes */
	PHONES_NEW = 32 /* connecting at once */
};

static const char *const loads[] = {
    [LOAD_NEW] = "new registrations", [LOAD_REFRESHES] = "refreshes"};
static const char *const keys[] = {"RSA 2048", "P-256"};
static const char *const suites[] = {
    "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"};

/* Sums over all rounds of one server under one load. */
struct score {
	uint64_t done, cpu_ns;
	uint64_t edge_ns, call_ns; /* of cpu_ns */
	double seconds;
	double kb_a_phone; /* of the first round: later ones find memory that was used before */
};

struct turn {
	const struct server *server;
	struct usage before, start, end;
};

static void
check(enum fault fault, const struct why *why)
{
	if (fault == FAULT_NONE)
		return;
	fprintf(stderr, "bench: %s\n", why->text);
	exit(1);
}

static void
on_start(void *arg)
{
	struct turn *turn = arg;

	usage_read(turn->server->pid, &turn->start);
}

static void
on_end(void *arg)
{
	struct turn *turn = arg;

	usage_read(turn->server->pid, &turn->end);
}

/* Edge and call alone hold what a phone costs; of the others all that they are. */
static uint64_t
phone_memory(const struct server *server, const struct usage *usage)
{
	return server->kind == SERVER_MANAGER
		   ? usage_pss_kb(usage, "edge") + usage_pss_kb(usage, "call")
		   : usage_pss_kb(usage, "");
}

static void
add_turn(
    struct score *score, const struct turn *turn, const struct load_result *result, size_t phones)
{
	score->done += result->done;
	score->seconds += result->seconds;
	score->cpu_ns += usage_cpu_ns(&turn->end, "") - usage_cpu_ns(&turn->start, "");
	score->edge_ns += usage_cpu_ns(&turn->end, "edge") - usage_cpu_ns(&turn->start, "edge");
	score->call_ns += usage_cpu_ns(&turn->end, "call") - usage_cpu_ns(&turn->start, "call");
	if (score->kb_a_phone == 0)
		score->kb_a_phone = ((double)phone_memory(turn->server, &turn->end) -
					(double)phone_memory(turn->server, &turn->before)) /
				    (double)phones;
}

static void
take_turn(const struct server *server, enum load_kind kind, enum server_key key,
    const struct phones *phones, struct score *score)
{
	struct turn turn = {.server = server};
	struct load_plan plan = {.kind = kind,
	    .server = server->address,
	    .identities = phones->identities,
	    .identity_count = phones->count,
	    .phones = kind == LOAD_NEW ? PHONES_NEW : phones->count,
	    .seconds = SECONDS,
	    .window = 1,
	    .suites = suites[key],
	    .on_start = on_start,
	    .on_end = on_end,
	    .arg = &turn};
	struct load_result result;
	struct why why;

	usage_read(server->pid, &turn.before);
	check(load_run(&plan, &result, &why), &why);
	if (result.failed + result.refused > 0)
		fprintf(stderr, "bench: %s: %llu failed, %llu refused: %s\n",
		    server_name(server->kind), (unsigned long long)result.failed,
		    (unsigned long long)result.refused, result.why.text);
	add_turn(score, &turn, &result, plan.phones);
}

static double
cost_us(const struct score *score)
{
	return score->done == 0 ? 0 : (double)score->cpu_ns / 1e3 / (double)score->done;
}

static void
print_score(enum load_kind kind, enum server_key key, enum server_kind server,
    const struct score scores[SERVER_KINDS])
{
	const struct score *score = &scores[server];
	double done = (double)score->done;
	uint64_t rest_ns = score->cpu_ns - score->edge_ns; /* on the second core */
	double most = (double)(score->edge_ns > rest_ns ? score->edge_ns : rest_ns);

	if (score->done == 0)
		return;
	printf("%-18s %-9s %-15s %9.0f %9.1f %9.0f %7.2f", loads[kind], keys[key],
	    server_name(server), done / score->seconds, cost_us(score), 1e6 / cost_us(score),
	    cost_us(&scores[SERVER_BARE]) / cost_us(score));
	if (scores[SERVER_KAMAILIO].done > 0)
		printf(" %9.2f", cost_us(&scores[SERVER_KAMAILIO]) / cost_us(score));
	else
		printf(" %9s", "-");
	if (kind == LOAD_REFRESHES)
		printf(" %9.1f", score->kb_a_phone);
	printf("\n");
	if (server == SERVER_MANAGER)
		printf("  of that: edge %.1f us, call %.1f us, the others %.1f us;"
		       " edge on a core of its own: %.0f/s\n",
		    (double)score->edge_ns / 1e3 / done, (double)score->call_ns / 1e3 / done,
		    (double)(score->cpu_ns - score->edge_ns - score->call_ns) / 1e3 / done,
		    most > 0 ? done * 1e9 / most : 0);
	fflush(stdout);
}

static void
compare(const struct server servers[SERVER_KINDS], enum load_kind kind, enum server_key key,
    const struct phones *phones)
{
	struct score scores[SERVER_KINDS] = {0};

	for (int round = 0; round < ROUNDS; round++)
		for (int i = 0; i < SERVER_KINDS; i++)
			if (servers[i].pid > 0)
				take_turn(&servers[i], kind, key, phones, &scores[i]);
	for (int i = 0; i < SERVER_KINDS; i++)
		print_score(kind, key, (enum server_kind)i, scores);
}

/* What is measured; NULL is everything. */
struct choice {
	const char *server, *load;
};

static bool
is_chosen(const char *wanted, const char *name)
{
	return wanted == NULL || strstr(name, wanted) != NULL;
}

static void
run_key(struct server_plan plan, enum server_key key, const struct phones *phones,
    const struct choice *choice)
{
	struct server servers[SERVER_KINDS] = {0};
	struct why why;

	plan.key = key;
	for (int i = 0; i < SERVER_KINDS; i++)
		if (server_is_installed((enum server_kind)i) &&
		    is_chosen(choice->server, server_name((enum server_kind)i)))
			check(server_start(&servers[i], (enum server_kind)i, &plan, &why), &why);
	/* Refreshes first: memory is measured on servers that have seen no phone yet. */
	if (is_chosen(choice->load, loads[LOAD_REFRESHES]))
		compare(servers, LOAD_REFRESHES, key, phones);
	if (is_chosen(choice->load, loads[LOAD_NEW]))
		compare(servers, LOAD_NEW, key, phones);
	for (int i = 0; i < SERVER_KINDS; i++)
		server_stop(&servers[i]);
}

static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
print_head(size_t phones)
{
	double load[3] = {0};

	if (getloadavg(load, 3) != 3)
		load[0] = -1;
	printf("%zu phones; %d turns of %d s each; load average before: %.1f on %ld cores\n",
	    phones, ROUNDS, SECONDS, load[0], sysconf(_SC_NPROCESSORS_ONLN));
	printf("%-18s %-9s %-15s %9s %9s %9s %7s %9s %9s\n", "load", "key", "server", "wall/s",
	    "cpu us", "cpu/s", "x bare", "x kamailio", "KB/phone");
	fflush(stdout);
}

int
main(int count, char **words)
{
	const char *programs = getenv("RINGFENCE_PROGRAMS");
	char scratch[] = "/tmp/ringfence-bench-XXXXXX", site[64], command[96], host[32];
	struct server_plan plan = {.programs = programs != NULL ? programs : ".",
	    .scratch = scratch,
	    .site = site,
	    .host = host,
	    .port = 24100,
	    .manager_port = 24001};
	struct choice choice = {count > 2 ? words[2] : NULL, count > 3 ? words[3] : NULL};
	struct phones phones;
	struct why why;

	raise_limits();
	if (count == 6 && strncmp(words[1], "bare", 4) == 0)
		return server_main_bare(words + 2, strcmp(words[1], "bare-tickets") == 0);
	signal(SIGPIPE, SIG_IGN);
	if (mkdtemp(scratch) == NULL)
		return 1;
	snprintf(site, sizeof(site), "%s/site", scratch);
	snprintf(host, sizeof(host), "127.%d.%d.1", 16 + getpid() / 250 % 200, 1 + getpid() % 250);
	check(phones_make_site(site, plan.programs, host, plan.manager_port - 1u, &why), &why);
	check(phones_make(&phones, site, count > 1 ? (size_t)atoi(words[1]) : PHONES, &why), &why);
	print_head(phones.count);
	for (int key = 0; key < SERVER_KEYS; key++)
		run_key(plan, (enum server_key)key, &phones, &choice);
	phones_finish(&phones);
	snprintf(command, sizeof(command), "rm -r %s", scratch);
	return system(command) != 0;
}
