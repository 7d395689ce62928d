/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "server/oidc/handlers.h"
#include "server/server.h"

#include <string.h>

/*
 * What is lenient where: docs/PROTOCOL.md §5 is this table in words. Clients of the live service differ (spec/wire.md §2, §3), and its
 * endpoints take them all; where we alone say what a request looks like, it looks like that.
 */

enum { LIVE_TOKENS = REQUEST_QUERY | REQUEST_UNTYPED | REQUEST_ANY_ORIGIN, PAGES = REQUEST_QUERY | REQUEST_FORM };

/* A path that ends in a slash stands for all below it. */
static const struct {
	const char *path;
	unsigned rules;
} rows[] = {
	/* as at the live service */
	{OIDC_TOKEN_PATH, LIVE_TOKENS},
	{OIDC_REVOKE_PATH, LIVE_TOKENS},
	{"/applications/", REQUEST_GATEWAY},
	{"/connectedcar/", REQUEST_GATEWAY},
	{"/iwws/", 0},
	/* by the standards alone */
	{"/.well-known/", REQUEST_ANY_ORIGIN},
	{OIDC_PAR_PATH, REQUEST_FORM | REQUEST_ANY_ORIGIN},
	{OIDC_JWKS_PATH, REQUEST_ANY_ORIGIN},
	{OIDC_USERINFO_PATH, REQUEST_FORM | REQUEST_ANY_ORIGIN},
	{OIDC_END_SESSION_PATH, REQUEST_FORM},
	/* pages, whose forms post to the address with the request in it */
	{OIDC_AUTHORIZE_PATH, PAGES},
	{"/account/", PAGES},
	/* its guard has rules of its own */
	{"/sandbox/", 0},
};

static bool is_below(const char *path, const char *row)
{
	return row[strlen(row) - 1] == '/' ? text_starts(path, row) : strcmp(path, row) == 0;
}

unsigned server_rules(const char *path)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (is_below(path, rows[i].path))
			return rows[i].rules;
	return REQUEST_JSON;
}
