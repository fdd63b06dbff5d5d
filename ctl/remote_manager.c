/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/remote_manager.c - the commands that a running manager answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/control_client.h"
#include "ctl/command.h"
#include "storage/storage.h"

enum { ANSWER_MS = 30000 };

/* Asks the manager of --site; takes arguments over, also when it fails. */
static enum fault
ask(struct command_call *call, json_t *arguments, json_t **result, struct why *why)
{
	struct control_client *client = NULL;
	char path[STORAGE_PATH_MOST];
	enum fault fault;

	if (arguments == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory");
	if (call->site == NULL)
		fault = command_usage(
		    call, why, "which manager? Give --site DIR or set RINGFENCE_SITE");
	else if ((fault = storage_path(path, call->site, "run/control.sock", why)) == FAULT_NONE &&
		 (fault = control_client_open(&client, path, why)) != FAULT_NONE)
		call->unreachable = true;
	if (fault == FAULT_NONE)
		fault = control_client_ask(
		    client, call->command, arguments, ANSWER_MS, NULL, NULL, result, why);
	control_client_free(client);
	json_decref(arguments);
	return fault;
}

static void
set_text(json_t *arguments, const char *member, const char *value)
{
	if (value != NULL)
		json_object_set_new(arguments, member, json_string(value));
}

/* --line NUMBER[=DISPLAY][,NUMBER...] as the list of lines. */
static void
set_lines(json_t *arguments, const char *text)
{
	struct bytes rest = bytes_text(text), one;
	json_t *lines;

	if (text == NULL)
		return;
	lines = json_array();
	while (rest.left > 0) {
		struct bytes number;

		if (!bytes_take_until(&rest, ',', &one))
			one = bytes_take_rest(&rest);
		if (!bytes_take_until(&one, '=', &number))
			number = bytes_take_rest(&one);
		json_array_append_new(
		    lines, json_pack("{s:s% s:s%}", "number", (const char *)number.at, number.left,
			       "display", one.left > 0 ? (const char *)one.at : "", one.left));
	}
	json_object_set_new(arguments, "lines", lines);
}

static enum fault
change_phone(struct command_call *call, json_t **result, struct why *why)
{
	const char *description = NULL, *model = NULL, *profile = NULL, *user = NULL, *line = NULL;
	const char *capf = NULL, *proof = NULL, *key = NULL, *string = NULL;
	const struct command_option options[] = {
	    {"--description", &description, NULL},
	    {"--model", &model, NULL},
	    {"--profile", &profile, NULL},
	    {"--user", &user, NULL},
	    {"--line", &line, NULL},
	    {"--capf", &capf, NULL},
	    {"--capf-proof", &proof, NULL},
	    {"--capf-key", &key, NULL},
	    {"--capf-string", &string, NULL},
	};
	enum fault fault = command_options(call, options, COUNT(options), 1, 1, why);
	json_t *arguments;

	if (fault != FAULT_NONE)
		return fault;
	arguments = json_object();
	set_text(arguments, "device", call->arguments[0]);
	set_text(arguments, "description", description);
	set_text(arguments, "model", model);
	set_text(arguments, "profile", profile);
	set_text(arguments, "user", user);
	set_text(arguments, "capf", capf);
	set_text(arguments, "capf_proof", proof);
	set_text(arguments, "capf_key", key);
	set_text(arguments, "capf_string", string);
	set_lines(arguments, line);
	return ask(call, arguments, result, why);
}

static enum fault
ask_plainly(struct command_call *call, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 0, 0, why);

	return fault != FAULT_NONE ? fault : ask(call, json_object(), result, why);
}

static enum fault
ask_with(struct command_call *call, const char *member, json_t **result, struct why *why)
{
	enum fault fault = command_options(call, NULL, 0, 1, 1, why);

	if (fault != FAULT_NONE)
		return fault;
	return ask(call, json_pack("{s:s}", member, call->arguments[0]), result, why);
}

static enum fault
ask_device(struct command_call *call, json_t **result, struct why *why)
{
	return ask_with(call, "device", result, why);
}

static enum fault
ask_name(struct command_call *call, json_t **result, struct why *why)
{
	return ask_with(call, "name", result, why);
}

static enum fault
ask_call(struct command_call *call, json_t **result, struct why *why)
{
	return ask_with(call, "call", result, why);
}

