/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/initial.h"

#include "base/brand.h"
#include "base/brand_table.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/prompt.h"

#include <ctype.h>

/* Any free port of this machine (RFC 8252 §7.3); a provider that compares letter by letter wants --redirect-uri with the port it knows. */
static const char issuer_redirect[] = "http://127.0.0.1/callback";

/** Where an option goes in the configuration, and how a person is asked for it when neither option nor environment tells. */
struct value {
	int option;
	const char *group; /**< NULL = the top */
	const char *name;
	const char *question;  /**< NULL = never asked */
	const char *otherwise; /**< answer without asking when nobody can be asked; NULL = it must be given */
	const char *variable;  /**< of the environment, or NULL */
};

static const struct value values[] = {
	{INITIAL_ENVIRONMENT, NULL, "environnement", NULL, "Production", NULL},
	{INITIAL_MODE, NULL, "mode", NULL, "B2C", NULL},
	{INITIAL_DPOP, NULL, "dpop", NULL, "", NULL},
	{INITIAL_AUTH_METHOD, "credential", "tokenEndpointAuthMethod", NULL, "", NULL},
	{INITIAL_BRAND, "profile", "brand", "Brand (Peugeot, Citroen, Ds, Opel, Vauxhall)", NULL, NULL},
	{INITIAL_COUNTRY, NULL, "country", "Country, two letters", NULL, NULL},
	{INITIAL_CLIENT_ID, "credential", "clientID", "Client id", NULL, "PIMS_CLIENT_ID"},
	{INITIAL_REDIRECT, "credential", "loginRedirectURI", "Redirect URI", NULL, NULL},
	{INITIAL_MACID, "credential", "macID", "macID, 32 hex digits (empty: no strong authentication)", "", "PIMS_MACID"},
	{INITIAL_INWEBO, "credential", "inWeboURL", "inWebo URL (empty: no strong authentication)", "", "PIMS_INWEBO_URL"},
	{INITIAL_INWEBO_KEY, "credential", "inWeboKey", NULL, "", NULL},
	{INITIAL_OAUTH, "live", "oauthURL", "Sign-in URL, up to /authorize", NULL, "PIMS_OAUTH_URL"},
	{INITIAL_API, "live", "apiURL", "API URL (empty: no SMS by this program)", "", "PIMS_API_URL"},
	{INITIAL_REALM, "live", "realm", NULL, "", "PIMS_REALM"},
	{INITIAL_SCOPE, NULL, "scope", NULL, "", "PIMS_SCOPE"},
};

static json_t *group_of(json_t *config, const char *name)
{
	json_t *group = name ? json_object_get(config, name) : config;

	if (group)
		return group;
	group = json_object();
	return json_object_set_new(config, name, group) < 0 ? NULL : group;
}

static int put(struct cli *cli, json_t *config, const struct value *value, const char *text)
{
	json_t *group = group_of(config, value->group);

	if (!group)
		return cli_error(cli, value->name, PIMS_E_MEMORY);
	if (json_put_text(group, value->name, text) < 0)
		return cli_usage(cli, "%s is not UTF-8", value->name);
	if (value->option == INITIAL_REDIRECT && json_put_text(group, "webviewsRedirectURI", text) < 0)
		return cli_error(cli, value->name, PIMS_E_MEMORY);
	return CLI_OK;
}

/* "mymap://oauth2redirect/fr". False when brand or country are unknown. */
static bool default_redirect(const json_t *config, struct buf *uri)
{
	const struct brand *brand = brand_find(json_text(json_object_get(config, "profile"), "brand"), NULL, NULL);
	const char *country = json_text(config, "country");

	if (!brand || !country)
		return false;
	(void)buf_printf(uri, "%s" BRAND_REDIRECT, brand->scheme);
	for (; *country; country++)
		(void)buf_putc(uri, (char)tolower((unsigned char)*country));
	return buf_error(uri) == 0;
}

/* Where the sign-in's address is known, there is nothing to ask. */
static bool knows_oauth(const json_t *config)
{
	return brand_find(json_text(json_object_get(config, "profile"), "brand"), json_text(config, "environnement"),
			  json_text(config, "mode")) != NULL;
}

static int ask_value(struct cli *cli, json_t *config, const struct value *value)
{
	struct secret text cleanup_secret = {NULL, 0};
	const char *otherwise = value->otherwise;
	struct buf redirect = BUF_INIT(256);
	int r = CLI_OK;

	if (value->option == INITIAL_REDIRECT && default_redirect(config, &redirect))
		otherwise = buf_text(&redirect);
	if (prompt_possible() && value->question)
		r = prompt_text(cli, value->question, otherwise, &text);
	else if (!otherwise)
		r = cli_usage(cli, "--%s is missing", init_options[value->option].name);
	else if (secret_set(&text, otherwise) < 0)
		r = cli_error(cli, value->name, PIMS_E_MEMORY);
	if (!r && !secret_empty(&text))
		r = put(cli, config, value, secret_text(&text));
	buf_free(&redirect);
	return r;
}

static int put_secret(struct cli *cli, json_t *config, const char *text)
{
	static const struct value value = {INITIAL_SECRET_FILE, "credential", "clientSecret", NULL, NULL, NULL};

	return put(cli, config, &value, text);
}

