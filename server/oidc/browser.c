/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/browser.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/text.h"
#include "server/oidc/places.h"
#include "server/oidc/tokens.h"
#include "server/server.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/*
 * Single sign-on: a cookie that is random and known here by its digest only. Lax: it comes with the navigation from an application and with no
 * request that another page makes. With https it gets the prefix that binds it to this host (RFC 6265bis §4.1.3.2).
 */

enum { COOKIE_BYTES = 32, COOKIE_SIZE = 2 * COOKIE_BYTES + 1 };

static bool is_secure(const struct request *request)
{
	return text_starts(request_server(request)->settings.issuer, "https:");
}

static const struct {
	const char *name, *secure_name;
	int seconds;
} cookies[] = {
	[BROWSER_SESSION] = {"pimsd", "__Host-pimsd", BROWSER_SECONDS},
	[BROWSER_KNOWN] = {"pimsd-known", "__Host-pimsd-known", 400 * 86400},
};

static const char *cookie_name(const struct request *request, enum browser_cookie cookie)
{
	return is_secure(request) ? cookies[cookie].secure_name : cookies[cookie].name;
}

int browser_read(const struct request *request, enum browser_cookie cookie, char *ret_value, size_t size)
{
	int r = request_cookie(request, cookie_name(request, cookie), ret_value, size);

	return r == PIMS_E_LIMIT ? PIMS_E_NOT_FOUND : r;
}

static int read_session(const struct request *request, unsigned char ret_hash[SHA256_SIZE])
{
	char cookie[COOKIE_SIZE];
	int r = browser_read(request, BROWSER_SESSION, cookie, sizeof cookie);

	if (r == 0)
		r = strlen(cookie) == COOKIE_SIZE - 1 ? sha256(cookie, COOKIE_SIZE - 1, ret_hash) : PIMS_E_NOT_FOUND;
	secret_wipe(cookie, sizeof cookie);
	return r;
}

int browser_write(const struct request *request, struct response *response, enum browser_cookie cookie, const char *value)
{
	char line[256];
	int r;

	(void)snprintf(line, sizeof line, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Lax%s", cookie_name(request, cookie), value,
		       *value ? cookies[cookie].seconds : 0, is_secure(request) ? "; Secure" : "");
	r = response_header(response, "Set-Cookie", line);
	secret_wipe(line, sizeof line);
	return r;
}

int browser_find(const struct request *request, struct browser *ret_browser)
{
	const struct server *server = request_server(request);
	unsigned char hash[SHA256_SIZE];
	int r = read_session(request, hash);

	return r < 0 ? r : store_browser_find(server->store, hash, env_now(&server->env), ret_browser);
}

static int make_cookie(const struct request *request, char ret_cookie[COOKIE_SIZE], unsigned char ret_hash[SHA256_SIZE])
{
	int r = env_random_hex(&request_server(request)->env, ret_cookie, COOKIE_BYTES);

	return r < 0 ? r : sha256(ret_cookie, COOKIE_SIZE - 1, ret_hash);
}

int browser_start(const struct request *request, struct response *response, const struct account *account, struct browser *ret_browser)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	struct browser browser = {.account = account->id, .auth_time = now, .expires = now + INT64_C(1000) * BROWSER_SECONDS,
				  .password_hash = account->password_hash};
	unsigned char old[SHA256_SIZE];
	char cookie[COOKIE_SIZE];
	bool replaces = read_session(request, old) == 0;
	int r = make_cookie(request, cookie, browser.hash);

	if (r == 0)
		r = store_browser_add(server->store, &browser, replaces ? old : NULL);
	if (r == 0)
		r = browser_write(request, response, BROWSER_SESSION, cookie);
	if (r == 0)
		r = place_add_browser(request, response, account->id);
	browser.password_hash = NULL; /* the account's */
	if (r == 0)
		*ret_browser = browser;
	secret_wipe(cookie, sizeof cookie);
	return r;
}

static int mark(struct store *store, const struct browser *browser, const unsigned char *hash, int64_t now,
		const struct passkey_use *passkey, bool is_new)
{
	struct passkey_use use;

	if (!passkey)
		return store_browser_prove(store, browser->hash, hash, now);
	use = *passkey;
	use.browser = browser->hash;
	use.new_browser = hash;
	use.now = now;
	return (is_new ? store_passkey_add : store_passkey_use)(store, &use);
}

int browser_prove(const struct request *request, struct response *response, struct browser *browser, const struct passkey_use *passkey, bool is_new)
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	unsigned char hash[SHA256_SIZE];
	char cookie[COOKIE_SIZE];
	int r = make_cookie(request, cookie, hash);

	if (r == 0)
		r = mark(server->store, browser, hash, now, passkey, is_new);
	if (r == 0)
		r = browser_write(request, response, BROWSER_SESSION, cookie);
	if (r == 0) {
		memcpy(browser->hash, hash, sizeof browser->hash);
		*(passkey ? &browser->passkey_time : &browser->otp_time) = now;
	}
	secret_wipe(cookie, sizeof cookie);
	return r;
}

int browser_bind(const struct browser *browser, const char *purpose, const char *text, struct buf *ret_text)
{
	char hex[2 * sizeof browser->hash + 1];

	hex_encode(browser->hash, sizeof browser->hash, hex);
	return buf_printf(ret_text, "%s %s %s", purpose, hex, text);
}

void browser_forget(const struct request *request, struct response *response)
{
	(void)browser_write(request, response, BROWSER_SESSION, "");
}
