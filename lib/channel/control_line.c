/* SPDX-License-Identifier: Apache-2.0 */
/* lib/channel/control_line.c - one request line of the control protocol, read and checked. */
#include <string.h>

#include "channel/control_server.h"

/* Jansson's own limit is far above what a stack should take. */
static bool
is_too_deep(struct bytes line)
{
	size_t depth = 0;
	bool quoted = false;
	uint8_t letter;

	while (bytes_take_u8(&line, &letter)) {
		if (quoted && letter == '\\')
			(void)!bytes_take_u8(&line, &letter);
		else if (letter == '"')
			quoted = !quoted;
		else if (!quoted && (letter == '{' || letter == '['))
			depth++;
		else if (!quoted && (letter == '}' || letter == ']') && depth > 0)
			depth--;
		if (depth > CONTROL_DEPTH_MOST)
			return true;
	}
	return false;
}

static enum fault
read_command(const json_t *root, struct control_line *read, struct why *why)
{
	const json_t *command = json_object_get(root, "command");

	if (!json_is_string(command))
		return explain(why, FAULT_MALFORMED, "a request without a command");
	if (!bytes_copy_text(bytes_of(json_string_value(command), json_string_length(command)),
		read->command, sizeof(read->command)))
		return explain(why, FAULT_LIMIT, "a command of more than %d letters",
		    CONTROL_COMMAND_MOST - 1);
	return FAULT_NONE;
}

static enum fault
read_arguments(json_t *root, struct control_line *read, struct why *why)
{
	json_t *arguments = json_object_get(root, "arguments");

	if (arguments != NULL && !json_is_object(arguments))
		return explain(why, FAULT_MALFORMED, "the arguments are no object");
	if (json_object_size(root) > (arguments != NULL ? 2u : 1u))
		return explain(why, FAULT_MALFORMED, "a member beside 'command' and 'arguments'");
	read->arguments = arguments != NULL ? json_incref(arguments) : json_object();
	return read->arguments != NULL ? FAULT_NONE
				       : explain(why, FAULT_SYSTEM, "out of memory for a request");
}

enum fault
control_line_read(struct bytes line, struct control_line *read, struct why *why)
{
	struct control_line made = {0};
	json_error_t error;
	json_t *root;
	enum fault fault;

	if (line.left > CONTROL_LINE_MOST)
		return explain(
		    why, FAULT_LIMIT, "a request of more than %d bytes", CONTROL_LINE_MOST);
	if (is_too_deep(line))
		return explain(why, FAULT_LIMIT, "brackets within brackets within brackets");
	root = json_loadb((const char *)line.at, line.left, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return explain(why, FAULT_MALFORMED, "not JSON: %s", error.text);
	if (!json_is_object(root))
		fault = explain(why, FAULT_MALFORMED, "a request that is no object");
	else if ((fault = read_command(root, &made, why)) == FAULT_NONE)
		fault = read_arguments(root, &made, why);
	if (fault == FAULT_NONE)
		*read = made;
	json_decref(root);
	return fault;
}