static enum fault
set_profile(struct command_call *call, json_t **result, struct why *why)
{
	const char *mode = NULL, *suites = NULL;
	bool third_party = false, digest = false, digest_counts = false;
	const struct command_option options[] = {
	    {"--mode", &mode, NULL},
	    {"--suites", &suites, NULL},
	    {"--third-party", NULL, &third_party},
	    {"--digest", NULL, &digest},
	    {"--digest-counts", NULL, &digest_counts},
	};
	enum fault fault = command_options(call, options, COUNT(options), 1, 1, why);
	json_t *arguments;

	if (fault != FAULT_NONE)
		return fault;
	if (mode == NULL)
		return command_usage(
		    call, why, "a profile needs --mode nonsecure, authenticated or encrypted");
	arguments = json_pack("{s:s s:s s:b s:b s:b}", "name", call->arguments[0], "mode", mode,
	    "third_party", third_party, "digest", digest, "digest_counts", digest_counts);
	set_text(arguments, "suites", suites);
	return ask(call, arguments, result, why);
}

/* The password comes from standard input: an argument would stand in the list of processes. */
static enum fault
set_user(struct command_call *call, json_t **result, struct why *why)
{
	const char *digest = NULL;
	const struct command_option options[] = {{"--digest", &digest, NULL}};
	enum fault fault = command_options(call, options, COUNT(options), 1, 1, why);
	char password[256];
	json_t *arguments;

	if (fault != FAULT_NONE)
		return fault;
	if (fgets(password, sizeof(password), stdin) == NULL)
		return command_usage(call, why, "the password is read from standard input");
	password[strcspn(password, "\n")] = '\0';
	arguments = json_pack("{s:s s:s}", "name", call->arguments[0], "password", password);
	set_text(arguments, "digest", digest);
	fault = ask(call, arguments, result, why);
	explicit_bzero(password, sizeof(password));
	return fault;
}

static enum fault
tail_audit(struct command_call *call, json_t **result, struct why *why)
{
	const char *lines = NULL, *device = NULL;
	const struct command_option options[] = {
	    {"--lines", &lines, NULL},
	    {"--device", &device, NULL},
	};
	unsigned long count = 20;
	enum fault fault = command_options(call, options, COUNT(options), 0, 0, why);
	json_t *arguments;

	if (fault != FAULT_NONE ||
	    (lines != NULL && (fault = command_number(call, lines, 1, 1000, &count, why))))
		return fault;
	arguments = json_pack("{s:I}", "lines", (json_int_t)count);
	set_text(arguments, "device", device);
	return ask(call, arguments, result, why);
}

#define PHONE_OPTIONS                                                                              \
	"DEVICE [--line NUMBER[=DISPLAY],...] [--profile NAME] [--user NAME]\n"                    \
	"[--description TEXT] [--model MODEL] [--capf none|install|delete|fetch]\n"                \
	"[--capf-proof mic|lsc|string|null-string] [--capf-key KIND] [--capf-string DIGITS]"

static const struct command commands[] = {
    {"phone add", PHONE_OPTIONS, "make a phone known", change_phone, NULL, false},
    {"phone set", PHONE_OPTIONS, "change a phone", change_phone, NULL, false},
    {"phone show", "DEVICE", "show a phone", ask_device, NULL, false},
    {"phone list", "", "list the phones", ask_plainly, NULL, false},
    {"phone delete", "DEVICE", "forget a phone", ask_device, NULL, false},
    {"profile list", "", "list the security profiles", ask_plainly, NULL, false},
    {"profile show", "NAME", "show a security profile", ask_name, NULL, false},
    {"profile set",
	"NAME --mode nonsecure|authenticated|encrypted [--suites all|aead|aes-256]\n"
	"[--third-party] [--digest] [--digest-counts]",
	"make or change a security profile", set_profile, NULL, false},
    {"profile delete", "NAME", "delete a security profile", ask_name, NULL, false},
    {"user set", "NAME [--digest both|sha-256|md5]",
	"make a digest user; the password is read from standard input", set_user, NULL, false},
    {"user delete", "NAME", "delete a digest user", ask_name, NULL, false},
    {"registration list", "", "who is registered, from where, and how", ask_plainly, NULL, false},
    {"call list", "", "the calls of this moment and their levels", ask_plainly, NULL, false},
    {"call why", "CALL", "the legs of a call and the one that decides its level", ask_call, NULL,
	false},
    {"capf list", "", "what CAPF did with each phone", ask_plainly, NULL, false},
    {"audit tail", "[--lines N] [--device DEVICE]", "the last records of the audit log", tail_audit,
	NULL, false},
    {"site show", "", "how the running manager is set up", ask_plainly, NULL, false},
};

const struct command_table manager_commands = {commands, COUNT(commands)};
