/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_PIN_H
#define PIMS_CLI_PIN_H

#include "cli/call.h"

/** Where a PIN comes from. */
struct pin_source {
	const char *file; /**< --pin-file, or NULL */
	bool piped;       /**< --pin-stdin: a line of standard input, terminal or not */
	bool choose;      /**< a new PIN: asked twice on a terminal */
};

/** Gets the PIN. Returns an exit status. */
int pin_read(struct cli *cli, const struct pin_source *source, struct secret *ret_pin);
/** True when a wrong PIN can be typed again: somebody is there. */
bool pin_again(const struct pin_source *source);
/** True when the call failed for a PIN: a wrong one, or one that the server's policy or its form rules out. */
bool pin_is_wrong(const struct reply *reply);

#endif
