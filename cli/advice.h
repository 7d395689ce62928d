/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_ADVICE_H
#define PIMS_CLI_ADVICE_H

#include "cli/call.h"

/** On standard error: label, what it means, attempts left, seconds to wait, what to do next. */
/** What is wrong with a parameter, by the label of an error without cause; what the code means, where it is of no such parameter. */
const char *advice_parameter(int code, const char *label);
void advice_print(const struct cli *cli, const struct reply *reply);

/** A recovery of the library ("set API name=value") as a command of ours. *ret_own is true when it is an everyday word. */
const char *advice_word(const char *recovery, bool *ret_own);

/** What to do next, or "": a command of ours where there is one, else `recovery`, which may be NULL, or what the library's table says. */
const char *advice_next(int code, const char *cause, const char *recovery, bool *ret_own);

#endif
