/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/auth_request.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/oidc/client.h"
#include "server/oidc/keys.h"
#include "server/oidc/passkey.h"
#include "server/oidc/par.h"
#include "server/oidc/redirect.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

static const char *const scopes[] = {"openid", "profile", "email", "pims.account", "pims.phone", "pims.device", "pims.otp"};
static const char *const carried[] = {"client_id", "redirect_uri", "response_type", "response_mode",         "scope",
				      "state",     "nonce",        "code_challenge", "code_challenge_method", "ui_locales",
				      "id_token_hint", "dpop_jkt", "max_age", "login_hint", "acr_values"};
/* RFC 9126 §4: all that a browser carries of a request that was pushed */
static const char *const reference[] = {"client_id", "request_uri"};

bool auth_scope_has(const char *scope, const char *word)
{
	size_t length = strlen(word);

	while (scope && *scope) {
		size_t next = strcspn(scope, " ");

		if (next == length && strncmp(scope, word, length) == 0)
			return true;
		scope += next;
		scope += strspn(scope, " ");
	}
	return false;
}

bool auth_scope_limits(const char *scope)
{
	for (; scope && *scope; scope += strspn(scope, " ")) {
		if (text_starts(scope, "pims."))
			return true;
		scope += strcspn(scope, " ");
	}
	return false;
}

bool auth_scope_names_calls(const char *scope)
{
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (auth_scope_limits(scopes[i]) && auth_scope_has(scope, scopes[i]))
			return true;
	return false;
}

bool auth_scope_within(const char *wanted, const char *allowed, const char *granted)
{
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (auth_scope_has(wanted, scopes[i]) && (!allowed || auth_scope_has(allowed, scopes[i])) && !auth_scope_has(granted, scopes[i]))
			return false;
	return true;
}

void auth_scope_filter(const char *wanted, const char *allowed, char ret_scope[SCOPE_SIZE])
{
	bool all_calls = !auth_scope_limits(wanted), any = false;
	size_t at = 0;

	ret_scope[0] = '\0';
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
		bool named = !wanted || auth_scope_has(wanted, scopes[i]);
		size_t length = strlen(scopes[i]);

		if ((!named && !(all_calls && auth_scope_limits(scopes[i]))) || (allowed && !auth_scope_has(allowed, scopes[i])) ||
		    at + length + 2 > SCOPE_SIZE)
			continue;
		if (at)
			ret_scope[at++] = ' ';
		memcpy(ret_scope + at, scopes[i], length + 1);
		at += length;
		any = any || named;
	}
	if (!any)
		ret_scope[0] = '\0';
}

/* An empty parameter counts as absent (RFC 6749 §3.1). */
static const char *parameter(const struct request *request, const char *name)
{
	const char *value = request_parameter(request, name);

	return value && *value ? value : NULL;
}

static bool too_long(const char *value, size_t max)
{
	return value && strlen(value) > max;
}

static int read_client(const struct request *request, struct auth_request *auth)
{
	const char *id = parameter(request, "client_id");
	int r = PIMS_E_NOT_FOUND;

	if (id && !too_long(id, CLIENT_ID_MAX))
		r = store_client_get(request_server(request)->store, id, &auth->client);
	if (r == PIMS_E_NOT_FOUND) {
		auth->refusal = AUTH_UNKNOWN_CLIENT;
		return 0;
	}
	return r;
}

static void read_redirect(const struct request *request, struct auth_request *auth)
{
	auth->redirect_uri = parameter(request, "redirect_uri");
	auth->state = parameter(request, "state");
	if (!auth->redirect_uri || !redirect_registered(auth->client.redirect_uris, auth->redirect_uri))
		auth->refusal = AUTH_UNKNOWN_REDIRECT;
	else if (too_long(auth->state, STATE_MAX))
		auth->refusal = AUTH_LONG_STATE;
}

static void fail(struct auth_request *auth, const char *error, const char *description)
{
	if (auth->error)
		return;
	auth->error = error;
	auth->description = description;
}

