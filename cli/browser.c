/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"

#include "cli/spawn.h"

#include <stdlib.h>

/* Over ssh or on a bare console there is no screen to show a page on. */
bool browser_screen(void)
{
#ifdef __APPLE__
	return true;
#else
	const char *x11 = getenv("DISPLAY");
	const char *wayland = getenv("WAYLAND_DISPLAY");

	return (x11 && *x11) || (wayland && *wayland);
#endif
}

/* The browser outlives us. */
static bool browser_start(const char *program, const char *url)
{
	const char *const words[] = {program, url, NULL};
	pid_t pid;

	return spawn_start(words, -1, &pid) == 0;
}

bool browser_open(const char *url)
{
	static const char *const programs[] = {"xdg-open", "open", "sensible-browser", "x-www-browser"};
	const char *own = getenv("BROWSER");

	if (own && *own && browser_start(own, url))
		return true;
	if (!browser_screen())
		return false;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (browser_start(programs[i], url))
			return true;
	}
	return false;
}
