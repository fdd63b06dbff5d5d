/* SPDX-License-Identifier: Apache-2.0 */
/* phone/control.c - the control socket's commands, in one table (ringfencectl --phone ...). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "phone/phone.h"

static enum fault
run_status(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)arguments;
	(void)why;
	*result = facts_status(arg);
	return FAULT_NONE;
}

static enum fault
run_security(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)arguments;
	(void)why;
	*result = facts_security(arg);
	return FAULT_NONE;
}

static enum fault
run_screen(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct screen_text text;
	json_t *lines = json_array();

	(void)arguments;
	(void)why;
	screen_draw(arg, &text);
	for (size_t i = 0; i < text.count; i++)
		json_array_append_new(lines, json_string(text.lines[i]));
	*result = json_pack("{s:o, s:s}", "lines", lines, "spoken", text.spoken);
	return FAULT_NONE;
}

static enum fault
run_status_messages(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;
	struct notices *notices = &phone->notices;
	size_t first = notices->status_count > PHONE_STATUS_KEPT
			   ? notices->status_count - PHONE_STATUS_KEPT
			   : 0;
	char time[CLOCK_TEXT_SIZE];

	(void)arguments;
	(void)why;
	*result = json_array();
	for (size_t i = first; i < notices->status_count; i++)
		json_array_append_new(*result,
		    json_pack("{s:s, s:s, s:s}", "time",
			clock_text(notices->status[i % PHONE_STATUS_KEPT].wall, time), "name",
			message_name(notices->status[i % PHONE_STATUS_KEPT].message), "text",
			notices->status[i % PHONE_STATUS_KEPT].text));
	return FAULT_NONE;
}

static enum fault
need_agent(struct phone *phone, struct why *why)
{
	if (phone->agent == NULL)
		return explain(why, FAULT_UNEXPECTED, "the phone is not registered");
	return FAULT_NONE;
}

/* "call": its number; 0 when not said. */
static unsigned
call_argument(const json_t *arguments)
{
	json_int_t number = json_integer_value(json_object_get(arguments, "call"));

	return number > 0 && number < 1000000 ? (unsigned)number : 0;
}

static enum fault
run_dial(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;
	const char *number = json_string_value(json_object_get(arguments, "number"));
	unsigned call = 0;
	enum fault fault;

	if (number == NULL)
		return explain(why, FAULT_MALFORMED, "the number to dial is missing");
	if ((fault = need_agent(phone, why)) != FAULT_NONE)
		return fault;
	fault = agent_dial(phone->agent, number, clock_monotonic_ms(), &call, why);
	phone_agent_settle(phone);
	if (fault == FAULT_NONE)
		*result = json_pack("{s:i}", "call", (int)call);
	return fault;
}

typedef enum fault call_key(struct agent *agent, unsigned call, uint64_t now, struct why *why);

static enum fault
press(struct phone *phone, const json_t *arguments, call_key *key, struct why *why)
{
	enum fault fault = need_agent(phone, why);

	if (fault != FAULT_NONE)
		return fault;
	fault = key(phone->agent, call_argument(arguments), clock_monotonic_ms(), why);
	phone_agent_settle(phone);
	return fault;
}

static enum fault
run_answer(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)result;
	return press(arg, arguments, agent_answer, why);
}

static enum fault
run_hold(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)result;
	return press(arg, arguments, agent_hold, why);
}

static enum fault
run_resume(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)result;
	return press(arg, arguments, agent_resume, why);
}

static enum fault
run_hangup(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	(void)result;
	return press(arg, arguments, agent_hangup, why);
}

static enum fault
run_keys(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;
	const char *keys = json_string_value(json_object_get(arguments, "keys"));
	enum fault fault = need_agent(phone, why);

	(void)result;
	if (fault != FAULT_NONE)
		return fault;
	if (keys == NULL)
		return explain(why, FAULT_MALFORMED, "the keys to press are missing");
	fault = agent_keys(phone->agent, call_argument(arguments), keys, clock_monotonic_ms(), why);
	phone_agent_settle(phone);
	return fault;
}

