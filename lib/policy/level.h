/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib/policy/level.h - how secure a leg or a call is. The order matters: a call's level is
 * the lowest of its legs (guide, "call security").
 */
#ifndef POLICY_LEVEL_H
#define POLICY_LEVEL_H

#include "base/bytes.h"

enum level { LEVEL_NONSECURE, LEVEL_AUTHENTICATED, LEVEL_ENCRYPTED, LEVEL_COUNT };

/* "nonsecure", "authenticated", "encrypted" */
const char *level_name(enum level level);
/* "NotAuthenticated", "Authenticated", "Encrypted": the words of Call-Info. */
const char *level_call_info(enum level level);
bool level_from_call_info(struct bytes word, enum level *level) MUST_CHECK;
bool level_from_name(struct bytes name, enum level *level) MUST_CHECK;
enum level level_lowest(enum level a, enum level b);

/* What a screen shows for it: nothing, shield, lock. */
enum icon { ICON_NONE, ICON_SHIELD, ICON_LOCK };
enum icon level_icon(enum level level);
/* "none", "shield", "lock" */
const char *icon_name(enum icon icon);
#endif
