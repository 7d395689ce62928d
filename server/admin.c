/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"

#include "base/encode.h"
#include "base/phone.h"
#include "base/text.h"
#include "server/account/identifier.h"
#include "server/account/password.h"
#include "server/arguments.h"
#include "server/data_dir.h"
#include "server/log.h"
#include "server/oidc/auth_request.h"

#include <pims/error.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct group {
	const char *name;
	const struct admin_row *rows;
	const char *help;
} groups[] = {
	{"account", admin_account_rows, admin_account_help},
	{"client", admin_client_rows, admin_client_help},
	{"key", admin_key_rows, admin_key_help},
};

static const struct group *find_group(const char *name)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	return NULL;
}

bool admin_command(const char *name)
{
	return find_group(name) != NULL;
}

int admin_failed(const char *about, int r)
{
	const char *why = pims_strerror(r);

	if (r == PIMS_E_NOT_FOUND)
		why = "there is none of that name";
	else if (r == PIMS_E_STATE)
		why = "exists already";
	else if (r == PIMS_E_SYSTEM && errno)
		why = strerror(errno);
	fprintf(stderr, "pimsd: %s: %s\n", about, why);
	return EXIT_FAILURE;
}

int admin_wrong(const char *about, const char *what)
{
	fprintf(stderr, "pimsd: %s: %s\n", about, what);
	return EXIT_USAGE;
}

static const struct admin_row *find_row(const char *group, const char *name)
{
	const struct admin_row *row = find_group(group)->rows;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row->name ? row : NULL;
}

static int show_help(const char *group)
{
	fputs(find_group(group)->help, stdout);
	return EXIT_SUCCESS;
}

/* What is not known would be granted to nobody: it is a slip of the keyboard. */
static int take_scope(struct admin *admin, const char *value)
{
	char known[SCOPE_SIZE], word[SCOPE_SIZE], what[SCOPE_SIZE + 32];
	const char *at = value + strspn(value, " ");
	bool good = *at != 0;

	auth_scope_filter(NULL, NULL, known);
	for (; *at && good; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		good = length < sizeof word;
		if (good) {
			memcpy(word, at, length);
			word[length] = 0;
			good = auth_scope_has(known, word);
		}
		at += length;
	}
	admin->scope = value;
	(void)snprintf(what, sizeof what, "is no scope; there are %s", known);
	return good ? 0 : admin_wrong(value, what);
}

static int take_option(struct admin *admin, int option, char *value)
{
	uint64_t number;

	switch (option) {
	case 'M':
		if (decimal_parse(value, PASSWORD_MIN_MAX, &number) < 0 || number < PASSWORD_MIN)
			return admin_wrong("--password-min", "wants a number from 8 to 64");
		admin->password_min = (int)number;
		return 0;
	case 'D':
		admin->data_dir = value;
		return 0;
	case 'P':
		admin->phone = value;
		return 0;
	case 'C':
		admin->country = value;
		return phone_country_known(value) ? 0 : admin_wrong(value, "is no country (two letters, such as FR)");
	case 'N':
		admin->title = value;
		return 0;
	case 'I':
		return arguments_take_issuer(value, &admin->issuer) < 0 ? EXIT_USAGE : 0;
	case 'L':
		admin->texts = texts_of_locale(value);
		return text_starts(value, admin->texts->language) ? 0 : admin_wrong(value, "is no language here; there are en, fr, de, es, it");
	case 'S':
		return take_scope(admin, value);
	case 'J':
		return admin_take_jwks(admin, value);
	case 'R':
		if (redirect_uri_fault(value))
			return admin_wrong(value, redirect_uri_fault(value));
		if (admin->redirect_count == ADMIN_MAX_REDIRECTS)
			return admin_wrong(value, "is one redirect URI too many");
		admin->redirects[admin->redirect_count++] = value;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

static int parse_options(struct admin *admin, int argc, char **argv)
{
	int password_stdin = 0, public = 0, dpop = 0, par = 0, exchange = 0, none = 0, help = 0;
	const struct option options[] = {
		{"password-stdin", no_argument, &password_stdin, 1},
		{"public", no_argument, &public, 1},
		{"dpop", no_argument, &dpop, 1},
		{"par", no_argument, &par, 1},
		{"jwks", required_argument, NULL, 'J'},
		{"exchange", no_argument, &exchange, 1},
		{"scope", required_argument, NULL, 'S'},
		{"none", no_argument, &none, 1},
		{"help", no_argument, &help, 1},
		{"data", required_argument, NULL, 'D'},
		{"password-min", required_argument, NULL, 'M'},
		{"phone", required_argument, NULL, 'P'},
		{"country", required_argument, NULL, 'C'},
		{"name", required_argument, NULL, 'N'},
		{"redirect", required_argument, NULL, 'R'},
		{"issuer", required_argument, NULL, 'I'},
		{"locale", required_argument, NULL, 'L'},
		{0},
	};
	int option, status = 0;

	while (!status && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option)
			status = take_option(admin, option, optarg);
	admin->password_stdin = password_stdin;
	admin->public = public;
	admin->dpop = dpop;
	admin->par = par;
	admin->exchange = exchange;
	admin->none = none;
	admin->help = help;
	return status;
}

static int check(struct admin *admin, int words, char email[EMAIL_SIZE])
{
	const struct admin_row *row = admin->row;

	if (words < row->min_words || words > row->max_words)
		return admin_wrong(row->name, "takes other words; see --help");
	if (!admin->data_dir || !*admin->data_dir)
		return admin_wrong("--data", "is missing");
	if (!admin->name)
		return 0;
	if (strcmp(row->group, "client") == 0)
		return client_id_valid(admin->name) ? 0 : admin_wrong(admin->name, "is no client id (1 to 64 letters, digits, '.', '_', '-')");
	if (email_normalise(admin->name, email) == 0)
		admin->name = email;
	else if (row->makes || !account_id_valid(admin->name))
		return admin_wrong(admin->name, row->makes ? "is no e-mail address" : "is no e-mail address, and no account's id");
	return 0;
}

static int run(struct admin *admin)
{
	int status;

	log_env(&admin->env, PIMS_LOG_WARNING);
	if (!admin->row->makes && !data_dir_has_store(admin->data_dir))
		return admin_failed(admin->data_dir, PIMS_E_SYSTEM);
	if (data_dir_open_store(&admin->store, admin->data_dir, &admin->env) < 0)
		return EXIT_FAILURE;
	status = admin->row->run(admin);
	store_close(admin->store);
	return status;
}

int admin_main(int argc, char **argv)
{
	struct admin admin = {.password_min = PASSWORD_MIN_DEFAULT};
	char email[EMAIL_SIZE];
	int status;

	if (argc < 2 || strcmp(argv[1], "--help") == 0)
		return argc < 2 ? admin_wrong(argv[0], "wants a command; see --help") : show_help(argv[0]);
	admin.row = find_row(argv[0], argv[1]);
	if (!admin.row)
		return admin_wrong(argv[1], "is no such command; see --help");
	status = parse_options(&admin, argc - 1, argv + 1);
	if (status)
		return status;
	if (admin.help)
		return show_help(argv[0]);
	argv += 1 + optind;
	argc -= 1 + optind;
	admin.name = argc > 0 ? argv[0] : NULL;
	admin.value = argc > 1 ? argv[1] : NULL;
	status = check(&admin, argc, email);
	if (!status && admin.row->check)
		status = admin.row->check(&admin);
	return status ? status : run(&admin);
}
