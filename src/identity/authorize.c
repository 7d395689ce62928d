/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/authorize.h"

#include "base/text.h"
#include "identity/issuer.h"
#include "identity/pkce.h"
#include "identity/token.h"

#include <pims/error.h>

#include <string.h>

/* For a brand of the live service, where no source tells more: the least that gives an id_token with a name in it. */
static const char default_scope[] = "openid profile";

int authorization_begin(struct authorization *authorization, const struct env *env, bool forced)
{
	int r = pkce_random(env, &authorization->verifier);

	if (r == 0)
		r = pkce_random(env, &authorization->state);
	if (r == 0)
		r = pkce_random(env, &authorization->nonce);
	authorization->asked = env_monotonic(env);
	authorization->forced = forced;
	return r;
}

void authorization_free(struct authorization *authorization)
{
	secret_free(&authorization->verifier);
	secret_free(&authorization->state);
	secret_free(&authorization->nonce);
}

const char *authorization_scope(const struct profile *profile)
{
	if (profile->scope)
		return profile->scope;
	return profile->endpoints.scope ? profile->endpoints.scope : default_scope;
}

static bool has_scope(const char *scope, const char *name)
{
	size_t length = strlen(name);

	for (; *scope; scope += strspn(scope, " ")) {
		size_t word = strcspn(scope, " ");

		if (word == length && strncmp(scope, name, length) == 0)
			return true;
		scope += word;
	}
	return false;
}

/*
 * OpenID Connect Core §11: a provider ignores `offline_access` unless the user is asked. Our own backend gives refresh tokens without, and nobody
 * shall be asked there for nothing.
 */
static const char *choose_prompt(const struct authorization *authorization, const struct profile *profile)
{
	bool consent = profile->issuer && has_scope(authorization_scope(profile), "offline_access");

	if (consent)
		return authorization->forced ? "login consent" : "consent";
	return authorization->forced ? "login" : NULL;
}

/* Appends prompt and max_age where they are wanted. */
static void put_prompt(const struct authorization *authorization, const struct profile *profile, struct buf *buf)
{
	const char *prompt = choose_prompt(authorization, profile);

	if (prompt)
		url_put(buf, "prompt", prompt);
	if (authorization->forced)
		url_put(buf, "max_age", "0");
}

static int put_challenge(const struct authorization *authorization, struct buf *buf)
{
	struct buf challenge = BUF_INIT(64);
	int r = pkce_challenge(secret_text(&authorization->verifier), &challenge);

	if (r == 0)
		r = url_put(buf, "code_challenge", buf_text(&challenge));
	buf_free(&challenge);
	return r < 0 ? r : url_put(buf, "code_challenge_method", "S256");
}

int authorization_url(const struct profile *profile, const char *query, struct buf *url)
{
	const char *endpoint = profile->endpoints.authorization;

	return buf_printf(url, "%s%c%s", endpoint, strchr(endpoint, '?') ? '&' : '?', query);
}

int authorization_parameters(const struct authorization *authorization, const struct flow *flow, const char *language, struct buf *buf)
{
	const struct profile *profile = flow->profile;
	int r;

	url_put(buf, "response_type", "code");
	url_put(buf, "client_id", profile->client_id);
	url_put(buf, "redirect_uri", flow->redirect_uri);
	url_put(buf, "scope", authorization_scope(profile));
	url_put(buf, "state", secret_text(&authorization->state));
	url_put(buf, "nonce", secret_text(&authorization->nonce));
	r = put_challenge(authorization, buf);
	if (r < 0)
		return r;
	if (*authorization->key)
		url_put(buf, "dpop_jkt", authorization->key);
	if (profile->endpoints.resource)
		url_put(buf, "resource", profile->endpoints.resource);
	if (language)
		url_put(buf, "ui_locales", language);
	put_prompt(authorization, profile, buf);
	return buf_error(buf);
}

/* An http URL without a path is the one with "/": browsers write it so (RFC 3986 §6.2.3). */
static bool same_path(const struct url *a, const struct url *b)
{
	if (text_starts(a->scheme, "http"))
		return text_equal(*a->path ? a->path : "/", *b->path ? b->path : "/");
	return text_equal(a->path, b->path);
}

static bool same_place(const struct url *expected, const struct url *url)
{
	return text_equal(expected->scheme, url->scheme) && text_equal(expected->host, url->host) &&
	       text_equal(expected->port, url->port) && same_path(expected, url);
}

/* A redirect URI may have a query of its own, which must come back (RFC 6749 §3.1.2). */
static bool keeps_query(const struct url *expected, const struct query *query)
{
	struct query own = {0};
	bool kept = true;

	if (!expected->query)
		return true;
	if (query_parse(expected->query, strlen(expected->query), &own) < 0)
		return false;
	for (size_t i = 0; i < own.count && kept; i++)
		kept = text_equal(own.items[i].value, query_get(query, own.items[i].name));
	query_free(&own);
	return kept;
}

static bool has_state(const struct authorization *authorization, const struct query *query)
{
	const char *state = query_get(query, "state");

	return state && !secret_empty(&authorization->state) && secret_equals_text(secret_text(&authorization->state), state);
}

static int read_redirect(const struct authorization *authorization, const struct url *expected, const struct url *url,
			 struct query *ret_query)
{
	struct query query = {0};
	int r;

	if (!url->query || !same_place(expected, url))
		return PIMS_E_NOT_FOUND;
	r = query_parse(url->query, strlen(url->query), &query);
	if (r < 0)
		return r;
	if (!keeps_query(expected, &query) || !has_state(authorization, &query)) {
		query_free(&query);
		return PIMS_E_NOT_FOUND;
	}
	*ret_query = query;
	return 0;
}

int authorization_redirect(const struct authorization *authorization, const char *redirect_uri, const char *url, struct query *ret_query)
{
	struct url expected = {0}, parts = {0};
	int r = url_parse(redirect_uri, &expected);

	if (r == 0)
		r = url_parse(url, &parts);
	if (r == 0)
		r = read_redirect(authorization, &expected, &parts, ret_query);
	secret_wipe(parts.query, parts.query ? strlen(parts.query) : 0);
	url_free(&expected);
	url_free(&parts);
	return r == 0 || r == PIMS_E_MEMORY ? r : PIMS_E_NOT_FOUND;
}

const char *authorization_language(const struct flow *flow, char language[LANGUAGE_SIZE])
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	const char *local = flow_text(flow, "local");
	size_t length;

	if (!local || !*local)
		return NULL;
	length = strlen(local);
	if (length >= LANGUAGE_SIZE || strspn(local, allowed) != length)
		return "";
	for (size_t i = 0; i <= length; i++)
		language[i] = local[i] == '_' ? '-' : local[i];
	return language;
}

enum flow_want authorization_refused(struct flow *flow, const char *error)
{
	char cause[64];

	if (text_equal(error, "access_denied"))
		return flow_fail(flow, PIMS_WEBVIEW_CANCELED, "agent.canceled");
	token_cause(error, cause, sizeof cause);
	return flow_fail(flow, PIMS_SERVER, cause);
}

/* Against mix-up (RFC 9207 §2.4). */
bool authorization_issuer_matches(const struct endpoints *endpoints, const struct query *query)
{
	const char *issuer = query_get(query, "iss");

	return issuer ? issuer_accepted(endpoints, issuer) : !endpoints->iss_parameter;
}
