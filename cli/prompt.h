/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_PROMPT_H
#define PIMS_CLI_PROMPT_H

#include "cli/cli.h"

/* Questions. All return an exit status. */

/** True when somebody can be asked. */
bool prompt_possible(void);
/** One line of standard input, whatever it is. `what` names it in the complaint when standard input has ended. */
int prompt_line(struct cli *cli, const char *what, struct secret *ret_line);
/** True when standard input has another line; waits until that is known. */
bool prompt_more(struct cli *cli);
/** On a terminal shows `question` and reads without echo; else takes the next line of standard input. */
int prompt_secret(struct cli *cli, const char *question, struct secret *ret_secret);
/** The same with echo. On a terminal an empty answer becomes `otherwise`, unless that is NULL. */
int prompt_text(struct cli *cli, const char *question, const char *otherwise, struct secret *ret_text);
/** Asks twice on a terminal, until both are the same. */
int prompt_secret_twice(struct cli *cli, const char *question, const char *again, struct secret *ret_secret);
/** Asks yes or no; without a terminal nobody is there to say no: true. *ret_yes is the answer. */
int prompt_confirm(struct cli *cli, const char *question, bool *ret_yes);
/** The first line of a file; "-" is standard input. */
int prompt_file(struct cli *cli, const char *path, const char *what, struct secret *ret_secret);

#endif
