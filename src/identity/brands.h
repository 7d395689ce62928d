/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_BRANDS_H
#define PIMS_IDENTITY_BRANDS_H

#include "platform/profile.h"

/**
 * Where a brand's live service answers: its row of base/brand_table.h by brand, environment and mode, and over it what the user has configured
 * (`profile->live`). What neither tells stays NULL, and calls that need it end with `backend.no_endpoint`. Fills empty endpoints; the caller owns
 * them. PIMS_E_NOT_FOUND (nobody tells where to sign in), PIMS_E_MEMORY: nothing was written.
 */
int brand_endpoints(const struct profile *profile, struct endpoints *ret_endpoints);

#endif
