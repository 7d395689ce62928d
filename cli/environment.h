/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_ENVIRONMENT_H
#define PIMS_CLI_ENVIRONMENT_H

#include "cli/cli.h"

/*
 * The secret that the environment may bring (PIMS_CLIENT_SECRET): taken once, at the start, and wiped there, so that no program that is started here
 * inherits it and /proc/PID/environ shows it no longer. Other variables are read where they are needed (initial.h).
 */
#define ENVIRONMENT_SECRET "PIMS_CLIENT_SECRET"

/** Moves the secret to cli->client_secret. PIMS_E_MEMORY: it was wiped all the same. */
int environment_take(struct cli *cli);
/** The value of a variable that is set and not empty, else NULL. */
const char *environment_get(const char *name);

#endif
