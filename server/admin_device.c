/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "server/account/enroll_code.h"
#include "server/data_dir.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>

/* What an operator does for the devices of an account: a code for the first one without an SMS, and an end to those that are lost, and to lost passkeys. */

enum { CODE_SECONDS = 600 };

/* The code is told once, here; the store has it sealed. */
static int print_code(const struct admin *admin, int64_t account)
{
	struct seal *seal = NULL;
	char code[SMS_CODE_SIZE] = "";
	int r = data_dir_open_seal(&seal, admin->data_dir, admin->store, &admin->env);

	if (r == 0)
		r = enroll_code_make(admin->store, seal, &admin->env, account, CODE_SECONDS, code);
	if (r == 0)
		puts(code);
	secret_wipe(code, sizeof code);
	seal_free(seal);
	return r;
}

int admin_enrollment_code(struct admin *admin)
{
	struct account account = {0};
	int r = store_account_by_email(admin->store, admin->name, &account);

	if (r == 0 && account.blocked) {
		account_free(&account);
		fprintf(stderr, "pimsd: %s: is blocked (pimsd account unblock)\n", admin->name);
		return EXIT_FAILURE;
	}
	if (r == 0)
		r = print_code(admin, account.id);
	account_free(&account);
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

static int take_id(void *data, const struct device *device)
{
	*(int64_t *)data = device->id;
	return 1;
}

/* One after the other, each for good; one that is enrolled meanwhile goes as well. */
int admin_remove_devices(struct admin *admin)
{
	struct account account = {0};
	int64_t id = 0;
	int r = store_account_by_email(admin->store, admin->name, &account);

	while (r == 0 && (r = store_device_list(admin->store, account.id, take_id, &id)) > 0) {
		r = store_device_remove(admin->store, account.id, id);
		if (r == PIMS_E_NOT_FOUND) /* its owner was faster */
			r = 0;
	}
	account_free(&account);
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

static int take_passkey(void *data, const struct passkey *passkey)
{
	*(int64_t *)data = passkey->id;
	return 1;
}

int admin_remove_passkeys(struct admin *admin)
{
	struct account account = {0};
	int64_t id = 0;
	int r = store_account_by_email(admin->store, admin->name, &account);

	while (r == 0 && (r = store_passkey_list(admin->store, account.id, take_passkey, &id)) > 0) {
		r = store_passkey_remove(admin->store, account.id, id);
		if (r == PIMS_E_NOT_FOUND)
			r = 0;
	}
	account_free(&account);
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}
