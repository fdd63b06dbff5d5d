/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/level.h"

static const struct {
	const char *name, *call_info;
	enum icon icon;
} levels[LEVEL_COUNT] = {
    [LEVEL_NONSECURE] = {"nonsecure", "NotAuthenticated", ICON_NONE},
    [LEVEL_AUTHENTICATED] = {"authenticated", "Authenticated", ICON_SHIELD},
    [LEVEL_ENCRYPTED] = {"encrypted", "Encrypted", ICON_LOCK},
};

const char *
level_name(enum level level)
{
	return levels[level].name;
}

const char *
level_call_info(enum level level)
{
	return levels[level].call_info;
}

bool
level_from_call_info(struct bytes word, enum level *level)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (bytes_equal_text_nocase(word, levels[i].call_info)) {
			*level = (enum level)i;
			return true;
		}
	return false;
}

bool
level_from_name(struct bytes name, enum level *level)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (bytes_equal_text_nocase(name, levels[i].name)) {
			*level = (enum level)i;
			return true;
		}
	return false;
}

enum level
level_lowest(enum level a, enum level b)
{
	return a < b ? a : b;
}

enum icon
level_icon(enum level level)
{
	return levels[level].icon;
}

const char *
icon_name(enum icon icon)
{
	static const char *const names[] = {"none", "shield", "lock"};

	return names[icon];
}
