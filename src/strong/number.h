/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_STRONG_NUMBER_H
#define PIMS_STRONG_NUMBER_H

#include "platform/flow.h"

#include <stdbool.h>

enum { STRONG_NUMBER_SIZE = 64 };

/**
 * The parameter phoneNumber as the server gets it: E.164 when it can be read here (an international form, or a national one of the configured country), else
 * as it was given: the server reads it with the account's country. PIMS_E_FORMAT: there is no such number.
 */
int strong_number(const struct flow *flow, char ret_number[STRONG_NUMBER_SIZE]);
/** False, with the flow ended (2102 phoneNumber), when there is no such number: nothing is sent then. */
bool strong_number_valid(struct flow *flow);

#endif
