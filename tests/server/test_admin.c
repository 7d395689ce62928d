/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/encode.h"
#include "platform/env.h"
#include "server/account/password.h"
#include "server/account/recovery.h"
#include "server/data_dir.h"
#include "server/store/store.h"

#include <pims/error.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* pimsd as a process: its command line, its commands, its start and its end. */

enum { MAX_OUTPUT = 64 * 1024, MAX_ARGUMENTS = 24, TIMEOUT_MS = 60000 };

struct fixture {
	char *dir;     /**< holds everything */
	char data[256];
	char output[MAX_OUTPUT]; /**< standard output and error of the last run */
	pid_t server;
	int server_output;
};

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct env env;

	assert_non_null(fixture);
	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(data_dir_temporary(&fixture->dir, &env), 0);
	snprintf(fixture->data, sizeof fixture->data, "%s/data", fixture->dir);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->server) {
		kill(fixture->server, SIGKILL);
		waitpid(fixture->server, NULL, 0);
		close(fixture->server_output);
	}
	data_dir_remove(fixture->dir);
	free(fixture->dir);
	free(fixture);
	return 0;
}

static void become(const char *const *arguments, int input, int output, int errors)
{
	const char *all[MAX_ARGUMENTS] = {PIMSD_BIN};

	for (int i = 0; arguments[i]; i++)
		all[i + 1] = arguments[i];
	if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0)
		_exit(126);
	execv(PIMSD_BIN, (char *const *)(uintptr_t)all);
	_exit(127);
}

static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n;

	while (length + 1 < size && (n = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = 0;
}

/** Runs pimsd; its exit status. */
static int run(struct fixture *fixture, const char *input, const char *const *arguments)
{
	int in[2], out[2], status;
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setsid(); /* no terminal to ask on */
		become(arguments, in[0], out[1], out[1]);
	}
	close(in[0]);
	close(out[1]);
	if (input)
		assert_int_equal(write(in[1], input, strlen(input)), (ssize_t)strlen(input));
	close(in[1]);
	read_all(out[0], fixture->output, sizeof fixture->output);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define RUN(input, ...) run(fixture, (input), (const char *const[]){__VA_ARGS__, "--data", fixture->data, NULL})
#define RUN_BARE(...) run(fixture, NULL, (const char *const[]){__VA_ARGS__, NULL})

static bool said(const struct fixture *fixture, const char *text)
{
	return strstr(fixture->output, text) != NULL;
}

static struct store *open_store(struct fixture *fixture)
{
	struct store *store = NULL;
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(data_dir_open_store(&store, fixture->data, &env), 0);
	return store;
}

static void read_account(struct fixture *fixture, const char *email, struct account *ret_account)
{
	struct store *store = open_store(fixture);

	assert_int_equal(store_account_by_email(store, email, ret_account), 0);
	store_close(store);
}

static void wrong_usage_is_2_and_tells_why(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(RUN_BARE("account"), 2);
	assert_int_equal(RUN_BARE("account", "fly"), 2);
	assert_true(said(fixture, "fly"));
	assert_int_equal(RUN_BARE("account", "list"), 2);
	assert_true(said(fixture, "--data"));
	assert_int_equal(RUN(NULL, "account", "add"), 2);
	assert_int_equal(RUN(NULL, "account", "add", "jo@example.com", "password"), 2);
	assert_int_equal(RUN(NULL, "account", "add", "jo"), 2);
	assert_true(said(fixture, "jo: is no e-mail address"));
	assert_int_equal(RUN(NULL, "account", "add", "jo@example.com", "--phone", "12"), 2);
	assert_int_equal(RUN(NULL, "account", "add", "jo@example.com", "--phone", "612345678", "--country", "XX"), 2);
	assert_int_equal(RUN(NULL, "account", "add", "jo@example.com", "--password", "x"), 2);
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com"), 2);
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "0612345678", "--none"), 2);
	assert_int_equal(RUN(NULL, "client", "add", "a b", "--redirect", "http://127.0.0.1/"), 2);
	assert_int_equal(RUN(NULL, "client", "add", "app"), 2);
	assert_int_equal(RUN(NULL, "client", "add", "app", "--redirect", "https://a.b/#c"), 2);
	assert_int_equal(RUN(NULL, "client", "add", "app", "--redirect", "https://a.b/", "--redirect", "http://host.example/cb"), 2);
	assert_true(said(fixture, "http://host.example/cb: is plain http, which only this machine may have (127.0.0.1, [::1], localhost): use https"));
	assert_int_equal(RUN_BARE("--fly"), 2);
	assert_int_equal(RUN_BARE("fly"), 2);
	assert_int_equal(RUN_BARE("--data", "x"), 2);
	assert_true(said(fixture, "--issuer"));
	assert_int_equal(RUN_BARE("--sandbox", "--listen", "8080"), 2);
	assert_int_equal(RUN_BARE("--sandbox", "--listen", "127.0.0.1:65536"), 2);
	assert_int_equal(RUN_BARE("--sandbox", "--macid", "12"), 2);
	assert_int_equal(RUN_BARE("--sandbox", "--log", "loud"), 2);
	assert_int_equal(RUN_BARE("--sandbox", "--workers", "0"), 2);
	assert_int_equal(RUN_BARE("--sandbox", "--issuer", "http://pims.example"), 2);
	assert_true(said(fixture, "https"));
	assert_int_equal(access(fixture->data, F_OK), -1);
}

