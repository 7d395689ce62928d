/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_ADVICE_H
#define PIMS_CLI_ADVICE_H

#include "cli/call.h"

/** What a refusal means for a person. */
struct advice {
	int code;          /**< 0 = any */
	const char *cause; /**< NULL = any; with a dot at its end: all that begin so */
	const char *text;
	const char *next; /**< a command, or "" */
};

/** The one table, ended by a NULL text: the first row that fits counts, so rows with a cause stand before rows without. */
extern const struct advice advices[];

/** Never NULL: for what the table does not know, empty texts. */
const struct advice *advice_find(int code, const char *cause);

/** On standard error: label, what it means, attempts left, seconds to wait, what to do next. */
void advice_print(const struct cli *cli, const struct reply *reply);

/** A recovery of the library ("set API name=value") as a command of ours. *ret_own is true when it is an everyday word. */
const char *advice_word(const char *recovery, bool *ret_own);

#endif