static void check_type(const struct request *request, struct auth_request *auth)
{
	const char *type = parameter(request, "response_type");
	const char *mode = parameter(request, "response_mode");

	/* OpenID Connect Core 6.1, 6.2: an OP that does not do request objects says so */
	if (parameter(request, "request"))
		fail(auth, "request_not_supported", "request objects are not supported");
	if (parameter(request, "request_uri"))
		fail(auth, "request_uri_not_supported", "request objects are not supported");
	if (!type)
		fail(auth, "invalid_request", "response_type is missing");
	else if (!text_equal(type, "code"))
		fail(auth, "unsupported_response_type", "only response_type=code is supported");
	if (mode && !text_equal(mode, "query"))
		fail(auth, "invalid_request", "only response_mode=query is supported");
}

/* SHA-256 in base64url */
static bool digest_valid(const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return strlen(text) == CHALLENGE_LENGTH && strspn(text, alphabet) == CHALLENGE_LENGTH;
}

/* RFC 7636 §4.3: without a method it is "plain", which protects from nobody who reads the request. */
static void check_challenge(const struct request *request, struct auth_request *auth)
{
	const char *method = parameter(request, "code_challenge_method");

	auth->challenge = parameter(request, "code_challenge");
	if (!auth->challenge && method)
		fail(auth, "invalid_request", "code_challenge is missing");
	else if (!auth->challenge && client_is_public(&auth->client))
		fail(auth, "invalid_request", "code_challenge is required of public clients");
	else if (auth->challenge && !text_equal(method, "S256"))
		fail(auth, "invalid_request", "code_challenge_method must be S256");
	else if (auth->challenge && !digest_valid(auth->challenge))
		fail(auth, "invalid_request", "code_challenge has the wrong form");
}

/*
 * RFC 9470 §5: a level that cannot be reached fails the request, so that a client which was told to step up does not go round in circles.
 */
static void check_level(const struct request *request, struct auth_request *auth)
{
	const char *levels = parameter(request, "acr_values");

	if (!levels)
		return;
	auth->wants_otp = auth_scope_has(levels, ACR_OTP);
	if (auth_scope_has(levels, ACR_PASSWORD))
		auth->needs = NEEDS_NOTHING;
	else if (auth->wants_otp)
		auth->needs = NEEDS_OTP;
	else if (auth_scope_has(levels, ACR_PASSKEY) && passkey_possible(request_server(request)))
		auth->needs = NEEDS_PASSKEY;
	else
		fail(auth, "unmet_authentication_requirements", "there is no such way to sign in here");
}

/* RFC 9449 §10: the thumbprint of the key that will prove the token request */
static void check_key(const struct request *request, struct auth_request *auth)
{
	auth->key = parameter(request, "dpop_jkt");
	if (auth->key && !digest_valid(auth->key))
		fail(auth, "invalid_request", "dpop_jkt has the wrong form");
}

/* OpenID Connect Core 3.1.2.1 */
static void check_prompt(const struct request *request, struct auth_request *auth)
{
	const char *prompt = parameter(request, "prompt");
	const char *age = parameter(request, "max_age");
	uint64_t seconds = 0;

	auth->silent = text_equal(prompt, "none");
	if (!auth->silent && auth_scope_has(prompt, "none"))
		fail(auth, "invalid_request", "prompt=none stands alone");
	auth->asks = auth_scope_has(prompt, "login") || auth_scope_has(prompt, "select_account") || auth_scope_has(prompt, "consent");
	auth->max_age = -1;
	if (age && decimal_parse(age, INT32_MAX, &seconds) < 0)
		fail(auth, "invalid_request", "max_age is no number of seconds");
	else if (age)
		auth->max_age = (int64_t)seconds;
}

