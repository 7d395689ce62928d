/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_DPOP_KEY_H
#define PIMS_DPOP_KEY_H

#include "dpop/p256.h"

/* Private to src/dpop. */

/** Takes a stored key apart; the caller wipes. PIMS_E_FORMAT. */
int key_parts(const char *text, struct p256 *ret_parts);

#endif
