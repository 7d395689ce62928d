/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/provider.h"

#include "base/json.h"
#include "base/text.h"
#include "jose/jwks.h"

#include <pims/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STACK = 512 * 1024, URL_MAX = 2048 };

struct provider {
	const struct external_settings *settings;
	struct fetcher *fetcher; /**< of its own: a crowd at introspection is no reason to know nothing */
	struct env env;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted, ended; /**< a round */
	struct provider_facts *facts; /**< the newest, or NULL */
	int64_t tried;                /**< when the last round began */
	unsigned rounds, failures;    /**< ended ones; failed ones in a row */
	unsigned waiting, max_waiting;
	bool busy, want, stop;
};

/* --- facts ---------------------------------------------------------------------------------------------------------------------------- */

static void free_facts(struct provider_facts *facts)
{
	free(facts->keys);
	free(facts->introspection);
	free(facts);
}

const struct provider_facts *provider_facts(struct provider *provider)
{
	struct provider_facts *facts;

	pthread_mutex_lock(&provider->lock);
	facts = provider->facts;
	if (facts && env_monotonic(&provider->env) - facts->learnt > PROVIDER_STALE_MS)
		facts = NULL;
	if (facts)
		facts->references++;
	pthread_mutex_unlock(&provider->lock);
	return facts;
}

/* The lock is held. */
static void unreference(struct provider *provider)
{
	if (provider->facts && --provider->facts->references == 0)
		free_facts(provider->facts);
}

void provider_release(struct provider *provider, const struct provider_facts *facts)
{
	struct provider_facts *own = (struct provider_facts *)(uintptr_t)facts;
	bool last;

	if (!facts)
		return;
	pthread_mutex_lock(&provider->lock);
	last = --own->references == 0;
	pthread_mutex_unlock(&provider->lock);
	if (last)
		free_facts(own);
}

static const char *read_url(const json_t *document, const char *name, char **ret_url)
{
	const char *url = json_text(document, name);

	if (!fetch_url_allowed(url))
		return "the metadata names no usable address (https) for its keys or introspection";
	return text_set(ret_url, url) < 0 ? "out of memory" : NULL;
}

const char *provider_read_metadata(const char *text, size_t length, const struct external_settings *settings, struct provider_facts *facts,
				   char **ret_keys_url)
{
	json_t *document = NULL;
	const char *problem;

	if (json_parse_object(text, length, FETCH_BODY_MAX, &document) < 0)
		return "the metadata is no JSON object";
	/* letter by letter (RFC 8414 §3.3) */
	if (!text_equal(json_text(document, "issuer"), settings->issuer))
		problem = "the metadata names another issuer";
	else if (settings->client_id)
		problem = read_url(document, "introspection_endpoint", &facts->introspection);
	else
		problem = read_url(document, "jwks_uri", ret_keys_url);
	json_decref(document);
	return problem;
}

/* --- a round -------------------------------------------------------------------------------------------------------------------------- */

static int get(struct provider *provider, const char *url, struct http_response *response)
{
	struct http_request request = {0};
	int r;

	http_request_init(&request);
	r = http_request_start(&request, "GET", url);
	if (r == 0)
		r = http_request_header(&request, "Accept", "application/json, application/jwk-set+json");
	if (r == 0)
		r = fetch(provider->fetcher, &request, response);
	http_request_reset(&request);
	return r;
}

/* The issuer's "/" at the end goes (OpenID Connect Discovery §4.1). */
static int metadata_url(const char *issuer, struct buf *ret_url)
{
	size_t length = strlen(issuer);

	if (length && issuer[length - 1] == '/')
		length--;
	buf_put(ret_url, issuer, length);
	return buf_puts(ret_url, "/.well-known/openid-configuration");
}

/* RFC 8414 §3.1: between host and path. */
static int metadata_url_oauth(const char *issuer, struct buf *ret_url)
{
	const char *authority = strstr(issuer, "://") + 3;
	const char *path = authority + strcspn(authority, "/");
	size_t length = strlen(path);

	if (length && path[length - 1] == '/')
		length--;
	buf_put(ret_url, issuer, (size_t)(path - issuer));
	buf_puts(ret_url, "/.well-known/oauth-authorization-server");
	return buf_put(ret_url, path, length);
}