/* OpenID Connect Core 3.1.2.1: an id_token of ours, whatever its expiry and client. */
static int check_hint(const struct request *request, struct auth_request *auth)
{
	const char *hint = parameter(request, "id_token_hint");
	json_t *claims = NULL;
	int r = hint ? oidc_verify(request_server(request)->oidc_keys, hint, &claims) : 0;

	if (r == PIMS_E_FORMAT) {
		fail(auth, "invalid_request", "id_token_hint is not an id_token of this server");
		r = 0;
	}
	if (r == 0)
		r = text_set(&auth->subject, json_text(claims, "sub"));
	json_wipe(claims);
	return r;
}

static void check_rest(const struct request *request, struct auth_request *auth)
{
	auth->nonce = parameter(request, "nonce");
	auth_scope_filter(parameter(request, "scope"), auth->client.scope, auth->scope);
	if (!*auth->scope)
		fail(auth, "invalid_scope", "no scope that this server knows and this client may ask for");
	if (too_long(auth->nonce, NONCE_MAX))
		fail(auth, "invalid_request", "nonce is too long");
	check_challenge(request, auth);
	check_key(request, auth);
	check_level(request, auth);
	check_prompt(request, auth);
}

static int read_parameters(struct auth_request *auth)
{
	read_redirect(&auth->source, auth);
	if (auth->refusal)
		return 0;
	check_type(&auth->source, auth);
	check_rest(&auth->source, auth);
	return check_hint(&auth->source, auth);
}

/* RFC 9126 §4: what stands beside the request_uri does not count (RFC 9101 §5). */
static int read_pushed(struct auth_request *auth)
{
	const char *uri = parameter(&auth->source, "request_uri");
	int r;

	if (!uri || !text_starts(uri, PAR_REQUEST_URI))
		return 0;
	r = par_visit(&auth->source, uri, auth->client.id, auth->pushed_hash, &auth->pushed);
	if (r == PIMS_E_NOT_FOUND) {
		auth->refusal = AUTH_UNKNOWN_PUSHED;
		return 0;
	}
	auth->source.method = "GET";
	auth->source.query = auth->pushed;
	return r;
}

int auth_request_check(const struct request *request, struct auth_request *ret_auth)
{
	int r;

	ret_auth->source = *request;
	r = read_client(request, ret_auth);
	return r < 0 || ret_auth->refusal ? r : read_parameters(ret_auth);
}

int auth_request_read(const struct request *request, struct auth_request *ret_auth)
{
	int r;

	ret_auth->source = *request;
	r = read_client(request, ret_auth);
	if (r == 0 && !ret_auth->refusal)
		r = read_pushed(ret_auth);
	if (r < 0 || ret_auth->refusal)
		return r;
	if (!ret_auth->pushed.count && (ret_auth->client.par || request_server(request)->settings.par_required))
		fail(ret_auth, "invalid_request", "requests of this client must be pushed (RFC 9126)");
	return read_parameters(ret_auth);
}

void auth_request_free(struct auth_request *auth)
{
	client_free(&auth->client);
	query_free(&auth->pushed);
	free(auth->subject);
	*auth = (struct auth_request){0};
}

static int put_all(const struct request *request, const char *const *names, size_t count, struct buf *ret_text)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const char *value = parameter(request, names[i]);

		if (value)
			r = url_put(ret_text, names[i], value);
	}
	return r;
}

int auth_request_write(const struct request *request, struct buf *ret_text)
{
	static const char *const prompt[] = {"prompt"}; /* a page that was shown has done with it */
	int r = put_all(request, carried, sizeof carried / sizeof *carried, ret_text);

	return r < 0 ? r : put_all(request, prompt, 1, ret_text);
}

int auth_request_copy(const struct request *request, const struct auth_request *auth, struct query *ret_query)
{
	struct buf text = BUF_INIT(QUERY_MAX_LENGTH);
	int r;

	if (auth->pushed.count)
		r = put_all(request, reference, sizeof reference / sizeof *reference, &text);
	else
		r = put_all(request, carried, sizeof carried / sizeof *carried, &text);
	if (r == 0)
		r = query_parse(buf_text(&text), text.len, ret_query);
	buf_free(&text);
	return r;
}
