/* SPDX-License-Identifier: Apache-2.0 */
#include "server/account/identifier.h"

#include "base/encode.h"
#include "base/url.h"

#include <pims/error.h>

#include <string.h>

enum { MAX_LOCAL = 64, MAX_CLIENT_ID = 64 };

#define NO_REDIRECT "is no redirect URI"

static bool domain_ok(const char *domain)
{
	if (!*domain || *domain == '.' || *domain == '-' || domain[strlen(domain) - 1] == '.')
		return false;
	return !domain[strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-")] && !strstr(domain, "..");
}

int email_normalise(const char *text, char ret_email[EMAIL_SIZE])
{
	size_t length = strlen(text);
	char email[EMAIL_SIZE];
	const char *at;

	if (length >= sizeof email)
		return PIMS_E_FORMAT;
	for (size_t i = 0; i <= length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i < length && (c <= ' ' || c == 0x7f || strchr("\"(),:;<>[\\]", c)))
			return PIMS_E_FORMAT;
		email[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	at = strchr(email, '@');
	if (!at || at == email || at - email > MAX_LOCAL || !domain_ok(at + 1))
		return PIMS_E_FORMAT;
	memcpy(ret_email, email, length + 1);
	return 0;
}

bool account_id_valid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t length = strlen(text);

	if (length != sizeof form - 1)
		return false;
	for (size_t i = 0; i < length; i++)
		if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

bool client_id_valid(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t length = strlen(text);

	return length >= 1 && length <= MAX_CLIENT_ID && strspn(text, allowed) == length;
}

static const char *web_fault(const struct url *url, bool star)
{
	bool loopback = url_is_loopback(url);

	if (!*url->host || (star && !loopback))
		return NO_REDIRECT;
	if (strcmp(url->scheme, "http") == 0 && !loopback)
		return "is plain http, which only this machine may have (127.0.0.1, [::1], localhost): use https";
	return NULL;
}

static const char *url_fault(const struct url *url, bool star)
{
	if (url->fragment || strcmp(url->scheme, "javascript") == 0 || strcmp(url->scheme, "data") == 0)
		return NO_REDIRECT;
	if (strcmp(url->scheme, "http") == 0 || strcmp(url->scheme, "https") == 0)
		return web_fault(url, star);
	return NULL;
}

const char *redirect_uri_fault(const char *text)
{
	const char *star = strchr(text, '*'), *fault;
	struct url url;

	if (star && (star == text || star[-1] != '/' || star[1]))
		return NO_REDIRECT;
	if (url_parse(text, &url) < 0)
		return NO_REDIRECT;
	fault = url_fault(&url, star != NULL);
	url_free(&url);
	return fault;
}
