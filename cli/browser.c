/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

/* Over ssh or on a bare console there is no screen to show a page on. */
static bool screen_there(void)
{
#ifdef __APPLE__
	return true;
#else
	const char *x11 = getenv("DISPLAY");
	const char *wayland = getenv("WAYLAND_DISPLAY");

	return (x11 && *x11) || (wayland && *wayland);
#endif
}

/* The browser outlives us: its own group, so that our Ctrl-C does not end it, and none of our descriptors. */
static bool browser_start(const char *program, const char *url)
{
	char *words[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)url, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	sigset_t plain;
	pid_t pid;
	bool done;

	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&how) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return false;
	}
	(void)sigemptyset(&plain);
	(void)sigaddset(&plain, SIGPIPE);
	(void)sigaddset(&plain, SIGTTIN);
	done = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
	       posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) == 0 &&
	       posix_spawn_file_actions_adddup2(&files, 1, 2) == 0 && posix_spawnattr_setsigdefault(&how, &plain) == 0 &&
	       posix_spawnattr_setpgroup(&how, 0) == 0 &&
	       posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP) == 0 &&
	       posix_spawnp(&pid, program, &files, &how, words, environ) == 0;
	(void)posix_spawnattr_destroy(&how);
	(void)posix_spawn_file_actions_destroy(&files);
	return done;
}

bool browser_open(const char *url)
{
	static const char *const programs[] = {"xdg-open", "open", "sensible-browser", "x-www-browser"};
	const char *own = getenv("BROWSER");

	if (own && *own && browser_start(own, url))
		return true;
	if (!screen_there())
		return false;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (browser_start(programs[i], url))
			return true;
	}
	return false;
}
