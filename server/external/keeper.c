/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/keeper.h"

#include "base/json.h"
#include "base/text.h"
#include "jose/jwks.h"
#include "server/external/wait.h"

#include <pims/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 512 * 1024, URL_MAX = 2048 };

struct keeper {
	const struct external_settings *settings;
	struct fetcher *fetcher; /**< of its own: a crowd at introspection is no reason to know nothing */
	struct env env;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted, ended; /**< a round */
	struct keeper_facts *facts; /**< the newest, or NULL */
	int64_t tried;                /**< when the last round began */
	unsigned rounds, failures;    /**< ended ones; failed ones in a row */
	unsigned waiting, max_waiting;
	bool busy, want, stop;
};

/* --- facts ---------------------------------------------------------------------------------------------------------------------------- */

static void free_facts(struct keeper_facts *facts)
{
	free(facts->keys);
	free(facts->introspection);
	free(facts);
}

const struct keeper_facts *keeper_facts(struct keeper *keeper)
{
	struct keeper_facts *facts;

	pthread_mutex_lock(&keeper->lock);
	facts = keeper->facts;
	if (facts && env_monotonic(&keeper->env) - facts->learnt > KEEPER_STALE_MS)
		facts = NULL;
	if (facts)
		facts->references++;
	pthread_mutex_unlock(&keeper->lock);
	return facts;
}

/* The lock is held. */
static void unreference(struct keeper *keeper)
{
	if (keeper->facts && --keeper->facts->references == 0)
		free_facts(keeper->facts);
}

