/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl/command.h - what a command of ringfencectl is.
 *
 * Each command is one line of a table: name, arguments, help, handler. The handler makes one
 * JSON value; with --json that is what is printed, else the command's print function (or a
 * plain "member: value" list) puts it into words. Tables are joined in main.c.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <jansson.h>
#include <stdbool.h>

#include "base/fault.h"

/* Exit codes, documented in ringfencectl(1). */
enum command_exit {
	COMMAND_OK = 0,
	COMMAND_REFUSED = 1,     /* understood, and refused: the sentence says why */
	COMMAND_USAGE = 2,       /* the command line makes no sense */
	COMMAND_UNREACHABLE = 3, /* the program that should answer does not run */
};

enum { COMMAND_ARGUMENTS_MOST = 1024 };

/* One run. Handlers read it; they set unreachable or usage before they refuse. */
struct command_call {
	const char *command; /* "phone add" */
	char **arguments;    /* behind the command's words; NULL-terminated */
	size_t count;
	bool json;
	const char *site;  /* --site DIR, RINGFENCE_SITE, or NULL */
	const char *phone; /* --phone NAME or DIR, or NULL */
	bool usage;        /* out: refused because of the command line: exit 2 */
	bool unreachable;  /* out: refused because nobody answers: exit 3 */
};

/* On success *result (a new reference) is what to print; NULL prints nothing. */
typedef enum fault command_handler(struct command_call *call, json_t **result, struct why *why);
typedef void command_printer(const json_t *result);

struct command {
	const char *name;      /* one, two or three words: "site create" */
	const char *arguments; /* "DIR [--name NAME]" */
	const char *help;      /* one line */
	command_handler *run;
	command_printer *print; /* NULL: members line by line */
	bool phone;             /* only with --phone: the same words may name a manager's command */
};

struct command_table {
	const struct command *commands;
	size_t count;
};

extern const struct command_table site_commands, factory_commands, file_commands, manager_commands,
    phone_commands;

/* Prints one value now, as --json or words: for commands that go on (audit tail, events). */
void command_emit(
    const struct command_call *call, const struct command *command, const json_t *value);
/* Members line by line, arrays of objects as a table. */
void command_print_plain(const json_t *value);

/* An option: --name VALUE (value != NULL), or --name (flag != NULL). */
struct command_option {
	const char *name; /* "--days" */
	const char **value;
	bool *flag;
};

/*
 * Takes the options out of the arguments and leaves the others, in order, in call->arguments.
 * Refuses (with call->usage) an unknown option, a missing value, and other than
 * least..most arguments left over.
 */
enum fault command_options(struct command_call *call, const struct command_option *options,
    size_t count, size_t least, size_t most, struct why *why) MUST_CHECK;
/* "return command_usage(call, why, ...)": FAULT_FORBIDDEN, exit 2. */
enum fault command_usage(struct command_call *call, struct why *why, const char *format,
    ...) MUST_CHECK PRINTF_LIKE(3, 4);
/* A whole number in least..most. */
enum fault command_number(struct command_call *call, const char *text, unsigned long least,
    unsigned long most, unsigned long *number, struct why *why) MUST_CHECK;
#endif
