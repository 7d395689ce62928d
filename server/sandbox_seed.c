/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sandbox_seed.h"

#include "base/brand_table.h"
#include "base/digest.h"
#include "base/encode.h"
#include "server/account/password.h"

#include <pims/error.h>

/* "*" at the end is one path segment of two letters, and on loopback any path (server/oidc/redirect.h). */
static char public_uris[] = "http://127.0.0.1/callback\nhttp://localhost/callback\nhttp://[::1]/callback";
#define BRAND_URI(name, environment, mode, oauth_url, realm, scheme) scheme BRAND_REDIRECT "*\n"
static char demo_uris[] = BRANDS(BRAND_URI) "http://127.0.0.1/*\nhttp://localhost/*";

static int unless_there(int r)
{
	return r == PIMS_E_STATE ? 0 : r;
}

static int add_clients(struct store *store)
{
	static char public_id[] = "pims", public_name[] = "pims", demo_id[] = SANDBOX_CLIENT, demo_name[] = "Demo application";
	const struct client public = {.id = public_id, .name = public_name, .redirect_uris = public_uris};
	unsigned char digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	const struct client demo = {.id = demo_id, .secret_hash = hex, .name = demo_name, .redirect_uris = demo_uris};
	int r;

	r = sha256(SANDBOX_SECRET, sizeof SANDBOX_SECRET - 1, digest);
	if (r < 0)
		return r;
	hex_encode(digest, sizeof digest, hex);
	r = unless_there(store_client_add(store, &public));
	return r < 0 ? r : unless_there(store_client_add(store, &demo));
}

int sandbox_seed(struct store *store, const struct env *env)
{
	char hash[PASSWORD_HASH_SIZE];
	struct account account;
	int r;

	r = store_account_by_email(store, SANDBOX_EMAIL, &account);
	if (r == 0)
		account_free(&account);
	if (r == PIMS_E_NOT_FOUND) {
		r = password_hash(SANDBOX_PASSWORD, hash);
		if (r == 0)
			r = unless_there(store_account_add(store, SANDBOX_EMAIL, hash, SANDBOX_PHONE, env_now(env)));
	}
	return r < 0 ? r : add_clients(store);
}
