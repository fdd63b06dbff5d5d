/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl/main.c - ringfencectl: find the command in the tables, run it, print what it gives.
 *
 * With --json every run prints JSON on stdout, also when refused:
 * {"ok":false,"fault":"untrusted","error":"..."}. Exit codes: command.h.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/log.h"
#include "ctl/command.h"

enum { WORDS_MOST = 3 /* of a command's name */, NAME_MOST = 64 };

static const struct command_table *const tables[] = {
    &site_commands,
    &factory_commands,
    &file_commands,
    &manager_commands,
    &phone_commands,
};

/* The tables' next command, in order; NULL at the end. */
static const struct command *
next_command(size_t *table, size_t *at)
{
	while (*table < COUNT(tables) && *at == tables[*table]->count) {
		(*table)++;
		*at = 0;
	}
	return *table < COUNT(tables) ? &tables[*table]->commands[(*at)++] : NULL;
}

static void
print_help(FILE *out, const char *group)
{
	const struct command *command;
	size_t table = 0, at = 0;

	fprintf(out, "usage: ringfencectl [--json] [--site DIR] [--phone NAME] COMMAND ...\n");
	while ((command = next_command(&table, &at)) != NULL)
		if (group == NULL || strncmp(command->name, group, strlen(group)) == 0)
			fprintf(out, "  %s%s %s\n      %s\n", command->phone ? "--phone NAME " : "",
			    command->name, command->arguments, command->help);
}

static size_t
count_words(const char *name)
{
	size_t words = 1;

	for (; *name != '\0'; name++)
		words += *name == ' ';
	return words;
}

/* Do the first words of the line spell the name? */
static bool
spells(const struct command *command, char **words, size_t count)
{
	size_t wanted = count_words(command->name);
	char name[NAME_MOST] = "";

	if (count < wanted || wanted > WORDS_MOST)
		return false;
	for (size_t i = 0; i < wanted; i++) {
		size_t used = strlen(name);

		snprintf(name + used, sizeof(name) - used, "%s%s", i > 0 ? " " : "", words[i]);
	}
	return strcmp(name, command->name) == 0;
}

/* The longest name that fits: "phone add" before "phone". */
static const struct command *
find_command(char **words, size_t count, bool phone)
{
	const struct command *command, *found = NULL;
	size_t table = 0, at = 0;

	while ((command = next_command(&table, &at)) != NULL)
		if (command->phone == phone && spells(command, words, count) &&
		    (found == NULL || strlen(command->name) > strlen(found->name)))
			found = command;
	return found;
}

static int
refuse(const struct command_call *call, enum fault fault, const struct why *why)
{
	if (call->json) {
		json_t *answer = json_pack(
		    "{s:b, s:s, s:s}", "ok", 0, "fault", fault_name(fault), "error", why->text);

		command_emit(call, NULL, answer);
		json_decref(answer);
	} else
		fprintf(stderr, "ringfencectl: %s\n", why->text);
	if (call->usage)
		return COMMAND_USAGE;
	return call->unreachable ? COMMAND_UNREACHABLE : COMMAND_REFUSED;
}

static int
run(struct command_call *call, const struct command *command)
{
	struct why why = {.text = "no reason given"};
	json_t *result = NULL;
	enum fault fault = command->run(call, &result, &why);

	if (fault == FAULT_NONE)
		command_emit(call, command, result);
	json_decref(result);
	return fault == FAULT_NONE ? COMMAND_OK : refuse(call, fault, &why);
}

/* Options of every command may stand anywhere. Returns how many words are left; words is shortened
 * in place. */
static size_t
take_global_options(struct command_call *call, char **words, size_t count, bool *help)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], "--json") == 0)
			call->json = true;
		else if (strcmp(words[i], "--help") == 0)
			*help = true;
		else if (strcmp(words[i], "--site") == 0 && i + 1 < count)
			call->site = words[++i];
		else if (strcmp(words[i], "--phone") == 0 && i + 1 < count)
			call->phone = words[++i];
		else
			words[left++] = words[i];
	}
	words[left] = NULL;
	return left;
}

int
main(int argc, char **argv)
{
	struct command_call call = {.site = getenv("RINGFENCE_SITE")};
	const struct command *command;
	bool help = false;
	size_t count;

	setlocale(LC_CTYPE, "");
	log_open("ringfencectl", LOG_LEVEL_ERROR, STDERR_FILENO);
	count = take_global_options(&call, argv + 1, (size_t)argc - 1, &help);
	if (count == 1 && strcmp(argv[1], "--version") == 0) {
		puts("ringfencectl " RINGFENCE_VERSION);
		return COMMAND_OK;
	}
	if (help || count == 0) {
		print_help(help ? stdout : stderr, count > 0 ? argv[1] : NULL);
		return help ? COMMAND_OK : COMMAND_USAGE;
	}
	command = find_command(argv + 1, count, call.phone != NULL);
	if (command == NULL) {
		struct why why;
		enum fault fault = command_usage(&call, &why,
		    "no command \"%.60s%s%.60s\"%s; see ringfencectl --help", argv[1],
		    count > 1 ? " " : "", count > 1 ? argv[2] : "",
		    call.phone != NULL ? " of a phone" : "");

		return refuse(&call, fault, &why);
	}
	call.command = command->name;
	call.arguments = argv + 1 + count_words(command->name);
	call.count = count - count_words(command->name);
	return run(&call, command);
}
