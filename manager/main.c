/* SPDX-License-Identifier: Apache-2.0 */
/* manager/main.c - ringfence-manager: the supervisor, or one of its processes. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/audit.h"
#include "base/log.h"
#include "channel/channel.h"
#include "manager/supervisor.h"
#include "storage/storage.h"

#define DEFAULT_SITE "/var/lib/ringfence"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: ringfence-manager [--site DIR] [--log debug|info|warning|error]\n"
    "See ringfence-manager(8).\n";

struct options {
	const char *folder, *process, *level;
};

static bool
read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {{"site", required_argument, NULL, 's'},
	    {"process", required_argument, NULL, 'p'}, {"log", required_argument, NULL, 'l'},
	    {"version", no_argument, NULL, 'v'}, {"help", no_argument, NULL, 'h'}, {0}};
	int letter;

	*options = (struct options){DEFAULT_SITE, NULL, "info"};
	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (letter) {
		case 's':
			options->folder = optarg;
			break;
		case 'p':
			options->process = optarg;
			break;
		case 'l':
			options->level = optarg;
			break;
		case 'v':
			printf("ringfence-manager %s\n", RINGFENCE_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			return false;
		}
	}
	return optind == argc;
}

/* The child form: everything a process is given, then its own main. */
static enum fault
run_process(const char *folder, const struct site *site, const char *name, struct why *why)
{
	struct start start = {.folder = folder, .site = *site};
	char kind_name[START_NAME_SIZE];
	const struct process_kind *kind;
	size_t stem = strcspn(name, "-"); /* "edge-0" is an edge */
	enum fault fault;
	int keys_fd, status;

	snprintf(start.process, sizeof(start.process), "%s", name);
	snprintf(kind_name, sizeof(kind_name), "%.*s", (int)stem, name);
	if ((kind = process_kind_find(kind_name)) == NULL)
		return explain(why, FAULT_MISSING, "there is no process '%s'", name);
	start.index = name[stem] == '-' ? (unsigned)strtoul(name + stem + 1, NULL, 10) : 0;
	if (prctl(PR_SET_NAME, start.process) == -1)
		return explain_errno(why, "cannot name the process");
	if ((fault = loop_new(&start.loop, why)))
		return fault;
	if (kind->asks && ((fault = start_descriptor(&start, "keys", &keys_fd, why)) ||
			      (fault = keys_open(&start.keys, keys_fd, why)))) {
		loop_free(start.loop);
		return fault;
	}
	status = kind->main(&start);
	channel_settle(start.loop);
	keys_close(start.keys);
	loop_free(start.loop);
	return status == EXIT_SUCCESS
		   ? FAULT_NONE
		   : explain(why, FAULT_SYSTEM, "%s ended with %d", name, status);
}

int
main(int argc, char **argv)
{
	struct options options;
	enum log_level level;
	struct site site;
	struct why why;
	enum fault fault;

	if (!read_options(argc, argv, &options) || !log_level_from_name(options.level, &level)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_open(options.process != NULL ? options.process : "manager", level, STDERR_FILENO);
	if ((fault = site_read(options.folder, &site, &why)) == FAULT_NONE) {
		if (options.process != NULL) {
			audit_open_fd(process_descriptor("audit"));
			fault = run_process(options.folder, &site, options.process, &why);
		} else {
			fault = supervisor_run(options.folder, &site, options.level, &why);
		}
	}
	if (fault != FAULT_NONE)
		log_error("manager", "cannot run", LOG_TEXT("reason", why.text));
	return fault == FAULT_NONE ? EXIT_SUCCESS : EXIT_FAILURE;
}
