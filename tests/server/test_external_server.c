/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/text.h"
#include "server/admin.h"
#include "server/arguments.h"
#include "server/data_dir.h"
#include "server/sandbox_seed.h"
#include "support/raw_server.h"
#include "support/web.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A server whose people sign in elsewhere: its command line, its start without the provider, what it no longer has, and the operator's view. */

enum { ARGUMENTS_MAX = 24, OUTPUT_MAX = 8192 };

static char output[OUTPUT_MAX];

/* What goes to `fd` until captured() is in `output`. */
static int capture(int fd, FILE *file)
{
	int saved = dup(fd);

	assert_true(saved >= 0);
	fflush(NULL);
	assert_true(dup2(fileno(file), fd) == fd);
	return saved;
}

static void captured(int fd, FILE *file, int saved)
{
	size_t length;

	fflush(NULL);
	assert_true(dup2(saved, fd) == fd);
	close(saved);
	rewind(file);
	length = fread(output, 1, sizeof output - 1, file);
	output[length] = '\0';
	fclose(file);
}

static int parse(const char *const *words, struct arguments *ret_arguments)
{
	static char copies[ARGUMENTS_MAX][256];
	char *argv[ARGUMENTS_MAX + 1] = {NULL};
	FILE *file = tmpfile();
	int argc = 0, saved, r;

	assert_non_null(file);
	for (; words[argc]; argc++) {
		assert_int_equal(text_copy(copies[argc], sizeof copies[argc], words[argc]), 0);
		argv[argc] = copies[argc];
	}
	optind = 0;
	saved = capture(STDERR_FILENO, file);
	r = arguments_parse(argc, argv, ret_arguments);
	captured(STDERR_FILENO, file, saved);
	return r;
}

#define OWN "pimsd", "--data", "/tmp/x", "--issuer", "https://pimsd.example"
#define OTHER "--external-issuer", "https://id.example/realm/"
#define AUDIENCE "--external-audience", "urn:example:pimsd"
#define WRONG(told, ...) wrong((const char *const[]){OWN, __VA_ARGS__, NULL}, told)

static void wrong(const char *const *words, const char *told)
{
	struct arguments arguments = {0};

	assert_int_equal(parse(words, &arguments), PIMS_E_INVALID);
	if (!strstr(output, told))
		fail_msg("\"%s\" is not in \"%s\"", told, output);
}

static void options_that_do_not_go_together_are_told(void **state)
{
	(void)state;
	WRONG("--external-audience wants --external-issuer", AUDIENCE);
	WRONG("--external-cache wants --external-issuer", "--external-cache", "5");
	WRONG("--external-scope wants --external-issuer", "--external-scope", "x");
	WRONG("--external-audience is missing", OTHER);
	WRONG("want each other", OTHER, AUDIENCE, "--external-client-id", "pimsd");
	WRONG("want each other", OTHER, AUDIENCE, "--external-client-secret-file", "/tmp/x");
	WRONG("it wants --external-client-id", OTHER, AUDIENCE, "--external-cache", "5");
	WRONG("not exchanged", OTHER, AUDIENCE, "--customer-audience", "x");
	WRONG("no requests come", OTHER, AUDIENCE, "--par-required");
	WRONG("decides how people sign in", OTHER, AUDIENCE, "--sign-in-passkey");
	WRONG("this server itself", "--external-issuer", "https://pimsd.example", AUDIENCE);
}

