/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_RECOVERY_H
#define PIMSD_RECOVERY_H

#include "platform/env.h"

/** Four groups of four, with dashes, NUL. */
enum { RECOVERY_CODE_SIZE = 20, RECOVERY_LENGTH = 16, RECOVERY_SECONDS = 86400, RECOVERY_TRIES = 5 };

/** A new code: 80 random bits, of letters and digits that are not mistaken for each other. */
int recovery_code_make(const struct env *env, char ret_code[RECOVERY_CODE_SIZE]);
/** A code as people type it, in the form that is hashed. PIMS_E_FORMAT. */
int recovery_code_read(const char *text, char ret_code[RECOVERY_LENGTH + 1]);

#endif
