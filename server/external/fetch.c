/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/fetch.h"

#include "base/text.h"
#include "base/url.h"
#include "server/external/wait.h"

#include <pims/error.h>

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER_AGENT "pimsd/0.1"

enum { MAX_URL = 2048, LOG_EVERY_MS = 10000 };

struct fetcher {
	struct env env;
	char *ca_file;
	pthread_mutex_t lock;
	pthread_cond_t freed;
	unsigned max, running, waiting;
	CURL **idle; /**< at most `max`, each with the connection it had */
	unsigned idle_count;
	int64_t logged; /**< when a failure was logged last; 0 = never */
	atomic_bool stop;
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool fetch_url_allowed(const char *url)
{
	struct url parts = {0};
	bool allowed;

	if (!url || strlen(url) > MAX_URL || !url_is_http(url) || url_parse(url, &parts) < 0)
		return false;
	allowed = strcmp(parts.scheme, "https") == 0 || url_is_loopback(&parts);
	url_free(&parts);
	return allowed;
}

int fetcher_new(struct fetcher **ret_fetcher, const char *ca_file, unsigned max, const struct env *env)
{
	struct fetcher *fetcher;

	pthread_once(&global_once, global_init);
	if (global_result != CURLE_OK)
		return PIMS_E_SYSTEM;
	fetcher = calloc(1, sizeof *fetcher);
	if (!fetcher)
		return PIMS_E_MEMORY;
	fetcher->env = *env;
	fetcher->max = max;
	pthread_mutex_init(&fetcher->lock, NULL);
	wait_init(&fetcher->freed);
	fetcher->idle = calloc(max, sizeof(CURL *));
	if (!fetcher->idle || text_set(&fetcher->ca_file, ca_file) < 0) {
		fetcher_free(fetcher);
		return PIMS_E_MEMORY;
	}
	*ret_fetcher = fetcher;
	return 0;
}

void fetcher_stop(struct fetcher *fetcher)
{
	atomic_store(&fetcher->stop, true);
	pthread_mutex_lock(&fetcher->lock);
	pthread_cond_broadcast(&fetcher->freed);
	pthread_mutex_unlock(&fetcher->lock);
}

void fetcher_free(struct fetcher *fetcher)
{
	if (!fetcher)
		return;
	while (fetcher->idle_count > 0)
		curl_easy_cleanup(fetcher->idle[--fetcher->idle_count]);
	free(fetcher->idle);
	free(fetcher->ca_file);
	pthread_cond_destroy(&fetcher->freed);
	pthread_mutex_destroy(&fetcher->lock);
	free(fetcher);
}

/* --- places --------------------------------------------------------------------------------------------------------------------------- */

/* The lock is held. */
static bool wait_for_place(struct fetcher *fetcher)
{
	struct timespec end = wait_end(FETCH_QUEUE_MS);
	int error = 0;

	if (fetcher->running >= fetcher->max && fetcher->waiting >= fetcher->max)
		return false;
	fetcher->waiting++;
	while (fetcher->running >= fetcher->max && error != ETIMEDOUT && !atomic_load(&fetcher->stop))
		error = pthread_cond_timedwait(&fetcher->freed, &fetcher->lock, &end);
	fetcher->waiting--;
	return fetcher->running < fetcher->max && !atomic_load(&fetcher->stop);
}

static int take_place(struct fetcher *fetcher, CURL **ret_curl)
{
	CURL *curl = NULL;
	int r = PIMS_E_AGAIN;

	pthread_mutex_lock(&fetcher->lock);
	if (wait_for_place(fetcher)) {
		curl = fetcher->idle_count ? fetcher->idle[--fetcher->idle_count] : curl_easy_init();
		r = curl ? 0 : PIMS_E_MEMORY;
		fetcher->running += curl ? 1 : 0;
	}
	pthread_mutex_unlock(&fetcher->lock);
	if (r == 0)
		*ret_curl = curl;
	return r;
}

/* Its connection stays open for the next request. */
static void leave_place(struct fetcher *fetcher, CURL *curl)
{
	curl_easy_reset(curl);
	pthread_mutex_lock(&fetcher->lock);
	fetcher->idle[fetcher->idle_count++] = curl;
	fetcher->running--;
	pthread_cond_signal(&fetcher->freed);
	pthread_mutex_unlock(&fetcher->lock);
}

/* --- one request ---------------------------------------------------------------------------------------------------------------------- */

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	return buf_put(data, bytes, size * count) == 0 ? size * count : 0;
}

static int stopped(void *data, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up)
{
	const struct fetcher *fetcher = data;

	(void)total_down;
	(void)down;
	(void)total_up;
	(void)up;
	return atomic_load(&fetcher->stop);
}