static void values_of_the_wrong_form_are_told(void **state)
{
	(void)state;
	WRONG("wants an https URL", "--external-issuer", "http://id.example", AUDIENCE);
	WRONG("wants an https URL", "--external-issuer", "https://id.example/?a=b", AUDIENCE);
	WRONG("wants an https URL", "--external-issuer", "https://id.example/#a", AUDIENCE);
	WRONG("wants an https URL", "--external-issuer", "id.example", AUDIENCE);
	WRONG("wants an https URL", "--external-issuer", "", AUDIENCE);
	WRONG("wants a value", OTHER, "--external-audience", "");
	WRONG("one name of a scope", OTHER, AUDIENCE, "--external-scope", "two words");
	WRONG("one name of a scope", OTHER, AUDIENCE, "--external-scope", "quo\"te");
	WRONG("names of scopes", OTHER, AUDIENCE, "--external-app-scope", "a\\b");
	WRONG("absolute URI", OTHER, AUDIENCE, "--external-resource", "pimsd");
	WRONG("absolute URI", OTHER, AUDIENCE, "--external-resource", "https://pimsd.example/#x");
	WRONG("from 0 to 300", OTHER, AUDIENCE, "--external-cache", "301");
}

static void right_options_become_settings(void **state)
{
	struct arguments arguments = {0};
	struct server_options options;
	struct env env;

	(void)state;
	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(parse((const char *const[]){OWN, OTHER, AUDIENCE, "--external-scope", "car:otp", "--external-resource", "urn:example:pimsd", NULL},
			       &arguments),
			 0);
	arguments_options(&arguments, &env, &options);
	assert_string_equal(options.settings.external.issuer, "https://id.example/realm/"); /* letter by letter */
	assert_string_equal(options.settings.external.audience, "urn:example:pimsd");
	assert_string_equal(options.settings.external.scope, "car:otp");
	assert_int_equal(options.settings.external.cache_seconds, -1);
	assert_null(options.settings.external.client_id);
	assert_int_equal(parse((const char *const[]){OWN, OTHER, "--external-client-id", "c", "--external-client-secret-file", "/tmp/s", "--external-cache", "0",
						     NULL},
			       &arguments),
			 0);
	assert_int_equal(arguments.external.cache_seconds, 0);
	assert_int_equal(parse((const char *const[]){OWN, NULL}, &arguments), 0);
	assert_null(arguments.external.issuer);
}

/* --- the server --------------------------------------------------------------------------------------------------------------------------- */

struct world {
	struct server *server;
	struct env env;
	char *dir;
	char issuer[64];
};

static struct world world;

static int begin(void **state)
{
	static char audience[] = "urn:example:pimsd";
	struct server_options options = {.address = "127.0.0.1", .workers = 4};
	struct pims_log quiet = {.size = sizeof quiet, .level = PIMS_LOG_ERROR};

	(void)state;
	memset(&world, 0, sizeof world);
	env_init(&world.env, NULL, NULL, &quiet);
	assert_int_equal(data_dir_temporary(&world.dir, &world.env), 0);
	(void)snprintf(world.issuer, sizeof world.issuer, "http://127.0.0.1:%d", raw_server_refused_port());
	options.env = &world.env;
	settings_default(&options.settings, true);
	options.settings.quiet = true;
	options.settings.data_dir = world.dir;
	options.settings.external = (struct external_settings){.issuer = world.issuer, .audience = audience, .cache_seconds = -1};
	assert_int_equal(server_start(&world.server, &options), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_stop(world.server);
	data_dir_remove(world.dir);
	free(world.dir);
	return 0;
}

static long get(const char *path, const char *const *headers)
{
	struct web_answer answer;
	char url[256];
	long status;

	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server_port(world.server), path);
	web_call("GET", url, headers, NULL, &answer);
	status = answer.status;
	web_free(&answer);
	return status;
}

static void a_server_starts_while_its_provider_is_down(void **state)
{
	static const char *const token[] = {"Authorization: Bearer x.y.z", NULL};

	(void)state;
	assert_int_equal(get("/.well-known/openpims", NULL), 200);
	assert_int_equal(get("/v1/account", token), 401); /* no JWT, whatever the provider says */
	assert_int_equal(get("/iwws/MAC?action=status&macid=x", NULL), 200);
	assert_int_equal(get("/sandbox/sms", NULL), 200);
}

