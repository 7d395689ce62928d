/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_IWWS_KEYS_H
#define PIMSD_IWWS_KEYS_H

#include "inwebo/keys.h"
#include "platform/env.h"
#include "server/store/seal.h"
#include "server/store/store.h"

/**
 * Reads Kfact, Kiw and the ms key from the store, or makes them on the first start; of several processes that start at once, the first one's keys are
 * everybody's. PIMS_E_KEY: sealed with another master key; PIMS_E_FORMAT, PIMS_E_CRYPTO, PIMS_E_SYSTEM. The caller owns *ret_keys: iw_keys_free().
 */
int iwws_keys_load(struct iw_keys **ret_keys, struct store *store, const struct seal *seal, const struct env *env);

#endif
