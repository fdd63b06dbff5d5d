/* SPDX-License-Identifier: Apache-2.0 */
#include "administration/administration.h"

#include <stdarg.h>
#include <string.h>

#include "base/audit.h"

static const struct administration_table *const tables[] = {
    &phone_actions, &profile_actions, &user_actions, &audit_actions, &capf_actions};

const struct control_command *
administration_find(const char *name)
{
	for (size_t i = 0; i < COUNT(tables); i++)
		for (size_t j = 0; j < tables[i]->count; j++)
			if (strcmp(tables[i]->entries[j].name, name) == 0)
				return &tables[i]->entries[j];
	return NULL;
}

enum fault
administration_unpack(const json_t *arguments, struct why *why, const char *format, ...)
{
	va_list list;
	json_error_t error;
	json_t *object;
	int failed;

	/* Unpacking only reads, though its parameter is not const. */
	memcpy(&object, &arguments, sizeof(object));
	va_start(list, format);
	failed = json_vunpack_ex(object, &error, JSON_STRICT, format, list);
	va_end(list);
	return failed ? explain(why, FAULT_MALFORMED, "the arguments are wrong: %s", error.text)
		      : FAULT_NONE;
}

void
administration_audit(const char *event, const char *device, const char *what)
{
	audit_write(&(struct audit_record){.event = event,
	    .device = device,
	    .reason = what,
	    .fields = (const struct log_field[]){LOG_TEXT("by", "operator")},
	    .count = 1});
}

enum fault
administration_result(json_t *value, json_t **result, struct why *why)
{
	if (value == NULL)
		return explain(why, FAULT_SYSTEM, "out of memory for the answer");
	*result = value;
	return FAULT_NONE;
}
