/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SWEEPER_H
#define PIMSD_SWEEPER_H

#include "platform/env.h"
#include "server/store/store.h"

/** A thread that calls store_sweep() every minute. */
struct sweeper;

/** PIMS_E_SYSTEM with errno. The caller owns *ret_sweeper. */
int sweeper_start(struct sweeper **ret_sweeper, struct store *store, const struct env *env);
/** NULL allowed. */
void sweeper_stop(struct sweeper *sweeper);

#endif
