/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_AGENT_H
#define PIMS_CLI_AGENT_H

#include "cli/cli.h"

#include <stdio.h>

/*
 * The user agent of the command line (RFC 8252): shows the page's address, as text, as a QR code or in the browser, and takes the redirect
 * from standard input when it does not come back by itself on the loopback port.
 */

/** The hook; its data is `cli`. */
struct pims_agent agent_hook(struct cli *cli);
/** True while a sign-in waits and standard input may bring its redirect. */
bool agent_wants_input(const struct cli *cli);
/** Reads standard input, which is ready, and hands whole lines over as redirects. */
void agent_take_input(struct cli *cli);

/** Takes --wait SECONDS; NULL = not given. Returns an exit status. */
int agent_wait(struct cli *cli, const char *text);

/** True when there is a desktop to show a page on. */
bool browser_screen(void);
/** Starts the browser. Returns false when there is none. */
bool browser_open(const char *url);
/** A QR code of half blocks. PIMS_E_LIMIT, PIMS_E_MEMORY. */
int qr_print(FILE *file, const char *text, bool colours);

#endif
