/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "server/account/reset.h"
#include "server/data_dir.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>

static int ask(const struct admin *admin, const struct account *account)
{
	struct server server = {.store = admin->store, .env = admin->env, .settings = {.issuer = admin->issuer}};
	int r = data_dir_open_seal(&server.seal, admin->data_dir, admin->store, &admin->env);

	if (r == 0)
		r = reset_ask(&server, admin->texts ? admin->texts : texts_of_locale(NULL), account);
	seal_free(server.seal);
	return r;
}

/* The code goes to its owner only. */
int admin_reset_password(struct admin *admin)
{
	struct account account = {0};
	int status, r = store_account_by_email(admin->store, admin->name, &account);

	if (r == 0 && account.blocked) {
		account_free(&account);
		fprintf(stderr, "pimsd: %s: is blocked\n", admin->name);
		return EXIT_FAILURE;
	}
	if (r == 0)
		r = ask(admin, &account);
	status = r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
	if (r == 0)
		printf("mailed to %s, good once and for 24 hours\n", account.email);
	account_free(&account);
	return status;
}
