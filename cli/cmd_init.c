/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/initial.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/trust.h"

enum { INIT_FORCE = INITIAL_COUNT, INIT_JSON };

const struct option_row init_options[] = {
	[INITIAL_BACKEND] = {"backend", "URL", "a self-hosted server: its well-known document tells the rest"},
	[INITIAL_ISSUER] = {"issuer", "URL", "any OpenID provider: sign-in and tokens alone"},
	[INITIAL_BRAND] = {"brand", "BRAND", "Peugeot, Citroen, Ds, Opel or Vauxhall: the live service"},
	[INITIAL_COUNTRY] = {"country", "CC", "two letters, e.g. FR"},
	[INITIAL_CLIENT_ID] = {"client-id", "ID", "OAuth2 client id"},
	[INITIAL_SECRET_FILE] = {"client-secret-file", "FILE", "its secret, in a file (- is standard input); without: asked, or none"},
	[INITIAL_REDIRECT] = {"redirect-uri", "URI", "redirect URI of the client"},
	[INITIAL_MACID] = {"macid", "ID", "32 hex digits: the application's id at inWebo"},
	[INITIAL_INWEBO] = {"inwebo-url", "URL", "where inWebo answers"},
	[INITIAL_OAUTH] = {"oauth-url", "URL", "where the live service signs in, if not the brand's known address"},
	[INITIAL_API] = {"api-url", "URL", "where the live service's API answers: needed for an SMS"},
	[INITIAL_REALM] = {"realm", "NAME", "realm of the live service, if not the brand's"},
	[INITIAL_INWEBO_KEY] = {"inwebo-key", "HEX", "fingerprint of inWebo's key (pimsd key fingerprint), so that the first activation trusts no other"},
	[INITIAL_ENVIRONMENT] = {"environment", "NAME", "Production, Preproduction or development"},
	[INITIAL_MODE] = {"mode", "MODE", "B2C or B2B"},
	[INITIAL_SCOPE] = {"scope", "WORDS",
			   "scope to ask for (default: the server's; at an issuer openid profile email, and offline_access where it is known)"},
	[INITIAL_AUTH_METHOD] = {"auth-method", "NAME",
				 "how the client secret is sent: client_secret_basic or client_secret_post (default: as the provider says)"},
	[INITIAL_DPOP] = {"dpop", "WHAT",
			  "which tokens the server binds to a key of this profile: auto (default), all, refresh (where others use access tokens), never"},
	[INIT_FORCE] = {"force", NULL, "replace another configuration"},
	[INIT_JSON] = JSON_ROW,
	{NULL, NULL, NULL},
};

/* The library says what is wrong before anything is written. */
static int check(struct cli *cli, const json_t *config)
{
	json_t *copy = json_deep_copy(config);

	if (!copy)
		return cli_error(cli, "configuration", PIMS_E_MEMORY);
	return session_initialize(cli, copy, cli->json) ? CLI_FAILED : CLI_OK;
}

/* CLI_OK with *ret_same: nothing is to be written. */
static int compare(struct cli *cli, const json_t *config, bool force, bool *ret_same)
{
	json_t *old = NULL;
	int r;

	*ret_same = false;
	if (force)
		return CLI_OK;
	r = config_load(cli, &old);
	if (!r && old) {
		*ret_same = json_equal(old, config);
		if (!*ret_same)
			r = cli_cannot(cli, "there is another configuration in %s: --force replaces it, --profile NAME makes a second one",
				       cli->directory);
	}
	json_wipe(old);
	return r;
}

static int tell(struct cli *cli, const json_t *config, bool same)
{
	struct reply reply cleanup_reply = {.message = NULL};
	struct buf text = BUF_INIT(65536);
	json_t *shown;
	int r;

	if (!cli->json) {
		cli_say(cli, "%s %s/%s", same ? "unchanged:" : "written:", cli->directory, CONFIG_NAME);
		return CLI_OK;
	}
	shown = json_deep_copy(config);
	(void)json_object_del(json_object_get(shown, "credential"), "clientSecret");
	r = json_write(shown, &text);
	if (r == 0)
		r = secret_set(&reply.text, buf_text(&text));
	buf_free(&text);
	json_wipe(shown);
	return r < 0 ? cli_error(cli, "configuration", r) : call_print(cli, &reply);
}

static int store(struct cli *cli, const json_t *config, bool force)
{
	bool same = false;
	int r = compare(cli, config, force, &same);

	if (!r)
		r = check(cli, config);
	if (!r && !same)
		r = config_save(cli, config);
	return r ? r : tell(cli, config, same);
}

int command_init(struct cli *cli, const struct arguments *arguments)
{
	json_t *config = NULL;
	int r;

	cli->json = arguments->option[INIT_JSON];
	r = session_context(cli);
	if (!r)
		r = initial_config(cli, arguments->option, &config);
	if (!r)
		r = trust_save(cli, config);
	if (!r)
		r = store(cli, config, arguments->option[INIT_FORCE]);
	json_wipe(config);
	return r;
}