/* A public client has none: the empty text. */
static int take_secret(struct cli *cli, json_t *config, const char *file, bool ask)
{
	struct secret secret cleanup_secret = {NULL, 0};
	int r = CLI_OK;

	if (file)
		r = prompt_file(cli, file, "the client secret", &secret);
	else if (ask && !secret_empty(&cli->client_secret))
		return put_secret(cli, config, secret_text(&cli->client_secret));
	else if (ask && prompt_possible())
		r = prompt_secret(cli, "Client secret (empty for a public client)", &secret);
	else if (!ask)
		return CLI_OK;
	return r ? r : put_secret(cli, config, secret_text(&secret));
}

/* With a backend, options only replace what it told; without one, all the rest comes from the environment or is asked for. */
static int take_values(struct cli *cli, json_t *config, const char *const *options, bool ask)
{
	int r = CLI_OK;

	for (size_t i = 0; !r && i < sizeof values / sizeof *values; i++) {
		const char *given = options[values[i].option];

		if (!given && ask)
			given = environment_get(values[i].variable);
		if (given)
			r = put(cli, config, &values[i], given);
		else if (ask && !(values[i].option == INITIAL_OAUTH && knows_oauth(config)))
			r = ask_value(cli, config, &values[i]);
	}
	return r ? r : take_secret(cli, config, options[INITIAL_SECRET_FILE], ask);
}

static int discover(struct cli *cli, const char *backend, json_t **ret_config)
{
	struct reply reply cleanup_reply = {.message = NULL};
	int r = call_run(cli, CALL_DISCOVER, backend, NULL, &reply);

	if (r)
		return r;
	if (!reply.succeeded) {
		if (cli->json)
			(void)call_print(cli, &reply);
		advice_print(cli, &reply);
		return CLI_FAILED;
	}
	*ret_config = json_deep_copy(json_object_get(reply.message, "result"));
	return *ret_config ? CLI_OK : cli_error(cli, "configuration", PIMS_E_MEMORY);
}

/* *ret_backend stays empty when it is a brand's live service. */
static int choose(struct cli *cli, const char *const *options, struct secret *ret_backend)
{
	if (options[INITIAL_BACKEND])
		return secret_set(ret_backend, options[INITIAL_BACKEND]) < 0 ? cli_error(cli, "backend", PIMS_E_MEMORY) : CLI_OK;
	if (options[INITIAL_BRAND])
		return CLI_OK;
	if (!prompt_possible())
		return cli_usage(cli, "say --backend URL, --issuer URL or --brand BRAND");
	return prompt_text(cli, "Server URL (empty: the live service of a brand)", "", ret_backend);
}

/* From the options alone: the provider's own document tells the rest at sign-in. */
static int issuer_config(struct cli *cli, const char *const *options, json_t **ret_config)
{
	json_t *config;
	int r;

	if (options[INITIAL_BACKEND] || options[INITIAL_BRAND])
		return cli_usage(cli, "--issuer stands alone: no --backend, no --brand");
	if (!options[INITIAL_CLIENT_ID])
		return cli_usage(cli, "--client-id is missing");
	config = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "environnement", "Production", "mode", "B2C", "issuer", options[INITIAL_ISSUER],
			   "credential", "clientID", options[INITIAL_CLIENT_ID], "clientSecret", "", "loginRedirectURI", issuer_redirect,
			   "webviewsRedirectURI", issuer_redirect);
	r = config ? take_values(cli, config, options, false) : cli_usage(cli, "an option is not UTF-8");
	if (r)
		json_wipe(config);
	else
		*ret_config = config;
	return r;
}

int initial_config(struct cli *cli, const char *const *options, json_t **ret_config)
{
	struct secret backend cleanup_secret = {NULL, 0};
	json_t *config = NULL;
	int r;

	if (options[INITIAL_ISSUER])
		return issuer_config(cli, options, ret_config);
	r = choose(cli, options, &backend);
	if (!r && !secret_empty(&backend))
		r = discover(cli, secret_text(&backend), &config);
	else if (!r && !(config = json_object()))
		r = cli_error(cli, "configuration", PIMS_E_MEMORY);
	if (!r)
		r = take_values(cli, config, options, secret_empty(&backend));
	if (r)
		json_wipe(config);
	else
		*ret_config = config;
	return r;
}

static bool lacks(const json_t *config, const struct value *value)
{
	const char *text = json_text(value->group ? json_object_get(config, value->group) : config, value->name);

	return !text || !*text;
}

int initial_fill(struct cli *cli, json_t *config)
{
	const char *secret = json_text(json_object_get(config, "credential"), "clientSecret");
	int r = CLI_OK;

	if (json_object_get(config, "backend") || json_object_get(config, "issuer"))
		return CLI_OK;
	for (size_t i = 0; !r && i < sizeof values / sizeof *values; i++) {
		const char *given = environment_get(values[i].variable);

		if (given && lacks(config, &values[i]))
			r = put(cli, config, &values[i], given);
	}
	if (!r && !secret_empty(&cli->client_secret) && (!secret || !*secret))
		r = put_secret(cli, config, secret_text(&cli->client_secret));
	return r;
}
