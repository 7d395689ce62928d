/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

#include "base/buf.h"
#include "base/url.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WEB_MAX = 1 << 24 };

const char *web_ca_file;

static size_t take(char *bytes, size_t size, size_t count, void *data)
{
	return buf_put(data, bytes, size * count) == 0 ? size * count : 0;
}

static void set_options(CURL *curl, const char *url, struct buf *body)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
	if (web_ca_file)
		curl_easy_setopt(curl, CURLOPT_CAINFO, web_ca_file);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
}

static void read_answer(CURL *curl, struct buf *body, struct web_answer *answer)
{
	char *text = NULL;

	memset(answer, 0, sizeof *answer);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &text);
	snprintf(answer->location, sizeof answer->location, "%s", text ? text : "");
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &text);
	snprintf(answer->content_type, sizeof answer->content_type, "%s", text ? text : "");
	answer->body = strdup(buf_text(body));
	answer->length = body->len;
	assert_non_null(answer->body);
}

void web_call(const char *method, const char *url, const char *const *headers, const char *body, struct web_answer *ret_answer)
{
	struct curl_slist *list = NULL;
	struct buf answer = BUF_INIT(WEB_MAX);
	CURL *curl = curl_easy_init();
	CURLcode code;

	assert_non_null(curl);
	set_options(curl, url, &answer);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	list = curl_slist_append(list, "Expect:");
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		fail_msg("%s %s: %s", method, url, curl_easy_strerror(code));
	read_answer(curl, &answer, ret_answer);
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	buf_free(&answer);
}

void web_free(struct web_answer *answer)
{
	free(answer->body);
	memset(answer, 0, sizeof *answer);
}

/* The value of an attribute of one tag, with the entities that a form may have in it resolved; "" when it has none. */
static void attribute(const char *tag, const char *name, char *value, size_t size)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = {{"&amp;", '&'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#x27;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}, {"&#34;", '"'}};
	const char *end = strchr(tag, '>');
	char pattern[64];
	const char *at;
	size_t length = 0;

	snprintf(pattern, sizeof pattern, " %s=\"", name);
	at = strstr(tag, pattern);
	value[0] = '\0';
	if (!at || !end || at > end)
		return;
	for (at += strlen(pattern); *at && *at != '"' && length + 1 < size; length++) {
		value[length] = *at;
		for (size_t i = 0; *at == '&' && i < sizeof entities / sizeof *entities; i++)
			if (strncmp(at, entities[i].entity, strlen(entities[i].entity)) == 0) {
				value[length] = entities[i].c;
				at += strlen(entities[i].entity) - 1;
				break;
			}
		at++;
	}
	value[length] = '\0';
}

static void collect_inputs(const char *form, const char *username, const char *password, struct buf *ret_body)
{
	const char *end = strstr(form, "</form>");
	char name[128], value[8192];

	assert_non_null(end);
	for (const char *tag = strstr(form, "<input"); tag && tag < end; tag = strstr(tag + 1, "<input")) {
		attribute(tag, "name", name, sizeof name);
		attribute(tag, "value", value, sizeof value);
		if (strcmp(name, "username") == 0)
			snprintf(value, sizeof value, "%s", username);
		if (strcmp(name, "password") == 0)
			snprintf(value, sizeof value, "%s", password);
		if (*name)
			assert_int_equal(url_put(ret_body, name, value), 0);
	}
}

/* "action" against the page's URL (RFC 3986 §5.2, the cases that a form has). */
static void resolve(const char *page, const char *action, char *url, size_t size)
{
	const char *host = strstr(page, "://");
	size_t origin;

	assert_non_null(host);
	origin = (size_t)(host + 3 - page) + strcspn(host + 3, "/?");
	if (!*action)
		snprintf(url, size, "%s", page);
	else if (*action == '/')
		snprintf(url, size, "%.*s%s", (int)origin, page, action);
	else if (*action == '?')
		snprintf(url, size, "%.*s%s", (int)strcspn(page, "?"), page, action);
	else
		snprintf(url, size, "%s", action);
}

void web_sign_in(const char *url, const char *username, const char *password, struct web_answer *ret_answer)
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded", NULL};
	struct buf body = BUF_INIT(65536);
	struct web_answer page;
	char action[8192], target[16384];
	const char *form;

	web_call("GET", url, NULL, NULL, &page);
	assert_int_equal(page.status, 200);
	form = strstr(page.body, "<form");
	assert_non_null(form);
	attribute(form, "action", action, sizeof action);
	resolve(url, action, target, sizeof target);
	collect_inputs(form, username, password, &body);
	web_call("POST", target, headers, buf_text(&body), ret_answer);
	buf_free(&body);
	web_free(&page);
}
