/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_CODES_H
#define PIMS_FACADE_CODES_H

#include "facade/api.h"

/**
 * Makes the code one that the row documents (spec/facade.md, rule 5): a cause without a listed code takes the nearest listed one, and
 * `cause` goes on telling the truth. Adds what to call next where every call means the same by a code. `row` NULL = initialize,
 * release and the like: the code stays.
 */
void codes_map(const struct api_row *row, struct outcome *outcome);

#endif
