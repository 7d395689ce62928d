/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_SETTINGS_H
#define PIMSD_SETTINGS_H

#include "server/server.h"

/** Private to the start of a server. PIMS_E_MEMORY. */
int settings_copy(struct settings *ret_settings, const struct settings *from);
void settings_free(struct settings *settings);
/** Fills in the macid: the stored one, else the given one, else (sandbox) a fixed or a random one. PIMS_E_STATE: stored and given differ (logged). */
int settings_load_macid(struct settings *settings, struct store *store, const struct env *env);

#endif
