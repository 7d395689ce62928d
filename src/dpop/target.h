/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_DPOP_TARGET_H
#define PIMS_DPOP_TARGET_H

#include "base/buf.h"

/* Private to src/dpop: the URL of a request as proofs name it. */

/** Appends scheme, host, port and path, normalised. PIMS_E_FORMAT: it is no http or https URL. */
int target_write(const char *url, struct buf *ret_target);
/** Appends the origin alone. */
int target_origin(const char *url, struct buf *ret_origin);

#endif
