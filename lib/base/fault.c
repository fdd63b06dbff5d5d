/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[FAULT_COUNT] = {
    [FAULT_NONE] = "none",
    [FAULT_MALFORMED] = "malformed",
    [FAULT_UNTRUSTED] = "untrusted",
    [FAULT_UNEXPECTED] = "unexpected",
    [FAULT_FORBIDDEN] = "forbidden",
    [FAULT_MISSING] = "missing",
    [FAULT_LIMIT] = "limit",
    [FAULT_BUSY] = "busy",
    [FAULT_TIMEOUT] = "timeout",
    [FAULT_CLOSED] = "closed",
    [FAULT_SYSTEM] = "system",
};

enum fault
explain(struct why *why, enum fault fault, const char *format, ...)
{
	va_list arguments;

	if (why == NULL)
		return fault;
	va_start(arguments, format);
	vsnprintf(why->text, sizeof(why->text), format, arguments);
	va_end(arguments);
	return fault;
}

enum fault
explain_errno(struct why *why, const char *format, ...)
{
	int error = errno;
	va_list arguments;
	size_t size;

	if (why == NULL)
		return FAULT_SYSTEM;
	va_start(arguments, format);
	vsnprintf(why->text, sizeof(why->text), format, arguments);
	va_end(arguments);
	size = strlen(why->text);
	snprintf(why->text + size, sizeof(why->text) - size, ": %s", strerror(error));
	return error == ENOENT ? FAULT_MISSING : FAULT_SYSTEM;
}

enum fault
explain_within(struct why *why, enum fault fault, const char *format, ...)
{
	char inner[WHY_SIZE];
	va_list arguments;
	size_t size;

	if (why == NULL)
		return fault;
	memcpy(inner, why->text, sizeof(inner));
	va_start(arguments, format);
	vsnprintf(why->text, WHY_SIZE, format, arguments);
	va_end(arguments);
	size = strlen(why->text);
	snprintf(why->text + size, WHY_SIZE - size, "%.*s", (int)(WHY_SIZE - 1 - size), inner);
	return fault;
}

const char *
fault_name(enum fault fault)
{
	return (unsigned)fault < FAULT_COUNT ? names[fault] : "unknown";
}
