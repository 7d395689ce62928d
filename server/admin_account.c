/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "base/phone.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/account/password_policy.h"
#include "server/account/recovery.h"
#include "server/oidc/sign_in.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_COUNTRY "FR"

const char admin_account_help[] =
	"Usage: pimsd account add EMAIL [--phone NUMBER] [--country CC] [--password-stdin] [--password-min N] --data DIR\n"
	"       pimsd account list --data DIR\n"
	"       pimsd account show ACCOUNT --data DIR\n"
	"       pimsd account set-password EMAIL [--password-stdin] [--password-min N] --data DIR\n"
	"       pimsd account reset-password EMAIL [--issuer URL] [--locale LANGUAGE] --data DIR\n"
	"       pimsd account set-phone ACCOUNT (NUMBER [--country CC] | --none) --data DIR\n"
	"       pimsd account block|unblock|remove ACCOUNT --data DIR\n"
	"       pimsd account recover EMAIL --data DIR\n"
	"       pimsd account enrollment-code|remove-devices|remove-passkeys ACCOUNT --data DIR\n"
	"\n"
	"Changes accounts, also while a server runs on the same data. Passwords are asked on the terminal, or read as a line of\n"
	"standard input; they have 15 characters at least, or N (8 to 64). A new password and a block end all sign-ins of the account;\n"
	"unblock also lifts the block of its PIN. set-password and unblock forget wrong passwords that strangers tried; remove takes all\n"
	"that belongs to it. `list` prints e-mail, phone, state (active, blocked) and PIN (none, set, blocked), tabs between.\n"
	"`reset-password` mails a code to the account's address, which nobody else sees: with it, once and within a day, its owner sets a\n"
	"new password at /account/reset of the server's --issuer. That is the better way; `set-password` is for who gets no mail.\n"
	"--locale is the language of that mail: en (default), fr, de, es, it.\n"
	"`recover` prints a code, good once and for a day: with it and the password its owner sets a new phone number at /account/recover.\n"
	"`enrollment-code` prints a code, good once and for ten minutes, that enrols a device without an SMS: for its owner, and nobody else.\n"
	"`remove-devices` is for who lost the only one: where a sign-in wants a one-time password (--sign-in-otp), the password is enough again.\n"
	"`remove-passkeys` is the same for who lost the passkeys and security keys that every sign-in of the account wants.\n"
	"\n"
	"ACCOUNT is an e-mail address. The accounts of people who sign in at another provider (pimsd --external-issuer) have an id in its\n"
	"place, as `list` prints it, with issuer, subject there and name in three more columns; the name proves nothing. Such an account\n"
	"that was removed comes back with the next sign-in; one that is blocked does not.\n"
	"\n"
	"A number is an international one (+33612345678), or a national one of the account's country: --country, else the one it was\n"
	"given before, else FR.\n"
	"\n"
	"Example: pimsd account add jo@example.com --phone 0612345678 --data /var/lib/pimsd\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.\n";

static int result(const struct admin *admin, int r)
{
	return r < 0 ? admin_failed(admin->name, r) : EXIT_SUCCESS;
}

static int ask_hash(const struct admin *admin, char ret_hash[PASSWORD_HASH_SIZE])
{
	cleanup_secret struct secret password = {0};
	int r;

	r = admin_read_password(admin->password_stdin, &password);
	if (r < 0) {
		fputs("pimsd: no password was given, or not the same one twice\n", stderr);
		return EXIT_FAILURE;
	}
	switch (password_policy(secret_text(&password), admin->name, admin->password_min)) {
	case PASSWORD_LENGTH:
		fprintf(stderr, "pimsd: a password has at least %d characters (--password-min), and at most %d bytes\n", admin->password_min, PASSWORD_MAX);
		return EXIT_FAILURE;
	case PASSWORD_COMMON:
		fputs("pimsd: this password is among those that are guessed first, or it is the address\n", stderr);
		return EXIT_FAILURE;
	case PASSWORD_FINE:
		break;
	}
	r = password_hash(secret_text(&password), ret_hash);
	return r < 0 ? admin_failed("password", r) : 0;
}

/* 0, or the exit status. `text` NULL: *ret_number is "". */
static int read_number(const char *text, const char *country, char ret_number[PHONE_SIZE])
{
	*ret_number = 0;
	if (!text || phone_normalise(text, country, ret_number) == 0)
		return 0;
	return admin_wrong(text, "is no phone number of that country, and no international one (+33612345678)");
}

static int set_country(const struct admin *admin)
{
	char country[3];

	if (!admin->country)
		return 0;
	for (size_t i = 0; i < sizeof country; i++)
		country[i] = (char)(admin->country[i] & ~0x20);
	return store_account_set_country(admin->store, admin->name, country);
}

static const char *country_or(const struct admin *admin, const char *otherwise)
{
	if (admin->country)
		return admin->country;
	return otherwise ? otherwise : DEFAULT_COUNTRY;
}

static int check_number(const struct admin *admin)
{
	char number[PHONE_SIZE];

	return read_number(admin->phone, country_or(admin, NULL), number);
}

static int account_add(struct admin *admin)
{
	char hash[PASSWORD_HASH_SIZE], number[PHONE_SIZE];
	int status, r;

	status = read_number(admin->phone, country_or(admin, NULL), number);
	if (!status)
		status = ask_hash(admin, hash);
	if (status)
		return status;
	r = store_account_add(admin->store, admin->name, hash, *number ? number : NULL, env_now(&admin->env));
	return result(admin, r < 0 ? r : set_country(admin));
}

