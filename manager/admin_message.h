/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/admin_message.h - what `admin` tells `files` and `enrolment` over their link.
 *
 * ADMIN_CHANGED: the directory changed; the body is the device's name, empty for everything.
 */
#ifndef MANAGER_ADMIN_MESSAGE_H
#define MANAGER_ADMIN_MESSAGE_H

enum { ADMIN_CHANGED = 120 };
#endif
