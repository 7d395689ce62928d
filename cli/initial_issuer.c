/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/initial.h"
#include "cli/prompt.h"

#include <pims/error.h>

/* Any free port of this machine (RFC 8252 §7.3); a provider that compares letter by letter wants --redirect-uri with the port it knows. */
static const char default_redirect[] = "http://127.0.0.1/callback";

static const char *either(const char *given, const char *otherwise)
{
	return given ? given : otherwise;
}

static json_t *build(const char *const *options, const struct secret *secret)
{
	const char *redirect = either(options[INITIAL_REDIRECT], default_redirect);
	json_t *credential = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*}", "clientID", options[INITIAL_CLIENT_ID], "clientSecret",
				       secret_text(secret), "loginRedirectURI", redirect, "webviewsRedirectURI", redirect, "macID",
				       options[INITIAL_MACID], "inWeboURL", options[INITIAL_INWEBO]);

	return json_pack("{s:s, s:s, s:s, s:o, s:s*, s:s*}", "environnement", either(options[INITIAL_ENVIRONMENT], "Production"), "mode",
			 either(options[INITIAL_MODE], "B2C"), "issuer", options[INITIAL_ISSUER], "credential", credential, "scope",
			 options[INITIAL_SCOPE], "country", options[INITIAL_COUNTRY]);
}

int initial_issuer(struct cli *cli, const char *const *options, json_t **ret_config)
{
	struct secret secret cleanup_secret = {NULL, 0};
	int r = CLI_OK;

	if (options[INITIAL_BACKEND] || options[INITIAL_BRAND])
		return cli_usage(cli, "--issuer stands alone: no --backend, no --brand");
	if (!options[INITIAL_CLIENT_ID])
		return cli_usage(cli, "--client-id is missing");
	if (options[INITIAL_SECRET_FILE])
		r = prompt_file(cli, options[INITIAL_SECRET_FILE], "the client secret", &secret);
	if (r)
		return r;
	*ret_config = build(options, &secret);
	return *ret_config ? CLI_OK : cli_usage(cli, "an option is not UTF-8");
}
