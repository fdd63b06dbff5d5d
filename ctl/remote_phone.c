/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl/remote_phone.c - the commands that a running phone answers: ringfencectl --phone NAME ...
 *
 * NAME is a control socket, a phone's directory, or a device whose socket stands as NAME.sock in
 * $RINGFENCE_RUN or /run/ringfence/phones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "channel/control_client.h"
#include "ctl/command.h"
#include "storage/storage.h"

enum { ANSWER_MS = 30000 };

static bool
is_folder(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static enum fault
socket_path(const char *phone, char path[STORAGE_PATH_MOST], struct why *why)
{
	const char *folder = getenv("RINGFENCE_RUN");
	char name[STORAGE_NAME_MOST];

	if (is_folder(phone))
		return storage_path(path, phone, "run/control.sock", why);
	if (strchr(phone, '/') != NULL) {
		if (strlen(phone) >= STORAGE_PATH_MOST)
			return explain(why, FAULT_LIMIT, "the socket's path is too long");
		memcpy(path, phone, strlen(phone) + 1);
		return FAULT_NONE;
	}
	if (strlen(phone) + sizeof(".sock") > sizeof(name))
		return explain(why, FAULT_LIMIT, "the phone's name is too long");
	snprintf(name, sizeof(name), "%s.sock", phone);
	return storage_path(path, folder != NULL ? folder : "/run/ringfence/phones", name, why);
}

struct listening {
	const struct command_call *call;
	const struct command *command;
};

static bool
print_item(void *arg, const json_t *item)
{
	const struct listening *listening = arg;

	command_emit(listening->call, listening->command, item);
	fflush(stdout);
	return true;
}

/* Takes arguments over, also when it fails. */
static enum fault
ask(struct command_call *call, json_t *arguments, const struct command *stream, json_t **result,
    struct why *why)
{
	struct listening listening = {call, stream};
	struct control_client *client = NULL;
	char path[STORAGE_PATH_MOST];
	enum fault fault = socket_path(call->phone, path, why);

	if (fault == FAULT_NONE && (fault = control_client_open(&client, path, why)) != FAULT_NONE)
		call->unreachable = true;
	if (fault == FAULT_NONE)
		fault = control_client_ask(client, call->command, arguments,
		    stream != NULL ? -1 : ANSWER_MS, stream != NULL ? print_item : NULL, &listening,
		    result, why);
	control_client_free(client);
	json_decref(arguments);
	return fault;
}

static enum fault
ask_plainly(struct command_call *call, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 0, 0, why);

	return fault != FAULT_NONE ? fault : ask(call, json_object(), NULL, result, why);
}

/* One text argument, which must be there. */
static enum fault
ask_with(struct command_call *call, const char *member, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 1, 1, why);

	if (fault != FAULT_NONE)
		return fault;
	return ask(call, json_pack("{s:s}", member, call->arguments[0]), NULL, result, why);
}

static enum fault
ask_number(struct command_call *call, json_t **result, struct why *why)
{
	return ask_with(call, "number", result, why);
}

static enum fault
ask_keys(struct command_call *call, json_t **result, struct why *why)
{
	return ask_with(call, "keys", result, why);
}

/* A call's number may be said. */
static enum fault
ask_call(struct command_call *call, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 0, 1, why);
	unsigned long number = 0;

	if (fault == FAULT_NONE && call->count == 1)
		fault = command_number(call, call->arguments[0], 1, 999999, &number, why);
	if (fault != FAULT_NONE)
		return fault;
	return ask(call, json_pack("{s:I}", "call", (json_int_t)number), NULL, result, why);
}

/* The authentication string may be said; not in the process list: "-" reads it from stdin. */
static enum fault
ask_capf(struct command_call *call, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 0, 1, why);
	char typed[64] = "";

	if (fault != FAULT_NONE)
		return fault;
	if (call->count == 0)
		return ask(call, json_object(), NULL, result, why);
	if (strcmp(call->arguments[0], "-") != 0)
		return ask(
		    call, json_pack("{s:s}", "string", call->arguments[0]), NULL, result, why);
	if (fgets(typed, sizeof(typed), stdin) == NULL)
		return command_usage(call, why, "no authentication string on standard input");
	typed[strcspn(typed, "\r\n")] = '\0';
	fault = ask(call, json_pack("{s:s}", "string", typed), NULL, result, why);
	explicit_bzero(typed, sizeof(typed));
	return fault;
}

static void
print_event(const json_t *event)
{
	const char *name;
	json_t *value;

	printf("%s  %s", json_string_value(json_object_get(event, "time")),
	    json_string_value(json_object_get(event, "event")));
	json_object_foreach((json_t *)(uintptr_t)event, name, value)
	{
		char *text;

		if (strcmp(name, "time") == 0 || strcmp(name, "event") == 0 ||
		    strcmp(name, "media") == 0)
			continue;
		text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		printf("  %s=%s", name, text != NULL ? text : "?");
		free(text);
	}
	printf("\n");
}

static void
print_screen(const json_t *screen)
{
	const json_t *lines = json_object_get(screen, "lines");

	for (size_t i = 0; i < json_array_size(lines); i++)
		puts(json_string_value(json_array_get(lines, i)));
}

static enum fault
ask_events(struct command_call *call, json_t **result, struct why *why)
{
	static const struct command words = {.name = "events", .print = print_event};
	bool replay = false;
	const struct command_option options[] = {{"--replay", NULL, &replay}};
	enum fault fault = command_options(call, options, COUNT(options), 0, 0, why);

	if (fault != FAULT_NONE)
		return fault;
	return ask(call, json_pack("{s:b}", "replay", (int)replay), &words, result, why);
}

#define CALL "[CALL]"

static const struct command commands[] = {
    {"status", "", "what the phone does now, and its calls", ask_plainly, NULL, true},
    {"screen", "", "the screen as text", ask_plainly, print_screen, true},
    {"security", "", "profile in force, certificates, trust lists", ask_plainly, NULL, true},
    {"status-messages", "", "the messages of the status menu", ask_plainly, NULL, true},
    {"dial", "NUMBER", "call a number", ask_number, NULL, true},
    {"answer", CALL, "answer the ringing call", ask_call, NULL, true},
    {"hold", CALL, "put the call on hold", ask_call, NULL, true},
    {"resume", CALL, "take it back", ask_call, NULL, true},
    {"hangup", CALL, "end, refuse or give up the call", ask_call, NULL, true},
    {"keys", "KEYS", "press keys during a call", ask_keys, NULL, true},
    {"events", "[--replay]", "what happens, until interrupted; --replay: from power-on", ask_events,
	NULL, true},
    {"reset", "", "fetch everything anew", ask_plainly, NULL, true},
    {"restart", "", "the same", ask_plainly, NULL, true},
    {"factory-reset", "", "forget the site: LSC, trust lists, configuration", ask_plainly, NULL,
	true},
    {"capf", "[STRING|-]", "get a certificate now; - reads the string from stdin", ask_capf, NULL,
	true},
};

const struct command_table phone_commands = {commands, COUNT(commands)};
