/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

enum { URL_MAX = 8192 };

void url_free(struct url *url)
{
	if (!url)
		return;
	free(url->scheme);
	free(url->host);
	free(url->port);
	free(url->path);
	free(url->query);
	free(url->fragment);
	*url = (struct url){0};
}

static void lower(char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text = (char)(*text - 'A' + 'a');
}

static int copy_part(char **ret_part, const char *from, size_t length)
{
	*ret_part = strndup(from, length);
	return *ret_part ? 0 : PIMS_E_MEMORY;
}

/* RFC 3986 §3.1; the length with its ":", or 0 */
static size_t scheme_length(const char *text)
{
	size_t i = 0;

	for (; text[i] && text[i] != ':'; i++) {
		char c = (char)(text[i] | 0x20);
		bool letter = c >= 'a' && c <= 'z';
		bool other = (text[i] >= '0' && text[i] <= '9') || text[i] == '+' || text[i] == '-' || text[i] == '.';

		if (!letter && (i == 0 || !other))
			return 0;
	}
	return i && text[i] == ':' ? i + 1 : 0;
}

static bool characters_ok(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("\"<>\\^`{|}", *text))
			return false;
	return true;
}

static bool port_ok(const char *port)
{
	unsigned value = 0;

	for (; *port; port++) {
		if (*port < '0' || *port > '9')
			return false;
		value = value * 10 + (unsigned)(*port - '0');
		if (value > 65535)
			return false;
	}
	return true;
}

static int parse_authority(const char *text, size_t length, struct url *url)
{
	const char *host = text, *end = text + length, *colon, *host_end;
	int r;

	if (memchr(text, '@', length))
		return PIMS_E_FORMAT;
	if (length && *text == '[') {
		host_end = memchr(text, ']', length);
		if (!host_end || (host_end + 1 < end && host_end[1] != ':'))
			return PIMS_E_FORMAT;
		host++;
		colon = host_end + 1 < end ? host_end + 1 : NULL;
	} else {
		colon = memchr(text, ':', length);
		host_end = colon ? colon : end;
	}
	r = copy_part(&url->host, host, (size_t)(host_end - host));
	if (r == 0)
		r = colon ? copy_part(&url->port, colon + 1, (size_t)(end - colon - 1)) : copy_part(&url->port, "", 0);
	if (r < 0)
		return r;
	lower(url->host);
	return port_ok(url->port) ? 0 : PIMS_E_FORMAT;
}

static int parse_rest(const char *text, struct url *url)
{
	size_t path = strcspn(text, "?#");
	const char *fragment = strchr(text, '#');
	int r = copy_part(&url->path, text, path);

	if (r == 0 && text[path] == '?')
		r = copy_part(&url->query, text + path + 1, strcspn(text + path + 1, "#"));
	if (r == 0 && fragment)
		r = copy_part(&url->fragment, fragment + 1, strlen(fragment + 1));
	return r;
}

static int parse_parts(const char *text, struct url *url)
{
	size_t scheme = scheme_length(text);
	size_t authority = 0;
	int r;

	if (!scheme || !characters_ok(text))
		return PIMS_E_FORMAT;
	r = copy_part(&url->scheme, text, scheme - 1);
	if (r < 0)
		return r;
	lower(url->scheme);
	text += scheme;
	if (text_starts(text, "//")) {
		text += 2;
		authority = strcspn(text, "/?#");
	}
	r = parse_authority(text, authority, url);
	return r < 0 ? r : parse_rest(text + authority, url);
}

int url_parse(const char *text, struct url *ret_url)
{
	struct url url = {0};
	int r;

	if (strlen(text) > URL_MAX)
		return PIMS_E_LIMIT;
	r = parse_parts(text, &url);
	if (r < 0)
		url_free(&url);
	else
		*ret_url = url;
	return r;
}

bool url_is_http(const char *text)
{
	struct url url = {0};
	bool ok;

	if (url_parse(text, &url) < 0)
		return false;
	ok = (text_equal(url.scheme, "http") || text_equal(url.scheme, "https")) && *url.host && !url.fragment;
	url_free(&url);
	return ok;
}

static bool is_ipv4_loopback(const char *host)
{
	size_t length = strlen(host);

	return text_starts(host, "127.") && strspn(host, "0123456789.") == length && length <= 15;
}

int url_origin(const struct url *url, struct buf *ret_origin)
{
	const char *own_port = text_equal(url->scheme, "https") ? "443" : "80";
	int r = buf_printf(ret_origin, strchr(url->host, ':') ? "%s://[%s]" : "%s://%s", url->scheme, url->host);

	if (r < 0 || !*url->port || text_equal(url->port, own_port))
		return r;
	return buf_printf(ret_origin, ":%s", url->port);
}

bool url_is_loopback(const struct url *url)
{
	return text_equal(url->host, "localhost") || text_equal(url->host, "::1") || is_ipv4_loopback(url->host);
}
