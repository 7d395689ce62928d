/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_WAIT_H
#define PIMS_CLI_WAIT_H

#include "cli/cli.h"

/**
 * Waits until standard input or the loop (those that are wanted) can be read, or a signal came. While a sign-in waits, a redirect that
 * the desktop brings is handed over from here. Returns an exit status.
 */
int wait_ready(struct cli *cli, bool want_input, bool want_loop, bool *ret_input);

#endif