static void
start_events(void *arg, struct control_request *request, const json_t *arguments)
{
	notices_watch(arg, request, json_is_true(json_object_get(arguments, "replay")));
}

static enum fault
run_reset(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;

	(void)arguments;
	(void)result;
	(void)why;
	notice_status(phone, MESSAGE_RESTARTING, NULL);
	boot_post(phone, BOOT_RESET);
	return FAULT_NONE;
}

/* The stored copy of the configuration is the site's, too. */
static enum fault
forget_configuration(struct phone *phone, struct why *why)
{
	char name[STORAGE_NAME_MOST], path[STORAGE_PATH_MOST];
	enum fault fault;

	snprintf(name, sizeof(name), "%s.cnf.xml.sgn", phone->identity.device.text);
	if ((fault = storage_path(path, phone->store_folder, name, why)) != FAULT_NONE)
		return fault;
	return storage_remove(path, why);
}

/* Everything the site gave goes; what the factory gave stays. */
static enum fault
run_factory_reset(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;
	enum fault fault;

	(void)arguments;
	(void)result;
	connection_close(phone);
	calls_free(phone);
	phone_configuration_wipe(&phone->start.configuration);
	phone->start.configured = false;
	if ((fault = identity_remove_lsc(phone, why)) != FAULT_NONE ||
	    (fault = trust_store_forget(phone->store, TRUST_CTL, why)) != FAULT_NONE ||
	    (fault = trust_store_forget(phone->store, TRUST_ITL, why)) != FAULT_NONE ||
	    (fault = forget_configuration(phone, why)) != FAULT_NONE)
		return fault;
	notice_status(phone, MESSAGE_FACTORY_RESET, NULL);
	boot_post(phone, BOOT_RESET);
	return FAULT_NONE;
}

static enum fault
run_capf(void *arg, const json_t *arguments, json_t **result, struct why *why)
{
	struct phone *phone = arg;
	const char *string = json_string_value(json_object_get(arguments, "string"));
	struct boot now = phone->start.boot;
	enum boot_wish wish;
	enum fault fault;

	(void)result;
	if (!phone->start.configured)
		return explain(why, FAULT_UNEXPECTED, "no configuration says where CAPF is");
	if (string != NULL && strlen(string) >= sizeof(phone->start.capf_string))
		return explain(why, FAULT_LIMIT, "the authentication string is too long");
	/* Else the string would wait for a session that nobody asked for. */
	if ((fault = boot_handle(&now, BOOT_ENROL, &wish, why)) != FAULT_NONE)
		return fault;
	snprintf(phone->start.capf_string, sizeof(phone->start.capf_string), "%s",
	    string != NULL ? string : "");
	boot_post(phone, BOOT_ENROL);
	return FAULT_NONE;
}

static const struct control_command commands[] = {
    {"status", run_status, NULL},
    {"screen", run_screen, NULL},
    {"security", run_security, NULL},
    {"status-messages", run_status_messages, NULL},
    {"dial", run_dial, NULL},
    {"answer", run_answer, NULL},
    {"hold", run_hold, NULL},
    {"resume", run_resume, NULL},
    {"hangup", run_hangup, NULL},
    {"keys", run_keys, NULL},
    {"events", NULL, start_events},
    {"reset", run_reset, NULL},
    {"restart", run_reset, NULL},
    {"factory-reset", run_factory_reset, NULL},
    {"capf", run_capf, NULL},
};

enum fault
control_open(struct phone *phone, struct why *why)
{
	struct control_server_plan plan = {.path = phone->control_path,
	    .commands = commands,
	    .count = COUNT(commands),
	    .arg = phone};

	return control_server_new(&phone->control, phone->loop, &plan, why);
}
