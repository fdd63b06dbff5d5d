/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manager/supervisor.h - binds the ports, starts every process with exactly what it may use,
 * and starts it again when it dies, telling its neighbours.
 */
#ifndef MANAGER_SUPERVISOR_H
#define MANAGER_SUPERVISOR_H

#include "manager/processes.h"

/* Runs until SIGTERM or SIGINT. folder is the site's; level the least that is logged. */
enum fault supervisor_run(
    const char *folder, const struct site *site, const char *level, struct why *why) MUST_CHECK;
#endif
