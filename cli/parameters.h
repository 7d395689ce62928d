/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_PARAMETERS_H
#define PIMS_CLI_PARAMETERS_H

#include "base/json.h"
#include "cli/cli.h"

/**
 * The parameters of a raw call, from operands "name=value" (a string), "name:=JSON" (any value), "name=-" (a line of standard input, asked
 * without echo on a terminal) over the object of `json`: text, "-" = standard input, NULL = none. *ret_parameters stays NULL when nothing was given.
 * Returns an exit status.
 */
int parameters_read(struct cli *cli, const char *json, int count, char **operands, json_t **ret_parameters);

#endif
