/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_INITIAL_H
#define PIMS_CLI_INITIAL_H

#include "base/json.h"
#include "cli/cli.h"

/** What `pims init` may be told; indexes into its options. */
enum {
	INITIAL_BACKEND,
	INITIAL_ISSUER,
	INITIAL_BRAND,
	INITIAL_COUNTRY,
	INITIAL_CLIENT_ID,
	INITIAL_SECRET_FILE,
	INITIAL_REDIRECT,
	INITIAL_MACID,
	INITIAL_INWEBO,
	INITIAL_INWEBO_KEY,
	INITIAL_ENVIRONMENT,
	INITIAL_MODE,
	INITIAL_OAUTH,
	INITIAL_API,
	INITIAL_REALM,
	INITIAL_SCOPE,
	INITIAL_DPOP,
	INITIAL_AUTH_METHOD,
	INITIAL_COUNT
};

/**
 * The parameters for initialize (spec/facade.md), from the options, from the backend's well-known document, and from questions on a
 * terminal. Returns an exit status.
 */
int initial_config(struct cli *cli, const char *const *options, json_t **ret_config);
/**
 * What a configuration for a brand's live service lacks is filled from the environment (PIMS_CLIENT_ID, PIMS_CLIENT_SECRET and so on). A configuration
 * with a backend or an issuer is left alone: the brand's secret must not reach another server. Returns an exit status.
 */
int initial_fill(struct cli *cli, json_t *config);

#endif
