/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/places.h"

#include "base/encode.h"
#include "base/secret.h"
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/oidc/browser.h"
#include "server/oidc/sign_in.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

/* The cookie is a number and the keyed digest of number and address, so that nothing is stored for it. */
enum { NUMBER_HEX = 32, DIGEST_HEX = 2 * SEAL_DIGEST_SIZE, COOKIE_SIZE = NUMBER_HEX + DIGEST_HEX + 1, KNOWN_SECONDS = 90 * 86400 };

static int write_digest(const struct request *request, const char *email, const char *number, char ret_hex[DIGEST_HEX + 1])
{
	unsigned char digest[SEAL_DIGEST_SIZE];
	char text[EMAIL_SIZE + NUMBER_HEX + 32];
	int r;

	(void)snprintf(text, sizeof text, "known browser %.*s %s", NUMBER_HEX, number, email);
	r = seal_digest(request_server(request)->seal, text, digest);
	if (r == 0)
		hex_encode(digest, sizeof digest, ret_hex);
	return r;
}

static bool is_known_browser(const struct request *request, const char *email, char ret_cookie[COOKIE_SIZE])
{
	char digest[DIGEST_HEX + 1];

	return browser_read(request, BROWSER_KNOWN, ret_cookie, COOKIE_SIZE) == 0 && hex_valid(ret_cookie, COOKIE_SIZE - 1) &&
	       write_digest(request, email, ret_cookie, digest) == 0 && secret_equals_text(digest, ret_cookie + NUMBER_HEX);
}

static int network_key(const struct request *request, const char *email, char ret_key[SIGN_IN_KEY_SIZE])
{
	char network[REQUEST_CLIENT_SIZE], text[EMAIL_SIZE + 1 + sizeof network];

	request_network(request, network);
	(void)snprintf(text, sizeof text, "%s %s", email, network);
	return sign_in_key(request_server(request)->seal, "login-known", text, ret_key);
}

int place_find(const struct request *request, const char *email, char ret_place[PLACE_SIZE])
{
	const struct server *server = request_server(request);
	char cookie[COOKIE_SIZE], key[SIGN_IN_KEY_SIZE], network[REQUEST_CLIENT_SIZE];
	int ignored = 0, r;

	*ret_place = 0;
	if (is_known_browser(request, email, cookie)) {
		(void)snprintf(ret_place, PLACE_SIZE, "browser %.*s", NUMBER_HEX, cookie);
		return 0;
	}
	r = network_key(request, email, key);
	if (r == 0)
		r = store_attempt_check(server->store, key, 1, KNOWN_SECONDS, env_now(&server->env), &ignored);
	if (r != PIMS_E_LIMIT)
		return r;
	request_network(request, network);
	(void)snprintf(ret_place, PLACE_SIZE, "network %s", network);
	return 0;
}

int place_add_network(const struct request *request, const char *email)
{
	const struct server *server = request_server(request);
	char key[SIGN_IN_KEY_SIZE];
	int64_t now = env_now(&server->env);
	int ignored = 0, r = network_key(request, email, key);

	if (r == 0)
		r = store_attempt_check(server->store, key, 1, KNOWN_SECONDS, now, &ignored);
	if (r == 0)
		r = store_attempt(server->store, key, 1, KNOWN_SECONDS, now, &ignored);
	return r == PIMS_E_LIMIT ? 0 : r;
}

int place_add_browser(const struct request *request, struct response *response, const char *email)
{
	char cookie[COOKIE_SIZE];
	int r;

	if (is_known_browser(request, email, cookie))
		return 0;
	r = env_random_hex(&request_server(request)->env, cookie, NUMBER_HEX / 2);
	if (r == 0)
		r = write_digest(request, email, cookie, cookie + NUMBER_HEX);
	return r < 0 ? r : browser_write(request, response, BROWSER_KNOWN, cookie);
}