static void what_cannot_be_done_is_1_and_named(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(RUN(NULL, "account", "list"), 1);
	assert_true(said(fixture, fixture->data) && said(fixture, "No such file"));
	assert_int_equal(access(fixture->data, F_OK), -1); /* a slip of the pen makes no database */
	assert_int_equal(RUN("long enough for all\n", "account", "add", "ann@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN(NULL, "account", "block", "jo@example.com"), 1);
	assert_true(said(fixture, "jo@example.com: there is none of that name"));
	assert_int_equal(RUN(NULL, "client", "remove", "app"), 1);
	assert_true(said(fixture, "app: there is none"));
	assert_int_equal(RUN("long enough for all\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN("long enough for all\n", "account", "add", "JO@example.com", "--password-stdin"), 1);
	assert_true(said(fixture, "exists already"));
	assert_int_equal(RUN_BARE("account", "list", "--data", "/proc/nowhere"), 1);
	assert_true(said(fixture, "/proc/nowhere"));
}

static void a_bad_password_makes_no_account(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(RUN("short\n", "account", "add", "jo@example.com", "--password-stdin"), 1);
	assert_true(said(fixture, "at least 15 characters (--password-min), and at most 1024 bytes"));
	assert_int_equal(RUN("fourteen-chars\n", "account", "add", "jo@example.com", "--password-stdin"), 1);
	assert_int_equal(RUN("fourteen-chars\n", "account", "add", "jo@example.com", "--password-stdin", "--password-min", "7"), 2);
	assert_int_equal(RUN("Iloveyou1\n", "account", "add", "jo@example.com", "--password-stdin", "--password-min", "8"), 1);
	assert_true(said(fixture, "guessed first"));
	assert_int_equal(RUN("", "account", "add", "jo@example.com", "--password-stdin"), 1);
	assert_int_equal(RUN("\n", "account", "add", "jo@example.com", "--password-stdin"), 1);
	assert_int_equal(RUN("long enough for all\n", "account", "add", "jo@example.com"), 1); /* no terminal */
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "");
}

static void an_account_lives_its_life(void **state)
{
	struct fixture *fixture = *state;
	struct account account;

	assert_int_equal(RUN("correct horse battery\n", "account", "add", "Jo@Example.com", "--phone", "+33612345678", "--password-stdin"), 0);
	assert_false(said(fixture, "horse"));
	read_account(fixture, "jo@example.com", &account);
	assert_int_equal(password_verify(account.password_hash, "correct horse battery"), 0);
	account_free(&account);
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "jo@example.com\t+33612345678\tactive\tnone\n");
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "0699999999"), 0);
	assert_int_equal(RUN(NULL, "account", "block", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "jo@example.com\t+33699999999\tblocked\tnone\n");
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "612 345 678"), 0); /* France's trunk prefix may be left out */
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "612 34"), 2);
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "612345678", "--country", "es"), 0);
	read_account(fixture, "jo@example.com", &account);
	assert_string_equal(account.phone, "+34612345678");
	assert_string_equal(account.country, "ES");
	account_free(&account);
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "712345678"), 0); /* the country stays */
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "jo@example.com\t+34712345678\tblocked\tnone\n");
	assert_int_equal(RUN(NULL, "account", "unblock", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "set-phone", "jo@example.com", "--none"), 0);
	assert_int_equal(RUN("another horse battery\n", "account", "set-password", "jo@example.com", "--password-stdin"), 0);
	read_account(fixture, "jo@example.com", &account);
	assert_int_equal(password_verify(account.password_hash, "another horse battery"), 0);
	assert_null(account.phone);
	assert_false(account.blocked);
	account_free(&account);
	assert_int_equal(RUN(NULL, "account", "remove", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "");
}

