/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "base/digest.h"
#include "base/encode.h"
#include "jose/jwks.h"
#include "platform/file.h"
#include "server/oidc/auth_request.h"

#include <pims/error.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRET_BYTES = 32, MAX_URIS = 32 * 1024 };

const char admin_client_help[] =
	"Usage: pimsd client add ID [--name TEXT] --redirect URI ... [--public | --jwks FILE] [--scope SCOPES]\n"
	"                        [--exchange] [--dpop] [--par] --data DIR\n"
	"       pimsd client list --data DIR\n"
	"       pimsd client remove ID --data DIR\n"
	"\n"
	"Changes the applications that may sign people in, also while a server runs on the same data. `add` makes a secret and prints\n"
	"it this once. There is none with --public, nor with --jwks: the client proves itself by signing then (private_key_jwt), and FILE\n"
	"is the JWK set of its public keys, RSA or ECDSA, at most 10. A redirect URI is https, a scheme of the application's own, or http\n"
	"on loopback, where it goes with any port; `*` as its last path segment stands for two letters, on loopback for any path. With\n"
	"--dpop it gets no tokens but such that are bound to a key (RFC 9449), with --par it must push its requests (RFC 9126). --scope is\n"
	"what it gets at most (\"openid pims.otp\"; default all: openid, profile, email, pims.account, pims.phone, pims.device, pims.otp;\n"
	"see pimsd(8)). With --exchange it may have tokens for the customer API (RFC 8693). `remove` ends all sign-ins made through it.\n"
	"`list` prints id, kind (public, confidential, keys), name, redirect URIs, scope, \"exchange\" or \"-\", \"par\" or \"-\", tabs between.\n"
	"\n"
	"Example: pimsd client add garage --name 'Garage app' --redirect https://garage.example/cb --data /var/lib/pimsd\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.\n";

int admin_take_jwks(struct admin *admin, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length = fd < 0 ? PIMS_E_SYSTEM : file_read(fd, admin->jwks, ADMIN_JWKS_MAX);
	int status = length == PIMS_E_LIMIT ? admin_wrong(path, "is longer than 16384 bytes") : EXIT_SUCCESS;
	const char *fault = length > 0 ? jwks_fault(admin->jwks, (size_t)length, ADMIN_JWKS_KEYS) : "is empty";

	if (length < 0 && !status)
		status = admin_failed(path, (int)length);
	else if (!status && fault)
		status = admin_wrong(path, fault);
	if (fd >= 0)
		close(fd);
	if (!status)
		admin->jwks[length] = '\0';
	return status;
}

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

static bool has_secret(const struct admin *admin)
{
	return !admin->public && !*admin->jwks;
}

static int add(struct admin *admin, struct buf *uris, struct buf *secret)
{
	char hash[SHA256_HEX_SIZE];
	/* the store only reads it */
	struct client client = {
		.id = (char *)(uintptr_t)admin->name,
		.name = (char *)(uintptr_t)(admin->title ? admin->title : admin->name),
		.secret_hash = has_secret(admin) ? hash : NULL,
		.jwks = (char *)(uintptr_t)(*admin->jwks ? admin->jwks : NULL),
		.par = admin->par,
		.scope = (char *)(uintptr_t)admin->scope,
		.no_exchange = !admin->exchange,
		.dpop = admin->dpop,
	};
	int r = 0;

	if (has_secret(admin))
		r = make_secret(&admin->env, secret, hash);
	for (size_t i = 0; r == 0 && i < admin->redirect_count; i++)
		r = buf_printf(uris, "%s%s", i ? "\n" : "", admin->redirects[i]);
	client.redirect_uris = uris->data;
	return r < 0 ? r : store_client_add(admin->store, &client);
}

static int check_options(const struct admin *admin)
{
	if (admin->public && *admin->jwks)
		return admin_wrong("--jwks", "is for a client that proves itself: not with --public");
	if (admin->exchange && admin->scope && !auth_scope_has(admin->scope, "pims.account"))
		return admin_wrong("--exchange", "wants pims.account in --scope: the customer API tells who somebody is");
	return admin->redirect_count ? 0 : admin_wrong("--redirect", "is missing");
}

static int client_add(struct admin *admin)
{
	struct buf uris = BUF_INIT(MAX_URIS), secret = BUF_INIT(256);
	int r;

	r = add(admin, &uris, &secret);
	if (r == 0 && has_secret(admin))
		printf("client %s\nsecret %s\n", admin->name, buf_text(&secret));
	else if (r == 0)
		printf("client %s\n", admin->name);
	buf_free(&uris);
	buf_free(&secret);
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

static const char *kind(const struct client *client)
{
	if (client_is_public(client))
		return "public";
	return client->jwks ? "keys" : "confidential";
}

static int print_client(void *data, const struct client *client)
{
	char all[SCOPE_SIZE];

	(void)data;
	auth_scope_filter(NULL, NULL, all);
	printf("%s\t%s\t%s\t", client->id, kind(client), client->name);
	for (const char *c = client->redirect_uris; *c; c++)
		putchar(*c == '\n' ? ' ' : *c);
	printf("\t%s\t%s\t%s\n", client->scope ? client->scope : all, client->no_exchange ? "-" : "exchange", client->par ? "par" : "-");
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
	{"client", "add", 1, 1, true, client_add, check_options},
	{"client", "list", 0, 0, false, client_list, NULL},
	{"client", "remove", 1, 1, false, client_remove, NULL},
	{0},
};
