/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_TRUST_H
#define PIMS_CLI_TRUST_H

#include "base/json.h"
#include "cli/cli.h"

/* Certificate authorities and pinned keys: global options, which `pims init` keeps in the profile's configuration ("tls"). All return an exit status. */

/** One --pin-key; "" stands for none, whatever the profile has. */
int trust_add_pin(struct cli *cli, const char *pin);
/** The profile's, where no option was given. */
int trust_load(struct cli *cli, const json_t *config);
/** Puts them into the options, whose texts stay the cli's. */
int trust_options(struct cli *cli, struct pims_options *options);
/** Puts them into a new configuration. */
int trust_save(struct cli *cli, json_t *config);

#endif
