/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_CLI_SECRETS_H
#define PIMS_CLI_SECRETS_H

#include "base/json.h"

/** True for parameters that are never given as arguments, where every user of the machine reads them: pinCode, smsCode, oldPIN, newPIN, clientSecret. */
bool secret_name(const char *name);
/** The first such name anywhere in a JSON value, or NULL. */
const char *secret_name_in(const json_t *value);

#endif