static void what_asks_for_a_password_is_gone(void **state)
{
	static const char *const gone[] = {"/.well-known/openid-configuration", "/am/oauth2/authorize", "/am/oauth2/connect/jwk_uri", "/am/oauth2/userinfo",
					   "/am/oauth2/connect/endSession", "/am/oauth2/access_token", "/am/oauth2/token/revoke", "/account/create",
					   "/account/email", "/account/password", "/account/devices", "/account/recover", "/account/reset"};

	(void)state;
	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (get(gone[i], NULL) != 404)
			fail_msg("%s is still there", gone[i]);
}

/* --- the operator ------------------------------------------------------------------------------------------------------------------------- */

/* `pimsd account WORD ACCOUNT`, without and with more words behind it. */
static int operate(const char *word, const char *account)
{
	char words[5][256] = {"account", "", "--data", "", ""};
	char *argv[6] = {words[0], words[1], words[2], words[3], account ? words[4] : NULL, NULL};
	FILE *file = tmpfile();
	int saved, errors, status;

	assert_non_null(file);
	assert_int_equal(text_copy(words[1], sizeof words[1], word), 0);
	assert_int_equal(text_copy(words[3], sizeof words[3], world.dir), 0);
	assert_int_equal(text_copy(words[4], sizeof words[4], account ? account : ""), 0);
	optind = 0;
	errors = dup(STDERR_FILENO);
	saved = capture(STDOUT_FILENO, file);
	assert_true(dup2(STDOUT_FILENO, STDERR_FILENO) >= 0);
	status = admin_main(account ? 5 : 4, argv);
	assert_true(dup2(errors, STDERR_FILENO) >= 0);
	close(errors);
	captured(STDOUT_FILENO, file, saved);
	return status;
}

static void an_operator_sees_and_blocks_such_an_account(void **state)
{
	struct account account = {0};
	char id[64], line[512];

	(void)state;
	assert_int_equal(store_account_external(world.server->store, "https://id.example", "jo", "Jo Smith", 5, &account), 0);
	(void)snprintf(id, sizeof id, "%s", account.subject);
	account_free(&account);
	(void)snprintf(line, sizeof line, "%s\t-\tactive\tnone\thttps://id.example\tjo\tJo Smith\n", id);
	assert_int_equal(operate("list", NULL), 0);
	assert_non_null(strstr(output, line));
	assert_non_null(strstr(output, SANDBOX_EMAIL "\t")); /* as before */
	assert_int_equal(operate("block", id), 0);
	assert_int_equal(operate("show", id), 0);
	assert_non_null(strstr(output, "\nstate     blocked\n"));
	assert_non_null(strstr(output, "\nissuer    https://id.example\nsubject   jo\nname      Jo Smith\n"));
	assert_int_equal(operate("unblock", id), 0);
	assert_int_equal(operate("set-password", id), 2);
	assert_non_null(strstr(output, "another provider"));
	assert_int_equal(operate("recover", id), 2);
	assert_int_equal(operate("add", id), 2);
	assert_int_equal(operate("block", "0123"), 2);
	assert_int_equal(operate("block", "00000000-0000-4000-8000-00000000000g"), 2);
	assert_int_equal(operate("show", "00000000-0000-4000-8000-000000000000"), 1);
	assert_int_equal(operate("show", SANDBOX_EMAIL), 0);
	assert_null(strstr(output, "issuer"));
	assert_int_equal(operate("remove", id), 0);
	assert_int_equal(store_account_by_external(world.server->store, "https://id.example", "jo", &account), PIMS_E_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_that_do_not_go_together_are_told),
		cmocka_unit_test(values_of_the_wrong_form_are_told),
		cmocka_unit_test(right_options_become_settings),
		TEST(a_server_starts_while_its_provider_is_down),
		TEST(what_asks_for_a_password_is_gone),
		TEST(an_operator_sees_and_blocks_such_an_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
