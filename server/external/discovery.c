/* SPDX-License-Identifier: Apache-2.0 */
#include "server/external/discovery.h"

#include "base/json.h"
#include "base/text.h"
#include "jose/jwks.h"

#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 2048 };

void discovery_free(struct discovery *discovery)
{
	free(discovery->keys);
	free(discovery->introspection);
	*discovery = (struct discovery){0};
}

static const char *read_url(const json_t *document, const char *name, char **ret_url)
{
	const char *url = json_text(document, name);

	if (!fetch_url_allowed(url))
		return "the metadata names no usable address (https) for its keys or introspection";
	return text_set(ret_url, url) < 0 ? "out of memory" : NULL;
}

const char *discovery_read_metadata(const char *text, size_t length, const struct external_settings *settings, struct discovery *discovery,
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
		problem = read_url(document, "introspection_endpoint", &discovery->introspection);
	else
		problem = read_url(document, "jwks_uri", ret_keys_url);
	json_decref(document);
	return problem;
}

static int get(struct fetcher *fetcher, const char *url, struct http_response *response)
{
	struct http_request request = {0};
	int r;

	http_request_init(&request);
	r = http_request_start(&request, "GET", url);
	if (r == 0)
		r = http_request_header(&request, "Accept", "application/json, application/jwk-set+json");
	if (r == 0)
		r = fetch(fetcher, &request, response);
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

static const char *fetch_document(struct fetcher *fetcher, const char *issuer, int (*make_url)(const char *, struct buf *),
				  struct http_response *response)
{
	struct buf url = BUF_INIT(URL_MAX);
	int r = make_url(issuer, &url);

	if (r == 0)
		r = get(fetcher, buf_text(&url), response);
	buf_free(&url);
	if (r < 0)
		return "the metadata could not be fetched";
	return response->status == 200 && http_response_is_json(response) ? NULL : "the answer is no metadata";
}

static const char *fetch_metadata(struct fetcher *fetcher, const struct external_settings *settings, struct discovery *discovery,
				  char **ret_keys_url)
{
	struct http_response response;
	const char *problem;

	http_response_init(&response);
	problem = fetch_document(fetcher, settings->issuer, metadata_url, &response);
	if (problem && response.status)
		problem = fetch_document(fetcher, settings->issuer, metadata_url_oauth, &response);
	if (!problem)
		problem = discovery_read_metadata(buf_text(&response.body), response.body.len, settings, discovery, ret_keys_url);
	http_response_reset(&response);
	return problem;
}

static const char *fetch_keys(struct fetcher *fetcher, const char *url, struct discovery *discovery)
{
	struct http_response response;
	const char *problem = NULL;

	http_response_init(&response);
	if (get(fetcher, url, &response) < 0)
		problem = "the keys could not be fetched";
	else if (response.status != 200 || jwks_check(buf_text(&response.body), response.body.len) < 0)
		problem = "the answer is no set of keys";
	else if (text_set(&discovery->keys, buf_text(&response.body)) < 0)
		problem = "out of memory";
	http_response_reset(&response);
	return problem;
}

const char *discover(struct fetcher *fetcher, const struct external_settings *settings, struct discovery *ret_discovery)
{
	struct discovery discovery = {0};
	char *keys_url = NULL;
	const char *problem = fetch_metadata(fetcher, settings, &discovery, &keys_url);

	if (!problem && keys_url)
		problem = fetch_keys(fetcher, keys_url, &discovery);
	free(keys_url);
	if (problem)
		discovery_free(&discovery);
	else
		*ret_discovery = discovery;
	return problem;
}
