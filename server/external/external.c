/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/external.h"

#include "base/digest.h"
#include "base/text.h"
#include "jose/jwks.h"
#include "platform/file.h"
#include "server/external/cache.h"
#include "server/external/introspect.h"
#include "server/external/keeper.h"
#include "server/oidc/auth_request.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_WORKERS = 48, SHARE = 6, MAX_AT_ONCE = 8, SECRET_MAX = 1024, RETRY_S = 2 };

struct external {
	const struct external_settings *settings;
	struct env env;
	struct fetcher *fetcher;   /**< for introspection */
	struct keeper *keeper;
	struct cache *cache;       /**< NULL: nothing is remembered */
	int64_t cache_ms;
	struct secret secret;
};

/* --- start ---------------------------------------------------------------------------------------------------------------------------- */

static int take_line(char *bytes, size_t length, struct secret *ret_secret)
{
	while (length && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r'))
		length--;
	if (!length || memchr(bytes, '\n', length) || memchr(bytes, '\0', length))
		return PIMS_E_FORMAT;
	return secret_set_bytes(ret_secret, bytes, length);
}

/* A link is allowed: secrets are often mounted so. */
static int read_secret(const char *path, struct secret *ret_secret, const struct env *env)
{
	char bytes[SECRET_MAX + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length = fd < 0 ? PIMS_E_SYSTEM : file_read(fd, bytes, SECRET_MAX);
	int error = errno, r;

	if (fd >= 0)
		close(fd);
	r = length < 0 ? (int)length : take_line(bytes, (size_t)length, ret_secret);
	if (r < 0)
		env_log(env, PIMS_LOG_ERROR, "%s: %s", path, r == PIMS_E_SYSTEM ? strerror(error) : "wants one line with the client's secret");
	secret_wipe(bytes, sizeof bytes);
	return r;
}

static unsigned at_once(unsigned workers)
{
	unsigned share = (workers ? workers : DEFAULT_WORKERS) / SHARE;

	if (share > MAX_AT_ONCE)
		return MAX_AT_ONCE;
	return share ? share : 1;
}

static int start_introspection(struct external *external, unsigned max)
{
	const struct external_settings *settings = external->settings;
	int seconds = settings->cache_seconds < 0 ? EXTERNAL_CACHE_S : settings->cache_seconds;
	int r = read_secret(settings->secret_file, &external->secret, &external->env);

	if (r == 0)
		r = fetcher_new(&external->fetcher, settings->ca_file, max, &external->env);
	if (r == 0 && seconds)
		r = cache_new(&external->cache);
	external->cache_ms = (int64_t)seconds * 1000;
	return r;
}

/* libcurl would say so with the first request only. */
static int check_authorities(const struct external *external)
{
	const char *path = external->settings->ca_file;

	if (!path || access(path, R_OK) == 0)
		return 0;
	env_log(&external->env, PIMS_LOG_ERROR, "%s: %s", path, strerror(errno));
	return PIMS_E_SYSTEM;
}

int external_start(struct external **ret_external, const struct external_settings *settings, unsigned workers, const struct env *env)
{
	struct external *external = calloc(1, sizeof *external);
	unsigned max = at_once(workers);
	int r;

	if (!external)
		return PIMS_E_MEMORY;
	external->settings = settings;
	external->env = *env;
	r = check_authorities(external);
	if (r == 0 && settings->client_id)
		r = start_introspection(external, max);
	if (r == 0)
		r = keeper_start(&external->keeper, settings, max, env);
	if (r < 0)
		external_free(external);
	else
		*ret_external = external;
	return r;
}

void external_stop(struct external *external)
{
	if (!external)
		return;
	if (external->fetcher)
		fetcher_stop(external->fetcher);
	keeper_stop(external->keeper);
}

void external_free(struct external *external)
{
	if (!external)
		return;
	keeper_free(external->keeper);
	fetcher_free(external->fetcher);
	cache_free(external->cache);
	secret_free(&external->secret);
	free(external);
}

/* --- refusals ------------------------------------------------------------------------------------------------------------------------- */

static int invalid(struct external_refusal *refusal, const char *description)
{
	*refusal = (struct external_refusal){.kind = EXTERNAL_INVALID, .description = description};
	return PIMS_E_STATE;
}

/* Not the caller's fault: signing in again would not help. */
static int unavailable(struct external_refusal *refusal, int retry_after)
{
	*refusal = (struct external_refusal){.kind = EXTERNAL_UNAVAILABLE, .retry_after = retry_after};
	return PIMS_E_STATE;
}

/* --- JWTs ----------------------------------------------------------------------------------------------------------------------------- */

/* The signature by the keys of one round. PIMS_E_NOT_FOUND: a later round may know better; *ret_round is this one, 0 = there was none. */
static int verify_once(struct external *external, const struct jws *jws, unsigned *ret_round)
{
	const struct keeper_facts *facts = keeper_facts(external->keeper);
	int r = facts ? jwks_verify(facts->known.keys, jws) : PIMS_E_NOT_FOUND;

	*ret_round = facts ? facts->round : 0;
	keeper_release(external->keeper, facts);
	/* a provider with one key need not name it: then a new one shows only by the signature (OpenID Connect Core §10.1) */
	return r == PIMS_E_CRYPTO && !jws->key_id ? PIMS_E_NOT_FOUND : r;
}

/* Keys that are not known are asked for, once. */
static int verify(struct external *external, const struct jws *jws, struct external_refusal *ret_refusal)
{
	unsigned round;
	int retry_after = RETRY_S;
	int r = verify_once(external, jws, &round);

	if (r == PIMS_E_NOT_FOUND) {
		if (keeper_refresh(external->keeper, round, &retry_after) < 0)
			return unavailable(ret_refusal, retry_after);
		r = verify_once(external, jws, &round);
	}
	if (r == PIMS_E_NOT_FOUND)
		return invalid(ret_refusal, "the token is signed by a key that the provider does not publish");
	return r == PIMS_E_CRYPTO ? invalid(ret_refusal, "the token's signature is wrong") : r;
}

static struct access_token_rules rules_now(const struct external *external)
{
	return (struct access_token_rules){.settings = external->settings, .now = env_now(&external->env) / 1000,
					   .introspected = external->settings->client_id != NULL};
}

/* Claims first: what they rule out costs no signature, and no request for keys. */
static int identify_jwt(struct external *external, const char *token, struct external_identity *ret_identity, struct external_refusal *ret_refusal)
{
	struct access_token_rules rules = rules_now(external);
	struct jws jws = {0};
	const char *problem;
	int r = jws_parse_type(token, strlen(token), "at+jwt", &jws);

	if (r == PIMS_E_FORMAT)
		return invalid(ret_refusal, "the token is no signed JWT");
	if (r == PIMS_E_INVALID)
		return invalid(ret_refusal, "the token is no access token (at+jwt), or not signed by RS256 or ES256");
	if (r < 0)
		return r;
	problem = access_token_check(jws.claims, &rules);
	r = problem ? invalid(ret_refusal, problem) : verify(external, &jws, ret_refusal);
	if (r == 0)
		r = access_token_identity(jws.claims, ret_identity);
	jws_free(&jws);
	return r;
}

/* --- introspection -------------------------------------------------------------------------------------------------------------------- */

static int read_answer(struct external *external, const struct http_response *response, struct external_identity *ret_identity,
		       struct external_refusal *ret_refusal)
{
	struct access_token_rules rules = rules_now(external);
	const char *problem = NULL;
	char status[80];
	int r = PIMS_E_FORMAT;

	if (response->status == 200 && http_response_is_json(response))
		r = introspect_read(buf_text(&response->body), response->body.len, &rules, ret_identity, &problem);
	if (r == PIMS_E_NOT_FOUND)
		return invalid(ret_refusal, problem);
	if (r != PIMS_E_FORMAT)
		return r;
	/* 401 says that we are refused, not the token */
	(void)snprintf(status, sizeof status, "introspection answers not as it should (status %d)", response->status);
	fetcher_warn(external->fetcher, external->settings->issuer, status);
	return unavailable(ret_refusal, RETRY_S);
}

static int ask(struct external *external, const char *endpoint, const char *token, struct external_identity *ret_identity,
	       struct external_refusal *ret_refusal)
{
	struct http_request request = {0};
	struct http_response response;
	int r;

	http_request_init(&request);
	http_response_init(&response);
	r = introspect_request(&request, endpoint, external->settings, &external->secret, token);
	if (r == 0)
		r = fetch(external->fetcher, &request, &response);
	if (r == 0)
		r = read_answer(external, &response, ret_identity, ret_refusal);
	else if (r == PIMS_E_AGAIN || r == PIMS_E_SYSTEM)
		r = unavailable(ret_refusal, RETRY_S);
	http_request_reset(&request);
	http_response_reset(&response);
	return r;
}

static int introspect(struct external *external, const char *token, struct external_identity *ret_identity, struct external_refusal *ret_refusal)
{
	const struct keeper_facts *facts = keeper_facts(external->keeper);
	int retry_after = RETRY_S, r;

	if (!facts) {
		if (keeper_refresh(external->keeper, 0, &retry_after) == 0)
			facts = keeper_facts(external->keeper);
		if (!facts)
			return unavailable(ret_refusal, retry_after);
	}
	r = ask(external, facts->known.introspection, token, ret_identity, ret_refusal);
	keeper_release(external->keeper, facts);
	return r;
}

/* What ends a token is noticed as late as the entry ends, but its own end at once. */
static void remember(struct external *external, const unsigned char digest[SHA256_SIZE], const struct external_identity *identity,
		     const char *problem)
{
	int64_t life = external->cache_ms;

	if (identity->expires) {
		int64_t left = identity->expires * 1000 - env_now(&external->env);

		life = left < life ? left : life;
	}
	if (life > 0)
		cache_put(external->cache, digest, env_monotonic(&external->env) + life, identity, problem);
}

static int identify_opaque(struct external *external, const char *token, struct external_identity *ret_identity,
			   struct external_refusal *ret_refusal)
{
	unsigned char digest[SHA256_SIZE];
	const char *problem = NULL;
	int r;

	if (!external->cache)
		return introspect(external, token, ret_identity, ret_refusal);
	r = sha256(token, strlen(token), digest);
	if (r == 0)
		r = cache_get(external->cache, digest, env_monotonic(&external->env), ret_identity, &problem);
	if (r == PIMS_E_STATE)
		return invalid(ret_refusal, problem);
	if (r != PIMS_E_NOT_FOUND)
		return r;
	r = introspect(external, token, ret_identity, ret_refusal);
	if (r == 0)
		remember(external, digest, ret_identity, NULL);
	else if (r == PIMS_E_STATE && ret_refusal->kind == EXTERNAL_INVALID)
		remember(external, digest, &(struct external_identity){0}, ret_refusal->description);
	return r;
}

/* --- both ----------------------------------------------------------------------------------------------------------------------------- */

/* RFC 6750 §2.1: visible ASCII, and not more of it than a header may hold. */
static bool is_token(const char *token)
{
	size_t length = strnlen(token, EXTERNAL_TOKEN_MAX + 1);

	if (!length || length > EXTERNAL_TOKEN_MAX)
		return false;
	for (; *token; token++)
		if (*token <= ' ' || *token > '~')
			return false;
	return true;
}

/* What depends on the request, or on us: never remembered with the token. */
static int check_use(const struct external *external, const struct external_identity *identity, const char *key, struct external_refusal *ret_refusal)
{
	const char *scope = external->settings->scope, *problem = access_token_check_key(identity, key);

	if (problem)
		return invalid(ret_refusal, problem);
	if (!scope || (identity->scope && auth_scope_has(identity->scope, scope)))
		return 0;
	*ret_refusal = (struct external_refusal){.kind = EXTERNAL_SCOPE, .description = "the token lacks a scope"};
	return PIMS_E_STATE;
}

int external_identify(struct external *external, const char *token, const char *key, struct external_identity *ret_identity,
		      struct external_refusal *ret_refusal)
{
	struct external_identity identity = {0};
	int r;

	if (!is_token(token))
		return invalid(ret_refusal, "the token is malformed or too long");
	r = external->settings->client_id ? identify_opaque(external, token, &identity, ret_refusal)
					  : identify_jwt(external, token, &identity, ret_refusal);
	if (r == 0)
		r = check_use(external, &identity, key, ret_refusal);
	if (r == 0)
		*ret_identity = identity;
	else
		external_identity_free(&identity);
	return r;
}
