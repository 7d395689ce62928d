/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "base/digest.h"
#include "base/encode.h"
#include "server/oidc/auth_request.h"

#include <pims/error.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES = 32, MAX_URIS = 32 * 1024 };

const char admin_client_help[] =
	"Usage: pimsd client add ID [--name TEXT] --redirect URI ... [--public] [--scope SCOPES] [--exchange] [--dpop] --data DIR\n"
	"       pimsd client list --data DIR\n"
	"       pimsd client remove ID --data DIR\n"
	"\n"
	"Changes the applications that may sign people in, also while a server runs on the same data. `add` makes a secret and prints\n"
	"it this once (none with --public). A redirect URI is https, a scheme of the application's own, or http on loopback, where it goes\n"
	"with any port; `*` as its last path segment stands for two letters, on loopback for any path. With --dpop it gets no tokens but\n"
	"such that are bound to a key (RFC 9449). --scope is what it gets at most (\"openid pims.otp\"; default all: openid, profile, email,\n"
	"pims.account, pims.phone, pims.device, pims.otp; see pimsd(8)). With --exchange it may have tokens for the customer API (RFC 8693).\n"
	"`remove` ends all sign-ins made through it. `list` prints id, kind, name, redirect URIs, scope, and \"exchange\" or \"-\", tabs between.\n"
	"\n"
	"Example: pimsd client add garage --name 'Garage app' --redirect https://garage.example/cb --data /var/lib/pimsd\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.\n";

static int make_secret(const struct env *env, struct buf *ret_secret, char ret_hash[SHA256_HEX_SIZE])
{
	unsigned char bytes[SECRET_BYTES], digest[SHA256_SIZE];
	int r;

	r = env_random(env, bytes, sizeof bytes);
	if (r == 0)
		r = base64url_encode(bytes, sizeof bytes, ret_secret);
	if (r == 0)
		r = sha256(ret_secret->data, ret_secret->len, digest);
	if (r == 0)
		hex_encode(digest, sizeof digest, ret_hash);
	secret_wipe(bytes, sizeof bytes);
	return r;
}

static int add(struct admin *admin, struct buf *uris, struct buf *secret)
{
	char hash[SHA256_HEX_SIZE];
	/* the store only reads it */
	struct client client = {
		.id = (char *)(uintptr_t)admin->name,
		.name = (char *)(uintptr_t)(admin->title ? admin->title : admin->name),
		.secret_hash = admin->public ? NULL : hash,
		.scope = (char *)(uintptr_t)admin->scope,
		.no_exchange = !admin->exchange,
		.dpop = admin->dpop,
	};
	int r = 0;

	if (!admin->public)
		r = make_secret(&admin->env, secret, hash);
	for (size_t i = 0; r == 0 && i < admin->redirect_count; i++)
		r = buf_printf(uris, "%s%s", i ? "\n" : "", admin->redirects[i]);
	client.redirect_uris = uris->data;
	return r < 0 ? r : store_client_add(admin->store, &client);
}

static int check_redirects(const struct admin *admin)
{
	return admin->redirect_count ? 0 : admin_wrong("--redirect", "is missing");
}

static int client_add(struct admin *admin)
{
	struct buf uris = BUF_INIT(MAX_URIS), secret = BUF_INIT(256);
	int r;

	r = add(admin, &uris, &secret);
	if (r == 0 && !admin->public)
		printf("client %s\nsecret %s\n", admin->name, buf_text(&secret));
	else if (r == 0)
		printf("client %s\n", admin->name);
	buf_free(&uris);
	buf_free(&secret);
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

static int print_client(void *data, const struct client *client)
{
	char all[SCOPE_SIZE];

	(void)data;
	auth_scope_filter(NULL, NULL, all);
	printf("%s\t%s\t%s\t", client->id, client->secret_hash ? "confidential" : "public", client->name);
	for (const char *c = client->redirect_uris; *c; c++)
		putchar(*c == '\n' ? ' ' : *c);
	printf("\t%s\t%s\n", client->scope ? client->scope : all, client->no_exchange ? "-" : "exchange");
	return 0;
}

static int client_list(struct admin *admin)
{
	int r = store_client_list(admin->store, print_client, NULL);

	return r < 0 ? admin_failed(admin->data_dir, r) : EXIT_SUCCESS;
}

static int client_remove(struct admin *admin)
{
	int r = store_client_remove(admin->store, admin->name);

	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

const struct admin_row admin_client_rows[] = {
	{"client", "add", 1, 1, true, client_add, check_redirects},
	{"client", "list", 0, 0, false, client_list, NULL},
	{"client", "remove", 1, 1, false, client_remove, NULL},
	{0},
};
