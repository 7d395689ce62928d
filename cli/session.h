/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_SESSION_H
#define PIMS_CLI_SESSION_H

#include "base/json.h"
#include "cli/cli.h"

/* The profile's directory, its configuration, and the context over it. All return an exit status. */

#define CONFIG_NAME "config.json"

/** Names the profile's directory; creates nothing. */
int session_directory(struct cli *cli);
/** Makes loop and context without a configuration; once. */
int session_context(struct cli *cli);
/** The same and initialize with the configuration; once. */
int session_open(struct cli *cli);
/** initialize; a refusal is told, with the message on standard output when `show` says so. */
int session_initialize(struct cli *cli, json_t *parameters, bool show);
void session_close(struct cli *cli);

/** *ret_config: the configuration, NULL when there is none. */
int config_load(struct cli *cli, json_t **ret_config);
/** Replaces it atomically, mode 0600, making the directory (0700) when it is not there. */
int config_save(struct cli *cli, const json_t *config);

#endif