/* Anywhere in the files of the data directory. */
static bool is_stored(const struct fixture *fixture, const char *text)
{
	static const char *const files[] = {"pims.db", "pims.db-wal", "pims.db-journal"};
	enum { FILE_MAX = 16 * 1024 * 1024 };
	char *content = malloc(FILE_MAX), path[320];
	size_t total = 0;
	bool found = false;

	assert_non_null(content);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		FILE *file;
		size_t length;

		snprintf(path, sizeof path, "%s/%s", fixture->data, files[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		length = fread(content, 1, FILE_MAX, file);
		assert_true(feof(file));
		found = found || memmem(content, length, text, strlen(text));
		total += length;
		fclose(file);
	}
	free(content);
	assert_true(total > 0);
	return found;
}

static void a_recovery_code_is_shown_once_and_kept_as_argon2id_only(void **state)
{
	struct fixture *fixture = *state;
	struct account account;
	char code[RECOVERY_CODE_SIZE], plain[RECOVERY_LENGTH + 1], *hash = NULL;
	struct store *store;

	assert_int_equal(RUN(NULL, "account", "recover", "jo@example.com"), 1); /* there is no database */
	assert_int_equal(RUN("correct horse battery\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN(NULL, "account", "recover", "ann@example.com"), 1);
	assert_true(said(fixture, "ann@example.com: there is none"));
	assert_int_equal(RUN(NULL, "account", "recover", "jo@example.com"), 0);
	assert_int_equal(sscanf(fixture->output, "%19s", code), 1);
	assert_int_equal(strlen(fixture->output), RECOVERY_CODE_SIZE); /* the code and a line end, nothing else */
	assert_int_equal(recovery_code_read(code, plain), 0);
	assert_true(is_stored(fixture, "jo@example.com"));
	assert_true(is_stored(fixture, "$argon2id$"));
	assert_false(is_stored(fixture, code) || is_stored(fixture, plain));
	read_account(fixture, "jo@example.com", &account);
	store = open_store(fixture);
	assert_int_equal(store_recovery_try(store, account.id, 5, 0, &hash), 0);
	store_close(store);
	assert_true(strncmp(hash, "$argon2id$", 10) == 0);
	assert_int_equal(password_verify(hash, plain), 0);
	free(hash);
	assert_true(strncmp(account.password_hash, "$argon2id$", 10) == 0);
	account_free(&account);
}

static int count(void *data, const struct device *device)
{
	(void)device;
	++*(int *)data;
	return 0;
}

static int devices_of(struct fixture *fixture, int64_t account)
{
	struct store *store = open_store(fixture);
	int devices = 0;

	assert_int_equal(store_device_list(store, account, count, &devices), 0);
	store_close(store);
	return devices;
}

/* Two devices enrol with the operator's code, as iwws/MAC does it. */
static void enroll(struct fixture *fixture, int64_t account, const char *code, int64_t id, char *device_id)
{
	char name[] = "name";
	unsigned char bytes[] = "sealed";
	struct device device = {.id = id, .account = account, .serial = device_id, .device_id = device_id, .name = name, .phase = DEVICE_MS,
				.keys = bytes, .keys_length = sizeof bytes};
	struct store *store = open_store(fixture);
	struct seal *seal = NULL;
	struct env env;
	int64_t owner = 0;

	env_init(&env, NULL, NULL, NULL);
	assert_int_equal(data_dir_open_seal(&seal, fixture->data, store, &env), 0);
	assert_int_equal(seal_digest(seal, code, device.code_hash), 0);
	assert_int_equal(store_sms_find(store, device.code_hash, SMS_ENROLLMENT, env_now(&env), &owner), 0);
	assert_int_equal(owner, account);
	assert_int_equal(store_sms_find(store, device.code_hash, SMS_ENROLLMENT, env_now(&env) + 601000, &owner), PIMS_E_STATE);
	assert_int_equal(store_enroll_finalize(store, &device, NULL, 0, 5, env_now(&env)), 0);
	seal_free(seal);
	store_close(store);
}

static void an_enrollment_code_is_shown_once_and_devices_are_removed(void **state)
{
	struct fixture *fixture = *state;
	char code[16], first[] = "first", second[] = "second";
	struct account account;

	assert_int_equal(RUN("correct horse battery\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN(NULL, "account", "enrollment-code", "ann@example.com"), 1);
	assert_true(said(fixture, "ann@example.com: there is none"));
	assert_int_equal(RUN(NULL, "account", "remove-devices", "ann@example.com"), 1);
	read_account(fixture, "jo@example.com", &account);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(RUN(NULL, "account", "enrollment-code", "jo@example.com"), 0);
		assert_int_equal(sscanf(fixture->output, "%15[0-9]", code), 1);
		assert_int_equal(strlen(code), 8);
		assert_int_equal(strlen(fixture->output), 9); /* the code and a line end, nothing else */
		assert_false(is_stored(fixture, code));
		enroll(fixture, account.id, code, i + 1, i ? second : first);
	}
	assert_int_equal(devices_of(fixture, account.id), 2);
	assert_int_equal(RUN(NULL, "account", "remove-devices", "jo@example.com"), 0);
	assert_int_equal(devices_of(fixture, account.id), 0);
	assert_int_equal(RUN(NULL, "account", "remove-devices", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "block", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "enrollment-code", "jo@example.com"), 1);
	assert_true(said(fixture, "is blocked"));
	account_free(&account);
}

static int count_passkey(void *data, const struct passkey *passkey)
{
	(void)passkey;
	++*(int *)data;
	return 0;
}

static int passkeys_of(struct fixture *fixture, int64_t account)
{
	struct store *store = open_store(fixture);
	int passkeys = 0;

	assert_int_equal(store_passkey_list(store, account, count_passkey, &passkeys), 0);
	store_close(store);
	return passkeys;
}

static void passkeys_are_removed(void **state)
{
	struct fixture *fixture = *state;
	unsigned char bytes[] = "bytes";
	char party[] = "localhost";
	struct passkey passkey = {.party = party, .credential = bytes, .credential_length = 5, .algorithm = -7, .public_key = bytes, .public_key_length = 5};
	struct browser browser = {.hash = "cookie", .expires = INT64_MAX};
	const struct passkey_use use = {.passkey = &passkey, .browser = browser.hash, .new_browser = (const unsigned char *)"another cookie of thirty-two bytes", .now = 1};
	struct account account;
	struct store *store;

	assert_int_equal(RUN("correct horse battery\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN(NULL, "account", "remove-passkeys", "ann@example.com"), 1);
	assert_true(said(fixture, "ann@example.com: there is none"));
	read_account(fixture, "jo@example.com", &account);
	passkey.account = account.id;
	browser.account = account.id;
	store = open_store(fixture);
	assert_int_equal(store_browser_add(store, &browser, NULL), 0);
	assert_int_equal(store_passkey_add(store, &use), 0);
	store_close(store);
	assert_int_equal(passkeys_of(fixture, account.id), 1);
	assert_int_equal(RUN(NULL, "account", "remove-passkeys", "jo@example.com"), 0);
	assert_int_equal(passkeys_of(fixture, account.id), 0);
	assert_int_equal(RUN(NULL, "account", "remove-passkeys", "jo@example.com"), 0);
	account_free(&account);
}

#define ALL "openid profile email pims.account pims.phone pims.device pims.otp"

static void a_client_secret_is_made_and_shown_once(void **state)
{
	struct fixture *fixture = *state;
	unsigned char digest[SHA256_SIZE];
	char secret[128], hex[SHA256_HEX_SIZE];
	struct client client;
	struct store *store;

	assert_int_equal(RUN(NULL, "client", "add", "garage", "--name", "My garage", "--redirect", "https://g.example/cb", "--redirect", "app://cb/*"), 0);
	assert_int_equal(sscanf(fixture->output, "client garage\nsecret %127s\n", secret), 1);
	assert_int_equal(strlen(secret), 43);
	store = open_store(fixture);
	assert_int_equal(store_client_get(store, "garage", &client), 0);
	assert_int_equal(sha256(secret, strlen(secret), digest), 0);
	hex_encode(digest, sizeof digest, hex);
	assert_string_equal(client.secret_hash, hex);
	assert_string_equal(client.name, "My garage");
	assert_string_equal(client.redirect_uris, "https://g.example/cb\napp://cb/*");
	client_free(&client);
	store_close(store);
	assert_int_equal(RUN(NULL, "client", "add", "open", "--public", "--redirect", "http://127.0.0.1/cb"), 0);
	assert_string_equal(fixture->output, "client open\n");
	assert_int_equal(RUN(NULL, "client", "list"), 0);
	assert_string_equal(fixture->output, "garage\tconfidential\tMy garage\thttps://g.example/cb app://cb/*\t" ALL "\t-\t-\n"
					     "open\tpublic\topen\thttp://127.0.0.1/cb\t" ALL "\t-\t-\n");
	assert_int_equal(RUN(NULL, "client", "remove", "garage"), 0);
	assert_int_equal(RUN(NULL, "client", "add", "open", "--public", "--redirect", "http://127.0.0.1/cb"), 1);
}

static void a_client_may_ask_for_what_it_was_registered_for(void **state)
{
	struct fixture *fixture = *state;
	static const char *const wrong[] = {"", "openid phone", "openid pims.all", "openid,email", "everything"};
	struct client client;
	struct store *store;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--scope", wrong[i]), 2);
		assert_true(said(fixture, "is no scope; there are " ALL));
	}
	assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--scope", "email openid pims.otp"), 0);
	assert_int_equal(RUN(NULL, "client", "add", "other", "--redirect", "https://g.example/cb", "--exchange", "--scope", "openid pims.otp"), 2);
	assert_true(said(fixture, "--exchange: wants pims.account"));
	assert_int_equal(RUN(NULL, "client", "add", "other", "--redirect", "https://g.example/cb", "--exchange"), 0);
	store = open_store(fixture);
	assert_int_equal(store_client_get(store, "garage", &client), 0);
	assert_string_equal(client.scope, "email openid pims.otp");
	assert_true(client.no_exchange);
	client_free(&client);
	assert_int_equal(store_client_get(store, "other", &client), 0);
	assert_null(client.scope);
	assert_false(client.no_exchange);
	client_free(&client);
	store_close(store);
}

struct outbox {
	struct seal *seal;
	int count;
	char to[64], text[2048];
};

static int take_mail(void *data, const struct mail *mail)
{
	struct outbox *outbox = data;
	struct buf text = BUF_INIT(2048);

	assert_int_equal(open_value(outbox->seal, mail->text, mail->text_length, &text), 0);
	snprintf(outbox->to, sizeof outbox->to, "%s", mail->email);
	snprintf(outbox->text, sizeof outbox->text, "%s", buf_text(&text));
	outbox->count++;
	buf_free(&text);
	return 0;
}

static void read_outbox(struct fixture *fixture, struct outbox *ret_outbox)
{
	struct store *store = open_store(fixture);
	struct env env;

	env_init(&env, NULL, NULL, NULL);
	*ret_outbox = (struct outbox){0};
	assert_int_equal(data_dir_open_seal(&ret_outbox->seal, fixture->data, store, &env), 0);
	assert_int_equal(store_mail_outbox(store, 0, take_mail, ret_outbox), 0);
	seal_free(ret_outbox->seal);
	store_close(store);
}

/* OWASP ASVS 6.4.6 */
static void a_password_is_reset_by_a_mail_that_the_operator_does_not_see(void **state)
{
	struct fixture *fixture = *state;
	struct account before, after;
	struct outbox outbox;
	char code[RECOVERY_CODE_SIZE], plain[RECOVERY_LENGTH + 1];
	const char *at;

	assert_int_equal(RUN("correct horse battery\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	read_account(fixture, "jo@example.com", &before);
	assert_int_equal(RUN(NULL, "account", "reset-password", "ann@example.com"), 1);
	assert_int_equal(RUN(NULL, "account", "reset-password", "01234567-89ab-4cde-8f01-23456789abcd"), 2); /* signs in elsewhere */
	assert_int_equal(RUN(NULL, "account", "reset-password", "jo@example.com", "--issuer", "http://pims.example"), 2);
	assert_int_equal(RUN(NULL, "account", "reset-password", "jo@example.com", "--locale", "nl"), 2);
	read_outbox(fixture, &outbox);
	assert_int_equal(outbox.count, 0);
	assert_int_equal(RUN(NULL, "account", "reset-password", "jo@example.com", "--issuer", "https://pims.example/id/", "--locale", "de"), 0);
	assert_string_equal(fixture->output, "mailed to jo@example.com, good once and for 24 hours\n");
	read_outbox(fixture, &outbox);
	assert_int_equal(outbox.count, 1);
	assert_string_equal(outbox.to, "jo@example.com");
	at = strstr(outbox.text, "\n\n");
	assert_non_null(at);
	snprintf(code, sizeof code, "%s", at + 2);
	assert_int_equal(recovery_code_read(code, plain), 0);
	assert_non_null(strstr(outbox.text, "ist Ihr Code, um ein neues Passwort zu wählen."));
	assert_non_null(strstr(outbox.text, " https://pims.example/id/account/reset"));
	assert_false(is_stored(fixture, code) || is_stored(fixture, plain));
	read_account(fixture, "jo@example.com", &after);
	assert_string_equal(after.password_hash, before.password_hash);
	assert_int_equal(RUN(NULL, "account", "reset-password", "jo@example.com"), 0);
	read_outbox(fixture, &outbox);
	assert_non_null(strstr(outbox.text, "here: /account/reset"));
	assert_int_equal(RUN(NULL, "account", "block", "jo@example.com"), 0);
	assert_int_equal(RUN(NULL, "account", "reset-password", "jo@example.com"), 1);
	assert_true(said(fixture, "is blocked"));
	read_outbox(fixture, &outbox);
	assert_int_equal(outbox.count, 2);
	account_free(&before);
	account_free(&after);
}

#define RSA_2048 \
	"\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj" \
	"hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4" \
	"vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\""
#define P_256 "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\""

/* Writes a key set beside the data directory. */
static const char *jwks_file(const struct fixture *fixture, const char *text)
{
	static char path[300];
	FILE *file;

	snprintf(path, sizeof path, "%s/keys.json", fixture->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void a_client_with_keys_has_no_secret(void **state)
{
	static const char keys[] = "{\"keys\":[{" RSA_2048 ",\"kid\":\"a\",\"alg\":\"PS256\"},{" P_256 ",\"kid\":\"b\",\"use\":\"sig\"}]}";
	struct fixture *fixture = *state;
	const char *file = jwks_file(fixture, keys);
	struct client client;
	struct store *store;

	assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--jwks", file, "--public"), 2);
	assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--jwks", file, "--par"), 0);
	assert_string_equal(fixture->output, "client garage\n");
	store = open_store(fixture);
	assert_int_equal(store_client_get(store, "garage", &client), 0);
	assert_null(client.secret_hash);
	assert_string_equal(client.jwks, keys);
	assert_true(client.par);
	assert_false(client_is_public(&client));
	client_free(&client);
	store_close(store);
	assert_int_equal(RUN(NULL, "client", "list"), 0);
	assert_string_equal(fixture->output, "garage\tkeys\tgarage\thttps://g.example/cb\t" ALL "\t-\tpar\n");
}

static void keys_that_are_not_public_or_not_good_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{"", "is empty"},
		{"x", "is no JWK set"},
		{"{" P_256 "}", "is no JWK set"},
		{"{\"keys\":[]}", "has no keys"},
		{"{\"keys\":[{" P_256 ",\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}]}", "has a private or secret key in it"},
		{"{\"keys\":[{" RSA_2048 ",\"dp\":null}]}", "has a private or secret key in it"},
		{"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"}]}", "has a private or secret key in it"},
		{"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86z\"}]}", "not taken"},
		{"{\"keys\":[{" P_256 ",\"use\":\"enc\"}]}", "not taken"},
		{"{\"keys\":[{" P_256 ",\"alg\":\"RS256\"}]}", "not taken"},
		{"{\"keys\":[{" P_256 ",\"alg\":\"ES384\"}]}", "not taken"},
		{"{\"keys\":[{" RSA_2048 ",\"alg\":\"RSA-OAEP\"}]}", "not taken"},
		{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}]}", "not taken"},
		{"{\"keys\":[\"x\"]}", "not taken"},
		{"{\"keys\":[{" P_256 ",\"kid\":\"a\"},{" RSA_2048 "}]}", "without a key id"},
		{"{\"keys\":[{" P_256 ",\"kid\":\"\"}]}", "without a key id"},
		{"{\"keys\":[{" P_256 ",\"kid\":\"a\"},{" RSA_2048 ",\"kid\":\"a\"}]}", "two keys with the same key id"},
		{"{\"keys\":[{},{},{},{},{},{},{},{},{},{},{}]}", "has too many keys"},
	};
	struct fixture *fixture = *state;
	static char long_text[16400];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--jwks", jwks_file(fixture, rows[i][0])), 2);
		assert_true(said(fixture, rows[i][1]));
	}
	memset(long_text, ' ', sizeof long_text - 1);
	assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--jwks", jwks_file(fixture, long_text)), 2);
	assert_true(said(fixture, "is longer than 16384 bytes"));
	assert_int_equal(RUN(NULL, "client", "add", "garage", "--redirect", "https://g.example/cb", "--jwks", fixture->data), 1);
}

static void help_is_there_with_an_example(void **state)
{
	static const char *const calls[][3] = {{"--help"}, {"account", "--help"}, {"client", "--help"}, {"account", "add", "--help"}, {"client", "list", "--help"}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		assert_int_equal(RUN_BARE(calls[i][0], calls[i][1], calls[i][2]), 0);
		assert_true(said(fixture, "Usage: pimsd"));
		assert_true(said(fixture, "Example: pimsd"));
	}
	assert_int_equal(RUN_BARE("--version"), 0);
	assert_true(said(fixture, "pimsd 0."));
}

/* A password at a terminal: a pseudo-terminal plays it. */
static void a_password_is_asked_without_echo(void **state)
{
	struct fixture *fixture = *state;
	static const char typed[] = "a typed password\na typed password\n";
	const char *const arguments[] = {"account", "add", "jo@example.com", "--data", fixture->data, NULL};
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave, status;
	struct account account;
	char name[128];
	size_t length = 0;
	pid_t pid;

	assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	assert_int_equal(ptsname_r(terminal, name, sizeof name), 0);
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	pid = fork();
	if (pid == 0) {
		setsid();
		slave = open(name, O_RDWR); /* the controlling terminal */
		become(arguments, slave, slave, slave);
	}
	for (int answers = 0; answers < 2;) {
		struct pollfd wait = {.fd = terminal, .events = POLLIN};
		ssize_t n;

		assert_int_equal(poll(&wait, 1, TIMEOUT_MS), 1);
		n = read(terminal, fixture->output + length, sizeof fixture->output - 1 - length);
		assert_true(n > 0);
		length += (size_t)n;
		fixture->output[length] = 0;
		if ((answers == 0 && said(fixture, "New password: ")) || (answers == 1 && said(fixture, "Once more: "))) {
			assert_int_equal(write(terminal, typed + answers * 17, 17), 17);
			answers++;
		}
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	fcntl(terminal, F_SETFL, O_NONBLOCK);
	read_all(terminal, fixture->output + length, sizeof fixture->output - length);
	assert_false(said(fixture, "typed"));
	close(slave);
	close(terminal);
	read_account(fixture, "jo@example.com", &account);
	assert_int_equal(password_verify(account.password_hash, "a typed password"), 0);
	account_free(&account);
}

/** Starts a server and waits for what it prints when it is ready. */
static void start(struct fixture *fixture, const char *const *arguments)
{
	struct pollfd wait;
	size_t length = 0;
	int pipes[2];

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fixture->server = fork();
	assert_true(fixture->server >= 0);
	if (fixture->server == 0)
		become(arguments, 0, pipes[1], 2);
	close(pipes[1]);
	fixture->server_output = pipes[0];
	wait = (struct pollfd){.fd = pipes[0], .events = POLLIN};
	do {
		ssize_t n;

		assert_int_equal(poll(&wait, 1, TIMEOUT_MS), 1);
		n = read(pipes[0], fixture->output + length, sizeof fixture->output - 1 - length);
		assert_true(n > 0);
		length += (size_t)n;
		fixture->output[length] = 0;
	} while (!strchr(fixture->output, '\n'));
}

static int stop(struct fixture *fixture, int signal_number)
{
	int status;

	assert_int_equal(kill(fixture->server, signal_number), 0);
	assert_int_equal(waitpid(fixture->server, &status, 0), fixture->server);
	fixture->server = 0;
	close(fixture->server_output);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_sandbox_tells_where_it_listens_and_what_to_use(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;
	unsigned port = 0;
	char path[300];

	start(fixture, (const char *const[]){"--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data, NULL});
	assert_int_equal(sscanf(fixture->output, "listening on http://127.0.0.1:%u\n", &port), 1);
	assert_true(port > 0);
	assert_true(said(fixture, "demo@example.com") && said(fixture, "demo-password") && said(fixture, "0612345678"));
	assert_true(said(fixture, "secret demo") && said(fixture, "pims (public)"));
	snprintf(path, sizeof path, "%s/master.key", fixture->data);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(stat(fixture->data, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(stop(fixture, SIGTERM), 0);
}

static void a_sandbox_without_directory_leaves_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(setenv("TMPDIR", fixture->dir, 1), 0);
	start(fixture, (const char *const[]){"--sandbox", "--listen", "127.0.0.1:0", NULL});
	assert_int_equal(stop(fixture, SIGINT), 0);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(rmdir(fixture->dir), 0); /* empty */
	assert_int_equal(mkdir(fixture->dir, 0700), 0);
}

static void keys_accounts_and_macid_outlive_a_restart(void **state)
{
	struct fixture *fixture = *state;
	const char *const arguments[] = {"--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data, NULL};
	char first[MAX_OUTPUT];

	start(fixture, arguments);
	assert_int_equal(stop(fixture, SIGTERM), 0);
	assert_int_equal(RUN(NULL, "account", "set-phone", "demo@example.com", "0700000000"), 0);
	start(fixture, arguments);
	assert_true(said(fixture, "0700000000"));
	memcpy(first, fixture->output, sizeof first);
	assert_int_equal(stop(fixture, SIGTERM), 0);
	assert_int_equal(RUN_BARE("--sandbox", "--listen", "127.0.0.1:0", "--macid", "00000000000000000000000000000000", "--data", fixture->data), 1);
	assert_true(said(fixture, "enrolled for macid"));
}

static void commands_work_while_a_server_runs(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, (const char *const[]){"--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data, NULL});
	assert_int_equal(RUN("long enough for all\n", "account", "add", "jo@example.com", "--password-stdin"), 0);
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "demo@example.com\t+33612345678\tactive\tnone\njo@example.com\t-\tactive\tnone\n");
	assert_int_equal(RUN(NULL, "client", "list"), 0);
	assert_true(said(fixture, "demo\tconfidential\t") && said(fixture, "pims\tpublic\t"));
	assert_int_equal(stop(fixture, SIGTERM), 0);
}

static void production_has_no_demo_account(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, (const char *const[]){"--data", fixture->data, "--listen", "127.0.0.1:0", "--issuer", "https://pims.example/", NULL});
	assert_false(said(fixture, "demo"));
	assert_int_equal(RUN(NULL, "account", "list"), 0);
	assert_string_equal(fixture->output, "");
	assert_int_equal(RUN(NULL, "client", "list"), 0);
	assert_string_equal(fixture->output, "");
	assert_int_equal(stop(fixture, SIGTERM), 0);
}

static void a_port_in_use_is_named(void **state)
{
	struct fixture *fixture = *state;
	unsigned port = 0;
	char listen[64];

	start(fixture, (const char *const[]){"--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data, NULL});
	assert_int_equal(sscanf(fixture->output, "listening on http://127.0.0.1:%u\n", &port), 1);
	snprintf(listen, sizeof listen, "127.0.0.1:%u", port);
	assert_int_equal(RUN_BARE("--sandbox", "--listen", listen), 1);
	assert_true(said(fixture, listen) && said(fixture, "in use"));
	assert_int_equal(stop(fixture, SIGTERM), 0);
}

static void a_master_key_that_others_can_read_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char path[300];

	start(fixture, (const char *const[]){"--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data, NULL});
	assert_int_equal(stop(fixture, SIGTERM), 0);
	snprintf(path, sizeof path, "%s/master.key", fixture->data);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(RUN_BARE("--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data), 1);
	assert_true(said(fixture, path) && said(fixture, "chmod 600"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(RUN_BARE("--sandbox", "--listen", "127.0.0.1:0", "--data", fixture->data), 1);
	assert_true(said(fixture, path) && said(fixture, "is missing"));
	assert_int_equal(access(path, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(wrong_usage_is_2_and_tells_why),
		TEST(what_cannot_be_done_is_1_and_named),
		TEST(a_bad_password_makes_no_account),
		TEST(an_account_lives_its_life),
		TEST(a_recovery_code_is_shown_once_and_kept_as_argon2id_only),
		TEST(an_enrollment_code_is_shown_once_and_devices_are_removed),
		TEST(passkeys_are_removed),
		TEST(a_client_secret_is_made_and_shown_once),
		TEST(a_client_may_ask_for_what_it_was_registered_for),
		TEST(a_password_is_reset_by_a_mail_that_the_operator_does_not_see),
		TEST(a_client_with_keys_has_no_secret),
		TEST(keys_that_are_not_public_or_not_good_are_refused),
		TEST(help_is_there_with_an_example),
		TEST(a_password_is_asked_without_echo),
		TEST(a_sandbox_tells_where_it_listens_and_what_to_use),
		TEST(a_sandbox_without_directory_leaves_nothing),
		TEST(keys_accounts_and_macid_outlive_a_restart),
		TEST(commands_work_while_a_server_runs),
		TEST(production_has_no_demo_account),
		TEST(a_port_in_use_is_named),
		TEST(a_master_key_that_others_can_read_is_refused),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