static int print_account(void *data, const struct account *account)
{
	const char *pin = account->pin ? "set" : "none";

	(void)data;
	printf("%s\t%s\t%s\t%s", account->email, account->phone ? account->phone : "-", account->blocked ? "blocked" : "active",
	       account->pin_blocked ? "blocked" : pin);
	if (account->issuer)
		printf("\t%s\t%s\t%s", account->issuer, account->external_subject, account->display ? account->display : "-");
	putchar('\n');
	return 0;
}

static int account_show(struct admin *admin)
{
	struct account account = {0};
	int r = store_account_by_email(admin->store, admin->name, &account);

	if (r < 0)
		return result(admin, r);
	printf("account   %s\nid        %s\n", account.email, account.subject);
	printf("phone     %s\nstate     %s\n", account.phone ? account.phone : "-", account.blocked ? "blocked" : "active");
	printf("pin       %s\n", account.pin_blocked ? "blocked" : account.pin ? "set" : "none");
	if (account.issuer)
		printf("issuer    %s\nsubject   %s\nname      %s\n", account.issuer, account.external_subject,
		       account.display ? account.display : "-");
	account_free(&account);
	return EXIT_SUCCESS;
}

/* It would have a password that opens nothing. */
static int check_own(const struct admin *admin)
{
	return strchr(admin->name, '@') ? 0 : admin_wrong(admin->name, "signs in at another provider");
}

static int account_list(struct admin *admin)
{
	int r = store_account_list(admin->store, print_account, NULL);

	return r < 0 ? admin_failed(admin->data_dir, r) : EXIT_SUCCESS;
}

/* What strangers guessed does not keep its owner out any more. */
static int forgive(const struct admin *admin)
{
	struct account account = {0};
	int r = store_account_by_email(admin->store, admin->name, &account);

	if (r == 0)
		r = sign_in_forgive(admin->store, account.id);
	account_free(&account);
	return r;
}

static int account_set_password(struct admin *admin)
{
	char hash[PASSWORD_HASH_SIZE];
	int status, r;

	status = ask_hash(admin, hash);
	if (status)
		return status;
	r = store_account_set_password(admin->store, admin->name, hash);
	return result(admin, r < 0 ? r : forgive(admin));
}

static int check_phone(const struct admin *admin)
{
	if (!admin->value == !admin->none)
		return admin_wrong("set-phone", "wants a number or --none");
	return 0;
}

static int account_set_phone(struct admin *admin)
{
	struct account account = {0};
	char number[PHONE_SIZE];
	int status, r;

	r = store_account_by_email(admin->store, admin->name, &account);
	if (r < 0)
		return result(admin, r);
	status = read_number(admin->value, country_or(admin, account.country), number);
	account_free(&account);
	if (status)
		return status;
	r = store_account_set_phone(admin->store, admin->name, *number ? number : NULL);
	return result(admin, r < 0 ? r : set_country(admin));
}

static int account_block(struct admin *admin)
{
	return result(admin, store_account_set_blocked(admin->store, admin->name, true));
}

static int account_unblock(struct admin *admin)
{
	int r = store_account_set_blocked(admin->store, admin->name, false);

	return result(admin, r < 0 ? r : forgive(admin));
}

static int make_recovery(const struct admin *admin, char ret_code[RECOVERY_CODE_SIZE])
{
	int64_t now = env_now(&admin->env);
	char hash[PASSWORD_HASH_SIZE], plain[RECOVERY_LENGTH + 1];
	int r = recovery_code_make(&admin->env, ret_code);

	if (r == 0)
		r = recovery_code_read(ret_code, plain);
	if (r == 0)
		r = password_hash(plain, hash);
	if (r == 0)
		r = store_recovery_add(admin->store, admin->name, hash, now + INT64_C(1000) * RECOVERY_SECONDS, now);
	secret_wipe(plain, sizeof plain);
	return r;
}

/* The code is told once, here, and kept nowhere. */
static int account_recover(struct admin *admin)
{
	char code[RECOVERY_CODE_SIZE];
	int r = make_recovery(admin, code);

	if (r == 0)
		printf("%s\n", code);
	secret_wipe(code, sizeof code);
	return result(admin, r);
}

static int account_remove(struct admin *admin)
{
	return result(admin, store_account_remove(admin->store, admin->name));
}

const struct admin_row admin_account_rows[] = {
	{"account", "add", 1, 1, true, account_add, check_number},
	{"account", "list", 0, 0, false, account_list, NULL},
	{"account", "show", 1, 1, false, account_show, NULL},
	{"account", "set-password", 1, 1, false, account_set_password, check_own},
	{"account", "reset-password", 1, 1, false, admin_reset_password, check_own},
	{"account", "set-phone", 1, 2, false, account_set_phone, check_phone},
	{"account", "block", 1, 1, false, account_block, NULL},
	{"account", "unblock", 1, 1, false, account_unblock, NULL},
	{"account", "recover", 1, 1, false, account_recover, check_own},
	{"account", "enrollment-code", 1, 1, false, admin_enrollment_code, NULL},
	{"account", "remove-devices", 1, 1, false, admin_remove_devices, NULL},
	{"account", "remove-passkeys", 1, 1, false, admin_remove_passkeys, NULL},
	{"account", "remove", 1, 1, false, account_remove, NULL},
	{0},
};
