/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/environment.h"

#include <stdlib.h>
#include <string.h>

int environment_take(struct cli *cli)
{
	char *text = getenv(ENVIRONMENT_SECRET);
	int r;

	if (!text)
		return 0;
	r = *text ? secret_set(&cli->client_secret, text) : 0;
	secret_wipe(text, strlen(text)); /* the bytes that the kernel shows, not a copy of them */
	(void)unsetenv(ENVIRONMENT_SECRET);
	return r;
}

const char *environment_get(const char *name)
{
	const char *value = name ? getenv(name) : NULL;

	return value && *value ? value : NULL;
}
