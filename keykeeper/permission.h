/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keykeeper/permission.h - which asker may ask what of which key. One table; what it does not
 * name is refused.
 */
#ifndef KEYKEEPER_PERMISSION_H
#define KEYKEEPER_PERMISSION_H

#include "keys/keeper_message.h"

/* FAULT_NONE, or FAULT_FORBIDDEN and the sentence for the asker and the audit. Looks at who
 * asks, the operation, the names, the scheme, the digest and the kind; not at any key. */
enum fault permission_check(
    enum keeper_role role, const struct keeper_request *request, struct why *why) MUST_CHECK;
/* May this role know that there is such a key? (list) */
bool permission_to_see(enum keeper_role role, struct bytes name);
/* Does the role ever change the directory? Otherwise its worker cannot write at all. */
bool permission_to_write(enum keeper_role role);
#endif