static const char *fetch_document(struct provider *provider, int (*make_url)(const char *, struct buf *), struct http_response *response)
{
	struct buf url = BUF_INIT(URL_MAX);
	int r = make_url(provider->settings->issuer, &url);

	if (r == 0)
		r = get(provider, buf_text(&url), response);
	buf_free(&url);
	if (r < 0)
		return "the metadata could not be fetched";
	return response->status == 200 && http_response_is_json(response) ? NULL : "the answer is no metadata";
}

static const char *fetch_metadata(struct provider *provider, struct provider_facts *facts, char **ret_keys_url)
{
	struct http_response response;
	const char *problem;

	http_response_init(&response);
	problem = fetch_document(provider, metadata_url, &response);
	if (problem && response.status)
		problem = fetch_document(provider, metadata_url_oauth, &response);
	if (!problem)
		problem = provider_read_metadata(buf_text(&response.body), response.body.len, provider->settings, facts, ret_keys_url);
	http_response_reset(&response);
	return problem;
}

static const char *fetch_keys(struct provider *provider, const char *url, struct provider_facts *facts)
{
	struct http_response response;
	const char *problem = NULL;

	http_response_init(&response);
	if (get(provider, url, &response) < 0)
		problem = "the keys could not be fetched";
	else if (response.status != 200 || jwks_check(buf_text(&response.body), response.body.len) < 0)
		problem = "the answer is no set of keys";
	else if (text_set(&facts->keys, buf_text(&response.body)) < 0)
		problem = "out of memory";
	http_response_reset(&response);
	return problem;
}

static const char *learn(struct provider *provider, struct provider_facts *facts)
{
	char *keys_url = NULL;
	const char *problem = fetch_metadata(provider, facts, &keys_url);

	if (!problem && keys_url)
		problem = fetch_keys(provider, keys_url, facts);
	free(keys_url);
	return problem;
}

/* The lock is held. */
static void adopt(struct provider *provider, struct provider_facts *facts)
{
	facts->references = 1;
	facts->round = (provider->facts ? provider->facts->round : 0) + 1;
	facts->learnt = provider->tried;
	unreference(provider);
	provider->facts = facts;
}

static void log_round(const struct provider *provider, const char *problem, bool changed)
{
	const char *issuer = provider->settings->issuer;

	if (problem)
		env_log(&provider->env, PIMS_LOG_WARNING, "sign-in at %s: %s; trying again", issuer, problem);
	else if (changed)
		env_log(&provider->env, PIMS_LOG_INFO, "sign-in at %s: the provider answers", issuer);
}

/* The lock is held, but while requests are under way. */
static void run_round(struct provider *provider)
{
	struct provider_facts *facts;
	const char *problem = "out of memory";
	bool changed = provider->failures > 0 || !provider->facts;

	provider->busy = true;
	provider->want = false;
	provider->tried = env_monotonic(&provider->env);
	pthread_mutex_unlock(&provider->lock);
	facts = calloc(1, sizeof *facts);
	if (facts)
		problem = learn(provider, facts);
	pthread_mutex_lock(&provider->lock);
	if (problem && facts)
		free_facts(facts);
	else if (facts)
		adopt(provider, facts);
	provider->failures = problem ? provider->failures + 1 : 0;
	provider->busy = false;
	provider->rounds++;
	pthread_cond_broadcast(&provider->ended);
	if (!provider->stop)
		log_round(provider, problem, changed);
}

/* --- when ----------------------------------------------------------------------------------------------------------------------------- */

/* From the beginning of the last round to that of the next one. The lock is held. */
static int64_t pause_of(const struct provider *provider, bool asked)
{
	int64_t pause = PROVIDER_BACKOFF_MS;

	if (!provider->rounds)
		return 0;
	if (!provider->failures)
		return asked ? PROVIDER_EVERY_MS : PROVIDER_REFRESH_MS;
	for (unsigned i = 1; i < provider->failures && pause < PROVIDER_BACKOFF_MAX_MS; i++)
		pause *= 2;
	return pause < PROVIDER_BACKOFF_MAX_MS ? pause : PROVIDER_BACKOFF_MAX_MS;
}