void keeper_release(struct keeper *keeper, const struct keeper_facts *facts)
{
	struct keeper_facts *own = (struct keeper_facts *)(uintptr_t)facts;
	bool last;

	if (!facts)
		return;
	pthread_mutex_lock(&keeper->lock);
	last = --own->references == 0;
	pthread_mutex_unlock(&keeper->lock);
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

const char *keeper_read_metadata(const char *text, size_t length, const struct external_settings *settings, struct keeper_facts *facts,
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

static int get(struct keeper *keeper, const char *url, struct http_response *response)
{
	struct http_request request = {0};
	int r;

	http_request_init(&request);
	r = http_request_start(&request, "GET", url);
	if (r == 0)
		r = http_request_header(&request, "Accept", "application/json, application/jwk-set+json");
	if (r == 0)
		r = fetch(keeper->fetcher, &request, response);
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

static const char *fetch_document(struct keeper *keeper, int (*make_url)(const char *, struct buf *), struct http_response *response)
{
	struct buf url = BUF_INIT(URL_MAX);
	int r = make_url(keeper->settings->issuer, &url);

	if (r == 0)
		r = get(keeper, buf_text(&url), response);
	buf_free(&url);
	if (r < 0)
		return "the metadata could not be fetched";
	return response->status == 200 && http_response_is_json(response) ? NULL : "the answer is no metadata";
}

static const char *fetch_metadata(struct keeper *keeper, struct keeper_facts *facts, char **ret_keys_url)
{
	struct http_response response;
	const char *problem;

	http_response_init(&response);
	problem = fetch_document(keeper, metadata_url, &response);
	if (problem && response.status)
		problem = fetch_document(keeper, metadata_url_oauth, &response);
	if (!problem)
		problem = keeper_read_metadata(buf_text(&response.body), response.body.len, keeper->settings, facts, ret_keys_url);
	http_response_reset(&response);
	return problem;
}

static const char *fetch_keys(struct keeper *keeper, const char *url, struct keeper_facts *facts)
{
	struct http_response response;
	const char *problem = NULL;

	http_response_init(&response);
	if (get(keeper, url, &response) < 0)
		problem = "the keys could not be fetched";
	else if (response.status != 200 || jwks_check(buf_text(&response.body), response.body.len) < 0)
		problem = "the answer is no set of keys";
	else if (text_set(&facts->keys, buf_text(&response.body)) < 0)
		problem = "out of memory";
	http_response_reset(&response);
	return problem;
}

static const char *learn(struct keeper *keeper, struct keeper_facts *facts)
{
	char *keys_url = NULL;
	const char *problem = fetch_metadata(keeper, facts, &keys_url);

	if (!problem && keys_url)
		problem = fetch_keys(keeper, keys_url, facts);
	free(keys_url);
	return problem;
}

/* The lock is held. */
static void adopt(struct keeper *keeper, struct keeper_facts *facts)
{
	facts->references = 1;
	facts->round = (keeper->facts ? keeper->facts->round : 0) + 1;
	facts->learnt = keeper->tried;
	unreference(keeper);
	keeper->facts = facts;
}

static void log_round(const struct keeper *keeper, const char *problem, bool changed)
{
	const char *issuer = keeper->settings->issuer;

	if (problem)
		env_log(&keeper->env, PIMS_LOG_WARNING, "sign-in at %s: %s; trying again", issuer, problem);
	else if (changed)
		env_log(&keeper->env, PIMS_LOG_INFO, "sign-in at %s: the provider answers", issuer);
}

/* The lock is held, but while requests are under way. */
static void run_round(struct keeper *keeper)
{
	struct keeper_facts *facts;
	const char *problem = "out of memory";
	bool changed = keeper->failures > 0 || !keeper->facts;

	keeper->busy = true;
	keeper->want = false;
	keeper->tried = env_monotonic(&keeper->env);
	pthread_mutex_unlock(&keeper->lock);
	facts = calloc(1, sizeof *facts);
	if (facts)
		problem = learn(keeper, facts);
	pthread_mutex_lock(&keeper->lock);
	if (problem && facts)
		free_facts(facts);
	else if (facts)
		adopt(keeper, facts);
	keeper->failures = problem ? keeper->failures + 1 : 0;
	keeper->busy = false;
	keeper->rounds++;
	pthread_cond_broadcast(&keeper->ended);
	if (!keeper->stop)
		log_round(keeper, problem, changed);
}

/* --- when ----------------------------------------------------------------------------------------------------------------------------- */

/* From the beginning of the last round to that of the next one. The lock is held. */
static int64_t pause_of(const struct keeper *keeper, bool asked)
{
	int64_t pause = KEEPER_BACKOFF_MS;

	if (!keeper->rounds)
		return 0;
	if (!keeper->failures)
		return asked ? KEEPER_EVERY_MS : KEEPER_REFRESH_MS;
	for (unsigned i = 1; i < keeper->failures && pause < KEEPER_BACKOFF_MAX_MS; i++)
		pause *= 2;
	return pause < KEEPER_BACKOFF_MAX_MS ? pause : KEEPER_BACKOFF_MAX_MS;
}

/* Milliseconds until a round may begin. The lock is held. */
static int64_t time_left(const struct keeper *keeper, bool asked)
{
	return keeper->tried + pause_of(keeper, asked) - env_monotonic(&keeper->env);
}

static void *keeper_main(void *data)
{
	struct keeper *keeper = data;
	struct timespec end;
	int64_t left;

	pthread_mutex_lock(&keeper->lock);
	while (!keeper->stop) {
		left = time_left(keeper, keeper->want);
		if (left <= 0) {
			run_round(keeper);
			continue;
		}
		end = wait_end(left);
		pthread_cond_timedwait(&keeper->wanted, &keeper->lock, &end);
	}
	pthread_mutex_unlock(&keeper->lock);
	return NULL;
}

/* The lock is held. */
static bool has_later(const struct keeper *keeper, unsigned round)
{
	return keeper->facts && keeper->facts->round > round && env_monotonic(&keeper->env) - keeper->facts->learnt <= KEEPER_STALE_MS;
}

/* Until the round that is under way, or the one asked for, has ended. The lock is held. */
static void wait_round(struct keeper *keeper, unsigned round)
{
	struct timespec end = wait_end(KEEPER_WAIT_MS);
	unsigned ended = keeper->rounds;
	int error = 0;

	if (!keeper->busy) {
		keeper->want = true;
		pthread_cond_signal(&keeper->wanted);
	}
	keeper->waiting++;
	while (!has_later(keeper, round) && keeper->rounds == ended && !keeper->stop && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&keeper->ended, &keeper->lock, &end);
	keeper->waiting--;
}

int keeper_refresh(struct keeper *keeper, unsigned round, int *ret_retry_after)
{
	int64_t left;
	int r;

	pthread_mutex_lock(&keeper->lock);
	if (!has_later(keeper, round) && !keeper->stop && keeper->waiting < keeper->max_waiting &&
	    (keeper->busy || time_left(keeper, true) <= 0))
		wait_round(keeper, round);
	r = has_later(keeper, round) ? 0 : PIMS_E_AGAIN;
	left = time_left(keeper, true);
	pthread_mutex_unlock(&keeper->lock);
	if (r < 0)
		*ret_retry_after = left > 0 ? (int)((left + 999) / 1000) : 1;
	return r;
}

/* --- the thread ----------------------------------------------------------------------------------------------------------------------- */

static void destroy(struct keeper *keeper)
{
	unreference(keeper);
	fetcher_free(keeper->fetcher);
	pthread_cond_destroy(&keeper->wanted);
	pthread_cond_destroy(&keeper->ended);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

static int start_thread(struct keeper *keeper)
{
	pthread_attr_t attributes;
	int error;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	error = pthread_create(&keeper->thread, &attributes, keeper_main, keeper);
	pthread_attr_destroy(&attributes);
	errno = error;
	return error ? PIMS_E_SYSTEM : 0;
}

int keeper_start(struct keeper **ret_keeper, const struct external_settings *settings, unsigned max_waiting, const struct env *env)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	int r;

	if (!keeper)
		return PIMS_E_MEMORY;
	keeper->settings = settings;
	keeper->max_waiting = max_waiting;
	keeper->env = *env;
	pthread_mutex_init(&keeper->lock, NULL);
	wait_init(&keeper->wanted);
	wait_init(&keeper->ended);
	r = fetcher_new(&keeper->fetcher, settings->ca_file, 1, env);
	if (r == 0)
		r = start_thread(keeper);
	if (r < 0)
		destroy(keeper);
	else
		*ret_keeper = keeper;
	return r;
}

void keeper_stop(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	keeper->stop = true;
	pthread_cond_broadcast(&keeper->wanted);
	pthread_cond_broadcast(&keeper->ended);
	pthread_mutex_unlock(&keeper->lock);
	fetcher_stop(keeper->fetcher);
	pthread_join(keeper->thread, NULL);
}

void keeper_free(struct keeper *keeper)
{
	if (keeper)
		destroy(keeper);
}
