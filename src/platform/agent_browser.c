/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/agent_browser.h"

#include "base/url.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENER "xdg-open"

void agent_browser_init(struct agent_browser *browser)
{
	memset(browser, 0, sizeof *browser);
}

/* Never waits: the opener may live as long as the browser does. */
static void reap(struct agent_browser *browser)
{
	for (size_t i = 0; i < BROWSER_MAX_CHILDREN; i++)
		if (browser->children[i] > 0 && waitpid(browser->children[i], NULL, WNOHANG) != 0)
			browser->children[i] = 0;
}

void agent_browser_free(struct agent_browser *browser)
{
	if (!browser)
		return;
	reap(browser);
	memset(browser, 0, sizeof *browser);
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static pid_t *free_place(struct agent_browser *browser)
{
	for (size_t i = 0; i < BROWSER_MAX_CHILDREN; i++)
		if (browser->children[i] == 0)
			return &browser->children[i];
	return NULL;
}

/* A session of its own and none of our descriptors: the terminal's signals and output are not the browser's. */
static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	sigset_t none, standard;

	if (sigemptyset(&none) < 0 || sigemptyset(&standard) < 0 || sigaddset(&standard, SIGPIPE) < 0)
		return PIMS_E_SYSTEM;
	if (posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO) != 0)
		return PIMS_E_MEMORY;
	if (posix_spawnattr_setsigmask(attributes, &none) != 0 || posix_spawnattr_setsigdefault(attributes, &standard) != 0 ||
	    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) != 0)
		return PIMS_E_SYSTEM;
	return 0;
}

static int spawn(pid_t *ret_child, const char *url)
{
	char opener[] = OPENER;
	char *address = strdup(url);
	char *arguments[] = {opener, address, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error, r;

	if (!address)
		return PIMS_E_MEMORY;
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	r = prepare(&actions, &attributes);
	if (r == 0) {
		error = posix_spawnp(ret_child, OPENER, &actions, &attributes, arguments, environ);
		if (error != 0)
			r = error == ENOENT || error == EACCES ? PIMS_E_NOT_FOUND : PIMS_E_SYSTEM;
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(address);
	return r;
}

static int browser_open(void *data, const char *transaction, const char *url, const char *language, const char *context)
{
	struct agent_browser *browser = data;
	pid_t *place, child;
	int r;

	(void)transaction;
	(void)language;
	(void)context;
	if (!url_is_http(url))
		return PIMS_E_INVALID;
	if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY"))
		return PIMS_E_NOT_FOUND;
	reap(browser);
	place = free_place(browser);
	if (!place)
		return PIMS_E_LIMIT;
	r = spawn(&child, url);
	if (r == 0)
		*place = child;
	return r;
}

static void browser_close(void *data, const char *transaction)
{
	(void)transaction;
	reap(data);
}

void agent_browser_hooks(struct agent_browser *browser, struct pims_agent *ret_hooks)
{
	*ret_hooks = (struct pims_agent){.size = sizeof *ret_hooks, .open = browser_open, .close = browser_close, .data = browser};
}