/* Milliseconds until a round may begin. The lock is held. */
static int64_t time_left(const struct provider *provider, bool asked)
{
	return provider->tried + pause_of(provider, asked) - env_monotonic(&provider->env);
}

static struct timespec end_after(int64_t milliseconds)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)(milliseconds / 1000);
	end.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	return end;
}

static void *provider_main(void *data)
{
	struct provider *provider = data;
	struct timespec end;
	int64_t left;

	pthread_mutex_lock(&provider->lock);
	while (!provider->stop) {
		left = time_left(provider, provider->want);
		if (left <= 0) {
			run_round(provider);
			continue;
		}
		end = end_after(left);
		pthread_cond_timedwait(&provider->wanted, &provider->lock, &end);
	}
	pthread_mutex_unlock(&provider->lock);
	return NULL;
}

/* The lock is held. */
static bool has_later(const struct provider *provider, unsigned round)
{
	return provider->facts && provider->facts->round > round && env_monotonic(&provider->env) - provider->facts->learnt <= PROVIDER_STALE_MS;
}

/* Until the round that is under way, or the one asked for, has ended. The lock is held. */
static void wait_round(struct provider *provider, unsigned round)
{
	struct timespec end = end_after(PROVIDER_WAIT_MS);
	unsigned ended = provider->rounds;
	int error = 0;

	if (!provider->busy) {
		provider->want = true;
		pthread_cond_signal(&provider->wanted);
	}
	provider->waiting++;
	while (!has_later(provider, round) && provider->rounds == ended && !provider->stop && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&provider->ended, &provider->lock, &end);
	provider->waiting--;
}

int provider_refresh(struct provider *provider, unsigned round, int *ret_retry_after)
{
	int64_t left;
	int r;

	pthread_mutex_lock(&provider->lock);
	if (!has_later(provider, round) && !provider->stop && provider->waiting < provider->max_waiting &&
	    (provider->busy || time_left(provider, true) <= 0))
		wait_round(provider, round);
	r = has_later(provider, round) ? 0 : PIMS_E_AGAIN;
	left = time_left(provider, true);
	pthread_mutex_unlock(&provider->lock);
	if (r < 0)
		*ret_retry_after = left > 0 ? (int)((left + 999) / 1000) : 1;
	return r;
}

/* --- the thread ----------------------------------------------------------------------------------------------------------------------- */

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void destroy(struct provider *provider)
{
	unreference(provider);
	fetcher_free(provider->fetcher);
	pthread_cond_destroy(&provider->wanted);
	pthread_cond_destroy(&provider->ended);
	pthread_mutex_destroy(&provider->lock);
	free(provider);
}

static int start_thread(struct provider *provider)
{
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	error = pthread_create(&provider->thread, &attributes, provider_main, provider);
	pthread_attr_destroy(&attributes);
	errno = error;
	return error ? PIMS_E_SYSTEM : 0;
}

int provider_start(struct provider **ret_provider, const struct external_settings *settings, unsigned max_waiting, const struct env *env)
{
	struct provider *provider = calloc(1, sizeof *provider);
	int r;

	if (!provider)
		return PIMS_E_MEMORY;
	provider->settings = settings;
	provider->max_waiting = max_waiting;
	provider->env = *env;
	pthread_mutex_init(&provider->lock, NULL);
	init_condition(&provider->wanted);
	init_condition(&provider->ended);
	r = fetcher_new(&provider->fetcher, settings->ca_file, 1, env);
	if (r == 0)
		r = start_thread(provider);
	if (r < 0)
		destroy(provider);
	else
		*ret_provider = provider;
	return r;
}

void provider_stop(struct provider *provider)
{
	pthread_mutex_lock(&provider->lock);
	provider->stop = true;
	pthread_cond_broadcast(&provider->wanted);
	pthread_cond_broadcast(&provider->ended);
	pthread_mutex_unlock(&provider->lock);
	fetcher_stop(provider->fetcher);
	pthread_join(provider->thread, NULL);
}

void provider_free(struct provider *provider)
{
	if (provider)
		destroy(provider);
}
