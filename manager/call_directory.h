/* SPDX-License-Identifier: Apache-2.0 */
/* manager/call_directory.h - answers the exchange's questions from the operator's directory. */
#ifndef MANAGER_CALL_DIRECTORY_H
#define MANAGER_CALL_DIRECTORY_H

#include "directory/directory.h"
#include "exchange/subscriber.h"

/* arg of both: the struct directory. */
enum fault call_directory_find(
    void *arg, struct bytes device, struct bytes line, struct subscriber *found, struct why *why);
bool call_directory_line_exists(void *arg, struct bytes line);
#endif
