/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/environment.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The bytes that the kernel shows, not a copy of them; a variable may be there twice. */
static void wipe(const char *prefix)
{
	for (char **at = environ; at && *at; at++)
		if (text_starts(*at, prefix))
			secret_wipe(*at + strlen(prefix), strlen(*at) - strlen(prefix));
}

int environment_take(struct cli *cli)
{
	const char *text = getenv(ENVIRONMENT_SECRET);
	int r;

	if (!text)
		return 0;
	r = *text ? secret_set(&cli->client_secret, text) : 0;
	wipe(ENVIRONMENT_SECRET "=");
	(void)unsetenv(ENVIRONMENT_SECRET);
	return r;
}

const char *environment_get(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && *value ? value : NULL;
}
