/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz/control_request/target.c - a line is a command with an object of arguments, or a refusal
 * with a sentence; what is accepted is accepted again when written anew.
 */
#include <stdlib.h>
#include <string.h>

#include "channel/control_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
read_again(const struct control_line *line)
{
	json_t *root =
	    json_pack("{s:s, s:O}", "command", line->command, "arguments", line->arguments);
	char *text = json_dumps(root, JSON_COMPACT);
	struct control_line again;
	struct why why;

	expect(text != NULL);
	if (control_line_read(bytes_text(text), &again, &why) == FAULT_NONE) {
		expect(strcmp(again.command, line->command) == 0);
		expect(json_equal(again.arguments, line->arguments));
		json_decref(again.arguments);
	} else {
		/* Written anew it may have grown past the limit, never become wrong. */
		expect(strstr(why.text, "more than") != NULL);
	}
	free(text);
	json_decref(root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_line line = {0};
	struct why why = {""};

	if (control_line_read(bytes_of(data, size), &line, &why) != FAULT_NONE) {
		expect(why.text[0] != '\0' && line.arguments == NULL);
		return 0;
	}
	expect(json_is_object(line.arguments));
	expect(memchr(line.command, '\0', sizeof(line.command)) != NULL);
	read_again(&line);
	json_decref(line.arguments);
	return 0;
}
