/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum fault
command_usage(struct command_call *call, struct why *why, const char *format, ...)
{
	char text[WHY_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	call->usage = true;
	return explain(why, FAULT_FORBIDDEN, "%s", text);
}

static const struct command_option *
find_option(const char *name, const struct command_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* *at is the option's place; moves past its value. */
static enum fault
take_option(struct command_call *call, size_t *at, const struct command_option *options,
    size_t count, struct why *why)
{
	const char *name = call->arguments[*at];
	const struct command_option *option = find_option(name, options, count);

	if (option == NULL)
		return command_usage(call, why, "%s has no option %.60s", call->command, name);
	if (option->flag != NULL) {
		*option->flag = true;
		return FAULT_NONE;
	}
	if (*at + 1 >= call->count)
		return command_usage(call, why, "%s needs a value", name);
	*option->value = call->arguments[++*at];
	return FAULT_NONE;
}

enum fault
command_options(struct command_call *call, const struct command_option *options, size_t count,
    size_t least, size_t most, struct why *why)
{
	bool only_words = false; /* after "--" */
	size_t left = 0;
	enum fault fault;

	for (size_t at = 0; at < call->count; at++) {
		const char *word = call->arguments[at];

		if (!only_words && strcmp(word, "--") == 0)
			only_words = true;
		else if (only_words || word[0] != '-' || word[1] == '\0')
			call->arguments[left++] = call->arguments[at];
		else if ((fault = take_option(call, &at, options, count, why)))
			return fault;
	}
	call->arguments[left] = NULL;
	call->count = left;
	if (left < least)
		return command_usage(call, why, "%s: an argument is missing", call->command);
	if (left > most)
		return command_usage(call, why, "%s: \"%.60s\" is one argument too many",
		    call->command, call->arguments[most]);
	return FAULT_NONE;
}

enum fault
command_number(struct command_call *call, const char *text, unsigned long least, unsigned long most,
    unsigned long *number, struct why *why)
{
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || value < least ||
	    value > most)
		return command_usage(
		    call, why, "\"%.40s\" is not a number from %lu to %lu", text, least, most);
	*number = value;
	return FAULT_NONE;
}
