/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_DEVICES_H
#define PIMS_CLI_DEVICES_H

#include "cli/cli.h"

/** Removes the account's device that was not used for longest, never this one, and names it on standard error. Returns an exit status. */
int devices_remove_oldest(struct cli *cli);

#endif
