/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_AGENT_BROWSER_H
#define PIMS_PLATFORM_AGENT_BROWSER_H

#include <pims/options.h>

#include <stddef.h>
#include <sys/types.h>

enum { BROWSER_MAX_CHILDREN = 8 };

/** The built-in struct pims_agent: opens the URL in the desktop's browser with xdg-open. */
struct agent_browser {
	pid_t children[BROWSER_MAX_CHILDREN]; /**< started and not yet reaped; 0 = none */
};

void agent_browser_init(struct agent_browser *browser);
/** Reaps what has ended; a browser that runs goes on. */
void agent_browser_free(struct agent_browser *browser);
/**
 * The hooks, with `browser` as their data, which must not move. `open` returns PIMS_E_NOT_FOUND when there is no desktop (neither DISPLAY nor
 * WAYLAND_DISPLAY) or no xdg-open, PIMS_E_INVALID for a URL that is not http or https, PIMS_E_SYSTEM, PIMS_E_LIMIT (BROWSER_MAX_CHILDREN still run).
 */
void agent_browser_hooks(struct agent_browser *browser, struct pims_agent *ret_hooks);

#endif
