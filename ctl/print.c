/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/print.c - a JSON value in words: "member: value" lines, and objects in rows. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"

enum { INDENT = 2, CELL_MOST = 80, COLUMNS_MOST = 16 };

static void
print_scalar(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		fputs(json_string_value(value), stdout);
		break;
	case JSON_INTEGER:
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		printf("%g", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("yes", stdout);
		break;
	case JSON_FALSE:
		fputs("no", stdout);
		break;
	default:
		fputs("-", stdout);
		break;
	}
}

static bool
is_scalar(const json_t *value)
{
	return !json_is_object(value) && !json_is_array(value);
}

static void
cell_text(const json_t *value, char text[CELL_MOST])
{
	char *dump = NULL;

	if (json_is_string(value))
		snprintf(text, CELL_MOST, "%s", json_string_value(value));
	else if (json_is_boolean(value))
		snprintf(text, CELL_MOST, "%s", json_is_true(value) ? "yes" : "no");
	else if (value == NULL || json_is_null(value))
		snprintf(text, CELL_MOST, "-");
	else if ((dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT)) != NULL)
		snprintf(text, CELL_MOST, "%s", dump);
	free(dump);
}

/* Columns are the members of the first row. */
static void
print_table(const json_t *rows, int indent)
{
	const char *names[COLUMNS_MOST], *name;
	int widths[COLUMNS_MOST];
	char text[CELL_MOST];
	size_t columns = 0, i;
	json_t *row, *value;

	json_object_foreach(json_array_get(rows, 0), name, value)
	{
		if (columns == COLUMNS_MOST)
			break;
		names[columns] = name;
		widths[columns] = (int)strlen(name);
		json_array_foreach(rows, i, row)
		{
			cell_text(json_object_get(row, name), text);
			if ((int)strlen(text) > widths[columns])
				widths[columns] = (int)strlen(text);
		}
		columns++;
	}
	printf("%*s", indent, "");
	for (size_t c = 0; c < columns; c++)
		printf("%-*s%s", widths[c], names[c], c + 1 < columns ? "  " : "\n");
	json_array_foreach(rows, i, row)
	{
		printf("%*s", indent, "");
		for (size_t c = 0; c < columns; c++) {
			cell_text(json_object_get(row, names[c]), text);
			printf("%-*s%s", c + 1 < columns ? widths[c] : 0, text,
			    c + 1 < columns ? "  " : "\n");
		}
	}
}

static void print_value(const json_t *value, int indent);

static void
print_object(const json_t *object, int indent)
{
	json_t *value;
	const char *name;

	/* jansson's iteration takes a json_t * although it changes nothing. */
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		printf("%*s%s: ", indent, "", name);
		if (is_scalar(value)) {
			print_scalar(value);
			putchar('\n');
		} else {
			putchar('\n');
			print_value(value, indent + INDENT);
		}
	}
}

static void
print_value(const json_t *value, int indent)
{
	size_t i;
	json_t *element;

	if (json_is_object(value)) {
		print_object(value, indent);
	} else if (json_is_array(value) && json_is_object(json_array_get(value, 0))) {
		print_table(value, indent);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, element)
		{
			printf("%*s", indent, "");
			print_scalar(element);
			putchar('\n');
		}
	} else {
		printf("%*s", indent, "");
		print_scalar(value);
		putchar('\n');
	}
}

void
command_print_plain(const json_t *value)
{
	print_value(value, 0);
}

void
command_emit(const struct command_call *call, const struct command *command, const json_t *value)
{
	if (value == NULL)
		return;
	if (call->json) {
		json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
		putchar('\n');
	} else if (command != NULL && command->print != NULL)
		command->print(value);
	else
		command_print_plain(value);
	/* Someone may be reading a pipe, line by line. */
	fflush(stdout);
}
