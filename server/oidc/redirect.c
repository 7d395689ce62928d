/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/redirect.h"

#include "base/text.h"
#include "base/url.h"

#include <pims/error.h>

#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool ends_in_pattern(const char *text, size_t length)
{
	return length >= 2 && text[length - 1] == '*' && text[length - 2] == '/';
}

/* One segment of two letters: nothing that could be a port, a path or a query. */
static bool country_matches(const char *pattern, size_t length, const char *uri)
{
	size_t prefix = length - 1;

	if (strncmp(pattern, uri, prefix) != 0)
		return false;
	uri += prefix;
	return is_letter(uri[0]) && is_letter(uri[1]) && !uri[2];
}

static bool path_matches(const struct url *pattern, const struct url *uri)
{
	size_t length = strlen(pattern->path);

	if (ends_in_pattern(pattern->path, length))
		return !uri->query && strncmp(pattern->path, uri->path, length - 1) == 0;
	return text_equal(pattern->path, uri->path) && text_equal(pattern->query, uri->query);
}

/* The host must be the registered one: "localhost" is not 127.0.0.1, since a name can be made to lead elsewhere (RFC 8252 §8.3). */
static bool loopback_matches(const struct url *pattern, const struct url *uri)
{
	return text_equal(pattern->scheme, "http") && text_equal(uri->scheme, "http") && url_is_loopback(pattern) &&
	       text_equal(pattern->host, uri->host) && path_matches(pattern, uri);
}

static bool one_matches(const char *pattern, size_t length, const char *uri, const struct url *parts)
{
	char text[REDIRECT_URI_MAX + 1];
	struct url url = {0};
	bool match;

	if (length >= sizeof text)
		return false;
	memcpy(text, pattern, length);
	text[length] = '\0';
	if (!ends_in_pattern(text, length) && strcmp(text, uri) == 0)
		return true;
	if (url_parse(text, &url) < 0)
		return false;
	if (url_is_loopback(&url))
		match = loopback_matches(&url, parts);
	else
		match = ends_in_pattern(text, length) && country_matches(text, length, uri);
	url_free(&url);
	return match;
}

bool redirect_registered(const char *registered, const char *uri)
{
	struct url parts = {0};
	bool match = false;

	/* a fragment would be lost or mixed with ours (RFC 6749 §3.1.2) */
	if (strnlen(uri, REDIRECT_URI_MAX + 1) > REDIRECT_URI_MAX || strchr(uri, '#') || url_parse(uri, &parts) < 0)
		return false;
	for (const char *line = registered; line && !match;) {
		size_t length = strcspn(line, "\n");

		match = length && one_matches(line, length, uri, &parts);
		line = line[length] ? line + length + 1 : NULL;
	}
	url_free(&parts);
	return match;
}

int redirect_start(const char *uri, struct buf *ret_url)
{
	int r = buf_puts(ret_url, uri);

	return r < 0 ? r : buf_putc(ret_url, strchr(uri, '?') ? '&' : '?');
}
