/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SANDBOX_SEED_H
#define PIMSD_SANDBOX_SEED_H

#include "server/server.h"

#define SANDBOX_EMAIL "demo@example.com"
#define SANDBOX_PASSWORD "demo-password"
#define SANDBOX_PHONE "+33612345678"
#define SANDBOX_CLIENT "demo"
#define SANDBOX_SECRET "demo"
#define SANDBOX_MACID "5a6b0c1d2e3f40515263748596a7b8c9"

/** Adds the demo account and the two clients unless they are there. */
int sandbox_seed(struct store *store, const struct env *env);

#endif
