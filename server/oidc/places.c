/* SPDX-License-Identifier: Apache-2.0 */
#include "server/oidc/places.h"

#include "base/encode.h"
#include "base/text.h"
#include "server/oidc/browser.h"
#include "server/server.h"
#include "server/store/seal.h"

#include <pims/error.h>

#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 16, NUMBER_SIZE = 2 * NUMBER_BYTES + 1 };

const int64_t place_known_ms = INT64_C(180) * 86400 * 1000;

/* Keyed, since a plain digest of an address is undone in seconds. */
static int digest(const struct request *request, const char *kind, const char *name, unsigned char ret_hash[SEAL_DIGEST_SIZE])
{
	char text[128];

	(void)snprintf(text, sizeof text, "place %s %s", kind, name);
	return seal_digest(request_server(request)->seal, text, ret_hash);
}

static int network(const struct request *request, unsigned char ret_hash[SEAL_DIGEST_SIZE])
{
	char name[REQUEST_CLIENT_SIZE];

	request_network(request, name);
	return digest(request, "network", name, ret_hash);
}

/* One number for all accounts of a browser. */
static int read_number(const struct request *request, char ret_number[NUMBER_SIZE])
{
	int r = browser_read(request, BROWSER_KNOWN, ret_number, NUMBER_SIZE);

	return r == 0 && !hex_valid(ret_number, NUMBER_SIZE - 1) ? PIMS_E_NOT_FOUND : r;
}

static int browser(const struct request *request, unsigned char ret_hash[SEAL_DIGEST_SIZE])
{
	char number[NUMBER_SIZE];
	int r = read_number(request, number);

	return r < 0 ? r : digest(request, "browser", number, ret_hash);
}

int place_find(const struct request *request, int64_t account, char ret_place[PLACE_SIZE])
{
	const struct server *server = request_server(request);
	int64_t now = env_now(&server->env);
	unsigned char hash[SEAL_DIGEST_SIZE];
	int r = browser(request, hash);

	*ret_place = 0;
	if (r == 0)
		r = store_place_find(server->store, account, hash, now);
	if (r == PIMS_E_NOT_FOUND) {
		r = network(request, hash);
		if (r == 0)
			r = store_place_find(server->store, account, hash, now);
	}
	if (r == 0)
		hex_encode(hash, sizeof hash, ret_place);
	return r == PIMS_E_NOT_FOUND ? 0 : r;
}

static int add(const struct request *request, int64_t account, const unsigned char *hash)
{
	const struct server *server = request_server(request);

	return store_place_add(server->store, account, hash, env_now(&server->env) + place_known_ms);
}

int place_add_network(const struct request *request, int64_t account)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	int r = network(request, hash);

	return r < 0 ? r : add(request, account, hash);
}

int place_add_browser(const struct request *request, struct response *response, int64_t account)
{
	unsigned char hash[SEAL_DIGEST_SIZE];
	char number[NUMBER_SIZE];
	int r = read_number(request, number);

	if (r == PIMS_E_NOT_FOUND)
		r = env_random_hex(&request_server(request)->env, number, NUMBER_BYTES);
	if (r == 0)
		r = digest(request, "browser", number, hash);
	if (r == 0)
		r = add(request, account, hash);
	return r < 0 ? r : browser_write(request, response, BROWSER_KNOWN, number);
}