static bool is_loopback(const char *text)
{
	struct url url = {0};
	bool loopback = url_parse(text, &url) == 0 && url_is_loopback(&url);

	url_free(&url);
	return loopback;
}

#define SET(option, value) (failed |= curl_easy_setopt(curl, option, value) != CURLE_OK)

static bool set_rules(CURL *curl, const struct fetcher *fetcher)
{
	bool failed = false;

	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
	SET(CURLOPT_USERAGENT, USER_AGENT);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)FETCH_TIMEOUT_MS);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)FETCH_BODY_MAX);
	SET(CURLOPT_QUICK_EXIT, 1L); /* a name server that hangs holds nobody beyond the time-out */
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, stopped);
	SET(CURLOPT_XFERINFODATA, (void *)(uintptr_t)fetcher);
	if (fetcher->ca_file) {
		SET(CURLOPT_CAINFO, fetcher->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	return !failed;
}

static bool set_request(CURL *curl, const struct http_request *request, const struct curl_slist *headers, struct buf *body)
{
	bool failed = false;

	SET(CURLOPT_URL, buf_text(&request->url));
	if (is_loopback(buf_text(&request->url)))
		SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_HTTPHEADER, (void *)(uintptr_t)headers);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, body);
	if (request->method && strcmp(request->method, "POST") == 0) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		SET(CURLOPT_POSTFIELDS, buf_text(&request->body));
	}
	return !failed;
}

static int make_headers(const struct http_request *request, struct curl_slist **ret_headers)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
	const char *line = buf_text(&request->headers), *end = line + request->headers.len;

	for (; headers && line < end; line += strlen(line) + 1) {
		struct curl_slist *longer = curl_slist_append(headers, line);

		if (!longer) {
			curl_slist_free_all(headers);
			return PIMS_E_MEMORY;
		}
		headers = longer;
	}
	*ret_headers = headers;
	return headers ? 0 : PIMS_E_MEMORY;
}

static void free_headers(struct curl_slist *headers)
{
	for (struct curl_slist *line = headers; line; line = line->next)
		secret_wipe(line->data, strlen(line->data));
	curl_slist_free_all(headers);
}

void fetcher_warn(struct fetcher *fetcher, const char *about, const char *problem)
{
	int64_t now = env_monotonic(&fetcher->env);
	bool tell;

	pthread_mutex_lock(&fetcher->lock);
	tell = !fetcher->logged || now - fetcher->logged >= LOG_EVERY_MS;
	if (tell)
		fetcher->logged = now;
	pthread_mutex_unlock(&fetcher->lock);
	if (tell && !atomic_load(&fetcher->stop))
		env_log(&fetcher->env, PIMS_LOG_WARNING, "%s: %s", about, problem);
}

static int read_response(CURL *curl, const struct buf *body, struct http_response *ret_response)
{
	struct pims_http_response raw = {.size = sizeof raw, .body = body->data, .body_length = body->len};
	const char *type = NULL, *headers[2] = {NULL, NULL};
	char line[256];
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type) {
		(void)snprintf(line, sizeof line, "Content-Type: %s", type);
		headers[0] = line;
	}
	raw.status = (int)status;
	raw.headers = headers;
	http_response_reset(ret_response);
	return http_response_read(ret_response, &raw, FETCH_BODY_MAX);
}

static int run(struct fetcher *fetcher, CURL *curl, const struct http_request *request, struct http_response *ret_response)
{
	struct curl_slist *headers = NULL;
	struct buf body = BUF_INIT(FETCH_BODY_MAX);
	CURLcode code;
	int r = make_headers(request, &headers);

	if (r == 0 && (!set_rules(curl, fetcher) || !set_request(curl, request, headers, &body)))
		r = PIMS_E_MEMORY;
	if (r == 0) {
		code = curl_easy_perform(curl);
		if (code == CURLE_OK) {
			r = read_response(curl, &body, ret_response);
		} else {
			fetcher_warn(fetcher, buf_text(&request->url), curl_easy_strerror(code));
			r = PIMS_E_SYSTEM;
		}
	}
	free_headers(headers);
	buf_free(&body);
	return r;
}

int fetch(struct fetcher *fetcher, const struct http_request *request, struct http_response *ret_response)
{
	CURL *curl = NULL;
	int r;

	if (!fetch_url_allowed(buf_text(&request->url)))
		return PIMS_E_SYSTEM;
	r = take_place(fetcher, &curl);
	if (r < 0)
		return r;
	r = run(fetcher, curl, request, ret_response);
	leave_place(fetcher, curl);
	return r;
}
